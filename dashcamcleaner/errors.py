"""The one error tree. Every error is one clear sentence, a hint, and an exit status.

    DashcamCleanerError                 1   internal fault (a bug of ours)
    ├── SettingError                    2   a value out of range, an unknown name
    ├── InputError                      3   the source cannot be read, holds no picture, is encrypted
    │   └── InputTooLarge               3   its pictures have more pixels than are decoded here
    ├── OutputError                     4   the output exists, cannot be written, cannot hold what was asked
    │   └── DiskFull                    4
    ├── BackendError                    5   no engine, no weights, an inference that failed
    │   ├── BackendMissing              5   an engine that is not installed (the hint is the pip line)
    │   ├── WeightsError                5   weights absent, unreadable, of an unknown layout
    │   │   └── WeightsUntrusted        5   a foreign pickle that nobody has said yes to
    │   └── DetectorFailed              5   NaN boxes, an exception in the engine
    ├── PlanError                       6   a plan (or edits file) that cannot be read, or of another clip
    │   └── NotAccepted                 9   a plan or edits from elsewhere that nobody has said yes to
    ├── RequestError                    2   a request to the service that cannot be answered as it stands
    │   ├── TokenError                  2   the request brings no token, or a wrong one
    │   ├── RequestForbidden            2   a host, page or folder that the service was not opened to
    │   ├── NotFound                    2   nothing of that name is there, or it is another token's
    │   ├── NotReady                    2   the job has not come to what is asked of it
    │   ├── TooSlow                     2   the request took longer than a request may
    │   ├── TooLarge                    2   more bytes, pixels, seconds or pictures than the service takes
    │   ├── TooMany                     2   the queue is full, or the token asks too often
    │   └── ServiceBusy                 2   the answer takes longer than the service waits for one
    ├── ExtraMissing                    8   an optional extra that is not installed
    ├── WorkerLost                      11  a process or machine that worked on a clip is gone
    └── Cancelled                       130 the user stopped the run

`PARTIAL_EXIT` (7) is no error: the clip was cleaned as far as it could be decoded, or as its edits
were known to this version. Nor are the audit's statuses:
PASS is 0, NEEDS REVIEW is `REVIEW_EXIT` (9, the status of `NotAccepted`, too: a person has to look), FAIL is
`FAIL_EXIT` (10); `verify` on a file that is not the reported one gives 10, too. Library exceptions are mapped to this
tree at the border where they arise (``raise InputError(...) from e``); command line, window and service render the same
object.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dashcamcleaner.messages import as_message, msg

PARTIAL_EXIT = 7
REVIEW_EXIT = 9
FAIL_EXIT = 10


class DashcamCleanerError(Exception):
    """Base of all errors that reach a user.

    Args:
        message: one sentence that names the thing concerned; a literal, or a `msg` with what it names.
        hint: what the user can do about it, one sentence; may be empty.
    """

    exit_code = 1
    http_status = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        # A literal is a message without arguments: it can be said in another language as it stands.
        super().__init__(as_message(message))
        self.message = as_message(message)
        self.hint = as_message(hint)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments do not pickle by default; jobs may cross processes.
        return (_rebuild, (type(self), self.message, self.hint))

    def as_dict(self) -> dict[str, object]:
        """The error as plain JSON types, for event streams and services: in English, whatever people are shown.

        ``code`` is the message's template, ``arguments`` what its names stand for.
        """
        return {
            "error": type(self).__name__,
            "message": self.message,
            "hint": self.hint,
            "exit_code": self.exit_code,
            "code": self.message.template,
            "arguments": dict(self.message.arguments),
        }


def extra_hint(extra: str, *, checkout: str = "") -> str:
    """How to install the optional ``extra`` (``audit``, ``gpu``, ``train``): in a checkout, in a bundle, and else.

    Args:
        extra: its name; empty: the program itself, where a part of it is missing.
        checkout: the extra that brings it in a checkout, where that is another one.
    """
    if not extra:
        return msg("In a checkout: python3 start.py setup; else: {command}.", command=install_command("dashcamcleaner"))
    if getattr(sys, "frozen", False):  # as PyInstaller marks what it made
        return msg(
            "Nothing can be added to this bundle: install the program with {wanted} by pip, pipx or uv.",
            wanted=f"dashcamcleaner[{extra}]",
        )
    return msg(
        "In a checkout: python3 start.py setup --extra {extra}; else: {command}.",
        extra=checkout or extra,
        command=install_command(f'"dashcamcleaner[{extra}]"'),
    )


def install_command(words: str) -> str:
    """The command that installs more where this program is: pip's, or what pipx and uv have for their environments.

    Args:
        words: what is installed, as a shell takes it.
    """
    if (Path(sys.prefix) / "uv-receipt.toml").is_file():  # no pip in there
        return f'uv pip install --python "{sys.executable}" {words}'
    if (Path(sys.prefix) / "pipx_metadata.json").is_file():
        return f"pipx runpip {Path(sys.prefix).name} install {words}"
    return f"pip install {words}"


def _rebuild(cls: type[DashcamCleanerError], message: str, hint: str) -> DashcamCleanerError:
    return cls(message, hint=hint)


class SettingError(DashcamCleanerError):
    """A setting has an unknown name, a wrong type or a value out of range."""

    exit_code = 2
    http_status = 422


class InputError(DashcamCleanerError):
    """The source cannot be used: missing, broken, encrypted, or without a picture."""

    exit_code = 3
    http_status = 415


class InputTooLarge(InputError):
    """The source's pictures have more pixels than are decoded here."""

    http_status = 413


