"""Figures of a live run, over the last seconds and since it began."""

from __future__ import annotations

import statistics
import threading
from collections import deque

from dashcamcleaner.core.events import LiveStats
from dashcamcleaner.live.release import CoverReason, ReleasedFrame

__all__ = ["LiveCounts"]

_WINDOW_S = 5.0


class LiveCounts:
    """Counts what the threads of a session tell; any thread may.

    Args:
        delay_s: the delay that is set.
    """

    def __init__(self, *, delay_s: float) -> None:
        self._delay_s = delay_s
        self._lock = threading.Lock()
        self._left: deque[tuple[float, float, bool]] = deque()
        self._captured: deque[float] = deque()
        self._seen: deque[tuple[float, bool]] = deque()
        self.frames = self.late = self.covered = self.dropped = 0
        self.device = ""
        self.inference_size = 0

    def captured(self, now_s: float) -> None:
        """A frame came in."""
        with self._lock:
            self._captured.append(now_s)
            _prune(self._captured, now_s)

    def seen(self, now_s: float, *, skipped: bool) -> None:
        """A frame was analysed."""
        with self._lock:
            self._seen.append((now_s, skipped))
            while self._seen[0][0] < now_s - _WINDOW_S:
                self._seen.popleft()

    def drop(self) -> None:
        """A frame was lost."""
        with self._lock:
            self.dropped += 1

    def left(self, frame: ReleasedFrame, now_s: float) -> None:
        """A frame left."""
        with self._lock:
            self.frames += 1
            self.covered += frame.covered
            self.late += frame.reason is CoverReason.LATE
            self._left.append((now_s, now_s - frame.captured_s, frame.covered))
            while self._left[0][0] < now_s - _WINDOW_S:
                self._left.popleft()

    def sum_up(self, now_s: float, *, queue: int) -> LiveStats:
        """The figures now."""
        with self._lock:
            while self._left and self._left[0][0] < now_s - _WINDOW_S:
                self._left.popleft()
            _prune(self._captured, now_s)
            span = max(0.1, min(_WINDOW_S, now_s))
            latencies = sorted(latency for _, latency, _ in self._left)
            median = statistics.median(latencies) if latencies else 0.0
            off = sorted(abs(latency - median) for latency in latencies)
            return LiveStats(
                time_s=round(now_s, 3),
                fps=round(len(self._left) / span, 2),
                captured_fps=round(len(self._captured) / span, 2),
                latency_ms=round(1000 * median, 1),
                jitter_ms=round(1000 * off[int(0.95 * (len(off) - 1))], 1) if off else 0.0,
                delay_ms=round(1000 * self._delay_s, 1),
                covered_share=round(sum(covered for *_, covered in self._left) / max(1, len(self._left)), 4),
                queue=queue,
                detected_share=round(1 - sum(skipped for _, skipped in self._seen) / max(1, len(self._seen)), 3),
                inference_size=self.inference_size,
                device=self.device,
                frames=self.frames,
                late=self.late,
                covered=self.covered,
                dropped=self.dropped,
            )


def _prune(times: deque[float], now_s: float) -> None:
    while times and times[0] < now_s - _WINDOW_S:
        times.popleft()
