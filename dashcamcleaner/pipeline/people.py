"""Persons within a run: their faces looked at while the clip is analysed, rules turned into edits, and what is told.

A run that names persons analyses the whole clip first, as a thorough one does; the faces are described in that pass.
Numbers of persons that stand in a plan's edits already need no face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.core.edit_types import Edit, HiddenZone
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.plan import FramePlan, Observation
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.detection.face_embedding import FaceDescriber
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import keep_date
from dashcamcleaner.people.grouping import ClipFaces, clip_faces, group_people, people_as_told
from dashcamcleaner.people.references import Reference, read_reference
from dashcamcleaner.people.rules import PersonRequest, check_known, rule_edits, unknown_note
from dashcamcleaner.people.sampling import FaceSampler
from dashcamcleaner.pipeline.burned_in import covered
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.job_edits import knows_persons
from dashcamcleaner.pipeline.plan_file import plan_path

__all__ = ["PeopleSearch", "VisiblePersons", "keep_edits_beside", "search_for"]


class PeopleSearch:
    """Looks at the faces of a clip, frame by frame, and groups them at the end; used by one thread at a time.

    Args:
        request: whom a user named.
        describer: describes faces.
        upright_size: ``(width, height)`` of the full-size picture.
        references: word -> whom it means, read before the run; numbers apart.
    """

    def __init__(
        self,
        request: PersonRequest,
        *,
        describer: FaceDescriber,
        upright_size: tuple[int, int],
        references: Mapping[str, Sequence[Reference]] | None = None,
    ) -> None:
        self._request = request
        self._sampler = FaceSampler(describer, upright_size=upright_size)
        self._size = upright_size
        self._references = references or {}

    def add(self, frame: Frame, seen: Observation) -> None:
        """Look at the next frame, before it is obscured.

        Raises:
            DetectorFailed: a network failed.
        """
        self._sampler.add(frame, seen)

    def faces(self, plans: Sequence[FramePlan], *, clip: int = 0) -> ClipFaces:
        """All that is known of the clip's faces.

        Args:
            plans: the plans of all frames, made without edits.
            clip: the clip's number, where several are compared.

        Raises:
            DetectorFailed: a network failed.
        """
        hidden = frozenset(
            region.track
            for plan in plans
            for region in plan.regions
            if region.track is not None and rules_of(region.kind).tells_persons
        )
        observations = [plan.seen for plan in plans]
        return clip_faces(observations, self._sampler.finish(), upright_size=self._size, hidden=hidden, clip=clip)

    def edits(self, plans: Sequence[FramePlan], told: Edits) -> tuple[Edits, tuple[str, ...]]:
        """The edits with what the request comes to in this clip, and what is to be told.

        Args:
            plans: the plans of all frames, made without edits.
            told: the edits so far. Where they tell who is who, merges and looks included, it stays so.

        Raises:
            SettingError: a person is named that there is not.
            ExtraMissing: a package is not installed.
        """
        faces = self.faces(plans)
        if told.persons:
            persons = people_as_told(faces.seen, [told.person_tracks])
        else:
            persons = group_people(faces.seen)
            told = told.joined(Edits(tuple(row for person in persons for row in person.edits())))
        check_known(self._request.numbers, told.persons)
        rules, notes = rule_edits(self._request, persons, resolve=lambda word: self._references[word])
        unknown = unknown_note(faces, kept=self._request.keep_unknown)
        found = told.without_choices.joined(Edits(tuple(rules)))
        return found, (*notes, *([unknown] if unknown else []))


def search_for(job: Job, edits: Edits, *, upright_size: tuple[int, int], models: ModelPool) -> PeopleSearch | None:
    """What looks for the persons of a job; None where it names none, or its edits tell already who is who.

    Raises:
        ExtraMissing: a package is not installed.
        InputError: a reference cannot be read, or does not show one face.
    """
    if not job.persons or knows_persons(job, edits):
        return None
    describer = models.describer(threads=job.settings.workers)
    words = [word for word in (*job.persons.keep, *job.persons.hide) if not word.isdecimal()]
    references: dict[str, Sequence[Reference]] = dict(job.known_persons)
    for word in words:
        if word not in references:
            references[word] = read_reference(Path(word), describer=describer)
    return PeopleSearch(job.persons, describer=describer, upright_size=upright_size, references=references)


@dataclass(slots=True)
class _Visible:
    """In how many frames a person was left visible, and from when to when."""

    frames: int = 0
    first_s: float = 0.0
    last_s: float = 0.0


class VisiblePersons:
    """Counts who was left visible, frame by frame.

    Args:
        edits: say who is who.
    """

    def __init__(self, edits: Edits) -> None:
        self._edits = edits
        self._spans = [one for tracks in edits.person_tracks.values() for one in tracks]
        self._shown = edits.shown_persons
        self._found: dict[int, _Visible] = {}

    def add(self, plan: FramePlan) -> None:
        """The next frame's plan."""
        if not self._shown:
            return
        now_s = plan.time.seconds
        for person in {one.person for one in self._spans if one.person in self._shown and one.holds(now_s)}:
            seen = self._found.setdefault(person, _Visible(first_s=now_s))
            seen.frames += 1
            seen.last_s = now_s

    def rows(self) -> list[dict[str, Any]]:
        """One row for each person who was left visible, by number."""
        return [
            {
                "person": person,
                "frames": seen.frames,
                "first_s": round(seen.first_s, 3),
                "last_s": round(seen.last_s, 3),
                "by": self._by(person),
            }
            for person, seen in sorted(self._found.items())
        ]

    def sentences(self) -> list[str]:
        """The same for people."""
        return [
            msg(
                "Person {person} was left visible in {frames} frames, {time} to {time2}, by {by}.",
                person=row["person"],
                frames=row["frames"],
                time=format_seconds(row["first_s"]),
                time2=format_seconds(row["last_s"]),
                by=row["by"],
            )
            if row["frames"] > 1
            else msg("Person {person} was left visible in 1 frame, by {by}.", person=row["person"], by=row["by"])
            for row in self.rows()
        ]

    def _by(self, person: int) -> str:
        if self._edits.only_persons:
            return msg("the rule that hides others only")
        return self._edits.keep_persons.get(person) or msg("their number")


