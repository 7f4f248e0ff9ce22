"""The review items that a person is asked about: one per object, most harmful first, and no more than can be answered.

Weak places come by the hundred a minute on a busy street. Here all places of one object become one item, weighed by the
harm to be expected: how legible it is, times how unsure it is that the plan does right by it, times the seconds. What
is left over is counted, never forgotten silently. Pure: no files, no pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashcamcleaner.audit.exposures import legibility
from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.plan import FramePlan, Observation
from dashcamcleaner.core.shapes import DEFAULT_SHAPES
from dashcamcleaner.review.track_summary import (
    Box,
    Reason,
    ReviewItem,
    TrackSummary,
    findings_as_items,
    is_covered,
    large_regions,
    track_items,
)
from dashcamcleaner.tracking.tracker import Tracker

__all__ = ["PER_MINUTE", "ItemList", "clear_items", "item_list"]

PER_MINUTE = 20
"""More than this in a minute of clip nobody answers with care."""
_LEAST_HARM = 0.01
"""Legible seconds: a third of a frame at full legibility, surely wrong."""
_NEAR_MISS = 0.5
_SAME_CHECKED = 0.5
_STILL_S = 1.0
_ALWAYS = (Reason.FINDING, Reason.LARGE)


@dataclass(frozen=True, slots=True)
class ItemList:
    """What to ask, and how much was left out.

    Args:
        items: most harmful first.
        left_out: items that weigh less than all of these.
    """

    items: tuple[ReviewItem, ...] = ()
    left_out: int = 0


def item_list(
    plans: Sequence[FramePlan],
    *,
    summaries: Sequence[TrackSummary],
    thresholds: Mapping[str, float],
    upright_size: tuple[int, int],
    findings: Iterable[Mapping[str, Any]] = (),
    shapes: Mapping[str, str] = DEFAULT_SHAPES,
    per_minute: float = PER_MINUTE,
) -> ItemList:
    """The items of a clip, one per object.

    What an audit found, and regions that hide much of the picture, are asked about in any case; the rest fills up to
    the limit.

    Args:
        plans: all frames, with the regions that are hidden.
        summaries: the summaries of the tracks of the same plans.
        thresholds: the thresholds per kind that is hidden.
        upright_size: ``(width, height)``, pixels.
        findings: an audit's findings, as they stand in a report.
        shapes: shape per kind, as the run paints them.
        per_minute: the most items per minute of clip; a clip that is shorter than one has at least one.
    """
    if not plans:
        return ItemList()
    sure = [
        *large_regions(plans, upright_size=upright_size),
        *findings_as_items(findings, frames=len(plans)),
    ]
    found = [
        *clear_items(plans, thresholds=thresholds, upright_size=upright_size, shapes=shapes),
        *track_items(summaries, plans=plans, thresholds=thresholds),
    ]
    groups: dict[tuple[str, int], list[ReviewItem]] = {}
    apart: list[ReviewItem] = []
    for item in (*sure, *found):
        if item.track is None:
            apart.append(item)
        else:
            groups.setdefault((item.kind, item.track), []).append(item)
    items = [*apart, *map(_as_one, groups.values())]
    items.sort(key=lambda item: (item.reason not in _ALWAYS, -item.harm, item.index))
    worth = [item for item in items if item.reason in _ALWAYS or item.harm >= _LEAST_HARM]
    minutes = _frame_s(plans) * len(plans) / 60
    room = max(1, int(per_minute * minutes), sum(item.reason in _ALWAYS for item in worth))
    return ItemList(tuple(worth[:room]), len(items) - len(worth[:room]))


def clear_items(
    plans: Sequence[FramePlan],
    *,
    thresholds: Mapping[str, float],
    upright_size: tuple[int, int],
    shapes: Mapping[str, str] = DEFAULT_SHAPES,
) -> list[ReviewItem]:
    """Detections that no region covers although they are nearly sure, those of one track as one item.

    Args:
        plans: all frames, with the regions that are hidden.
        thresholds: the thresholds per kind that is hidden.
        upright_size: ``(width, height)``, pixels.
        shapes: shape per kind, as the run paints them.
    """
    tracker = Tracker(upright_size=upright_size)
    frame_s = _frame_s(plans)
    found: dict[tuple[str, int], list[tuple[int, Box, float]]] = {}
    for plan in plans:
        seen = plan.seen.detections
        ids = tracker.push(plan.seen).ids
        for track, box, score, kind in zip(
            ids.tolist(), seen.xyxy.tolist(), seen.score.tolist(), seen.kind.tolist(), strict=True
        ):
            threshold = thresholds.get(kind)
            if threshold is None or score < _NEAR_MISS * threshold or is_covered(box, plan.regions, shapes=shapes):
                continue
            x1, y1, x2, y2 = box
            doubt = min(1.0, score / threshold) if threshold else 1.0
            checked = _checked_score(plan.seen, box)
            doubt *= 1.0 if checked is None else checked
            harm = legibility(kind, height_px=y2 - y1) * doubt * frame_s
            found.setdefault((kind, int(track)), []).append((plan.index, (x1, y1, x2, y2), harm))
    return [_clear_item(kind, track, seen_at) for (kind, track), seen_at in found.items()]


def _clear_item(kind: str, track: int, seen: Sequence[tuple[int, Box, float]]) -> ReviewItem:
    index, box, _ = max(seen, key=lambda one: one[2])
    return ReviewItem(
        index=index,
        last=seen[-1][0],
        reason=Reason.CLEAR,
        harm=sum(one[2] for one in seen),
        box=box,
        kind=kind,
        track=track,
        places=tuple((at, place) for at, place, _ in seen),
    )


def _checked_score(seen: Observation, box: Sequence[float]) -> float | None:
    """What a closer look gave a detection; None where there was none."""
    if not seen.checks:
        return None
    near = iou(np.array([box]), np.array([check.xyxy for check in seen.checks]))[0]
    best = int(near.argmax())
    return float(seen.checks[best].score) if near[best] >= _SAME_CHECKED else None


def _as_one(items: Sequence[ReviewItem]) -> ReviewItem:
    """All items of one object as the worst of them, with the harm of all."""
    worst = max(items, key=lambda item: (item.reason in _ALWAYS, item.reason == Reason.CLEAR, item.harm))
    if worst.reason in _ALWAYS:
        return worst
    return replace(worst, harm=sum(item.harm for item in items), last=max(item.last for item in items))


def _frame_s(plans: Sequence[FramePlan]) -> float:
    """How long a frame lasts, on average; seconds."""
    if len(plans) < 2:
        return _STILL_S
    return max(1e-3, (plans[-1].time.seconds - plans[0].time.seconds) / (len(plans) - 1))
