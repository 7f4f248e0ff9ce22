"""The clock of a session: seconds since it began. Short and apart, since tests hand in one that they turn."""

from __future__ import annotations

import threading
import time
from typing import Protocol

__all__ = ["Clock", "SessionClock"]


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
