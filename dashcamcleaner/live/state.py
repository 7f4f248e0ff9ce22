"""What the threads of a live run share: settings, the buffer, figures, what happened, and whether to stop."""

from __future__ import annotations

import threading
from collections import deque

from dashcamcleaner.core.events import Event, LiveChange
from dashcamcleaner.live.analysis import Analysis
from dashcamcleaner.live.clock import Clock, pause
from dashcamcleaner.live.delay import DelayBuffer
from dashcamcleaner.live.load import LoadControl, size_steps
from dashcamcleaner.live.stats import LiveCounts
from dashcamcleaner.pipeline.workers import ThreadGroup
from dashcamcleaner.settings import Settings

__all__ = ["LiveState"]


class LiveState:
    """Shared by all threads of one run; each part guards itself.

    Args:
        settings: the settings of the run.
        clock: tells time.

    Attributes:
        counts: the figures.
        buffer: what was captured and has not left.
        load: decides what is detected.
        group: the threads; its lock guards `events`.
        events: what happened and was not told yet.
        stop: set when the run is to end.
        analysis: proves frames; None until a detector stands.
        panic_to_s: all that was captured before this time, seconds of the clock, leaves covered.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings, self.clock = settings, clock
        self.counts = LiveCounts(delay_s=settings.delay)
        self.buffer = DelayBuffer(delay_s=settings.delay, most_bytes=settings.max_look_ahead_mb * 1_000_000)
        self.load = LoadControl(
            delay_s=settings.delay, carry_s=settings.carry, sizes=size_steps(settings.inference_size)
        )
        self.group = ThreadGroup()
        self.events: deque[Event] = deque()
        self.stop = threading.Event()
        self.analysis: Analysis | None = None
        self.panic_to_s = -1.0

    def change(self, what: str, message: str) -> None:
        """Tell the asker of something that happened."""
        with self.group.lock:
            self.events.append(LiveChange(round(self.clock.now(), 3), what, message))
            self.group.lock.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait for so long, or until the run is to end."""
        with self.buffer.changed:
            pause(self.clock, self.buffer.changed, seconds, ended=self.stop.is_set)

    @property
    def drained(self) -> bool:
        """Whether nothing is left to do: the run was stopped, or the source ended and all has left."""
        return self.stop.is_set() or (self.buffer.ended and self.buffer.empty)
