"""The edits of a clip as a list: what it holds by kind, what that may do, and the lists that come of it.

Seconds are those of the clip's own clock, in which the plan tells the frames. `core.edits` applies the list to regions,
`core.edit_notes` tells it in words; `core.edit_types` has the kinds of edits.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeVar

from dashcamcleaner.core.edit_rows import SAME_TIME_S
from dashcamcleaner.core.edit_types import ClearZone, DrawnRegion, Edit, HiddenSpan, HiddenZone, UnknownEdit
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.core.review_edits import CheckedSpot, KeepSpan
from dashcamcleaner.core.track_edits import CheckedTrack, DropTrack, KeepTrack, NameTrack, OnlyTrack, TrackEdit
from dashcamcleaner.core.vehicle_edits import TrackStyle, VehicleTrack
from dashcamcleaner.side_files import UNREADABLE, parse_json

__all__ = ["EditList"]

_PERSON_CHOICES = (KeepPerson, HidePerson, OnlyPersons, KeepUnknown)
_PERSON_RULES = (PersonTrack, *_PERSON_CHOICES, PersonStyle)
_OF_ONE_PLAN = (TrackEdit, KeepSpan, VehicleTrack, TrackStyle, *_PERSON_RULES)
"""Kinds that mean something by the track ids of one plan alone; persons are told by their tracks."""
_OF_ONE_PLAN_KEYS = frozenset(("track", "person", "vehicle"))
T = TypeVar("T")


@dataclass(frozen=True)
class EditList:
    """Edits in the order of the file. Immutable; every change gives another one.

    Args:
        entries: all edits, those included that this version does not know.
    """

    entries: tuple[Edit, ...] = ()

    @classmethod
    def of(cls, *entries: Edit) -> Self:
        """These edits, in this order."""
        return cls(entries)

    def __bool__(self) -> bool:
        """Whether there is one that this version knows."""
        return any(not isinstance(edit, UnknownEdit) for edit in self.entries)

    def _all(self, kind: type[T]) -> tuple[T, ...]:
        return tuple(edit for edit in self.entries if isinstance(edit, kind))

    @cached_property
    def keep(self) -> frozenset[int]:
        """Tracks that stay clear."""
        return frozenset(edit.track for edit in self._all(KeepTrack))

    @cached_property
    def keep_spans(self) -> Mapping[int, tuple[KeepSpan, ...]]:
        """Track -> the seconds in which it stays clear."""
        found: dict[int, list[KeepSpan]] = {}
        for edit in self._all(KeepSpan):
            found.setdefault(edit.track, []).append(edit)
        return {track: tuple(edits) for track, edits in found.items()}

    @cached_property
    def drop(self) -> frozenset[int]:
        """Tracks that are no objects."""
        return frozenset(edit.track for edit in self._all(DropTrack))

    @cached_property
    def only(self) -> frozenset[int]:
        """Where not empty, no other track is hidden."""
        return frozenset(edit.track for edit in self._all(OnlyTrack))

    @cached_property
    def checked(self) -> frozenset[int]:
        """Tracks that somebody looked at."""
        return frozenset(edit.track for edit in self._all(CheckedTrack))

    @cached_property
    def checked_spots(self) -> tuple[CheckedSpot, ...]:
        """Places of the picture that somebody looked at."""
        return self._all(CheckedSpot)

    @cached_property
    def names(self) -> Mapping[int, str]:
        """Track -> name; of two the later one."""
        return {edit.track: edit.name for edit in self._all(NameTrack)}

    @cached_property
    def regions(self) -> tuple[DrawnRegion, ...]:
        """Regions drawn by hand."""
        return self._all(DrawnRegion)

    @cached_property
    def hidden_zones(self) -> tuple[HiddenZone, ...]:
        """Areas that are hidden whatever is found there."""
        return self._all(HiddenZone)

    @cached_property
    def clear_zones(self) -> tuple[ClearZone, ...]:
        """Areas in which finds are left clear."""
        return self._all(ClearZone)

    @cached_property
    def hidden_spans(self) -> tuple[HiddenSpan, ...]:
        """Spans over which whole frames are hidden."""
        return self._all(HiddenSpan)

    @cached_property
    def person_tracks(self) -> Mapping[int, tuple[PersonTrack, ...]]:
        """Track -> whom it shows, and when that is sure."""
        found: dict[int, list[PersonTrack]] = {}
        for edit in self._all(PersonTrack):
            found.setdefault(edit.track, []).append(edit)
        return {track: tuple(edits) for track, edits in found.items()}

    @cached_property
    def keep_persons(self) -> Mapping[int, str]:
        """Persons that stay visible -> by what choice. Who is to be hidden, too, is hidden."""
        return {edit.person: edit.by for edit in self._all(KeepPerson) if edit.person not in self.hide_persons}

    @cached_property
    def hide_persons(self) -> Mapping[int, str]:
        """Persons that are hidden -> by what choice."""
        return {edit.person: edit.by for edit in self._all(HidePerson)}

    @cached_property
    def only_persons(self) -> bool:
        """Whether persons are hidden only if they are named."""
        return bool(self._all(OnlyPersons))

    @cached_property
    def keep_unknown(self) -> bool:
        """Whether faces of nobody stay visible."""
        return bool(self._all(KeepUnknown))

    @cached_property
    def person_styles(self) -> Mapping[int, PersonStyle]:
        """Person -> how their regions look; of two the later one."""
        return {edit.person: edit for edit in self._all(PersonStyle)}

    @cached_property
    def track_styles(self) -> Mapping[int, TrackStyle]:
        """Track -> how its regions look; of two the later one."""
        return {edit.track: edit for edit in self._all(TrackStyle)}

    @property
    def has_styles(self) -> bool:
        """Whether anybody has a look of their own."""
        return bool(self.person_styles or self.track_styles)

    def style_of(self, track: int | None) -> PersonStyle | TrackStyle | None:
        """How the regions of a track look; None where nothing was chosen, or the track shows several persons."""
        if track is None:
            return None
        if track in self.track_styles:
            return self.track_styles[track]
        persons = {edit.person for edit in self.person_tracks.get(track, ())}
        return self.person_styles.get(persons.pop()) if len(persons) == 1 else None

    @cached_property
    def vehicle_tracks(self) -> Mapping[int, tuple[int, ...]]:
        """Vehicle -> its tracks, in order, of which its number is the least; those of one track are left out."""
        of_track = {edit.track: edit.vehicle for edit in self._all(VehicleTrack)}
        groups: dict[int, list[int]] = {}
        for track, vehicle in sorted(of_track.items()):
            groups.setdefault(vehicle, []).append(track)
        return {tracks[0]: tuple(tracks) for tracks in groups.values() if len(tracks) > 1}

    def vehicle_of(self, track: int) -> int:
        """The vehicle that a track shows: a track that stands alone is one by itself."""
        return next((vehicle for vehicle, tracks in self.vehicle_tracks.items() if track in tracks), track)

    @cached_property
    def persons(self) -> frozenset[int]:
        """All persons that tracks show."""
        return frozenset(edit.person for edit in self._all(PersonTrack))

    @property
    def shown_persons(self) -> frozenset[int]:
        """Those that stay visible wherever a track surely shows them."""
        shown = self.persons if self.only_persons else frozenset(self.keep_persons)
        return shown - frozenset(self.hide_persons)

    @property
    def tracks(self) -> frozenset[int]:
        """The tracks that are spoken of: these need a plan to belong to."""
        said = self.keep | self.drop | self.only | frozenset(self.keep_spans)
        vehicles = frozenset(edit.track for edit in self._all(VehicleTrack))
        return said | frozenset(self.names) | frozenset(self.person_tracks) | frozenset(self.track_styles) | vehicles

    @property
    def uncovering(self) -> tuple[Edit, ...]:
        """Those that can leave something clear."""
        return tuple(edit for edit in self.entries if edit.uncovers)

    @property
    def _styles(self) -> tuple[PersonStyle | TrackStyle, ...]:
        return (*self._all(PersonStyle), *self._all(TrackStyle))

    @property
    def laying_on(self) -> tuple[PersonStyle | TrackStyle, ...]:
        """Those that lay a picture of this machine on: it is seen in the output."""
        return tuple(edit for edit in self._styles if edit.picture)

    @property
    def weakening(self) -> tuple[PersonStyle | TrackStyle, ...]:
        """Those that may show more of a region than the style of the run does: all styles but a plain fill."""
        return tuple(edit for edit in self._styles if edit.style != "solid" and not edit.picture)

    @property
    def groups_tracks(self) -> bool:
        """Whether they say which tracks are one person's or vehicle's, so that a choice about one falls on others."""
        return bool(self.persons or self.vehicle_tracks)

    @property
    def needs_yes(self) -> bool:
        """Whether a person has to say yes to them where they were not made here."""
        return bool(self.uncovering or self.laying_on or self.weakening or self.groups_tracks)

    @property
    def without_uncovering(self) -> Self:
        """Those that can only hide more: what was drawn, and what this version does not know."""
        return type(self)((*self.hiding.entries, *self.not_applied))

    @property
    def about_persons(self) -> Self:
        """Those that say who is who, and what becomes of them."""
        return type(self)(tuple(edit for edit in self.entries if isinstance(edit, _PERSON_RULES)))

    @property
    def without_persons(self) -> Self:
        """All others."""
        return type(self)(tuple(edit for edit in self.entries if not isinstance(edit, _PERSON_RULES)))

    @property
    def without_choices(self) -> Self:
        """All but what becomes of persons: who is who, and how they look, stays."""
        return type(self)(tuple(edit for edit in self.entries if not isinstance(edit, _PERSON_CHOICES)))

    @property
    def is_of_one_plan(self) -> bool:
        """Whether there is one that speaks of tracks, or of persons by their tracks: such ids are of one plan alone."""
        return any(_is_of_one_plan(edit) for edit in self.entries)

    @property
    def without_tracks(self) -> Self:
        """Those that hold for any plan of the clip: what speaks of places and times alone."""
        return type(self)(tuple(edit for edit in self.entries if not _is_of_one_plan(edit)))

    @property
    def hiding(self) -> Self:
        """Those alone that add something hidden."""
        return type(self)((*self.regions, *self.hidden_zones, *self.hidden_spans))

    @property
    def not_applied(self) -> tuple[UnknownEdit, ...]:
        """Those that this version does not know. They may be meant to hide something."""
        return self._all(UnknownEdit)

    def joined(self, other: EditList) -> Self:
        """These and the others; of two names the other's counts."""
        return type(self)(self.entries + other.entries)

    def added(self, edit: Edit) -> Self:
        """These and one more, at the end."""
        return type(self)((*self.entries, edit))

    def replaced(self, place: int, edit: Edit) -> Self:
        """These with another one at a place of `entries`."""
        return type(self)((*self.entries[:place], edit, *self.entries[place + 1 :]))

    def without(self, place: int) -> Self:
        """These but for the one at a place of `entries`."""
        return type(self)((*self.entries[:place], *self.entries[place + 1 :]))

    @property
    def is_timed(self) -> bool:
        """Whether there is one that is not in force over the whole clip."""
        return any(not isinstance(edit, UnknownEdit) and edit.spans for edit in self.entries)

    def later(self, seconds: float) -> Self:
        """The same in a clock that tells this many seconds more; what this version does not know stays as it is."""
        return type(self)(
            tuple(edit if isinstance(edit, UnknownEdit) else edit.later(seconds) for edit in self.entries)
        )

    def in_no_frame(self, times_s: Sequence[float]) -> tuple[Edit, ...]:
        """Those with times that hold in no frame, so that they do nothing.

        Args:
            times_s: the times of all frames, seconds of the clip's own clock, in order.
        """

        def holds(first: float, last: float) -> bool:
            place = bisect.bisect_left(times_s, first - SAME_TIME_S)
            return place < len(times_s) and times_s[place] <= last + SAME_TIME_S

        return tuple(
            edit
            for edit in self.entries
            if not isinstance(edit, UnknownEdit)
            and edit.spans
            and not any(holds(first, last) for first, last in edit.spans)
        )


def _is_of_one_plan(edit: Edit) -> bool:
    """Whether an edit goes by the track ids of one plan; an unknown one does where it names a track or a person."""
    if isinstance(edit, UnknownEdit):
        try:
            return not _OF_ONE_PLAN_KEYS.isdisjoint(parse_json(edit.line))
        except UNREADABLE:
            return True
    return isinstance(edit, _OF_ONE_PLAN)
