"""The edits of a run: from the edits file and from the job itself, checked against the plan that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.errors import PlanError, SettingError
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader
from dashcamcleaner.tracking.tracker import relink

__all__ = ["load_edits"]


def load_edits(job: Job) -> Edits:
    """All edits that a job asks for; there may be none.

    Raises:
        PlanError: a file cannot be read, or a track is named that the plan does not have.
        SettingError: tracks are named without a plan for them to belong to.
    """
    edits = Edits()
    if job.edits is not None:
        edits = EditsFile(job.edits).read()
    elif job.from_plan is not None:
        edits = EditsFile.beside(job.from_plan).read(missing_ok=True)
    edits = edits.joined(Edits(job.added_edits))
    if edits.tracks:
        if job.from_plan is None:
            raise SettingError("Track ids belong to a plan.", hint="Add --from-plan NAME.plan.jsonl.")
        _check_tracks(edits, job.from_plan)
    return edits


def _check_tracks(edits: Edits, plan: Path) -> None:
    """Ids belong to a plan, and to the way it was linked: a track that is left clear must be the one that was meant."""
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
            f"The plan {plan.name} was linked by another version of this program; its track {which} is another now.",
            hint="Render it once without these edits, and choose the tracks in the plan that this writes.",
        )
