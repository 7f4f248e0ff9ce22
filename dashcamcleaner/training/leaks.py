"""Leak figures: what of a labelled clip would still be seen, from its truth and the plan of its run.

Truth comes in as a `ClipTruth`, plans as `FramePlan`s; out go figures per object and pooled over clips. Pure, so that
the benchmark, the training line's evaluation and the tests share one definition.

An object-frame is *protected* when at least `PROTECTED_SHARE` of its true box lies under the frame's regions, and
*leaked* otherwise. Only legible object-frames count. Every leaked one is told by its cause, since each cause has a
cure of its own: an object that the detector never saw asks for better weights, more pixels or tiles; a gap in time
for tracking; cover that is too small or late for growth and smoothing.

The other side of the scales is what is hidden *for nothing*: painted pixels outside of all labelled boxes and ignore
areas, each grown to twice its width and height about its centre.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan
from dashcamcleaner.core.shapes import DEFAULT_SHAPES
from dashcamcleaner.obscure.masks import region_mask
from dashcamcleaner.training.leak_figures import ANY_KIND, COVER, GAP, NEVER, LeakFigures, ObjectFigures
from dashcamcleaner.training.truth import ClipTruth, TrueTrack

__all__ = [
    "PROTECTED_SHARE",
    "covered_share",
    "labelled_area",
    "leaks",
    "union_area",
]

PROTECTED_SHARE = 0.95
"""A smaller hidden part of a true box is a leak."""

_HALF = 0.5
_TOUCHED = 0.2
"""With less than this share of the box hidden, a leak is a gap; with more, cover that was too small or late."""


@dataclass(slots=True)
class _FrameRecord:
    """One object while the plans go by."""

    shares: dict[int, float] = field(default_factory=dict)
    sighted: bool = False


def leaks(
    truth: ClipTruth,
    plans: Iterable[FramePlan],
    *,
    thresholds: Mapping[str, float],
    shapes: Mapping[str, str] = DEFAULT_SHAPES,
    feather: float = 0.0,
) -> LeakFigures:
    """The figures of one clip.

    Args:
        truth: what is there.
        plans: the plans of every frame; a frame without a plan counts as not hidden.
        thresholds: score per kind from which a raw detection counts as a sighting.
        shapes: shape per kind, as it is painted.
        feather: width of the soft edge, as it is painted; what it touches is painted, but hides nothing.
    """
    records = [_FrameRecord() for _ in truth.tracks]
    hidden_px2 = dict.fromkeys(truth.kinds, 0.0)
    true_px2 = dict.fromkeys(truth.kinds, 0.0)
    needless = dict.fromkeys((*truth.kinds, ANY_KIND), 0.0)
    frames = 0
    for plan in plans:
        index = plan.index
        painted = {kind: np.zeros(truth.size[::-1], bool) for kind in truth.kinds}
        hidden = np.zeros(truth.size[::-1], bool)
        for region in plan.regions:
            x, y, mask = region_mask(region, upright_size=truth.size, shapes=shapes, feather=feather)
            at = (slice(y, y + mask.shape[0]), slice(x, x + mask.shape[1]))
            hidden[at] |= mask == 255
            if region.kind in painted:
                painted[region.kind][at] |= mask > 0
        for track, record in zip(truth.tracks, records, strict=True):
            box = track.boxes.get(index)
            if box is None:
                continue
            record.sighted = record.sighted or _sighted(box, track.kind, plan.seen.detections, thresholds)
            if index in track.legible:
                inside = hidden[_pixels(box, truth.size)]
                record.shares[index] = float(inside.mean()) if inside.size else 1.0
        frames += 1
        if not any(r.kind == WHOLE_FRAME for r in plan.regions):
            _add_near(truth, index, painted, hidden_px2=hidden_px2, true_px2=true_px2)
            for kind, share in _needless_shares(truth, index, painted).items():
                needless[kind] += share
    objects = tuple(
        _object_figures(truth, track, record)
        for track, record in zip(truth.tracks, records, strict=True)
        if track.legible & track.boxes.keys()
    )
    return LeakFigures(objects, hidden_px2, true_px2, needless, dict.fromkeys((*truth.kinds, ANY_KIND), frames))


def _add_near(
    truth: ClipTruth,
    index: int,
    painted: Mapping[str, np.ndarray],
    *,
    hidden_px2: dict[str, float],
    true_px2: dict[str, float],
) -> None:
    """Add what one frame paints at its legible objects, and their own area, to those of its clip."""
    for kind, mask in painted.items():
        boxes = [t.boxes[index] for t in truth.tracks if t.kind == kind and index in t.legible and index in t.boxes]
        if not boxes:
            continue
        near = np.zeros(truth.size[::-1], bool)
        true = np.zeros(truth.size[::-1], bool)
        for box in boxes:
            near[_pixels(_doubled(box), truth.size)] = True
            true[_pixels(box, truth.size)] = True
        hidden_px2[kind] += float((mask & near).sum())
        true_px2[kind] += float(true.sum())


def _needless_shares(truth: ClipTruth, index: int, painted: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Per kind, and for `ANY_KIND`, the share of one frame that is painted for nothing."""
    away = {kind: mask for kind, mask in painted.items() if mask.any()}
    if away:
        labelled = labelled_area(truth, index)
        away = {kind: mask & ~labelled for kind, mask in away.items()}
    shares = {kind: float(mask.mean()) for kind, mask in away.items()}
    return shares | {ANY_KIND: float(np.logical_or.reduce(list(away.values())).mean()) if away else 0.0}


