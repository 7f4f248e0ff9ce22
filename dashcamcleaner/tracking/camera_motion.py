"""Pictures -> Motion: how the camera moved, what moved in the picture beyond it, and where a scene is cut.

Fed with the consecutive small upright pictures that the detector sees; `run` calls it for every frame and stores
what it gives in the plan. Dense inverse search (OpenCV's DIS) on a grey picture of 320 pixels costs about half a
millisecond, less than sparse Lucas-Kanade on as many points as a grid needs; the camera's similarity is fitted to
it by reweighted least squares, and the grid is its texture-weighted mean per cell.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np

from dashcamcleaner.core.frame import WHOLE_RANGE
from dashcamcleaner.core.motion import Motion

__all__ = ["CELL_LEVELS", "MotionEstimator", "fine_structure", "per_cell"]

_LONG_SIDE_PX = 320
_CELL_PX = 10
"""A grid cell in the small picture: 32 cells along the long side."""
_LEAST_CELLS = 4
"""Across and down: DIS looks at a quarter of the picture in patches of eight pixels, and of less than 32 pixels it
refuses, or reads past its memory. A strip is made as wide or high, which the scale of its motion undoes."""

_CUT_LIKENESS = 0.2
"""Fine structure that correlates less than this after compensation is another scene. On the labelled clips and ten
road clips (4,400 steps) cuts reach at most 0.07; rain, shake and night without a cut stay above 0.4."""
_FLAT_LEVELS = 0.8
"""Fine structure weaker than this (grey levels, root mean square) is noise: likeness then means nothing."""
_CUT_LEVELS = 25.0
"""In flat pictures a cut is a jump of the mean absolute difference by this many grey levels."""

_BAR_LEVELS = 10
"""Rows and columns at the borders that hold no more than so many grey levels, in both pictures, may be bars."""
_BAR_EDGE_PX = 6
"""So far a bar's edge reaches into the fine structure beside it, and two pixels more for codecs that blur it."""
_LEAST_SCENE_PX = 40
"""What is left between bars, across and down, is the scene; less than this tells nothing."""

_CELL_LIKENESS = 0.5
CELL_LEVELS = 1.0
"""A cell counts as measured where it has structure, and the structure is found again."""

_FIT_ROUNDS, _FIT_STEP_PX = 6, 5


