"""How the picture moved from one frame to the next, as data: measured where the pictures are, stored in the plan.

A replay needs no pictures: the planner takes `Motion` as an argument. `FrameMotion` is a motion made ready for moving
points, one frame ahead or back.
"""

from __future__ import annotations

import base64
import math
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import FARTHEST_PX
from dashcamcleaner.messages import msg
from dashcamcleaner.side_files import unpacked, within

__all__ = ["FrameMotion", "Motion"]

_GRID_STEP_PX = 0.25
"""Resolution at which a grid is stored."""
_UNKNOWN = np.iinfo(np.int16).min
_MOST_CELLS = 256
"""Along a side of a grid; what is measured has 32."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Motion from the previous frame to this one, in upright full-size pixels.

    Args:
        affine: ``(2, 3)`` float32: a previous frame's point ``(x, y, 1)`` -> this frame's point (camera motion).
        grid: ``(rows, cols, 2)`` float32 displacement (dx, dy) at the centres of an even grid over the picture, with
            object motion in it, or None where none was measured. NaN marks cells without a reliable measure.
        cut: a scene change lies between the two frames; `affine` then means nothing.
    """

    affine: np.ndarray
    grid: np.ndarray | None = None
    cut: bool = False
    _stored: dict[str, Any] | None = field(default=None, init=False, repr=False)
    _rows: tuple[tuple[int, int], list[list[list[float]]] | None] | None = field(default=None, init=False, repr=False)

    @classmethod
    def still(cls) -> Motion:
        """No motion."""
        return cls(np.array([[1, 0, 0], [0, 1, 0]], np.float32))

    @classmethod
    def scene_cut(cls) -> Motion:
        """A scene change."""
        return cls(np.array([[1, 0, 0], [0, 1, 0]], np.float32), cut=True)

    def rounded(self) -> Motion:
        """As it will come back from a plan: what is measured is rounded first, so that a replay sees the same."""
        data = self.as_json()
        same = Motion.from_json(data)
        same._keep(data)
        return same

    def _keep(self, data: dict[str, Any]) -> None:
        """Packing a grid takes longer than the rest of a plan's line, and a log and a plan both hold it."""
        object.__setattr__(self, "_stored", data)

    def residual_rows(self, size: tuple[int, int]) -> list[list[list[float]]] | None:
        """`residual` as plain floats, row by row, not to be changed; kept, since two who follow a motion need it."""
        if self._rows is None or self._rows[0] != size:
            residual = self.residual(size=size)
            object.__setattr__(self, "_rows", (size, None if residual is None else residual.tolist()))
        assert self._rows is not None
        return self._rows[1]

    def residual(self, *, size: tuple[int, int]) -> np.ndarray | None:
        """What the grid's cells move beyond the camera's motion, ``(rows, cols, 2)``; None without a grid."""
        if self.grid is None:
            return None
        return self.grid - _camera_grid(self.affine, self.grid.shape[:2], size)

    def as_json(self) -> dict[str, Any]:
        """Compact plain types, rounded to what matters (affine 1e-5 and 0.01 px, displacements 0.25 px).

        The grid is packed (rows, columns, base64 of deflated int16 quarters of a pixel): as numbers it would make up
        most of a plan. It is packed once and given again: it is not to be changed.
        """
        if self._stored is None:
            self._keep(self._packed())
        assert self._stored is not None
        return self._stored

    def _packed(self) -> dict[str, Any]:
        if self.cut:
            return {"cut": True}
        rows = [[round(float(row[0]), 5), round(float(row[1]), 5), round(float(row[2]), 2)] for row in self.affine]
        data: dict[str, Any] = {"a": [*rows[0], *rows[1]]}
        if self.grid is not None:
            steps = self.grid / _GRID_STEP_PX
            cells = np.where(np.isfinite(steps), np.clip(np.rint(steps), _UNKNOWN + 1, -_UNKNOWN - 1), _UNKNOWN)
            # Column by column of equal meaning, low bytes first: deflates to half of the interleaved form.
            packed = cells.astype("<i2").transpose(2, 0, 1).tobytes()
            planes = packed[0::2] + packed[1::2]
            data["g"] = [*self.grid.shape[:2], base64.b64encode(zlib.compress(planes, 6)).decode()]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Motion:
        """The inverse of `as_json`.

        Raises:
            ValueError: the data is not what `as_json` writes.
        """
        if data.get("cut"):
            return cls.scene_cut()
        numbers = np.array(data["a"], np.float64).reshape(2, 3)
        if not (np.abs(numbers) <= FARTHEST_PX).all():  # NaN fails, too
            raise ValueError(msg("a motion is out of range"))
        affine = numbers.astype(np.float32)
        grid = None
        if "g" in data:
            rows, cols, packed = data["g"]
            rows, cols = (int(within(side, 1, _MOST_CELLS, what="a motion grid's side")) for side in (rows, cols))
            planes = unpacked(base64.b64decode(packed), size=2 * 2 * rows * cols)
            half = len(planes) // 2
            low = np.frombuffer(planes[:half], np.uint8).astype(np.uint16)
            high = np.frombuffer(planes[half:], np.uint8).astype(np.uint16)
            cells = (low | high << 8).view(np.int16).reshape(2, rows, cols).transpose(1, 2, 0)
            grid = np.where(cells == _UNKNOWN, np.nan, cells * np.float32(_GRID_STEP_PX)).astype(np.float32)
        return cls(affine, grid)


