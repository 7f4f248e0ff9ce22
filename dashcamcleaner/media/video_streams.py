"""Which of a clip's video streams is the one to clean.

Dashcams put a front and a rear picture into one file; phones put a picture beside the clip, larger than it. The stream
is told by how long it lasts and how many pictures it has, then by the container's word and its size; ``--video-track``
takes another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error

from dashcamcleaner.errors import InputError
from dashcamcleaner.media.packets import open_source, read_packets
from dashcamcleaner.messages import msg

__all__ = ["VideoStream", "choose_video_stream", "video_streams_of", "is_cover"]

_MOST_PACKETS = 2000
"""Read where the container does not tell how many pictures each track has."""

_PICTURE_SHARE = 0.2
"""A track with less than this share of the pictures, or of the length, of another is a picture or a preview."""


@dataclass(frozen=True, slots=True)
class VideoStream:
    """A video stream that is no cover.

    Args:
        number: its number from 1, in the order of the file; what ``--video-track`` takes.
        index: the stream's index in the container.
        codec: FFmpeg's name, empty where it cannot be decoded.
        size: ``(width, height)``.
        default: the container marks it as the one to play.
        pictures: how many it has, or how many were met so far where the container does not tell.
        seconds: how long it lasts, None where the container does not tell.
    """

    number: int
    index: int
    codec: str
    size: tuple[int, int]
    default: bool
    pictures: int
    seconds: float | None

    def __str__(self) -> str:
        length = f", {self.seconds:.1f} s" if self.seconds is not None else ""
        return f"{self.number} ({self.codec or 'undecodable'}, {self.size[0]}x{self.size[1]}{length})"


def is_cover(stream: Any) -> bool:
    """Whether a picture stream is a cover or a row of thumbnails rather than a clip's pictures."""
    covers = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    return bool(stream.disposition & covers)


def video_streams_of(path: Path, container: Any) -> tuple[VideoStream, ...]:
    """The video streams of a clip, covers left out, in the order of the file.

    Args:
        path: the clip; it is opened once more where packets must be counted.
        container: the open clip; nothing is read from it.
    """
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    counts = {stream.index: stream.frames for stream in streams}
    if len(streams) > 1 and not all(counts.values()):
        counts = _counted(path, counts)
    default = av.stream.Disposition.default
    found = []
    for number, stream in enumerate(streams, 1):
        context = stream.codec_context
        told = stream.duration is not None and stream.time_base is not None
        found.append(
            VideoStream(
                number=number,
                index=stream.index,
                codec=context.codec.canonical_name if context is not None else "",
                size=(stream.width, stream.height) if context is not None else (0, 0),
                default=bool(stream.disposition & default),
                pictures=counts[stream.index],
                seconds=float(stream.duration * stream.time_base) if told else None,
            )
        )
    return tuple(found)


def choose_video_stream(streams: Sequence[VideoStream], *, video_track: int | None, path: Path) -> VideoStream | None:
    """The video stream to clean; None where there is none that can be decoded.

    Args:
        streams: the clip's video streams.
        video_track: number of the one that is asked for, None: choose.
        path: the clip, for the message.

    Raises:
        InputError: there is none of that number, or it cannot be decoded.
    """
    if video_track is not None:
        if not 1 <= video_track <= len(streams):
            raise InputError(
                msg("{path} has no video stream {video_track}.", path=path, video_track=video_track),
                hint=msg("It has {count}; --video-track counts from 1, covers left out.", count=len(streams)),
            )
        stream = streams[video_track - 1]
        return stream if stream.codec else None
    decodable = [stream for stream in streams if stream.codec]
    most = max((stream.pictures for stream in decodable), default=0)
    longest = max((stream.seconds or 0 for stream in decodable), default=0)

    def moves(stream: VideoStream) -> bool:
        lasts = stream.seconds is None or stream.seconds >= _PICTURE_SHARE * longest
        return lasts and stream.pictures >= _PICTURE_SHARE * most

    return max(
        decodable,
        key=lambda stream: (moves(stream), stream.default, stream.size[0] * stream.size[1], -stream.index),
        default=None,
    )


def _counted(path: Path, indices: dict[int, int]) -> dict[int, int]:
    counts = dict.fromkeys(indices, 0)
    try:
        with open_source(path) as container:
            for number, packet in enumerate(read_packets(container)):
                if packet.stream_index in counts and packet.size:
                    counts[packet.stream_index] += 1
                if number > _MOST_PACKETS:
                    break
    except av.error.FFmpegError:
        pass  # damage is told by who reads the picture
    return counts
