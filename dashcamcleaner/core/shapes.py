"""Shapes of regions, and when one lies within another: what planners leave out and painters paint, told once.

A region is a box, or the superellipse ``|x/a|^3 + |y/b|^3 <= 1`` that touches the box's sides. `obscure.masks` turns
them into pixels; here is only the geometry, in the pixels that the boxes are in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from dashcamcleaner.core.kinds import BUILT_IN
from dashcamcleaner.core.plan import WHOLE_FRAME, Origin, Region

__all__ = ["BOX", "DEFAULT_SHAPES", "ELLIPSE", "SHAPES", "cubed", "reach", "shape_of"]

N = TypeVar("N", float, np.ndarray)

BOX = "box"
ELLIPSE = "ellipse"
SHAPES = (BOX, ELLIPSE)
DEFAULT_SHAPES: Mapping[str, str] = {kind: rules.shape for kind, rules in BUILT_IN.items()}
"""Shape per kind; a kind that is not named gets a box, which is what detectors speak of."""


def shape_of(region: Region, shapes: Mapping[str, str]) -> str:
    """The shape that a region is painted in: its kind's, but what a person drew is a box, as it was drawn."""
    drawn = region.kind == WHOLE_FRAME or region.origin is Origin.MANUAL
    return BOX if drawn else shapes.get(region.kind, BOX)


def cubed(values: N) -> N:
    """The superellipse's power.

    2 is an ellipse and leaves out a fifth of the box, 3 leaves out an eighth and still looks round, 4 looks like a
    rounded box.
    """
    return values * values * values  # a float power costs ten times as much


def reach(inner: np.ndarray, outer: np.ndarray, *, inner_round: np.ndarray, outer_round: np.ndarray) -> np.ndarray:
    """By which factor outer shapes would have to grow about their centres to hold inner ones; up to 1 they do.

    Between two superellipses it is a bound from above (Minkowski's inequality), never too small.

    Args:
        inner: ``(..., 4)`` boxes ``x1, y1, x2, y2``.
        outer: boxes that broadcast against them.
        inner_round: ``(...)`` booleans: the shape is the superellipse in the box rather than the box.
        outer_round: the same for the outer ones.
    """
    half = np.maximum((outer[..., 2:] - outer[..., :2]) / 2, 1e-9)
    own = (inner[..., 2:] - inner[..., :2]) / 2 / half
    away = np.abs((inner[..., 2:] + inner[..., :2]) / 2 - (outer[..., 2:] + outer[..., :2]) / 2) / half
    corner = np.where(outer_round, np.cbrt(cubed(away + own).sum(axis=-1)), (away + own).max(axis=-1))
    both_round = np.cbrt(cubed(away).sum(axis=-1)) + own.max(axis=-1)
    return np.where(inner_round & outer_round, np.minimum(both_round, corner), corner)
