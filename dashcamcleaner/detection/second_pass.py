"""A frame and its weak spot in, more Detections out: the second look of a thorough run.

`run` calls this for the frames that `planning.weak_spots` names. Windows of half the picture's size fill the network's
input, so that things are twice as large as at the first look; whole frames are shown at half the size (large objects
near the camera are seen best small) and in tiles (far ones).
"""

from __future__ import annotations

import cv2
import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.weak_spot import LARGEST_IN_WINDOW, WeakSpot
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.yolo import GREY

__all__ = ["SecondPass"]

_BORDER = 0.01
"""A box that ends within this share of a window's side of its border may be cut there: the window is not believed."""
_TILES = 2


class SecondPass:
    """Looks again.

    Args:
        detector: sees pictures; the run's own.
        upright_size: ``(width, height)`` of the full-size picture.
    """

    def __init__(self, detector: Detector, *, upright_size: tuple[int, int]) -> None:
        self._detector = detector
        self._upright_size = upright_size

    def detect(self, picture: np.ndarray, spot: WeakSpot) -> Detections:
        """What the second look finds, in upright full-size pixels, doubles and all.

        Args:
            picture: upright full-size RGB ``(h, w, 3)`` uint8.
            spot: the weak spot, which says where to look.

        Raises:
            DetectorFailed: the backend failed.
        """
        width, height = self._upright_size
        found = [self._window(picture, window) for window in spot.windows]
        if spot.whole:
            found.append(self._small(picture))
            step_x, step_y = width / (_TILES + 1), height / (_TILES + 1)
            for row in range(_TILES):
                for col in range(_TILES):
                    x, y = col * step_x, row * step_y
                    found.append(self._window(picture, (x, y, x + 2 * step_x, y + 2 * step_y)))
        return Detections.concatenate(found)

    def _window(self, picture: np.ndarray, window: tuple[float, float, float, float]) -> Detections:
        """What an enlarged window shows; what its border may cut, and what fills it, is left to the other looks."""
        height, width = picture.shape[:2]
        x1, y1 = int(window[0]), int(window[1])
        x2, y2 = min(width, round(window[2])), min(height, round(window[3]))
        seen = self._detector.detect([np.ascontiguousarray(picture[y1:y2, x1:x2])])[0]
        near = _BORDER * max(x2 - x1, y2 - y1)
        boxes = seen.xyxy
        cut = (boxes[:, 0] < near) & (x1 > 0)
        cut |= (boxes[:, 1] < near) & (y1 > 0)
        cut |= (boxes[:, 2] > x2 - x1 - near) & (x2 < width)
        cut |= (boxes[:, 3] > y2 - y1 - near) & (y2 < height)
        sides = (boxes[:, 2:] - boxes[:, :2]) / (x2 - x1, y2 - y1)
        wanted = ~cut & (sides <= LARGEST_IN_WINDOW).all(axis=1)
        return self._within(seen[wanted].moved(offset=(float(x1), float(y1))))

    def _small(self, picture: np.ndarray) -> Detections:
        """What the whole picture shows at half its size."""
        height, width = picture.shape[:2]
        half = (max(1, width // 2), max(1, height // 2))
        canvas = np.full_like(picture, GREY)
        canvas[: half[1], : half[0]] = cv2.resize(picture, half, interpolation=cv2.INTER_AREA)
        seen = self._detector.detect([canvas])[0]
        return self._within(seen.moved(scale=(width / half[0], height / half[1])))

    def _within(self, found: Detections) -> Detections:
        """Cut to the picture; what lies outside is dropped."""
        boxes = np.clip(found.xyxy, 0, np.array([*self._upright_size, *self._upright_size], np.float32))
        keep = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        return Detections(boxes[keep], found.score[keep], found.kind[keep])
