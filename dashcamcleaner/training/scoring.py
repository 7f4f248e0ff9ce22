"""Detections against truth: average precision, recall and precision by size, false hits. Numbers in, numbers out.

Called by `training.evaluate` for pictures; no files and no backend here. The rules:

- A detection hits a truth box of its kind at an IoU of `HIT_IOU`; each truth box is hit once, best score first.
- Truth boxes smaller than the given limit, ignore areas, and what lies inside them are neither hit nor false.
- Sizes are the longer side of the box, told twice: at inference scale (what the network had to see) and in the
  picture's own pixels (what a person measures).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashcamcleaner.core.boxes import Detections, iou

__all__ = ["HIT_IOU", "SIZE_BINS", "Judged", "PictureTruth", "figures", "judge"]

HIT_IOU = 0.5

SIZE_BINS: dict[str, tuple[float, float]] = {
    "under_16": (0, 16),
    "16_24": (16, 24),
    "24_48": (24, 48),
    "over_48": (48, float("inf")),
    "16_48": (16, 48),
    "over_24": (24, float("inf")),
    "over_250": (250, float("inf")),
}
"""Named ranges of the longer side in pixels; the last three overlap the first four."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureTruth:
    """What is in one picture, of one kind: boxes to find, areas to leave out, both in the picture's pixels."""

    xyxy: np.ndarray
    ignore: np.ndarray
    scale: float
    """Picture pixels to inference pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One picture's outcome: scores of hits and of false detections, and per truth box its sizes and hit score."""

    score: np.ndarray
    is_hit: np.ndarray
    truth_px: np.ndarray
    """Longer side of each counted truth box at inference scale."""
    truth_picture_px: np.ndarray
    """The same in the picture's own pixels."""
    truth_score: np.ndarray
    """The score of the detection that hit each truth box; 0 where none did."""


def judge(found: Detections, truth: PictureTruth, *, smallest_px: float = 0.0) -> Judged:
    """Match one picture's detections of one kind with its truth.

    Args:
        found: the detections of the kind that ``truth`` speaks of.
        truth: the picture's objects, and what is neither object nor background.
        smallest_px: truth boxes with a shorter longer side, in the **picture's** pixels, are left out.
    """
    order = np.argsort(-found.score, kind="stable")
    boxes, score = found.xyxy[order], found.score[order]
    wanted = np.asarray(truth.xyxy, np.float32).reshape(-1, 4)
    side = (wanted[:, 2:] - wanted[:, :2]).max(axis=1) if len(wanted) else np.zeros(0, np.float32)
    counted = side >= smallest_px
    overlap = iou(boxes, wanted)
    truth_score = np.zeros(len(wanted), np.float32)
    taken = np.zeros(len(wanted), bool)
    is_hit = np.zeros(len(boxes), bool)
    left_out = np.zeros(len(boxes), bool)
    for i in range(len(boxes)):
        free = np.where(taken, 0, overlap[i])
        best = int(np.argmax(np.where(counted, free, 0))) if len(wanted) else -1
        if best >= 0 and counted[best] and free[best] >= HIT_IOU:
            taken[best], is_hit[i], truth_score[best] = True, True, score[i]
            continue
        small = np.flatnonzero(~counted & (overlap[i] >= 0.3))
        left_out[i] = bool(len(small)) or _inside(boxes[i], truth.ignore) or _inside(boxes[i], wanted[~counted])
    kept = ~left_out
    return Judged(score[kept], is_hit[kept], (side * truth.scale)[counted], side[counted], truth_score[counted])


def _inside(box: np.ndarray, areas: np.ndarray) -> bool:
    """More than half of the box lies in one area."""
    areas = np.asarray(areas, np.float32).reshape(-1, 4)
    if not len(areas):
        return False
    side = np.minimum(box[2:], areas[:, 2:]) - np.maximum(box[:2], areas[:, :2])
    shared = np.clip(side, 0, None).prod(axis=1)
    return bool((shared / max(float((box[2:] - box[:2]).prod()), 1e-6)).max() > 0.5)


def figures(judged: Sequence[Judged], *, threshold: float, curve: Sequence[float] = ()) -> dict[str, object]:
    """All figures of one kind over many pictures, as plain JSON types.

    Args:
        judged: one per picture.
        threshold: the shipped one, at which recall by size and precision are told.
        curve: further thresholds for the table of recall against precision.
    """
    pictures = max(len(judged), 1)
    score = np.concatenate([j.score for j in judged]) if judged else np.zeros(0)
    is_hit = np.concatenate([j.is_hit for j in judged]) if judged else np.zeros(0, bool)
    px = np.concatenate([j.truth_px for j in judged]) if judged else np.zeros(0)
    picture_px = np.concatenate([j.truth_picture_px for j in judged]) if judged else np.zeros(0)
    hit_score = np.concatenate([j.truth_score for j in judged]) if judged else np.zeros(0)
    order = np.argsort(-score, kind="stable")
    hits, falses = np.cumsum(is_hit[order]), np.cumsum(~is_hit[order])
    recall = hits / max(len(px), 1)
    precision = hits / np.maximum(hits + falses, 1)
    at_90 = np.flatnonzero(precision >= 0.9)

    def at(value: float) -> dict[str, object]:
        found, right = score >= value, int((is_hit & (score >= value)).sum())
        return {
            "threshold": round(float(value), 3),
            "recall": _share(right, len(px)),
            "precision": _share(right, int(found.sum())),
            "false_per_picture": round(int((found & ~is_hit).sum()) / pictures, 3),
        }

    def by_size(longer: np.ndarray) -> dict[str, object]:
        found = hit_score >= threshold
        ranges = {name: (longer >= low) & (longer < high) for name, (low, high) in SIZE_BINS.items()}
        return {
            name: {"objects": int(inside.sum()), "recall": _share(int((inside & found).sum()), int(inside.sum()))}
            for name, inside in ranges.items()
        }

    return {
        "pictures": len(judged),
        "objects": len(px),
        "AP50": _average_precision(recall, precision) if len(px) else None,
        "recall_at_precision_0.9": round(float(recall[at_90[-1]]), 4) if len(at_90) else 0.0,
        "threshold_at_precision_0.9": round(float(score[order][at_90[-1]]), 4) if len(at_90) else None,
        "at_threshold": {
            **at(threshold),
            "recall_by_inference_px": by_size(px),
            "recall_by_picture_px": by_size(picture_px),
        },
        "curve": [at(value) for value in curve],
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _average_precision(recall: np.ndarray, precision: np.ndarray) -> float:
    """Area under the precision envelope at 101 recalls, as COCO and Ultralytics take it."""
    if not len(recall):
        return 0.0
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    grid = np.linspace(0, 1, 101)
    index = np.searchsorted(recall, grid, side="left")
    return round(float(np.where(index < len(envelope), envelope[np.minimum(index, len(envelope) - 1)], 0).mean()), 4)
