"""Regions: from boxes to what is hidden. The arithmetic that all planners share; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.kinds import KindRules
from dashcamcleaner.core.plan import WHOLE_FRAME, Observation, Origin, Region

__all__ = ["as_box", "merged", "sighted_regions", "whole_frame", "without_hidden"]

_MERGE_IOU = 0.5
"""Held regions that overlap this much are hidden as one: fewer rectangles to obscure, little more area."""


def whole_frame(upright_size: tuple[int, int], *, origin: Origin = Origin.DAMAGED) -> Region:
    """The region that hides all of a frame."""
    return Region((0.0, 0.0, float(upright_size[0]), float(upright_size[1])), WHOLE_FRAME, 1.0, origin)


def sighted_regions(seen: Observation, *, rules: Mapping[str, KindRules]) -> tuple[Region, ...]:
    """The grown regions of a frame's own detections, each by itself; kinds without rules are left clear."""
    found = seen.detections
    wanted = [
        i
        for i in range(len(found))
        if (its := rules.get(str(found.kind[i]))) is not None and float(found.score[i]) >= its.threshold
    ]
    if not wanted:
        return ()
    factors = np.array([rules[str(found.kind[i])].growth for i in wanted], np.float32)
    centre = (found.xyxy[wanted, :2] + found.xyxy[wanted, 2:]) / 2
    half = (found.xyxy[wanted, 2:] - found.xyxy[wanted, :2]) / 2 * factors
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    return tuple(
        Region(as_box(box), str(found.kind[i]), float(found.score[i]), Origin.DETECTED)
        for i, box in zip(wanted, boxes, strict=True)
    )


def as_box(xyxy: Sequence[float] | np.ndarray) -> tuple[float, float, float, float]:
    """Four plain floats."""
    x1, y1, x2, y2 = (float(v) for v in xyxy)
    return (x1, y1, x2, y2)


def merged(own: Sequence[Region], held: Sequence[Region]) -> tuple[Region, ...]:
    """A frame's own regions and those held from other frames; the held ones among themselves as few as is cheap.

    Own regions stay as they are. A held one that lies within another of its kind is left out; held ones that
    overlap much become one box around both: the area covered never shrinks.
    """
    result: list[Region] = []
    there = _Boxes(len(own) + len(held))
    for region in own:
        there.add(region)
    for region in sorted(held, key=_area, reverse=True):
        if there.contain(region):
            continue
        place = there.first_like(region, after=len(own))
        if place is None:
            there.add(region)
            result.append(Region(region.xyxy, region.kind, region.score, Origin.HELD, region.track))
            continue
        kept = result[place - len(own)]
        a, b = kept.xyxy, region.xyxy
        hull = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        result[place - len(own)] = Region(hull, kept.kind, max(kept.score, region.score), Origin.HELD, kept.track)
        there.xyxy[place] = hull
    return (*own, *result)


def without_hidden(regions: Sequence[Region]) -> tuple[Region, ...]:
    """Without the filled regions that lie wholly within another region of their kind: they hide nothing more."""
    kept: list[Region] = [r for r in regions if not r.origin.is_filled]
    filled = [r for r in regions if r.origin.is_filled]
    there = _Boxes(len(regions))
    for region in kept:
        there.add(region)
    for region in sorted(filled, key=_area, reverse=True):
        if not there.contain(region):
            there.add(region)
            kept.append(region)
    return tuple(kept)


class _Boxes:
    """The boxes and kinds of some regions as arrays that grow, so that one more is held against all of them at once.

    Args:
        most: how many there may be.
    """

    def __init__(self, most: int) -> None:
        self.xyxy = np.zeros((most, 4), np.float64)
        self._kind = np.zeros(most, np.intp)
        self._kinds: dict[str, int] = {}
        self._count = 0

    def add(self, region: Region) -> None:
        """One more, behind the others."""
        self.xyxy[self._count] = region.xyxy
        self._kind[self._count] = self._code(region)
        self._count += 1

    def _code(self, region: Region) -> int:
        return self._kinds.setdefault(region.kind, len(self._kinds))

    def contain(self, region: Region) -> bool:
        """Whether one of its kind holds it wholly; see `core.boxes.contains`."""
        x1, y1, x2, y2 = region.xyxy
        boxes = self.xyxy[: self._count]
        holds = (boxes[:, 0] <= x1) & (boxes[:, 1] <= y1) & (boxes[:, 2] >= x2) & (boxes[:, 3] >= y2)
        return bool((holds & (self._kind[: self._count] == self._code(region))).any())

    def first_like(self, region: Region, *, after: int) -> int | None:
        """The place of the first of its kind, from a place on, that overlaps it much; None where there is none."""
        if after == self._count:
            return None
        same = self._kind[after : self._count] == self._code(region)
        like = same & (iou(self.xyxy[after : self._count], np.array([region.xyxy]))[:, 0] > _MERGE_IOU)
        return after + int(np.argmax(like)) if like.any() else None


def _area(region: Region) -> float:
    x1, y1, x2, y2 = region.xyxy
    return (x2 - x1) * (y2 - y1)
