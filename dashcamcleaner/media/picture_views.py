"""What viewers make of a picture's samples: over a white and a black page, and by its colour profile.

The samples alone do not tell what people see. Opacity can hold a face that the colours lack, a profile can make one of
what looks like noise, and of 16-bit samples all may lie in a part of the range that a profile or a mark spreads out. A
detector has to look at each of them; ordinary pictures have no further view, and cost no further look.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from PIL import Image, ImageCms

from dashcamcleaner.core.frame import PixelLayout

__all__ = ["View", "eight_bits", "further_views", "in_colour"]

View = Callable[[tuple[int, int]], np.ndarray]
"""``view((width, height)) -> (h, w, 3)`` uint8 RGB, upright, as `core.frame.Frame.scale`."""

_SAMPLED_PX = 512
_MOST_CHANGE = 32
"""Of 255: profiles of cameras and screens change nothing by more, but for the purest colours."""
_DARK = 1 / 8
"""The part of the range of 16-bit samples, up to which a picture is looked at spread out as well."""


def further_views(planes: Sequence[np.ndarray], layout: PixelLayout, *, icc: bytes | None = None) -> tuple[View, ...]:
    """How a picture is shown where that is not what its samples alone show.

    Args:
        planes: ``(h, w)`` each, all of one size, uint8 or uint16; a view shows them as they are when it is asked for.
        layout: how to read them.
        icc: the colour profile that the file holds.
    """
    full = 255 if layout.depth == 8 else 65535
    views: list[View] = []
    if layout.alpha and int(planes[-1].min()) < full:
        views += [lambda size: _over(planes, size, full=full, white=True)]
        views += [lambda size: _over(planes, size, full=full, white=False)]
    if full > 255 and 0 < max(int(plane.max()) for plane in planes[:3]) <= full * _DARK:
        views.append(lambda size: _spread(planes, size))
    if icc and full == 255 and (transform := _changing(planes, layout, icc)) is not None:
        views.append(lambda size: _scaled(transform(in_colour(planes, layout)), size))
    return tuple(views)


def _over(planes: Sequence[np.ndarray], size: tuple[int, int], *, full: int, white: bool) -> np.ndarray:
    alpha, shown = planes[-1], []
    for plane in planes[:-1]:
        mixed = cv2.multiply(plane, alpha, scale=1 / full)
        if white:
            mixed = cv2.add(mixed, full - alpha)
        shown.append(eight_bits(_scaled(mixed, size)))
    return np.stack(shown, axis=2)


def _spread(planes: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    brightest = max(int(plane.max()) for plane in planes[:3])
    small = [cv2.convertScaleAbs(_scaled(plane, size), alpha=255 / max(brightest, 1)) for plane in planes[:3]]
    return np.stack(small * 3 if len(small) < 3 else small, axis=2)


def _changing(
    planes: Sequence[np.ndarray], layout: PixelLayout, icc: bytes
) -> Callable[[np.ndarray], np.ndarray] | None:
    """From samples to what a common screen shows by the profile; None where that is nearly the same."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        made = ImageCms.buildTransform(
            profile, ImageCms.createProfile("sRGB"), "L" if len(planes) < 3 else "RGB", "RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # viewers pass over what they cannot read
        return None

    def transform(colours: np.ndarray) -> np.ndarray:
        shown = ImageCms.applyTransform(Image.fromarray(colours), made)
        assert shown is not None
        return np.asarray(shown)

    height, width = planes[0].shape
    step = max(1, max(height, width) // _SAMPLED_PX)
    some = in_colour([plane[::step, ::step] for plane in planes], layout)
    before = some if some.ndim == 3 else np.stack([some] * 3, axis=2)
    return transform if int(cv2.absdiff(before, transform(some)).max()) > _MOST_CHANGE else None


def in_colour(planes: Sequence[np.ndarray], layout: PixelLayout) -> np.ndarray:
    """Planes of eight bits as one picture: ``(h, w, 3)`` RGB, or ``(h, w)`` of a grey picture."""
    if len(planes) < 3:
        return np.ascontiguousarray(planes[0])
    if layout.rgb:
        return np.stack(planes[:3], axis=2)
    y, cb, cr = planes
    return cv2.cvtColor(np.stack([y, cr, cb], axis=2), cv2.COLOR_YCrCb2RGB)


def _scaled(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def eight_bits(picture: np.ndarray) -> np.ndarray:
    """Samples of eight or sixteen bits as uint8."""
    return picture if picture.dtype == np.uint8 else (picture // 256).astype(np.uint8)
