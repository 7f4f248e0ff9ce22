"""The conductor: the only place that knows all stages.

    file ─ probe ─► decode ─► detect ─► track ─► plan ─► obscure ─► encode ─► report

The loop itself is `pipeline.frames`: one thread decodes, one sees (detects, measures motion, plans), one writes
(obscures, encodes). An exception in any thread stops all, joins all and reaches the caller as `Failed`; no frame is
ever written whose analysis failed.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from fractions import Fraction

from dashcamcleaner.core.edit_rows import SAME_TIME_S
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Event, Started, Warned
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.core.summary import CLEANED, PARTIAL, RunSummary
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.media import probe, trial
from dashcamcleaner.media.decoder import choose_decoder, open_clip
from dashcamcleaner.media.frame_times import first_time, frame_times
from dashcamcleaner.media.hardware import with_encoder
from dashcamcleaner.media.output_plan import OutputPlan, with_cut
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import check_space
from dashcamcleaner.pipeline.burned_in import look_for_burned_in
from dashcamcleaner.pipeline.context import open_context, video_track_of
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.frames import FramePlanner, run_frames_in_threads
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.observations import DetectionsAhead
from dashcamcleaner.pipeline.output_lock import OutputLock
from dashcamcleaner.pipeline.outputs import check_outputs
from dashcamcleaner.pipeline.own_styles import OwnStyles
from dashcamcleaner.pipeline.people import VisiblePersons, keep_edits_beside
from dashcamcleaner.pipeline.progress import ProgressMeter
from dashcamcleaner.pipeline.publication import run_under_lock
from dashcamcleaner.pipeline.source_watch import SourceWatch
from dashcamcleaner.pipeline.statistics import RunStatistics
from dashcamcleaner.pipeline.two_pass import analyse_first
from dashcamcleaner.pipeline.writer import ClipWriter
from dashcamcleaner.report.data import describe_edits
from dashcamcleaner.settings import Settings

__all__ = ["clean_video"]


def clean_video(
    job: Job, *, control: Control, models: ModelPool, ahead: DetectionsAhead | None = None
) -> Generator[Event]:
    """Clean one clip.

    Yields `Started`, then `Progress` and `Warned` as they come, and `Finished` at the end.

    Args:
        job: what is asked.
        control: pauses, cancels, shows the current frame.
        models: gives the detector.
        ahead: detections that are made elsewhere meanwhile.

    Raises:
        DashcamCleanerError: anything that goes wrong; nothing stands under the final name then.
    """
    info = probe.probe(job.source, video_track=video_track_of(job))
    run = functools.partial(_clean_locked, job, info, control=control, models=models, ahead=ahead)
    yield from run_under_lock(job, run, frames=info.frames)


def _clean_locked(
    job: Job,
    info: MediaInfo,
    *,
    lock: OutputLock,
    control: Control,
    models: ModelPool,
    ahead: DetectionsAhead | None,
) -> Generator[Event, None, RunSummary]:
    settings = job.settings
    begun = (time.monotonic(), time.process_time())
    check_outputs(job, lock=lock)
    target = trial.proven_plan(
        info,
        source=job.source,
        output=job.output,
        codec=settings.codec,
        keep=(*settings.keep, "chapters"),  # their times tell nothing; their titles are tags
        audio=settings.audio,
        keep_chroma=settings.keep_chroma,
        quality=settings.quality,
        silenced=job.cut is not None and bool(job.cut.muted.kept),
    )
    job, times, clock_note = _in_own_clock(job, info)
    if job.cut is not None:
        target = _cut_target(target, job, times=times)
    target, coding_notes = with_encoder(target, settings.encoder, size=target.size)
    chosen = choose_decoder(job.source, info=info, choice=settings.decoder)
    coding_notes += chosen.notes
    check_space(job.output.parent, needed_bytes=target.estimated_bytes)
    burned_in = look_for_burned_in(job, info=info, models=models, control=control)
    job = replace(job, added_edits=(*job.added_edits, *burned_in.zones))
    summary = RunSummary(
        source=str(job.source),
        output=str(job.output),
        size=info.upright_size,
        source_bytes=job.source.stat().st_size,
        settings=settings.overrides,
        persons_asked=job.persons.key,
    )
    with contextlib.ExitStack() as stack:
        watch = stack.enter_context(SourceWatch(job.source))
        yield from watch.read_through(control)
        context = stack.enter_context(
            open_context(job, info=info, models=models, ahead=ahead, identity=watch.fingerprint)
        )
        context = replace(context, header=replace(context.header, burned_in=burned_in.found))
        summary.backend, summary.weights = context.backend, context.header.weights
        summary.weights_sha256, summary.versions = context.header.weights_sha256, context.header.versions
        summary.warnings += job.notes
        summary.resumed_frames = context.resumed_frames
        yield Started(str(job.source), str(job.output), info.frames, context.description)
        summary.streams += target.actions
        for sentence in (*info.warnings, *target.warnings, *coding_notes, *clock_note, *context.warnings):
            summary.warnings.append(sentence)
            yield Warned(sentence)
        for sentence, hint in burned_in.sentences():
            summary.warnings.append(sentence)
            yield Warned(sentence, hint)
        summary.burned_in = burned_in.rows()
        statistics = RunStatistics(
            thresholds=context.thresholds,
            kinds=settings.kinds(),
            upright_size=info.upright_size,
            warn_from=settings.warn_hidden,
        )
        _styles(context.edits, settings)  # a picture that cannot be read is told before anything is begun
        writer = stack.enter_context(ClipWriter(job, info=info, target=target, header=context.header, models=models))
        phase = "render" if job.from_plan or context.analyses_first else "clean"
        kept = 0 if context.analyses_first else context.resumed_frames
        meter = ProgressMeter(phase, frames=info.frames, kept_frames=kept, clock=control.working_s)
        if context.analyses_first:
            context = yield from analyse_first(job, info=info, context=context, control=control)
        visible = VisiblePersons(context.edits)
        writer.styles = _styles(context.edits, settings)
        decoder = stack.enter_context(open_clip(job.source, info=info, threads=settings.workers, chosen=chosen))

        times_s: list[float] = []

        def write(frame: Frame, plan: FramePlan) -> Event | None:
            watch.look()
            times_s.append(plan.time.seconds)
            counts: dict[str, int] = {}
            if target.keeps(plan.time.exact()):  # what is told is told of the output
                counts = statistics.add(plan)
                visible.add(plan)
            writer.write(frame, plan)
            _show(frame, control)
            return meter.advance(counts, time_s=plan.time.seconds)

        yield from run_frames_in_threads(context.source, context.planner, [write], frames=decoder, control=control)
        if statistics.frames == 0:
            raise InputError(
                msg("{source} holds no frame that decodes.", source=job.source),
                hint="The file may be damaged or encrypted.",
            )
        summary.kinds, summary.frames, summary.damaged_frames = (
            statistics.kinds,
            statistics.frames,
            statistics.damaged_frames,
        )
        summary.duration_s = info.duration_s or 0.0
        summary.hidden = statistics.hidden
        for sentence in (
            *summary.hidden.notes,
            *decoder.problems,
            *context.people_notes,
            *visible.sentences(),
            *([note] if (note := context.edits.in_no_frame_note(sorted(times_s))) else []),
            *_afterthoughts(context.planner, statistics),
        ):
            summary.warnings.append(sentence)
            yield Warned(sentence)
        summary.timeline, summary.edits = statistics.timeline.as_dict(), describe_edits(context.edits)
        summary.left_clear = context.edits.clear_note
        summary.visible = visible.rows()
        summary.status = (
            PARTIAL if decoder.partial or statistics.damaged_frames or context.edits.not_applied else CLEANED
        )
        summary.wall_s, summary.cpu_s = time.monotonic() - begun[0], time.process_time() - begun[1]
        try:
            sentences = writer.finish(summary, source_length=decoder.length, source_sha256=watch.finish, lock=lock)
        except InputError:  # what was seen is of a file that was changed meanwhile
            context.done()
            raise
        for sentence in sentences:
            yield Warned(sentence)
        if job.write_plan and (problem := keep_edits_beside(job, context.edits, zones=burned_in.zones)):
            yield Warned(problem)
        context.done()
    return summary


def _styles(edits: Edits, settings: Settings) -> OwnStyles | None:
    return OwnStyles(edits, settings=settings) if edits.has_styles else None


def _in_own_clock(job: Job, info: MediaInfo) -> tuple[Job, list[Fraction], tuple[str, ...]]:
    """A job says seconds from the first picture; plans, edits and frames have the clip's own clock. The one border.

    Args:
        job: the job as it was asked.
        info: what was probed of its source.

    Returns:
        The same job in the clip's own clock; the times of all frames in it, where the job says something in seconds;
        and a sentence where that clock begins at another time than 0.
    """
    edits = Edits(job.added_edits)
    if job.cut is None and not edits.is_timed:
        return job, [], ()
    pts = frame_times(job.source, info=info)
    times, begin = [one * info.time_base for one in pts], first_time(pts, info=info)
    moved = replace(job, added_edits=edits.later(float(begin)).entries, cut=job.cut and job.cut.later(begin))
    if not edits.is_timed or abs(begin) < SAME_TIME_S:
        return moved, times, ()
    told = format_seconds(float(begin))
    return (
        moved,
        times,
        (
            msg(
                "The clip's own clock, which plans, reports and the window show, begins at {begin}; what was asked for "
                "by seconds counts from the first picture.",
                begin=told,
            ),
        ),
    )


def _cut_target(target: OutputPlan, job: Job, *, times: list[Fraction]) -> OutputPlan:
    """The same output, cut on frames; the job is in the clip's own clock."""
    assert job.cut is not None
    if job.export_mask or job.export_mask_colored or job.audit:
        raise SettingError("A cut clip has no masks, and no audit of its own.", hint="Clean the cut clip to have them.")
    cut = job.cut.on_frames(times)
    if not any(cut.kept.holds(time) for time in times):
        raise SettingError(
            msg("Nothing of {source} would be left.", source=job.source.name), hint="Check labels, rules and actions."
        )
    return with_cut(target, cut)


def _show(frame: Frame, control: Control) -> None:
    """Give the asker the picture it wants: of the frame as it was written, obscured."""
    wanted = control.wanted_frame_px()
    if wanted:
        w, h = frame.upright_size
        scale = min(1.0, wanted / max(w, h))
        control.give_frame(frame.time, frame.scale((max(2, round(w * scale)), max(2, round(h * scale)))))


def _afterthoughts(planner: FramePlanner, statistics: RunStatistics) -> Iterator[str]:
    if planner.shortened:
        yield msg("The look-ahead was shortened to stay within --max-look-ahead-mb; raise it or use --thorough.")
    if statistics.damaged_frames:
        yield msg(
            "{damaged_frames} frames came damaged from the decoder and were covered wholly.",
            damaged_frames=statistics.damaged_frames,
        )
    if statistics.kinds and not any(kind.regions for kind in statistics.kinds.values()):
        yield msg(
            "Nothing was found in {frames} frames; look at the clip yourself before you publish it.",
            frames=statistics.frames,
        )
