"""Frame memory: what was found in a frame also covers the frames around it, in constant memory."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Observation, Origin, Planner
from dashcamcleaner.core.timing import FrameTime, Span
from dashcamcleaner.stages.plan import MemoryPlanner

SIZE = (1920, 1080)


def observation(index, *rows, pts=None, damaged=False):
    time = FrameTime(index if pts is None else pts, Fraction(1, 30))
    return Observation(index, time, Detections.from_rows(rows), damaged=damaged)


def memory(**changes):
    arguments = {
        "upright_size": SIZE,
        "thresholds": {"face": 0.3, "plate": 0.5},
        "kinds": ("face", "plate"),
        "growth": {"face": 1.0, "plate": 1.0},
        "before": Span(),
        "after": Span(),
        "max_waiting_frames": 1000,
    }
    return MemoryPlanner(**{**arguments, **changes})


def run(planner: Planner, seen) -> list[FramePlan]:
    plans = [plan for one in seen for plan in planner.push(one)]
    return [*plans, *planner.finish()]


def frames_covered(plans, point):
    x, y = point
    return [
        plan.index
        for plan in plans
        if any(r.xyxy[0] <= x <= r.xyxy[2] and r.xyxy[1] <= y <= r.xyxy[3] for r in plan.regions)
    ]


FACE = (100, 100, 140, 150, 0.9, "face")


def test_a_region_covers_the_frames_around_it():
    seen = [observation(i, *([FACE] if i == 10 else [])) for i in range(20)]
    plans = run(memory(before=Span(3), after=Span(2)), seen)
    assert [plan.index for plan in plans] == list(range(20))
    assert frames_covered(plans, (120, 120)) == [7, 8, 9, 10, 11, 12]
    assert plans[10].regions[0].origin is Origin.DETECTED
    assert plans[8].regions[0].origin is Origin.HELD


def test_seconds_follow_the_frame_times_not_a_rate():
    pts = [0, 1, 2, 12, 13, 14, 15, 40]
    seen = [observation(i, *([FACE] if i == 3 else []), pts=p) for i, p in enumerate(pts)]
    plans = run(memory(before=Span.parse("0.3s"), after=Span.parse("100ms")), seen)
    assert frames_covered(plans, (120, 120)) == [3, 4, 5, 6]
    plans = run(memory(before=Span.parse("0.34s"), after=Span.parse("0s")), seen)
    assert frames_covered(plans, (120, 120)) == [2, 3]


def test_without_memory_nothing_waits():
    planner = memory()
    for i in range(3):
        assert [plan.index for plan in planner.push(observation(i, FACE))] == [i]
    assert planner.finish() == []


def test_thresholds_kinds_and_growth():
    rows = [FACE, (10, 10, 30, 20, 0.4, "plate"), (300, 300, 320, 310, 0.9, "plate"), (5, 5, 9, 9, 0.2, "face")]
    (plan,) = run(memory(growth={"face": 2.0}), [observation(0, *rows)])
    assert [r.kind for r in plan.regions] == ["face", "plate"]
    assert plan.regions[0].xyxy == (80, 75, 160, 175)
    (plan,) = run(memory(kinds=("plate",)), [observation(0, *rows)])
    assert [r.kind for r in plan.regions] == ["plate"]


def test_a_damaged_frame_is_covered_wholly_and_alone():
    seen = [observation(i, damaged=i == 3) for i in range(6)]
    plans = run(memory(before=Span(2), after=Span(2)), seen)
    assert [[r.kind for r in plan.regions] for plan in plans] == [[], [], [], [WHOLE_FRAME], [], []]
    assert plans[3].regions[0].xyxy == (0, 0, 1920, 1080)
    assert plans[3].regions[0].origin is Origin.DAMAGED


def test_a_shortened_memory_is_noticeable_and_keeps_the_bound():
    planner = memory(before=Span(10), max_waiting_frames=4)
    waiting = 0
    for i in range(30):
        waiting += 1 - len(planner.push(observation(i, FACE)))
        assert waiting <= 4
    assert planner.shortened
    planner = memory(before=Span(10), max_waiting_frames=10)
    run(planner, [observation(i) for i in range(30)])
    assert not planner.shortened


@given(
    st.lists(st.tuples(st.integers(1, 20), st.lists(st.integers(0, 40), max_size=3)), max_size=40),
    st.integers(0, 6),
    st.integers(0, 6),
)
def test_covers_all_that_the_memory_should(steps, before, after):
    pts, seen = 0, []
    for i, (gap, places) in enumerate(steps):
        pts += gap
        rows = [(40 * p, 100, 40 * p + 50, 150, 0.9, "face") for p in places]
        seen.append(observation(i, *rows, pts=pts))
    plans = run(memory(before=Span(before), after=Span(after)), seen)
    assert [plan.index for plan in plans] == list(range(len(seen)))
    for plan in plans:
        regions = np.array([r.xyxy for r in plan.regions]).reshape(-1, 4)
        wanted = [b for s in seen if plan.index - after <= s.index <= plan.index + before for b in s.detections.xyxy]
        for box in wanted:
            inside = (regions[:, :2] <= box[:2]).all(1) & (regions[:, 2:] >= box[2:]).all(1)
            assert inside.any()
        if not wanted:
            assert not plan.regions


def test_a_span_is_read_as_people_write_it():
    assert Span.parse("5") == Span.parse("5f") == Span(5)
    assert Span.parse("0.5s") == Span.parse("500 ms") == Span(0.5, in_seconds=True)
    for wrong in ("", "s", "0.5", "-1", "1 m", "nan"):
        with pytest.raises(ValueError):
            Span.parse(wrong)
