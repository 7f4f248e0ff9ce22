"""The conductor: the only place that knows all stages.

    file ─ probe ─► decode ─► detect ─► track ─► plan ─► obscure ─► encode ─► report

Three threads with bounded queues between them: one decodes, one sees (detects, measures motion, plans), one writes
(obscures, encodes). The engines, FFmpeg and OpenCV release the interpreter lock, so they overlap. An exception in any
thread stops all, joins all and reaches the caller as `Failed`; no frame is ever written whose analysis failed.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Generator, Iterator

from dashcamcleaner.core.events import Event, Finished, Started, Warned
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.plan import FramePlan, Planner
from dashcamcleaner.core.summary import CLEANED, PARTIAL, RunSummary
from dashcamcleaner.errors import InputError
from dashcamcleaner.files import check_output, check_space
from dashcamcleaner.media import probe, trial
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.pipeline.context import open_context, video_track_of
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.progress import ProgressMeter
from dashcamcleaner.pipeline.statistics import RunStatistics
from dashcamcleaner.pipeline.two_pass import analyse_first
from dashcamcleaner.pipeline.workers import BoundedQueue, ThreadGroup, until_done
from dashcamcleaner.pipeline.writer import ClipWriter
from dashcamcleaner.report.data import describe_edits

__all__ = ["clean_video"]

_QUEUE_FRAMES = 3  # each holds a full-size frame; more would only cost memory, the threads never starve with three


def clean_video(job: Job, *, control: Control) -> Generator[Event]:
    """Clean one clip.

    Yields `Started`, then `Progress` and `Warned` as they come, and `Finished` at the end.

    Args:
        job: what is asked.
        control: pauses, cancels, shows the current frame.

    Raises:
        DashcamCleanerError: anything that goes wrong; nothing stands under the final name then.
    """
    settings = job.settings
    begun = (time.monotonic(), time.process_time())
    info = probe.probe(job.source, video_track=video_track_of(job))
    check_output(job.output, sources=[job.source], overwrite=settings.overwrite)
    target = trial.proven_plan(
        info,
        source=job.source,
        output=job.output,
        codec=settings.codec,
        keep=(*settings.keep, "chapters"),  # chapters tell nothing that the picture does not show
        sound=settings.sound,
        keep_chroma=settings.keep_chroma,
        quality=settings.quality,
    )
    check_space(job.output.parent, needed_bytes=target.estimated_bytes)
    summary = RunSummary(
        source=str(job.source),
        output=str(job.output),
        size=info.upright_size,
        source_bytes=job.source.stat().st_size,
        settings=settings.overrides,
    )
    with contextlib.ExitStack() as stack:
        look = stack.enter_context(open_context(job, info=info))
        summary.backend, summary.weights = look.backend, look.header.weights
        summary.weights_sha256, summary.versions = look.header.weights_sha256, look.header.versions
        summary.resumed_frames = look.resumed_frames
        yield Started(str(job.source), str(job.output), info.frames, look.description)
        summary.streams += target.actions
        for sentence in (*info.warnings, *target.warnings, *look.warnings):
            summary.warnings.append(sentence)
            yield Warned(sentence)
        tally = RunStatistics(thresholds=look.thresholds, kinds=settings.kinds(), upright_size=info.upright_size)
        writer = stack.enter_context(ClipWriter(job, info=info, target=target, header=look.header))
        if look.thorough:
            yield from analyse_first(job, info=info, look=look, control=control)
        decoder = stack.enter_context(open_clip(job.source, info=info, threads=settings.workers))
        pace = ProgressMeter("render" if job.from_plan or look.thorough else "clean", frames=info.frames)

        with ThreadGroup() as crew:
            frames: BoundedQueue[Frame] = BoundedQueue(crew, size=_QUEUE_FRAMES)
            planned: BoundedQueue[tuple[Frame, FramePlan]] = BoundedQueue(crew, size=_QUEUE_FRAMES)
            events: BoundedQueue[Event] = BoundedQueue(crew, size=0)

            def decoding() -> None:
                for frame in decoder:
                    control.wait_while_paused()
                    frames.put(frame)
                frames.close()

            def seeing() -> None:
                waiting: deque[Frame] = deque()
                for frame, seen in look.seer.see(frames):
                    waiting.append(frame)
                    for plan in look.take(frame, seen):
                        planned.put((waiting.popleft(), plan))
                for plan in look.planner.finish():
                    planned.put((waiting.popleft(), plan))
                planned.close()

            def writing() -> None:
                for frame, plan in planned:
                    counts = tally.add(plan)
                    writer.write(frame, plan)
                    _show(frame, control)
                    if progress := pace.step(counts, time_s=plan.time.seconds):
                        events.put(progress)
                events.close()

            for name, work in (("decode", decoding), ("see", seeing), ("write", writing)):
                crew.start(name, work)
            yield from until_done(crew, events)

        if tally.frames == 0:
            raise InputError(f"{job.source} holds no frame that decodes.", hint="The file may be damaged or encrypted.")
        summary.kinds, summary.frames, summary.damaged_frames = tally.kinds, tally.frames, tally.damaged_frames
        summary.duration_s = info.duration_s or 0.0
        summary.hidden = tally.hidden(warn_from=settings.warn_hidden)
        for sentence in (
            *summary.hidden.notes,
            *decoder.problems,
            *_afterthoughts(look.planner, tally, decoder.partial),
        ):
            summary.warnings.append(sentence)
            yield Warned(sentence)
        summary.timeline, summary.edits = tally.timeline.as_dict(), describe_edits(look.edits)
        summary.status = PARTIAL if decoder.partial or tally.damaged_frames else CLEANED
        summary.wall_s, summary.cpu_s = time.monotonic() - begun[0], time.process_time() - begun[1]
        for sentence in writer.finish(summary, source_length=decoder.length):
            yield Warned(sentence)
        look.done()
    yield Finished(summary)


def _show(frame: Frame, control: Control) -> None:
    """Give the asker the picture it wants: of the frame as it was written, obscured."""
    wanted = control.wanted_frame_px()
    if wanted:
        w, h = frame.upright_size
        scale = min(1.0, wanted / max(w, h))
        control.give_frame(frame.time, frame.scale((max(2, round(w * scale)), max(2, round(h * scale)))))


def _afterthoughts(planner: Planner, tally: RunStatistics, partial: bool) -> Iterator[str]:
    if getattr(planner, "shortened", False):
        yield "The look-ahead was shortened to stay within --max-look-ahead-mb; raise it or use --thorough."
    if tally.damaged_frames:
        yield f"{tally.damaged_frames} frames came damaged from the decoder and were covered wholly."
    if not any(kind.regions for kind in tally.kinds.values()):
        yield f"Nothing was found in {tally.frames} frames; look at the clip yourself before you publish it."
