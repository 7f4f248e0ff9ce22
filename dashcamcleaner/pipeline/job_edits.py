"""The edits of a run: from the edits file and from the job itself, checked against the plan that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.errors import PlanError, SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.people.rules import rules_of_numbers
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader
from dashcamcleaner.tracking.tracker import relink

__all__ = ["clear_note", "knows_persons", "load_edits", "unaccepted_edits"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def load_edits(job: Job) -> tuple[Edits, tuple[str, ...]]:
    """All edits that a job asks for, of which there may be none, and sentences that tell what they leave clear.

    The file is read once: what is told and what is done come from the same bytes.

    Raises:
        NotAccepted: edits that were not made here would leave something clear, and nobody has said yes to them.
        PlanError: a file cannot be read, is of another plan, or a track is named that the plan does not have.
        SettingError: tracks are named without a plan for them to belong to.
    """
    file, edits = _of_file(job)
    _check_plan(job, edits)
    if file is not None:
        file.require_accepted(edits, how=msg("say so for this very file by"))
    if job.persons:  # who is named now takes the place of who was chosen before
        edits = edits.without_choices
    notes = _clear_notes(job, file, edits)
    edits = edits.joined(Edits(job.added_edits))
    if job.persons.numbers and job.from_plan is None:
        raise SettingError(
            "Numbers of persons belong to a plan.",
            hint="Make one with: dashcamcleaner people CLIP --plan NAME.plan.jsonl; or name a picture of the person.",
        )
    if job.persons and knows_persons(job, edits):
        edits = edits.joined(Edits(tuple(rules_of_numbers(job.persons, edits.persons))))
    _check_plan(job, edits)
    if edits.tracks and job.from_plan is not None:
        _check_tracks(edits, job.from_plan)
    return edits, notes


def _check_plan(job: Job, edits: Edits) -> None:
    """Whether tracks that are named have a plan to belong to."""
    if edits.tracks and job.from_plan is None:
        raise SettingError("Track ids belong to a plan.", hint="Add --from-plan NAME.plan.jsonl.")


def knows_persons(job: Job, edits: Edits) -> bool:
    """Whether the edits tell who is who, and the job names persons by number alone: then no face is looked at."""
    return bool(edits.persons) and not job.persons.needs_faces


def _clear_notes(job: Job, file: EditsFile | None, edits: Edits) -> tuple[str, ...]:
    """A sentence for what the file's edits leave clear, and one for those of the job itself."""
    notes = [] if file is None or not edits.uncovering else [clear_note(file, edits)]
    if note := Edits(job.added_edits).clear_note:
        notes.append(msg("{note} by the command line.", note=note))
    return tuple(notes)


def clear_note(file: EditsFile, edits: Edits) -> str:
    """The sentence that tells what a file's edits leave clear."""
    return msg(
        "{clear_note} by edits of {day}, file {path}.", clear_note=edits.clear_note, day=_day(file.path), path=file.path
    )


def unaccepted_edits(job: Job) -> tuple[EditsFile, Edits] | None:
    """The edits file of a job that a person has to say yes to before it runs, and its edits; None where there is none.

    Raises:
        PlanError: the file cannot be read.
    """
    file, edits = _of_file(job)
    return (file, edits) if file is not None and file.is_foreign else None


def _of_file(job: Job) -> tuple[EditsFile | None, Edits]:
    """The edits file of a job, and what stands in it."""
    if job.edits is not None:
        file, missing_ok = EditsFile(job.edits, plan=job.from_plan), False
    elif job.from_plan is not None:
        file, missing_ok = EditsFile.beside(job.from_plan), True
    else:
        return None, Edits()
    file.accept(*job.accepted)
    return file, file.read(missing_ok=missing_ok)


def _day(path: Path) -> str:
    """When a file was last changed, for instance ``12 Nov 2026``."""
    date = datetime.fromtimestamp(path.stat().st_mtime)
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def _check_tracks(edits: Edits, plan: Path) -> None:
    """Ids belong to a plan, and to the way it was linked: a track that is left clear must be the one that was meant.

    That they were chosen in this very plan is told by the edits file (`pipeline.edits_file`); what is asked here is
    whether this version links the plan as the one that wrote it did.
    """
    hidden: set[int] = set()

    def noting(plans: Iterable[FramePlan]) -> Iterator[FramePlan]:
        for one in plans:
            hidden.update(region.track for region in one.regions if region.track is not None)
            yield one

    with PlanReader(plan) as reader:
        every, moved = relink(noting(reader), upright_size=reader.header.upright_size)
    # A plan that was rendered with edits lacks the regions of what they left clear; its tracks exist all the same.
    edits.check_tracks(every | hidden, shown=hidden)
    if edits.tracks & moved:
        which = ", ".join(str(i) for i in sorted(edits.tracks & moved))
        raise PlanError(
            msg(
                "The plan {plan} was linked by another version of this program; its track {which} is another now.",
                plan=plan.name,
                which=which,
            ),
            hint="Render it once without these edits, and choose the tracks in the plan that this writes.",
        )
