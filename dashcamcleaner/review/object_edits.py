"""What is said about several objects of a review at once, as edits. Pure: edits go in, edits come out.

Of a person it is said by the rules about persons, which hold wherever a track is surely theirs; of all else by its
tracks. Saying again what holds of all of them already takes it back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence

from dashcamcleaner.core.edit_types import Edit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.core.review_edits import KeepSpan
from dashcamcleaner.core.track_edits import CheckedTrack, DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.core.vehicle_edits import TrackStyle, VehicleTrack
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.review.item_answers import somebody_hidden
from dashcamcleaner.review.review_objects import Key, ReviewObject

__all__ = [
    "clear_spans",
    "hidden",
    "kept",
    "kept_for_span",
    "looked_at",
    "merged",
    "objects_of",
    "only_hidden",
    "removed",
    "split",
    "styled",
    "verdict",
]

BY = msg("a choice in the review")
"""Told in reports of persons who are left visible."""


def verdict(edits: Edits, one: ReviewObject) -> str:
    """What was said about an object: ``keep``, ``drop``, ``only``, ``hide``, ``keep-span``, or empty.

    The word is for programs; the window has its own for people.
    """
    tracks = _tracks([one])
    if tracks <= edits.drop:
        return "drop"
    if one.key[0] == "person":
        person = one.key[1]
        if person in edits.hide_persons:
            return "only" if edits.only_persons else "hide"
        if person in edits.shown_persons:
            return "keep"
    if tracks <= edits.keep:
        return "keep"
    if tracks & frozenset(edits.keep_spans):
        return "keep-span"
    if edits.only and not tracks & edits.only and not _is_nobody(edits, one):
        return "keep"
    if edits.keep_unknown and _is_unknown(one):
        return "keep"
    return "only" if tracks <= edits.only and tracks else ""


def clear_spans(edits: Edits, one: ReviewObject) -> dict[int, tuple[tuple[float, float], ...]]:
    """Of each track of an object the seconds of the clip's own clock in which it stays clear; whole tracks without end.

    Tracks that are hidden throughout are left out.
    """
    said, found = verdict(edits, one), {}
    for track in sorted(_tracks([one])):
        spans: tuple[tuple[float, float], ...] = ()
        if said in ("keep", "drop"):
            spans = ((-math.inf, math.inf),)
            if one.key[0] == "person" and track not in edits.keep | edits.drop:
                rows = edits.person_tracks.get(track, ())
                spans = tuple(span for row in rows if row.person == one.key[1] for span in row.spans)
        elif said == "keep-span":
            spans = tuple((span.from_s, span.to_s) for span in edits.keep_spans.get(track, ()))
        if spans:
            found[track] = spans
    return found


def kept(edits: Edits, objects: Sequence[ReviewObject]) -> Edits:
    """These stay clear; all of them did: they are hidden again."""
    persons, tracks = _persons(objects), _tracks(objects, persons=False)
    back = all(verdict(edits, one) == "keep" for one in objects)
    plain = _cleared(edits, objects)
    if back:
        return hidden(edits, objects) if edits.only_persons or edits.keep_unknown or plain.only else plain
    if not plain.hide_persons:  # those that alone were hidden are all among these: now everybody else is
        plain = _without(plain, lambda edit: isinstance(edit, OnlyPersons))
    added: list[Edit] = [KeepPerson(person, BY) for person in sorted(persons)]
    return Edits((*plain.entries, *added, *(KeepTrack(track) for track in sorted(tracks))))


def kept_for_span(
    edits: Edits, objects: Sequence[ReviewObject], *, from_s: float, to_s: float, seconds: Callable[[int], float]
) -> Edits:
    """These stay clear in a span of seconds, where they are in it; of a person only where a track is surely theirs."""
    # What others are clear by would leave these clear for longer.
    plain = _without(_cleared(edits, objects), lambda edit: isinstance(edit, OnlyPersons | OnlyTrack))
    added = []
    for one in objects:
        for summary in one.tracks:
            spans = [(seconds(summary.first), seconds(summary.last))]
            if one.key[0] == "person":
                said = edits.person_tracks.get(summary.track, ())
                spans = [span for who in said if who.person == one.key[1] for span in who.spans]
            for first, last in spans:
                start, end = max(first, from_s), min(last, to_s)
                if start <= end:
                    added.append(KeepSpan(summary.track, round(start, 5), round(end, 5)))
    return Edits((*plain.entries, *added))


def hidden(edits: Edits, objects: Sequence[ReviewObject]) -> Edits:
    """These are hidden, whatever was said before; of persons it is said expressly, so that hiding wins."""
    plain = _cleared(edits, objects)
    added: list[Edit] = [HidePerson(person, BY) for person in sorted(_persons(objects))]
    if plain.only:  # all that is not named so stays clear
        added += [OnlyTrack(track) for track in sorted(_tracks(objects, persons=False))]
    found = Edits((*plain.entries, *added))
    for one in objects:
        if plain.keep_unknown and _is_unknown(one):
            for track in sorted(_tracks([one])):
                found = found.added(somebody_hidden(found, track))
    return found


def only_hidden(edits: Edits, objects: Sequence[ReviewObject]) -> Edits:
    """Of all persons or tracks these alone are hidden; said again of the same it is taken back."""
    persons, tracks = _persons(objects), _tracks(objects, persons=False)
    back = all(verdict(edits, one) == "only" for one in objects)
    plain = _cleared(edits, objects)
    if back:
        rest = [edit for edit in plain.entries if not isinstance(edit, OnlyPersons) or plain.hide_persons]
        return Edits(tuple(rest))
    added: list[Edit] = [HidePerson(person, BY) for person in sorted(persons)]
    if persons and not plain.only_persons:
        added.append(OnlyPersons())
    return Edits((*plain.entries, *added, *(OnlyTrack(track) for track in sorted(tracks))))


def removed(edits: Edits, objects: Sequence[ReviewObject]) -> Edits:
    """These are no objects at all; all of them were removed: they are put back."""
    back = all(verdict(edits, one) == "drop" for one in objects)
    plain = _cleared(edits, objects)
    return plain if back else Edits((*plain.entries, *(DropTrack(track) for track in sorted(_tracks(objects)))))


def looked_at(edits: Edits, objects: Sequence[ReviewObject]) -> Edits:
    """Somebody looked at these; had they at all of them: not so."""
    tracks = _tracks(objects)
    if tracks <= edits.checked:
        return _without(edits, lambda edit: isinstance(edit, CheckedTrack) and edit.track in tracks)
    return Edits((*edits.entries, *(CheckedTrack(track) for track in sorted(tracks - edits.checked))))


def merged(edits: Edits, objects: Sequence[ReviewObject], *, seconds: Callable[[int], float]) -> Edits:
    """These are one person, or one vehicle. Whoever says so of a track vouches for all of it.

    Raises:
        SettingError: fewer than two, or faces and others among them.
    """
    if len(objects) < 2:
        raise SettingError("To merge takes two cards or more.")
    if all(_is_vehicle(one) for one in objects):
        tracks = sorted(_tracks(objects))
        apart = _without(edits, lambda edit: isinstance(edit, VehicleTrack) and edit.track in tracks)
        return Edits((*apart.entries, *(VehicleTrack(tracks[0], track) for track in tracks)))
    edits = _as_persons(edits, objects, seconds=seconds)
    numbers = [one.key[1] for one in objects if one.key[0] == "person"]
    numbers += [said.person for track in _tracks(objects, persons=False) for said in edits.person_tracks[track]]
    from dashcamcleaner.people.rules import merged_persons  # heavy; the window stands before it is needed

    return merged_persons(edits, numbers)


def split(edits: Edits, one: ReviewObject) -> Edits:
    """Each track of a person as a person of its own, or of a vehicle as a vehicle.

    Raises:
        SettingError: it is neither, or one track alone shows it.
    """
    if _is_vehicle(one) and len(one.tracks) > 1:
        tracks = _tracks([one])
        return _without(edits, lambda edit: isinstance(edit, VehicleTrack) and edit.track in tracks)
    if one.key[0] != "person":
        raise SettingError("Only a person or a vehicle that several tracks show can be split.")
    from dashcamcleaner.people.rules import split_person

    return split_person(edits, one.key[1])


def styled(edits: Edits, objects: Sequence[ReviewObject], style: str, square_px: int = 0, picture: str = "") -> Edits:
    """These are hidden in a style of their own; an empty one gives them the run's again.

    Of a person it is said of the number, of all else of its tracks.

    Args:
        edits: those in force.
        objects: the ones whose style it is.
        style: one of `core.styles.STYLES`, or empty.
        square_px: the side of a mosaic's squares in pixels; 0: untold.
        picture: the path of the picture that the style ``picture`` lays on.
    """
    persons, tracks = _persons(objects), _tracks(objects, persons=False)

    def about(edit: Edit) -> bool:
        return (isinstance(edit, PersonStyle) and edit.person in persons) or (
            isinstance(edit, TrackStyle) and edit.track in tracks
        )

    plain = _without(edits, about)
    if not style:
        return plain
    own: list[Edit] = [PersonStyle(person, style, square_px, picture) for person in sorted(persons)]
    return Edits((*plain.entries, *own, *(TrackStyle(track, style, square_px, picture) for track in sorted(tracks))))


def _is_nobody(edits: Edits, one: ReviewObject) -> bool:
    """Whether an object is a face of nobody known where it was told who is who: it stays hidden by any rule."""
    return _is_unknown(one) and bool(edits.persons) and not edits.keep_unknown


def _is_unknown(one: ReviewObject) -> bool:
    return one.key[0] == "track" and rules_of(one.kind).tells_persons


def _is_vehicle(one: ReviewObject) -> bool:
    return one.key[0] == "track" and rules_of(one.kind).carries_text


def _as_persons(edits: Edits, objects: Iterable[ReviewObject], *, seconds: Callable[[int], float]) -> Edits:
    """The edits with a number for each of these that has none; a track's whole time counts as theirs."""
    added: list[Edit] = []
    for one in objects:
        if one.key[0] == "person":
            continue
        if not rules_of(one.kind).tells_persons:
            raise SettingError("Only faces belong to persons.", hint="Choose cards of faces.")
        number = max((*edits.persons, *(edit.person for edit in added if isinstance(edit, PersonTrack)), 0)) + 1
        spans = tuple((seconds(summary.first), seconds(summary.last)) for summary in one.tracks)
        added += [PersonTrack(number, summary.track, (span,)) for summary, span in zip(one.tracks, spans, strict=True)]
    return Edits((*edits.entries, *added))


