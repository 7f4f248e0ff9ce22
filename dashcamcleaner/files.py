"""Files by name: where the user's own lie, where an output may stand, how one is written beside and renamed.

Operating-system errors become this program's errors here (`map_os_errors`), hashes are made here, and nothing is known
of what stands in the files. Whatever grows under a temporary name is named, made, renamed and removed by this module
alone: `atomic_path`, `atomic_write` and `atomic_json` for what is written in one go, `GrowingFile` for what grows as a
run goes, `partial_path` and `publish` for what a library writes. Light to import: the window asks for its settings
before any backend is loaded.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISLNK, S_ISREG
from typing import IO, Any

import platformdirs

from dashcamcleaner.errors import DashcamCleanerError, DiskFull, InputError, OutputError

__all__ = [
    "PRIVATE",
    "GrowingFile",
    "as_our_error",
    "atomic_json",
    "atomic_path",
    "atomic_write",
    "check_output",
    "check_space",
    "file_sha256",
    "keep_date",
    "map_os_errors",
    "mode_like",
    "partial_path",
    "publish",
    "reserve",
    "user_folder",
]

# --- the user's folders


def user_folder(purpose: str) -> Path:
    """The user's own folder for ``data``, ``config``, ``state`` or ``cache``; not created.

    ``DASHCAMCLEANER_HOME`` moves all four (portable installations, tests). Else the system's place for such folders
    holds; where version 0.1.0 took another one and it is the only one that exists, that one stays in use.
    """
    moved = os.environ.get("DASHCAMCLEANER_HOME")
    if moved:
        return Path(moved) / purpose
    if purpose == "state":  # version 0.1.0 had none
        return _system_folder(purpose)
    folder, older = _system_folder(purpose), _folder_of_0_1_0(purpose)
    return older if older.is_dir() and not folder.exists() else folder


def _system_folder(purpose: str) -> Path:
    windows = sys.platform == "win32"
    dirs = platformdirs.PlatformDirs(
        "DashcamCleaner" if windows or sys.platform == "darwin" else "dashcamcleaner",
        appauthor=False,
        roaming=windows and purpose == "config",
        opinion=False,
    )
    folder = {
        "data": dirs.user_data_path,
        "config": dirs.user_config_path,
        "state": dirs.user_state_path,
        "cache": dirs.user_cache_path,
    }[purpose]
    # Windows has one folder for all, and macOS one for data and state.
    return folder / purpose if windows or (sys.platform == "darwin" and purpose == "state") else folder


def _folder_of_0_1_0(purpose: str) -> Path:
    """Where version 0.1.0 looked, by environment variables alone.

    It is another place than today's on Windows where these do not tell the system's own folders, on macOS where the
    variables of Linux are set (0.1.0 passed them over), and on Linux where one of them is no absolute path.
    """
    if sys.platform == "win32":
        roaming, local = os.environ.get("APPDATA"), os.environ.get("LOCALAPPDATA")
        base = Path((roaming if purpose == "config" else local) or Path.home() / "AppData" / "Local")
        return base / "DashcamCleaner" / purpose
    if sys.platform == "darwin":
        library = Path.home() / "Library"
        return (library / "Caches" if purpose == "cache" else library / "Application Support") / "DashcamCleaner"
    variable, fallback = {
        "data": ("XDG_DATA_HOME", ".local/share"),
        "config": ("XDG_CONFIG_HOME", ".config"),
        "cache": ("XDG_CACHE_HOME", ".cache"),
    }[purpose]
    return Path(os.environ.get(variable) or Path.home() / fallback) / "dashcamcleaner"


# --- errors

_FULL = (errno.ENOSPC, errno.EDQUOT)
"""No room: on the file system, or within what the user is allowed of it."""


def as_our_error(error: BaseException, *, source: Path) -> DashcamCleanerError:
    """What a run's failure is called when it reaches the user."""
    if isinstance(error, DashcamCleanerError):
        return error
    if isinstance(error, MemoryError):
        return InputError(
            f"There is not enough memory to clean {source}.", hint="Lower --inference-size or --max-look-ahead-mb."
        )
    if isinstance(error, OSError) and error.errno in _FULL:  # wherever it was met
        return DiskFull(
            f"The disk is full: {error.filename or 'the output folder'}.",
            hint="Free some space; the analysis continues.",
        )
    if isinstance(error, OSError):
        return OutputError(f"{source}: {error.strerror or error}.")
    return DashcamCleanerError(
        f"An internal fault stopped the run on {source}: {type(error).__name__}: {error}.",
        hint="Nothing was passed through unhidden. Please report it, with the output of --verbose.",
    )


