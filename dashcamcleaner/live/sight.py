"""The thread *see*: asks the detector, measures motion, and hands observations to the analysis that proves frames."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.live.analysis import Analysis
from dashcamcleaner.live.delay import HeldFrame
from dashcamcleaner.live.detectors import Detectors
from dashcamcleaner.live.pictures import TIME_BASE
from dashcamcleaner.live.state import LiveState
from dashcamcleaner.live.switching import Verdicts
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.build import make_planner, rules_per_kind
from dashcamcleaner.pipeline.frames import FramePlanner
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.planning.regions import sighted_regions
from dashcamcleaner.tracking.camera_motion import MotionEstimator

__all__ = ["RETRY_S", "Sight"]

log = logging.getLogger(__name__)

RETRY_S = 0.5
"""So long after a failure the detector, or what scores labels, is asked again."""
_PATIENCE = 0.2
"""The part of the delay after which a frame's detection is waited for, where no other frame has come meanwhile."""


class Sight:
    """Looks at frames that wait.

    Args:
        state: the run's.
        models: gives detectors.
        size: the size of the upright pictures.
        verdicts: takes what was found, for the switches.
    """

    def __init__(self, state: LiveState, *, models: ModelPool, size: tuple[int, int], verdicts: Verdicts) -> None:
        self._state, self._models, self._size, self._verdicts = state, models, size, verdicts

    def run(self) -> None:
        """The thread's work: until the source ends or the run does."""
        detectors = Detectors(self._state.settings, upright_size=self._size, models=self._models)
        try:
            self._see_until_it_works(detectors)
        finally:
            detectors.close()

    def _see_until_it_works(self, detectors: Detectors) -> None:
        settings = self._state.settings
        while not self._state.stop.is_set():
            try:
                detectors.open(self._state.load.size)
                planner = FramePlanner(
                    make_planner(
                        settings, upright_size=self._size, rules=rules_per_kind(settings), max_waiting_frames=0,
                        whole_clip=True,
                    ),
                    checker=detectors.checker(),
                    picture_size=detectors.current.picture_size,
                )  # fmt: skip
                analysis = self._state.analysis = Analysis(planner, delay_s=settings.delay, carry_s=settings.carry)
                motion = MotionEstimator(upright_size=self._size) if settings.tracking and settings.kinds() else None
                self._state.counts.device = detectors.device
                self._see_all(analysis, detectors, motion)
                return
            except Exception as error:
                # Whatever the detector raises, live frames go on coming: they are covered until it works again.
                log.debug("the detector failed", exc_info=True)
                message = error.message if isinstance(error, DashcamCleanerError) else repr(error)
                if self._state.analysis is None and isinstance(error, DashcamCleanerError):
                    raise  # it never worked: there is nothing to wait for
                self._state.change(
                    "detector",
                    msg("Detection failed, and all is covered until it works again: {message}", message=message),
                )
                self._state.load.forget()
                self._state.pause(RETRY_S)

    def _see_all(self, analysis: Analysis, detectors: Detectors, motion: MotionEstimator | None) -> None:
        """Analyse frames until the source ends, with whichever detector the load asks for."""
        settings = self._state.settings
        rules = rules_per_kind(settings) if self._verdicts.wanted and settings.kinds() else {}
        held_of: dict[int, HeldFrame] = {}
        numbers = iter(range(1 << 62))
        ended = False
        while not ended:
            detectors.change_to(self._state.load.size)
            if detectors.size != self._state.counts.inference_size:
                if self._state.counts.inference_size:
                    self._state.change("load", msg("The detector sees pictures of {size} px now.", size=detectors.size))
                self._state.counts.inference_size = detectors.size

            def frames() -> Iterator[Frame | None]:
                nonlocal ended
                while detectors.size == self._state.load.size or not detectors.is_open(self._state.load.size):
                    oldest = next(iter(held_of.values()), None)
                    held = self._next_frame(None if oldest is None else oldest.captured_s + _PATIENCE * settings.delay)
                    if held is None:
                        ended = self._is_over
                        if ended:
                            return
                        yield None  # what is under way is not to wait for a frame that may come too late for it
                        continue
                    frame = held.frame
                    if frame is None:  # thrown away just now
                        continue
                    frame.index = next(numbers)
                    frame.time = FrameTime(round(held.captured_s / TIME_BASE), TIME_BASE)
                    held_of[frame.index] = held
                    yield frame

            def skips(frame: Frame) -> bool:
                held = held_of[frame.index]
                return self._state.load.skips(held.captured_s, held.source_s, now_s=self._state.clock.now())

            source = LiveObservationSource(
                detectors.current, motion=motion, log=None, skips=skips if settings.kinds() else None
            )
            for frame, seen in source.see_as_they_come(frames()):
                analysis.take(held_of.pop(seen.index), frame, seen)
                self._state.counts.seen(self._state.clock.now(), skipped=seen.skipped)
                if self._verdicts.wanted and not seen.skipped and settings.kinds():
                    found = sighted_regions(seen, rules=rules, upright_size=frame.upright_size)
                    best = max((region.score for region in found), default=0.0)
                    self._verdicts.judge("kinds", found=bool(found) or seen.damaged, score=best)

    def _next_frame(self, until_s: float | None) -> HeldFrame | None:
        """The next frame that can still be in time; None where none will come, or none has come up to a time."""
        with self._state.buffer.changed:
            while not self._is_over:
                now_s = self._state.clock.now()
                held = self._state.buffer.next_unseen(now_s)
                if held is not None:
                    return held
                if until_s is not None and now_s >= until_s:
                    break
                self._state.clock.wait(self._state.buffer.changed, until_s)
        return None

    @property
    def _is_over(self) -> bool:
        return self._state.stop.is_set() or (self._state.buffer.ended and self._state.buffer.all_seen)
