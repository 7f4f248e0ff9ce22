"""Segments: stretches of a track in which it cannot have gone over from one person to another.

A tracker goes by place, so where two faces pass each other a track may change over. A segment therefore ends where
another face comes close, where the track was not seen for a moment, and where its box leaps. Within a segment one
person is shown; between two of them nobody is, as far as rules about persons go.

Pure numpy: `people.sampling` and `people.grouping` feed it observations with the ids that `tracking.tracker` gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from dashcamcleaner.core.boxes import Detections, grow, iou
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.tracking.tracker import Tracker

__all__ = ["Segment", "SegmentBuilder", "segments_of"]

Box = tuple[float, float, float, float]

_LONGEST_GAP_S = 0.25
_LEAST_IOU = 0.2
_LARGEST_RATIO = 1.4
"""Between two sightings of one segment: the longest time, the least overlap, the greatest change of height."""
_NEAR = 1.3
"""Boxes that overlap when grown by this much are close enough for a track to change over."""
_COUNTS_FROM = 0.35
"""The score that a track must reach once for its detections to count as another face; most of what does not is noise
about the very face. It is the whole track's best: while two faces pass each other, both are seen less surely."""


@dataclass(slots=True, eq=False)
class Segment:
    """A stretch of one track.

    Args:
        track: the track's id.
        indices: the frames in which it is sighted, in order.
        times_s: their times, seconds.
        boxes: its boxes there, upright full-size pixels.
    """

    track: int
    indices: list[int] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def add(self, index: int, time_s: float, box: Box) -> None:
        """The next sighting."""
        self.indices.append(index)
        self.times_s.append(time_s)
        self.boxes.append(box)

    def split(self, after_s: float, before_s: float) -> tuple[Segment, Segment]:
        """What lies up to one time and from another on; what lies between is nobody's."""
        first, second = Segment(self.track), Segment(self.track)
        for index, time_s, box in zip(self.indices, self.times_s, self.boxes, strict=True):
            if time_s <= after_s:
                first.add(index, time_s, box)
            elif time_s >= before_s:
                second.add(index, time_s, box)
        return first, second


class SegmentBuilder:
    """Cuts tracks into segments while frames come in.

    Args:
        best: the best score of each track over the clip; None: by what was seen of it so far.
    """

    def __init__(self, best: Mapping[int, float] | None = None) -> None:
        self._best: dict[int, float] = dict(best or {})
        self._open: dict[int, Segment] = {}
        self.segments: list[Segment] = []

    def push(self, seen: Observation, ids: np.ndarray) -> list[tuple[int, Segment]]:
        """Take the next frame.

        Args:
            seen: the frame's observation.
            ids: the track of each of its detections.

        Returns:
            The detections (by their place in the observation) that belong to a segment, each with it.
        """
        found, now_s = seen.detections, seen.time.seconds
        faces = [which for which in range(len(found)) if rules_of(str(found.kind[which])).tells_persons]
        for which in faces:
            track = int(ids[which])
            self._best[track] = max(self._best.get(track, 0.0), float(found.score[which]))
        alone = _stands_alone(found, faces, [w for w in faces if self._best[int(ids[w])] >= _COUNTS_FROM])
        taken = []
        for which in faces:
            track, box = int(ids[which]), _box(found, which)
            before = self._open.get(track)
            if not alone[which]:
                self._open.pop(track, None)
                continue
            if before is None or not _goes_on(before, box, now_s):
                before = self._open[track] = Segment(track)
                self.segments.append(before)
            before.add(seen.index, now_s, box)
            taken.append((which, before))
        return taken


def segments_of(
    observations: Iterable[Observation], *, upright_size: tuple[int, int]
) -> tuple[list[Segment], dict[int, tuple[int, int]]]:
    """The segments of a clip that is known whole; and of each track the first and the last frame that sights it.

    Args:
        observations: the observations of all frames, in order; as a plan holds them, so that tracks have its ids.
        upright_size: ``(width, height)`` of the full-size picture.
    """
    tracker = Tracker(upright_size=upright_size)
    linked = [(seen, tracker.push(seen).ids) for seen in observations]
    best: dict[int, float] = {}
    lasting: dict[int, tuple[int, int]] = {}
    for seen, ids in linked:
        for track, score in zip(ids.tolist(), seen.detections.score.tolist(), strict=True):
            best[track] = max(best.get(track, 0.0), score)
            lasting[track] = (lasting.get(track, (seen.index,))[0], seen.index)
    builder = SegmentBuilder(best)
    for seen, ids in linked:
        builder.push(seen, ids)
    return builder.segments, lasting


def _stands_alone(found: Detections, faces: list[int], strong: list[int]) -> dict[int, bool]:
    """Whether no other face (of the strong ones) is so close that they may be mixed up."""
    grown = grow(found.xyxy, _NEAR) if len(found) else found.xyxy
    alone = {}
    for which in faces:
        others = [other for other in strong if other != which]
        alone[which] = not (others and bool((iou(grown[[which]], grown[others]) > 0).any()))
    return alone


def _goes_on(segment: Segment, box: Box, now_s: float) -> bool:
    """Whether a sighting surely shows what the segment's last one did."""
    last = segment.boxes[-1]
    if now_s - segment.times_s[-1] > _LONGEST_GAP_S:
        return False
    ratio = (box[3] - box[1]) / max(1e-6, last[3] - last[1])
    if not 1 / _LARGEST_RATIO <= ratio <= _LARGEST_RATIO:
        return False
    return float(iou(np.array([last]), np.array([box]))[0, 0]) >= _LEAST_IOU


def _box(found: Detections, which: int) -> Box:
    x1, y1, x2, y2 = found.xyxy[which].tolist()
    return (x1, y1, x2, y2)
