"""When an AVI's pictures are shown: it tells no times but the order of its packets.

Its first picture and its sound begin together. FFmpeg sets all pictures of a codec that can reorder them one frame
later than that, and with B-frames of H.264 the order of what it tells is that of decoding.
"""

from __future__ import annotations

from typing import Any

__all__ = ["AviTimes", "ticks_late"]

_UNORDERED = ("h264", "hevc")


def ticks_late(stream: Any) -> int:
    """By how many frames FFmpeg sets the packets of an AVI's picture stream behind its sound."""
    context = stream.codec_context
    if context is None:
        return 0
    return 1 if context.name in _UNORDERED else min(1, int(context.reorder_depth))


class AviTimes:
    """Times of decoded pictures, for codecs whose packets do not hold one picture each.

    A picture's time is that of the packet with which it came out, less what the decoder waited for the first one.

    Args:
        stream: the picture stream that is decoded.
    """

    def __init__(self, stream: Any) -> None:
        self._context = stream.codec_context
        self._lag: int | None = None
        self._told: int | None = None

    def of(self, native: Any) -> int | None:
        """The time of the next decoded picture, in ticks; None where nothing tells it."""
        if native.dts is None:  # it came out behind the last packet
            self._told = None if self._told is None else self._told + 1
            return self._told
        if self._lag is None:
            waited = native.dts - (native.dts if native.pts is None else native.pts)
            self._lag = max(0, min(waited, self._context.reorder_depth))
        self._told = int(native.dts) - self._lag
        return self._told
