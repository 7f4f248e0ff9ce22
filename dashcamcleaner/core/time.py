"""Exact frame times. Integers and fractions go from the file to the file; seconds are for people.

No frame rate is assumed or rounded anywhere: variable frame rate is the normal case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["FrameTime", "Span", "format_seconds"]

_SPAN = re.compile(r"(?P<frames>\d+)\s*(?:f|frames)?|(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>s|ms)")


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


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as people set it: a number of frames or a number of seconds.

    Args:
        length: how many, zero or more.
        in_seconds: `length` counts seconds; else frames.
    """

    length: float = 0
    in_seconds: bool = False

    def __post_init__(self) -> None:
        if not self.length >= 0:  # written so that NaN fails
            raise ValueError(f"a span cannot have the length {self.length}")

    @classmethod
    def parse(cls, text: str) -> Span:
        """From ``5`` (frames), ``0.5s`` or ``500ms``.

        Raises:
            ValueError: anything else.
        """
        match = _SPAN.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no span: frames like 5, or seconds like 0.5s")
        if match["frames"] is not None:
            return cls(int(match["frames"]))
        return cls(float(match["number"]) / (1000 if match["unit"] == "ms" else 1), in_seconds=True)

    def __str__(self) -> str:
        return f"{self.length:.10g}s" if self.in_seconds else str(int(self.length))

    def reaches(self, *, frames: int, seconds: float) -> bool:
        """Whether something this many frames and seconds away lies within the span."""
        return seconds <= self.length + 1e-6 if self.in_seconds else frames <= self.length

    def is_passed(self, *, frames: int, seconds: float) -> bool:
        """Whether nothing that comes still later can lie within the span."""
        return seconds > self.length - 1e-6 if self.in_seconds else frames >= self.length


_LONGEST_TOLD_S = 1e12
"""A file from elsewhere may name any time; none that can be told is longer."""


def format_seconds(seconds: float) -> str:
    """``h:mm:ss.mmm`` (hours left out when zero), for people."""
    sign = "-" if seconds < 0 else ""
    total_ms = round(min(abs(seconds), _LONGEST_TOLD_S) * 1000)
    total_s, ms = divmod(total_ms, 1000)
    minutes, s = divmod(total_s, 60)
    hours, m = divmod(minutes, 60)
    return f"{sign}{hours}:{m:02}:{s:02}.{ms:03}" if hours else f"{sign}{m}:{s:02}.{ms:03}"
