"""Where a second pass is to look again: what `planning.weak_spots` finds and `detection.second_pass` looks at."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LARGEST_IN_WINDOW", "WeakSpot"]

LARGEST_IN_WINDOW = 0.5
"""Larger things, as a part of a window's side, are not looked at enlarged: people's bodies begin to look like faces."""


@dataclass(frozen=True, slots=True)
class WeakSpot:
    """Where to look again in one frame.

    Args:
        index: the index of the frame.
        windows: areas to be looked at enlarged, upright full-size pixels, within the picture.
        whole: the whole frame is to be looked at, at other sizes than the first time.
    """

    index: int
    windows: tuple[tuple[float, float, float, float], ...] = ()
    whole: bool = False
