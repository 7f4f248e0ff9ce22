"""How the picture moved from one frame to the next, as data: measured where the pictures are, stored in the plan.

A replay needs no pictures: the planner takes `Motion` as an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Motion"]


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

    @classmethod
    def still(cls) -> Motion:
        """No motion."""
        return cls(np.array([[1, 0, 0], [0, 1, 0]], np.float32))

    @classmethod
    def scene_cut(cls) -> Motion:
        """A scene change."""
        return cls(np.array([[1, 0, 0], [0, 1, 0]], np.float32), cut=True)

    def as_json(self) -> dict[str, Any]:
        """Compact plain types, rounded to what matters (affine 1e-5, displacements 0.1 px)."""
        if self.cut:
            return {"cut": True}
        data: dict[str, Any] = {"a": [round(float(v), 5) for v in self.affine.ravel()]}
        if self.grid is not None:
            rows, cols = self.grid.shape[:2]
            cells = [None if not np.isfinite(v) else round(float(v), 1) for v in self.grid.ravel()]
            data["g"] = [rows, cols, cells]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Motion:
        """The inverse of `as_json`."""
        if data.get("cut"):
            return cls.scene_cut()
        grid = None
        if "g" in data:
            rows, cols, cells = data["g"]
            values = [np.nan if v is None else v for v in cells]
            grid = np.array(values, np.float32).reshape(rows, cols, 2)
        return cls(np.array(data["a"], np.float32).reshape(2, 3), grid)
