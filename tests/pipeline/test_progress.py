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
