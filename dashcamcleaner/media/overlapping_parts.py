"""Recordings joined within one transport stream of which each begins before the one ahead of it has ended.

Cameras that film in a loop let their files overlap by a moment, so that nothing is missed between two of them. Put
together, the clock goes back by that moment; sorted by their times, pictures of both would take turns. A key frame
comes behind all pictures that are decoded before it (ITU-T H.264, 3.30; H.265, 3.10), so that one with an earlier time
is where a recording begins. Its times are moved behind those before it. Leaps further back are `frame_clock`'s.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

__all__ = ["INTRA_ONLY", "OverlappingParts", "overlapping_parts"]

INTRA_ONLY = frozenset({"mjpeg", "prores", "dnxhd", "dvvideo", "png", "gif", "rawvideo", "huffyuv", "ffv1", "jpeg2000"})
"""Codecs whose every picture stands for itself: a key frame says nothing of where a recording begins."""

_MOST_BACK_S = 4
"""More than is ever read ahead of the picture that is shown."""


def overlapping_parts(
    container: str, codec: str, *, time_base: Fraction, rate: Fraction | None
) -> OverlappingParts | None:
    """What moves the packets of a clip's picture stream; None where such a clip cannot be joined by its bytes alone.

    Args:
        container: FFmpeg's name of the format.
        codec: canonical name of the codec.
        time_base: seconds per tick of the packets' times.
        rate: pictures a second, None where unknown.
    """
    if not container.startswith("mpeg") or codec in INTRA_ONLY:
        return None
    return OverlappingParts(time_base=time_base, rate=rate)


class OverlappingParts:
    """Moves the times of picture packets where a recording begins before the end of the last one.

    Args:
        time_base: seconds per tick of the packets' times.
        rate: pictures a second, None where unknown.
    """

    def __init__(self, *, time_base: Fraction, rate: Fraction | None) -> None:
        self._time_base = time_base
        self._step = round(1 / (rate * time_base)) if rate else round(Fraction(1, 25) / time_base)
        self._latest: int | None = None
        self._moved = 0
        self._begun: list[tuple[int, int]] = []  # where a part begins, by the moved times, and how far it is moved

    def move(self, packet: Any) -> int:
        """Move one packet's times, in the order of the file; gives by how many ticks."""
        if packet.pts is None:
            return self._moved
        latest = self._latest
        if latest is not None and packet.is_keyframe:
            back = latest - (packet.pts + self._moved)
            if self._step < back <= _MOST_BACK_S / self._time_base:
                self._moved += back + self._step
                self._begun.append((latest + self._step, self._moved))
        packet.pts += self._moved
        if packet.dts is not None:
            packet.dts += self._moved
        self._latest = packet.pts if latest is None else max(latest, packet.pts)
        return self._moved

    def moved(self, pts: int) -> int:
        """By how many ticks a picture was moved that is shown at ``pts``, by the moved times."""
        return next((ticks for begin, ticks in reversed(self._begun) if begin <= pts), 0)
