"""How far a batch is and when it will be done: "clip 7 of 40, 2:10:00 left".

Under 100 lines because it counts one thing: bytes of sources, which tell the work better than their number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.messages import msg

__all__ = ["BatchEstimate"]

_LEAST_S, _LEAST_SHARE = 3.0, 0.01
"""Before, nothing is told: the first frames open encoders and fill what looks ahead."""
_AT_LAST_S = 30.0
"""A large batch is told of after this time, however small the share is that is done by then."""


class BatchEstimate:
    """Fed with what ends and how far the current clip is, or the several that are cleaned at once.

    Args:
        weights: how much work each clip is, in any unit; its source's size in bytes.
        clock: seconds; replaced in tests.
    """

    def __init__(self, weights: Sequence[float], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._weights = [max(1.0, weight) for weight in weights]
        self._clock = clock
        self._began: tuple[float, float] | None = None
        """When the first frame was done, and the work by then: what was before, loading the weights, is no pace."""
        self._left = list(range(len(weights)))
        self._shares: dict[int, float] = {}
        self._worked = 0.0  # without clips that took no time because they were finished before
        self._skipped = 0.0

    @property
    def place(self) -> str:
        """Which clip is worked on: ``7 of 40``; empty where there is but one."""
        total = len(self._weights)
        return (
            msg("{total} of {total2}", total=min(total - len(self._left) + 1, total), total2=total) if total > 1 else ""
        )

    def ended(self, which: int | None = None, *, without_work: bool = False, kept_share: float = 0.0) -> None:
        """A clip is through.

        Args:
            which: its place in the batch, from 0; None: the first that is not through yet.
            without_work: it was finished before or refused at once: it tells nothing of the speed.
            kept_share: how much of it, 0 to 1, an earlier run had done: that tells nothing of the speed either.
        """
        which = self._current(which)
        if which is not None:
            weight = self._weights[which]
            self._left.remove(which)
            self._shares.pop(which, None)
            kept = weight if without_work else weight * min(1.0, max(0.0, kept_share))
            self._skipped += kept
            self._worked += weight - kept

    def _current(self, which: int | None) -> int | None:
        if which is None:
            return self._left[0] if self._left else None
        return which if which in self._left else None

    def left_s(self, share: float = 0.0, *, which: int | None = None) -> float | None:
        """Seconds until the batch is done; None while nothing can be said.

        Args:
            share: how much of a clip is done, 0 to 1.
            which: its place in the batch, from 0; None: the first that is not through yet.
        """
        current = self._current(which)
        if current is not None:
            self._shares[current] = min(1.0, max(0.0, share))
        worked = self._worked + sum(self._weights[place] * part for place, part in self._shares.items())
        if self._began is None:
            self._began = (self._clock(), worked) if worked > 0.0 else None
            return None
        began, before = self._began
        spent, done, left = self._clock() - began, worked - before, sum(self._weights) - self._skipped - worked
        enough = done >= _LEAST_SHARE * (done + left) or spent >= _AT_LAST_S
        return spent / done * max(0.0, left) if done > 0.0 and enough and spent >= _LEAST_S else None

    def describe(self, share: float = 0.0, *, which: int | None = None) -> str:
        """The place and the time left, for people; empty where there is but one clip."""
        if not self.place:
            return ""
        left = self.left_s(share, which=which)
        return (
            self.place
            if left is None
            else msg("{place}, {split} left", place=self.place, split=format_seconds(left).split(".")[0])
        )
