"""The packets of an open clip, read to the end of the file whatever appears in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["read_packets"]


def read_packets(container: Any, streams: Sequence[Any] | None = None) -> Iterator[Any]:
    """Coded packets in the order of the file, and an empty one per stream at the end, as the binding gives them.

    Transport streams may show further streams while they are read: a dashcam's GPS on a packet identifier of its own,
    whatever damage makes of one. The binding knows only those of the beginning, and trips over the others when all
    is read and the streams are flushed; nothing of those that it knows is lost by that.

    Args:
        container: an open input.
        streams: those to read; all that are known when None.

    Raises:
        av.error.FFmpegError: the file cannot be read any further.
    """
    packets = container.demux() if streams is None else container.demux(list(streams))
    while True:
        try:
            packet = next(packets)
        except (StopIteration, IndexError):
            return
        yield packet
