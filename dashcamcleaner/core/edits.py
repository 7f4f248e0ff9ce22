"""Edits: all that a person changed about a plan, and what becomes of a frame's regions under it.

Their seconds are those of the clip's own clock, in which the plan tells the frames.

Planners apply it to the regions of each frame. Nothing here weakens what is left hidden: where a kept track overlaps a
hidden one, both are painted as planned and hiding wins. `core.edit_types` has the kinds of edits, `pipeline.edits_file`
the file, ``docs/tracking.md`` its rows.
"""

from __future__ import annotations

import bisect
import difflib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from dashcamcleaner.core.edit_rows import Box
from dashcamcleaner.core.edit_types import (
    EDIT_TYPES,
    MANUAL,
    SAME_TIME_S,
    CheckedTrack,
    ClearZone,
    DrawnRegion,
    DropTrack,
    Edit,
    HiddenSpan,
    HiddenZone,
    KeepTrack,
    NameTrack,
    OnlyTrack,
    TrackEdit,
    UnknownEdit,
)
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.core.plan import WHOLE_FRAME, Observation, Origin, Region
from dashcamcleaner.core.review_edits import CheckedSpot, KeepSpan
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.core.vehicle_edits import TrackStyle, VehicleTrack
from dashcamcleaner.errors import PlanError
from dashcamcleaner.messages import counted, joined, msg
from dashcamcleaner.side_files import UNREADABLE, parse_json

__all__ = ["Edits"]

_EVERYWHERE: Box = (-1e6, -1e6, 1e6, 1e6)
_MOST_NAMED = 4
_PERSON_RULES = (PersonTrack, KeepPerson, HidePerson, OnlyPersons, KeepUnknown, PersonStyle)
_OF_ONE_PLAN = (TrackEdit, KeepSpan, VehicleTrack, TrackStyle, *_PERSON_RULES)
"""Kinds that mean something by the track ids of one plan alone; persons are told by their tracks."""
_OF_ONE_PLAN_KEYS = frozenset(("track", "person", "vehicle"))
T = TypeVar("T")


