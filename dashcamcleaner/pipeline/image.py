"""One picture through the same stages: read, see, plan, obscure, write. Called by the pipeline for what is no clip."""

from __future__ import annotations

import time
from collections.abc import Generator

from dashcamcleaner.core.events import Event, Finished, Progress, Started, Warned
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.summary import CLEANED, PARTIAL, RunSummary
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import SettingError
from dashcamcleaner.files import check_output, keep_date, partial_path, publish
from dashcamcleaner.media.image_file import Still, read_still, write_still
from dashcamcleaner.pipeline.context import open_context
from dashcamcleaner.pipeline.frames import plan_frame
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanWriter, plan_path
from dashcamcleaner.pipeline.statistics import RunStatistics
from dashcamcleaner.pipeline.writer import DetectionExport, obscurer_for, side_mode
from dashcamcleaner.report.data import report_path, write_reports

__all__ = ["clean_image", "info_of_still"]


def clean_image(job: Job, *, models: ModelPool) -> Generator[Event]:
    """Clean one picture; the events are those of a clip of one frame.

    Args:
        job: its output's extension picks the format.
        models: gives the detector.

    Raises:
        DashcamCleanerError: anything that goes wrong; nothing stands under the final name then.
    """
    settings = job.settings
    begun = (time.monotonic(), time.process_time())
    if job.export_mask or job.export_mask_colored:
        raise SettingError("A mask is exported of clips, not of pictures.", hint="Its plan tells the regions.")
    check_output(job.output, sources=[job.source], overwrite=settings.overwrite)
    still = read_still(job.source)
    frame = still.frame
    summary = RunSummary(
        source=str(job.source),
        output=str(job.output),
        frames=1,
        size=frame.upright_size,
        source_bytes=job.source.stat().st_size,
        settings=settings.overrides,
    )
    partial = partial_path(job.output)
    with open_context(job, info=info_of_still(still), models=models) as context:
        summary.backend, summary.weights = context.backend, context.header.weights
        summary.weights_sha256, summary.versions = context.header.weights_sha256, context.header.versions
        yield Started(str(job.source), str(job.output), 1, context.description)
        for sentence in context.warnings:
            summary.warnings.append(sentence)
            yield Warned(sentence)
        statistics = RunStatistics(
            thresholds=context.thresholds, kinds=settings.kinds(), upright_size=frame.upright_size
        )
        plan = plan_frame(context.source, context.planner, frame)
        counts = statistics.add(plan)
        obscurer_for(settings).obscure(frame, plan.regions)
        writer = PlanWriter(plan_path(job.output), header=context.header, mode=side_mode(settings, job.source))
        export = None
        try:
            writer.write(plan)
            if job.export_detections is not None:
                export = DetectionExport(job.export_detections, mode=side_mode(settings, job.source))
                export.write(plan)
            summary.streams = write_still(still, partial_path=partial, suffix=job.output.suffix, keep=settings.keep)
            summary.output_bytes = partial.stat().st_size
            publish(partial, job.output, overwrite=settings.overwrite)
            keep_date(job.source, job.output)
            if export is not None:
                export.finish()
            if job.write_plan:
                summary.plan = str(writer.finish())
        finally:
            partial.unlink(missing_ok=True)
            writer.abort()
            if export is not None:
                export.abort()
        context.done()
        summary.status = PARTIAL if context.edits.not_applied else CLEANED
    yield Progress("clean", 1, 1, 0.0, 0.0, counts)
    summary.kinds, summary.hidden = statistics.kinds, statistics.hidden(warn_from=settings.warn_hidden)
    for sentence in summary.hidden.notes:
        summary.warnings.append(sentence)
        yield Warned(sentence)
    if not any(kind.regions for kind in statistics.kinds.values()):
        summary.warnings.append("Nothing was found; look at the picture yourself before you publish it.")
        yield Warned(summary.warnings[-1])
    summary.wall_s, summary.cpu_s = time.monotonic() - begun[0], time.process_time() - begun[1]
    summary.report = str(report_path(job.output))
    write_reports(summary, about_source=settings.report_source, mode=side_mode(settings, job.source))
    yield Finished(summary)


def info_of_still(still: Still) -> MediaInfo:
    """What a clip of this one frame would be told as."""
    frame = still.frame
    return MediaInfo(
        path=str(still.path),
        container="picture",
        size=frame.size,
        orientation=frame.orientation,
        layout=frame.layout,
        time_base=frame.time.time_base,
        video=0,
        codec=still.format,
        frames=1,
        still=True,
    )
