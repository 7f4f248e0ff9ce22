"""Shapes: which pixels a region covers, as integers and masks. numpy only.

In comes a region's box, out come the rectangle that is touched and a mask over it: 255 where the picture is hidden
wholly, less in the feathered edge outside. `obscure.obscurer` paints with it, the mask export and the leak benchmark
measure with it: one definition of "covered" for all.

The rules, each on the side of privacy:

- A box grows outward to whole chroma blocks, so that no colour sample at its edge mixes hidden and shown pixels.
- The ellipse is a superellipse that touches the box's sides (`core.shapes`): planners grow boxes far enough that the
  object itself, its chin and temples, lies within. A box that is 1.26 times as large as its object holds the object's
  corners, too. It belongs to the whole box even where the picture's edge cuts it. What a person drew is hidden as it
  was drawn, corners and all.
- The feathered edge lies outside of the shape and never weakens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dashcamcleaner.core.boxes import FARTHEST_PX
from dashcamcleaner.core.frame import Orientation
from dashcamcleaner.core.plan import WHOLE_FRAME, Region
from dashcamcleaner.core.shapes import BOX, DEFAULT_SHAPES, ELLIPSE, cubed, shape_of
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.messages import msg

__all__ = ["RegionFootprint", "block_mask", "footprint", "footprint_mask", "region_mask", "stored_box"]

_FEATHER_PX = (2, 64)
"""Bounds of the feathered edge: thinner is invisible and left out, wider blurs the street instead of the face."""


@dataclass(frozen=True, slots=True)
class RegionFootprint:
    """Where one region touches a picture, in stored luma pixels.

    Args:
        box: the region, integers, grown to whole chroma blocks; may reach past the picture.
        inside: the part of `box` within the picture, from which colours are averaged. May be empty (x1 >= x2).
        window: the rectangle that is touched: shape and feathered edge, within the picture.
        shape: `BOX` or `ELLIPSE`.
        feather_px: width of the feathered edge outside of the shape.
        block: size of a chroma block in luma pixels.
    """

    box: tuple[int, int, int, int]
    inside: tuple[int, int, int, int]
    window: tuple[int, int, int, int]
    shape: str
    feather_px: int
    block: tuple[int, int]

    @property
    def mask_key(self) -> tuple[object, ...]:
        """Equal keys have equal masks: a mask depends on sizes, not on where in the picture it lies."""
        x1, y1, x2, y2 = self.box
        wx1, wy1, wx2, wy2 = self.window
        return (
            self.shape,
            x2 - x1,
            y2 - y1,
            self.feather_px,
            wx1 - x1,
            wy1 - y1,
            wx2 - wx1,
            wy2 - wy1,
            self.block,
        )


def stored_box(
    region: Region, *, upright_size: tuple[int, int], orientation: Orientation
) -> tuple[float, float, float, float]:
    """A region's box in stored pixels; a `WHOLE_FRAME` region is the whole picture, whatever its box says.

    Raises:
        DashcamCleanerError: the box is not finite or turned inside out: what cannot be placed cannot be hidden.
    """
    x1, y1, x2, y2 = (0.0, 0.0, *map(float, upright_size)) if region.kind == WHOLE_FRAME else region.xyxy
    if not (np.isfinite((x1, y1, x2, y2)).all() and x1 <= x2 and y1 <= y2):
        raise DashcamCleanerError(
            msg(
                "a region ({kind}, {origin}) has the box {value}, which cannot be hidden.",
                kind=region.kind,
                origin=region.origin,
                value=(x1, y1, x2, y2),
            )
        )
    # In numbers with which masks can be reckoned: a box of 1e200 pixels hides the picture, not nothing.
    x1, y1, x2, y2 = (min(max(value, -FARTHEST_PX), FARTHEST_PX) for value in (x1, y1, x2, y2))
    if orientation.is_identity:
        return (x1, y1, x2, y2)
    x1, y1, x2, y2 = orientation.boxes_to_stored(np.array([x1, y1, x2, y2]), upright_size=upright_size)[0].tolist()
    return (x1, y1, x2, y2)


def footprint(
    xyxy: tuple[float, float, float, float],
    *,
    size: tuple[int, int],
    shape: str = BOX,
    feather: float = 0.0,
    block: tuple[int, int] = (2, 2),
) -> RegionFootprint | None:
    """What a box touches in a picture of `size` (width, height); None when it lies wholly outside.

    Args:
        xyxy: finite, stored pixels; may be empty, sub-pixel, or reach past the picture.
        size: ``(width, height)`` stored.
        shape: `BOX` or `ELLIPSE`.
        feather: width of the feathered edge as a fraction of the box's short side; 0 for none.
        block: chroma block in luma pixels; edges fall on its multiples.
    """
    left, right = _outward(xyxy[0], xyxy[2], block=block[0])
    top, bottom = _outward(xyxy[1], xyxy[3], block=block[1])
    feather_px = 0
    if feather > 0:
        low, high = _FEATHER_PX
        feather_px = int(min(round(feather * min(right - left, bottom - top)), high))
        feather_px = feather_px if feather_px >= low else 0
    x1, x2 = _within(left - feather_px, right + feather_px, block=block[0], limit=size[0])
    y1, y2 = _within(top - feather_px, bottom + feather_px, block=block[1], limit=size[1])
    if x1 >= x2 or y1 >= y2:
        return None
    return RegionFootprint(
        box=(left, top, right, bottom),
        inside=(max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])),
        window=(x1, y1, x2, y2),
        shape=shape,
        feather_px=feather_px,
        block=block,
    )


def footprint_mask(place: RegionFootprint) -> np.ndarray:
    """``(h, w)`` uint8 over the footprint's window: 255 hidden wholly, 1-254 feathered edge, 0 untouched."""
    bw, bh = place.block
    x1, y1, x2, y2 = place.window
    return block_mask(place).repeat(bh, axis=0).repeat(bw, axis=1)[: y2 - y1, : x2 - x1]


