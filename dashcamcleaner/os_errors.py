"""Errors of the operating system, made errors of this program: one sentence of what happened, and what helps.

`map_os_errors` stands around whatever reads or writes a file; `as_our_error` names what ended a run.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from dashcamcleaner.errors import DashcamCleanerError, DiskFull, InputError, OutputError
from dashcamcleaner.messages import as_message, msg, said

__all__ = ["as_our_error", "map_os_errors"]

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
