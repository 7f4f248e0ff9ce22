"""Frames of source and output paired by their times: a dropped or added frame does not shift all that follow."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from dashcamcleaner.core.frame import Frame

__all__ = ["paired"]

_LEAST_TOLERANCE_S = Fraction(1, 900)
"""Containers that count milliseconds round to half of one."""


def paired(source: Iterator[Frame], output: Iterator[Frame]) -> Iterator[tuple[Frame | None, Frame | None]]:
    """Pairs in order of time; a frame without a partner comes with None.

    Times are compared as they stand. Where the first frames differ by more than clocks explain, the second clip's are
    all moved by that difference: containers that cannot begin at any time begin at zero.
    """
    one, other = next(source, None), next(output, None)
    shift = Fraction(0)
    if one is not None and other is not None:
        tolerance = max(one.time.time_base / 2, other.time.time_base / 2, _LEAST_TOLERANCE_S)
        begins = one.time.exact() - other.time.exact()
        # A lost first frame shows as a difference, too, but then the output begins later and not at zero.
        if abs(begins) > tolerance and (other.time.exact() <= tolerance or other.time.exact() < one.time.exact()):
            shift = begins
    while one is not None or other is not None:
        if one is None or other is None:
            yield one, other
        else:
            tolerance = max(one.time.time_base, other.time.time_base, _LEAST_TOLERANCE_S)
            gap = other.time.exact() + shift - one.time.exact()
            if gap > tolerance:
                yield one, None
                one = next(source, None)
                continue
            if gap < -tolerance:
                yield None, other
                other = next(output, None)
                continue
            yield one, other
        one, other = next(source, None) if one is not None else None, next(output, None) if other is not None else None
