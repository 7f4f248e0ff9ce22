"""How large a region is: a track's box, grown per kind and more where its place is less sure, and its bound.

Called by `planning.planner`. Pure arithmetic on boxes ``x1, y1, x2, y2`` in upright full-size pixels; what was measured
stands in docs/tracking.md.
"""

from __future__ import annotations

import math

from dashcamcleaner.core.kinds import KindRules
from dashcamcleaner.core.plan import Origin
from dashcamcleaner.tracking.interpolation import TrackPosition
from dashcamcleaner.tracking.track import large_share

__all__ = ["Box", "around", "bounded", "grown"]

_UNSURE_PER_S = 0.8
_UNSURE_MOST = 0.15
"""How much larger a region gets while its object is not seen: a part of its size, and at most."""
_LARGE_LESS = 0.75
"""The part of this, and of what faint sightings get, that large objects go without."""
_PAD_PER_MOVE = 0.1
"""Padding by displacement per frame: motion blur spreads an object over part of its way."""
_PAD_SHARE = 0.004
"""Padding by the picture's long side: a detector's borders are good to some pixels of its input whatever the object's
size. With this much, factors of 1.45 and 1.35 protect more than 1.65 and 1.55 with a quarter of it."""
_BESIDE_SCORE, _PLAIN_SCORE = 0.2, 0.5
"""Up to the first score a large object may be boxed half beside itself; from the second on it is plain to see."""
_AT_EDGE = 0.004
_EDGE_MORE = 0.15
"""What the picture's edge cuts is boxed too small, and its middle moves slower than the object: so much larger."""

Box = tuple[float, float, float, float]
"""``x1, y1, x2, y2``."""


def grown(place: TrackPosition, *, rules: KindRules, upright_size: tuple[int, int], sureness: float = 1.0) -> Box:
    """The box of a track in a frame, grown to what is to be hidden.

    Args:
        place: where the track is, how sure that is, and how fast it moves.
        rules: the growth of either side for its kind, and how much lower the region lies.
        upright_size: ``(width, height)`` of the full-size picture.
        sureness: how sure its track is: from 0, it just passes what is asked of it, to 1, it gets all of the growth.
    """
    x1, y1, x2, y2 = place.xyxy
    large = large_share(place.xyxy, upright_size)
    # The place of a large object is told well for its size, and room around it costs most of the picture.
    loose = min(_UNSURE_MOST, _UNSURE_PER_S * place.unsure_s)
    if place.origin is Origin.DETECTED:
        loose += rules.weak_more * max(0.0, 1 - place.score / _PLAIN_SCORE)
    loose *= 1 - _LARGE_LESS * large
    width, height = upright_size
    near = _AT_EDGE * max(width, height)
    at_edge = min(x1, y1) < near or x2 > width - near or y2 > height - near
    plain = min(1.0, max(0.0, (place.score - _BESIDE_SCORE) / (_PLAIN_SCORE - _BESIDE_SCORE)))
    earned = 1 - rules.unsure_less * (1 - sureness)
    unsure = 1 + (loose + _EDGE_MORE * at_edge) * earned
    wider, higher = (1 + (factor - 1) * (1 - rules.large_less * large * plain) * earned for factor in rules.growth)
    least = _PAD_SHARE * max(upright_size) + place.unsure_px
    pad_x = (x2 - x1) / 2 * (wider * unsure - 1) + _PAD_PER_MOVE * abs(place.moved_px[0]) + least
    pad_y = (y2 - y1) / 2 * (higher * unsure - 1) + _PAD_PER_MOVE * abs(place.moved_px[1]) + least
    lower = rules.lower * (y2 - y1)
    return x1 - pad_x, y1 - pad_y + lower, x2 + pad_x, y2 + pad_y + lower


def bounded(box: Box, own: Box, *, most_px2: float) -> Box:
    """A region that is not sure, no larger than its bound; never smaller than the object's own box.

    Args:
        box: the grown region.
        own: the box of the object.
        most_px2: the largest area.
    """
    area = (box[2] - box[0]) * (box[3] - box[1])
    if area <= most_px2:
        return box
    factor = math.sqrt(most_px2 / area)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half_w, half_h = (box[2] - box[0]) / 2 * factor, (box[3] - box[1]) / 2 * factor
    return around((x - half_w, y - half_h, x + half_w, y + half_h), own)


def around(box: Box, other: Box) -> Box:
    """The smallest box that holds both."""
    return min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])
