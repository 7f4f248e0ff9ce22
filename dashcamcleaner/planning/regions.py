"""Regions: from boxes to what is hidden. The arithmetic that all planners share; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dashcamcleaner.core.boxes import area_within, iou
from dashcamcleaner.core.kinds import KindRules
from dashcamcleaner.core.plan import WHOLE_FRAME, Observation, Origin, Region
from dashcamcleaner.core.shapes import ELLIPSE, reach, shape_of
from dashcamcleaner.planning.growth import Box, grown
from dashcamcleaner.tracking.interpolation import TrackPosition

__all__ = ["as_box", "merged", "sighted_regions", "whole_frame", "without_excess", "without_hidden"]

_MERGE_IOU = 0.5
"""Held regions that overlap this much are hidden as one: fewer rectangles to obscure, little more area."""
_MOST_DRAWN = 2000
_MOST_DRAWN_AREA = 20.0
"""Drawn regions in a frame, and their areas together by that of the picture, that are painted one by one."""
_ROUNDING = 1e-9
"""Of floats: a region that was merged into another lies within it."""


def whole_frame(upright_size: tuple[int, int], *, origin: Origin = Origin.DAMAGED) -> Region:
    """The region that hides all of a frame."""
    return Region((0.0, 0.0, float(upright_size[0]), float(upright_size[1])), WHOLE_FRAME, 1.0, origin)


def sighted_regions(
    seen: Observation, *, rules: Mapping[str, KindRules], upright_size: tuple[int, int]
) -> tuple[Region, ...]:
    """The grown regions of a frame's own detections, each by itself; kinds without rules are left clear.

    Args:
        seen: the frame.
        rules: the rules of the kinds to hide, by kind.
        upright_size: ``(width, height)`` of the full-size picture.
    """
    found = seen.detections
    regions = []
    for xyxy, score, kind in zip(found.xyxy.tolist(), found.score.tolist(), found.kind.tolist(), strict=True):
        its = rules.get(str(kind))
        if its is None or score < its.threshold:
            continue
        place = TrackPosition(as_box(xyxy), score, Origin.DETECTED)
        box = grown(place, rules=its, upright_size=upright_size)
        regions.append(Region(box, str(kind), score, Origin.DETECTED))
    return tuple(regions)


def as_box(xyxy: Sequence[float] | np.ndarray) -> tuple[float, float, float, float]:
    """Four plain floats."""
    x1, y1, x2, y2 = (float(v) for v in xyxy)
    return (x1, y1, x2, y2)


def merged(own: Sequence[Region], held: Sequence[Region], *, shapes: Mapping[str, str]) -> tuple[Region, ...]:
    """A frame's own regions and those held from other frames; the held ones among themselves as few as is cheap.

    Own regions stay as they are. A held one that lies within another of its kind, as they are painted, is left out;
    held ones that overlap much become one around both: what is painted never shrinks.

    Args:
        own: regions of the frame itself.
        held: regions of the frames around it.
        shapes: the shape that regions are painted in, by kind.
    """
    result: list[Region] = []
    there = _Shapes(len(own) + len(held), shapes)
    for region in own:
        there.add(region)
    for region in sorted(held, key=lambda region: region.area, reverse=True):
        if there.contain(region):
            continue
        place = there.first_like(region, after=len(own))
        if place is None:
            held_one = Region(region.xyxy, region.kind, region.score, Origin.HELD, region.track)
            there.add(held_one)
            result.append(held_one)
            continue
        kept = result[place - len(own)]
        hull = there.around(place, region)
        result[place - len(own)] = Region(hull, kept.kind, max(kept.score, region.score), Origin.HELD, kept.track)
    return (*own, *result)


def without_excess(regions: Sequence[Region], *, upright_size: tuple[int, int]) -> tuple[Region, ...]:
    """With the whole frame in place of drawn regions that are too many to be painted one by one.

    A person draws a few; a file from elsewhere may hold 100,000, each as large as the picture, and hide more so, but
    neither stall a run nor make a plan that cannot be read again.

    Args:
        regions: the regions of a frame.
        upright_size: ``(width, height)`` of the full-size picture.
    """
    drawn = [r for r in regions if r.origin is Origin.MANUAL and r.kind != WHOLE_FRAME]
    area = sum(area_within(r.xyxy, upright_size) for r in drawn)
    if len(drawn) <= _MOST_DRAWN and area <= _MOST_DRAWN_AREA * upright_size[0] * upright_size[1]:
        return tuple(regions)
    others = [r for r in regions if r.origin is not Origin.MANUAL]
    return (whole_frame(upright_size, origin=Origin.MANUAL), *others)


def without_hidden(regions: Sequence[Region], *, shapes: Mapping[str, str]) -> tuple[Region, ...]:
    """Without the filled regions that lie wholly within another region of their kind: they hide nothing more.

    Args:
        regions: the regions of a frame.
        shapes: the shape that they are painted in, by kind: a small face in the corner of a large one's box is not
            hidden by it.
    """
    kept: list[Region] = [r for r in regions if not r.origin.is_filled]
    filled = [r for r in regions if r.origin.is_filled]
    there = _Shapes(len(regions), shapes)
    for region in kept:
        there.add(region)
    for region in sorted(filled, key=lambda region: region.area, reverse=True):
        if not there.contain(region):
            there.add(region)
            kept.append(region)
    return tuple(kept)


class _Shapes:
    """The boxes, shapes and kinds of some regions as arrays that grow, so that one more is held against all at once.

    Args:
        most: how many there may be.
        shapes: the shape that regions are painted in, by kind.
    """

    def __init__(self, most: int, shapes: Mapping[str, str]) -> None:
        self._xyxy = np.zeros((most, 4), np.float64)
        self._round = np.zeros(most, bool)
        self._kind = np.zeros(most, np.intp)
        self._kinds: dict[str, int] = {}
        self._shapes = shapes
        self._count = 0

    def add(self, region: Region) -> None:
        """One more, behind the others."""
        self._xyxy[self._count] = region.xyxy
        self._round[self._count] = self._is_round(region)
        self._kind[self._count] = self._code(region)
        self._count += 1

    def _code(self, region: Region) -> int:
        return self._kinds.setdefault(region.kind, len(self._kinds))

    def _is_round(self, region: Region) -> bool:
        return shape_of(region, self._shapes) == ELLIPSE

    def contain(self, region: Region) -> bool:
        """Whether one of its kind holds it wholly, as they are painted."""
        same = np.flatnonzero(self._kind[: self._count] == self._code(region))
        needed = reach(
            np.array(region.xyxy),
            self._xyxy[same],
            inner_round=np.array(self._is_round(region)),
            outer_round=self._round[same],
        )
        return bool((needed <= 1 + _ROUNDING).any())

    def first_like(self, region: Region, *, after: int) -> int | None:
        """The place of the first of its kind, from a place on, that overlaps it much; None where there is none."""
        if after == self._count:
            return None
        same = self._kind[after : self._count] == self._code(region)
        like = same & (iou(self._xyxy[after : self._count], np.array([region.xyxy]))[:, 0] > _MERGE_IOU)
        return after + int(np.argmax(like)) if like.any() else None

    def around(self, place: int, region: Region) -> Box:
        """Make the one at a place large enough to hold a region, too; its new box."""
        both = np.stack([self._xyxy[place], np.array(region.xyxy)])
        hull = np.concatenate([both[:, :2].min(axis=0), both[:, 2:].max(axis=0)])
        inner_round = np.array([self._round[place], self._is_round(region)])
        # A superellipse leaves the corners of its box out, so that one around two is larger than the box around both.
        factor = max(1.0, float(reach(both, hull, inner_round=inner_round, outer_round=self._round[place]).max()))
        centre, half = (hull[:2] + hull[2:]) / 2, (hull[2:] - hull[:2]) / 2 * factor
        if factor > 1:
            hull = np.concatenate([centre - half, centre + half])
        self._xyxy[place] = hull
        return as_box(hull)
