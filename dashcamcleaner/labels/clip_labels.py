"""What all label formats hold: the boxes of a clip's frames, each with its kind and, where known, score and track.

Made of a clip's plan by `labels_of`. The formats stand in modules of their own; `labels.files` picks one by the name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.plan import FramePlan, Origin, Region
from dashcamcleaner.errors import InputError
from dashcamcleaner.messages import msg

__all__ = ["MOST_LABELS", "ClipLabels", "Corners", "ObjectLabel", "around_turned", "check_count", "labels_of"]

Corners = tuple[float, float, float, float]
"""``x1, y1, x2, y2`` of a box in upright full-size pixels."""

MOST_LABELS = 2_000_000
"""No file of labels holds more: an hour with 18 objects in every frame."""
_MOST_FRAMES = 100_000_000
_LARGEST = 1e6
_SAME_OBJECT = 0.1
"""Intersection over union from which a detection is what a region was made for; regions are grown, so it is low."""


@dataclass(frozen=True, slots=True)
class ObjectLabel:
    """One object in one frame.

    Args:
        frame: index of the frame in presentation order, from 0.
        xyxy: the object's own box, not grown, in upright full-size pixels.
        kind: ``face``, ``plate`` or another kind's name.
        score: 0 to 1; 1 where a format knows no scores.
        track: number of the track; None where the format or the plan knows none.

    Raises:
        ValueError: a number is out of range, or the box has no area.
    """

    frame: int
    xyxy: tuple[float, float, float, float]
    kind: str
    score: float = 1.0
    track: int | None = None

    def __post_init__(self) -> None:
        x1, y1, x2, y2 = self.xyxy
        if not all(math.isfinite(v) and abs(v) <= _LARGEST for v in self.xyxy):
            raise ValueError(msg("a box is not four numbers of pixels"))
        if not (x1 < x2 and y1 < y2):
            raise ValueError(msg("a box has no area"))
        if not 0 <= self.frame < _MOST_FRAMES:
            raise ValueError(msg("there is no frame {frame}", frame=self.frame))
        if not 0.0 <= self.score <= 1.0:  # NaN fails, too
            raise ValueError(msg("a score lies between 0 and 1"))


@dataclass(frozen=True, slots=True)
class ClipLabels:
    """The labels of a clip.

    Args:
        name: the clip's file name.
        size: ``(width, height)`` of the upright picture.
        times_s: the time of each frame in seconds; as long as the clip has frames. Empty where a format tells none.
        kinds: names of the kinds, in the order in which formats number them.
        labels: the labels in order of frames.
        stretch: the first and the last frame that the file speaks of, which may be of a part of the clip; None: all.
    """

    name: str
    size: tuple[int, int]
    times_s: tuple[float, ...]
    kinds: tuple[str, ...]
    labels: tuple[ObjectLabel, ...] = field(default=())
    stretch: tuple[int, int] | None = None

    @property
    def rate(self) -> float:
        """Frames a second, on average; 25 where the times do not tell."""
        if len(self.times_s) < 2 or self.times_s[-1] <= self.times_s[0]:
            return 25.0
        return (len(self.times_s) - 1) / (self.times_s[-1] - self.times_s[0])

    def by_track(self) -> dict[tuple[int, str], list[ObjectLabel]]:
        """The labels of each track and kind in order of frames; a label without a track is a track of its own."""
        tracks: dict[tuple[int, str], list[ObjectLabel]] = {}
        free = 1 + max((label.track for label in self.labels if label.track is not None), default=-1)
        for label in self.labels:
            track = label.track
            if track is None:
                track, free = free, free + 1
            tracks.setdefault((track, label.kind), []).append(label)
        return tracks


def labels_of(
    frames: Iterable[FramePlan],
    *,
    name: str,
    size: tuple[int, int],
    kinds: Sequence[str] = (),
    everything: bool = False,
) -> ClipLabels:
    """The labels that a plan holds: the detections of what is hidden, with their tracks.

    Args:
        frames: the plan's frames, in order.
        name: the clip's file name.
        size: ``(width, height)`` of the upright picture.
        kinds: the kinds that the weights know; others that stand in the plan follow in order of their names.
        everything: raw detections that are not hidden, too, down to the detector's score floor.

    Raises:
        InputError: there are more than `MOST_LABELS`.
    """
    labels: list[ObjectLabel] = []
    times: list[float] = []
    for plan in frames:
        times.append(plan.time.seconds)
        labels += _labels_of_frame(plan, everything=everything)
        check_count(len(labels))
    others = sorted({label.kind for label in labels} - set(kinds))
    return ClipLabels(name, size, tuple(times), (*kinds, *others), tuple(labels))


def around_turned(corners: Corners, degrees: float) -> Corners:
    """The upright box around one that is turned about its centre, as annotation tools turn boxes."""
    if degrees % 180 == 0:
        return corners
    x1, y1, x2, y2 = corners
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    half = ((x2 - x1) * cos + (y2 - y1) * sin) / 2, ((x2 - x1) * sin + (y2 - y1) * cos) / 2
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    return cx - half[0], cy - half[1], cx + half[0], cy + half[1]


def check_count(count: int) -> None:
    """Refuse more labels than anybody makes.

    Raises:
        InputError: there are more than `MOST_LABELS`.
    """
    if count > MOST_LABELS:
        raise InputError(
            msg("There are more than {most_labels} labels.", most_labels=MOST_LABELS),
            hint="Cut the clip and label the parts.",
        )


def _labels_of_frame(plan: FramePlan, *, everything: bool) -> list[ObjectLabel]:
    found = plan.seen.detections
    boxes = np.round(found.xyxy.astype(np.float64), 2)
    labels = []
    for number, track in enumerate(_tracks(plan)):
        x1, y1, x2, y2 = boxes[number].tolist()
        if (track is not None or everything) and x1 < x2 and y1 < y2:
            score = min(1.0, max(0.0, round(float(found.score[number]), 4)))
            labels.append(ObjectLabel(plan.index, (x1, y1, x2, y2), str(found.kind[number]), score, track))
    return labels


def _tracks(plan: FramePlan) -> list[int | None]:
    """The track of each detection: the one whose region was made for it."""
    found = plan.seen.detections
    tracks: list[int | None] = [None] * len(found)
    made_for: list[tuple[float, int, Region]] = []
    regions = [region for region in plan.regions if region.origin is Origin.DETECTED and region.track is not None]
    for region in regions:
        overlap = iou(np.array([region.xyxy]), found.xyxy)[0] * (found.kind == region.kind)
        made_for += [(float(overlap[n]), int(n), region) for n in np.flatnonzero(overlap > _SAME_OBJECT)]
    taken: set[int | None] = set()
    for _, number, region in sorted(made_for, key=lambda one: (-one[0], one[1])):
        if tracks[number] is None and region.track not in taken:
            tracks[number] = region.track
            taken.add(region.track)
    return tracks
