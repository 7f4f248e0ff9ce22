"""Edits: all that a person changed about a plan, and what becomes of a frame's regions under it.

Their seconds are those of the clip's own clock, in which the plan tells the frames.

Planners apply it to the regions of each frame. Nothing here weakens what is left hidden: where a kept track overlaps a
hidden one, both are painted as planned and hiding wins. `core.edit_types` has the kinds of edits, `core.edit_list` the
list of them, `pipeline.edits_file` the file, ``docs/tracking.md`` its rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashcamcleaner.core.edit_list import EditList
from dashcamcleaner.core.edit_notes import clear_note, in_no_frame_note, unknown_notes, yes_note
from dashcamcleaner.core.edit_rows import SAME_TIME_S, Box
from dashcamcleaner.core.edit_types import (
    MANUAL,
    ClearZone,
    DrawnRegion,
    HiddenSpan,
    HiddenZone,
)
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.plan import WHOLE_FRAME, Observation, Origin, Region
from dashcamcleaner.errors import PlanError
from dashcamcleaner.messages import msg

__all__ = ["Edits"]

_EVERYWHERE: Box = (-1e6, -1e6, 1e6, 1e6)


@dataclass(frozen=True)
class Edits(EditList):
    """What was changed, at work.

    Args:
        entries: all edits, those included that this version does not know.
    """

    # --- in words

    @property
    def clear_note(self) -> str:
        """What they leave clear, in a few words, for instance ``3 tracks left clear``; empty where nothing is."""
        return clear_note(self)

    @property
    def yes_note(self) -> str:
        """What a person would say yes to, in a few words."""
        return yes_note(self)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What this version does not know and therefore leaves undone."""
        return unknown_notes(self)

    def in_no_frame_note(self, times_s: Sequence[float]) -> str:
        """A sentence that tells of those with times that hold in no frame; empty where there are none."""
        return in_no_frame_note(self, times_s)

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
            and (not only or self._is_named(region, time_s=time_s))
            and (clear is None or region.track in self._hidden_tracks or not _lies_in_any(region.xyxy, clear))
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

    def _is_named(self, region: Region, *, time_s: float) -> bool:
        """Whether a region stays hidden where tracks are named that alone are: its track is, or it shows nobody known.

        Once it was told who is who, a face that is surely nobody's of them now may be anybody's.
        """
        if region.track in self.only or region.track in self._hidden_tracks:
            return True
        if not self.persons or self.keep_unknown or not rules_of(region.kind).tells_persons:
            return False
        said = () if region.track is None else self.person_tracks.get(region.track, ())
        return not any(edit.holds(time_s) for edit in said)

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
