"""The clock of a session, seconds since it began, and waits by it. Apart, since tests hand in one that they turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Backoff", "Clock", "SessionClock", "pause"]

_FIRST_RETRY_S = 0.25


class Clock(Protocol):
    """Tells time and waits by it."""

    def now(self) -> float:
        """Seconds since the session began."""

    def wait(self, changed: threading.Condition, until_s: float | None) -> None:
        """Wait until a time, or until what is held changes; None: for a change alone. The caller holds the lock."""


class SessionClock:
    """The machine's steady clock, zero when this was made."""

    def __init__(self) -> None:
        self._zero = time.monotonic()

    def now(self) -> float:
        """Seconds since the session began."""
        return time.monotonic() - self._zero

    def wait(self, changed: threading.Condition, until_s: float | None) -> None:
        """Wait until a time, or until what is held changes; None: for a change alone."""
        changed.wait(None if until_s is None else max(0.0, until_s - self.now()))


def pause(clock: Clock, changed: threading.Condition, seconds: float, *, ended: Callable[[], bool]) -> None:
    """Wait for so long, whatever happens meanwhile but the end.

    Args:
        clock: the session's.
        changed: held by the caller; notified when ``ended`` may have changed.
        seconds: how long.
        ended: whether there is nothing to wait for any more.
    """
    until_s = clock.now() + seconds
    while not ended() and clock.now() < until_s:
        clock.wait(changed, until_s)


class Backoff:
    """Waits between tries of something that fails, each twice as long as the one before.

    Args:
        clock: the session's.
        longest_s: no wait is longer.
    """

    def __init__(self, clock: Clock, *, longest_s: float) -> None:
        self._clock, self._longest_s = clock, longest_s
        self._next_s = _FIRST_RETRY_S

    def worked(self) -> None:
        """It works: the next wait is short again."""
        self._next_s = _FIRST_RETRY_S

    def wait(self, changed: threading.Condition, *, ended: Callable[[], bool]) -> None:
        """It failed: wait until it may be tried again, see `pause`."""
        pause(self._clock, changed, self._next_s, ended=ended)
        self._next_s = min(self._longest_s, 2 * self._next_s)
