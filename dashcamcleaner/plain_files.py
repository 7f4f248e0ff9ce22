"""Plain files, as they are read: opened without waiting for a pipe, told from what is no file, their size and hash.

Nothing is known here of what stands in them; `side_files` reads those that lie beside clips.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path

from dashcamcleaner.errors import InputError
from dashcamcleaner.messages import msg

__all__ = ["file_sha256", "file_state", "open_plain", "refuse_special", "size_of"]


def refuse_special(path: Path) -> None:
    """Refuse as a source what is no file: a pipe is over when it was read, and a clip is read several times.

    Raises:
        InputError: it is a pipe, a socket or a device, or stands for one (``-``).
    """
    special = os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
    if special or str(path) == "-":
        raise InputError(
            msg("{path} is no file: clips are read more than once, and a pipe or a device gives them once.", path=path),
            hint="Save it as a file first.",
        )


def open_plain(path: Path) -> BufferedReader:
    """A file opened for reading bytes, never waiting for a pipe that nobody writes to.

    Raises:
        OSError: it cannot be opened, or is a folder, a pipe or a device.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, msg("it is no plain file"), str(path))
    return open(handle, "rb")


def size_of(path: Path) -> int:
    """The size of a file in bytes; 0 where it cannot be told."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex; remembered within this process until the file changes.

    A date of change can be set by anybody, so the system's own mark of a change counts as well.

    Raises:
        OSError: it cannot be read, or is no plain file.
    """
    return _sha256(path, file_state(path))


def file_state(path: Path) -> tuple[int, ...]:
    """Numbers of which one differs once a file was written anew, though it kept its name, size and date (`keep_date`).

    Raises:
        OSError: there is no such file.
    """
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_dev, found.st_ino


@functools.lru_cache(maxsize=64)
def _sha256(path: Path, state: tuple[int, ...]) -> str:  # noqa: ARG001  # it tells the cache of a changed file
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
