"""Who may ask, and how often: tokens, names of hosts, pages of others, requests a minute.

A token is compared in constant time, and against all. Without tokens the service listens on this machine alone, where
pages of other hosts must not reach it through the browser either: the ``Host`` that a request names has to be the
service's own (a name that somebody lets point to 127.0.0.1 is not), and so has the page (``Origin``) that sends it.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from dashcamcleaner.errors import RequestForbidden, TokenError, TooMany
from dashcamcleaner.service.options import is_loopback

__all__ = ["RateLimit", "TokenCheck", "check_host"]

_MOST_CALLERS = 10_000


class RateLimit:
    """A bucket for each caller: as many requests a minute as allowed, a sixth of them at once.

    Args:
        per_minute: how many.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_s = per_minute / 60
        self._most = max(1.0, per_minute / 6)
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Count a request.

        Raises:
            TooMany: there were more than allowed; its ``retry_after_s`` tells when one is free again.
        """
        with self._lock:
            now = time.monotonic()
            left, at = self._buckets.get(key, (self._most, now))
            left = min(self._most, left + (now - at) * self._per_s)
            self._buckets[key] = (max(0.0, left - 1), now) if left >= 1 else (left, now)
            self._buckets.move_to_end(key)
            while len(self._buckets) > _MOST_CALLERS:
                self._buckets.popitem(last=False)
        if left < 1:
            error = TooMany("There are more requests a minute than one caller may make.", hint="Wait a little.")
            error.retry_after_s = (1 - left) / self._per_s
            raise error


class TokenCheck:
    """Knows the tokens, as digests.

    Args:
        tokens: all that are let in; none: everybody is, by one name.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self._digests = [hashlib.sha256(token.encode()).digest() for token in tokens]

    @property
    def wanted(self) -> bool:
        """Whether requests need a token."""
        return bool(self._digests)

    def owner(self, token: str | None) -> str:
        """The name by which the service knows a token: what it asks for is shown to nobody else.

        Raises:
            TokenError: it is none of those that are let in.
        """
        if not self._digests:
            return "local"
        given = hashlib.sha256((token or "").encode("utf-8", "surrogateescape")).digest()
        found = [hmac.compare_digest(given, known) for known in self._digests]  # all of them: no time tells which
        if not any(found):
            raise TokenError(
                "This service needs a token." if token is None else "The token is not known here.",
                hint="Send the header Authorization: Bearer TOKEN.",
            )
        return given.hex()[:32]


def check_host(*, host: str, origin: str | None, bound_to: str, names: Collection[str]) -> None:
    """Refuse what a page of another host may have sent through a browser on this machine.

    Args:
        host: the request's ``Host``, with or without port.
        origin: the request's ``Origin``; None without.
        bound_to: the address that the service listens on.
        names: further names that it is reached by.

    Raises:
        RequestForbidden: the request names another host, or comes from a page of another one.
    """
    name, page = _name_of(f"//{host}"), _name_of(origin or "")
    names = {one.lower() for one in names}
    if is_loopback(bound_to) and not (name in ("localhost", bound_to.lower(), *names) or _is_own_address(name)):
        raise RequestForbidden(
            "The request names a host that this service is not.",
            hint="Ask for 127.0.0.1, or start the server with --allow-name NAME.",
        )
    if origin and page not in names and (not page or urlsplit(origin).netloc.lower() != host.lower()):
        raise RequestForbidden("The request comes from a page of another host.", hint="Open the service's own page.")


def _name_of(address: str) -> str:
    """The host that an address names, in small letters; empty where it names none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # brackets that are none
        return ""


def _is_own_address(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
