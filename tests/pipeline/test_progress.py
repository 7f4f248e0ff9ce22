"""Frames a second and time left, by a clock that the test turns."""

from __future__ import annotations

from dashcamcleaner.core.events import Progress
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.progress import ProgressMeter


def test_pace_is_that_of_the_last_seconds_and_loading_does_not_count() -> None:
    now = [0.0]
    meter = ProgressMeter("clean", frames=400, clock=lambda: now[0])
    now[0] = 30.0  # loading
    events: list[Progress] = []
    for number in range(400):
        if event := meter.advance({"face": number}, time_s=number / 30):
            events.append(event)
        now[0] += 0.1 if number < 200 else 0.05
    assert events[0].eta_s is None
    assert events[0].fps == 0
    middle = next(event for event in events if event.frames_done > 150)
    assert abs(middle.fps - 10) < 0.5
    assert abs(events[-2].fps - 20) < 1
    assert events[-1].frames_done == 400
    assert events[-1].eta_s == 0
    assert len(events) < 250, "a few per second, not one per frame"


def test_without_a_frame_count_there_is_no_eta() -> None:
    now = [0.0]
    meter = ProgressMeter("clean", frames=None, clock=lambda: now[0])
    for _ in range(20):
        event = meter.advance({}, time_s=0)
        now[0] += 0.5
    assert event is not None
    assert event.eta_s is None
    assert abs(event.fps - 2) < 0.1


def test_what_is_left_is_told_when_a_share_is_done_and_not_by_the_first_frames() -> None:
    now = [0.0]
    meter = ProgressMeter("clean", frames=1000, clock=lambda: now[0])
    told: list[float] = []
    for number in range(1000):
        if (event := meter.advance({}, time_s=0.0)) and event.eta_s is not None:
            told.append(event.eta_s)
            assert event.eta_s < 60
        now[0] += 2.0 if number < 3 else 0.03  # encoders open, what looks ahead is filled
    assert told[0] > 25
    slow = ProgressMeter("clean", frames=100_000, clock=lambda: now[0])
    events = []
    for _ in range(100):
        events.append(slow.advance({}, time_s=0.0))
        now[0] += 1.0
    assert all(event is not None and event.eta_s is None for event in events[:20])
    last = events[-1]
    assert last is not None
    assert last.eta_s is not None
    assert abs(last.eta_s - 99_900) < 1


def test_what_an_earlier_run_analysed_tells_nothing_of_what_is_left() -> None:
    now = [0.0]
    meter = ProgressMeter("clean", frames=1000, kept_frames=500, clock=lambda: now[0])
    for number in range(1, 1001):
        now[0] += 0.01 if number <= 500 else 0.1
        event = meter.advance({}, time_s=0.0)
        if event is not None and event.eta_s is not None:
            assert number > 500
            assert abs(event.eta_s - (1000 - number) * 0.1) < 2


def test_a_pause_counts_neither_for_the_pace_nor_for_what_is_left() -> None:
    now = [0.0]
    control = Control(clock=lambda: now[0])
    meter = ProgressMeter("clean", frames=200, clock=control.working_s)
    events: list[Progress] = []
    for number in range(200):
        if number in (60, 120):
            control.pause()
            control.pause()
            now[0] += 600.0
            assert control.working_s() < 20
            control.resume()
        if event := meter.advance({}, time_s=number / 30):
            events.append(event)
        now[0] += 0.1
    assert all(abs(event.fps - 10) < 1 for event in events[2:])
    assert all(event.eta_s is None or event.eta_s < 25 for event in events)
