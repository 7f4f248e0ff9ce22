"""Files by name: where the user's own lie, where an output may stand, how one is written beside and renamed.

Operating-system errors become this program's errors here (`map_os_errors`), hashes are made here, and nothing is known
of what stands in the files. Light to import: the window asks for its settings before any backend is loaded.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from dashcamcleaner.errors import DashcamCleanerError, DiskFull, InputError, OutputError

__all__ = [
    "PRIVATE",
    "as_our_error",
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


def user_folder(purpose: str) -> Path:
    """The user's own folder for ``data``, ``config`` or ``cache``; not created.

    ``DASHCAMCLEANER_HOME`` moves all three (portable installations, tests).
    """
    moved = os.environ.get("DASHCAMCLEANER_HOME")
    if moved:
        return Path(moved) / purpose
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


PRIVATE = 0o600
"""The mode of what tells of people: its owner reads it, nobody else."""

_SPACE_MARGIN = 1.1  # an estimate of a compressed size is rough; better told early than at 98 %


def partial_path(final: Path) -> Path:
    """Where an output grows: ``clip.mp4`` -> ``clip.mp4.partial``."""
    return final.with_name(final.name + ".partial")


def check_output(final: Path, *, sources: Iterable[Path], overwrite: bool) -> None:
    """Refuse an output that would destroy something; make its folder.

    Raises:
        OutputError: it is a source, exists already, is a folder, or its folder cannot be made or written to.
    """
    for source in sources:
        if final.absolute() == source.absolute() or (final.exists() and source.exists() and final.samefile(source)):
            raise OutputError(f"The output {final} is the source itself; a source is never overwritten.",
                              hint="Give another name with -o.")  # fmt: skip
    if final.is_dir():
        raise OutputError(f"The output {final} is a folder.", hint="Give a file name, or a folder for several inputs.")
    if final.exists() and not overwrite:
        raise OutputError(f"The output {final} exists already.", hint="Choose another name, or add --overwrite.")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {final.parent} cannot be made: {error.strerror}.") from error
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


def mode_like(source: Path) -> int:
    """The widest mode for a file that tells of another: whoever may not read the source may not read it either.

    The user's umask narrows it further. A group counts only where new files belong to that very group.
    """
    try:
        stat = source.stat()
    except OSError:
        return PRIVATE
    mode = stat.st_mode & 0o066
    if hasattr(os, "getegid") and stat.st_gid != os.getegid():
        mode &= mode << 3 & 0o060 | 0o006  # another group: what all may do at most
    return PRIVATE | mode


def reserve(path: Path, *, mode: int) -> None:
    """Make an empty file of that mode in place of a leftover, never through a link. Opened by name, it keeps the mode.

    Raises:
        OSError: it cannot be made.
    """
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))


def publish(partial: Path, final: Path, *, overwrite: bool) -> None:
    """Give a finished file its final name.

    Raises:
        OutputError: something has come to stand there meanwhile, or it cannot be renamed.
    """
    if final.exists() and not overwrite:
        raise OutputError(
            f"The output {final} came into being during the run and is left alone.", hint=f"The result is {partial}."
        )
    try:
        os.replace(partial, final)
    except OSError as error:
        raise OutputError(f"{partial} cannot be renamed to {final}: {error.strerror}.") from error


def keep_date(source: Path, output: Path) -> None:
    """Give the output the source's date of change, as people sort clips by it."""
    try:
        stat = source.stat()
        os.utime(output, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    except OSError:
        return  # some file systems refuse; the clip is right all the same


def as_our_error(error: BaseException, *, source: Path) -> DashcamCleanerError:
    """What a run's failure is called when it reaches the user."""
    if isinstance(error, DashcamCleanerError):
        return error
    if isinstance(error, MemoryError):
        return InputError(
            f"There is not enough memory to clean {source}.", hint="Lower --inference-size or --max-look-ahead-mb."
        )
    if isinstance(error, OSError) and error.errno == 28:  # ENOSPC, wherever it was met
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
    path: Path, *, what: str = "", hint: str = "", also: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Raise what goes wrong while ``path`` is written as one of this program's errors.

    Args:
        path: the file.
        what: what it is called for people; its path when empty.
        hint: what to do, where nothing better is known.
        also: further exceptions that are mapped, as a library raises them.

    Raises:
        DiskFull: there is no room left on the target's file system.
        OutputError: any other reason.
    """
    mapped: tuple[type[Exception], ...] = (OSError, *also)
    try:
        yield
    except mapped as error:
        number = getattr(error, "errno", None)
        if number in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"The disk is full: {path.parent}.", hint="Free some space, or choose another folder."
            ) from error
        if number == errno.EFBIG:
            raise OutputError(
                f"{path} grew larger than its file system allows.", hint="FAT allows 4 GB; choose another disk."
            ) from error
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"{what or path} cannot be written: {reason}.", hint=hint) from error


@contextlib.contextmanager
def atomic_path(final: Path, *, what: str = "", hint: str = "", mode: int = 0o666) -> Iterator[Path]:
    """Give a path beside ``final`` to write to; it gets the final name at the end, and goes if anything goes wrong.

    Args:
        final: the file, which is replaced if it exists.
        what: what it is called for people; its path when empty.
        hint: what to do if it cannot be written.
        mode: of the file, which the umask narrows.

    Raises:
        DiskFull, OutputError: see `map_os_errors`.
    """
    beside = partial_path(final)
    with map_os_errors(final, what=what, hint=hint):
        try:
            reserve(beside, mode=mode)
            yield beside
            os.replace(beside, final)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def atomic_write(final: Path, content: str | bytes, *, what: str = "", hint: str = "", mode: int = 0o666) -> None:
    """Write a whole small file beside its name, text as UTF-8 with plain line ends, and rename it.

    Bytes of names that are no UTF-8 become escapes, which JSON reads back as they were.

    Raises:
        DiskFull, OutputError: see `map_os_errors`.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with atomic_path(final, what=what, hint=hint, mode=mode) as beside:
        beside.write_bytes(data)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex; remembered per path, size and date within this process.

    Raises:
        OSError: it cannot be read.
    """
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
