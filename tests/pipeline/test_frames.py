"""The one loop: every frame reaches every sink with its plan, in order, in one thread or three, closer looks too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pytest
from fakes import ScriptedDetector, frame_of

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.events import Event, Warned
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.plan import CropCheck, FramePlan, Observation
from dashcamcleaner.detection.crop_check import CropChecker
from dashcamcleaner.errors import Cancelled, DetectorFailed
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.frames import FramePlanner, plan_frame, run_frames, run_frames_in_threads

BOX = (10.0, 10.0, 40.0, 40.0)


class LookAhead:
    """A planner that gives a frame when two later ones are known; it is unsure of one box in every frame."""

    shortened = False

    def __init__(self) -> None:
        self.waiting: list[Observation] = []
        self.checks: list[list[CropCheck]] = []

    def push(self, seen: Observation) -> Sequence[FramePlan]:
        self.waiting.append(seen)
        return (FramePlan(self.waiting.pop(0)),) if len(self.waiting) > 2 else ()

    def unsure(self) -> Sequence[tuple[float, tuple[float, float, float, float], str]]:
        return [(1.0, BOX, "face")]

    def add_checks(self, checks: Sequence[CropCheck]) -> None:
        self.checks.append(list(checks))

    def finish(self) -> Sequence[FramePlan]:
        return [FramePlan(seen) for seen in self.waiting]


class NothingSeen:
    """A source that sees nothing, and fails at a frame if it is told to."""

    def __init__(self, *, fails_at: int = -1) -> None:
        self.fails_at = fails_at

    def see(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Observation]]:
        for frame in frames:
            if frame.index == self.fails_at:
                raise DetectorFailed("told to")
            yield frame, Observation(frame.index, frame.time, Detections.empty())


def frames(count: int = 6) -> list[Frame]:
    return [frame_of(np.full((60, 80, 3), index, np.uint8), index=index) for index in range(count)]


def run(threads: bool, *args: object, control: Control | None = None, **more: object) -> Iterator[Event]:
    if threads:
        return run_frames_in_threads(*args, control=control or Control(), **more)  # type: ignore[arg-type]
    return run_frames(*args, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("threads", [False, True])
def test_every_frame_reaches_every_sink_with_its_own_plan(threads: bool) -> None:
    first: list[tuple[int, int]] = []

    def note(frame: Frame, plan: FramePlan) -> None:
        first.append((frame.index, plan.index))

    def tell(frame: Frame, plan: FramePlan) -> Event | None:
        return Warned(f"frame {frame.index} after {len(first)}") if frame.index % 2 else None

    events = list(run(threads, NothingSeen(), FramePlanner(LookAhead()), [note, tell], frames=frames()))
    assert first == [(index, index) for index in range(6)]
    assert [event.message for event in events if isinstance(event, Warned)] == [
        "frame 1 after 2", "frame 3 after 4", "frame 5 after 6",
    ]  # fmt: skip


@pytest.mark.parametrize("threads", [False, True])
def test_nothing_after_a_failure_reaches_a_sink(threads: bool) -> None:
    got: list[int] = []
    with pytest.raises(DetectorFailed):
        list(
            run(
                threads, NothingSeen(fails_at=4), FramePlanner(LookAhead()), [lambda f, _: got.append(f.index)],
                frames=frames(),
            )
        )  # fmt: skip
    assert got == list(range(len(got)))
    assert len(got) <= 2  # frames 0 and 1 were known when 2 and 3 had been seen


def test_a_sink_that_fails_stops_all() -> None:
    def full(frame: Frame, plan: FramePlan) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        list(run(True, NothingSeen(), FramePlanner(LookAhead()), [full], frames=frames(200)))


def test_a_control_cancels() -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        list(run(True, NothingSeen(), FramePlanner(LookAhead()), [], frames=frames(), control=control))


def test_closer_looks_begin_where_an_earlier_run_ended() -> None:
    planner = LookAhead()
    sees = ScriptedDetector(lambda *_: [(140, 140, 180, 180, 0.9, "face")])
    with_looks = FramePlanner(planner, checker=CropChecker(sees), picture_size=(80, 60), known_frames=4)
    list(run_frames(NothingSeen(), with_looks, [], frames=frames()))
    assert [len(checks) for checks in planner.checks] == [0, 0, 0, 0, 1, 1]
    assert sees.seen == 4  # two crops a look


def test_a_single_picture_has_a_single_plan() -> None:
    (frame,) = frames(1)
    assert plan_frame(NothingSeen(), FramePlanner(LookAhead()), frame).index == 0


class Doubting(LookAhead):
    """A planner that is unsure of none to four boxes, differently in every frame."""

    def unsure(self) -> Sequence[tuple[float, tuple[float, float, float, float], str]]:
        count = (self.waiting[-1].index * 7) % 5
        return [(1.0, (10.0 + 40 * number, 10.0, 40.0 + 40 * number, 40.0), "face") for number in range(count)]


class Remembered(NothingSeen):
    """A source that gives the first frames' checks, as the log of a run that was killed does."""

    def __init__(self, stored: Sequence[Sequence[CropCheck]]) -> None:
        super().__init__()
        self.stored = stored

    def see(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Observation]]:
        for frame, seen in super().see(frames):
            if frame.index < len(self.stored):
                seen.checks.extend(self.stored[frame.index])
            yield frame, seen


def looked_at(source: NothingSeen, *, known_frames: int) -> list[list[CropCheck]]:
    planner = Doubting()
    checker = CropChecker(ScriptedDetector(lambda *_: [(140, 140, 180, 180, 0.9, "face")]), per_frame=0.7)
    with_looks = FramePlanner(planner, checker=checker, picture_size=(80, 60), known_frames=known_frames)
    list(run_frames(source, with_looks, [], frames=frames(40)))
    return planner.checks


@pytest.mark.parametrize("known_frames", [1, 4, 9, 23, 39])
def test_a_run_that_is_continued_looks_at_what_it_would_have_looked_at(known_frames: int) -> None:
    undisturbed = looked_at(NothingSeen(), known_frames=0)
    assert 0 < sum(map(len, undisturbed)) < sum((index * 7) % 5 for index in range(40)), "the budget is met"
    assert looked_at(Remembered(undisturbed[:known_frames]), known_frames=known_frames) == undisturbed
