"""How far a batch is and when it will be done: "clip 7 of 40, 2:10:00 left".

Under 100 lines because it counts one thing: bytes of sources, which tell the work better than their number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from dashcamcleaner.core.time import format_seconds

__all__ = ["BatchEstimate"]

_LEAST_S = 3.0
"""Before, loading the weights is most of what was seen."""


class BatchEstimate:
    """Fed with what ends and how far the current clip is.

    Args:
        weights: how much work each clip is, in any unit; its source's size in bytes.
        clock: seconds; replaced in tests.
    """

    def __init__(self, weights: Sequence[float], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._weights = [max(1.0, weight) for weight in weights]
        self._clock = clock
        self._began = clock()
        self._done = 0
        self._worked = 0.0  # without clips that took no time because they were finished before
        self._skipped = 0.0

    @property
    def place(self) -> str:
        """Which clip is worked on: ``7 of 40``; empty where there is but one."""
        total = len(self._weights)
        return f"{min(self._done + 1, total)} of {total}" if total > 1 else ""

    def ended(self, *, without_work: bool = False) -> None:
        """The current clip is through.

        Args:
            without_work: it was finished before or refused at once: it tells nothing of the speed.
        """
        if self._done < len(self._weights):
            weight = self._weights[self._done]
            self._skipped += weight if without_work else 0.0
            self._worked += 0.0 if without_work else weight
            self._done += 1

    def left_s(self, share: float = 0.0) -> float | None:
        """Seconds until the batch is done; None while nothing can be said.

        Args:
            share: how much of the current clip is done, 0 to 1.
        """
        spent = self._clock() - self._began
        current = self._weights[self._done] if self._done < len(self._weights) else 0.0
        worked = self._worked + current * min(1.0, max(0.0, share))
        if spent < _LEAST_S or worked <= 0.0:
            return None
        return spent / worked * max(0.0, sum(self._weights) - self._skipped - worked)

    def describe(self, share: float = 0.0) -> str:
        """The place and the time left, for people; empty where there is but one clip."""
        if not self.place:
            return ""
        left = self.left_s(share)
        return self.place if left is None else f"{self.place}, {format_seconds(left).split('.')[0]} left"
