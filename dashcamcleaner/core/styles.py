"""The styles that a region can have, told once: for settings, edits and painting. Standard library only."""

from __future__ import annotations

__all__ = ["GAUSSIAN", "MOSAIC", "PICTURE", "SOLID", "STYLES"]

GAUSSIAN = "gaussian"
MOSAIC = "mosaic"
SOLID = "solid"
PICTURE = "picture"
STYLES = (GAUSSIAN, MOSAIC, SOLID, PICTURE)