class MotionEstimator:
    """Measures the motion between consecutive pictures.

    Args:
        upright_size: ``(width, height)`` of the full-size picture, in whose pixels motion is given.
    """

    def __init__(self, *, upright_size: tuple[int, int]) -> None:
        self._upright_size = upright_size
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._previous: tuple[np.ndarray, np.ndarray] | None = None
        self._lattice: tuple[np.ndarray, np.ndarray] | None = None

    def measure(self, picture: np.ndarray, *, limited_range: bool = False) -> Motion | None:
        """The motion from the picture given before to this one; None for the first.

        Args:
            picture: upright RGB ``(h, w, 3)`` or grey ``(h, w)``, uint8, of any size, always the same.
            limited_range: its levels are 16 to 235, as the brightness of most clips is stored.
        """
        grey = self._small_grey(picture)
        if limited_range:
            grey = cv2.LUT(grey, WHOLE_RANGE)
        fine = fine_structure(grey)
        previous, self._previous = self._previous, (grey, fine)
        if previous is None or previous[0].shape != grey.shape:
            return None
        return self._between(*previous, grey, fine)

    def reset(self) -> None:
        """Forget the last picture: the next one follows something else."""
        self._previous = None

    def _small_grey(self, picture: np.ndarray) -> np.ndarray:
        h, w = picture.shape[:2]
        factor = _LONG_SIDE_PX / max(h, w)
        # Whole cells, so that the grid tiles the picture.
        size = tuple(max(_LEAST_CELLS * _CELL_PX, round(side * factor / _CELL_PX) * _CELL_PX) for side in (w, h))
        if picture.ndim == 3:
            # Grey first: one channel is scaled in a third of the time of three.
            return cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
        # Full-size brightness is halved first: OpenCV does that eight times as fast as any other whole factor.
        while w % 2 == h % 2 == 0 and w >= 4 * size[0] and h >= 4 * size[1]:
            w, h = w // 2, h // 2
            picture = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
        return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)

    def _between(self, grey0: np.ndarray, fine0: np.ndarray, grey1: np.ndarray, fine1: np.ndarray) -> Motion:
        h, w = grey0.shape
        # Zeros, not empty: an array of that size is taken as the initial flow, and garbage there reads past memory.
        flow = self._flow.calc(grey0, grey1, np.zeros((h, w, 2), np.float32))
        if self._lattice is None or self._lattice[0].shape != (h, w):
            ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
            self._lattice = (xs, ys)
        found = cv2.remap(
            fine1,
            self._lattice[0] + flow[..., 0],
            self._lattice[1] + flow[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
        if _is_cut(grey0, grey1, fine0, found):
            return Motion.scene_cut()
        full_w, full_h = self._upright_size
        scale = np.array([full_w / w, full_h / h], np.float32)
        energy = fine0 * fine0
        grid = _cells(flow, energy, fine0, found) * scale
        affine = _camera(flow, energy)
        # From the small picture's pixels (centres at whole numbers) to full-size pixel edges.
        to_small = np.array([[1 / scale[0], 0, -0.5], [0, 1 / scale[1], -0.5], [0, 0, 1]])
        to_full = np.array([[scale[0], 0, 0.5 * scale[0]], [0, scale[1], 0.5 * scale[1]], [0, 0, 1]])
        full = to_full @ np.vstack([affine, [0, 0, 1]]) @ to_small
        return Motion(full[:2].astype(np.float32), grid.astype(np.float32)).rounded()


def fine_structure(grey: np.ndarray) -> np.ndarray:
    """What is left of a picture without its broad light and shade."""
    levels = grey.astype(np.float32)
    return levels - cv2.blur(levels, (9, 9))


def _is_cut(grey0: np.ndarray, grey1: np.ndarray, fine0: np.ndarray, found: np.ndarray) -> bool:
    """Whether another scene begins: `found` is the new picture's fine structure, brought back along the flow.

    Bars around a scene stand still whatever it shows, and their edges are the strongest structure: they are left out.
    """
    scene = _between_bars(grey0, grey1)
    grey0, grey1, fine0, found = grey0[scene], grey1[scene], fine0[scene], found[scene]
    before, after = float((fine0 * fine0).mean()), float((found * found).mean())
    if min(before, after) < _FLAT_LEVELS**2:
        # A black or blank picture on one side: only a real jump counts, since fog and darkness have no structure.
        return float(cv2.absdiff(grey0, grey1).mean()) > _CUT_LEVELS
    return float((fine0 * found).mean()) < _CUT_LIKENESS * (before * after) ** 0.5


def _between_bars(grey0: np.ndarray, grey1: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of what lies between bars that two pictures have in common; all where there are none."""
    spans = []
    for axis in (1, 0):
        low = np.minimum(grey0.min(axis), grey1.min(axis))
        high = np.maximum(grey0.max(axis), grey1.max(axis))
        (shown,) = np.nonzero(high - low > _BAR_LEVELS)
        size = len(low)
        first, last = (int(shown[0]), int(shown[-1]) + 1) if len(shown) else (0, size)
        first, last = first + (_BAR_EDGE_PX if first else 0), last - (_BAR_EDGE_PX if last < size else 0)
        spans.append(slice(first, last) if last - first >= _LEAST_SCENE_PX else slice(0, size))
    return spans[0], spans[1]


def per_cell(values: np.ndarray) -> np.ndarray:
    """Means over the cells of the grid."""
    size = (values.shape[1] // _CELL_PX, values.shape[0] // _CELL_PX)
    return cv2.resize(values, size, interpolation=cv2.INTER_AREA)


def _cells(flow: np.ndarray, energy: np.ndarray, fine0: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Displacement per cell, weighted by structure; NaN where there is none or it is not found again."""
    weight = energy + 1e-3
    total = per_cell(weight)
    grid = np.stack([per_cell(flow[..., axis] * weight) / total for axis in (0, 1)], axis=-1)
    before, after, common = per_cell(energy), per_cell(found * found), per_cell(fine0 * found)
    known = (before > CELL_LEVELS**2) & (common > _CELL_LIKENESS * np.sqrt(before * after))
    grid[~known] = np.nan
    return grid


@functools.lru_cache(maxsize=4)
def _points(h: int, w: int) -> tuple[np.ndarray, np.ndarray]:
    """The points of a picture that the camera's motion is fitted to: x and y from its centre, float64."""
    step = _FIT_STEP_PX
    ys, xs = np.mgrid[step // 2 : h : step, step // 2 : w : step].astype(np.float64)
    return (xs - w / 2).ravel(), (ys - h / 2).ravel()


def _camera(flow: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """The similarity ``(2, 3)`` that most of the structured picture moves by.

    Reweighted least squares towards the smallest absolute error: things that move by themselves weigh little.
    """
    h, w = energy.shape
    step = _FIT_STEP_PX
    at = (slice(step // 2, None, step), slice(step // 2, None, step))
    x, y = _points(h, w)
    dx, dy = flow[at][..., 0].ravel().astype(np.float64), flow[at][..., 1].ravel().astype(np.float64)
    # Structure decides which points count, saturating so that no single bright edge rules.
    base = np.minimum(cv2.blur(energy, (step, step))[at].ravel().astype(np.float64), 25.0) + 1e-3
    weight = base
    p = q = tx = ty = 0.0
    for _ in range(_FIT_ROUNDS):
        # d = (p x - q y + tx, q x + p y + ty), solved in closed form about the weighted means.
        total = weight.sum()
        mx, my = weight @ x / total, weight @ y / total
        mdx, mdy = weight @ dx / total, weight @ dy / total
        cx, cy = x - mx, y - my
        spread = weight @ (cx * cx + cy * cy)
        p = (weight @ (cx * dx + cy * dy)) / max(spread, 1e-9)
        q = (weight @ (cx * dy - cy * dx)) / max(spread, 1e-9)
        tx, ty = mdx - p * mx + q * my, mdy - q * mx - p * my
        error = np.hypot(p * x - q * y + tx - dx, q * x + p * y + ty - dy)
        weight = base / np.maximum(error, 0.1)
    a, b = 1 + p, -q
    # Back from the centred coordinates.
    ox, oy = w / 2, h / 2
    return np.array([[a, b, tx + ox - a * ox - b * oy], [-b, a, ty + oy + b * ox - a * oy]])
