"""Where observations come from: the detector now, an earlier run's log, or a plan.

The pipeline asks a `Seer` for the observations of the frames in hand and does not care which it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from dashcamcleaner.core.media import Frame
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import FramePlan, Observation
from dashcamcleaner.errors import PlanError
from dashcamcleaner.run.planfile import SeenLog
from dashcamcleaner.stages.detect import FrameDetector
from dashcamcleaner.stages.motion import MotionMeter

__all__ = ["AlreadyPlanned", "LiveSeer", "Seer", "StoredSeer"]


class Seer(Protocol):
    """Gives one observation per frame, in order."""

    def see(self, frames: Sequence[Frame]) -> list[Observation]:
        """Observations of the next frames."""


class LiveSeer:
    """Detects and measures motion; what an earlier, killed run has seen already is taken from its log.

    Args:
        detector: the detection stage.
        motion: measures motion between consecutive pictures; None where no planner needs it.
        log: where each observation is appended; an earlier run's part of it is not detected again.
    """

    def __init__(self, detector: FrameDetector, *, motion: MotionMeter | None, log: SeenLog | None) -> None:
        self._detector = detector
        self._motion = motion
        self._log = log
        self._stored = log.stored() if log is not None and log.stored_frames else iter(())
        self._stored_frames = log.stored_frames if log is not None else 0

    def see(self, frames: Sequence[Frame]) -> list[Observation]:
        found = [self._from_log(frame) for frame in frames if frame.index < self._stored_frames]
        fresh = frames[len(found) :]
        for frame in frames[: len(found)]:
            if frame.index == self._stored_frames - 1:
                self._measure(frame)  # the motion to the first new frame starts here
            frame.forget_pictures()
        if fresh:
            for frame, detections in zip(fresh, self._detector.detect(fresh), strict=True):
                motion = self._measure(frame)
                seen = Observation(frame.index, frame.time, detections, motion, frame.damaged)
                if self._log is not None:
                    self._log.write(seen)
                frame.forget_pictures()
                found.append(seen)
        return found

    def _measure(self, frame: Frame) -> Motion | None:
        return None if self._motion is None else self._motion.measure(frame.picture(self._detector.picture_size))

    def _from_log(self, frame: Frame) -> Observation:
        seen = next(self._stored, None)
        return checked(seen, frame=frame)


class StoredSeer:
    """Gives the observations of a plan, after checking that each belongs to the frame in hand."""

    def __init__(self, observations: Iterator[Observation]) -> None:
        self._observations = observations

    def see(self, frames: Sequence[Frame]) -> list[Observation]:
        return [checked(next(self._observations, None), frame=frame) for frame in frames]


def checked(seen: Observation | None, *, frame: Frame) -> Observation:
    """The observation, if it is of this very frame.

    Raises:
        PlanError: there is none, or its time differs. A frame without analysis is not passed through clear.
    """
    if seen is None:
        raise PlanError(
            f"The plan ends before frame {frame.index}, and frames that were not analysed are not passed through.",
            hint="Analyse the clip again.",
        )
    if seen.time.exact() != frame.time.exact():
        raise PlanError(
            f"The plan has frame {frame.index} at {seen.time.seconds:.3f} s, the clip at {frame.time.seconds:.3f} s.",
            hint="The plan belongs to another clip, or the clip was changed; analyse it again.",
        )
    if frame.damaged and not seen.damaged:  # decoders differ between machines: the careful one wins
        return Observation(seen.index, seen.time, seen.detections, seen.motion, damaged=True)
    return seen


class AlreadyPlanned:
    """A planner whose plans are made: what the second pass of a thorough run pushes against."""

    def __init__(self, plans: Sequence[FramePlan]) -> None:
        self._plans = plans
        self.shortened = False

    def push(self, seen: Observation) -> Sequence[FramePlan]:
        return (self._plans[seen.index],)

    def finish(self) -> Sequence[FramePlan]:
        return ()
