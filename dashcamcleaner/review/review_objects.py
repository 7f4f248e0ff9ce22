"""The objects of a plan as a review shows them: one per person, one per vehicle, one per face of nobody known. Pure.

A person is shown by several tracks; the edits tell which. All else is told by its track alone. Objects can be sorted
and filtered; `review.object_edits` says things about several at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.plan import Origin
from dashcamcleaner.review.track_summary import Box, TrackSummary

__all__ = [
    "Key",
    "ObjectFilter",
    "ObjectOrder",
    "ReviewObject",
    "key_of_track",
    "rarely_seen",
    "review_objects",
    "shown",
]

Key = tuple[str, int]
"""``("person", number)``, or ``("track", id)``; of a vehicle that several tracks show the least of them."""
RARELY = 2
"""Seen at most so often, an object is short."""
_LOW_MARGIN = 0.1
_UNSURE_PART = 0.7
_MOST_CROPS = 12


class ObjectOrder(StrEnum):
    """What objects are sorted by."""

    TIME = "time"
    SIZE = "size"
    COUNT = "count"
    UNSURE = "unsure"


class ObjectFilter(StrEnum):
    """Which objects are shown; several hold together."""

    FACES = "faces"
    PLATES = "plates"
    UNSURE = "only unsure"
    SHORT = "only short"
    LARGE = "only large"
    UNSEEN = "only unseen"


@dataclass(frozen=True, slots=True)
class ReviewObject:
    """A person, a vehicle, or a face of nobody known.

    Args:
        key: how it is told from others.
        kind: the kind of its tracks.
        tracks: the tracks that show it, by their first frame; at least one.
        sureness: 0-1. Of a person the part of its seconds that are surely theirs; of a track its best score.
        unsure: whether it may be no object, or somebody else.
        seen: somebody looked at it, or said what becomes of it.
    """

    key: Key
    kind: str
    tracks: tuple[TrackSummary, ...]
    sureness: float
    unsure: bool
    seen: bool

    @property
    def first(self) -> int:
        """Index of the first frame that shows it."""
        return min(one.first for one in self.tracks)

    @property
    def last(self) -> int:
        """Index of the last frame that shows it."""
        return max(one.last for one in self.tracks)

    @property
    def sightings(self) -> int:
        """How often it was detected."""
        return sum(one.sightings for one in self.tracks)

    @property
    def best(self) -> TrackSummary:
        """The track that shows it best."""
        return max(self.tracks, key=lambda one: (one.worth, -one.track))

    @property
    def height_px(self) -> float:
        """How high its best region is, upright full-size pixels."""
        box = self.best.best_box
        return box[3] - box[1]

    @property
    def short(self) -> bool:
        """Whether it was hardly ever seen."""
        return self.sightings <= RARELY

    @property
    def large(self) -> bool:
        """Whether everybody recognises an object of this size."""
        return self.height_px >= rules_of(self.kind).legible_px

    def is_there(self, index: int) -> bool:
        """Whether a frame shows it."""
        return any(first <= index <= last for one in self.tracks for first, last, _ in one.spans)

    def crops(self) -> list[tuple[int, Box]]:
        """Up to a dozen frames and boxes that show it, spread over its time."""
        places = [place for one in self.tracks for place in one.places]
        step = max(1.0, len(places) / _MOST_CROPS)
        return [places[int(at * step)] for at in range(min(len(places), _MOST_CROPS))]


def review_objects(
    summaries: Sequence[TrackSummary],
    edits: Edits,
    *,
    thresholds: Mapping[str, float],
    seconds: Callable[[int], float],
) -> list[ReviewObject]:
    """The objects of a plan, by their first frame.

    A track that shows several persons at different times belongs to each of them. Tracks that the edits say are one
    vehicle's are one object, under the number of the vehicle.

    Args:
        summaries: the tracks of the plan without edits.
        edits: say which track shows whom, and what becomes of whom.
        thresholds: the score from which a detection counts, per kind.
        seconds: a frame's index -> its second.
    """
    shown_by: dict[int, list[TrackSummary]] = {}
    alone: dict[int, list[TrackSummary]] = {}
    found: list[ReviewObject] = []
    looked = edits.keep | edits.drop | edits.checked | edits.only | frozenset(edits.keep_spans)
    for one in summaries:
        persons = {said.person for said in edits.person_tracks.get(one.track, ())}
        for person in persons:
            shown_by.setdefault(person, []).append(one)
        if not persons:
            alone.setdefault(edits.vehicle_of(one.track), []).append(one)
    for number, tracks in alone.items():
        score, sightings = max(one.best_score for one in tracks), sum(one.sightings for one in tracks)
        unsure = sightings <= RARELY or score < thresholds.get(tracks[0].kind, 0.0) + _LOW_MARGIN
        seen = all(one.track in looked for one in tracks)
        found.append(ReviewObject(("track", number), tracks[0].kind, tuple(tracks), score, unsure, seen))
    chosen = frozenset(edits.keep_persons) | frozenset(edits.hide_persons)
    for person, tracks in shown_by.items():
        sure = _sure_part(person, tracks, edits, seconds=seconds)
        seen = person in chosen or all(one.track in looked for one in tracks)
        found.append(ReviewObject(("person", person), tracks[0].kind, tuple(tracks), sure, sure < _UNSURE_PART, seen))
    return sorted(found, key=lambda one: (one.first, one.key))


def _sure_part(person: int, tracks: Sequence[TrackSummary], edits: Edits, *, seconds: Callable[[int], float]) -> float:
    """The part of the sightings of a person that fall into sure seconds; run by run, since a window asks often."""
    all_frames, sure_frames = 0, 0.0
    for one in tracks:
        spans = [span for said in edits.person_tracks[one.track] if said.person == person for span in said.spans]
        for first, last, origin in one.spans:
            if origin != Origin.DETECTED:
                continue
            frames = last - first + 1
            start, end = seconds(first), seconds(last)
            all_frames += frames
            if end > start:
                covered = sum(max(0.0, min(end, to_s) - max(start, from_s)) for from_s, to_s in spans)
                sure_frames += frames * min(1.0, covered / (end - start))
            else:
                sure_frames += any(from_s <= start <= to_s for from_s, to_s in spans)
    return sure_frames / max(1, all_frames)


def key_of_track(objects: Iterable[ReviewObject], track: int, *, index: int | None = None) -> Key:
    """The object that a track shows; of several persons the one who is there at a frame."""
    holding = [one for one in objects if any(summary.track == track for summary in one.tracks)]
    there = [one for one in holding if index is not None and one.is_there(index)]
    return (there or holding)[0].key if holding else ("track", track)


def shown(
    objects: Iterable[ReviewObject],
    *,
    order: ObjectOrder = ObjectOrder.TIME,
    filters: Iterable[ObjectFilter] = (),
) -> list[ReviewObject]:
    """The objects that pass all filters, sorted; of equal ones the earlier first."""
    wanted = set(filters)
    kinds = wanted & {ObjectFilter.FACES, ObjectFilter.PLATES}
    tests: dict[ObjectFilter, Callable[[ReviewObject], bool]] = {
        ObjectFilter.UNSURE: lambda one: one.unsure,
        ObjectFilter.SHORT: lambda one: one.short,
        ObjectFilter.LARGE: lambda one: one.large,
        ObjectFilter.UNSEEN: lambda one: not one.seen,
    }
    passed = [
        one
        for one in objects
        if (
            not kinds
            or (ObjectFilter.FACES in kinds and rules_of(one.kind).tells_persons)
            or (ObjectFilter.PLATES in kinds and rules_of(one.kind).carries_text)
        )
        and all(test(one) for which, test in tests.items() if which in wanted)
    ]
    by: dict[ObjectOrder, Callable[[ReviewObject], float]] = {
        ObjectOrder.TIME: lambda one: one.first,
        ObjectOrder.SIZE: lambda one: -one.height_px,
        ObjectOrder.COUNT: lambda one: -one.sightings,
        ObjectOrder.UNSURE: lambda one: one.sureness,
    }
    return sorted(passed, key=lambda one: (by[order](one), one.first, one.key))


def rarely_seen(objects: Iterable[ReviewObject]) -> list[ReviewObject]:
    """Those seen at most twice and unsure: what a bulk action takes away."""
    return [one for one in objects if one.short and one.unsure and not one.seen]
