"""Times of pictures: kept where they can be true, made up by the rate where there are none."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.media.frame_clock import FrameClock

TICK = Fraction(1, 90_000)


def _shown(
    times: list[int | None], *, rate: Fraction | None = Fraction(25), origin: bool = True
) -> tuple[list[int], FrameClock]:
    clock = FrameClock(time_base=TICK, rate=rate, origin=origin)
    return [clock.show(time) for time in times], clock


def test_true_times_are_kept() -> None:
    times: list[int | None] = [7, 3607, 7300, 20_000, 800_000]
    assert _shown(times)[0] == times
    assert not _shown(times)[1].notes


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30_000, 1001), Fraction(24_000, 1001), Fraction(60)])
def test_pictures_without_times_last_as_long_as_their_rate_says(rate: Fraction) -> None:
    shown, clock = _shown([None] * 2001, rate=rate)
    assert (shown[-1] - shown[0]) * TICK == pytest.approx(2000 / rate, abs=1e-4)
    assert clock.missing == 2001


def test_a_single_missing_time_is_filled_in() -> None:
    assert _shown([0, 3600, None, 10_800])[0] == [0, 3600, 7200, 10_800]


def test_without_a_rate_the_last_step_is_repeated() -> None:
    assert _shown([0, 3000, None, None], rate=None)[0] == [0, 3000, 6000, 9000]


def test_two_pictures_of_one_time_are_a_tick_apart() -> None:
    shown, clock = _shown([0, 3600, 3600, 7200])
    assert shown == [0, 3600, 3601, 7200]
    assert "one tick later" in clock.notes[0]


def test_a_clock_that_stands_still_is_replaced_by_the_rate() -> None:
    shown, clock = _shown([500] * 101)
    assert shown[-1] - shown[0] == pytest.approx(100 * 3600, rel=0.03)
    assert any("stands still" in note for note in clock.notes)


def test_a_clock_that_starts_again_goes_on() -> None:
    shown, clock = _shown([900_000, 903_600, 0, 3600])
    assert shown == [900_000, 903_600, 907_200, 910_800]
    assert "jumps back" in clock.notes[0]


def test_a_leap_of_an_hour_is_closed_where_clocks_have_no_origin() -> None:
    leap = 3600 * 90_000
    shown, clock = _shown([0, 3600, leap, leap + 3600], origin=False)
    assert shown == [0, 3600, 7200, 10_800]
    assert "jumps forward by 3600 s" in clock.notes[0]


def test_a_leap_back_that_was_taken_for_the_end_of_the_clock_is_told_as_one_back() -> None:
    """A transport stream's clock has 33 bits, and a recording of an hour before lies 25 hours ahead."""
    hour = 3600 * 90_000
    shown, clock = _shown([hour, hour + 3600, (1 << 33) + 7, (1 << 33) + 3607], origin=False)
    assert shown == [hour, hour + 3600, hour + 7200, hour + 10_800]
    assert clock.notes == ["The clip's clock jumps back within it; its times go on without the jump."]


def test_a_leap_of_an_hour_is_told_where_it_is_kept() -> None:
    leap = 3600 * 90_000
    shown, clock = _shown([0, 3600, leap])
    assert shown == [0, 3600, leap]
    assert "stands still for 3600 s" in clock.notes[0]


def test_one_picture_in_half_a_minute_is_no_leap() -> None:
    times: list[int | None] = [number * 30 * 90_000 for number in range(5)]
    shown, clock = _shown(times, rate=Fraction(1, 30), origin=False)
    assert shown == times
    assert not clock.notes


@given(
    times=st.lists(st.one_of(st.none(), st.integers(-(10**7), 10**9)), min_size=1, max_size=60),
    rate=st.one_of(st.none(), st.sampled_from([Fraction(25), Fraction(30_000, 1001), Fraction(1, 10), Fraction(400)])),
    origin=st.booleans(),
)
def test_every_picture_comes_later_than_the_one_before_it(
    times: list[int | None], rate: Fraction | None, origin: bool
) -> None:
    shown, _ = _shown(times, rate=rate, origin=origin)
    assert all(after > before for before, after in itertools.pairwise(shown))
