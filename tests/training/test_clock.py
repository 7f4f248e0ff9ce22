"""A training's clock counts steps, not pauses."""

from __future__ import annotations

import pytest

from dashcamcleaner.training.clock import TrainingClock


def test_steps_are_counted_and_pauses_are_not() -> None:
    moments = iter([100.0, 102.0, 1000.0, 1003.0])
    clock = TrainingClock(50.0, now=lambda: next(moments))
    assert clock.step() == pytest.approx(52.0)
    assert clock.step() == pytest.approx(52.0)  # stopped from outside for a quarter of an hour
    assert clock.step() == pytest.approx(55.0)
