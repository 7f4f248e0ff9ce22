"""How much of a box is hidden, by what is painted: of a face's region the rounded shape, not the box around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from dashcamcleaner.core.plan import WHOLE_FRAME, Region
from dashcamcleaner.core.shapes import DEFAULT_SHAPES, ELLIPSE, cubed, shape_of

__all__ = ["painted_share"]

_POINTS = (np.arange(24) + 0.5) / 24
"""Where a box is looked at along each side, as parts of it."""


def painted_share(
    box: Sequence[float], regions: Iterable[Region], *, shapes: Mapping[str, str] = DEFAULT_SHAPES
) -> float:
    """The part of a box that regions paint together, 0 to 1, to within a hundredth or two.

    Growth to chroma blocks and soft edges are left out, so that it is rather too little than too much.

    Args:
        box: ``x1, y1, x2, y2`` with an area, in the pixels of the regions.
        regions: the regions of the frame.
        shapes: shape per kind, as the run paints them.
    """
    x1, y1, x2, y2 = box
    near: list[tuple[float, float, float, float, bool]] = []
    for region in regions:
        if region.kind == WHOLE_FRAME:
            return 1.0
        a1, b1, a2, b2 = region.xyxy
        if a1 >= x2 or a2 <= x1 or b1 >= y2 or b2 <= y1 or a1 >= a2 or b1 >= b2:
            continue
        x, y, half_w, half_h = (a1 + a2) / 2, (b1 + b2) / 2, (a2 - a1) / 2, (b2 - b1) / 2
        is_round = shape_of(region, shapes) == ELLIPSE
        across, down = max(x - x1, x2 - x) / half_w, max(y - y1, y2 - y) / half_h
        # Most regions hold their object wholly.
        if (cubed(across) + cubed(down) if is_round else max(across, down)) <= 1:
            return 1.0
        near.append((x, y, half_w, half_h, is_round))
    if not near:
        return 0.0
    across_px, down_px = x1 + _POINTS * (x2 - x1), (y1 + _POINTS * (y2 - y1))[:, None]
    painted = np.zeros((len(_POINTS), len(_POINTS)), bool)
    for x, y, half_w, half_h, is_round in near:
        right, below = np.abs(across_px - x) / half_w, np.abs(down_px - y) / half_h
        painted |= cubed(right) + cubed(below) <= 1 if is_round else np.maximum(right, below) <= 1
    return float(painted.mean())
