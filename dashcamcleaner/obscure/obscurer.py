"""The painter: regions of a frame, one after the other, in the frame's own planes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import cv2
import numpy as np

from dashcamcleaner.core.frame import Frame, Orientation, PixelLayout
from dashcamcleaner.core.plan import WHOLE_FRAME, Region
from dashcamcleaner.core.shapes import DEFAULT_SHAPES, SHAPES, shape_of
from dashcamcleaner.core.styles import GAUSSIAN, MOSAIC, PICTURE, STYLES
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.obscure.masks import RegionFootprint, block_mask, footprint, stored_box
from dashcamcleaner.obscure.overlay import fit_picture, read_picture
from dashcamcleaner.obscure.planes import PlaneView, native, neutral, plane_views, top
from dashcamcleaner.obscure.tones import Tones, blocks, cells_of, smooth

__all__ = ["Obscurer"]

STRENGTHS = (1, 6)

_CACHE_BYTES = 24 << 20
"""For masks, and as much again for fitted pictures."""


class Obscurer:
    """Hides regions in frames. One instance serves one clip (it remembers objects and masks), in one thread.

    Args:
        style: how regions look: gaussian, mosaic, solid or picture.
        strength: 1-6; the long side of a region is told by ``7 - strength`` cells. Only for gaussian and mosaic.
        feather: width of the soft edge outside of a region, as a fraction of its short side.
        shapes: shape per kind; a kind not named is a box.
        picture: file with the picture for the style ``picture``.
        square_px: least side of a mosaic's squares, pixels.
        secret: seeds the tints that keep averages from being compared; None: taken from the hidden pixels themselves
            (their noise), so that equal runs give equal clips and nobody who lacks the source knows it.

    Raises:
        SettingError: an unknown style or shape, a strength or feather out of range, a picture that cannot be read.
    """

    def __init__(
        self,
        *,
        style: str = GAUSSIAN,
        strength: int = 3,
        feather: float = 0.2,
        shapes: Mapping[str, str] = DEFAULT_SHAPES,
        picture: Path | None = None,
        square_px: int = 0,
        secret: bytes | None = None,
    ) -> None:
        if style not in STYLES:
            raise SettingError(
                msg("there is no style {style}.", style=repr(style)),
                hint=msg("Styles are {styles}.", styles=", ".join(STYLES)),
            )
        if not STRENGTHS[0] <= strength <= STRENGTHS[1]:
            raise SettingError(
                msg(
                    "strength is {strength}, but goes from {strengths} to {strengths2}.",
                    strength=strength,
                    strengths=STRENGTHS[0],
                    strengths2=STRENGTHS[1],
                )
            )
        if not 0 <= feather <= 1:
            raise SettingError(msg("feather is {feather}, but goes from 0 to 1.", feather=feather))
        for kind, shape in shapes.items():
            if shape not in SHAPES:
                raise SettingError(
                    msg("there is no shape {shape} (for {kind}).", shape=repr(shape), kind=kind),
                    hint=msg("Shapes are {shapes}.", shapes=", ".join(SHAPES)),
                )
        self._style = style
        self._cells = 7 - strength
        self._square_px = square_px
        self._feather = feather
        self._shapes = dict(shapes)
        self._masks: _Cache[dict[tuple[int, int], _Mask]] = _Cache()
        self._tones = Tones(secret)
        self._picture = read_picture(picture) if style == PICTURE else None
        self._fitted: _Cache[list[np.ndarray]] = _Cache()

    def obscure(self, frame: Frame, regions: Sequence[Region]) -> None:
        """Hide all regions in the frame's planes. A frame without regions is not touched, nor copied.

        Regions that overlap are painted one over the other: a later one averages what an earlier one painted, and no
        edge of one is ever laid over the inside of another with what was beneath.

        Raises:
            DashcamCleanerError: a region's box is not numbers, or is turned inside out.
        """
        if not regions:
            return
        layout, orientation = frame.layout, frame.orientation
        block = (1 << layout.chroma_shift[0], 1 << layout.chroma_shift[1])
        places: list[tuple[Region, RegionFootprint]] = []
        for region in regions:  # all are checked before the first is painted
            box = stored_box(region, upright_size=frame.upright_size, orientation=orientation)
            whole = region.kind == WHOLE_FRAME
            place = footprint(
                box,
                size=frame.size,
                shape=shape_of(region, self._shapes),
                feather=0.0 if whole else self._feather,
                block=block,
            )
            if place is not None:
                places.append((region, place))
        if not places:
            return
        channels = plane_views(frame.make_writable(), layout)
        for region, place in places:
            self._paint(region, place, channels, layout, orientation, frame.size)

    def _paint(
        self,
        region: Region,
        place: RegionFootprint,
        channels: list[PlaneView],
        layout: PixelLayout,
        orientation: Orientation,
        size: tuple[int, int],
    ) -> None:
        dtype = np.dtype(np.uint8 if layout.depth == 8 else np.uint16)
        masks = self._masks.get((place.mask_key, dtype), lambda: _masks(place, dtype=dtype))
        pictures: list[np.ndarray] | None = None
        if (picture := self._picture) is not None:
            pictures = self._fitted.get(
                (place.mask_key, layout, orientation),
                lambda: fit_picture(picture, place, layout, orientation, size),
            )
        cells = cells_of(place, cells=self._cells, least_px=self._square_px)
        tones: np.ndarray | None = None
        if cells is not None and self._style in (GAUSSIAN, MOSAIC):
            tones = self._tones.of(region, place, cells, channels, layout)
        for channel in channels:
            x1, y1, x2, y2 = channel.window(place.window)
            target = channel.samples[y1:y2, x1:x2]
            if channel.role == "alpha":
                paint = np.full(target.shape, top(layout), target.dtype)
            elif pictures is not None:
                paint = pictures[channel.number]
            elif tones is None:  # solid; or nothing of the region itself is in the picture, only its edge
                paint = np.full(target.shape, neutral(channel.role, layout), target.dtype)
            else:
                inside = channel.window(place.inside)
                grid = (inside[0] - x1, inside[1] - y1, inside[2] - x1, inside[3] - y1)
                spread = smooth if self._style == GAUSSIAN else blocks
                paint = spread(tones[channel.number], grid=grid, size=(x2 - x1, y2 - y1))
            _blend(target, paint, masks[channel.shift])


@dataclass(frozen=True, slots=True, eq=False)
class _Mask:
    """How much of the paint and how much of the picture remains, in 1/255."""

    paint: np.ndarray
    picture: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.paint.nbytes + self.picture.nbytes


def _masks(place: RegionFootprint, *, dtype: np.dtype) -> dict[tuple[int, int], _Mask]:
    """Masks by chroma shift: for luma (no shift) and for chroma, as samples of `dtype`."""
    x1, y1, x2, y2 = place.window
    bw, bh = place.block
    coarse = block_mask(place).astype(dtype)
    masks = {(bw.bit_length() - 1, bh.bit_length() - 1): _Mask(coarse, 255 - coarse)}
    if place.block != (1, 1):
        luma = np.ascontiguousarray(coarse.repeat(bh, axis=0).repeat(bw, axis=1)[: y2 - y1, : x2 - x1])
        masks[(0, 0)] = _Mask(luma, 255 - luma)
    return masks


_Kept = TypeVar("_Kept", dict[tuple[int, int], _Mask], list[np.ndarray])


class _Cache(Generic[_Kept]):
    """What depends on sizes alone, the latest used, within a number of bytes: making it costs more than painting."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], tuple[_Kept, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[object, ...], make: Callable[[], _Kept]) -> _Kept:
        """The value of a key, made when it is not there."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found[0]
        value = make()
        size = sum(part.nbytes for part in (value.values() if isinstance(value, dict) else value))
        self._kept[key] = (value, size)
        self._bytes += size
        while self._bytes > _CACHE_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1][1]
        return value


def _blend(target: np.ndarray, paint: np.ndarray, mask: _Mask) -> None:
    """Lay the paint over the target.

    Where the mask is 255 nothing of the target remains, where it is 0 nothing of the paint: one of the two products is
    zero and the other the sample itself.
    """
    beneath = cv2.multiply(native(target), mask.picture, scale=1 / 255)
    target[...] = cv2.add(cv2.multiply(paint, mask.paint, scale=1 / 255), beneath)
