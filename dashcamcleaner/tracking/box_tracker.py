"""A box drawn on one picture, followed over the pictures next to it: a person's pointing becomes a span.

Pictures in order (ahead or back in time) come in, boxes go out, until the thing is lost; `review.follow` reads the
pictures. It follows corner points by optical flow, forth and back, and compares what it finds with what was drawn.
"""

from __future__ import annotations

import cv2
import numpy as np

__all__ = ["BoxTracker"]

Box = tuple[float, float, float, float]

_MOST_POINTS = 60
_FEWEST_POINTS = 4
_FORTH_AND_BACK_PX = 1.5
"""A point that does not come back to where it started was not the same point."""
_LIKE_LAST = 0.5
_LIKE_FIRST = 0.25
"""Least correlation with the picture before and with the one drawn on: the first changes with pose and light."""
_MOST_SCALE = 1.25
_PATCH_PX = 32
_LEAST_ROOM_PX = 48
"""How far around the box it is looked for: a hand-held camera's jerk at the size that pictures are followed."""


class BoxTracker:
    """Follows one box.

    Args:
        picture: uint8 RGB ``(h, w, 3)``.
        box: what to follow, in its pixels.
    """

    def __init__(self, picture: np.ndarray, box: Box) -> None:
        self._grey = _grey(picture)
        self.box = box
        self._first = self._last = self._patch(self._grey, box)

    def update(self, picture: np.ndarray) -> Box | None:
        """Where it is in the next picture; None when it is lost, has left the picture, or the scene was cut."""
        grey = _grey(picture)
        moved = self._moved(grey)
        if moved is None:
            return None
        patch = self._patch(grey, moved)
        if _likeness(patch, self._last) < _LIKE_LAST or _likeness(patch, self._first) < _LIKE_FIRST:
            return None
        self._grey, self.box, self._last = grey, moved, patch
        return moved

    def _moved(self, grey: np.ndarray) -> Box | None:
        h, w = grey.shape
        x1, y1, x2, y2 = self.box
        # Flow is looked for around the box only: a whole picture's pyramid costs ten times as much.
        room = max(_LEAST_ROOM_PX, round(max(x2 - x1, y2 - y1)))
        left, top = max(0, round(x1) - room), max(0, round(y1) - room)
        right, bottom = min(w, round(x2) + room), min(h, round(y2) + room)
        if right - left < 2 * _LEAST_ROOM_PX or bottom - top < 2 * _LEAST_ROOM_PX:
            left, top, right, bottom = 0, 0, w, h
        was, now = self._grey[top:bottom, left:right], grey[top:bottom, left:right]
        points = self._points(was, (x1 - left, y1 - top, x2 - left, y2 - top))
        if points is None:
            return None
        window = (21, 21)
        ahead, found, _ = cv2.calcOpticalFlowPyrLK(was, now, points, None, winSize=window, maxLevel=4)  # type: ignore[call-overload]
        back, again, _ = cv2.calcOpticalFlowPyrLK(now, was, ahead, None, winSize=window, maxLevel=4)  # type: ignore[call-overload]
        error = np.linalg.norm((points - back).reshape(-1, 2), axis=1)
        good = (found.ravel() == 1) & (again.ravel() == 1) & (error < _FORTH_AND_BACK_PX)
        if good.sum() < _FEWEST_POINTS:
            return None
        before, after = points.reshape(-1, 2)[good], ahead.reshape(-1, 2)[good]
        scale = _scale(before, after)
        # Where each point puts the middle: a median of shifts alone drifts when the thing grows and points lie aside.
        offset = np.array([left, top])
        middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2]) - offset
        cx, cy = (float(v) for v in np.median(after + scale * (middle - before), axis=0) + offset)
        half_w, half_h = (x2 - x1) / 2 * scale, (y2 - y1) / 2 * scale
        if not (0 < cx < w and 0 < cy < h) or min(half_w, half_h) < 2:
            return None
        return (cx - half_w, cy - half_h, cx + half_w, cy + half_h)

    @staticmethod
    def _points(grey: np.ndarray, box: Box) -> np.ndarray | None:
        """Corners inside the box, or an even grid where there are none (a blurred face)."""
        h, w = grey.shape
        x1, y1, x2, y2 = (round(v) for v in box)
        x1, y1, x2, y2 = max(0, x1), max(0, y1), min(w, x2), min(h, y2)
        if x2 - x1 < 4 or y2 - y1 < 4:
            return None
        mask = np.zeros_like(grey)
        mask[y1:y2, x1:x2] = 255
        corners = cv2.goodFeaturesToTrack(grey, _MOST_POINTS, 0.01, 2, mask=mask)
        if corners is not None and len(corners) >= 3 * _FEWEST_POINTS:
            return np.asarray(corners, np.float32)
        xs, ys = np.meshgrid(np.linspace(x1 + 2, x2 - 2, 5), np.linspace(y1 + 2, y2 - 2, 5))
        return np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.float32).reshape(-1, 1, 2)

    @staticmethod
    def _patch(grey: np.ndarray, box: Box) -> np.ndarray:
        x1, y1, x2, y2 = box
        size = (max(1, round(x2 - x1)), max(1, round(y2 - y1)))
        part = cv2.getRectSubPix(grey, size, ((x1 + x2) / 2, (y1 + y2) / 2))
        return cv2.resize(part, (_PATCH_PX, _PATCH_PX), interpolation=cv2.INTER_AREA).astype(np.float32)


def _grey(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)


def _scale(before: np.ndarray, after: np.ndarray) -> float:
    """How much larger the cloud of points became, by the distances within it."""
    first, second = np.triu_indices(len(before), k=1)
    was = np.linalg.norm(before[first] - before[second], axis=1)
    now = np.linalg.norm(after[first] - after[second], axis=1)
    far = was > 3
    if far.sum() < _FEWEST_POINTS:
        return 1.0
    return float(np.clip(np.median(now[far] / was[far]), 1 / _MOST_SCALE, _MOST_SCALE))


def _likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of two patches, -1 to 1; even patches are alike."""
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / norm if norm > 1e-3 else 1.0
