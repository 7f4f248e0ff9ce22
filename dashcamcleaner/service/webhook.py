"""Telling somebody else's server that a job ended: signed, without pixels or names, to hosts on an allow-list alone.

The body is JSON: the job's id, kind, state and times, and the name of its error. ``X-DashcamCleaner-Signature`` is
``sha256=`` and the HMAC-SHA256 in hex, under the service's secret, of the time in ``X-DashcamCleaner-Timestamp``, a dot
and the body. No redirect is followed, no proxy of the environment asked, and what is answered is not read.
"""

from __future__ import annotations

import hmac
import json
import logging
import threading
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from dashcamcleaner.errors import RequestForbidden
from dashcamcleaner.service.job_store import JobRecord

__all__ = ["check_webhook", "signature", "tell"]

log = logging.getLogger("dashcamcleaner.service")

_MOST_LENGTH = 2000
_TIMEOUT_S = 10.0
_PAUSES_S = (0.0, 2.0, 15.0)
"""Before each attempt."""


def check_webhook(url: str, *, hosts: Collection[str]) -> None:
    """Refuse an address whose host was not allowed when the server was started.

    Args:
        url: what the client asked for.
        hosts: ``NAME`` or ``NAME:PORT`` by https, ``http://NAME:PORT`` without encryption.

    Raises:
        RequestForbidden: it is not among them, or no plain address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = (
        parts.scheme in ("http", "https") and parts.username is None and not parts.fragment and len(url) <= _MOST_LENGTH
        and url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    )  # fmt: skip
    name = (parts.hostname or "").lower()
    place = f"{name}:{port}" if port is not None else name
    wanted = place if parts.scheme == "https" else f"http://{place}"
    if not plain or not name or wanted not in {host.lower() for host in hosts}:
        raise RequestForbidden(
            "The webhook's host is not among those that this service may tell.",
            hint="Whoever starts the server allows hosts: --webhook-host NAME.",
        )


def signature(secret: bytes, *, timestamp: str, body: bytes) -> str:
    """What stands in the signature's header."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, "sha256").hexdigest()


def body_of(record: JobRecord) -> dict[str, Any]:
    """What is told of a job."""
    return {
        "id": record.id,
        "kind": record.kind,
        "state": record.state,
        "created": record.created,
        "ended": record.ended,
        "error": record.error.get("error", ""),
        "audit": str((record.outcome.get("audit") or {}).get("status", "")),
    }


def tell(record: JobRecord, *, secret: bytes, stopping: threading.Event) -> bool:
    """Tell of a job that ended, three attempts long; gives whether it was taken.

    Args:
        record: the job; its webhook was checked when it came.
        secret: signs.
        stopping: set when the server ends: no further attempt is made.
    """
    import httpx

    body = json.dumps(body_of(record)).encode()
    for pause in _PAUSES_S:
        if stopping.wait(pause):
            return False
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "dashcamcleaner",
            "X-DashcamCleaner-Timestamp": timestamp,
            "X-DashcamCleaner-Signature": signature(secret, timestamp=timestamp, body=body),
        }
        try:
            with (
                httpx.Client(trust_env=False, follow_redirects=False, timeout=_TIMEOUT_S) as client,
                client.stream("POST", record.webhook, content=body, headers=headers) as answer,
            ):
                if answer.status_code < 300:
                    return True
                log.info("the webhook of job %s answered %d", record.id, answer.status_code)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            log.info("the webhook of job %s failed: %s", record.id, type(error).__name__)
    return False