@dataclass(frozen=True)
class Edits:
    """What was changed, in the order of the file. Immutable; every change gives another one.

    Args:
        entries: all edits, those included that this version does not know.
    """

    entries: tuple[Edit, ...] = ()

    @classmethod
    def of(cls, *entries: Edit) -> Edits:
        """These edits, in this order."""
        return cls(entries)

    def __bool__(self) -> bool:
        """Whether there is one that this version knows."""
        return any(not isinstance(edit, UnknownEdit) for edit in self.entries)

    # --- by kind

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

    @property
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

    # --- what they do to what is hidden

    @property
    def uncovering(self) -> tuple[Edit, ...]:
        """Those that can leave something clear."""
        return tuple(edit for edit in self.entries if edit.uncovers)

    @property
    def laying_on(self) -> tuple[PersonStyle | TrackStyle, ...]:
        """Those that lay a picture of this machine on: it is seen in the output."""
        styles: tuple[PersonStyle | TrackStyle, ...] = (*self._all(PersonStyle), *self._all(TrackStyle))
        return tuple(edit for edit in styles if edit.picture)

    @property
    def weakening(self) -> tuple[PersonStyle | TrackStyle, ...]:
        """Those that may show more of a region than the style of the run does: all styles but a plain fill."""
        styles: tuple[PersonStyle | TrackStyle, ...] = (*self._all(PersonStyle), *self._all(TrackStyle))
        return tuple(edit for edit in styles if edit.style != "solid" and not edit.picture)

    @property
    def groups_tracks(self) -> bool:
        """Whether they say which tracks are one person's or vehicle's, so that a choice about one falls on others."""
        return bool(self.persons or self.vehicle_tracks)

    @property
    def needs_yes(self) -> bool:
        """Whether a person has to say yes to them where they were not made here."""
        return bool(self.uncovering or self.laying_on or self.weakening or self.groups_tracks)

    @property
    def yes_note(self) -> str:
        """What a person would say yes to, in a few words.

        What is left clear, pictures that are laid on, regions with a look of their own, and who is who.
        """
        parts = [self.clear_note] if self.clear_note else []
        if pictures := {edit.picture for edit in self.laying_on}:
            parts.append(
                counted("{n} picture of this machine laid on", "{n} pictures of this machine laid on", len(pictures))
            )
        if self.weakening:
            parts.append(counted("{n} look of its own", "{n} looks of their own", len(self.weakening)))
        if self.groups_tracks:
            tracks = frozenset(self.person_tracks).union(*self.vehicle_tracks.values())
            parts.append(counted("{n} track said to be somebody's", "{n} tracks said to be somebody's", len(tracks)))
        return joined(parts, msg(" and "))

    @property
    def clear_note(self) -> str:
        """What they leave clear, in a few words, for instance ``3 tracks left clear``; empty where nothing is."""
        parts = []
        if tracks := self.keep | self.drop:
            parts.append(counted("{n} track left clear", "{n} tracks left clear", len(tracks)))
        if self.keep_spans:
            parts.append(
                counted(
                    "{n} track left clear for a part of the clip",
                    "{n} tracks left clear for a part of the clip",
                    len(self.keep_spans),
                )
            )
        if self.only:
            parts.append(msg("all tracks but {count} left clear", count=len(self.only)))
        if self.only_persons:
            parts.append(msg("all persons but {count} left clear", count=len(self.hide_persons)))
        elif self.keep_persons:
            parts.append(counted("{n} person left clear", "{n} persons left clear", len(self.keep_persons)))
        if self.keep_unknown:
            parts.append(msg("unknown faces left clear"))
        if self.clear_zones:
            parts.append(
                counted("finds in {n} area left clear", "finds in {n} areas left clear", len(self.clear_zones))
            )
        return joined(parts, msg(" and "))

    @property
    def without_uncovering(self) -> Edits:
        """Those that can only hide more: what was drawn, and what this version does not know."""
        return Edits((*self.hiding.entries, *self.not_applied))

    @property
    def about_persons(self) -> Edits:
        """Those that say who is who, and what becomes of them."""
        return Edits(tuple(edit for edit in self.entries if isinstance(edit, _PERSON_RULES)))

    @property
    def without_persons(self) -> Edits:
        """All others."""
        return Edits(tuple(edit for edit in self.entries if not isinstance(edit, _PERSON_RULES)))

    @property
    def is_of_one_plan(self) -> bool:
        """Whether there is one that speaks of tracks, or of persons by their tracks: such ids are of one plan alone."""
        return any(_is_of_one_plan(edit) for edit in self.entries)

    @property
    def without_tracks(self) -> Edits:
        """Those that hold for any plan of the clip: what speaks of places and times alone."""
        return Edits(tuple(edit for edit in self.entries if not _is_of_one_plan(edit)))

    @property
    def hiding(self) -> Edits:
        """Those alone that add something hidden."""
        return Edits((*self.regions, *self.hidden_zones, *self.hidden_spans))

    @property
    def not_applied(self) -> tuple[UnknownEdit, ...]:
        """Those that this version does not know. They may be meant to hide something."""
        return self._all(UnknownEdit)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What this version does not know and therefore leaves undone: a sentence for rows, and one for keys."""
        told = []
        if unknown := self.not_applied:
            kinds = _listed(_suggested(edit.row_name) for edit in unknown)
            told.append(
                counted(
                    "{n} edit is unknown to this version ({kinds}) and was not applied: what it is meant to hide may "
                    "be visible.",
                    "{n} edits are unknown to this version ({kinds}) and were not applied: what they are meant to "
                    "hide may be visible.",
                    len(unknown),
                    kinds=kinds,
                )
            )
        known = [edit for edit in self.entries if not isinstance(edit, UnknownEdit)]
        keys = [
            msg("{key} of {row_name}", key=repr(key[:40]), row_name=edit.row_name)
            for edit in known
            for key, _ in edit.unknown_keys
        ]
        if keys:
            told.append(
                msg(
                    "Edits hold keys that are unknown to this version ({listed}); they were applied "
                    "without them, so more may be visible than was meant.",
                    listed=_listed(keys),
                )
            )
        return tuple(told)

    # --- changes

    def joined(self, other: Edits) -> Edits:
        """These and the others; of two names the other's counts."""
        return Edits(self.entries + other.entries)

    def added(self, edit: Edit) -> Edits:
        """These and one more, at the end."""
        return Edits((*self.entries, edit))

    def replaced(self, place: int, edit: Edit) -> Edits:
        """These with another one at a place of `entries`."""
        return Edits((*self.entries[:place], edit, *self.entries[place + 1 :]))

    def without(self, place: int) -> Edits:
        """These but for the one at a place of `entries`."""
        return Edits((*self.entries[:place], *self.entries[place + 1 :]))

    # --- times

    @property
    def is_timed(self) -> bool:
        """Whether there is one that is not in force over the whole clip."""
        return any(not isinstance(edit, UnknownEdit) and edit.spans for edit in self.entries)

    def later(self, seconds: float) -> Edits:
        """The same in a clock that tells this many seconds more; what this version does not know stays as it is."""
        return Edits(tuple(edit if isinstance(edit, UnknownEdit) else edit.later(seconds) for edit in self.entries))

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

    def in_no_frame_note(self, times_s: Sequence[float]) -> str:
        """A sentence that tells of those with times that hold in no frame; empty where there are none."""
        idle = self.in_no_frame(times_s)
        if not idle:
            return ""
        return counted(
            "{n} edit does nothing: it holds in no frame ({listed}).",
            "{n} edits do nothing: they hold in no frame ({listed}).",
            len(idle),
            listed=_listed(
                f"{edit.row_name} {_second(first)}-{_second(last)}"
                for edit in idle
                if not isinstance(edit, UnknownEdit)
                for first, last in edit.spans
            ),
        )

    # --- at work

    def check_tracks(self, existing: Collection[int], *, shown: Collection[int] | None = None) -> None:
        """Whether all tracks that are spoken of exist.

        Args:
            existing: all tracks of the plan.
            shown: those to list to people, where many of the others are noise; None: all.

        Raises:
            PlanError: one does not; the sentence lists those that do.
        """
        unknown = sorted(self.tracks - set(existing))
        if unknown:
            listed = ", ".join(str(i) for i in sorted(existing if shown is None else shown)) or "none"
            which = ", ".join(str(i) for i in unknown)
            raise PlanError(
                msg("The plan has no track {which}; it has: {listed}.", which=which, listed=listed),
                hint="Track ids belong to one plan; list them with the contact sheet of that plan.",
            )

    def apply(self, regions: Iterable[Region], *, seen: Observation) -> tuple[Region, ...]:
        """A frame's regions as they are after the edits. What was added by hand comes first."""
        time_s = seen.time.seconds
        away, only = self._away, self.only
        clear = self._clear_boxes[self._lasting_of["clear_zones"].at(time_s)] if self.clear_zones else None
        kept = [
            region
            for region in regions
            if region.track not in away
            and (not only or region.track in only or region.track in self._hidden_tracks)
            and (clear is None or not _lies_in_any(region.xyxy, clear))
            and not self._kept_now(region.track, time_s=time_s)
            and not self.shows(region.track, region.kind, time_s=time_s)
        ]
        added = []
        for place in self._lasting_of["regions"].at(time_s):
            drawn = self.regions[place]
            box = drawn.at(time_s)
            if box is not None:
                added.append(Region(box, drawn.kind, 1.0, Origin.MANUAL))
        added += self._zone_regions(time_s)
        if len(self._lasting_of["hidden_spans"].at(time_s)):
            added.append(Region(_EVERYWHERE, WHOLE_FRAME, 1.0, Origin.MANUAL))
        return (*added, *kept)

    def _kept_now(self, track: int | None, *, time_s: float) -> bool:
        """Whether a track is in one of the spans in which it stays clear."""
        if track is None or track in self._hidden_tracks:
            return False
        return any(span.holds(time_s) for span in self.keep_spans.get(track, ()))

    @cached_property
    def _hidden_tracks(self) -> frozenset[int]:
        """Tracks that show somebody at some time who is to be hidden."""
        hidden = self.hide_persons
        return frozenset(
            track for track, edits in self.person_tracks.items() if any(edit.person in hidden for edit in edits)
        )

    def shows(self, track: int | None, kind: str, *, time_s: float) -> bool:
        """Whether the rules about persons leave a track's region visible at a time.

        A person is shown only in the seconds in which the track is surely theirs; a track that shows somebody, but not
        surely now, counts as of somebody who is to be hidden.

        Args:
            track: the track's id; None where nothing was linked.
            kind: what it is: the rules speak of kinds that tell persons apart, and of no other.
            time_s: seconds of the clip's own clock.
        """
        if not (self.only_persons or self.keep_persons or self.keep_unknown) or not rules_of(kind).tells_persons:
            return False
        if track is None:
            return False
        shown = [edit.person for edit in self.person_tracks.get(track, ()) if edit.holds(time_s)]
        if shown:
            return all(person in self.shown_persons for person in shown)
        return self.keep_unknown and track not in self.person_tracks

    @cached_property
    def _away(self) -> frozenset[int]:
        return (self.keep - self._hidden_tracks) | self.drop

    @cached_property
    def _lasting_of(self) -> Mapping[str, _Lasting]:
        kinds = ("regions", "hidden_zones", "clear_zones", "hidden_spans")
        return {name: _Lasting(getattr(self, name)) for name in kinds}

    @cached_property
    def _clear_boxes(self) -> np.ndarray:
        return np.array([zone.box for zone in self.clear_zones], np.float64).reshape(-1, 4)

    def _zone_regions(self, time_s: float) -> tuple[Region, ...]:
        """The regions of the hidden zones in force, each area once; most frames have those of the one before."""
        places = self._lasting_of["hidden_zones"].at(time_s)
        known = self._latest_zones.get(key := places.tobytes())
        if known is None:
            boxes = dict.fromkeys(self.hidden_zones[place].box for place in places)
            known = tuple(Region(box, MANUAL, 1.0, Origin.MANUAL) for box in boxes)
            self._latest_zones.clear()
            self._latest_zones[key] = known
        return known

    @cached_property
    def _latest_zones(self) -> dict[bytes, tuple[Region, ...]]:
        return {}