def keep_edits_beside(job: Job, edits: Edits, *, zones: Sequence[HiddenZone] = ()) -> str:
    """Put what a run went by beside the plan of its output: audit, review and later renderings go by it.

    That is what it decided by itself, and where it rendered a plan that lies elsewhere, the edits of that one, whose
    tracks have the same numbers. What the job named for this once is not kept.

    Args:
        job: the job of the run.
        edits: those of the run.
        zones: what covers burned-in text.

    Returns:
        What went wrong, for people; empty where nothing did.
    """
    about, file = edits.about_persons, EditsFile.beside(plan_path(job.output))
    base = None if job.from_plan is None or job.cut is not None else EditsFile.beside(job.from_plan).path.absolute()
    kept: list[Edit] = []
    if base not in (None, file.path.absolute()):
        kept = [edit for edit in edits.without_persons.entries if edit not in job.added_edits]
    if not about and not zones and not kept:
        return ""
    try:
        there = file.read(missing_ok=True)
        kept = [edit for edit in kept if edit not in there.entries]
        told = there if there.about_persons == about else there.without_persons.joined(about)
        told = covered((told if about else there).joined(Edits(tuple(kept))), [zone.box for zone in zones])
        if told != there or not file.is_ours:
            file.write(told)
        if set(told.entries) == {*edits.entries, *zones}:  # the result shows these: a review has nothing to render
            keep_date(plan_path(job.output), file.path)
    except DashcamCleanerError as error:
        return msg("What was decided could not be written beside the plan: {error}", error=error.message)
    return ""
