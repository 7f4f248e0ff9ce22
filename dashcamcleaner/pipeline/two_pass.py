"""The thorough mode: the whole clip is analysed first, weak places are looked at again, then everything is planned.

Called by the pipeline, which renders afterwards through the same seam as ever: the planner it is left with has its
plans made already. Observations of the whole clip are held in memory (a few kB a frame, no pictures).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.events import Event
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import Observation, Planner, WeakSpot
from dashcamcleaner.detection.second_pass import SecondPass
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.pipeline.build import make_planner
from dashcamcleaner.pipeline.context import RunContext
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.observations import PrecomputedPlanner, StoredObservationSource, take
from dashcamcleaner.pipeline.progress import ProgressMeter
from dashcamcleaner.pipeline.workers import BoundedQueue, ThreadGroup, until_done
from dashcamcleaner.planning.weak_spots import thorough_plans

__all__ = ["analyse_first"]

_QUEUE_FRAMES = 3


def analyse_first(job: Job, *, info: MediaInfo, context: RunContext, control: Control) -> Iterator[Event]:
    """Analyse, look again, plan; leaves ``context`` with observations and a planner that only hand out what is known.

    Yields `Progress` with the phase ``analyse``. Raises what the threads raised.
    """
    settings = job.settings
    observations: list[Observation] = []
    meter = ProgressMeter("analyse", frames=info.frames)

    def fresh_planner() -> Planner:
        return make_planner(
            settings,
            upright_size=info.upright_size,
            thresholds=context.thresholds,
            max_waiting_frames=0,
            edits=context.edits,
            whole_clip=True,
        )

    with contextlib.ExitStack() as stack:
        group = stack.enter_context(ThreadGroup())
        frames: BoundedQueue[Frame] = BoundedQueue(group, size=_QUEUE_FRAMES)
        events: BoundedQueue[Event] = BoundedQueue(group, size=0)

        def decoding() -> None:
            with open_clip(job.source, info=info, threads=settings.workers) as decoder:
                for frame in decoder:
                    control.wait_while_paused()
                    frames.put(frame)
            frames.close()

        def again(spots: Sequence[WeakSpot]) -> Mapping[int, Detections]:
            return _second_pass(job, info, context, control, spots, events)

        def analysing() -> None:
            first = fresh_planner()
            picture_size = context.detector.picture_size if context.detector is not None else info.upright_size
            for frame, seen in context.observations.see(frames):
                take(first, frame, seen, checker=context.checker, picture_size=picture_size)
                observations.append(seen)
                counts = {kind: int((seen.detections.kind == kind).sum()) for kind in context.thresholds}
                if progress := meter.advance(counts, time_s=seen.time.seconds):
                    events.put(progress)
            plans = thorough_plans(
                observations,
                upright_size=info.upright_size,
                thresholds=context.thresholds,
                make_planner=fresh_planner,
                second_pass=again,
            )
            context.planner = PrecomputedPlanner(plans)
            context.thorough_done = True
            context.observations = StoredObservationSource(plan.seen for plan in plans)
            events.close()

        group.start("decode", decoding)
        group.start("analyse", analysing)
        yield from until_done(group, events)


def _second_pass(
    job: Job,
    info: MediaInfo,
    context: RunContext,
    control: Control,
    spots: Sequence[WeakSpot],
    events: BoundedQueue[Event],
) -> Mapping[int, Detections]:
    """Decode up to the last weak spot and look at each with the run's own detector."""
    assert context.detector is not None
    second = SecondPass(context.detector.detector, upright_size=info.upright_size)
    wanted = {spot.index: spot for spot in spots}
    meter = ProgressMeter("look again", frames=len(wanted))
    found: dict[int, Detections] = {}
    with open_clip(job.source, info=info, threads=job.settings.workers) as decoder:
        for frame in decoder:
            control.wait_while_paused()
            spot = wanted.pop(frame.index, None)
            if spot is not None:
                found[frame.index] = second.detect(frame.picture(info.upright_size), spot)
                if progress := meter.advance({}, time_s=frame.time.seconds):
                    events.put(progress)
            if not wanted:
                break
    return found
