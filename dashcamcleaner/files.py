"""Files by name: where the user's own lie, where an output may stand, how one is written beside and renamed.

Operating-system errors become this program's errors here (`map_os_errors`), hashes are made here, and nothing is known
of what stands in the files. Whatever grows under a temporary name does so in a `work_files.WorkFile`, by this module
alone: `atomic_path`, `atomic_write` and `atomic_json` for what is written in one go, `GrowingFile` for what grows as a
run goes, `new_work_file` and `publish` for what a library writes. Light to import: the window asks for its settings
before any backend is loaded.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

import platformdirs

from dashcamcleaner.errors import DashcamCleanerError, DiskFull, InputError, OutputError
from dashcamcleaner.messages import as_message, msg, said
from dashcamcleaner.work_files import WorkFile

__all__ = [
    "PRIVATE",
    "GrowingFile",
    "as_json",
    "as_our_error",
    "atomic_json",
    "atomic_path",
    "atomic_write",
    "check_output",
    "check_space",
    "open_plain",
    "refuse_special",
    "size_of",
    "file_sha256",
    "file_state",
    "found_side_path",
    "keep_date",
    "make_output_folder",
    "map_os_errors",
    "mode_like",
    "new_empty_file",
    "new_work_file",
    "publish",
    "side_path",
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
            msg("There is not enough memory to clean {source}.", source=source),
            hint="Lower --inference-size or --max-look-ahead-mb.",
        )
    if isinstance(error, OSError) and error.errno in _FULL:  # wherever it was met
        return DiskFull(
            msg("The disk is full: {filename}.", filename=error.filename or "the output folder"),
            hint="Free some space; the analysis continues.",
        )
    if isinstance(error, OSError):
        return OutputError(msg("{source}: {strerror}.", source=source, strerror=error.strerror or error))
    return DashcamCleanerError(
        msg(
            "An internal fault stopped the run on {source}: {name}: {error}.",
            source=source,
            name=type(error).__name__,
            error=error,
        ),
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
        hint: what to do; empty: what helps for the most part, by the reason.
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
                msg("The disk is full: {parent}.", parent=path.parent),
                hint="Free some space, or choose another folder.",
            ) from error
        if number == errno.EFBIG:
            raise OutputError(
                msg("{path} grew larger than its file system allows.", path=path),
                hint="FAT allows 4 GB; choose another disk.",
            ) from error
        reason = _OS_REASONS.get(number or 0) or getattr(error, "strerror", None) or said(error)
        raise to(
            msg(
                "{what} cannot be {verb}: {reason}.",
                what=as_message(what) if what else path,
                verb=as_message(verb),
                reason=as_message(reason).rstrip("."),
            ),
            hint=hint or _HINTS.get((verb == "read", number or 0), ""),
        ) from error


_CHECK_PATH, _OTHER_FOLDER = msg("Check the spelling of the path."), msg("Choose another folder.")
_HINTS = {
    (True, errno.ENOENT): _CHECK_PATH,
    (True, errno.ENOTDIR): _CHECK_PATH,
    (True, errno.EISDIR): msg("Name a file in it."),
    (False, errno.EACCES): _OTHER_FOLDER,
    (False, errno.ENOENT): _CHECK_PATH,
    (False, errno.ENOTDIR): _OTHER_FOLDER,
    (False, errno.EEXIST): _OTHER_FOLDER,
    (False, errno.EPERM): _OTHER_FOLDER,
    (False, errno.EROFS): _OTHER_FOLDER,
}
"""Whether something was to be read, and the system's reason -> what can be done where nothing better is known."""
_OS_REASONS = {
    errno.EACCES: "Permission denied",
    errno.EEXIST: "File exists",
    errno.EIO: "Input/output error",
    errno.EISDIR: "Is a directory",
    errno.ENAMETOOLONG: "File name too long",
    errno.ENOENT: "No such file or directory",
    errno.ENOTDIR: "Not a directory",
    errno.EPERM: "Operation not permitted",
    errno.EROFS: "Read-only file system",
}
"""What a system says most, in the words of one of them, so that it can be said in the user's language."""


