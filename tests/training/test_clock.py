"""A training's clock counts steps, not pauses."""

from __future__ import annotations

import time

import pytest

from dashcamcleaner.training.clock import TrainingClock, core_time


def test_steps_are_counted_and_pauses_are_not() -> None:
    moments = iter([100.0, 102.0, 1000.0, 1003.0])
    clock = TrainingClock(50.0, now=lambda: next(moments))
    assert clock.step() == pytest.approx(52.0)
    assert clock.step() == pytest.approx(52.0)  # stopped from outside for a quarter of an hour
    assert clock.step() == pytest.approx(55.0)


def test_the_clock_of_the_cores_stands_still_while_others_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    spent = iter([10.0, 10.0, 14.0])  # CPU seconds of a process of two threads: waiting, then working
    monkeypatch.setattr(time, "process_time", lambda: next(spent))
    clock = TrainingClock(now=core_time(2))
    assert clock.step() == 0.0
    assert clock.step() == pytest.approx(2.0)
