"""Frame + regions -> the same frame, with every region hidden beyond recovery. Called by `run`, once per frame.

Painting happens in the frame's own planes: stored orientation, native depth, range and chroma subsampling. Only the
rectangles concerned are touched; every other sample stays bit for bit. Where a mask is full, what is painted depends
on a few colour averages only (or on nothing at all), never on the sharp samples beneath.

Why so few, so coarse averages. A Gaussian blur is a linear map and is undone, at least in part, by deconvolution, and
networks recognise people and characters behind blur and mosaic (McPherson, Shokri, Shmatikov, "Defeating Image
Obfuscation with Deep Learning", arXiv 1609.00408). Mosaics of text fall to comparing with the mosaics of known text
(Hill et al., "On the (In)effectiveness of Mosaicing and Blurring as Tools for Document Redaction", PoPETs 2016;
Bishop Fox's Unredacter; Depix), and clips give the attacker many shifted samples of one object, the very input of
multi-frame super-resolution (Park, Park, Kang, IEEE Signal Processing Magazine 20(3), 2003). Hence:

- the whole region is told by at most 6 x 6 cells, and by 1 at full strength; no cell is smaller than 4 pixels;
- the grid is anchored to the region, which moves with the object, not to the picture: neighbouring frames then sample
  the object at nearly the same places, and fusing them yields little new;
- the averages are rounded to few levels (`_LEVELS_*`), which takes away the small differences from shift to shift
  that fusing lives on;
- the look (soft or blocks) is made from the rounded cells alone.

What is left can still tell apart a few *known* candidates under laboratory conditions: ``benchmarks/attack.py``
prints how often. Who must rule that out takes the style ``solid``, which carries nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from dashcamcleaner.core.media import Frame, Orientation, PixelLayout
from dashcamcleaner.core.plan import WHOLE_FRAME, Region
from dashcamcleaner.core.shapes import (
    BOX,
    DEFAULT_SHAPES,
    ELLIPSE,
    REACH,
    SHAPES,
    Cover,
    block_mask,
    cover,
    region_mask,
    stored_box,
)
from dashcamcleaner.errors import SettingError

__all__ = ["GAUSSIAN", "MOSAIC", "PICTURE", "SOLID", "STYLES", "Obscurer", "cells_of", "region_mask"]

GAUSSIAN = "gaussian"
MOSAIC = "mosaic"
SOLID = "solid"
PICTURE = "picture"
STYLES = (GAUSSIAN, MOSAIC, SOLID, PICTURE)

STRENGTHS = (1, 6)

_MIN_CELL_PX = 4
"""Without it the cells of a tiny region would be its very pixels."""

_LEVELS_LUMA = 16
_LEVELS_CHROMA = 32
"""Levels over the whole code range to which averages are rounded. Colour carries about half the contrast of ink on
paper that brightness does, and rounding it as coarsely tints grey streets."""

_NODES = 24
"""Knots of the soft look on the long side: between them linear interpolation cannot be told from the smooth curve."""

_MASK_CACHE_BYTES = 24 << 20


@dataclass(frozen=True, slots=True)
class _Channel:
    """One kind of sample as a plane of its own: a view into the frame."""

    samples: np.ndarray
    role: str  # luma, chroma, rgb or alpha
    shift: tuple[int, int]
    number: int  # of the colour within its picture: Y U V or R G B

    def window(self, rect: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """A rectangle of luma pixels in this channel's samples, grown to whole ones."""
        sx, sy = self.shift
        return rect[0] >> sx, rect[1] >> sy, -(-rect[2] >> sx), -(-rect[3] >> sy)


