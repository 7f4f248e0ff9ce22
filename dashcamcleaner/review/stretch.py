"""A second or two of a clip through the real planner, so that what a preview shows is what a run will hide.

A single frame, looked at alone, lacks what its neighbours tell: tracks that fill gaps, evidence that takes a doubtful
face in or out, memory. Here the frames around it are seen one by one, planned as a run plans them, and kept: turning a
dial that decides no detection plans them again without looking again.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from dashcamcleaner.core.plan import FramePlan, Observation, Region
from dashcamcleaner.core.planner import Planner
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.pipeline.build import checker_for, detector_for, make_planner, rules_per_kind
from dashcamcleaner.pipeline.frames import FramePlanner
from dashcamcleaner.review.preview import ClipPreview
from dashcamcleaner.settings import SETTINGS, Settings
from dashcamcleaner.tracking.camera_motion import MotionEstimator

__all__ = ["STRETCH_S", "StretchPreview"]

STRETCH_S = 1.5
"""Seconds that are planned: half of it before the frame in question, half after it."""
_SEEING = ("tracking", "crop_checks", *(name for name, row in SETTINGS.items() if row.group == "seeing"))


def _deciding(settings: Settings) -> tuple[object, ...]:
    """The settings that decide what is seen in a frame, and how close it is looked at."""
    return tuple(getattr(settings, name) for name in _SEEING)


class StretchPreview:
    """The frames around one, planned together. Used by the thread that uses the clip.

    Args:
        clip: the open clip.
        pts: the frame in the middle.
        settings: the settings in force.
        models: where detectors come from; None: the process's own pool.
        seconds: how much is planned.

    Raises:
        BackendError: no backend or weights.
    """

    def __init__(
        self,
        clip: ClipPreview,
        pts: int,
        *,
        settings: Settings,
        models: ModelPool | None = None,
        seconds: float = STRETCH_S,
    ) -> None:
        models = models or shared_pool()
        self._clip, self._settings = clip, settings
        base = float(clip.info.time_base)
        times = clip.times
        first = bisect_left(times, pts - seconds / 2 / base)
        last = bisect_right(times, pts + seconds / 2 / base)
        self.times = times[first:last] or (pts,)
        inner = seconds / 4 / base
        self._covers = (
            times[0] if first == 0 and times else pts - inner,
            times[-1] if last == len(times) and times else pts + inner,
        )
        self._seen: list[Observation] = []
        self._plans: dict[int, FramePlan] = {}
        detector = detector_for(
            settings, upright_size=clip.info.upright_size, models=models, shown_size=clip.info.shown_size
        )
        self._picture_size = detector.picture_size
        self._motion = MotionEstimator(upright_size=clip.info.upright_size) if settings.tracking else None
        self._planner = FramePlanner(
            self._new_planner(settings),
            checker=checker_for(settings, detector, models),
            picture_size=detector.picture_size,
            known_frames=-1,  # frames that were sought have no index; none of them is of an earlier run
        )

    def _new_planner(self, settings: Settings) -> Planner:
        return make_planner(
            settings,
            upright_size=self._clip.info.upright_size,
            rules=rules_per_kind(settings),
            max_waiting_frames=len(self.times) + 1,
            whole_clip=settings.thorough,
        )

    @property
    def done(self) -> int:
        """How many of `times` have been seen."""
        return len(self._seen)

    @property
    def planned(self) -> bool:
        """Whether all have been seen, and their regions are known."""
        return len(self._seen) == len(self.times)

    def holds(self, pts: int, settings: Settings) -> bool:
        """Whether this stretch tells what a run at these settings hides in that frame.

        Frames near its ends are left to another stretch, unless the clip itself ends there: they lack neighbours.
        """
        first, last = self._covers
        return first <= pts <= last and _deciding(settings) == _deciding(self._settings)

    def step(self) -> bool:
        """See the next frame; True once all have been seen.

        Raises:
            InputError: it does not decode.
            DetectorFailed: the backend failed.
        """
        if self.planned:
            return True
        pts = self.times[len(self._seen)]
        detections = self._clip.detections(pts, settings=self._settings)
        frame = self._clip.frame(pts)
        motion = None if self._motion is None else self._motion.measure(frame.picture(self._picture_size))
        seen = Observation(len(self._seen), frame.time, detections, motion, frame.damaged)
        self._seen.append(seen)
        self._keep(self._planner.take(frame, seen))
        frame.forget_pictures()
        if self.planned:
            self._keep(self._planner.finish())
        return self.planned

    def _keep(self, plans: Iterable[FramePlan]) -> None:
        self._plans |= {plan.seen.time.pts: plan for plan in plans}

    def regions(self, pts: int, settings: Settings) -> tuple[Region, ...]:
        """What a run at these settings hides in a frame of a stretch that is planned."""
        if settings != self._settings:
            planner = self._new_planner(settings)
            self._settings, self._plans = settings, {}
            for seen in self._seen:
                # As from a plan: the closer looks stand in the observation, and planning must not change it.
                self._keep(planner.push(dataclasses.replace(seen, checks=list(seen.checks))))
            self._keep(planner.finish())
        return tuple(self._plans[pts].regions)
