"""The handle by which an asker pauses, resumes or cancels a run, and looks at its current frame.

A `Control` is made by the asker and given to `clean`; a `Job` stays plain data. All methods may be called from
any thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import Cancelled

__all__ = ["Control"]


class Control:
    """Pause, resume, cancel, stop after this file; and a peek at the current, obscured frame.

    Args:
        clock: seconds; replaced in tests.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._changed = threading.Condition()
        self._clock = clock
        self._paused = False
        self._paused_at: float | None = None
        self._paused_s = 0.0
        self._cancelled = False
        self._stop_after_this = False
        self._peek_px: int | None = None
        self._peeked: tuple[FrameTime, np.ndarray] | None = None

    def pause(self) -> None:
        """Hold the run after the frames under way; nothing is lost."""
        with self._changed:
            self._paused = True
            if self._paused_at is None:
                self._paused_at = self._clock()

    def resume(self) -> None:
        """Go on."""
        with self._changed:
            self._paused = False
            if self._paused_at is not None:
                self._paused_s += self._clock() - self._paused_at
                self._paused_at = None
            self._changed.notify_all()

    def cancel(self) -> None:
        """End the run; the analysis so far is kept for the next one."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def stop_after_this(self) -> None:
        """Finish the current clip, then start no other."""
        with self._changed:
            self._stop_after_this = True

    @property
    def paused(self) -> bool:
        """Whether the run is held, or will be before its next frame."""
        return self._paused

    @property
    def cancelled(self) -> bool:
        """Whether the run was told to end."""
        return self._cancelled

    @property
    def stopping_after_this(self) -> bool:
        """Whether a batch starts no further job."""
        return self._stop_after_this or self._cancelled

    def working_s(self) -> float:
        """Seconds on a clock that stands still while the run is held: what a pace is measured with."""
        with self._changed:
            now = self._clock() if self._paused_at is None else self._paused_at
            return now - self._paused_s

    def wait_while_paused(self) -> None:
        """Called by the run between frames.

        Raises:
            Cancelled: the run is to end.
        """
        if self._paused:
            with self._changed:
                while self._paused and not self._cancelled:
                    self._changed.wait()
        self.check_cancelled()

    def check_cancelled(self) -> None:
        """Called by the run where it goes on in a pause.

        Raises:
            Cancelled: the run is to end.
        """
        if self._cancelled:
            raise Cancelled("The run was stopped.", hint="The same command continues where it stopped.")

    def ask_for_frame(self, longest_side_px: int) -> None:
        """Ask for the next obscured frame, scaled so that its longer side is ``longest_side_px``."""
        with self._changed:
            self._peek_px = longest_side_px

    def wanted_frame_px(self) -> int | None:
        """Called by the run: the longer side of the picture that is wanted, None if none is."""
        return self._peek_px

    def give_frame(self, time: FrameTime, picture: np.ndarray) -> None:
        """Called by the run: upright RGB ``(h, w, 3)`` of an obscured frame."""
        with self._changed:
            self._peek_px = None
            self._peeked = (time, picture)

    def take_frame(self) -> tuple[FrameTime, np.ndarray] | None:
        """The picture that was asked for, once; None while it has not come."""
        with self._changed:
            peeked, self._peeked = self._peeked, None
            return peeked
