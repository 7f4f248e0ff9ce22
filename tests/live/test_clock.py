"""Waits by the session's clock: for so long, or until the end; longer and longer while something fails."""

from __future__ import annotations

import threading

import pytest
from turned_clock import TurnedClock

from dashcamcleaner.live.clock import Backoff, pause


def test_waits_grow_up_to_the_longest_and_are_short_again_once_it_worked() -> None:
    clock, changed = TurnedClock(), threading.Condition()
    retry = Backoff(clock, longest_s=1.5)
    waited = []
    for number in range(6):
        begun = clock.now()
        if number == 5:
            retry.worked()
        with changed:
            retry.wait(changed, ended=lambda: False)
        waited.append(clock.now() - begun)
    assert waited == pytest.approx([0.25, 0.5, 1.0, 1.5, 1.5, 0.25])


def test_nobody_waits_beyond_the_end() -> None:
    clock, changed = TurnedClock(), threading.Condition()
    with changed:
        pause(clock, changed, 10.0, ended=lambda: True)
    assert clock.now() == 0.0
