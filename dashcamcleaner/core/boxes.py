"""Boxes as arrays: one struct of arrays for a frame's detections, and the arithmetic on boxes.

All boxes are ``xyxy`` float32 in pixel edges of the upright full-size picture unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dashcamcleaner.messages import msg

__all__ = ["FARTHEST_PX", "Detections", "area_within", "clip", "contains", "grow", "iou", "nms", "window_around"]

FARTHEST_PX = 1e7
"""What reaches farther is no place in or beside a picture: the largest pictures have a side of 65,536."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The detections of one frame, as a struct of arrays of equal length ``n``.

    Args:
        xyxy: ``(n, 4)`` float32, finite, ``x1 <= x2`` and ``y1 <= y2``.
        score: ``(n,)`` float32 in 0-1.
        kind: ``(n,)`` str array of kind names.

    Raises:
        ValueError: shapes disagree, or a number is not finite (what is not a number cannot be hidden).
    """

    xyxy: np.ndarray
    score: np.ndarray
    kind: np.ndarray

    def __post_init__(self) -> None:
        xyxy = np.asarray(self.xyxy, dtype=np.float32).reshape(-1, 4)
        score = np.asarray(self.score, dtype=np.float32).reshape(-1)
        kind = np.asarray(self.kind, dtype=np.str_).reshape(-1)
        if not len(xyxy) == len(score) == len(kind):
            raise ValueError(f"{len(xyxy)} boxes, {len(score)} scores and {len(kind)} kinds do not match")
        if not (np.isfinite(xyxy).all() and np.isfinite(score).all()):
            raise ValueError(msg("a detection has a box or score that is not a number"))
        if ((xyxy[:, 2] < xyxy[:, 0]) | (xyxy[:, 3] < xyxy[:, 1])).any():
            raise ValueError("a detection has a box with x2 < x1 or y2 < y1")
        object.__setattr__(self, "xyxy", xyxy)
        object.__setattr__(self, "score", score)
        object.__setattr__(self, "kind", kind)

    @classmethod
    def empty(cls) -> Detections:
        """No detections."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.str_))

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[float | str]]) -> Detections:
        """From rows of ``x1, y1, x2, y2, score, kind``."""
        rows = list(rows)
        if not rows:
            return cls.empty()
        return cls(
            np.array([[float(v) for v in row[:4]] for row in rows], np.float32),
            np.array([float(row[4]) for row in rows], np.float32),
            np.array([str(row[5]) for row in rows]),
        )

    def rounded(self) -> Detections:
        """As they will come back from a plan: what is decided by rounded numbers, a replay decides alike."""
        if not len(self):
            return self
        xyxy = np.round(self.xyxy.astype(np.float64), 2).astype(np.float32)
        score = np.round(self.score.astype(np.float64), 4).astype(np.float32)
        return Detections(xyxy, score, self.kind)

    @classmethod
    def concatenate(cls, parts: Sequence[Detections]) -> Detections:
        """All detections of the parts, in their order."""
        parts = [part for part in parts if len(part)]
        if not parts:
            return cls.empty()
        return cls(
            np.concatenate([part.xyxy for part in parts]),
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.kind for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, which: np.ndarray | slice | list[int]) -> Detections:
        """A subset, by mask, indices or slice."""
        return Detections(self.xyxy[which], self.score[which], self.kind[which])

    def of_kind(self, kind: str) -> Detections:
        """The detections of one kind, in their order."""
        return self[self.kind == kind]

    def moved(self, *, scale: tuple[float, float] = (1.0, 1.0), offset: tuple[float, float] = (0.0, 0.0)) -> Detections:
        """Boxes multiplied by ``scale`` (x, y), then shifted by ``offset`` (x, y)."""
        factor = np.array([scale[0], scale[1]] * 2, np.float32)
        shift = np.array([offset[0], offset[1]] * 2, np.float32)
        return Detections(self.xyxy * factor + shift, self.score, self.kind)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of ``a`` ``(n, 4)`` with every box of ``b`` ``(m, 4)``: ``(n, m)``."""
    a = np.asarray(a, np.float32).reshape(-1, 4)
    b = np.asarray(b, np.float32).reshape(-1, 4)
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    side = np.clip(bottom_right - top_left, 0, None)
    inter = side[..., 0] * side[..., 1]
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    union = area_a[:, None] + area_b[None, :] - inter
    return np.where(union > 0, inter / np.maximum(union, 1e-9), 0.0).astype(np.float32)


def grow(xyxy: np.ndarray, factor: float | np.ndarray) -> np.ndarray:
    """Boxes with each side's length multiplied by ``factor`` about the centre. Not clipped."""
    boxes = np.asarray(xyxy, np.float32).reshape(-1, 4)
    factor = np.asarray(factor, np.float32).reshape(-1, 1)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * factor
    return np.concatenate([centre - half, centre + half], axis=1)


def clip(xyxy: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Boxes cut to a picture of ``size`` (width, height). Boxes wholly outside become empty."""
    boxes = np.asarray(xyxy, np.float32).reshape(-1, 4)
    return np.clip(boxes, 0, np.array([size[0], size[1]] * 2, np.float32))


def nms(xyxy: np.ndarray, score: np.ndarray, *, threshold: float) -> np.ndarray:
    """Greedy non-maximum suppression: indices of the kept boxes, best score first.

    Args:
        xyxy: ``(n, 4)``.
        score: ``(n,)``.
        threshold: a box whose IoU with a better kept one exceeds this is dropped.
    """
    order = np.argsort(-np.asarray(score), kind="stable")
    x1, y1, x2, y2 = np.asarray(xyxy, np.float32).reshape(-1, 4)[order].T.copy()
    area = (x2 - x1) * (y2 - y1)
    left = np.arange(len(order))
    keep = []
    while len(left):  # one round per kept box, not per box: a crowd of 1,000 candidates takes 4 ms, the n x n matrix 55
        best, left = left[0], left[1:]
        keep.append(best)
        w = np.minimum(x2[best], x2[left]) - np.maximum(x1[best], x1[left])
        h = np.minimum(y2[best], y2[left]) - np.maximum(y1[best], y1[left])
        inter = np.maximum(w, 0) * np.maximum(h, 0)
        left = left[inter <= threshold * (area[best] + area[left] - inter)]
    return order[np.array(keep, np.intp)]


def contains(outer: Sequence[float], inner: Sequence[float]) -> bool:
    """Whether a box lies wholly in another; both are ``x1, y1, x2, y2``."""
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def window_around(xyxy: Sequence[float], window: tuple[float, float], size: tuple[float, float]) -> tuple[float, float]:
    """The upper left corner of a window about the middle of a box; at the picture's edge it is moved, not cut.

    Args:
        xyxy: the box.
        window: width and height of the window; neither is larger than the picture's.
        size: width and height of the picture.
    """
    x1, y1, x2, y2 = xyxy
    left, top = (x1 + x2) / 2 - window[0] / 2, (y1 + y2) / 2 - window[1] / 2
    return min(max(left, 0.0), size[0] - window[0]), min(max(top, 0.0), size[1] - window[1])


def area_within(xyxy: Sequence[float], size: tuple[float, float]) -> float:
    """The area of a box within a picture of this width and height, square pixels; 0 where it lies beside it."""
    x1, y1, x2, y2 = xyxy
    return max(0.0, min(x2, size[0]) - max(x1, 0.0)) * max(0.0, min(y2, size[1]) - max(y1, 0.0))
