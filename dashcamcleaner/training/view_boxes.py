"""Boxes inside a training view: which of them can be taught, where nothing is judged, and how a tilt moves them.

Called by `training.views`. Boxes are rows ``[class, x1, y1, x2, y2]`` in the pixels of a view or of one of its tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashcamcleaner.detection.yolo import GREY
from dashcamcleaner.training.label_files import KINDS

__all__ = ["MASK_STRIDE_PX", "tilted", "unjudge", "visible"]

MASK_STRIDE_PX = 8
"""Pixels per cell of a view's map of judged places: the finest stride of most detectors."""


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

    def turned(picture: np.ndarray, how: int, border: int) -> np.ndarray:
        height, width = picture.shape[:2]
        # OpenCV counts from the centre of the first pixel, boxes from its edge.
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
        return cv2.warpAffine(picture, turn, (width, height), flags=how, borderValue=(border,) * 3)

    picture = turned(rgb, cv2.INTER_LINEAR, GREY)
    cells = np.stack([turned(of_kind, cv2.INTER_NEAREST, 0) for of_kind in judged])
    if not len(boxes):
        return picture, boxes, cells
    turn = cv2.getRotationMatrix2D((0, 0), degrees, 1.0)[:, :2]
    centre = np.array(rgb.shape[1::-1]) / 2
    middle = ((boxes[:, 3:5] + boxes[:, 1:3]) / 2 - centre) @ turn.T + centre
    half = (boxes[:, 3:5] - boxes[:, 1:3]) / 2
    cos, sin = np.abs(turn[0])
    across = half * cos, half[:, ::-1] * sin
    faces = (boxes[:, 0] == KINDS.index("face"))[:, None]
    reach = np.where(faces, np.hypot(*across), across[0] + across[1])
    moved = np.concatenate([boxes[:, :1], middle - reach, middle + reach], axis=1).astype(np.float32)
    return picture, moved, cells