def block_mask(place: RegionFootprint) -> np.ndarray:
    """The same mask with one value per chroma block, which is how it is made: a block is hidden as a whole."""
    bw, bh = place.block
    x1, y1, x2, y2 = place.window
    left, top, right, bottom = place.box
    half_w, half_h = np.float32((right - left) / 2), np.float32((bottom - top) / 2)
    across = np.abs(np.arange(x1, x2, bw, dtype=np.float32) + np.float32(bw / 2 - (left + right) / 2))
    down = np.abs(np.arange(y1, y2, bh, dtype=np.float32) + np.float32(bh / 2 - (top + bottom) / 2))[:, None]
    if place.shape == ELLIPSE:
        a, b = half_w, half_h
        # A block belongs to the shape when its nearest corner does: errors on the side of privacy.
        hidden = cubed(np.maximum(across - bw / 2, 0) / a) + cubed(np.maximum(down - bh / 2, 0) / b) < 1
        radius = np.cbrt(cubed(across / a) + cubed(down / b))
        distance = np.hypot(across, down) * (1 - 1 / np.maximum(radius, 1))
    else:
        beyond_x, beyond_y = np.maximum(across - half_w, 0), np.maximum(down - half_h, 0)
        hidden = (beyond_x == 0) & (beyond_y == 0)
        distance = np.hypot(beyond_x, beyond_y)
    if not place.feather_px:
        return hidden.astype(np.uint8) * np.uint8(255)
    ramp = np.maximum(1 - distance / np.float32(place.feather_px), 0)
    edge = (254 * ramp * ramp * (3 - 2 * ramp)).astype(np.uint8)
    edge[hidden] = 255
    return edge


def region_mask(
    region: Region,
    *,
    upright_size: tuple[int, int],
    shapes: Mapping[str, str] = DEFAULT_SHAPES,
    orientation: Orientation = Orientation(),  # noqa: B008 - frozen
    block: tuple[int, int] = (2, 2),
    feather: float = 0.0,
) -> tuple[int, int, np.ndarray]:
    """The pixels that a region hides, as ``(x, y, mask)``.

    Args:
        region: the region as planned, upright pixels.
        upright_size: ``(width, height)`` of the upright picture.
        shapes: shape per kind.
        orientation: the orientation of the clip, to grow to the very chroma blocks that are painted.
        block: chroma block in luma pixels, ``(2, 2)`` for 4:2:0.
        feather: width of the soft edge, as a fraction of the region's short side; 0 leaves it out.

    Returns:
        Left and top edge in the upright picture, and a uint8 mask: 255 where the picture is hidden wholly, less in the
        soft edge; an empty mask (0, 0) when the region lies wholly outside.
    """
    size = orientation.upright_size(upright_size)  # turning back by the same quarter turns gives the stored size
    box = stored_box(region, upright_size=upright_size, orientation=orientation)
    shape = shape_of(region, shapes)
    place = footprint(box, size=size, shape=shape, block=block, feather=0.0 if region.kind == WHOLE_FRAME else feather)
    if place is None:
        return 0, 0, np.zeros((0, 0), np.uint8)
    x1, y1, x2, y2 = place.window
    mask = orientation.upright(footprint_mask(place))
    if orientation.mirrored:
        x1, x2 = size[0] - x2, size[0] - x1
    w, h = size
    for _ in range(orientation.quarter_turns % 4):  # each step turns the window clockwise by a quarter
        x1, y1, x2, y2 = h - y2, x1, h - y1, x2
        w, h = h, w
    return x1, y1, mask


def _outward(start: float, end: float, *, block: int) -> tuple[int, int]:
    """An interval grown to whole blocks, at least one, its length on a coarse scale so that masks are met again."""
    low = int(np.floor(start / block)) * block
    high = max(int(np.ceil(end / block)) * block, low + block)
    coarse = block * (1 if high - low < 64 else 2 if high - low < 256 else 4)
    missing = -(high - low) % coarse
    low -= missing // block // 2 * block
    high += missing - missing // block // 2 * block
    return low, high


def _within(start: int, end: int, *, block: int, limit: int) -> tuple[int, int]:
    """An interval grown to whole blocks, then cut to the picture."""
    return max(start // block * block, 0), min(-(-end // block) * block, limit)
