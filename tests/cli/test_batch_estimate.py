"""The place in a batch, and when it will be done."""

from __future__ import annotations

import pytest

from dashcamcleaner.cli.batch_estimate import BatchEstimate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_left_follows_the_bytes_that_are_done() -> None:
    clock = Clock()
    estimate = BatchEstimate([100, 300, 600], clock=clock)
    assert estimate.place == "1 of 3"
    assert estimate.left_s(0.5) is None  # too early
    clock.now += 10
    estimate.ended()
    assert estimate.place == "2 of 3"
    assert estimate.left_s(1 / 3) == pytest.approx(10 / 200 * 800)
    assert estimate.describe(1 / 3) == "2 of 3, 0:40 left"


def test_what_was_finished_before_tells_nothing_of_the_speed() -> None:
    clock = Clock()
    estimate = BatchEstimate([900, 100], clock=clock)
    estimate.ended(without_work=True)
    clock.now += 10
    assert estimate.left_s(0.5) == pytest.approx(10)


def test_one_clip_has_no_place_and_more_ends_than_clips_do_no_harm() -> None:
    estimate = BatchEstimate([0])
    assert estimate.describe() == ""
    for _ in range(3):
        estimate.ended()
    assert estimate.left_s() in (None, 0.0)
