"""Chips: faces turned upright and scaled alike, as the embedding network wants them, and how good each is.

The geometry is dlib's ``get_face_chip_details``: a square of 150 px with a padding of 0.25, in which the mean face of
its 68-point model has a fixed place. The five points of CenterFace (eyes, nose, corners of the mouth) are laid over the
same points of that mean face by the similarity transform with the least squared error.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

__all__ = ["CHIP_PX", "FaceChip", "cut_chip", "enlarged"]

CHIP_PX = 150
_PADDING = 0.25
_MEAN_FACE = np.array(
    [(0.225492, 0.215990), (0.754761, 0.215990), (0.490127, 0.515625), (0.254149, 0.780233), (0.726104, 0.780233)]
)
"""Centres of the eyes, tip of the nose and corners of the mouth in dlib's mean face (the unit square)."""
_PLACES = (_MEAN_FACE + _PADDING) / (1 + 2 * _PADDING) * CHIP_PX

_LOOK_PX = 80
"""The height to which a face is enlarged or shrunk before its landmarks are looked for."""
_AROUND = 0.5
"""What is shown around it, as a part of its height, on each side."""
_SHARPNESS_SCALE = 0.3
"""The scale at which a chip's sharpness is measured: faces of 30 px and of 300 px are compared as if of 30 px."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceChip:
    """One face, upright.

    Args:
        picture: uint8 RGB ``(150, 150, 3)``.
        turned: how far the face is turned away from the camera: the root mean square distance of its points from the
            mean face, as a part of the chip's side. About 0.02 from the front, 0.08 and more in profile.
        sharpness: the contrast of fine details as a part of all contrast, at one size for all. About 0.3 for a sharp
            face, below 0.05 for one smeared by motion.
    """

    picture: np.ndarray
    turned: float
    sharpness: float


def enlarged(picture: np.ndarray, xyxy: tuple[float, float, float, float]) -> tuple[np.ndarray, float]:
    """A face with what is around it, scaled so that its landmarks can be found.

    Args:
        picture: uint8 RGB ``(h, w, 3)``.
        xyxy: the face's box in its pixels.

    Returns:
        A square picture (what lies beyond the picture is black), and its scale: its pixels for one of the picture.
    """
    x1, y1, x2, y2 = xyxy
    height = max(1.0, y2 - y1, x2 - x1)
    scale = _LOOK_PX / height
    side = round(_LOOK_PX * (1 + 2 * _AROUND))
    left, top = (x1 + x2) / 2 - side / scale / 2, (y1 + y2) / 2 - side / scale / 2
    if scale < 1:  # an area average first: a warp picks single samples
        x, y = max(0, int(left)), max(0, int(top))
        part = picture[y : max(y + 1, int(top + side / scale) + 1), x : max(x + 1, int(left + side / scale) + 1)]
        small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        move = np.array([[1, 0, (x - left) * scale], [0, 1, (y - top) * scale]], np.float32)
        return cv2.warpAffine(small, move, (side, side), flags=cv2.INTER_LINEAR), scale
    move = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float32)
    return cv2.warpAffine(picture, move, (side, side), flags=cv2.INTER_CUBIC), scale


def cut_chip(picture: np.ndarray, points: np.ndarray) -> FaceChip:
    """The chip of a face.

    Args:
        picture: uint8 RGB, as `enlarged` gives it or any other in which the face is not much larger than the chip.
        points: its five landmarks ``(5, 2)`` in the picture's pixels.
    """
    move = _similarity(points.astype(np.float64), _PLACES)
    placed = points @ move[:, :2].T + move[:, 2]
    turned = float(np.sqrt(((placed - _PLACES) ** 2).sum(axis=1).mean())) / CHIP_PX
    chip = cv2.warpAffine(picture, move, (CHIP_PX, CHIP_PX), flags=cv2.INTER_LINEAR)
    return FaceChip(chip, turned, _sharpness(chip))


def _similarity(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The ``(2, 3)`` turn, scale and shift that takes points to places with the least squared error."""
    (x, y), one, none = points.T, np.ones(len(points)), np.zeros(len(points))
    rows = np.concatenate([np.stack([x, -y, one, none], axis=1), np.stack([y, x, none, one], axis=1)])
    a, b, shift_x, shift_y = np.linalg.lstsq(rows, np.concatenate([places[:, 0], places[:, 1]]), rcond=None)[0]
    return np.array([[a, -b, shift_x], [b, a, shift_y]])


def _sharpness(chip: np.ndarray) -> float:
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)[30:-30, 30:-30]
    small = cv2.resize(grey, None, fx=_SHARPNESS_SCALE, fy=_SHARPNESS_SCALE, interpolation=cv2.INTER_AREA).astype(
        np.float32
    )
    spread = float(small.var())
    return float(cv2.Laplacian(small, cv2.CV_32F, ksize=1).var()) / spread if spread > 1.0 else 0.0