class Obscurer:
    """Hides regions in frames. One instance serves one clip (it caches masks by size); not shared between threads.

    Args:
        style: how regions look: gaussian, mosaic, solid or picture.
        strength: 1-6; the long side of a region is told by ``7 - strength`` cells. Only for gaussian and mosaic.
        feather: width of the soft edge outside of a region, as a fraction of its short side.
        shapes: shape per kind; a kind not named is a box.
        picture: file with the picture for the style ``picture``.

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
    ) -> None:
        if style not in STYLES:
            raise SettingError(f"there is no style {style!r}", hint=f"Styles are {', '.join(STYLES)}.")
        if not STRENGTHS[0] <= strength <= STRENGTHS[1]:
            raise SettingError(f"strength is {strength}, but goes from {STRENGTHS[0]} to {STRENGTHS[1]}")
        if not 0 <= feather <= 1:
            raise SettingError(f"feather is {feather}, but goes from 0 to 1")
        for kind, shape in shapes.items():
            if shape not in SHAPES:
                raise SettingError(f"there is no shape {shape!r} (for {kind})", hint=f"Shapes are {', '.join(SHAPES)}.")
        self._style = style
        self._cells = 7 - strength
        self._feather = feather
        self._shapes = dict(shapes)
        self._masks = _Masks()
        self._picture = _read_picture(picture) if style == PICTURE else None
        self._fitted: OrderedDict[tuple[object, ...], list[np.ndarray]] = OrderedDict()

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
        places = []
        for region in regions:  # all are checked before the first is painted
            box = stored_box(region, upright_size=frame.upright_size, orientation=orientation)
            whole = region.kind == WHOLE_FRAME
            place = cover(
                box,
                size=frame.size,
                shape=BOX if whole else self._shapes.get(region.kind, BOX),
                feather=0.0 if whole else self._feather,
                block=block,
            )
            if place is not None:
                places.append(place)
        if not places:
            return
        channels = _channels(frame.make_writable(), layout)
        # Edges first, insides last: an edge laid after another region's inside would be harmless (it mixes paint into
        # paint), but an edge is only ever as smooth as what it was laid upon.
        for place in places:
            self._paint(place, channels, layout, orientation, frame.size)

    def _paint(
        self,
        place: Cover,
        channels: list[_Channel],
        layout: PixelLayout,
        orientation: Orientation,
        size: tuple[int, int],
    ) -> None:
        masks = self._masks.of(place, dtype=np.dtype(np.uint8 if layout.depth == 8 else np.uint16))
        pictures = self._fitted_picture(place, layout, orientation, size) if self._style == PICTURE else None
        cells = cells_of(place, cells=self._cells)
        for channel in channels:
            x1, y1, x2, y2 = channel.window(place.window)
            target = channel.samples[y1:y2, x1:x2]
            if channel.role == "alpha":
                paint = np.full(target.shape, _top(layout), target.dtype)
            elif pictures is not None:
                paint = pictures[channel.number]
            elif self._style == SOLID or cells is None:
                paint = np.full(target.shape, _neutral(channel.role, layout), target.dtype)
            else:
                inside = channel.window(place.inside)
                values = _averages(channel.samples, inside, cells=cells, role=channel.role, layout=layout)
                grid = (inside[0] - x1, inside[1] - y1, inside[2] - x1, inside[3] - y1)
                spread = _smooth if self._style == GAUSSIAN else _blocks
                paint = spread(values, grid=grid, size=(x2 - x1, y2 - y1))
            _blend(target, paint, masks[channel.shift])

    def _fitted_picture(
        self, place: Cover, layout: PixelLayout, orientation: Orientation, size: tuple[int, int]
    ) -> list[np.ndarray]:
        """The own picture over the place's window: one array of samples per colour channel."""
        assert self._picture is not None
        key = (place.mask_key, layout, orientation)
        fitted = self._fitted.get(key)
        if fitted is None:
            fitted = self._fitted[key] = _fit_picture(self._picture, place, layout, orientation, size)
            if len(self._fitted) > 32:
                self._fitted.popitem(last=False)
        return fitted


