"""A clock for a whole live run: it stands still while anybody works, and goes on when all its threads wait.

So a run takes no time by it but what its threads wait for: whatever the machine's load, the same happens at the same
time.
"""

from __future__ import annotations

import threading
import time

_POLL_S = 0.0003
"""Of the machine's time: how long a thread waits before it looks again whether there is something to do."""
_ROUNDS = 4
"""So often all have to look, and find nothing to do, before time goes on: what one does may be work for the next."""
_MOST_ROUNDS = 20_000
_THREADS = "dashcamcleaner-live-"


class TurnedClock:
    """What `dashcamcleaner.live.clock.Clock` asks for; one thread more, that which made it, takes part."""

    def __init__(self) -> None:
        self._time_s = 0.0
        self._lock = threading.Lock()
        self._maker = threading.get_ident()
        self._until: dict[int, float | None] = {}
        self._looked: set[int] = set()
        self._rounds = 0
        self._released = False

    def now(self) -> float:
        """Seconds since this was made."""
        return self._time_s

    def wait(self, changed: threading.Condition, until_s: float | None) -> None:
        """Wait for a moment; who calls looks whether its time has come."""
        self._arrive(until_s)
        try:
            changed.wait(_POLL_S)
        finally:
            self._depart()

    def sleep(self, seconds: float) -> None:
        """Stall a thread of the run for so long, or until the run ends."""
        until_s = self._time_s + seconds
        while self._time_s < until_s and not self._released:
            self._arrive(until_s)
            time.sleep(_POLL_S)
            self._depart()

    def release(self) -> None:
        """The run ends: nobody sleeps any more."""
        self._released = True

    def _arrive(self, until_s: float | None) -> None:
        me = threading.get_ident()
        with self._lock:
            self._until[me] = until_s
            self._looked.add(me)
            ours = {thread.ident for thread in threading.enumerate() if thread.name.startswith(_THREADS)}
            ours.add(self._maker)
            if not ours <= self._looked:
                return
            self._looked.clear()
            self._rounds += 1
            if self._rounds >= _ROUNDS and ours <= self._until.keys():
                self._turn()

    def _turn(self) -> None:
        times = [until_s for until_s in self._until.values() if until_s is not None]
        if times and min(times) > self._time_s:
            self._time_s = min(times)
            self._rounds = 0
        assert self._rounds < _MOST_ROUNDS, f"at {self._time_s} s nobody goes on: {times}"

    def _depart(self) -> None:
        with self._lock:
            del self._until[threading.get_ident()]
