"""One picture through the same stages: read, see, plan, obscure, write. Called by the pipeline for what is no clip."""

from __future__ import annotations

import functools
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from dashcamcleaner.atomic_files import new_work_file
from dashcamcleaner.core.events import Event, Progress, Started, Warned
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import FramePlan, PlanHeader
from dashcamcleaner.core.summary import CLEANED, PARTIAL, RunSummary
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import SettingError
from dashcamcleaner.media.image_file import PictureFile, read_picture_file
from dashcamcleaner.media.image_writer import write_picture_file
from dashcamcleaner.media.written import check_picture_file
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import keep_date, mode_like
from dashcamcleaner.pipeline.build import checker_for, detector_for, make_planner, rules_per_kind
from dashcamcleaner.pipeline.context import RunContext, open_context
from dashcamcleaner.pipeline.detection_export import open_export
from dashcamcleaner.pipeline.frames import FramePlanner, plan_frame
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.pipeline.outlived_edits import outlived_edits
from dashcamcleaner.pipeline.output_lock import OutputLock
from dashcamcleaner.pipeline.outputs import check_outputs
from dashcamcleaner.pipeline.own_styles import OwnStyles
from dashcamcleaner.pipeline.people import VisiblePersons, keep_edits_beside
from dashcamcleaner.pipeline.plan_file import PlanWriter, plan_path
from dashcamcleaner.pipeline.publication import publish_all, run_under_lock
from dashcamcleaner.pipeline.source_watch import SourceWatch
from dashcamcleaner.pipeline.statistics import RunStatistics
from dashcamcleaner.pipeline.two_pass import planned_again, whole_clip_planner
from dashcamcleaner.pipeline.writer import obscurer_for, side_mode
from dashcamcleaner.report.data import describe_edits, report_files, report_path
from dashcamcleaner.settings import Settings
from dashcamcleaner.work_files import WorkFile

__all__ = ["clean_image", "info_of_picture", "look_at_picture", "plan_picture"]


def clean_image(job: Job, *, models: ModelPool) -> Generator[Event]:
    """Clean one picture; the events are those of a clip of one frame.

    Args:
        job: its output's extension picks the format.
        models: gives the detector.

    Raises:
        DashcamCleanerError: anything that goes wrong; nothing stands under the final name then.
    """
    if job.export_mask or job.export_mask_colored:
        raise SettingError("A mask is exported of clips, not of pictures.", hint="Its plan tells the regions.")
    yield from run_under_lock(job, functools.partial(_clean_locked, job, models=models), frames=1)


def _clean_locked(job: Job, *, lock: OutputLock, models: ModelPool) -> Generator[Event, None, RunSummary]:
    begun = (time.monotonic(), time.process_time())
    check_outputs(job, lock=lock)
    with SourceWatch(job.source) as watch:
        return (yield from _clean_watched(job, watch=watch, lock=lock, models=models, begun=begun))


def _clean_watched(
    job: Job, *, watch: SourceWatch, lock: OutputLock, models: ModelPool, begun: tuple[float, float]
) -> Generator[Event, None, RunSummary]:
    settings = job.settings
    picture = read_picture_file(job.source)
    frame = picture.frame
    summary = RunSummary(
        source=str(job.source),
        output=str(job.output),
        frames=1,
        size=frame.upright_size,
        source_bytes=job.source.stat().st_size,
        settings=settings.overrides,
        persons_asked=job.persons.key,
    )
    info = info_of_picture(picture)
    with open_context(job, info=info, models=models, identity=watch.fingerprint) as context:
        summary.backend, summary.weights = context.backend, context.header.weights
        summary.weights_sha256, summary.versions = context.header.weights_sha256, context.header.versions
        summary.warnings += job.notes
        yield Started(str(job.source), str(job.output), 1, context.description)
        for sentence in context.warnings:
            summary.warnings.append(sentence)
            yield Warned(sentence)
        statistics = RunStatistics(
            thresholds=context.thresholds,
            kinds=settings.kinds(),
            upright_size=frame.upright_size,
            warn_from=settings.warn_hidden,
        )
        if settings.hide_overlay != "none":
            sentence = "Burned-in text is looked for in clips, not in single pictures: it stays as it is."
            summary.warnings.append(sentence)
            yield Warned(sentence)
        context, plan = look_at_picture(job, frame, info=info, context=context)
        visible = VisiblePersons(context.edits)
        visible.add(plan)
        counts = statistics.add(plan)
        plain = obscurer_for(settings)
        OwnStyles(context.edits, settings=settings).obscure(frame, plan.regions, plain=plain)
        summary.edits, summary.left_clear = describe_edits(context.edits), context.edits.clear_note
        summary.status = PARTIAL if context.edits.not_applied else CLEANED
        yield Progress("clean", 1, 1, 0.0, 0.0, counts)
        summary.kinds, summary.hidden = statistics.kinds, statistics.hidden
        summary.visible = visible.rows()
        notes = [*summary.hidden.notes, *context.people_notes, *visible.sentences()]
        if note := context.edits.in_no_frame_note([plan.time.seconds]):
            notes.append(note)
        if statistics.kinds and not any(kind.regions for kind in statistics.kinds.values()):
            notes.append(msg("Nothing was found; look at the picture yourself before you publish it."))
        for sentence in notes:
            summary.warnings.append(sentence)
            yield Warned(sentence)
        summary.wall_s, summary.cpu_s = time.monotonic() - begun[0], time.process_time() - begun[1]
        for sentence in _write(job, summary, picture, plan, header=context.header, watch=watch, lock=lock):
            yield Warned(sentence)
        if job.write_plan and (problem := keep_edits_beside(job, context.edits)):
            yield Warned(problem)
        context.done()
    return summary


