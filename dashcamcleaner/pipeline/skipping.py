"""Observations of a clip of which the detector does not look at every frame.

Motion is measured in all of them, so that tracks are carried through those that are skipped.
`tracking.detection_schedule` says which frames are looked at first; where two looks do not agree on what is there, the
frames between them follow, the middle one first.
Frames wait here until the look after them is known, so nothing is given out that still has to be looked at.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.motion import FrameMotion, Motion
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.pipeline.observations import batches_under_way, checked
from dashcamcleaner.pipeline.seen_log import SeenLog
from dashcamcleaner.tracking.camera_motion import MotionEstimator
from dashcamcleaner.tracking.detection_schedule import DetectionSchedule, detections_agree

__all__ = ["SkippingObservationSource"]


@dataclass(slots=True, eq=False)
class _Inference:
    """Frames that the detector was given together."""

    handle: Any
    found: list[Detections] | None = None


@dataclass(slots=True, eq=False)
class _Waiting:
    """A frame on its way through: as measured, and what an earlier run has seen of it or the detector is asked."""

    frame: Frame
    motion: Motion | None
    stored: Observation | None
    due: bool = False
    inference: _Inference | None = None
    place: int = 0


class SkippingObservationSource:
    """Detects in some frames, measures motion in all; what an earlier, killed run has seen is taken from its log.

    Args:
        detector: the detection stage.
        motion: measures the motion between consecutive pictures.
        schedule: says which frames are looked at; a fresh one.
        log: where each observation is appended; an earlier run's part of it is not detected again.
        batch: frames per inference.
    """

    def __init__(
        self,
        detector: FrameDetector,
        *,
        motion: MotionEstimator,
        schedule: DetectionSchedule,
        log: SeenLog | None,
        batch: int = 1,
    ) -> None:
        self._detector = detector
        self._motion = motion
        self._schedule = schedule
        self._log = log
        self._batch = batch
        self._most = batches_under_way(detector, batch=batch)
        self._under_way = 0
        self._latest: Detections | None = None
        self._time_s = 0.0

    def see(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Observation]]:
        """The frames with what is seen in them; some are taken ahead, at least up to the next look."""
        spans: deque[list[_Waiting]] = deque([[]])  # each ends with a frame that is looked at, but for the last
        batch: list[_Waiting] = []
        for one in self._decided(self._measured(frames)):
            spans[-1].append(one)
            if one.due:
                spans.append([])
                if one.stored is None:
                    batch.append(one)
            if len(batch) >= self._batch:
                self._submit(batch)
                batch = []
            while len(spans) > 1 and (self._under_way >= self._most or spans[0][-1].stored):
                yield from self._results(spans.popleft())
        if batch:
            self._submit(batch)
        for span in spans:
            yield from self._results(span)

    def _measured(self, frames: Iterable[Frame]) -> Iterator[_Waiting]:
        known = self._log.stored_frames if self._log is not None else 0
        stored = self._log.stored() if self._log is not None and known else iter(())
        for frame in frames:
            if frame.index < known:
                if frame.index == known - 1:
                    self._measure(frame)  # the motion to the first new frame starts here
                seen = checked(next(stored, None), frame=frame)
                yield _Waiting(frame, seen.motion, seen)
            else:
                yield _Waiting(frame, self._measure(frame), None)

    def _measure(self, frame: Frame) -> Motion | None:
        luma = frame.luma()
        # Frames that are skipped never need the picture that the detector would see.
        if luma is None:
            return self._motion.measure(frame.picture(self._detector.picture_size))
        return self._motion.measure(luma, limited_range=not frame.layout.full_range)

    def _decided(self, frames: Iterator[_Waiting]) -> Iterator[_Waiting]:
        """Each frame once the next one is known: the last of a clip or a scene is looked at."""
        ahead = itertools.chain(frames, (None,))
        one = next(ahead)
        for following in ahead:
            assert one is not None
            one.due = self._schedule.is_due(
                one.frame.time.seconds,
                one.motion,
                next_s=None if following is None else following.frame.time.seconds,
                next_motion=None if following is None else following.motion,
            )
            yield one
            one = following

    def _submit(self, frames: list[_Waiting]) -> None:
        inference = _Inference(self._detector.submit([one.frame for one in frames]))
        for place, one in enumerate(frames):
            one.inference, one.place = inference, place
        self._under_way += 1

    def _found(self, one: _Waiting) -> Detections | None:
        """What the detector sees in a frame; None where it does not look."""
        if one.inference is None:
            return None
        if one.inference.found is None:
            one.inference.found = self._detector.result(one.inference.handle)
            self._under_way -= 1
        return one.inference.found[one.place]

    def _results(self, span: list[_Waiting]) -> Iterator[tuple[Frame, Observation]]:
        """A look, and the frames since the one before it."""
        if not span:
            return
        look = span[-1]
        latest = look.stored.detections if look.stored is not None else self._found(look)
        if self._schedule.interval is None:
            self._narrow_down(self._latest, self._time_s, span, latest)
        self._latest, self._time_s = latest, look.frame.time.seconds
        for one in span:
            frame = one.frame
            if one.stored is not None:
                yield frame, one.stored
                continue
            found = self._found(one)
            seen = Observation(
                frame.index,
                frame.time,
                Detections.empty() if found is None else found,
                one.motion,
                frame.damaged,
                skipped=found is None,
            )
            yield frame, seen
            # Only now: whoever took the frame may have added closer looks, which a resumed run needs as well.
            if self._log is not None:
                self._log.write(seen)
            frame.forget_pictures()

    def _narrow_down(
        self, first: Detections | None, first_s: float, span: Sequence[_Waiting], last: Detections | None
    ) -> None:
        """Look at frames between two looks until each look agrees with the next one, or no frame lies between them.

        What appears between two looks mostly does so at one frame: looking at the middle one first, and only on where
        one half still disagrees, leaves a third of those frames out.

        Args:
            first: what was seen in the first look; None: not known.
            first_s: its time.
            span: the frames after it, up to and with the second look.
            last: what was seen in the second look; None: not known.
        """
        if len(span) < 2 or self._agree(first, first_s, span, last):
            return
        half = len(span) // 2
        middle = span[half - 1]
        if middle.stored is None:
            self._submit([middle])
            found = self._found(middle)
        else:
            found = None if middle.stored.skipped else middle.stored.detections
        self._narrow_down(first, first_s, span[:half], found)
        self._narrow_down(found, middle.frame.time.seconds, span[half:], last)

    def _agree(
        self, first: Detections | None, first_s: float, span: Sequence[_Waiting], last: Detections | None
    ) -> bool:
        if first is None or last is None:
            return False
        size = span[0].frame.upright_size
        way, before_s = [], first_s
        for one in span:
            at_s = one.frame.time.seconds
            way.append(FrameMotion(one.motion, seconds=max(0.0, at_s - before_s), size=size))
            before_s = at_s
        return detections_agree(first, last, way=way, upright_size=size)
