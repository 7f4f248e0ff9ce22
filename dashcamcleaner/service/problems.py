"""Errors as answers: problem+json (RFC 9457) made from the one error tree, without any path of the server.

Sentences of the engine name files. What a client sees names its own file, or none: `without_paths` takes out what
begins like a path of this machine, whoever wrote it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import DashcamCleanerError, DiskFull, NotFound, RequestError, SettingError, TooMany
from dashcamcleaner.messages import UserMessage, as_message, joined, msg
from dashcamcleaner.os_errors import as_our_error
from dashcamcleaner.service.language import for_people

__all__ = [
    "PROBLEM_TYPE", "all_without_paths", "error_of", "no_room", "problem_of", "problem_response", "telling_no_room",
    "without_paths",
]  # fmt: skip

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_S = 5.0

_TITLES = {status.value: status.phrase for status in HTTPStatus}

_PATH = re.compile(r"(?:(?<![\w.:/])/|\b[A-Za-z]:[\\/]|\\\\)(?:[^\s/\\'\"`,;()<>|]+[/\\])+[^\s'\"`,;()<>|]*")
"""An absolute path of any system, with at least one folder: ``/srv/clips/a.mp4``, ``C:\\clips\\a.mp4``."""


def without_paths(text: str, names: Mapping[str, str] | None = None) -> str:
    """A sentence that names no file of this machine; a message where it was one, or where a file is left out of it.

    Args:
        text: the sentence.
        names: path -> what to call it instead, the longest first.
    """
    plain = _without_paths(str.__str__(text), names or {})
    if not isinstance(text, UserMessage):
        return plain
    message = text.with_texts(lambda value: without_paths(value, names))
    return message if message == plain else plain  # a path may begin in the template


def all_without_paths(value: Any, names: Mapping[str, str]) -> Any:
    """JSON types in which no text names a file of this machine; see `without_paths`."""
    if isinstance(value, str):
        return without_paths(value, names)
    if isinstance(value, list):
        return [all_without_paths(inner, names) for inner in value]
    if isinstance(value, dict):
        return {key: all_without_paths(inner, names) for key, inner in value.items()}
    return value


def _without_paths(text: str, names: Mapping[str, str]) -> str:
    wanted = [re.escape(path) for path in sorted(names, key=len, reverse=True) if path]
    parts: list[str] = []
    end = 0
    for found in re.finditer("|".join([*(f"(?:{one})" for one in wanted), _PATH.pattern]), text):
        ours = names.get(found[0])
        shown = [as_message(ours)] if ours else [msg("a file of the server"), "." * found[0].endswith(".")]
        parts += [visible(text[end : found.start()], lines=True), *shown]
        end = found.end()
    return joined([*parts, visible(text[end:], lines=True)], "") if parts else visible(text, lines=True)


def problem_of(
    error: DashcamCleanerError, *, request_id: str = "", names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The members of the problem document of an error; its texts are messages still.

    Args:
        error: what went wrong.
        request_id: the id under which the log tells of the request.
        names: the names for paths, as `without_paths` takes them.
    """
    status = error.http_status
    title = _TITLES.get(status, "Request ended")
    told: dict[str, Any] = {
        "type": f"urn:dashcamcleaner:error:{type(error).__name__}",
        "title": title,
        "status": status,
        "detail": without_paths(error.message, names),
        "error": type(error).__name__,
        "exit_code": error.exit_code,
    }
    if error.hint:
        told["hint"] = without_paths(error.hint, names)
    if request_id:
        told["request_id"] = request_id
    return told


def problem_response(error: DashcamCleanerError, *, request_id: str = "", retry_after_s: float = 0) -> JSONResponse:
    """The answer that tells of an error."""
    headers = {}
    if isinstance(error, TooMany) or error.http_status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(max(1, round(retry_after_s or getattr(error, "retry_after_s", RETRY_AFTER_S))))
    if error.http_status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        for_people(problem_of(error, request_id=request_id)),
        error.http_status,
        headers=headers,
        media_type=PROBLEM_TYPE,
    )


def no_room() -> DiskFull:
    """A full disk of the server, as callers are told of it: neither which, nor how full."""
    return DiskFull("The server has no room for it.", hint="Send it again later; jobs that are deleted give room, too.")


@contextlib.contextmanager
def telling_no_room() -> Iterator[None]:
    """Raise that a disk of the server is full, wherever it was met, as `no_room`."""
    try:
        yield
    except (OSError, DiskFull) as error:
        if isinstance(as_our_error(error, source=Path()), DiskFull):
            raise no_room() from error
        raise


def error_of(raised: Exception) -> DashcamCleanerError:
    """What a library raised about a request, as one of this program's errors."""
    if isinstance(raised, DashcamCleanerError):
        return raised
    if isinstance(raised, ClientDisconnect):  # nobody reads the answer; the log and the counts tell whose fault it was
        return RequestError("The request ended before all of it had come.")
    if isinstance(raised, RequestValidationError):
        first = raised.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        return SettingError(msg("{place} is not as it has to be ({reason}).", place=place, reason=first["msg"]))
    if isinstance(raised, HTTPException):
        if raised.status_code == HTTPStatus.NOT_FOUND:
            return NotFound("There is nothing under this address.", hint="GET /docs tells what there is.")
        if raised.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            error = RequestError("This address cannot be asked that way.", hint="GET /docs tells what there is.")
        else:
            error = RequestError(msg("{detail}.", detail=str(raised.detail).rstrip(".")))
        error.http_status = raised.status_code
        return error
    return DashcamCleanerError("An internal fault ended the request.", hint="The server's log tells of it.")


async def handle(request: Request, raised: Exception) -> JSONResponse:
    """The exception handler of the app."""
    answer = problem_response(error_of(raised), request_id=request.scope.get("request_id", ""))
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return answer


def _methods(request: Request) -> set[str]:
    """What a path can be asked: the library names the methods of the first of its routes alone."""
    found: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return found
