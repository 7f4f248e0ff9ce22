"""One clip cut without encoding: packets are copied, and what was done with them is told as of any run.

Nothing is decoded, so nothing is looked for and there is no plan; lock, report and names are those of `pipeline.video`.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from dashcamcleaner.atomic_files import new_work_file
from dashcamcleaner.core.events import Event, Started, Warned
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.summary import CLEANED, PARTIAL, RunSummary, StreamAction
from dashcamcleaner.errors import SettingError
from dashcamcleaner.media.frame_times import first_time, frame_times
from dashcamcleaner.media.lossless import CopiedClip, copy_cut
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.trial import proven_plan
from dashcamcleaner.media.written import check_clip
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import check_space, keep_date, mode_like
from dashcamcleaner.pipeline.context import versions, video_track_of
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.output_lock import OutputLock
from dashcamcleaner.pipeline.outputs import check_outputs
from dashcamcleaner.pipeline.publication import publish_all, run_under_lock
from dashcamcleaner.pipeline.source_watch import SourceWatch
from dashcamcleaner.pipeline.writer import side_mode
from dashcamcleaner.report.data import report_files, report_path
from dashcamcleaner.work_files import WorkFile

__all__ = ["copy_video"]


def copy_video(job: Job, *, control: Control) -> Generator[Event]:
    """Cut one clip at key frames without encoding; the events are those of `pipeline.video.clean_video`.

    Args:
        job: what is asked; its cut lies at key frames.
        control: pauses and cancels.

    Raises:
        DashcamCleanerError: anything that goes wrong; nothing stands under the final name then.
    """
    if job.cut is None or job.write_plan or job.settings.kinds() or job.added_edits:
        raise SettingError("What is copied is neither looked at nor changed.", hint="Leave --lossless out.")
    info = probe(job.source, video_track=video_track_of(job))
    yield from run_under_lock(job, functools.partial(_copy_locked, job, info, control=control), frames=info.frames)


def _copy_locked(
    job: Job, info: MediaInfo, *, lock: OutputLock, control: Control
) -> Generator[Event, None, RunSummary]:
    assert job.cut is not None
    settings, begun = job.settings, (time.monotonic(), time.process_time())
    check_outputs(job, lock=lock)
    target = proven_plan(
        info,
        source=job.source,
        output=job.output,
        keep=(*settings.keep, "chapters"),
        audio=settings.audio,
        silenced=bool(job.cut.muted.kept),
    )
    check_space(job.output.parent, needed_bytes=target.estimated_bytes)
    with SourceWatch(job.source) as watch:
        yield from watch.read_through(control)
        yield Started(str(job.source), str(job.output), info.frames, msg("copied, not encoded"))
        for sentence in info.warnings:
            yield Warned(sentence)
        origin = first_time(frame_times(job.source, info=info), info=info)

        def look() -> None:
            watch.look()
            control.wait_while_paused()

        work = new_work_file(job.output, mode=mode_like(job.source))
        reports: list[tuple[WorkFile, Path]] = []
        try:
            copied = copy_cut(
                job.source, partial_path=work.path, info=info, plan=target, cut=job.cut.later(origin), look=look
            )
            check_clip(work.path, copied.written, final=job.output)
            for sentence in copied.problems:
                yield Warned(sentence)
            summary = _summary(job, info, copied)
            summary.streams += [_as_copied(one) for one in target.actions]
            summary.output_bytes = work.path.stat().st_size
            summary.source_sha256 = watch.finish()
            summary.wall_s, summary.cpu_s = time.monotonic() - begun[0], time.process_time() - begun[1]
            mode = side_mode(settings, job.source)
            reports = report_files(summary, result=work.path, about_source=settings.report_source, mode=mode)
            keep_date(job.source, work.path)
            publish_all(
                [*reports, (work, job.output)],
                lock=lock,
                overwrite=settings.overwrite,
                check=lambda: check_clip(job.output, copied.written, final=job.output),
            )
        finally:
            for one in (work, *(report for report, _ in reports)):
                one.discard()
    return summary


def _summary(job: Job, info: MediaInfo, copied: CopiedClip) -> RunSummary:
    return RunSummary(
        source=str(job.source),
        output=str(job.output),
        status=PARTIAL if copied.ends_early else CLEANED,
        frames=copied.frames,
        duration_s=copied.written.duration_s,
        size=info.upright_size,
        source_bytes=job.source.stat().st_size,
        settings=job.settings.overrides,
        versions=versions(),
        report=str(report_path(job.output)),
        warnings=[*job.notes, *info.warnings, *copied.problems],
    )


def _as_copied(one: StreamAction) -> StreamAction:
    """The picture was planned as encoded: where it was, its codec would be told."""
    return replace(one, action="copied", why="") if one.action == CLEANED else one
