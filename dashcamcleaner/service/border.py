"""What every request passes: its id, the host's check, its limits of bytes and time, headers, the log and the counts.

One ASGI layer around the app, so that nothing is read before it is looked at. The log tells id, route, status, time and
sizes; no names of files, no addresses beyond the route's own pattern, no pixels.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashcamcleaner.errors import DashcamCleanerError, RequestError, TooLarge, TooSlow
from dashcamcleaner.messages import current_language, msg, speaking
from dashcamcleaner.service.access import check_host
from dashcamcleaner.service.language import wanted_language
from dashcamcleaner.service.metrics import Metrics
from dashcamcleaner.service.options import ServiceOptions
from dashcamcleaner.service.problems import error_of, problem_response

__all__ = ["Border"]

log = logging.getLogger("dashcamcleaner.service")

_MB = 1_000_000
_FEW_BYTES = 65536
"""For requests that need no body."""

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "vary": "Accept-Language",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
_CSP_OF_DOCS = _HEADERS["content-security-policy"].replace(
    "script-src 'self'; style-src 'self'", "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
)
"""The library's page for /docs begins by a script of its own in the page."""


_SPOKEN = (b"application/json", b"application/problem+json", b"text/html", b"text/event-stream")
"""Types of answers that have texts for people in them."""


class Border:
    """The layer.

    Args:
        app: what it stands around.
        options: tells the limits.
        metrics: counts.
    """

    def __init__(self, app: ASGIApp, *, options: ServiceOptions, metrics: Metrics) -> None:
        self._app = app
        self._options = options
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, *self._limits(scope))
        liked = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
        with speaking(wanted_language(liked)):
            await self._pass(scope, exchange)

    async def _pass(self, scope: Scope, exchange: _Exchange) -> None:
        try:
            self._check(scope, exchange)
            await self._app(scope, exchange.receive, exchange.send)
            await exchange.send_refusal(scope)
        except DashcamCleanerError as error:
            answer = problem_response(error, request_id=exchange.id)
            await answer(scope, exchange.receive, exchange.send)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            seconds = time.monotonic() - exchange.begun
            self._metrics.count(route, scope["method"], exchange.status, seconds, exchange.taken)
            log.info(
                "%s %s %s %s %.0f ms %d bytes", exchange.id, scope["method"], route, exchange.status, seconds * 1000,
                exchange.taken,
            )  # fmt: skip

    def _limits(self, scope: Scope) -> tuple[float, float]:
        """Bytes and seconds that the request's body may take."""
        options = self._options
        if scope["path"] == "/jobs":
            return options.max_clip_mb * _MB, options.max_upload_time
        if scope["path"] in ("/score", "/anonymize"):
            return options.max_request_mb * _MB, options.max_request_time
        return _FEW_BYTES, options.max_request_time

    def _check(self, scope: Scope, exchange: _Exchange) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        check_host(
            host=headers.get(b"host", ""),
            origin=headers.get(b"origin"),
            bound_to=self._options.host,
            names=self._options.allow_name,
        )
        length = headers.get(b"content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise RequestError("The request's length is no number.")
        exchange.check_bytes(int(length))


class _Exchange:
    """One request and its answer, as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, most_bytes: float, most_s: float) -> None:
        self.id = secrets.token_hex(8)
        self.status = 0
        self.taken = 0
        self.begun = time.monotonic()
        scope["request_id"] = self.id
        self._docs = scope["path"] == "/docs"
        self._receive, self._send = receive, send
        self._most_bytes, self._most_s = most_bytes, most_s
        self._refusal: Message | None = None
        self._refusal_words = b""
        self._whole = not any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])

    def check_bytes(self, count: int) -> None:
        """Refuse more than may come."""
        if count > self._most_bytes:
            raise TooLarge(
                msg(
                    "The request has more than the {most_bytes:g} MB that are taken.", most_bytes=self._most_bytes / _MB
                ),
                hint="Send fewer or smaller files.",
            )

    async def receive(self) -> Message:
        """The next part of the request."""
        if self._whole:
            return await self._receive()  # waits for the client to go
        left = self.begun + self._most_s - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, left))
        except TimeoutError:
            raise TooSlow(
                msg("The request's bytes did not come within {most_s:g} s.", most_s=self._most_s),
                hint="Send it again, or less at once.",
            ) from None
        if message["type"] == "http.request":
            self.taken += len(message.get("body", b""))
            self.check_bytes(self.taken)
            self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Put the headers before the answer; what the library refuses in plain text is kept for `send_refusal`."""
        if self._refusal is not None:
            self._refusal_words += message.get("body", b"")
            return
        if message["type"] == "http.response.start":
            if message["status"] >= 400 and _header(message, b"content-type").startswith(b"text/plain"):
                self._refusal = message
                return
            self.status = message["status"]
            headers: list[Any] = list(message.get("headers", ()))
            have = {name.lower() for name, _ in headers}
            own = {**_HEADERS, "x-request-id": self.id}
            kind = dict(headers).get(b"content-type", b"")
            if kind.startswith(_SPOKEN):
                own["content-language"] = current_language()
            if self._docs:
                own["content-security-policy"] = _CSP_OF_DOCS
            headers += [(name.encode(), value.encode()) for name, value in own.items() if name.encode() not in have]
            if not self._whole and self.status >= 400:
                headers.append((b"connection", b"close"))  # the rest of the request is not read
            message = {**message, "headers": headers}
        await self._send(message)

    async def send_refusal(self, scope: Scope) -> None:
        """Answer as all errors are answered where the library would have refused in plain text, as ranges of a file."""
        refusal, self._refusal = self._refusal, None
        if refusal is None:
            return
        words = self._refusal_words.decode("utf-8", "replace") or None
        answer = problem_response(error_of(HTTPException(refusal["status"], words)), request_id=self.id)
        if of_bytes := _header(refusal, b"content-range"):
            answer.headers["Content-Range"] = of_bytes.decode("latin-1")
        await answer(scope, self.receive, self.send)


def _header(message: Message, name: bytes) -> bytes:
    return bytes(dict(message.get("headers", ())).get(name, b""))
