"""Switches: what covers a picture elsewhere (an item in OBS) as soon as something is found, and uncovers it on a lease.

`Verdicts` joins what all who look have found; a `Switcher` gives it, undelayed, to one `CoverSwitch` in a thread of its
own. Covered is where everything starts, and what it falls back to: only while clear verdicts keep coming is the lease
renewed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Protocol, runtime_checkable

from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.live.clock import Backoff, Clock
from dashcamcleaner.messages import joined, msg

__all__ = ["FRESH_S", "LEASE_S", "RENEW_S", "CoverSwitch", "Switcher", "Verdicts"]

RENEW_S = 0.5
"""How often a lease is renewed."""
LEASE_S = 1.5
"""How long one lasts: whoever holds the cover falls back to covered after this time without a renewal."""
FRESH_S = 0.5
"""A verdict that nothing is there counts for so long: then the switches cover."""
_LONGEST_RETRY_S = 5.0


@runtime_checkable
class CoverSwitch(Protocol):
    """What covers and uncovers. One thread uses it.

    Attributes:
        description: one line for people.
    """

    description: str

    def connect(self) -> None:
        """Begin, covered.

        Raises:
            OutputError: it cannot be reached, or knows nothing of what is to be switched.
        """

    def set(self, *, covered: bool, score: float) -> None:
        """Cover or uncover; uncovering is a lease that must be renewed. Called at each change and each renewal.

        Raises:
            OutputError: the link is down.
        """

    def close(self) -> None:
        """Cover, and end; safe to call twice."""


class Switcher:
    """Feeds one switch.

    Args:
        switch: used by the thread that calls `run` alone.
        clock: the session's.
        hold_s: how long it stays covered after the last verdict that something is there.
        fresh_s: a clear verdict counts for so long.
        tell: takes ``(what, sentence)``.
    """

    def __init__(
        self, switch: CoverSwitch, *, clock: Clock, hold_s: float, fresh_s: float, tell: Callable[[str, str], None]
    ) -> None:
        self.switch = switch
        self._clock = clock
        self._hold_s = hold_s
        self._fresh_s = fresh_s
        self._tell = tell
        self._changed = threading.Condition()
        self._clear_s: float | None = None
        self._covered_until_s = 0.0
        self._score = 0.0
        self._ended = False
        self.covered = True

    def verdict(self, *, found: bool, score: float) -> None:
        """Something was analysed just now: whether it asks for a cover."""
        with self._changed:
            now = self._clock.now()
            self._score = score
            if found:
                self._clear_s = None  # with a hold of 0, too, it takes a clear verdict to uncover
                self._covered_until_s = max(self._covered_until_s, now + self._hold_s)
                self._changed.notify_all()
            else:
                first = self._clear_s is None
                self._clear_s = now
                if first or self.covered:
                    self._changed.notify_all()

    def cover(self, until_s: float) -> None:
        """Cover until a time, whatever verdicts say; until later, if something else asks for that."""
        with self._changed:
            self._covered_until_s = max(self._covered_until_s, until_s)
            self._changed.notify_all()

    def end(self) -> None:
        """Cover, and let `run` end."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _asked(self, now_s: float) -> bool:
        """Whether it is to be covered at a time."""
        if self._clear_s is None or now_s - self._clear_s > self._fresh_s:
            return True
        return now_s < self._covered_until_s

    def run(self) -> None:
        """The thread's work: until `end`."""
        retry = Backoff(self._clock, longest_s=_LONGEST_RETRY_S)
        lost = False
        try:
            while not self._ended:
                try:
                    self.switch.connect()
                    self.covered = True
                    if lost:
                        lost = False
                        self._tell("sink", msg("{description} is reached again.", description=self.switch.description))
                    retry.worked()
                    self._serve()
                except DashcamCleanerError as error:
                    self.covered = True
                    if not lost:
                        told = joined([text for text in (error.message, error.hint) if text])
                        self._tell("sink", joined([self.switch.description, told], ": "))
                    lost = True
                    self.switch.close()
                    with self._changed:
                        retry.wait(self._changed, ended=lambda: self._ended)
        finally:
            self.switch.close()

    def _serve(self) -> None:
        renewed_s = -RENEW_S
        while True:
            with self._changed:
                while not self._ended:
                    now = self._clock.now()
                    covered = self._asked(now)
                    if covered is not self.covered or now - renewed_s >= RENEW_S:
                        break
                    self._clock.wait(self._changed, min(renewed_s + RENEW_S, self._next_turn(now)))
                if self._ended:
                    return
                score = self._score
            self.switch.set(covered=covered, score=score)
            renewed_s = now
            if covered is not self.covered:
                self.covered = covered
                name = self.switch.description
                told = msg("{name} is covered.", name=name) if covered else msg("{name} is uncovered.", name=name)
                self._tell("switch", told)

    def _next_turn(self, now_s: float) -> float:
        """When the state may change by itself."""
        turns = [self._covered_until_s]
        if self._clear_s is not None:
            turns.append(self._clear_s + self._fresh_s)
        return min((time for time in turns if time > now_s), default=now_s + RENEW_S)


class Verdicts:
    """Joins verdicts; may be called from any thread.

    Args:
        switchers: take the verdict.
        examiners: who looks; a clear verdict needs all of them.
        clock: tells time.
    """

    def __init__(self, switchers: Sequence[Switcher], *, examiners: Collection[str], clock: Clock) -> None:
        self._switchers, self._examiners, self._clock = switchers, frozenset(examiners), clock
        self._lock = threading.Lock()
        self._latest: dict[str, tuple[float, bool, float]] = {}

    @property
    def wanted(self) -> bool:
        """Whether anybody takes verdicts."""
        return bool(self._switchers)

    def judge(self, examiner: str, *, found: bool, score: float) -> None:
        """Take a verdict: it is clear only while all who look have looked lately and found nothing.

        Args:
            examiner: who looked: ``kinds`` or ``labels``.
            found: whether there was anything to cover.
            score: the best score of it.
        """
        now = self._clock.now()
        with self._lock:
            self._latest[examiner] = (now, found, score)
            known = self._examiners <= self._latest.keys()
            fresh = known and all(now - at <= FRESH_S for at, *_ in self._latest.values())
            anything = any(one for _, one, _ in self._latest.values())
        if anything or fresh:
            for switcher in self._switchers:
                switcher.verdict(found=anything, score=score)
