"""Frames a second and time left, averaged over the last seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from dashcamcleaner.core.events import Progress

__all__ = ["ProgressMeter"]

_WINDOW_S = 5.0
_ETA_WINDOW_S = 30.0
_START_UP_S, _START_UP_SHARE = 5.0, 0.01
"""What is left is not reckoned by the first frames: they open encoders and fill what looks ahead."""
_ETA_AFTER_S, _ETA_AFTER_SHARE = 3.0, 0.02
"""Behind them it is told when this long has gone by and this share is done: frames may come in bursts."""
_ETA_AT_LAST_S = 20.0
"""A long clip is told of after this time, however small its share is by then."""
_EVERY_S = 0.2  # smooth for a bar, cheap for a pipe


class ProgressMeter:
    """Makes `Progress` events, a few per second at most.

    Args:
        phase: what is being done, see `Progress`.
        frames: how many are expected, None if untold.
        kept_frames: how many of them an earlier run analysed: they go by quicker, and tell nothing of what is left.
        clock: seconds; replaced in tests.
    """

    def __init__(
        self, phase: str, *, frames: int | None, kept_frames: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._phase = phase
        self._frames = frames
        self._clock = clock
        self._kept = kept_frames
        self._marks: deque[tuple[float, int]] = deque()  # begins at the first frame: loading is not the pace
        self._eta_marks: deque[tuple[float, int]] = deque()  # begins behind what was kept
        self._first_s: float | None = None
        self._last = -1e9
        self._done = 0

    def advance(self, counts: dict[str, int], *, time_s: float) -> Progress | None:
        """One frame is done; an event if one is due."""
        self._done += 1
        now = self._clock()
        if now - self._last < _EVERY_S and self._done != self._frames:
            return None
        self._last = now
        fps = self._pace(self._marks, now, window_s=_WINDOW_S)
        return Progress(self._phase, self._done, self._frames, fps, self._eta_s(now), counts, time_s)

    def _pace(self, marks: deque[tuple[float, int]], now: float, *, window_s: float) -> float:
        """Frames a second over the last seconds; 0 while there are too few."""
        marks.append((now, self._done))
        while len(marks) > 2 and now - marks[1][0] > window_s:
            marks.popleft()
        then, before = marks[0]
        return (self._done - before) / (now - then) if now - then >= _EVERY_S else 0.0

    def _eta_s(self, now: float) -> float | None:
        """Seconds until all frames are done; None while nothing can be said."""
        if not self._frames:
            return None
        if self._done >= self._frames:
            return 0.0
        if self._done <= self._kept:
            return None
        if self._first_s is None:
            self._first_s = now
        at_work = self._done - self._kept
        if not self._eta_marks and now - self._first_s < _START_UP_S and at_work < _START_UP_SHARE * self._frames:
            return None
        pace = self._pace(self._eta_marks, now, window_s=_ETA_WINDOW_S)
        paced_s = now - self._eta_marks[0][0]
        enough = at_work >= _ETA_AFTER_SHARE * self._frames or paced_s >= _ETA_AT_LAST_S
        return (self._frames - self._done) / pace if pace and enough and paced_s >= _ETA_AFTER_S else None
