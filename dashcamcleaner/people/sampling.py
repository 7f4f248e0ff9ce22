"""Samples: the faces of a clip that are described by numbers, few of each track, taken while frames pass by.

A face is worth a description when it is large, seen surely and wholly within the picture; the best of every second or
so is taken, less often where many faces are in the picture, so that the cost of a frame stays the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.detection.face_embedding import FaceDescriber, FaceDescription
from dashcamcleaner.people.segments import Segment, SegmentBuilder
from dashcamcleaner.tracking.tracker import Tracker

__all__ = ["LEAST_FACE_PX", "FaceSample", "FaceSampler", "is_good"]

Box = tuple[float, float, float, float]

LEAST_FACE_PX = 24.0
"""The least height of a face that is described. Of portraits shrunk to 20 px a tenth of the pairs of two people would
count as one; at 26 px it is a hundredth for single samples, and none within the stricter limit that holds there."""
_LEAST_SCORE = 0.3
_LEAST_SHARPNESS = 0.28
_MOST_TURNED = 0.06
"""Smeared faces look like each other, and so do profiles: neither is described well enough to tell anybody apart."""
_EVERY_S = 0.6
_SHORTEST_S, _LONGEST_S = 0.8, 4.0
"""A sample of each face is taken every so many seconds for each face in the picture, within limits."""
_BETTER = 1.2
_AROUND = 0.7
_ALIKE = 32.0
"""Of 255, on average over a face: viewers that differ by more show two faces, and nobody is told by one of them."""
_LARGEST_PX = 200.0
_BATCH = 8


@dataclass(frozen=True, slots=True, eq=False)
class FaceSample:
    """One described face.

    Args:
        index: the frame.
        time_s: its time, seconds.
        xyxy: the face's box, upright full-size pixels.
        embedding: ``(128,)`` float32.
        good: whether it may decide who this is.
    """

    index: int
    time_s: float
    xyxy: Box
    embedding: np.ndarray
    good: bool = True

    @property
    def height_px(self) -> float:
        """The face's height in the full-size picture."""
        return self.xyxy[3] - self.xyxy[1]


def is_good(description: FaceDescription) -> bool:
    """Whether a face is sharp and turned to the camera enough to tell who it is."""
    return description.turned <= _MOST_TURNED and description.sharpness >= _LEAST_SHARPNESS


@dataclass(slots=True, eq=False)
class _Candidate:
    """The best face of a track since its last sample."""

    segment: Segment
    since_s: float
    index: int
    time_s: float
    xyxy: Box
    worth: float
    crop: np.ndarray
    box: Box


class FaceSampler:
    """Takes samples from the frames of a clip; used by one thread.

    Args:
        describer: describes faces.
        upright_size: ``(width, height)`` of the full-size picture.
    """

    def __init__(self, describer: FaceDescriber, *, upright_size: tuple[int, int]) -> None:
        self._describer = describer
        self._size = upright_size
        self._tracker = Tracker(upright_size=upright_size)
        self._builder = SegmentBuilder()
        self._open: dict[int, _Candidate] = {}
        self._due: list[_Candidate] = []
        self._samples: list[FaceSample] = []

    def add(self, frame: Frame, seen: Observation) -> None:
        """Look at the next frame, while it is as it was decoded.

        Raises:
            DetectorFailed: a network failed.
        """
        ids = self._tracker.push(seen).ids
        placed = self._builder.push(seen, ids)
        self._builder.segments.clear()  # only those that are open matter here
        now_s = seen.time.seconds
        views = [view(self._size) for view in frame.views] if placed else []
        worths = [self._worth(one.boxes[-1], float(seen.detections.score[which])) for which, one in placed]
        if views:
            alike = [_shown_alike(frame.picture(self._size), views, one.boxes[-1]) for _, one in placed]
            worths = [worth if same else 0.0 for worth, same in zip(worths, alike, strict=True)]
        every_s = min(_LONGEST_S, max(_SHORTEST_S, _EVERY_S * sum(worth > 0 for worth in worths)))
        for (_, segment), worth in zip(placed, worths, strict=True):
            box = segment.boxes[-1]
            held = self._open.get(segment.track)
            if held is not None and (held.segment is not segment or now_s - held.since_s >= every_s):
                self._due.append(self._open.pop(segment.track))
                held = None
            if worth > 0 and (held is None or worth > _BETTER * held.worth):
                crop, at = _cut(frame.picture(self._size), box)
                since_s = now_s if held is None else held.since_s
                self._open[segment.track] = _Candidate(segment, since_s, seen.index, now_s, box, worth, crop, at)
        for track in [track for track, held in self._open.items() if now_s - held.since_s > _LONGEST_S]:
            self._due.append(self._open.pop(track))
        if len(self._due) >= _BATCH:
            self._describe()

    def finish(self) -> list[FaceSample]:
        """The clip has ended: all samples.

        Raises:
            DetectorFailed: a network failed.
        """
        self._due += self._open.values()
        self._open.clear()
        self._describe()
        return self._samples

    def _describe(self) -> None:
        due, self._due = self._due, []
        described = self._describer.describe([(one.crop, one.box) for one in due])
        for one, description in zip(due, described, strict=True):
            if description is not None:
                good = is_good(description)
                self._samples.append(FaceSample(one.index, one.time_s, one.xyxy, description.embedding, good))

    def _worth(self, box: Box, score: float) -> float:
        """How well a face can be told by its box and score; 0 where it is not worth a description."""
        x1, y1, x2, y2 = box
        cut = x1 < 0 or y1 < 0 or x2 > self._size[0] or y2 > self._size[1]
        if y2 - y1 < LEAST_FACE_PX or score < _LEAST_SCORE or cut:
            return 0.0
        return min(y2 - y1, _LARGEST_PX) * score**2


def _cut(picture: np.ndarray, box: Box) -> tuple[np.ndarray, Box]:
    """A copy of a face with what is around it, and the face's box in that."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = box
    around = _AROUND * max(x2 - x1, y2 - y1)
    left, top = max(0, int(x1 - around)), max(0, int(y1 - around))
    right, bottom = min(width, int(x2 + around) + 1), min(height, int(y2 + around) + 1)
    return picture[top:bottom, left:right].copy(), (x1 - left, y1 - top, x2 - left, y2 - top)


def _shown_alike(picture: np.ndarray, views: Sequence[np.ndarray], box: Box) -> bool:
    """Whether all viewers show the same face in a box."""
    x1, y1, x2, y2 = (max(0, round(side)) for side in box)
    ours = picture[y1:y2, x1:x2].astype(np.int16)
    return all(float(np.abs(ours - view[y1:y2, x1:x2]).mean()) <= _ALIKE for view in views)
