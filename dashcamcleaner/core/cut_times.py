"""What is kept of a clip, and when it is shown in what is left: exact times, no files."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["ClipCut", "CutTimes", "Stretch"]

Stretch = tuple[Fraction, Fraction]
"""Start and end in seconds of the source; the end is no part of it."""


@dataclass(frozen=True, slots=True)
class CutTimes:
    """Stretches that are kept, in order, without overlaps; made by `of`."""

    kept: tuple[Stretch, ...]

    @classmethod
    def of(cls, stretches: Iterable[Stretch]) -> CutTimes:
        """Bring stretches into order and join those that touch; empty ones do not count."""
        joined: list[Stretch] = []
        for start, end in sorted((start, end) for start, end in stretches if end > start):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((start, end))
        return cls(tuple(joined))

    @property
    def seconds(self) -> Fraction:
        """How long what is left is."""
        return sum((end - start for start, end in self.kept), Fraction(0))

    def without(self, *, seconds: Fraction) -> CutTimes:
        """What is left out of a clip of this length."""
        edges = [Fraction(0), *(edge for stretch in self.kept for edge in stretch), seconds]
        return CutTimes.of((edges[i], edges[i + 1]) for i in range(0, len(edges), 2) if edges[i] < edges[i + 1])

    def holds(self, time: Fraction) -> bool:
        """Whether what is shown at this time of the source is kept."""
        return any(start <= time < end for start, end in self.kept)

    def moved(self, time: Fraction) -> Fraction:
        """A time of the source in what is left; of what is left out, the moment at which it would have come."""
        before = Fraction(0)
        for start, end in self.kept:
            if time < start:
                break
            before += min(time, end) - start
        return before


@dataclass(frozen=True, slots=True)
class ClipCut:
    """How a clip is cut while it is written.

    Args:
        kept: what goes into the output, in the times of the source.
        muted: where its sound is silent, in the times of the source.
    """

    kept: CutTimes
    muted: CutTimes = CutTimes(())

    def on_frames(self, times: Sequence[Fraction]) -> ClipCut:
        """The same with its edges on frames, so that picture and sound are cut at one moment.

        An edge moves to the first frame that is shown at it or after it; one behind the last frame stays.

        Args:
            times: the times of all frames, in order; where there are none, nothing is moved.
        """

        def moved(edge: Fraction) -> Fraction:
            place = bisect.bisect_left(times, edge)
            return times[place] if place < len(times) else edge

        return ClipCut(CutTimes.of((moved(start), moved(end)) for start, end in self.kept.kept), self.muted)

    def later(self, seconds: Fraction) -> ClipCut:
        """The same in a clock that tells this much more."""
        return ClipCut(
            *(CutTimes(tuple((a + seconds, b + seconds) for a, b in t.kept)) for t in (self.kept, self.muted))
        )