class _Masks:
    """Masks by chroma shift, cached by size: building one costs more than painting with it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], dict[tuple[int, int], _Mask]] = OrderedDict()
        self._bytes = 0

    def of(self, place: Cover, *, dtype: np.dtype) -> dict[tuple[int, int], _Mask]:
        """Masks for luma (no shift) and for chroma, as samples of `dtype`."""
        key = (place.mask_key, dtype)
        masks = self._kept.get(key)
        if masks is not None:
            self._kept.move_to_end(key)
            return masks
        x1, y1, x2, y2 = place.window
        bw, bh = place.block
        blocks = block_mask(place).astype(dtype)
        masks = {(bw.bit_length() - 1, bh.bit_length() - 1): _Mask(blocks, 255 - blocks)}
        if place.block != (1, 1):
            luma = np.ascontiguousarray(blocks.repeat(bh, axis=0).repeat(bw, axis=1)[: y2 - y1, : x2 - x1])
            masks[(0, 0)] = _Mask(luma, 255 - luma)
        self._kept[key] = masks
        self._bytes += _bytes(masks)
        while self._bytes > _MASK_CACHE_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= _bytes(dropped)
        return masks


@dataclass(frozen=True, slots=True, eq=False)
class _Mask:
    """How much of the paint and how much of the picture remains, in 1/255."""

    paint: np.ndarray
    picture: np.ndarray


def _bytes(masks: Mapping[tuple[int, int], _Mask]) -> int:
    return sum(mask.paint.nbytes + mask.picture.nbytes for mask in masks.values())


def cells_of(place: Cover, *, cells: int) -> tuple[int, int] | None:
    """How many cells ``(across, down)`` tell the visible part of a region; None when nothing of it is visible.

    The cell's size follows from the whole region, so that a region half outside of the picture is not told finer.
    """
    left, top, right, bottom = place.box
    x1, y1, x2, y2 = place.inside
    if x1 >= x2 or y1 >= y2:
        return None
    cell_px = max(max(right - left, bottom - top) / cells, _MIN_CELL_PX)
    return max(int((x2 - x1) / cell_px), 1), max(int((y2 - y1) / cell_px), 1)


def _channels(planes: Sequence[np.ndarray], layout: PixelLayout) -> list[_Channel]:
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
        channels.append(_Channel(samples, role, shift, number))
    return channels


def _unit(layout: PixelLayout) -> int:
    """The code distance of one step of 8-bit depth. P010 and its kin keep their bits at the top of the word."""
    if layout.depth == 8:
        return 1
    return 256 if layout.name.startswith(("p0", "p2", "p4")) else 1 << (layout.depth - 8)


def _top(layout: PixelLayout) -> int:
    return 256 * _unit(layout) - 1


def _limits(role: str, layout: PixelLayout) -> tuple[int, int]:
    """Smallest and largest code that a painted sample may take."""
    unit = _unit(layout)
    if layout.full_range or layout.rgb:
        return 0, _top(layout)
    return 16 * unit, (235 if role == "luma" else 240) * unit


def _neutral(role: str, layout: PixelLayout) -> int:
    """Middle grey: says nothing of what is beneath."""
    low, high = _limits(role, layout)
    return 128 * _unit(layout) if role == "chroma" else (low + high + 1) // 2


def _averages(
    samples: np.ndarray,
    inside: tuple[int, int, int, int],
    *,
    cells: tuple[int, int],
    role: str,
    layout: PixelLayout,
) -> np.ndarray:
    """The rounded colour averages of the cells: all that is ever taken from what is hidden."""
    x1, y1, x2, y2 = inside
    cols, rows = min(cells[0], x2 - x1), min(cells[1], y2 - y1)
    # Cells of equal whole size: OpenCV averages those seven times as fast. The few samples over are left out evenly.
    w, h = (x2 - x1) // cols * cols, (y2 - y1) // rows * rows
    x1, y1 = x1 + (x2 - x1 - w) // 2, y1 + (y2 - y1 - h) // 2
    crop = _native(samples[y1 : y1 + h, x1 : x1 + w])
    values = cv2.resize(crop, (cols, rows), interpolation=cv2.INTER_AREA).reshape(rows, cols)
    return _rounding(role, layout)[values]


@lru_cache(maxsize=16)
def _rounding(role: str, layout: PixelLayout) -> np.ndarray:
    """The level of every code: to the nearest one, so that neutral colour stays neutral."""
    unit = _unit(layout)
    step = 256 * unit // (_LEVELS_CHROMA if role == "chroma" else _LEVELS_LUMA)
    low, high = _limits(role, layout)
    codes = np.arange(256 if layout.depth == 8 else 65536)
    dtype = np.uint8 if layout.depth == 8 else np.uint16
    return np.clip((codes + step // 2) // step * step, low, high).astype(dtype)


def _smooth(values: np.ndarray, *, grid: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
    """Cells as a soft surface over a window of ``size``: Gaussian weights about the cells' centres."""
    w, h = size
    rows, cols = values.shape
    if rows == cols == 1:
        return np.full((h, w), values[0, 0], values.dtype)
    across = _soft_weights(w, grid[0], grid[2], cols)
    down = _soft_weights(h, grid[1], grid[3], rows)
    nodes = down @ values.astype(np.float32) @ across.T
    return cv2.resize(np.rint(nodes).astype(values.dtype), (w, h), interpolation=cv2.INTER_LINEAR)