class OutputError(DashcamCleanerError):
    """The output cannot be written, exists already, or cannot hold what was asked to be kept."""

    exit_code = 4
    http_status = 409


class DiskFull(OutputError):
    """The target's file system has (or will have) no room for the output."""

    http_status = 507


class BackendError(DashcamCleanerError):
    """Detection cannot run."""

    exit_code = 5
    http_status = 503


class BackendMissing(BackendError):
    """An inference engine that was asked for is not installed."""


class WeightsError(BackendError):
    """Weights are missing, unreadable or of a layout we do not know."""


class WeightsUntrusted(WeightsError):
    """A foreign ``.pt`` is a pickle, which can run code, and the user has not agreed to load it."""


class DetectorFailed(BackendError):
    """The engine raised, or gave boxes that are not numbers. No frame is passed on unanalysed."""


class PlanError(DashcamCleanerError):
    """A plan or edits file cannot be read, is newer than this program, or belongs to another clip."""

    exit_code = 6
    http_status = 422


class NotAccepted(PlanError):
    """A plan or edits that this user did not make here, which would decide what stays clear, and nobody said yes."""

    exit_code = REVIEW_EXIT
    http_status = 403


class RequestError(DashcamCleanerError):
    """A request to the service cannot be answered as it stands."""

    exit_code = 2
    http_status = 400


class TokenError(RequestError):
    """The request brings no token, or one that the service does not know."""

    http_status = 401


class RequestForbidden(RequestError):
    """The request names a host, comes from a page, or asks for a file, that the service was not opened to."""

    http_status = 403


class NotFound(RequestError):
    """Nothing of that name is there, or it belongs to another token."""

    http_status = 404


class NotReady(RequestError):
    """The job has not come to what is asked of it, or never will."""

    http_status = 409


class TooSlow(RequestError):
    """The request's own bytes took longer to come than the service waits for them."""

    http_status = 408


class TooLarge(RequestError):
    """More bytes, pixels, seconds or pictures than the service takes."""

    http_status = 413


class TooMany(RequestError):
    """The queue is full, or the token asks more often than it may; the same request can be sent again later.

    Attributes:
        retry_after_s: seconds after which it may.
    """

    http_status = 429
    retry_after_s = 5.0


class ServiceBusy(RequestError):
    """The answer takes longer than the service waits for one."""

    http_status = 503


class ExtraMissing(DashcamCleanerError):
    """A command needs an optional extra that is not installed; the hint says how."""

    exit_code = 8
    http_status = 501


class WorkerLost(DashcamCleanerError):
    """The process, or the machine, that worked on a clip is gone; the clip is not cleaned."""

    exit_code = 11
    http_status = 500


class Cancelled(DashcamCleanerError):
    """The user stopped the run."""

    exit_code = 130
    http_status = 499
