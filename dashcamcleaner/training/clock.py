"""The time that a training has spent, by which its learning rate falls.

Under 60 lines because it is one thing that must be right: a process that is stopped from outside, a machine that
sleeps, or one whose cores are busy with something else does not train, and none of these may eat the schedule.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["TrainingClock", "core_time"]

_PAUSE_S = 120.0
"""A step that takes longer was a pause: the slowest real ones take a few seconds."""


def core_time(threads: int) -> Callable[[], float]:
    """A clock that advances only while this process has its cores.

    Args:
        threads: threads that work side by side; with the machine to itself the clock runs about as fast as the wall's.
    """
    return lambda: time.process_time() / max(threads, 1)


class TrainingClock:
    """Counts seconds from step to step, without pauses.

    Args:
        spent_s: what earlier sessions of the same run have spent.
        now: gives the time in seconds; the system's own by default.
    """

    def __init__(self, spent_s: float = 0.0, *, now: Callable[[], float] = time.monotonic) -> None:
        self.spent_s = spent_s
        self._now = now
        self._stepped = now()

    def step(self) -> float:
        """A step is done; gives the seconds spent so far."""
        now = self._now()
        took, self._stepped = now - self._stepped, now
        if took <= _PAUSE_S:
            self.spent_s += took
        return self.spent_s
