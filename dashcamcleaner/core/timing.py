"""Exact frame times. Integers and fractions go from the file to the file; seconds are for people.

No frame rate is assumed or rounded anywhere: variable frame rate is the normal case.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

__all__ = ["FrameTime", "format_seconds"]


@dataclass(frozen=True, slots=True, order=False)
class FrameTime:
    """When a frame is shown: ``pts`` ticks of ``time_base`` seconds, both exact."""

    pts: int
    time_base: Fraction

    @property
    def seconds(self) -> float:
        """The time in seconds, for people and for rates; never written back to a file."""
        return float(self.pts * self.time_base)

    def exact(self) -> Fraction:
        """The time in seconds, exact."""
        return self.pts * self.time_base

    def rescaled(self, time_base: Fraction) -> FrameTime:
        """The nearest time in another time base; exact when the target is as fine."""
        if time_base == self.time_base:
            return self
        return FrameTime(round(self.exact() / time_base), time_base)


def format_seconds(seconds: float) -> str:
    """``h:mm:ss.mmm`` (hours left out when zero), for people."""
    sign = "-" if seconds < 0 else ""
    total_ms = round(abs(seconds) * 1000)
    total_s, ms = divmod(total_ms, 1000)
    minutes, s = divmod(total_s, 60)
    hours, m = divmod(minutes, 60)
    return f"{sign}{hours}:{m:02}:{s:02}.{ms:03}" if hours else f"{sign}{m}:{s:02}.{ms:03}"