@contextlib.contextmanager
def map_os_errors(
    path: Path,
    *,
    what: str = "",
    verb: str = "written",
    hint: str = "",
    to: type[DashcamCleanerError] = OutputError,
    also: tuple[type[Exception], ...] = (),
) -> Iterator[None]:
    """Raise what goes wrong while ``path`` is read or written as one of this program's errors.

    Args:
        path: the file or folder.
        what: what it is called for people; its path when empty.
        verb: what cannot be done to it (``read``, ``written``, ``made``): the sentence is "WHAT cannot be VERB".
        hint: what to do, where nothing better is known.
        to: the error for all reasons but those below.
        also: further exceptions that are mapped, as a library raises them.

    Raises:
        DiskFull: there is no room left on the target's file system.
        OutputError: the file grew larger than its file system allows.
        DashcamCleanerError: any other reason, as ``to``.
    """
    mapped: tuple[type[Exception], ...] = (OSError, *also)
    try:
        yield
    except mapped as error:
        number = getattr(error, "errno", None)
        if number in _FULL:
            raise DiskFull(
                f"The disk is full: {path.parent}.", hint="Free some space, or choose another folder."
            ) from error
        if number == errno.EFBIG:
            raise OutputError(
                f"{path} grew larger than its file system allows.", hint="FAT allows 4 GB; choose another disk."
            ) from error
        reason = getattr(error, "strerror", None) or str(error)
        raise to(f"{what or path} cannot be {verb}: {reason.rstrip('.')}.", hint=hint) from error


# --- where an output may stand

_SPACE_MARGIN = 1.1  # an estimate of a compressed size is rough; better told early than at 98 %


def check_output(final: Path, *, sources: Iterable[Path], overwrite: bool) -> None:
    """Refuse an output that would destroy something; make its folder.

    Raises:
        OutputError: it is a source, exists already, is a folder, or its folder cannot be made or written to.
        DiskFull: there is no room for the folder.
    """
    for source in sources:
        if final.absolute() == source.absolute() or (final.exists() and source.exists() and final.samefile(source)):
            raise OutputError(f"The output {final} is the source itself; a source is never overwritten.",
                              hint="Give another name with -o.")  # fmt: skip
    if final.is_dir():
        raise OutputError(f"The output {final} is a folder.", hint="Give a file name, or a folder for several inputs.")
    if final.exists() and not overwrite:
        raise OutputError(f"The output {final} exists already.", hint="Choose another name, or add --overwrite.")
    with map_os_errors(final.parent, what=f"The folder {final.parent}", verb="made"):
        final.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(final.parent, os.W_OK):
        raise OutputError(f"The folder {final.parent} cannot be written to.", hint="Choose another folder with -o.")