def _camera_grid(affine: np.ndarray, shape: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """The displacement that `affine` gives the centres of a grid's cells, ``(rows, cols, 2)`` float32."""
    rows, cols = shape
    x = (np.arange(cols, dtype=np.float32) + 0.5) * (size[0] / cols)
    y = (np.arange(rows, dtype=np.float32) + 0.5) * (size[1] / rows)
    a = np.asarray(affine, np.float32)
    dx = (a[0, 0] - 1) * x[None, :] + a[0, 1] * y[:, None] + a[0, 2]
    dy = a[1, 0] * x[None, :] + (a[1, 1] - 1) * y[:, None] + a[1, 2]
    return np.stack([dx, dy], axis=-1).astype(np.float32)


class FrameMotion:
    """The way between two frames that follow each other, ready for moving points; plain floats, made once a frame.

    Args:
        motion: None where none was measured: then nothing moves.
        seconds: the seconds from the previous frame to this one.
        size: ``(width, height)`` of the full-size picture.

    Attributes:
        scale: how much larger the camera's motion makes things.
        cut: nothing goes through.
    """

    __slots__ = ("_ahead", "_back", "_cell", "_grid", "_unread", "cut", "scale", "seconds")

    def __init__(self, motion: Motion | None, *, seconds: float, size: tuple[int, int]) -> None:
        self.seconds = seconds
        self.cut = motion is not None and motion.cut
        self._grid: list[list[list[float]]] | None = None
        self._cell = (1.0, 1.0)
        self._unread: tuple[Motion, tuple[int, int]] | None = None
        self.scale = 1.0
        self._ahead = self._back = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
        if motion is None or motion.cut:
            return
        a, b, tx, c, d, ty = (float(v) for v in motion.affine.ravel())
        det = a * d - b * c
        if not 0.25 < det < 4:  # no camera does that between two frames
            return
        self._ahead = (a, b, tx, c, d, ty)
        self._back = (d / det, -b / det, (b * ty - d * tx) / det, -c / det, a / det, (c * tx - a * ty) / det)
        self.scale = math.sqrt(det)
        self._unread = (motion, size)

    def ahead(self, x: float, y: float) -> tuple[float, float]:
        """Where the camera's motion takes a point of the previous frame."""
        a, b, tx, c, d, ty = self._ahead
        return a * x + b * y + tx, c * x + d * y + ty

    def back(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of this frame was in the previous one, by the camera's motion."""
        a, b, tx, c, d, ty = self._back
        return a * x + b * y + tx, c * x + d * y + ty

    def own(self, x: float, y: float, *, width: float, height: float) -> tuple[float, float] | None:
        """What is seen to move at a box of the previous frame beyond the camera's motion, in pixels.

        None where nothing reliable was measured.
        """
        if self._unread is not None:  # in most frames of a quiet road nobody asks
            (motion, size), self._unread = self._unread, None
            self._grid = motion.residual_rows(size)
            if self._grid is not None:
                self._cell = (len(self._grid[0]) / size[0], len(self._grid) / size[1])
        if self._grid is None:
            return None
        grid, (per_x, per_y) = self._grid, self._cell
        rows, cols = len(grid), len(grid[0])
        # The middle half of the box: its rim shows what is behind it.
        left, right = int((x - width / 4) * per_x), int((x + width / 4) * per_x)
        top, bottom = int((y - height / 4) * per_y), int((y + height / 4) * per_y)
        sum_x = sum_y = 0.0
        count = wanted = 0
        for row in range(top, bottom + 1, max(1, (bottom - top) // 3)):
            for col in range(left, right + 1, max(1, (right - left) // 3)):
                wanted += 1
                if 0 <= row < rows and 0 <= col < cols:
                    dx, dy = grid[row][col]
                    if dx == dx:  # not NaN
                        sum_x += dx
                        sum_y += dy
                        count += 1
        if count == 0 or 2 * count < wanted:
            return None
        return sum_x / count, sum_y / count