def _blocks(values: np.ndarray, *, grid: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
    """Cells as hard-edged blocks over a window of ``size``."""
    w, h = size
    rows, cols = values.shape
    return values.take(_nearest(w, grid[0], grid[2], cols), axis=1).take(_nearest(h, grid[1], grid[3], rows), axis=0)


@lru_cache(maxsize=512)
def _soft_weights(length: int, start: int, end: int, cells: int) -> np.ndarray:
    """``(knots, cells)`` weights that sum to 1 for each knot: a window of `length` with the cells in start-end."""
    knots = min(length, _NODES)
    at = (np.arange(knots) + 0.5) * length / knots
    cell_px = (end - start) / cells
    centre = start + (np.arange(cells) + 0.5) * cell_px
    # Knots beyond the outermost centres repeat the nearest cell; measured from there the weights cannot underflow.
    at = np.clip(at, centre[0], centre[-1])
    weights = np.exp(-0.5 * ((at[:, None] - centre) / (0.7 * cell_px)) ** 2)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


@lru_cache(maxsize=512)
def _nearest(length: int, start: int, end: int, cells: int) -> np.ndarray:
    at = (np.arange(length) + 0.5 - start) * cells / (end - start)
    return np.clip(np.floor(at).astype(np.intp), 0, cells - 1)


def _native(samples: np.ndarray) -> np.ndarray:
    """Contiguous, in this machine's byte order: what OpenCV can take."""
    return np.ascontiguousarray(samples, dtype=samples.dtype.newbyteorder("="))


def _blend(target: np.ndarray, paint: np.ndarray, mask: _Mask) -> None:
    """Lay the paint over the target. Where the mask is 255 nothing of the target remains, where it is 0 nothing of the
    paint: one of the two products is zero and the other the sample itself."""
    beneath = cv2.multiply(_native(target), mask.picture, scale=1 / 255)
    target[...] = cv2.add(cv2.multiply(paint, mask.paint, scale=1 / 255), beneath)


def _read_picture(path: Path | None) -> np.ndarray:
    """RGBA float32 in 0-1, upright."""
    if path is None:
        raise SettingError("the style picture needs a picture", hint="Name one with --picture FILE.")
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise SettingError(f"the picture {path} cannot be read ({error.strerror or error})") from error
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if picture is None:
        raise SettingError(f"{path} is no picture that can be read", hint="Take a PNG, JPEG or WebP.")
    scaled = picture.astype(np.float32) / (65535 if picture.dtype == np.uint16 else 255)
    if scaled.ndim == 2:
        scaled = np.repeat(scaled[..., None], 3, axis=2)
    alpha = scaled[..., 3:4] if scaled.shape[2] == 4 else np.ones((*scaled.shape[:2], 1), np.float32)
    return np.concatenate([scaled[..., 2::-1], alpha], axis=2)


def _fit_picture(
    picture: np.ndarray, place: Cover, layout: PixelLayout, orientation: Orientation, size: tuple[int, int]
) -> list[np.ndarray]:
    """The picture, undistorted, as large as fits the region's shape; the solid colour beneath and around it."""
    x1, y1, x2, y2 = place.window
    left, top, right, bottom = place.box
    reach = (
        REACH if place.shape == ELLIPSE else 1.0
    )  # an ellipse is wider than its box: fill it, even if corners are cut
    box_w, box_h = orientation.upright_size((right - left, bottom - top))
    box_w, box_h = box_w * reach, box_h * reach
    scale = min(box_w / picture.shape[1], box_h / picture.shape[0])
    if scale < 1:
        fitted = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
        picture, scale = cv2.resize(picture, fitted, interpolation=cv2.INTER_AREA), 1.0
    stored = np.ascontiguousarray(orientation.stored(picture))
    # A picture enlarged over a region far larger than the frame is never built whole: only the window is.
    shift_x = (left + right - stored.shape[1] * scale) / 2 - x1 + (scale - 1) / 2
    shift_y = (top + bottom - stored.shape[0] * scale) / 2 - y1 + (scale - 1) / 2
    laid = cv2.warpAffine(
        stored, np.array([[scale, 0, shift_x], [0, scale, shift_y]]), (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR
    )
    canvas = 0.5 + (laid[..., :3] - 0.5) * laid[..., 3:]
    return _codes(canvas, layout, height=min(size))


def _codes(rgb: np.ndarray, layout: PixelLayout, *, height: int) -> list[np.ndarray]:
    """An RGB picture (float, 0-1) as samples of the frame's own layout, one array per colour channel."""
    dtype = np.uint8 if layout.depth == 8 else np.uint16
    if layout.rgb:
        return [np.rint(rgb[..., i] * _top(layout)).astype(dtype) for i in _rgb_order(layout)]
    # The frame does not tell its matrix; by custom it goes with the size. A wrong guess tints the own picture a little.
    kr, kb = (0.2126, 0.0722) if height >= 720 else (0.299, 0.114)
    luma = rgb @ np.array([kr, 1 - kr - kb, kb], np.float32)
    low, high = _limits("luma", layout)
    planes = [np.rint(low + luma * (high - low)).astype(dtype)]
    low, high = _limits("chroma", layout)
    middle = 128 * _unit(layout)
    sx, sy = layout.chroma_shift
    size = (-(-rgb.shape[1] >> sx), -(-rgb.shape[0] >> sy))
    for difference, k in ((rgb[..., 2] - luma, kb), (rgb[..., 0] - luma, kr)):
        small = cv2.resize(difference, size, interpolation=cv2.INTER_AREA) / (2 * (1 - k))
        planes.append(np.clip(np.rint(middle + small * (high - low)), low, high).astype(dtype))
    return planes


def _rgb_order(layout: PixelLayout) -> tuple[int, int, int]:
    """Which colour each channel holds; FFmpeg's planar RGB is stored green, blue, red."""
    if layout.name.startswith("gbr"):
        return (1, 2, 0)
    return (2, 1, 0) if layout.name.startswith("bgr") else (0, 1, 2)