def look_at_picture(job: Job, frame: Frame, *, info: MediaInfo, context: RunContext) -> tuple[RunContext, FramePlan]:
    """What is seen in a picture and hidden of it; where persons are asked for, they become edits of the context.

    Args:
        job: what is asked.
        frame: the picture, as it was read.
        info: what a clip of this one frame would be told as.
        context: how the run sees.

    Raises:
        SettingError: a person is named that there is not.
        DetectorFailed: a network failed.
    """
    plan = plan_frame(context.source, context.planner, frame)
    if context.people is None:
        return context, plan
    context.people.add(frame, plan.seen)
    (plain,) = planned_again([plan], whole_clip_planner(job, info=info, context=context, edits=None))
    edits, notes = context.people.edits([plain], context.edits)
    (plan,) = planned_again([plan], whole_clip_planner(job, info=info, context=context, edits=edits))
    return replace(context, edits=edits, people_notes=notes), plan


def _write(
    job: Job,
    summary: RunSummary,
    picture: PictureFile,
    plan: FramePlan,
    *,
    header: PlanHeader,
    watch: SourceWatch,
    lock: OutputLock,
) -> list[str]:
    """Write the picture and what goes with it, and give all their final names, the picture's last.

    Returns:
        What becomes of edits that speak of the tracks of a plan that was replaced, for people.
    """
    mode = side_mode(job.settings, job.source)
    work = new_work_file(job.output, mode=mode_like(job.source))
    begun: list[WorkFile] = [work]
    files: list[tuple[WorkFile, Path]] = []
    writer = export = outlived = None
    sentences: list[str] = []
    try:
        if job.write_plan:
            writer = PlanWriter(plan_path(job.output), header=header, mode=mode)
            writer.write(plan)
            files.append((writer.close(), writer.final))
            summary.plan = str(writer.final)
            outlived = outlived_edits(writer.final, new=files[-1][0].path)
        if outlived is not None:
            sentences.append(outlived.note)
            summary.warnings.append(outlived.note)
        if job.export_detections is not None:
            export = open_export(job.export_detections, header=header, mode=mode)
            export.write(plan)
            files.append((export.close(), job.export_detections))
        summary.streams = write_picture_file(
            picture, partial_path=work.path, final=job.output, suffix=job.output.suffix, keep=job.settings.keep
        )
        check_picture_file(work.path, picture.frame.size, final=job.output)
        summary.output_bytes = work.path.stat().st_size
        summary.report = str(report_path(job.output))
        summary.source_sha256 = watch.finish()
        reports = report_files(summary, result=work.path, about_source=job.settings.report_source, mode=mode)
        begun += [report for report, _ in reports]
        keep_date(job.source, work.path)
        publish_all(
            [*files, *reports, (work, job.output)],
            lock=lock,
            overwrite=job.settings.overwrite,
            check=lambda: check_picture_file(job.output, picture.frame.size, final=job.output),
        )
        if outlived is not None and (problem := outlived.put_aside()):
            sentences.append(problem)
        return sentences
    finally:
        for sink in (writer, export):
            if sink is not None:
                sink.abort()
        for one in begun:
            one.discard()


def plan_picture(picture: PictureFile, *, settings: Settings, models: ModelPool) -> FramePlan:
    """What is seen in a picture, and hidden of it, as `clean_image` does it; nothing is painted, written or kept.

    Args:
        picture: the picture as read.
        settings: the settings of the run; of edits and plans nothing is known here.
        models: gives the detector.

    Raises:
        BackendError: no backend, no weights, or a wanted kind that no weights know.
    """
    size = picture.frame.upright_size
    detector = detector_for(settings, upright_size=size, models=models)
    planner = make_planner(settings, upright_size=size, rules=rules_per_kind(settings), max_waiting_frames=1)
    seeing = FramePlanner(planner, checker=checker_for(settings, detector, models), picture_size=detector.picture_size)
    return plan_frame(LiveObservationSource(detector, motion=None, log=None), seeing, picture.frame)


def info_of_picture(picture: PictureFile) -> MediaInfo:
    """What a clip of this one frame would be told as."""
    frame = picture.frame
    return MediaInfo(
        path=str(picture.path),
        container="picture",
        size=frame.size,
        orientation=frame.orientation,
        layout=frame.layout,
        time_base=frame.time.time_base,
        video=0,
        codec=picture.format,
        frames=1,
        is_picture=True,
    )