def _persons(objects: Iterable[ReviewObject]) -> frozenset[int]:
    return frozenset(one.key[1] for one in objects if one.key[0] == "person")


def _tracks(objects: Iterable[ReviewObject], *, persons: bool = True) -> frozenset[int]:
    """The tracks of objects; without `persons` of those alone that are told by their track."""
    return frozenset(summary.track for one in objects if persons or one.key[0] == "track" for summary in one.tracks)


def _cleared(edits: Edits, objects: Sequence[ReviewObject]) -> Edits:
    """The edits without what was said of these objects: kept, hidden, removed or alone hidden."""
    persons, tracks = _persons(objects), _tracks(objects)

    def about(edit: Edit) -> bool:
        if isinstance(edit, KeepTrack | DropTrack | OnlyTrack | KeepSpan):
            return edit.track in tracks
        return isinstance(edit, KeepPerson | HidePerson) and edit.person in persons

    return _without(edits, about)


def _without(edits: Edits, unwanted: Callable[[Edit], bool]) -> Edits:
    return Edits(tuple(edit for edit in edits.entries if not unwanted(edit)))


def objects_of(objects: Iterable[ReviewObject], keys: Collection[Key]) -> list[ReviewObject]:
    """The objects with these keys."""
    return [one for one in objects if one.key in keys]
