"""A small plan with tracks, and its labels, for the tests of label formats."""

from __future__ import annotations

from fractions import Fraction

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.labels.clip_labels import ClipLabels, labels_of

SIZE = (640, 360)
KINDS = ("face", "plate")


def frame(index: int, *boxes: tuple[float, float, float, float, float, str, int | None]) -> FramePlan:
    """A frame with detections, those with a track hidden by a region a quarter larger."""
    regions = []
    for x1, y1, x2, y2, score, kind, track in boxes:
        if track is not None:
            w, h = (x2 - x1) / 8, (y2 - y1) / 8
            regions.append(Region((x1 - w, y1 - h, x2 + w, y2 + h), kind, score, Origin.DETECTED, track))
    found = Detections.from_rows([box[:6] for box in boxes])
    return FramePlan(Observation(index, FrameTime(index, Fraction(1, 25)), found), tuple(regions))


def plan() -> list[FramePlan]:
    frames = []
    for index in range(12):
        x = 40.0 + 5 * index
        boxes: list[tuple[float, float, float, float, float, str, int | None]] = [
            (x, 50.25, x + 30, 90.5, 0.8125, "face", 3)
        ]
        if index not in (4, 5):
            boxes.append((300.0, 200.0 + index, 360.0, 220.0 + index, 0.5, "plate", 7))
        boxes.append((500.0, 20.0, 520.0, 40.0, 0.0625, "face", None))
        frames.append(frame(index, *boxes))
    return frames


def exported() -> ClipLabels:
    return labels_of(plan(), name="clip.mp4", size=SIZE, kinds=KINDS)
