"""Files at work: each grows in a private folder of its own, beside the place where it is going to stand.

A name that can be foreseen can be taken: by another file, or by a link that leads to one. So a work file has a name
that nobody knows before (``.dashcamcleaner-HOST-PID-RANDOM/RANDOM.partial``), is made where nothing was, without
following links, in a folder that only its user may enter, and is held open until it has its final name. What is
published or removed is compared with that open handle first. Whatever a killed process left is known by the process's
number and by a lock that ended with it.

Raises what the operating system raises; `atomic_files` makes this program's errors of it.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO

__all__ = [
    "WorkFile",
    "hold",
    "host_mark",
    "host_name",
    "identity",
    "is_alive",
    "remove_leftovers",
    "rename_to_nothing",
]

if sys.platform != "win32":
    import fcntl

_NAME = re.compile(r"\.dashcamcleaner-([0-9a-f]{8})-([0-9]{1,10})-[0-9a-f]{16}")
_INNER = re.compile(r"[0-9a-f]{16}\.partial")
_NEW = (
    os.O_RDWR | os.O_CREAT | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)  # fmt: skip


class WorkFile:
    """A new, empty file in a new private folder beside ``final``.

    Args:
        final: where it is going to stand; the folder of that must exist.
        mode: the mode of the file, which the umask narrows.

    Attributes:
        path: where to write to. A library may open it by this name; it must write into the file that is there.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, final: Path, *, mode: int = 0o666) -> None:
        beside = Path(tempfile.gettempdir()) if _is_written_into(final) else final.parent
        self._folder = beside / f".dashcamcleaner-{host_mark()}-{os.getpid()}-{secrets.token_hex(8)}"
        self.path = self._folder / f"{secrets.token_hex(8)}.partial"
        self._handle: int | None = None
        self._folder.mkdir(mode=0o700)
        try:
            self._handle = os.open(self.path, _NEW, mode)
            self.identity = identity(os.fstat(self._handle))
            hold(self._handle)
        except BaseException:
            self.discard()
            raise

    def open(self, *, newline: str = "\n") -> IO[str]:
        """A text file (UTF-8) that writes here through the handle, whatever stands under the name.

        Bytes of names that are no UTF-8 become escapes, which JSON reads back as they were.
        """
        assert self._handle is not None
        return os.fdopen(os.dup(self._handle), "w", encoding="utf-8", errors="backslashreplace", newline=newline)

    def write(self, data: bytes) -> None:
        """Write bytes through the handle."""
        assert self._handle is not None
        with os.fdopen(os.dup(self._handle), "wb") as file:
            file.write(data)

    @property
    def is_ours(self) -> bool:
        """Whether the file under the name is still the one that was made."""
        try:
            return self._handle is not None and identity(os.lstat(self.path)) == self.identity
        except OSError:
            return False

    def publish(self, final: Path, *, replace: bool, durable: bool = False) -> None:
        """Give the file its final name; a link to a file is replaced, never followed.

        A device or a pipe is never replaced: the content is written into it.

        Args:
            final: the name.
            replace: what stands there may go.
            durable: wait until the content is on the disk, so that no power cut leaves a name without it.

        Raises:
            FileExistsError: something stands there, and may not go.
            OSError: something else stands where the file was, or it cannot be renamed.
        """
        if not self.is_ours:
            raise OSError(errno.EPERM, "Something else was put in the place of the work file", str(self.path))
        assert self._handle is not None
        if _is_written_into(final):
            if not replace:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final))
            with self.path.open("rb") as content, final.open("wb") as device:
                shutil.copyfileobj(content, device)
            self.discard()
            return
        if durable:
            with contextlib.suppress(OSError) if _takes_no_sync() else contextlib.nullcontext():
                os.fsync(self._handle)
        if sys.platform == "win32":
            self._close()  # an open file is not renamed there
        if replace:
            os.replace(self.path, final)
        else:
            rename_to_nothing(self.path, final)
        self._close()
        with contextlib.suppress(OSError):  # whoever put something into the folder keeps it
            self._folder.rmdir()

    def discard(self) -> None:
        """Remove the file and its folder, unless something else was put there; does nothing after `publish`."""
        ours = self.is_ours
        self._close()
        with contextlib.suppress(OSError):
            if ours:
                self.path.unlink()
            self._folder.rmdir()

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def identity(found: os.stat_result) -> tuple[int, int]:
    """What tells one file from all others on this machine: its device and its number there."""
    return found.st_dev, found.st_ino


def _is_written_into(final: Path) -> bool:
    """Whether a device or a pipe stands there, or a link to one, such as ``/dev/stdout``."""
    try:
        mode = final.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _takes_no_sync() -> bool:
    return sys.platform == "win32"  # needs a handle that is open for writing by nobody else


def rename_to_nothing(path: Path, final: Path) -> None:
    """Rename, unless something stands there: by one call where the system has it.

    Raises:
        FileExistsError: something stands there.
        OSError: it cannot be renamed.
    """
    if sys.platform == "win32":
        os.rename(path, final)  # refuses by itself
        return
    try:
        os.link(path, final, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without hard links
        if os.path.lexists(final):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final)) from None
        os.rename(path, final)
    else:
        path.unlink()


@functools.cache
def host_name() -> str:
    """What this machine calls itself."""
    if sys.platform == "win32":
        return os.environ.get("COMPUTERNAME") or "localhost"
    return os.uname().nodename or "localhost"


@functools.cache
def host_mark() -> str:
    """What stands for this machine in names of files: eight hex digits."""
    return hashlib.sha256(host_name().encode("utf-8", "surrogateescape")).hexdigest()[:8]


def hold(handle: int) -> bool | None:
    """Lock an open file for as long as this process has it open.

    True: it is locked now. False: another has locked it. None: there are no such locks on this system or file system.
    """
    if sys.platform == "win32":
        return None  # an open file cannot be removed there
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine; True where that cannot be told."""
    if sys.platform == "win32":
        import ctypes

        # SYNCHRONIZE; os.kill would end the process there.
        process = ctypes.windll.kernel32.OpenProcess(0x00100000, False, pid)
        if process:
            ended = ctypes.windll.kernel32.WaitForSingleObject(process, 0) == 0
            ctypes.windll.kernel32.CloseHandle(process)
            return not ended
        return bool(ctypes.windll.kernel32.GetLastError() == 5)  # not ours to ask, but there
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes of this user on this machine left at work in a folder; nothing else is touched."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            named = _NAME.fullmatch(entry.name)
            if named is None or named[1] != host_mark() or is_alive(int(named[2])):
                continue
            with contextlib.suppress(OSError):
                _remove_leftover(Path(entry.path))


def _remove_leftover(folder: Path) -> None:
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        return
    inside = list(folder.iterdir())
    if len(inside) > 1 or not all(_INNER.fullmatch(one.name) for one in inside):
        return
    for path in inside:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode) or hold(handle) is False:
                return
        finally:
            os.close(handle)
        path.unlink()
    folder.rmdir()
