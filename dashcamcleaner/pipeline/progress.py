"""Frames a second and time left, averaged over the last seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from dashcamcleaner.core.events import Progress

__all__ = ["ProgressMeter"]

_WINDOW_S = 5.0
_EVERY_S = 0.2  # smooth for a bar, cheap for a pipe


class ProgressMeter:
    """Makes `Progress` events, a few per second at most.

    Args:
        phase: what is being done, see `Progress`.
        frames: how many are expected, None if untold.
        clock: seconds; replaced in tests.
    """

    def __init__(self, phase: str, *, frames: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._phase = phase
        self._frames = frames
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()  # begins at the first frame: loading is not the pace
        self._last = -1e9
        self._done = 0

    def advance(self, counts: dict[str, int], *, time_s: float) -> Progress | None:
        """One frame is done; an event if one is due."""
        self._done += 1
        now = self._clock()
        if now - self._last < _EVERY_S and self._done != self._frames:
            return None
        self._last = now
        self._marks.append((now, self._done))
        while len(self._marks) > 2 and now - self._marks[1][0] > _WINDOW_S:
            self._marks.popleft()
        then, before = self._marks[0]
        fps = (self._done - before) / (now - then) if now - then >= _EVERY_S else 0.0
        eta_s = max(0, self._frames - self._done) / fps if self._frames and fps else None
        return Progress(self._phase, self._done, self._frames, fps, eta_s, counts, time_s)
