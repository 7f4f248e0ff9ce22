"""How many pictures a clip holds and how long they last, told from its packets alone.

Measured of every source as it is read and of every output when it is written, so that neither length nor count can
change untold; the audit measures both once more. Nothing here believes a header, which may claim anything.
"""

from __future__ import annotations

from fractions import Fraction

from dashcamcleaner.media.frame_clock import GAP_S, JUMP_S, MOST_STUCK
from dashcamcleaner.messages import counted, msg

__all__ = ["PictureLength", "length_difference_s", "length_notes"]

_SLACK_STEPS = Fraction(3, 2)
_LEAST_SLACK_S = Fraction(1, 20)
"""Containers round."""


class PictureLength:
    """Adds up packets, in the order of the file.

    Args:
        time_base: seconds per tick of the packets' times.
        rate: pictures a second, where packets tell no times; None: unknown.

    Attributes:
        pictures: how many packets show one.
        stuck: how many of them repeat a time once more than `frame_clock.MOST_STUCK` allows: the clock stood still.
    """

    def __init__(self, *, time_base: Fraction, rate: Fraction | None) -> None:
        self.pictures = 0
        self.stuck = 0
        self._repeats = 0
        self._told: int | None = None
        self._time_base = time_base
        self._rate = rate
        # Beyond these, time is another clock's and does not count.
        reordered_s = 20 / rate if rate else Fraction(0)  # packets come in decoding order
        self._jump_s, self._gap_s = max(Fraction(JUMP_S), reordered_s), max(Fraction(GAP_S), reordered_s)
        self._untimed = 0
        self._span = Fraction(0)
        self._spans = 0
        self._first: int | None = None
        self._last = 0

    def add(self, pts: int | None) -> None:
        """A packet that shows a picture at ``pts``, None where it does not tell when."""
        self.pictures += 1
        if pts is None:
            self._untimed += 1
            return
        self._repeats = self._repeats + 1 if pts == self._told else 0
        self._told = pts
        if self._repeats >= MOST_STUCK:
            self.stuck += 1
            return
        if self._first is not None:
            ahead_s = (pts - self._last) * self._time_base
            if ahead_s < -self._jump_s or ahead_s > self._gap_s:
                self._end_span()
        if self._first is None:
            self._first = self._last = pts
        self._first = min(self._first, pts)
        self._last = max(self._last, pts)

    def _end_span(self) -> None:
        if self._first is not None:
            self._span += (self._last - self._first) * self._time_base
            self._spans += 1
            self._first = None

    @property
    def step_s(self) -> Fraction | None:
        """How long a picture is shown on average; None where nothing tells it."""
        first = (self._last - self._first) * self._time_base if self._first is not None else Fraction(0)
        spans = self._spans + (self._first is not None)
        timed = self.pictures - self._untimed - self.stuck
        if timed > spans and self._span + first > 0:
            return (self._span + first) / (timed - spans)
        return 1 / self._rate if self._rate else None

    @property
    def seconds(self) -> Fraction | None:
        """From the first picture to the end of the last; None where nothing tells it.

        The last picture counts as long as the others do on average: packets' own durations are steps of decoding in
        some containers and nothing in others.
        """
        step = self.step_s
        if self._untimed == self.pictures:
            return self.pictures * step if step is not None else None
        if step is None:
            return None
        span = self._span + ((self._last - self._first) * self._time_base if self._first is not None else 0)
        return span + (self._spans + (self._first is not None)) * step + self._untimed_s(step)

    def _untimed_s(self, step: Fraction) -> Fraction:
        """Single packets without a time lie between others that have one; where most lack it, they count."""
        untimed = self._untimed if self._untimed * 2 > self.pictures else 0
        return (untimed + self.stuck) * step


def length_difference_s(source: PictureLength, output: PictureLength) -> Fraction | None:
    """By how much the output lasts longer than the source; 0 within what containers round, None where it is untold.

    A source whose clock stands still for a while does not tell whether it made up for that afterwards.
    """
    before, after = source.seconds, output.seconds
    if before is None or after is None:
        return None if before is not after else Fraction(0)
    slack = max((source.step_s or Fraction(0)) * _SLACK_STEPS, _LEAST_SLACK_S)
    if abs(after - before) <= slack:
        return Fraction(0)
    return None if source.stuck else after - before


def length_notes(source: PictureLength, output: PictureLength) -> list[str]:
    """How the output's pictures differ from the source's in length and number, a sentence each; empty: not at all."""
    notes = []
    if source.pictures != output.pictures:
        notes.append(
            counted(
                "The source holds {n} picture, the output {pictures2}.",
                "The source holds {n} pictures, the output {pictures2}.",
                source.pictures,
                pictures2=output.pictures,
            )
        )
    difference = length_difference_s(source, output)
    if difference is None:
        notes.append(msg("How long the source lasts is not told by it; check the output's length."))
    elif difference:
        before, after = float(source.seconds or 0), float(output.seconds or 0)
        notes.append(
            msg(
                "The source's pictures last {before:.3f} s, the output's {after:.3f} s ({difference:+.3f} s).",
                before=before,
                after=after,
                difference=float(difference),
            )
        )
    return notes