def labelled_area(truth: ClipTruth, index: int) -> np.ndarray:
    """Where nothing counts as hidden for nothing in a frame, bool ``(height, width)``.

    These are all labelled boxes and ignore areas, each grown to twice its width and height.
    """
    area = np.zeros(truth.size[::-1], bool)
    boxes = [track.boxes[index] for track in truth.tracks if index in track.boxes]
    for box in (*boxes, *truth.ignore.get(index, np.zeros((0, 4))).tolist()):
        area[_pixels(_doubled(box), truth.size)] = True
    return area


def _doubled(box: Sequence[float]) -> tuple[float, float, float, float]:
    """Twice as wide and high about its centre."""
    half_w, half_h = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    return box[0] - half_w, box[1] - half_h, box[2] + half_w, box[3] + half_h


def _pixels(box: Sequence[float], size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of the pixels whose centres lie in a box."""
    x1, x2 = (min(max(round(float(v)), 0), size[0]) for v in (box[0], box[2]))
    y1, y2 = (min(max(round(float(v)), 0), size[1]) for v in (box[1], box[3]))
    return slice(y1, y2), slice(x1, x2)


def covered_share(box: Sequence[float], regions: np.ndarray) -> float:
    """The share of a box that lies under the union of regions ``(n, 4)``."""
    x1, y1, x2, y2 = box
    area = (x2 - x1) * (y2 - y1)
    if area <= 0:
        return 1.0
    return union_area(np.clip(regions, [x1, y1, x1, y1], [x2, y2, x2, y2])) / area


def union_area(boxes: np.ndarray) -> float:
    """The area of the union of boxes ``(n, 4)``, exact."""
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    boxes = boxes[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
    if len(boxes) < 2:
        return float(((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sum())
    xs, ys = np.unique(boxes[:, [0, 2]]), np.unique(boxes[:, [1, 3]])
    in_x = (boxes[:, None, 0] <= xs[:-1]) & (xs[1:] <= boxes[:, None, 2])
    in_y = (boxes[:, None, 1] <= ys[:-1]) & (ys[1:] <= boxes[:, None, 3])
    under = np.einsum("ny,nx->yx", in_y.astype(np.int32), in_x.astype(np.int32)) > 0
    return float(np.diff(ys) @ under @ np.diff(xs))


def _sighted(
    box: tuple[float, float, float, float], kind: str, found: Detections, thresholds: Mapping[str, float]
) -> bool:
    """Whether a raw detection shows this object: centred in its box and of about its size."""
    ours = (found.kind == kind) & (found.score >= thresholds.get(kind, 0.0))
    if not ours.any():
        return False
    boxes = found.xyxy[ours]
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = (centre >= box[:2]).all(1) & (centre <= box[2:]).all(1)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    ratio = area / max(1e-6, (box[2] - box[0]) * (box[3] - box[1]))
    return bool((inside & (ratio > 1 / 6) & (ratio < 4)).any())


def _object_figures(truth: ClipTruth, track: TrueTrack, record: _FrameRecord) -> ObjectFigures:
    legible = sorted(track.legible & track.boxes.keys())
    leaked: dict[int, str] = {}
    longest = run = toggles = 0
    before: tuple[int, bool] | None = None
    for index in legible:
        share = record.shares.get(index, 0.0)
        safe = share >= PROTECTED_SHARE
        follows = before is not None and before[0] == index - 1
        if not safe:
            leaked[index] = NEVER if not record.sighted else GAP if share < _TOUCHED else COVER
            run = run + 1 if follows else 1
            longest = max(longest, run)
        else:
            run = 0
        toggles += before is not None and follows and before[1] != safe
        before = (index, safe)
    return ObjectFigures(
        clip=truth.clip,
        id=track.id,
        kind=track.kind,
        legible_frames=len(legible),
        leaked=leaked,
        half_covered_frames=sum(record.shares.get(index, 0.0) < _HALF for index in legible),
        sighted=record.sighted,
        longest_exposure_frames=longest,
        toggles=toggles,
    )
