"""The end of a run: all files get their names one after another, the result last, or none does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from dashcamcleaner.atomic_files import publish
from dashcamcleaner.pipeline.output_lock import OutputLock
from dashcamcleaner.work_files import WorkFile, identity

__all__ = ["publish_all"]


def publish_all(
    files: Sequence[tuple[WorkFile, Path]], *, lock: OutputLock, overwrite: bool, check: Callable[[], None]
) -> None:
    """Give finished files their final names; where that fails, those that got theirs go again.

    Nothing is left to be written when the first gets its name, so a full disk is met before. A run that is killed in
    between left its notes in the lock; see `OutputLock.finished` and `OutputLock.may_replace`.

    Args:
        files: work file and final name of each, the result last.
        lock: the lock of the outputs.
        overwrite: what stands there may be replaced.
        check: called when all have their names; raises if the result is not what was written.

    Raises:
        OutputError: one of them cannot be published; or what ``check`` raises.
    """
    mine = [final for _, final in files if lock.may_replace(final)]
    lock.note(files)
    done: list[tuple[WorkFile, Path]] = []
    try:
        for work, final in files:
            done.append((work, final))
            publish(work, final, overwrite=overwrite or final in mine)
        check()
    except BaseException:
        for work, final in reversed(done):
            with contextlib.suppress(OSError):
                if identity(os.lstat(final)) == work.identity:
                    final.unlink()
        raise