class _Lasting:
    """When each of many edits is in force: asked for every frame of a clip, so without a loop over all of them.

    Args:
        edits: what lasts from one second to another.
    """

    def __init__(self, edits: Sequence[DrawnRegion | HiddenZone | ClearZone | HiddenSpan]) -> None:
        self._from_s = np.array([edit.from_s for edit in edits], np.float64) - SAME_TIME_S
        self._to_s = np.array([edit.to_s for edit in edits], np.float64) + SAME_TIME_S

    def at(self, time_s: float) -> np.ndarray:
        """The places of those that are in force at this time, in their order."""
        return np.flatnonzero((self._from_s <= time_s) & (time_s <= self._to_s))


def _lies_in_any(xyxy: Box, zones: np.ndarray) -> bool:
    """Whether a box lies wholly in one of the zones ``(n, 4)``; see `core.boxes.contains`."""
    x1, y1, x2, y2 = xyxy
    inside = (zones[:, 0] <= x1) & (zones[:, 1] <= y1) & (zones[:, 2] >= x2) & (zones[:, 3] >= y2)
    return bool(inside.any())


def _second(time_s: float) -> str:
    """A time for people; nothing for one without limit."""
    return format_seconds(time_s) if math.isfinite(time_s) else ""


def _is_of_one_plan(edit: Edit) -> bool:
    """Whether an edit goes by the track ids of one plan; an unknown one does where it names a track or a person."""
    if isinstance(edit, UnknownEdit):
        try:
            return not _OF_ONE_PLAN_KEYS.isdisjoint(parse_json(edit.line))
        except UNREADABLE:
            return True
    return isinstance(edit, _OF_ONE_PLAN)


def _suggested(row_name: str) -> str:
    """A row's kind as it is told: what stands in a file is not trusted to be short, or printable."""
    near = difflib.get_close_matches(row_name, EDIT_TYPES, n=1)
    return (
        msg("{row_name}, perhaps {near}", row_name=repr(row_name[:40]), near=repr(near[0]))
        if near
        else f"{row_name[:40]!r}"
    )


def _listed(texts: Iterable[str]) -> str:
    """Some texts, each once, the first few of many."""
    once = list(dict.fromkeys(texts))
    return "; ".join(once[:_MOST_NAMED]) + ("; ..." if len(once) > _MOST_NAMED else "")
