"""The one loop over frames: what is seen in each, what is hidden of it, and where both go.

    frames ─► ObservationSource ─► FramePlanner ─► sinks

`run_frames` is that loop. A clip runs in three threads (one decodes, one sees and plans, one writes), a single picture
in its caller's own; a clip that is analysed first passes twice. Video, pictures, the thorough mode and the preview give
it their frames, a source of observations, a planner and sinks, and have no loop of their own.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from dashcamcleaner.core.events import Event
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.plan import FramePlan, Observation
from dashcamcleaner.core.planner import CheckingPlanner, HurriedPlanner, Planner
from dashcamcleaner.detection.crop_check import CropChecker
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.observations import ObservationSource
from dashcamcleaner.pipeline.workers import BoundedQueue, ThreadGroup, until_done

__all__ = ["FramePlanner", "FrameSink", "plan_frame", "run_frames", "run_frames_in_threads"]

_QUEUE_FRAMES = 3  # each holds a full-size frame; more would only cost memory, the threads never starve with three

FrameSink = Callable[[Frame, FramePlan], Event | None]
"""Takes each frame with its plan, in order; may give an event to tell."""


class FramePlanner:
    """A planner that is given frames as well, and may look closer at what it is unsure of in them.

    Args:
        planner: decides by observations alone.
        checker: looks closer; None where the checks are stored with the observations, or none are wanted.
        picture_size: ``(width, height)`` of the picture that the detector saw; needed by the checker.
        known_frames: frames at the beginning of which an earlier run has stored the checks.
    """

    def __init__(
        self,
        planner: Planner,
        *,
        checker: CropChecker | None = None,
        picture_size: tuple[int, int] = (0, 0),
        known_frames: int = 0,
    ) -> None:
        self._planner = planner
        self._checker = checker
        self._picture_size = picture_size
        self._known_frames = known_frames

    @property
    def shortened(self) -> bool:
        """See `Planner.shortened`."""
        return self._planner.shortened

    def take(self, frame: Frame, seen: Observation) -> Sequence[FramePlan]:
        """Give the planner its next frame, while the frame's pictures are still there; what is finished now, in order.

        Raises:
            DetectorFailed: the closer look failed.
        """
        planner, checker = self._planner, self._checker
        if checker is None or frame.views or not isinstance(planner, CheckingPlanner):
            return planner.push(seen)  # of several views none speaks against what another shows
        if frame.index < self._known_frames:
            # As the run that was killed did it, step by step: the planner's doubts decide what is left of the budget.
            done = planner.push(dataclasses.replace(seen, checks=[]))
            if planner.unsure():
                checker.recall(len(seen.checks))
            planner.add_checks(seen.checks)
            return done
        done = planner.push(seen)
        wanted = planner.unsure()
        scale = self._picture_size[0] / frame.upright_size[0]
        planner.add_checks(checker.check(frame.picture(self._picture_size), wanted, scale=scale) if wanted else ())
        return done

    def give(self, *, through: int) -> Sequence[FramePlan]:
        """See `HurriedPlanner.give`."""
        assert isinstance(self._planner, HurriedPlanner)
        return self._planner.give(through=through)

    def finish(self) -> Sequence[FramePlan]:
        """See `Planner.finish`."""
        return self._planner.finish()


def run_frames(
    source: ObservationSource, planner: FramePlanner, sinks: Sequence[FrameSink], *, frames: Iterable[Frame]
) -> Iterator[Event]:
    """See, plan and hand on all frames, in the thread of whoever iterates this.

    Yields what the sinks tell. Frames wait here until their plans come out, so that the planner's look-ahead bounds
    how many are held.

    Args:
        source: what is seen in each frame.
        planner: decides what is hidden.
        sinks: each takes every frame with its plan, in order, one sink after the other.
        frames: the frames in order of time.

    Raises:
        DashcamCleanerError: what source, planner, sinks or frames raise; no later frame reaches a sink then.
    """
    yield from _hand_on(_planned(source.see(frames), planner), sinks)


def plan_frame(source: ObservationSource, planner: FramePlanner, frame: Frame) -> FramePlan:
    """What is seen in a single picture, and hidden of it.

    Raises:
        DashcamCleanerError: what source or planner raise.
    """
    plans: list[FramePlan] = []
    for _ in run_frames(source, planner, [lambda _, plan: plans.append(plan)], frames=[frame]):
        pass
    (plan,) = plans
    return plan


def run_frames_in_threads(
    source: ObservationSource,
    planner: FramePlanner,
    sinks: Sequence[FrameSink],
    *,
    frames: Iterable[Frame],
    control: Control,
) -> Iterator[Event]:
    """The same with decoding, seeing and the sinks in three threads that live and die together.

    Bounded queues lie between them; their heavy calls release the interpreter lock, so that they overlap. Closing the
    generator stops and joins all.

    Args:
        source: the same as for `run_frames`; used by one thread, with the planner.
        planner: the same as for `run_frames`.
        sinks: the same as for `run_frames`; used by another thread.
        frames: the frames in order of time, read by the thread that decodes.
        control: pauses and cancels.

    Raises:
        DashcamCleanerError: the first that any thread raised, after all were joined.
    """
    with ThreadGroup() as group:
        decoded: BoundedQueue[Frame] = BoundedQueue(group, size=_QUEUE_FRAMES)
        planned: BoundedQueue[tuple[Frame, FramePlan]] = BoundedQueue(group, size=_QUEUE_FRAMES)
        events: BoundedQueue[Event] = BoundedQueue(group, size=0)

        def decoding() -> None:
            for frame in frames:
                control.wait_while_paused()
                decoded.put(frame)
            decoded.close()

        def seeing() -> None:
            for pair in _planned(source.see(decoded), planner):
                planned.put(pair)
            planned.close()

        def writing() -> None:
            for event in _hand_on(planned, sinks):
                events.put(event)
            events.close()

        for name, work in (("decode", decoding), ("see", seeing), ("write", writing)):
            group.start(name, work)
        yield from until_done(group, events)


def _planned(observed: Iterable[tuple[Frame, Observation]], planner: FramePlanner) -> Iterator[tuple[Frame, FramePlan]]:
    """Frames with their plans, as they come out of the planner."""
    waiting: deque[Frame] = deque()
    for frame, seen in observed:
        waiting.append(frame)
        for plan in planner.take(frame, seen):
            yield waiting.popleft(), plan
    for plan in planner.finish():
        yield waiting.popleft(), plan


def _hand_on(planned: Iterable[tuple[Frame, FramePlan]], sinks: Sequence[FrameSink]) -> Iterator[Event]:
    for frame, plan in planned:
        for sink in sinks:
            event = sink(frame, plan)
            if event is not None:
                yield event