# --- where an output may stand

_SPACE_MARGIN = 1.1  # an estimate of a compressed size is rough; better told early than at 98 %


def check_output(final: Path, *, sources: Iterable[Path], overwrite: bool) -> None:
    """Refuse an output that would destroy something; make its folder.

    Raises:
        OutputError: it is a source, exists already, is a folder, or its folder cannot be made or written to.
        DiskFull: there is no room for the folder.
    """
    for source in sources:
        if _same_file(final, source):
            raise OutputError(
                msg("The output {final} is the source itself; a source is never overwritten.", final=final),
                hint="Give another name with -o.",
            )
    with map_os_errors(final, what=msg("The output {final}", final=final)):
        pipe = str(final) == "-" or final.is_fifo() or final.is_socket()
    if pipe:
        raise OutputError(
            msg("The output {final} is a pipe: a result is looked at before it gets its name.", final=final),
            hint="Give the name of a file with -o.",
        )
    if final.is_dir():
        raise OutputError(
            msg("The output {final} is a folder.", final=final),
            hint="Give a file name, or a folder for several inputs.",
        )
    if os.path.lexists(final) and not overwrite:
        raise OutputError(
            msg("The output {final} exists already.", final=final), hint="Choose another name, or add --overwrite."
        )
    make_output_folder(final.parent)


def make_output_folder(folder: Path) -> None:
    """Make the folder of an output, if it is not there.

    Raises:
        OutputError: it cannot be made or written to.
        DiskFull: there is no room for it.
    """
    with map_os_errors(folder, what=msg("The folder {folder}", folder=folder), verb="made"):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise OutputError(
            msg("The folder {folder} cannot be written to.", folder=folder), hint="Choose another folder with -o."
        )


def _same_file(one: Path, other: Path) -> bool:
    if one.absolute() == other.absolute():
        return True
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def side_path(output: Path, ending: str) -> Path:
    """Where something about an output stands, by its whole name: ``IMG_1.mov`` and ``IMG_1.jpg`` share nothing."""
    return output.with_name(output.name + ending)


def found_side_path(output: Path, ending: str) -> Path:
    """Where something about an output is read from: version 0.1.0 named it by the stem, as ``IMG_1.plan.jsonl``.

    That name is given where only it is there; whether what stands there is of this very output is for readers to tell.
    """
    path, older = side_path(output, ending), output.with_name(output.stem + ending)
    # Of `os.path`, since there a name that no file can have is none that is there, and not an error.
    return older if os.path.exists(older) and not os.path.exists(path) else path


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
            msg(
                "{folder} has {free:.0f} MB free, the output needs about {needed_bytes:.0f} MB.",
                folder=folder,
                free=free / 1000000.0,
                needed_bytes=needed_bytes / 1000000.0,
            ),
            hint="Free some space, choose another folder with -o, or a higher --quality number.",
        )


def size_of(path: Path) -> int:
    """The size of a file in bytes; 0 where it cannot be told."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


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


def keep_date(source: Path, output: Path) -> None:
    """Give the output the source's date of change, as people sort clips by it."""
    try:
        found = source.stat()
        os.utime(output, ns=(found.st_atime_ns, found.st_mtime_ns))
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


# --- written beside, then renamed


