"""Library exceptions of writing, mapped to the error tree at the border where they arise."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av.error

from dashcamcleaner.errors import DiskFull, OutputError

__all__ = ["mapped"]


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Map what the library raises while writing ``path``.

    Raises:
        DiskFull: no room left on the target's file system.
        OutputError: any other reason.
    """
    try:
        yield
    except (av.error.FFmpegError, OSError, ValueError) as error:
        number = getattr(error, "errno", None)
        if number in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"the disk is full: {path.parent}", hint="Free some space, or choose another folder."
            ) from error
        if number == errno.EFBIG:
            raise OutputError(
                f"{path} grew larger than its file system allows", hint="FAT allows 4 GB; choose another disk."
            ) from error
        reason = getattr(error, "strerror", None) or str(error)
        hint = "Check the folder; where the source is damaged, --sound mute may help."
        raise OutputError(f"{path} cannot be written: {reason}", hint=hint) from error
