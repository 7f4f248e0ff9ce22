"""Boxes inside a training view: which of them can be taught, where nothing is judged, and how a tilt moves them.

Called by `training.views`. Boxes are rows ``[class, x1, y1, x2, y2]`` in the pixels of a view or of one of its tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashcamcleaner.training.pictures import GREY, KINDS

__all__ = ["MASK_STRIDE_PX", "tilted", "unjudge", "visible"]

MASK_STRIDE_PX = 8
"""Pixels per cell of a view's map of judged places: the detector's finest stride."""


def visible(
    boxes: np.ndarray, width: int, height: int, *, share: float, smallest_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes that can be taught (clipped to the picture), and those in view that cannot.

    Args:
        boxes: rows of boxes; they may reach beyond the picture.
        width: the width of the picture, in pixels.
        height: the height of the picture, in pixels.
        share: what is in view must be at least this share of the box's area.
        smallest_px: the longer side of what is in view must be at least so long.
    """
    if not len(boxes):
        return boxes, boxes
    clipped = boxes.copy()
    clipped[:, [1, 3]] = np.clip(boxes[:, [1, 3]], 0, width)
    clipped[:, [2, 4]] = np.clip(boxes[:, [2, 4]], 0, height)
    side = clipped[:, 3:5] - clipped[:, 1:3]
    area = np.maximum((boxes[:, 3] - boxes[:, 1]) * (boxes[:, 4] - boxes[:, 2]), 1e-6)
    inside = (side > 0).all(1)
    good = inside & (side.prod(1) / area >= share) & (side.max(1) >= smallest_px)
    return clipped[good], clipped[inside & ~good]


def unjudge(cells: np.ndarray, boxes: np.ndarray | Sequence[Any]) -> None:
    """Clear the judged cells ``(kinds, h, w)`` under boxes."""
    for kind, x1, y1, x2, y2 in boxes:
        ya, yb = int(max(y1, 0)) // MASK_STRIDE_PX, int(np.ceil(max(y2, 0) / MASK_STRIDE_PX))
        xa, xb = int(max(x1, 0)) // MASK_STRIDE_PX, int(np.ceil(max(x2, 0) / MASK_STRIDE_PX))
        cells[int(kind), ya:yb, xa:xb] = 0


def tilted(
    rgb: np.ndarray, boxes: np.ndarray, judged: np.ndarray, *, degrees: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture turned about its centre, its boxes (they may reach beyond it) and its judged cells.

    A face is taken for the ellipse in its box and a plate for the whole rectangle, and each new box frames the turned
    one. The corners that come into view are grey and not judged.
    """
    import cv2

    height, width = rgb.shape[:2]
    centre = (width / 2, height / 2)
    turn = cv2.getRotationMatrix2D(centre, degrees, 1.0)
    # OpenCV's matrix speaks of pixel centres, boxes speak of pixel edges: half a pixel off, which no box can tell.
    picture = cv2.warpAffine(rgb, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=(GREY,) * 3)
    cells_h, cells_w = judged.shape[1:]
    y, x = (np.mgrid[:cells_h, :cells_w] + 0.5) * MASK_STRIDE_PX
    back = cv2.invertAffineTransform(turn)
    from_x = np.floor((back[0, 0] * x + back[0, 1] * y + back[0, 2]) / MASK_STRIDE_PX).astype(int)
    from_y = np.floor((back[1, 0] * x + back[1, 1] * y + back[1, 2]) / MASK_STRIDE_PX).astype(int)
    inside = (from_x >= 0) & (from_x < cells_w) & (from_y >= 0) & (from_y < cells_h)
    cells = judged[:, np.clip(from_y, 0, cells_h - 1), np.clip(from_x, 0, cells_w - 1)] * inside.astype(judged.dtype)
    if not len(boxes):
        return picture, boxes, cells
    cos, sin = np.abs(turn[0, :2])
    half = (boxes[:, 3:5] - boxes[:, 1:3]) / 2
    middle = ((boxes[:, 3:5] + boxes[:, 1:3]) / 2) @ turn[:, :2].T + turn[:, 2]
    across = half * cos, half[:, ::-1] * sin
    faces = (boxes[:, 0] == KINDS.index("face"))[:, None]
    reach = np.where(faces, np.hypot(*across), across[0] + across[1])
    moved = np.concatenate([boxes[:, :1], middle - reach, middle + reach], axis=1).astype(np.float32)
    return picture, moved, cells
