"""What was found, for the switches: their verdict is clear only if everybody who looks has looked lately.

Short, since it only joins what two threads say.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence

from dashcamcleaner.live.clock import Clock
from dashcamcleaner.live.switching import Switcher

__all__ = ["FRESH_S", "Verdicts"]

FRESH_S = 0.5
"""A verdict that nothing is there counts for so long: then the switches cover."""


class Verdicts:
    """Joins verdicts; may be called from any thread.

    Args:
        switchers: take the verdict.
        examiners: who looks; a clear verdict needs all of them.
        clock: tells time.
    """

    def __init__(self, switchers: Sequence[Switcher], *, examiners: Collection[str], clock: Clock) -> None:
        self._switchers, self._examiners, self._clock = switchers, frozenset(examiners), clock
        self._lock = threading.Lock()
        self._latest: dict[str, tuple[float, bool, float]] = {}

    @property
    def wanted(self) -> bool:
        """Whether anybody takes verdicts."""
        return bool(self._switchers)

    def judge(self, examiner: str, *, found: bool, score: float) -> None:
        """Take a verdict: it is clear only while all who look have looked lately and found nothing.

        Args:
            examiner: who looked: ``kinds`` or ``labels``.
            found: whether there was anything to cover.
            score: the best score of it.
        """
        now = self._clock.now()
        with self._lock:
            self._latest[examiner] = (now, found, score)
            known = self._examiners <= self._latest.keys()
            fresh = known and all(now - at <= FRESH_S for at, *_ in self._latest.values())
            anything = any(one for _, one, _ in self._latest.values())
        if anything or fresh:
            for switcher in self._switchers:
                switcher.verdict(found=anything, score=score)
