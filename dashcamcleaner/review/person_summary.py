"""The persons and vehicles of a plan seen from above: when, how often, how surely, and what was chosen about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.tracking.tracker import Tracker

__all__ = ["Moment", "PersonSummary", "VehicleSummary", "person_summaries", "vehicle_summaries"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame that shows somebody.

    Args:
        pts: the frame's time in ticks.
        time_s: the same in seconds.
        xyxy: where, upright full-size pixels.
        worth: how well, to compare.
    """

    pts: int
    time_s: float
    xyxy: Box
    worth: float


@dataclass(slots=True)
class VehicleSummary:
    """A vehicle, told by the tracks of its plates.

    Args:
        track: its number: the id of its track, of several the least.
        kind: what it is.
        best: the moment that shows it best.
        first_s, last_s: its first and last sighting, seconds.
        frames: its sightings.
        score: the best score.
    """

    track: int
    kind: str
    best: Moment
    first_s: float
    last_s: float
    frames: int = 0
    score: float = 0.0
    tracks: set[int] = field(default_factory=set)
    choice: str = ""
    """``kept`` where it stays clear, ``part`` where some of its tracks do, else empty."""


@dataclass(slots=True)
class PersonSummary:
    """A person.

    Args:
        person: the number.
        first_s, last_s: first and last sighting, seconds.
        frames: sightings over all tracks.
        sure_frames: those in which it is sure that the track shows this person.
        best: track -> the moment that shows the person best in it.
        choice: ``kept``, ``hidden``, or empty where nothing was chosen.
    """

    person: int
    first_s: float
    last_s: float
    frames: int = 0
    sure_frames: int = 0
    best: dict[int, Moment] = field(default_factory=dict)
    choice: str = ""

    @property
    def sureness(self) -> float:
        """0-1: the part of the sightings that are surely this person's."""
        return self.sure_frames / max(1, self.frames)

    @property
    def moments(self) -> list[Moment]:
        """The best of each track, the best first."""
        return sorted(self.best.values(), key=lambda moment: -moment.worth)


def person_summaries(plans: Sequence[FramePlan], edits: Edits, *, upright_size: tuple[int, int]) -> list[PersonSummary]:
    """The persons of a plan by number, as its edits tell them.

    Args:
        plans: the plans of all frames.
        edits: say which track shows whom.
        upright_size: ``(width, height)`` of the full-size picture.
    """
    found: dict[int, PersonSummary] = {}
    for track, _, _, moment in _sightings(plans, upright_size=upright_size):
        for said in edits.person_tracks.get(track, ()):
            sure = said.holds(moment.time_s)
            others = len(edits.person_tracks[track]) > 1
            if others and not sure:
                continue  # a track that changes over: the rest is nobody's
            one = found.setdefault(said.person, PersonSummary(said.person, moment.time_s, moment.time_s))
            one.frames += 1
            one.sure_frames += sure
            one.last_s = moment.time_s
            before = one.best.get(track)
            if sure and (before is None or moment.worth > before.worth):
                one.best[track] = moment
    for person, one in found.items():
        hidden = person in edits.hide_persons
        one.choice = "hidden" if hidden else "kept" if person in edits.shown_persons else ""
    return [found[person] for person in sorted(found)]


def vehicle_summaries(
    plans: Sequence[FramePlan], edits: Edits, *, upright_size: tuple[int, int]
) -> list[VehicleSummary]:
    """The vehicles of a plan, told by the tracks of their plates; those alone that the plan hides somewhere.

    Args:
        plans: the plans of all frames, made without edits.
        edits: say which tracks are one vehicle's.
        upright_size: ``(width, height)`` of the full-size picture.
    """
    hidden = {region.track for plan in plans for region in plan.regions}
    found: dict[int, VehicleSummary] = {}
    for track, kind, score, moment in _sightings(plans, upright_size=upright_size):
        if track not in hidden or not rules_of(kind).carries_text:
            continue
        number = edits.vehicle_of(track)
        one = found.setdefault(number, VehicleSummary(number, kind, moment, moment.time_s, moment.time_s))
        one.tracks.add(track)
        one.frames += 1
        one.last_s, one.score = moment.time_s, max(one.score, score)
        if moment.worth > one.best.worth:
            one.best = moment
    for one in found.values():
        clear = one.tracks & (edits.keep | edits.drop | frozenset(edits.keep_spans))
        one.choice = "" if not clear else "kept" if one.tracks <= edits.keep | edits.drop else "part"
    return [found[number] for number in sorted(found)]


def _sightings(plans: Sequence[FramePlan], *, upright_size: tuple[int, int]) -> list[tuple[int, str, float, Moment]]:
    """Track, kind, score and moment of every detection, in order of time."""
    tracker = Tracker(upright_size=upright_size)
    found = []
    for plan in plans:
        seen = plan.seen.detections
        ids = tracker.push(plan.seen).ids
        for track, box, score, kind in zip(ids.tolist(), seen.xyxy.tolist(), seen.score, seen.kind, strict=True):
            x1, y1, x2, y2 = box
            worth = ((x2 - x1) * (y2 - y1)) ** 0.5 * float(score) ** 2
            moment = Moment(plan.time.pts, plan.time.seconds, (x1, y1, x2, y2), worth)
            found.append((int(track), str(kind), float(score), moment))
    return found