def new_empty_file(path: Path, *, mode: int) -> None:
    """Make an empty file under its final name, in place of one that stands there, never through a link.

    For what grows in plain sight since it is whole at any time: a recording of live pictures.

    Raises:
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))


def new_work_file(final: Path, *, what: str = "", hint: str = "", mode: int = _ANYONE) -> WorkFile:
    """A file of our own in which an output grows until `publish` gives it its name; see `work_files`.

    Args:
        final: the name that it is going to have.
        what: what it is called for people; its path when empty.
        hint: what to do if it cannot be made.
        mode: the mode of the file, which the umask narrows.

    Raises:
        DiskFull, OutputError: it cannot be made; see `map_os_errors`.
    """
    with map_os_errors(final, what=what, hint=hint):
        return WorkFile(final, mode=mode)


def publish(work: WorkFile, final: Path, *, overwrite: bool) -> None:
    """Give a finished file its final name, once its content is on the disk.

    Raises:
        OutputError: something has come to stand there meanwhile, or in the place of the work file, or it cannot be
            renamed.
        DiskFull: there is no room for it.
    """
    try:
        with map_os_errors(final, what="The result", verb=msg("given its name {final}", final=final)):
            work.publish(final, replace=overwrite, durable=True)
    except OutputError as error:
        if isinstance(error.__cause__, FileExistsError):
            raise OutputError(
                msg("The output {final} came into being during the run and is left alone.", final=final),
                hint="Choose another name, or add --overwrite; the analysis continues.",
            ) from error
        raise


@contextlib.contextmanager
def atomic_path(
    final: Path, *, what: str = "", hint: str = "", make_folder: bool = False, mode: int = _ANYONE
) -> Iterator[Path]:
    """Give a path beside ``final`` to write to; it gets the final name at the end, and goes if anything goes wrong.

    Args:
        final: the file, which is replaced if it exists; what is a device or a pipe is written into.
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
        work = WorkFile(final, mode=mode)
        try:
            yield work.path
            work.publish(final, replace=True)
        finally:
            work.discard()


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
    with map_os_errors(final, what=what, hint=hint):
        if make_folder:
            final.parent.mkdir(parents=True, exist_ok=True)
        work = WorkFile(final, mode=mode)
        try:
            work.write(data)
            work.publish(final, replace=True)
        finally:
            work.discard()


def atomic_json(final: Path, data: Any, *, what: str = "", make_folder: bool = False, mode: int = _ANYONE) -> None:
    """Write plain data as JSON, one space deep per level, as `atomic_write` does.

    Raises:
        DiskFull, OutputError: see `map_os_errors`.
    """
    atomic_write(final, as_json(data), what=what, make_folder=make_folder, mode=mode)


def as_json(data: Any) -> str:
    """Plain data as the JSON that this program writes."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


class GrowingFile:
    """A text file (UTF-8) that grows beside its final name as a run goes, and gets that name at the end.

    Args:
        final: the file, which is replaced if it exists; what is a device or a pipe is written into.
        what: what it is called for people; its path when empty.
        newline: the newline as `open` takes it; plain line ends by default.
        mode: the mode of the file, which the umask narrows.

    Raises:
        DiskFull, OutputError: it cannot be made; see `map_os_errors`. `write` and `finish` raise the same.
    """

    def __init__(self, final: Path, *, what: str = "", newline: str = "\n", mode: int = _ANYONE) -> None:
        self.final = final
        self._what = what
        with map_os_errors(final, what=what):
            self._work = WorkFile(final, mode=mode)
            self._file: IO[str] = self._work.open(newline=newline)

    def write(self, text: str) -> int:
        """Append a text; gives its length."""
        with map_os_errors(self.final, what=self._what):
            return self._file.write(text)

    def close(self) -> WorkFile:
        """All is written; gives the file, which still has to be published."""
        with map_os_errors(self.final, what=self._what):
            self._file.close()
        return self._work

    def finish(self) -> None:
        """Give the file its final name."""
        work = self.close()
        with map_os_errors(self.final, what=self._what):
            work.publish(self.final, replace=True)

    def abort(self) -> None:
        """Close and delete what was written; does nothing after `finish`."""
        with contextlib.suppress(OSError):  # what cannot be flushed is not wanted any more
            self._file.close()
        self._work.discard()


# --- hashes


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
