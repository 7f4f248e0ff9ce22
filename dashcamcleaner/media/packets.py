"""A foreign clip opened with the bounds that hold for all of them, and its packets read to the end of the file."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import av._core

from dashcamcleaner.core.budget import MOST_CLIP_PIXELS, check_clip
from dashcamcleaner.media import codecs
from dashcamcleaner.media.avi_times import ticks_late
from dashcamcleaner.media.file_ends import address_up_to, broken_fragment_at, end_before_zeros

__all__ = ["bounded", "has_unknown_form", "open_source", "read_packets"]

_MOST_AT_ONCE = 512 << 20
"""Bytes that FFmpeg may ask for in one piece: the deepest picture of `MOST_CLIP_PIXELS` takes 285 million. Without a
bound, a few hundred bytes of an index that count a hundred million samples take gigabytes."""


_LATE_SOUND = {"analyzeduration": "60000000", "probesize": str(64 << 20)}
"""Microseconds and bytes in which sound is waited for; FFmpeg keeps in memory what it has looked at."""


def _bound_allocations() -> None:
    """Tell FFmpeg the bound, of the whole process; where its library does not show the call, there is none."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(av._core.__file__).av_max_alloc(ctypes.c_size_t(_MOST_AT_ONCE))


_bound_allocations()


def open_source(
    path: str | Path, *, format_name: str | None = None, hwaccel: Any = None, edit_lists: bool = True
) -> Any:
    """Open a clip for reading: as a plain file, by the formats that are allowed, whatever bytes its tags hold.

    FFmpeg looks at some seconds to find out what the streams hold. Where the sound has not begun by then (a microphone
    that is switched on later), more is looked at: sound of an unknown form can neither be copied nor decoded in time.

    Args:
        path: the clip.
        format_name: FFmpeg's name of its format; None: FFmpeg finds out.
        hwaccel: the device that decodes; None: software.
        edit_lists: heed what an MP4 says of how its samples are shown; else all of them are given as they stand.

    Raises:
        av.error.FFmpegError: it is no clip that can be read.
    """
    options = codecs.SOURCE_OPTIONS if edit_lists else {**codecs.SOURCE_OPTIONS, "ignore_editlist": "1"}
    path = Path(path).resolve()
    end = end_before_zeros(path)

    def opened(container_options: dict[str, str]) -> Any:
        if end is not None:
            container_options = {**container_options, "protocol_whitelist": "file,subfile"}
        return av.open(
            f"file:{path}" if end is None else address_up_to(path, end),
            format=format_name,
            options={"max_pixels": str(MOST_CLIP_PIXELS)},  # of what is decoded to find out what the streams hold
            container_options=container_options,
            metadata_errors="replace",
            hwaccel=hwaccel,
        )

    try:
        container = opened(options)
    except av.error.FFmpegError:
        end = broken_fragment_at(path) if end is None else None
        if end is None:
            raise
        container = opened(options)
    if not any(has_unknown_form(stream) for stream in container.streams):
        return container
    late = _LATE_SOUND | ({"scan_all_pmts": "1"} if container.format.name == "mpegts" else {})
    container.close()
    return opened({**options, **late})


def has_unknown_form(stream: Any) -> bool:
    """Whether a stream is sound of which nothing has come yet that tells its rate."""
    return stream.type == "audio" and stream.codec_context is not None and not stream.codec_context.sample_rate


def bounded(stream: Any, *, name: object) -> None:
    """Hold a stream that is about to be decoded to the budget: what it tells now, and what it may become.

    Args:
        stream: the stream, of an open source.
        name: the name of the source, for the message.

    Raises:
        InputError: its pictures are beyond the budget.
    """
    context = stream.codec_context
    check_clip(name, context.width or 0, context.height or 0)
    context.options = {**context.options, "max_pixels": str(MOST_CLIP_PIXELS)}


def read_packets(container: Any, streams: Sequence[Any] | None = None) -> Iterator[Any]:
    """Coded packets in the order of the file, and an empty one per stream at the end, as the binding gives them.

    Transport streams may show further streams while they are read: a dashcam's GPS on a packet identifier of its own,
    whatever damage makes of one. The binding knows only those of the beginning, and trips over the others when all
    is read and the streams are flushed; nothing of those that it knows is lost by that.

    AVI tells no times but the order of its packets: its first picture and its sound begin together. FFmpeg sets all
    pictures of a codec that can reorder them one frame later than that, which is taken off again.

    Args:
        container: an open input.
        streams: those to read; all that are known when None.

    Raises:
        av.error.FFmpegError: the file cannot be read any further.
    """
    packets = container.demux() if streams is None else container.demux(list(streams))
    late = (
        {stream.index: ticks_late(stream) for stream in container.streams.video}
        if container.format.name == "avi"
        else {}
    )
    while True:
        try:
            packet = next(packets)
        except (StopIteration, IndexError):
            return
        if packet.pts is not None and packet.stream_index in late:
            packet.pts -= late[packet.stream_index]
        yield packet
