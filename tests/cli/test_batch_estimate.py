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
    clock.now += 600  # loading
    assert estimate.left_s(0.1) is None  # too early
    clock.now += 10
    estimate.ended()
    assert estimate.place == "2 of 3"
    assert estimate.left_s(1 / 3) == pytest.approx(10 / 190 * 800)
    assert estimate.describe(1 / 3) == "2 of 3, 0:42 left"


def test_nothing_is_told_before_a_share_of_the_work_is_done() -> None:
    clock = Clock()
    estimate = BatchEstimate([500, 500], clock=clock)
    estimate.left_s(0.002)
    clock.now += 20  # the first frames fill what looks ahead
    assert estimate.left_s(0.004) is None
    clock.now += 20
    assert estimate.left_s(0.2) == pytest.approx(40 / 99 * 900)
    large = BatchEstimate([1e6] * 1000, clock=clock)
    large.left_s(0.01)
    clock.now += 31
    assert large.left_s(0.5) == pytest.approx(31 / 0.49e6 * 999.5e6)


def test_what_an_earlier_run_had_analysed_tells_nothing_of_the_speed() -> None:
    clock = Clock()
    estimate = BatchEstimate([1000, 1000], clock=clock)
    estimate.left_s(0.001)
    clock.now += 10
    estimate.ended(kept_share=0.9)
    assert estimate.left_s() == pytest.approx(10 / 99 * 1000)


def test_what_was_finished_before_tells_nothing_of_the_speed() -> None:
    clock = Clock()
    estimate = BatchEstimate([900, 100], clock=clock)
    estimate.ended(without_work=True)
    estimate.left_s(0.1)
    clock.now += 10
    assert estimate.left_s(0.6) == pytest.approx(10 / 50 * 40)


def test_one_clip_has_no_place_and_more_ends_than_clips_do_no_harm() -> None:
    estimate = BatchEstimate([0])
    assert estimate.describe() == ""
    for _ in range(3):
        estimate.ended()
    assert estimate.left_s() in (None, 0.0)
