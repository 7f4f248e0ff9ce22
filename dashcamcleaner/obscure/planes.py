"""The frame's samples as one view per colour channel, and what its codes mean, whatever the pixel format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashcamcleaner.core.frame import PixelLayout

__all__ = ["PlaneView", "limits", "native", "neutral", "plane_views", "top", "unit"]


@dataclass(frozen=True, slots=True)
class PlaneView:
    """One kind of sample as a plane of its own: a view into the frame."""

    samples: np.ndarray
    role: str  # luma, chroma, rgb or alpha
    shift: tuple[int, int]
    number: int  # of the colour within its picture: Y U V or R G B

    def window(self, rect: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """A rectangle of luma pixels in this channel's samples, grown to whole ones."""
        sx, sy = self.shift
        return rect[0] >> sx, rect[1] >> sy, -(-rect[2] >> sx), -(-rect[3] >> sy)


def plane_views(planes: Sequence[np.ndarray], layout: PixelLayout) -> list[PlaneView]:
    """The frame's samples as one view per channel, whether planes are separate, interleaved (nv12) or packed."""
    views: list[tuple[np.ndarray, int]] = []
    for plane in planes:
        if plane.ndim == 3:
            views += [(plane[..., i], 0) for i in range(plane.shape[2])]
        else:
            views.append((plane, 0))
    luma_h, luma_w = planes[0].shape[:2]
    sx, sy = layout.chroma_shift
    if len(views) == 2 and not layout.alpha and views[1][0].ndim == 2:
        interleaved = views.pop()[0]  # nv12 and its kin as bytes in a row: U V U V
        views += [(interleaved[:, 0::2], 1), (interleaved[:, 1::2], 2)]
    channels = []
    colours = len(views) - (1 if layout.alpha else 0)
    for number, (samples, _) in enumerate(views):
        if layout.alpha and number == len(views) - 1:
            role = "alpha"
        elif layout.rgb:
            role = "rgb"
        else:
            role = "luma" if number == 0 else "chroma"
        shift = (sx, sy) if role == "chroma" else (0, 0)
        expected = (-(-luma_h >> shift[1]), -(-luma_w >> shift[0]))
        if samples.shape[:2] != expected or colours not in (1, 3):
            raise ValueError(f"{layout.name}: channel {number} is {samples.shape}, {expected} was expected")
        channels.append(PlaneView(samples, role, shift, number))
    return channels


def unit(layout: PixelLayout) -> int:
    """The code distance of one step of 8-bit depth. P010 and its kin keep their bits at the top of the word."""
    if layout.depth == 8:
        return 1
    return 256 if layout.name.startswith(("p0", "p2", "p4")) else 1 << (layout.depth - 8)


def top(layout: PixelLayout) -> int:
    """The largest code that a sample of this layout can hold."""
    return 256 * unit(layout) - 1


def limits(role: str, layout: PixelLayout) -> tuple[int, int]:
    """Smallest and largest code that a painted sample may take."""
    one = unit(layout)
    if layout.full_range or layout.rgb:
        return 0, top(layout)
    return 16 * one, (235 if role == "luma" else 240) * one


def neutral(role: str, layout: PixelLayout) -> int:
    """Middle grey: says nothing of what is beneath."""
    low, high = limits(role, layout)
    return 128 * unit(layout) if role == "chroma" else (low + high + 1) // 2


def native(samples: np.ndarray) -> np.ndarray:
    """What OpenCV can take: this machine's byte order, neighbours side by side. A copy only where it is not so."""
    if samples.dtype.isnative and samples.strides[-1] == samples.itemsize:
        return samples
    return np.ascontiguousarray(samples, dtype=samples.dtype.newbyteorder("="))
