"""Around a run: it has its output to itself; at its end all files get their names, the result last, or none does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Protocol

from dashcamcleaner.atomic_files import publish
from dashcamcleaner.core.events import Event, Finished, Started
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.output_lock import OutputLock
from dashcamcleaner.work_files import WorkFile, identity

__all__ = ["publish_all", "run_under_lock"]


class LockedRun(Protocol):
    """A run that is given the lock of its outputs, and gives its events and its summary."""

    def __call__(self, *, lock: OutputLock) -> Generator[Event, None, RunSummary]: ...


def run_under_lock(job: Job, run: LockedRun, *, frames: int | None) -> Generator[Event]:
    """Run a job whose outputs no other run writes meanwhile; the last event is `Finished`.

    Where an earlier run of the job was killed when all its files had their names, only that is told.

    Args:
        job: what is asked.
        run: does it.
        frames: how many frames the source has, where that is known.

    Raises:
        OutputError: another run works on the outputs; or what ``run`` raises.
    """
    with OutputLock(job) as lock:
        summary = lock.finished()
        if summary is None:
            summary = yield from run(lock=lock)
        else:
            yield Started(str(job.source), str(job.output), frames, msg("an earlier run was stopped at its very end"))
        yield Finished(summary)


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
