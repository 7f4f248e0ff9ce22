"""Successions: where a track ends and another one begins beside it, both show the same object.

A face that passes behind a lamp post is seen as two: the part that goes ends one track, the part that comes begins
another. Following the first on and the second back would hide the post and what lies behind it, while the object is in
sight all the time. So what is followed beyond its sightings is left out where the other track shows the object.

Two people beside each other are no succession: one of them would have to be lost for good in the moment in which
the other is found.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from dashcamcleaner.tracking.interpolation import TrackPosition
from dashcamcleaner.tracking.track import Sighting, Track

__all__ = ["is_shown_by_another"]

_WITHIN_S = 0.3
"""One track ends and the other begins within this time of each other, whichever comes first."""
_AWAY_AFTER_S, _AWAY_BEFORE_S = 0.3, 0.15
"""For so long, at least, the first one must not have been seen again; more is asked where it would be followed on."""
_APART = 0.8
"""Of their heights: as far apart as the two parts of an object behind a post are."""
_LIKE = 0.5
"""The lower one's height by the higher one's, when one ends and the other begins."""


def is_shown_by_another(
    place: TrackPosition,
    track: Track,
    index: int,
    others: Iterable[tuple[Track, Sighting]],
    *,
    known_s: float,
) -> bool:
    """Whether an object that is followed beyond its sightings is seen in this frame as another track.

    Args:
        place: where the track is taken to be, before its first sighting or after its last.
        track: the track.
        index: the index of the frame.
        others: sure tracks of the same kind, each with its first sighting.
        known_s: the time up to which frames are known; what is not known yet may show the track again.
    """
    first, last = track.sightings[0], track.sightings[-1]
    for other, other_first in others:
        at = bisect_left(other.sightings, index, key=lambda sighting: sighting.index)
        if other is track or at == len(other.sightings) or other.sightings[at].index != index:
            continue
        shown = other.sightings[at]
        if last.index < index:
            end, begin, away_s = last, other_first, _AWAY_AFTER_S
        elif first.index > index:
            end, begin, away_s = other.sightings[-1], first, _AWAY_BEFORE_S
        else:
            continue
        near = abs(begin.time_s - end.time_s) <= _WITHIN_S
        over = known_s - end.time_s >= away_s
        if near and over and _are_alike(end, begin) and _is_beside(place.xyxy, shown.xyxy):
            return True
    return False


def _are_alike(one: Sighting, other: Sighting) -> bool:
    heights = sorted((one.xyxy[3] - one.xyxy[1], other.xyxy[3] - other.xyxy[1]))
    return heights[0] >= _LIKE * heights[1]


def _is_beside(box: tuple[float, float, float, float], shown: tuple[float, float, float, float]) -> bool:
    """Left or right of what is shown, and no further than a post is wide."""
    apart = max(box[0] - shown[2], shown[0] - box[2])
    return apart <= _APART * (shown[3] - shown[1]) and shown[1] <= (box[1] + box[3]) / 2 <= shown[3]
