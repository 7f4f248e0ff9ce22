"""Where observations come from: the detector now, an earlier run's log, or a plan.

The pipeline gives a `ObservationSource` its frames, gets them back with what is seen in them, and does not care which
it is.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.errors import PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.seen_log import SeenLog
from dashcamcleaner.tracking.camera_motion import MotionEstimator

__all__ = [
    "BlankObservationSource",
    "DetectionsAhead",
    "LiveObservationSource",
    "ObservationSource",
    "StoredObservationSource",
    "batches_under_way",
    "checked",
]


class DetectionsAhead(Protocol):
    """Detections that somebody else makes ahead of the run, in other processes or on other machines."""

    def take(self, frame: Frame) -> Detections | None:
        """Those of this very picture, waiting for them if need be; None where the run has to detect by itself."""


class ObservationSource(Protocol):
    """Gives one observation per frame, in order."""

    def see(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Observation]]:
        """The frames with what is seen in them. It may take a few ahead of those it has given."""


class LiveObservationSource:
    """Detects and measures motion; what an earlier, killed run has seen already is taken from its log.

    As many inferences are kept under way as the backend works on at once: on a CPU each runs in one thread, so that
    one frame's picture work is done while another is inferred, and no core waits.

    Args:
        detector: the detection stage.
        motion: measures motion between consecutive pictures; None where no planner needs it.
        log: where each observation is appended; an earlier run's part of it is not detected again.
        batch: frames per inference.
        skips: says of a frame that it goes without detection, its motion alone being measured; None: no frame does.
        ahead: detections that are made elsewhere; what it does not give is detected here.
    """

    def __init__(
        self,
        detector: FrameDetector,
        *,
        motion: MotionEstimator | None,
        log: SeenLog | None,
        batch: int = 1,
        skips: Callable[[Frame], bool] | None = None,
        ahead: DetectionsAhead | None = None,
    ) -> None:
        self._detector = detector
        self._motion = motion
        self._log = log
        self._batch = batch
        self._most = batches_under_way(detector, batch=batch)
        self._skips = skips
        self._ahead = ahead

    def see(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Observation]]:
        """The frames with what is seen in them; some are taken ahead while the detector is busy."""
        rest = iter(frames)
        if self._log is not None and self._log.stored_frames:
            yield from self._from_log(itertools.islice(rest, self._log.stored_frames), self._log)
        yield from self._see_all(rest)

    def see_as_they_come(self, frames: Iterable[Frame | None]) -> Iterator[tuple[Frame, Observation]]:
        """The frames with what is seen in them, of a source that is slower than the detector.

        Args:
            frames: None among them: none has come for a while, and what is under way is given before the next.
        """
        rest = iter(frames)
        ended = False

        def until_none() -> Iterator[Frame]:
            nonlocal ended
            for frame in rest:
                if frame is None:
                    return
                yield frame
            ended = True

        while not ended:
            yield from self._see_all(until_none())

    def _see_all(self, rest: Iterator[Frame]) -> Iterator[tuple[Frame, Observation]]:
        under_way: deque[tuple[list[Frame], Any]] = deque()
        while batch := list(itertools.islice(rest, self._batch)):
            under_way.append((batch, self._started(batch)))
            if len(under_way) >= self._most:
                yield from self._result(*under_way.popleft())
        while under_way:
            yield from self._result(*under_way.popleft())

    def _started(self, batch: list[Frame]) -> Any:
        """What `_result` takes: a handle of the detector, a list of detections that are there, None for none at all."""
        if self._skips is not None and all(map(self._skips, batch)):
            return None
        if self._ahead is not None:
            found = [self._ahead.take(frame) for frame in batch]
            if all(one is not None for one in found):
                return found
        return self._detector.submit(batch)

    def _result(self, frames: list[Frame], handle: Any) -> Iterator[tuple[Frame, Observation]]:
        skipped = handle is None
        if skipped:
            found = [Detections.empty() for _ in frames]
        else:
            found = handle if isinstance(handle, list) else self._detector.result(handle)
        for frame, detections in zip(frames, found, strict=True):
            motion = self._measure(frame)
            seen = Observation(frame.index, frame.time, detections, motion, frame.damaged, skipped=skipped)
            yield frame, seen
            # Only now: whoever took the frame may have added closer looks, which a resumed run needs as well.
            if self._log is not None:
                self._log.write(seen)
            frame.forget_pictures()

    @property
    def picture_size(self) -> tuple[int, int]:
        """``(width, height)`` of the pictures that frames keep until the next one is asked for."""
        return self._detector.picture_size

    def _measure(self, frame: Frame) -> Motion | None:
        return None if self._motion is None else self._motion.measure(frame.picture(self._detector.picture_size))

    def _from_log(self, frames: Iterable[Frame], log: SeenLog) -> Iterator[tuple[Frame, Observation]]:
        stored = log.stored()
        for frame in frames:
            if frame.index == log.stored_frames - 1:
                self._measure(frame)  # the motion to the first new frame starts here
                frame.forget_pictures()
            yield frame, checked(next(stored, None), frame=frame)


class StoredObservationSource:
    """Gives the observations of a plan, after checking that each belongs to the frame in hand."""

    def __init__(self, observations: Iterator[Observation]) -> None:
        self._observations = observations

    def see(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Observation]]:
        """The frames with what was stored of them.

        Raises:
            PlanError: nothing is stored of a frame, or what is stored belongs to another one.
        """
        for frame in frames:
            yield frame, checked(next(self._observations, None), frame=frame)
        for _ in self._observations:  # to the end, where the reader tells if the plan was changed meanwhile
            pass


class BlankObservationSource:
    """Sees nothing: for runs that hide only what a person or a list of scenes names."""

    def see(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Observation]]:
        """The frames, with nothing seen in any."""
        for frame in frames:
            yield frame, Observation(frame.index, frame.time, Detections.empty())


def batches_under_way(detector: FrameDetector, *, batch: int) -> int:
    """How many batches are started before the first one is waited for.

    As many as the backend works on at once, and of larger ones one more, so that it always has one to begin; memory
    holds no more frames than these.
    """
    return detector.parallel if batch == 1 else 1 + math.ceil(detector.parallel / batch)


def checked(seen: Observation | None, *, frame: Frame) -> Observation:
    """The observation, if it is of this very frame.

    Raises:
        PlanError: there is none, or its time differs. A frame without analysis is not passed through clear.
    """
    if seen is None:
        raise PlanError(
            msg(
                "The plan ends before frame {index}, and frames that were not analysed are not passed through.",
                index=frame.index,
            ),
            hint="Analyse the clip again.",
        )
    if seen.time.exact() != frame.time.exact():
        raise PlanError(
            msg(
                "The plan has frame {index} at {seconds:.3f} s, the clip at {seconds2:.3f} s.",
                index=frame.index,
                seconds=seen.time.seconds,
                seconds2=frame.time.seconds,
            ),
            hint="The plan belongs to another clip, or the clip was changed; analyse it again.",
        )
    if frame.damaged and not seen.damaged:  # decoders differ between machines: the careful one wins
        return dataclasses.replace(seen, damaged=True)
    return seen
