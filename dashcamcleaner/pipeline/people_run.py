"""Looking at the people of a clip without cleaning it: what ``people`` lists, and a plan that can be rendered later."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from dashcamcleaner.core.events import Event, Warned
from dashcamcleaner.core.plan import FramePlan, PlanHeader
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.media import probe
from dashcamcleaner.media.image_file import is_picture_file, read_picture_file
from dashcamcleaner.output_files import check_output
from dashcamcleaner.people.grouping import ClipFaces
from dashcamcleaner.people.rules import PersonRequest
from dashcamcleaner.pipeline.context import open_context, video_track_of
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.frames import plan_frame
from dashcamcleaner.pipeline.image import info_of_picture
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.outlived_edits import outlived_edits
from dashcamcleaner.pipeline.people import PeopleSearch
from dashcamcleaner.pipeline.plan_file import PlanWriter
from dashcamcleaner.pipeline.two_pass import analysed_plans, planned_again, whole_clip_planner
from dashcamcleaner.pipeline.writer import side_mode

__all__ = ["ClipPeople", "look_at_people"]


@dataclass(frozen=True, slots=True, eq=False)
class ClipPeople:
    """What one look gave.

    Args:
        header: the header of the clip's plan.
        plans: the plans of all frames, made without edits.
        faces: the faces that the clip shows.
    """

    header: PlanHeader
    plans: list[FramePlan]
    faces: ClipFaces


def look_at_people(
    job: Job, *, control: Control, models: ModelPool, clip: int = 0, plan: Path | None = None
) -> Generator[Event, None, ClipPeople]:
    """Look at all faces of a clip or a picture, analysing it where the job names no plan; yields `Progress`.

    Args:
        job: the clip, and perhaps its plan; its output is not written.
        control: pauses and cancels.
        models: gives the detector and what tells faces apart.
        clip: the clip's number, where several are compared.
        plan: where a new plan is written to; None: nowhere.

    Raises:
        DashcamCleanerError: clip or plan cannot be used, or a package is not installed.
    """
    picture = read_picture_file(job.source) if is_picture_file(job.source) else None
    info = info_of_picture(picture) if picture else probe.probe(job.source, video_track=video_track_of(job))
    if plan is not None:
        check_output(plan, sources=[job.source], overwrite=job.settings.overwrite)
    describer = models.describer(threads=job.settings.workers)
    with open_context(job, info=info, models=models) as opened:
        search = PeopleSearch(PersonRequest(), describer=describer, upright_size=info.upright_size)
        context = replace(opened, people=search)
        if picture is not None:
            seen = plan_frame(context.source, context.planner, picture.frame)
            search.add(picture.frame, seen.seen)
            plans = planned_again([seen], whole_clip_planner(job, info=info, context=context, edits=None))
        else:
            plans = yield from analysed_plans(job, info=info, context=context, control=control)
        faces = search.faces(plans, clip=clip)
        if plan is not None:
            for sentence in _write(plans, plan, context.header, job):
                yield Warned(sentence)
            opened.done()
    return ClipPeople(context.header, plans, faces)


def _write(plans: list[FramePlan], path: Path, header: PlanHeader, job: Job) -> list[str]:
    """Write a plan; gives what becomes of edits that speak of the tracks of the one before, for people."""
    writer = PlanWriter(path, header=header, mode=side_mode(job.settings, job.source))
    try:
        for plan in plans:
            writer.write(plan)
        outlived = outlived_edits(path, new=writer.close().path)
        writer.finish()
        if outlived is None:
            return []
        problem = outlived.put_aside()
        return [outlived.note, *([problem] if problem else [])]
    finally:
        writer.abort()