def check_space(folder: Path, *, needed_bytes: int) -> None:
    """Refuse a run whose result will not fit.

    Raises:
        DiskFull: less room than the estimate plus a margin.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # some network file systems do not tell; a full disk is met while writing then
    if free < needed_bytes * _SPACE_MARGIN:
        raise DiskFull(
            f"{folder} has {free / 1e6:.0f} MB free, the output needs about {needed_bytes / 1e6:.0f} MB.",
            hint="Free some space, choose another folder with -o, or a higher --quality number.",
        )


def keep_date(source: Path, output: Path) -> None:
    """Give the output the source's date of change, as people sort clips by it."""
    try:
        stat = source.stat()
        os.utime(output, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    except OSError:
        return  # some file systems refuse; the clip is right all the same


# --- who may read what is written

PRIVATE = 0o600
"""The mode of what tells of people: its owner reads it, nobody else."""
_ANYONE = 0o666  # narrowed by the umask, as all files are


def mode_like(source: Path) -> int:
    """The widest mode for a file that tells of another: whoever may not read the source may not read it either.

    The user's umask narrows it further. A group counts only where new files belong to that very group.
    """
    try:
        found = source.stat()
    except OSError:
        return PRIVATE
    mode = found.st_mode & 0o066
    if hasattr(os, "getegid") and found.st_gid != os.getegid():
        mode &= mode << 3 & 0o060 | 0o006  # another group: what all may do at most
    return PRIVATE | mode


def reserve(path: Path, *, mode: int) -> None:
    """Make an empty file of that mode in place of a leftover, never through a link. Opened by name, it keeps the mode.

    What is neither a file nor a link (a device, a pipe, a folder) is left as it is.

    Raises:
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileNotFoundError):
        found = path.lstat().st_mode
        if not (S_ISREG(found) or S_ISLNK(found)):
            return
        path.unlink()
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))


# --- written beside, then renamed


def partial_path(final: Path) -> Path:
    """Where an output grows: ``clip.mp4`` -> ``clip.mp4.partial``."""
    return final.with_name(final.name + ".partial")


def publish(partial: Path, final: Path, *, overwrite: bool) -> None:
    """Give a finished file its final name.

    Raises:
        OutputError: something has come to stand there meanwhile, or it cannot be renamed.
    """
    if final.exists() and not overwrite:
        raise OutputError(
            f"The output {final} came into being during the run and is left alone.", hint=f"The result is {partial}."
        )
    with map_os_errors(final, what=str(partial), verb=f"renamed to {final}"):
        os.replace(partial, final)


def _new_beside(final: Path, *, mode: int) -> Path:
    """Make an empty file beside ``final``, under a name that nobody can foresee, and never through a link."""
    beside = final.with_name(f"{final.name[:40]}.{secrets.token_hex(8)}.partial")  # 40: long names have a limit, too
    reserve(beside, mode=mode)
    return beside


@contextlib.contextmanager
def atomic_path(
    final: Path, *, what: str = "", hint: str = "", make_folder: bool = False, mode: int = _ANYONE
) -> Iterator[Path]:
    """Give a path beside ``final`` to write to; it gets the final name at the end, and goes if anything goes wrong.

    Args:
        final: the file, which is replaced if it exists.
        what: what it is called for people; its path when empty.
        hint: what to do if it cannot be written.
        make_folder: make its folder where there is none.
        mode: the mode of the file, which the umask narrows.

    Raises:
        DiskFull, OutputError: see `map_os_errors`.
    """
    with map_os_errors(final, what=what, hint=hint):
        if make_folder:
            final.parent.mkdir(parents=True, exist_ok=True)
        beside = _new_beside(final, mode=mode)
        try:
            yield beside
            os.replace(beside, final)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def atomic_write(
    final: Path,
    content: str | bytes,
    *,
    what: str = "",
    hint: str = "",
    make_folder: bool = False,
    mode: int = _ANYONE,
) -> None:
    """Write a whole small file beside its name, text as UTF-8 with plain line ends, and rename it.

    Bytes of names that are no UTF-8 become escapes, which JSON reads back as they were.

    Raises:
        DiskFull, OutputError: see `map_os_errors`.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with atomic_path(final, what=what, hint=hint, make_folder=make_folder, mode=mode) as beside:
        beside.write_bytes(data)


def atomic_json(final: Path, data: Any, *, what: str = "", make_folder: bool = False, mode: int = _ANYONE) -> None:
    """Write plain data as JSON, one space deep per level, as `atomic_write` does.

    Raises:
        DiskFull, OutputError: see `map_os_errors`.
    """
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    atomic_write(final, text, what=what, make_folder=make_folder, mode=mode)


class GrowingFile:
    """A text file (UTF-8) that grows beside its final name as a run goes, and gets that name at the end.

    Args:
        final: the file, which is replaced if it exists.
        what: what it is called for people; its path when empty.
        newline: the newline as `open` takes it; plain line ends by default.
        mode: the mode of the file, which the umask narrows.

    Raises:
        DiskFull, OutputError: it cannot be made; see `map_os_errors`. `write` and `finish` raise the same.
    """

    def __init__(self, final: Path, *, what: str = "", newline: str = "\n", mode: int = _ANYONE) -> None:
        self.final = final
        self._what = what
        self._partial = partial_path(final)
        with map_os_errors(final, what=what):
            reserve(self._partial, mode=mode)
            self._file: IO[str] = self._partial.open("w", encoding="utf-8", errors="backslashreplace", newline=newline)
        self._finished = False

    def write(self, text: str) -> int:
        """Append a text; gives its length."""
        with map_os_errors(self.final, what=self._what):
            return self._file.write(text)

    def finish(self) -> None:
        """Give the file its final name."""
        with map_os_errors(self.final, what=self._what):
            self._file.close()
            os.replace(self._partial, self.final)
        self._finished = True

    def abort(self) -> None:
        """Close and delete what was written; does nothing after `finish`."""
        if not self._finished:
            with contextlib.suppress(OSError):  # what cannot be flushed is not wanted any more
                self._file.close()
            self._partial.unlink(missing_ok=True)


# --- hashes


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex; remembered within this process until the file changes.

    A date of change can be set by anybody, so the system's own mark of a change counts as well.

    Raises:
        OSError: it cannot be read.
    """
    stat = path.stat()
    return _sha256(path, (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_dev, stat.st_ino))


@functools.lru_cache(maxsize=64)
def _sha256(path: Path, state: tuple[int, ...]) -> str:  # noqa: ARG001  # it tells the cache of a changed file
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
