"""How pictures become the numbers that a classifier wants: parts, sizes, order of the colours, mean and scale.

Each model was trained on pictures that were prepared in one way, and answers nonsense to others: so the way is data
(`Preparation`), told by a model's sidecar or by its format, and done here for all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from dashcamcleaner.messages import msg

__all__ = ["FITS", "Preparation", "covering_squares"]

FITS = ("stretch", "short side", "squares")
"""Resize without keeping the shape and cut the middle out; resize so that the short side fits and cut the middle out;
squares that cover the picture, each judged on its own."""

_LONGEST = 8
"""Times its short side: of a longer picture the middle is enough where the middle is what is cut out."""
_SLACK = 0.15
"""A picture may be this share longer than its squares reach: its last columns are rarely where something happens."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """The way of one model.

    Args:
        size: ``(width, height)`` of the network's input.
        resized: the size before the middle is cut out; ``size`` where it is 0. In ``squares``, the size that every
            square is brought to first, so that fine and coarse sources look alike.
        fit: one of `FITS`.
        bgr: the network wants blue first.
        mean: taken off each channel, in the network's order; or a whole picture ``(h, w, 3)`` of the size ``resized``.
        scale: what each channel is divided by after that.
    """

    size: tuple[int, int] = (224, 224)
    resized: int = 0
    fit: str = "short side"
    bgr: bool = False
    mean: np.ndarray = field(default_factory=lambda: np.zeros(3, np.float32))
    scale: np.ndarray = field(default_factory=lambda: np.full(3, 255, np.float32))

    @classmethod
    def from_metadata(cls, data: Mapping[str, Any], *, size: tuple[int, int]) -> Preparation:
        """The ``input`` of a sidecar.

        Raises:
            ValueError, TypeError: fields of the wrong form.
        """
        fit = str(data.get("fit", "short side"))
        if fit not in FITS:
            raise ValueError(msg("fit is {fit}, not one of {fits}", fit=repr(fit), fits=", ".join(FITS)))
        order = str(data.get("order", "rgb"))
        if order not in ("rgb", "bgr"):
            raise ValueError(msg("order is {order}, neither rgb nor bgr", order=repr(order)))
        scale = np.broadcast_to(np.asarray(data.get("scale", 255), np.float32), (3,))
        if not (np.isfinite(scale).all() and (scale > 0).all()):
            raise ValueError(msg("scale must be above 0"))
        resized = int(data.get("resized", 0))
        if not (resized == 0 or 16 <= resized <= 4096):
            raise ValueError(msg("resized must be 16 to 4096"))
        mean = np.broadcast_to(np.asarray(data.get("mean", 0), np.float32), (3,))
        return cls(size=size, resized=resized, fit=fit, bgr=order == "bgr", mean=mean, scale=scale)

    def batch(self, pictures: Sequence[np.ndarray]) -> tuple[np.ndarray, list[int]]:
        """The network's input, float32 ``(n, h, w, 3)``, and how many of its rows belong to each picture.

        Args:
            pictures: uint8 RGB ``(h, w, 3)`` each.

        Raises:
            ValueError: a picture of another form.
        """
        rows: list[np.ndarray] = []
        counts: list[int] = []
        for picture in pictures:
            if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
                raise ValueError(
                    msg("a picture is {dtype} {shape}, not uint8 (h, w, 3)", dtype=picture.dtype, shape=picture.shape)
                )
            parts = covering_squares(picture) if self.fit == "squares" else [picture]
            rows += [self._one(part) for part in parts]
            counts.append(len(parts))
        if not rows:
            return np.zeros((0, self.size[1], self.size[0], 3), np.float32), []
        return np.stack(rows), counts

    def _one(self, picture: np.ndarray) -> np.ndarray:
        wide, high = self.size
        whole_mean = self.mean.ndim == 3
        if self.fit == "squares":
            if self.resized:
                picture = _resize(picture, (self.resized, self.resized))
            picture = _resize(picture, self.size)
        else:
            w, h = (self.resized, self.resized) if self.resized else self.size
            if self.fit == "short side":
                picture = _middle_of_long(picture)
                factor = max(w / picture.shape[1], h / picture.shape[0])
                w, h = max(wide, round(picture.shape[1] * factor)), max(high, round(picture.shape[0] * factor))
            picture = _resize(picture, (max(w, wide), max(h, high)))
        numbers = picture[..., ::-1] if self.bgr else picture
        if whole_mean:  # taken off before the middle is cut out, as Caffe does
            numbers = numbers.astype(np.float32) - _resize(self.mean, (picture.shape[1], picture.shape[0]))
        top, left = (numbers.shape[0] - high) // 2, (numbers.shape[1] - wide) // 2
        numbers = numbers[top : top + high, left : left + wide].astype(np.float32)
        return ((numbers if whole_mean else numbers - self.mean) / self.scale).astype(np.float32)


def _resize(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    smaller = picture.shape[1] >= size[0] and picture.shape[0] >= size[1]
    resized: np.ndarray = cv2.resize(
        np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    )
    return resized


def _middle_of_long(picture: np.ndarray) -> np.ndarray:
    """A picture, of a very long one the middle: no more of it is looked at, and all of it would grow to gigabytes."""
    h, w = picture.shape[:2]
    most = _LONGEST * min(h, w)
    top, left = max(0, (h - most) // 2), max(0, (w - most) // 2)
    return picture[top : top + min(h, most), left : left + min(w, most)]


def covering_squares(picture: np.ndarray) -> list[np.ndarray]:
    """Views of a picture, squares of its short side, that cover it together.

    Of a picture that is nearly square itself, it is the middle one alone. A square tells nothing of the shape of the
    picture that it comes from, and nothing at the edges goes unseen. Very long pictures give eight at most.
    """
    h, w = picture.shape[:2]
    side, spare = min(h, w), abs(w - h)
    count = min(8, max(1, math.ceil(max(h, w) / side - _SLACK)))
    places = [spare // 2] if count == 1 else [round(spare * i / (count - 1)) for i in range(count)]
    return [picture[:, at : at + side] if w >= h else picture[at : at + side] for at in places]
