"""The thorough mode: the whole clip is analysed first, weak places are looked at again, then everything is planned.

Called by the pipeline, which renders afterwards through the same loop as ever: the planner that it is given has its
plans made already. Observations of the whole clip are held in memory (a few kB a frame, no pictures).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Event
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import CropCheck, FramePlan, Observation
from dashcamcleaner.core.planner import CheckingPlanner, Planner
from dashcamcleaner.core.weak_spot import WeakSpot
from dashcamcleaner.detection.second_pass import SecondPass
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.pipeline.build import make_planner
from dashcamcleaner.pipeline.context import RunContext
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.frames import FramePlanner, run_frames_in_threads
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.observations import StoredObservationSource
from dashcamcleaner.pipeline.progress import ProgressMeter
from dashcamcleaner.pipeline.workers import BoundedQueue, ThreadGroup, until_done
from dashcamcleaner.planning.weak_spots import thorough_plans

__all__ = ["PrecomputedPlanner", "analyse_first", "analysed_plans", "planned_again", "whole_clip_planner"]


def analyse_first(
    job: Job, *, info: MediaInfo, context: RunContext, control: Control
) -> Generator[Event, None, RunContext]:
    """Analyse, look again, plan; gives a context whose source and planner only hand out what is known.

    Where persons are asked for, their faces are looked at in the same pass, and become edits of the context.

    Yields `Progress` with the phases ``analyse`` and ``look again``. Raises what the threads raised.
    """
    plans = yield from analysed_plans(job, info=info, context=context, control=control)
    if context.people is not None:
        edits, notes = context.people.edits(plans, context.edits)
        plans = planned_again(plans, whole_clip_planner(job, info=info, context=context, edits=edits))
        context = replace(context, edits=edits, people_notes=notes)
    return replace(
        context,
        source=StoredObservationSource(plan.seen for plan in plans),
        planner=FramePlanner(PrecomputedPlanner(plans)),
        checker=None,
    )


def analysed_plans(
    job: Job, *, info: MediaInfo, context: RunContext, control: Control
) -> Generator[Event, None, list[FramePlan]]:
    """The plans of a whole clip; of a context with persons, those without edits. Yields and raises as `analyse_first`.

    Args:
        job: what is asked.
        info: what the clip holds.
        context: gives the observations; one that is thorough looks again where tracks are weak.
        control: pauses and cancels.
    """
    observations: list[Observation] = []
    meter = ProgressMeter("analyse", frames=info.frames, kept_frames=context.resumed_frames, clock=control.working_s)
    edits = None if context.people is not None else context.edits or None

    def fresh_planner() -> Planner:
        return whole_clip_planner(job, info=info, context=context, edits=edits)

    def collect(frame: Frame, plan: FramePlan) -> Event | None:
        if context.people is not None:
            context.people.add(frame, plan.seen)
        observations.append(plan.seen)
        counts = {kind: int((plan.seen.detections.kind == kind).sum()) for kind in context.thresholds}
        return meter.advance(counts, time_s=plan.time.seconds)

    planner = context.planning_with(_AnalysingPlanner(fresh_planner()))
    with open_clip(job.source, info=info, threads=job.settings.workers) as decoder:
        yield from run_frames_in_threads(context.source, planner, [collect], frames=decoder, control=control)
    if not context.thorough:
        return planned_again([FramePlan(seen) for seen in observations], fresh_planner())
    plans: list[FramePlan] = []
    with ThreadGroup() as group:
        events: BoundedQueue[Event] = BoundedQueue(group, size=0)

        def again(spots: Sequence[WeakSpot]) -> Mapping[int, Detections]:
            return _second_pass(job, info, context, control, spots, events)

        def planning() -> None:
            plans.extend(
                thorough_plans(
                    observations,
                    upright_size=info.upright_size,
                    thresholds=context.thresholds,
                    make_planner=fresh_planner,
                    second_pass=again,
                )
            )
            events.close()

        group.start("plan", planning)
        yield from until_done(group, events)
    return plans


def whole_clip_planner(job: Job, *, info: MediaInfo, context: RunContext, edits: Edits | None) -> Planner:
    """A planner that looks ahead to the end.

    Args:
        job: what is asked.
        info: what the clip holds.
        context: tells which kinds are hidden, and by which rules.
        edits: what a person changed; None: nothing.
    """
    return make_planner(
        job.settings,
        upright_size=info.upright_size,
        rules=context.rules,
        max_waiting_frames=0,
        edits=edits,
        whole_clip=True,
    )


def planned_again(plans: Sequence[FramePlan], planner: Planner) -> list[FramePlan]:
    """The plans that a planner makes of the same observations."""
    made: list[FramePlan] = []
    for plan in plans:
        made += planner.push(plan.seen)
    return [*made, *planner.finish()]


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
    meter = ProgressMeter("look again", frames=len(wanted), clock=control.working_s)
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


class _AnalysingPlanner:
    """Lets closer looks be chosen by a planner that sees the whole clip, and lets every frame go at once, unplanned."""

    shortened = False

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    def push(self, seen: Observation) -> Sequence[FramePlan]:
        self._planner.push(seen)
        return (FramePlan(seen),)

    def unsure(self) -> Sequence[tuple[float, tuple[float, float, float, float], str]]:
        return self._planner.unsure() if isinstance(self._planner, CheckingPlanner) else ()

    def add_checks(self, checks: Sequence[CropCheck]) -> None:
        if isinstance(self._planner, CheckingPlanner):
            self._planner.add_checks(checks)

    def finish(self) -> Sequence[FramePlan]:
        return ()


class PrecomputedPlanner:
    """A planner whose plans are made: what the second pass of a thorough run pushes against."""

    shortened = False

    def __init__(self, plans: Sequence[FramePlan]) -> None:
        self._plans = plans

    def push(self, seen: Observation) -> Sequence[FramePlan]:
        """The plan of this frame."""
        return (self._plans[seen.index],)

    def finish(self) -> Sequence[FramePlan]:
        """Nothing is left: every frame had its plan at once."""
        return ()
