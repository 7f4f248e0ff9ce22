"""Weak spots: where a clip that was analysed once deserves a second look, and what becomes of what that finds.

A thorough run analyses the whole clip, looks again where tracks are weak (around gaps and lost tracks near their
predicted places, at weak sightings, at faint finds that nothing hides) and now and then at whole frames at other
sizes, adds what it finds to the raw detections, and plans anew. This module says where and merges; the looking is
done by whoever has the pictures. Pure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from dashcamcleaner.core.boxes import Detections, iou, window_around
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Observation, Origin
from dashcamcleaner.core.planner import Planner
from dashcamcleaner.core.weak_spot import LARGEST_IN_WINDOW, WeakSpot

__all__ = ["planned", "thorough_plans", "weak_spots", "with_extra"]

_ROUNDS = 2
"""The second round follows what the first has found beyond where tracks had ended."""
_SWEEP_S = 0.2
"""Whole frames are looked at anew this often: an object that no look ever saw is rarely legible for less."""
_SPACING_S = 0.1
"""Frames between two looks at the same weakness are filled by tracking."""
_WEAK_MARGIN = 0.1
"""A sighting this little above its threshold is weak."""
_FAINT = 0.5
"""Finds above this part of their threshold that nothing hides deserve a second look."""
_MOST_WINDOWS = 3
_SAME_IOU = 0.4
_SAME_WITHIN = 0.75
_AGREE_IOU = 0.5
_AGREE_SCORE = 0.6
_ALONE_MARGIN = 0.6
"""What only the second look saw must lie this part of the way from its threshold to 1: looking closer finds more that
is nothing, too."""
_CONFIRMS_MARGIN = 0.25
"""What confirms a region or a faint first find, this part: weaker finds protected nothing more on labelled clips, and
made heads from behind and things held before people surer (docs/tracking.md)."""
_CONFIRMS_IOU = 0.2
"""A find confirms a region that it overlaps this much; regions are about three times as large as their object."""

Box = tuple[float, float, float, float]


def weak_spots(
    plans: Sequence[FramePlan],
    *,
    upright_size: tuple[int, int],
    thresholds: Mapping[str, float],
    sweep: bool = True,
) -> list[WeakSpot]:
    """The weak spots of a planned clip, in order of frames.

    Args:
        plans: the plans of all frames.
        upright_size: ``(width, height)``.
        thresholds: per kind the score that was planned with.
        sweep: look at whole frames now and then, too.
    """
    spots = []
    swept_s = looked_s = -np.inf
    for plan in plans:
        now_s = plan.time.seconds
        whole = sweep and now_s - swept_s >= _SWEEP_S - 1e-6
        windows: tuple[Box, ...] = ()
        if now_s - looked_s >= _SPACING_S - 1e-6:
            windows = _windows(_weak_areas(plan, thresholds), upright_size)
        if windows:
            looked_s = now_s
        if whole:
            swept_s = now_s
        if whole or windows:
            spots.append(WeakSpot(plan.index, windows, whole))
    return spots


def _weak_areas(plan: FramePlan, thresholds: Mapping[str, float]) -> list[Box]:
    """Regions that no good sighting backs, and faint finds outside of all regions."""
    areas = []
    for region in plan.regions:
        if region.origin.is_filled or (
            region.origin is Origin.DETECTED and region.score < thresholds.get(region.kind, 0.0) + _WEAK_MARGIN
        ):
            areas.append(region.xyxy)
    hidden = np.array([r.xyxy for r in plan.regions if r.kind != WHOLE_FRAME], np.float32).reshape(-1, 4)
    found = plan.seen.detections
    for box, score, kind in zip(found.xyxy, found.score, found.kind, strict=True):
        threshold = thresholds.get(str(kind))
        if threshold is None or not _FAINT * threshold <= score < threshold:
            continue
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        inside = (hidden[:, 0] <= x) & (x <= hidden[:, 2]) & (hidden[:, 1] <= y) & (y <= hidden[:, 3])
        if not inside.any():
            areas.append((float(box[0]), float(box[1]), float(box[2]), float(box[3])))
    return areas


def _windows(areas: Sequence[Box], upright_size: tuple[int, int]) -> tuple[Box, ...]:
    """A few windows of half the picture's size that show the areas.

    What is too large for a window needs none: whole frames are looked at, at half their size too.
    """
    width, height = upright_size
    w, h = width / 2, height / 2
    left = [a for a in areas if max((a[2] - a[0]) / w, (a[3] - a[1]) / h) <= LARGEST_IN_WINDOW]
    windows: list[Box] = []
    while left and len(windows) < _MOST_WINDOWS:
        x1, y1, x2, y2 = left[0]
        x, y = window_around(left[0], (w, h), upright_size)
        left = [a for a in left[1:] if not (x <= a[0] and y <= a[1] and a[2] <= x + w and a[3] <= y + h)]
        if x2 > 0 and y2 > 0 and x1 < width and y1 < height:
            windows.append((x, y, x + w, y + h))
    return tuple(windows)


def with_extra(
    plans: Sequence[FramePlan], extra: Mapping[int, Detections], *, thresholds: Mapping[str, float]
) -> list[Observation]:
    """A clip's observations with what a second look found.

    Of two boxes of one object the better score counts. Looking closer also finds more that is nothing: only what is
    well above its threshold is taken, and more than that is asked of what nothing at the first look speaks for.

    Args:
        plans: the plans of all frames, with the observations so far.
        extra: frame index -> detections, upright full-size pixels.
        thresholds: per kind the score that was planned with.
    """
    result = []
    for plan in plans:
        seen = plan.seen
        more = extra.get(seen.index)
        if more is not None and len(more):
            more = more[_believed(more, plan, thresholds)]
        if more is not None and len(more):
            found = _without_doubles(Detections.concatenate([seen.detections, more]))
            seen = dataclasses.replace(seen, detections=found, checks=list(seen.checks))
        result.append(seen)
    return result


def _believed(more: Detections, plan: FramePlan, thresholds: Mapping[str, float]) -> np.ndarray:
    """Which detections of a second pass are taken: very good ones, and good ones where something was half seen."""
    least = np.array([thresholds.get(str(kind), 1.0) for kind in more.kind])
    taken = more.score >= least + _ALONE_MARGIN * (1 - least)
    good = more.score >= least + _CONFIRMS_MARGIN * (1 - least)
    first = plan.seen.detections
    for kind in np.unique(more.kind):
        ours = more.kind == kind
        regions = np.array([r.xyxy for r in plan.regions if r.kind == kind], np.float32).reshape(-1, 4)
        half_seen = np.concatenate([first.xyxy[first.kind == kind], regions])
        if len(half_seen):
            taken[ours] |= good[ours] & (iou(more.xyxy[ours], half_seen) >= _CONFIRMS_IOU).any(axis=1)
    return taken


def _without_doubles(found: Detections) -> Detections:
    """The best of those that show one object.

    At several sizes it is boxed differently: a box that holds another counts as the same, too.
    """
    order = np.argsort(-found.score, kind="stable")
    found = found[order]
    a, b = found.xyxy[:, None], found.xyxy[None]
    side = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None)
    common = side[..., 0] * side[..., 1]
    area = (found.xyxy[:, 2] - found.xyxy[:, 0]) * (found.xyxy[:, 3] - found.xyxy[:, 1])
    smaller = np.maximum(np.minimum(area[:, None], area[None]), 1e-6)
    union = np.maximum(area[:, None] + area[None] - common, 1e-6)
    same = (common > _SAME_IOU * union) | (common > _SAME_WITHIN * smaller)
    same &= found.kind[:, None] == found.kind[None]
    kept: list[int] = []
    for i in range(len(found)):
        if not same[i, kept].any():
            kept.append(i)
    # Looks that agree on an object do not agree on its borders: what either saw is hidden.
    agree = (common > _AGREE_IOU * union) & same & (found.score[None] >= _AGREE_SCORE * found.score[:, None])
    boxes = found.xyxy[kept].copy()
    for at, i in enumerate(kept):
        others = found.xyxy[agree[i]]
        boxes[at] = (*others[:, :2].min(axis=0), *others[:, 2:].max(axis=0))
    return Detections(boxes, found.score[kept], found.kind[kept])


def planned(observations: Sequence[Observation], planner: Planner) -> list[FramePlan]:
    """All of a clip's plans, from a fresh planner."""
    plans = [plan for seen in observations for plan in planner.push(seen)]
    return [*plans, *planner.finish()]


def thorough_plans(
    observations: Sequence[Observation],
    *,
    upright_size: tuple[int, int],
    thresholds: Mapping[str, float],
    make_planner: Callable[[], Planner],
    second_pass: Callable[[Sequence[WeakSpot]], Mapping[int, Detections]],
) -> list[FramePlan]:
    """Plans of a clip that is looked at again where it is weak.

    Args:
        observations: the observations of all frames, as first analysed.
        upright_size: ``(width, height)``.
        thresholds: the thresholds per kind.
        make_planner: gives a fresh planner that sees the whole clip.
        second_pass: looks again, given the spots in order of frames: frame index -> what it found.
    """
    plans = planned(observations, make_planner())
    for number in range(_ROUNDS):
        spots = weak_spots(plans, upright_size=upright_size, thresholds=thresholds, sweep=number == 0)
        if not spots:
            break
        seen = with_extra(plans, second_pass(spots), thresholds=thresholds)
        plans = planned(seen, make_planner())
    return plans
