"""Switches: covered at first, uncovered on a lease that clear verdicts renew, covered again whatever fails."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence

import pytest

from dashcamcleaner.errors import OutputError
from dashcamcleaner.live.switching import RENEW_S, CoverSwitch, Switcher


class TurnedClock:
    """A clock that the switcher's own waiting turns: each wait goes on to its end at once."""

    def __init__(self, *, end_s: float) -> None:
        self.time_s = 0.0
        self.end_s = end_s
        self.switcher: Switcher | None = None
        self.acts: list[tuple[float, object]] = []

    def now(self) -> float:
        return self.time_s

    def wait(self, changed: threading.Condition, until_s: float | None) -> None:
        assert until_s is not None
        self.time_s = max(self.time_s + 0.001, min(until_s, self.time_s + 0.05))
        assert self.switcher is not None
        while self.acts and self.acts[0][0] <= self.time_s:
            _, act = self.acts.pop(0)
            changed.release()
            try:
                act()  # type: ignore[operator]
            finally:
                changed.acquire()
        if self.time_s >= self.end_s:
            self.switcher._ended = True


class NotedSwitch:
    """Notes when it was told what; the link breaks where a test asks for it."""

    def __init__(self, clock: TurnedClock, *, breaks_at: int = -1) -> None:
        self.description = "a noted switch"
        self.clock, self.breaks_at = clock, breaks_at
        self.told: list[tuple[float, bool]] = []
        self.connected = 0

    def connect(self) -> None:
        self.connected += 1
        self.told.append((self.clock.now(), True))

    def set(self, *, covered: bool, score: float) -> None:
        if len(self.told) == self.breaks_at:
            self.breaks_at = -1
            raise OutputError("the link is down.")
        self.told.append((self.clock.now(), covered))

    def close(self) -> None:
        self.told.append((self.clock.now(), True))


def drive(
    acts: list[tuple[float, bool]],
    *,
    end_s: float,
    breaks_at: int = -1,
    panics: Sequence[tuple[float, float]] = (),
    hold_s: float = 0.5,
) -> tuple[list[tuple[float, bool]], list[str], NotedSwitch]:
    """Verdicts ``(time, found)`` and panics ``(time, until)`` -> what the switch was told."""
    clock = TurnedClock(end_s=end_s)
    switch = NotedSwitch(clock, breaks_at=breaks_at)
    sentences: list[str] = []
    switcher = Switcher(
        switch, clock=clock, hold_s=hold_s, fresh_s=0.5, tell=lambda what, sentence: sentences.append(sentence)
    )
    clock.switcher = switcher
    clock.acts = [(at, lambda found=found: switcher.verdict(found=found, score=0.5)) for at, found in acts]
    clock.acts += [(at, lambda until=until: switcher.cover(until)) for at, until in panics]
    clock.acts.sort(key=lambda act: act[0])
    switcher.run()
    return switch.told, sentences, switch


def state_at(told: list[tuple[float, bool]], time_s: float) -> bool:
    return [covered for at, covered in told if at <= time_s][-1]


CLEAR = [(0.1 * i, False) for i in range(1, 40)]


def test_it_is_covered_until_something_was_analysed() -> None:
    told, _, _ = drive([], end_s=2.0)
    assert all(covered for _, covered in told)


def test_clear_verdicts_uncover_and_the_lease_is_renewed() -> None:
    told, _, _ = drive(CLEAR, end_s=3.9)
    clear = [at for at, covered in told if not covered]
    assert clear[0] < 0.3
    assert max(b - a for a, b in itertools.pairwise(clear)) <= RENEW_S + 0.06
    assert told[-1][1], "the end covers"


def test_a_find_covers_at_once_and_for_its_hold() -> None:
    acts = sorted([*CLEAR, (1.55, True)])
    told, _, _ = drive(acts, end_s=3.9)
    assert not state_at(told, 1.54)
    assert state_at(told, 1.62)
    assert state_at(told, 2.0)
    assert not state_at(told, 2.3)


def test_a_find_without_a_hold_covers_until_the_next_clear_verdict() -> None:
    told, _, _ = drive([(0.1, False), (0.2, False), (0.3, True), (0.55, False)], end_s=1.0, hold_s=0.0)
    assert not state_at(told, 0.29)
    assert state_at(told, 0.37)
    assert state_at(told, 0.54)
    assert not state_at(told, 0.62)


@pytest.mark.parametrize(
    ("panics", "found_at", "until"),
    [
        ([(0.85, 3.0)], [1.0, 1.5], 3.0),  # found within the panic
        ([(0.85, 3.0)], [0.7], 3.0),  # found before it
        ([(0.85, 3.0)], [2.8], 3.3),  # its hold ends later than the panic
        ([(0.85, 1.05)], [0.7], 1.2),  # a panic shorter than the hold that is under way
        ([(0.85, 3.0), (1.2, 1.5)], [1.6], 3.0),  # a second, shorter one
        ([(0.85, 1.5), (1.2, 3.0)], [], 3.0),
    ],
)
def test_whatever_covers_longest_counts(panics: list[tuple[float, float]], found_at: list[float], until: float) -> None:
    acts = sorted([*CLEAR, *((at + 0.01, True) for at in found_at)])
    told, _, _ = drive(acts, end_s=3.9, panics=panics)
    begun = min([at for at, _ in panics] + found_at) + 0.1
    step_s = 0.05
    while begun < until - step_s:
        assert state_at(told, begun), begun
        begun += step_s
    assert not state_at(told, until + 3 * step_s)


def test_without_verdicts_it_falls_back_to_covered() -> None:
    told, _, _ = drive([(at, found) for at, found in CLEAR if at < 1.0], end_s=3.0)
    assert not state_at(told, 1.0)
    assert state_at(told, 1.6)
    assert state_at(told, 2.9)


@pytest.mark.parametrize("breaks_at", [2, 4])
def test_a_broken_link_is_told_and_comes_back_covered(breaks_at: int) -> None:
    told, sentences, switch = drive(CLEAR, end_s=3.9, breaks_at=breaks_at)
    assert switch.connected >= 2
    assert any("the link is down." in sentence for sentence in sentences)
    assert any("reached again" in sentence for sentence in sentences)
    assert told[-1][1]


def test_switches_are_told_apart_from_sinks() -> None:
    from live_scene import KeepingSink

    assert isinstance(NotedSwitch(TurnedClock(end_s=1)), CoverSwitch)
    assert not isinstance(KeepingSink(), CoverSwitch)
