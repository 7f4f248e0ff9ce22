"""What an answer to a review item comes to: edits, and which items are settled under them. Pure.

*Hide* makes sure that it is hidden, *nothing* says that there is nothing to hide. Both leave a row by which the next
review knows that somebody looked, so the counter goes on where it stood.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import StrEnum

import numpy as np

from dashcamcleaner.core.boxes import contains, iou
from dashcamcleaner.core.edit_rows import Box, KeyFrame, rounded_box
from dashcamcleaner.core.edit_types import MANUAL, DrawnRegion, Edit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.person_edits import PersonTrack
from dashcamcleaner.core.review_edits import CheckedSpot, KeepSpan
from dashcamcleaner.core.track_edits import CheckedTrack, DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.review.track_summary import Reason, ReviewItem

__all__ = ["Answer", "answered", "is_settled", "somebody_hidden"]

_AROUND_S = 0.15
"""A region by an answer begins and ends a little outside of what was seen."""
_LEAST_STEP_S = 0.1
_SAME_PLACE = 0.5
"""A box that was answered for speaks of boxes that share this part with it, not of whatever stands near."""
_MAY_BE_NOTHING = (Reason.SINGLE, Reason.LOW_SCORE, Reason.LARGE)
"""Asked whether there is anything at all: *nothing* takes the track away. Elsewhere the track is not in doubt."""


class Answer(StrEnum):
    """What a person says about a review item."""

    HIDE = "hide"
    NOTHING = "nothing"


def answered(
    edits: Edits, item: ReviewItem, answer: Answer, *, seconds: Callable[[int], float], size: tuple[int, int]
) -> Edits:
    """The edits with an answer.

    Args:
        edits: those in force.
        item: what was asked.
        answer: what was said.
        seconds: a frame's index -> its second.
        size: ``(width, height)`` of the full upright picture.
    """
    added: list[Edit] = []
    entries = edits.entries
    if item.reason == Reason.CLEAR or item.track is None:
        added.append(_checked_spot(item, seconds=seconds, size=size))
        if answer is Answer.HIDE:
            added.insert(0, _region(item, seconds=seconds, size=size))
        return Edits((*entries, *added))
    track = item.track
    said = (KeepTrack, DropTrack, KeepSpan) if answer is Answer.HIDE else (KeepTrack, KeepSpan)
    if answer is Answer.HIDE:
        if any(said_of.person in edits.shown_persons for said_of in edits.person_tracks.get(track, ())):
            # By the rules about persons: whom the track shows is sure in no second any more.
            entries = tuple(
                dataclasses.replace(edit, spans=()) if isinstance(edit, PersonTrack) and edit.track == track else edit
                for edit in entries
            )
        elif edits.keep_unknown and track not in edits.person_tracks and rules_of(item.kind).tells_persons:
            added.append(somebody_hidden(edits, track))
        if edits.only and track not in edits.only:
            added.append(OnlyTrack(track))
        time_s = seconds(item.index)
        if any(zone.holds(time_s) and zone.contains(_box(item, size)) for zone in edits.clear_zones):
            added.append(_region(item, seconds=seconds, size=size))
    if answer is Answer.HIDE or item.reason in _MAY_BE_NOTHING:
        entries = tuple(edit for edit in entries if not (isinstance(edit, said) and edit.track == track))
    if answer is Answer.NOTHING and item.reason in _MAY_BE_NOTHING and track not in edits.drop:
        added.append(DropTrack(track))
    if track not in edits.checked:
        added.append(CheckedTrack(track))
    return Edits((*entries, *added))


def is_settled(edits: Edits, item: ReviewItem, *, seconds: Callable[[int], float], size: tuple[int, int]) -> bool:
    """Whether somebody has answered an item, said what becomes of its object, or covered it by hand."""
    track = item.track
    if track is not None and item.reason != Reason.CLEAR:
        if track in edits.keep | edits.drop | edits.checked:
            return True
        persons = {one.person for one in edits.person_tracks.get(track, ())}
        if persons and persons <= set(edits.keep_persons) | set(edits.hide_persons):
            return True
    time_s, box = seconds(item.index), _box(item, size)
    if any(
        spot.kind == item.kind and spot.from_s - 1e-3 <= time_s <= spot.to_s + 1e-3 and _same_place(spot.box, box)
        for spot in edits.checked_spots
    ):
        return True
    drawn = [region.at(time_s) for region in edits.regions]
    drawn += [zone.box for zone in edits.hidden_zones if zone.holds(time_s)]
    if any(place is not None and contains(place, box) for place in drawn):
        return True
    return any(span.holds(time_s) for span in edits.hidden_spans)


def somebody_hidden(edits: Edits, track: int) -> PersonTrack:
    """A row by which a track of nobody known is hidden although unknown faces stay visible."""
    return PersonTrack(max(edits.persons, default=0) + 1, track)


def _box(item: ReviewItem, size: tuple[int, int]) -> Box:
    return item.box or (0.0, 0.0, float(size[0]), float(size[1]))


def _checked_spot(item: ReviewItem, *, seconds: Callable[[int], float], size: tuple[int, int]) -> CheckedSpot:
    first = min(item.index, item.places[0][0]) if item.places else item.index
    from_s, to_s = sorted((round(seconds(first), 5), round(seconds(max(item.last, item.index)), 5)))
    return CheckedSpot(rounded_box(_box(item, size)), from_s, to_s, item.kind)


def _region(item: ReviewItem, *, seconds: Callable[[int], float], size: tuple[int, int]) -> DrawnRegion:
    """A region along all that was seen of an item, grown as the kind's regions are."""
    places = item.places or ((item.index, _box(item, size)), (max(item.last, item.index), _box(item, size)))
    keys: list[KeyFrame] = []
    for at, (index, box) in enumerate(places):
        time_s = round(seconds(index), 5)
        if keys and time_s <= keys[-1][0]:
            continue
        if keys and at < len(places) - 1 and time_s - keys[-1][0] < _LEAST_STEP_S:
            continue
        keys.append((time_s, _grown(box, item.kind)))
    first, last = keys[0], keys[-1]
    around = [(round(first[0] - _AROUND_S, 5), first[1]), *keys, (round(last[0] + _AROUND_S, 5), last[1])]
    return DrawnRegion(tuple(around), kind=item.kind or MANUAL)


def _grown(box: Box, kind: str) -> Box:
    (wide, high), (x1, y1, x2, y2) = rules_of(kind).growth, box
    dx, dy = (wide - 1) * (x2 - x1) / 2, (high - 1) * (y2 - y1) / 2
    return rounded_box((x1 - dx, y1 - dy, x2 + dx, y2 + dy))


def _same_place(a: Box, b: Box) -> bool:
    return bool(iou(np.array([a]), np.array([b]))[0, 0] >= _SAME_PLACE)
