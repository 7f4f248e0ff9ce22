"""From what is hidden to the tones of a few cells, and from the tones to a surface: the whole of what can leak."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

from dashcamcleaner.core.frame import PixelLayout
from dashcamcleaner.core.plan import Region
from dashcamcleaner.obscure.masks import RegionFootprint
from dashcamcleaner.obscure.planes import PlaneView, limits, native, unit

__all__ = ["Tones", "blocks", "cells_of", "smooth"]

_MIN_CELL_PX = 4
"""Without it the cells of a tiny region would be its very pixels."""

_MOST_CELLS = 6
"""Along a side, at the least strength."""

_LEVELS_LUMA = 16
_LEVELS_CHROMA = 32
"""Levels over the whole code range to which averages are rounded. Colour carries about half the contrast of ink on
paper that brightness does, and rounding it as coarsely tints grey streets."""

_TINT = 1.5
_TINT_CHROMA = 0.5
"""Largest secret offset of a cell's tone, in steps; in colour so small that grey stays grey. Picking the right one of
20 known plates out of the six-cell mosaic, everything but the text known, went from 100 % to 40 % with an offset of
one step and to 10 % with one and a half (10 trials, 30 frames, plate 30 px high; chance is 5 %)."""

_STICKY = 0.75
"""A tone stays as it was shown until the average is this many steps away from it: where a level is crossed to and fro
tells the average far finer than the levels do, and it flickers."""

_MEMORIES = 512
"""Objects remembered at a time; who has not been seen for so many others starts anew."""

_NODES = 24
"""Knots of the soft look on the long side: between them linear interpolation cannot be told from the smooth curve."""


def cells_of(place: RegionFootprint, *, cells: int, least_px: int = 0) -> tuple[int, int] | None:
    """How many cells ``(across, down)`` tell the visible part of a region; None when nothing of it is visible.

    Args:
        place: where the region lies.
        cells: most cells along its long side.
        least_px: least side of a cell, pixels.

    The cell's size follows from the whole region, so that a region half outside of the picture is not told finer.
    """
    left, top, right, bottom = place.box
    x1, y1, x2, y2 = place.inside
    if x1 >= x2 or y1 >= y2:
        return None
    cell_px = max(max(right - left, bottom - top) / cells, _MIN_CELL_PX, least_px)
    return max(int((x2 - x1) / cell_px), 1), max(int((y2 - y1) / cell_px), 1)


@dataclass(slots=True, eq=False)
class _ObjectTones:
    """What is remembered of one object: its secret tints, and the tones last shown by grid."""

    tints: np.ndarray
    shown: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)


class Tones:
    """From what is hidden to the tones of the cells: all that is ever taken from it."""

    def __init__(self, secret: bytes | None) -> None:
        self._secret = secret
        self._memories: OrderedDict[tuple[int | None, str], _ObjectTones] = OrderedDict()

    def of(
        self,
        region: Region,
        place: RegionFootprint,
        cells: tuple[int, int],
        channels: Sequence[PlaneView],
        layout: PixelLayout,
    ) -> np.ndarray:
        """``(colours, rows, columns)`` tones in the frame's codes."""
        colours = [channel for channel in channels if channel.role != "alpha"]
        averages = np.stack([_averages(c.samples, c.window(place.inside), cells=cells) for c in colours])
        steps, low, high = _scale(tuple(c.role for c in colours), layout)
        memory = self._memory(region, place, colours)
        rows, cols = averages.shape[1:]
        wanted = averages + memory.tints[: len(colours), :rows, :cols] * steps
        tones = np.floor(wanted / steps + 0.5) * steps
        if region.track is not None:
            before = memory.shown.get((rows, cols))
            if before is not None:
                tones = np.where(np.abs(wanted - before) <= _STICKY * steps, before, tones)
            memory.shown[rows, cols] = tones
        return np.clip(tones, low, high).astype(np.uint8 if layout.depth == 8 else np.uint16)

    def _memory(self, region: Region, place: RegionFootprint, colours: Sequence[PlaneView]) -> _ObjectTones:
        key = (region.track, region.kind)
        memory = self._memories.get(key)
        if memory is None:
            x1, y1, x2, y2 = place.inside
            secret = self._secret if self._secret is not None else colours[0].samples[y1:y2, x1:x2].tobytes()
            seed = hashlib.blake2b(secret + repr(key).encode(), digest_size=16).digest()
            rng = np.random.default_rng(int.from_bytes(seed, "big"))
            tints = rng.uniform(-1, 1, (3, _MOST_CELLS, _MOST_CELLS)).astype(np.float32) * _TINT
            if colours[0].role == "rgb":
                tints[:] = tints[0]  # brightness alone: three tints of their own would colour a grey street
            else:
                tints[1:] *= _TINT_CHROMA / _TINT
            memory = self._memories[key] = _ObjectTones(tints)
            if len(self._memories) > _MEMORIES:
                self._memories.popitem(last=False)
        else:
            self._memories.move_to_end(key)
        return memory


def _averages(samples: np.ndarray, inside: tuple[int, int, int, int], *, cells: tuple[int, int]) -> np.ndarray:
    """The cells' averages, ``(rows, columns)`` float32. At most as many cells as there are samples."""
    x1, y1, x2, y2 = inside
    cols, rows = min(cells[0], x2 - x1), min(cells[1], y2 - y1)
    # Cells of equal whole size: OpenCV averages those seven times as fast. The few samples over are left out evenly.
    w, h = (x2 - x1) // cols * cols, (y2 - y1) // rows * rows
    x1, y1 = x1 + (x2 - x1 - w) // 2, y1 + (y2 - y1 - h) // 2
    values = cv2.resize(native(samples[y1 : y1 + h, x1 : x1 + w]), (cols, rows), interpolation=cv2.INTER_AREA)
    return values.reshape(rows, cols).astype(np.float32)


@lru_cache(maxsize=16)
def _scale(roles: tuple[str, ...], layout: PixelLayout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Step between two tones, smallest and largest tone, for each colour channel."""
    one = unit(layout)
    rows = [
        (256 * one / (_LEVELS_CHROMA if role == "chroma" else _LEVELS_LUMA), *limits(role, layout)) for role in roles
    ]
    steps, low, high = np.array(rows, np.float32).T.reshape(3, -1, 1, 1)
    return steps, low, high


def smooth(values: np.ndarray, *, grid: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
    """Cells as a soft surface over a window of ``size``: Gaussian weights about the cells' centres."""
    w, h = size
    rows, cols = values.shape
    if rows == cols == 1:
        return np.full((h, w), values[0, 0], values.dtype)
    across = _soft_weights(w, grid[0], grid[2], cols)
    down = _soft_weights(h, grid[1], grid[3], rows)
    nodes = down @ values.astype(np.float32) @ across.T
    return cv2.resize(np.rint(nodes).astype(values.dtype), (w, h), interpolation=cv2.INTER_LINEAR)


def blocks(values: np.ndarray, *, grid: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
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
