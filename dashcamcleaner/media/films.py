"""Which of a clip's picture tracks is the film.

Dashcams put a front and a rear picture into one file; phones put a still beside the film, larger than it. The film is
told by how long it lasts and how many pictures it has, then by the container's word and its size; ``--video-track``
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
from dashcamcleaner.media import codecs
from dashcamcleaner.media.packets import read_packets

__all__ = ["Film", "choose_film", "films_of", "is_cover"]

_MOST_PACKETS = 2000
"""Read where the container does not tell how many pictures each track has."""

_STILL_SHARE = 0.2
"""A track with less than this share of the pictures, or of the length, of another is no film beside it."""


@dataclass(frozen=True, slots=True)
class Film:
    """A picture track that is no cover.

    Args:
        number: from 1, in the order of the file; what ``--video-track`` takes.
        index: of the stream.
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
    """Whether a picture stream is a cover or a row of thumbnails rather than a film."""
    covers = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    return bool(stream.disposition & covers)


def films_of(path: Path, container: Any) -> tuple[Film, ...]:
    """The films of a clip in the order of the file.

    Args:
        path: the clip; it is opened once more where packets must be counted.
        container: the open clip; nothing is read from it.
    """
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    counts = {stream.index: stream.frames for stream in streams}
    if len(streams) > 1 and not all(counts.values()):
        counts = _counted(path, counts)
    default = av.stream.Disposition.default
    films = []
    for number, stream in enumerate(streams, 1):
        context = stream.codec_context
        told = stream.duration is not None and stream.time_base is not None
        films.append(
            Film(
                number=number,
                index=stream.index,
                codec=context.codec.canonical_name if context is not None else "",
                size=(stream.width, stream.height) if context is not None else (0, 0),
                default=bool(stream.disposition & default),
                pictures=counts[stream.index],
                seconds=float(stream.duration * stream.time_base) if told else None,
            )
        )
    return tuple(films)


def choose_film(films: Sequence[Film], *, video_track: int | None, path: Path) -> Film | None:
    """The film to clean; None where there is none that can be decoded.

    Args:
        films: of the clip.
        video_track: number of the one that is asked for, None: choose.
        path: for the message.

    Raises:
        InputError: there is no film of that number, or it cannot be decoded.
    """
    if video_track is not None:
        if not 1 <= video_track <= len(films):
            raise InputError(
                f"{path} has no video track {video_track}",
                hint=f"It has {len(films)}; --video-track counts from 1, covers left out.",
            )
        film = films[video_track - 1]
        return film if film.codec else None
    decodable = [film for film in films if film.codec]
    most = max((film.pictures for film in decodable), default=0)
    longest = max((film.seconds or 0 for film in decodable), default=0)

    def moves(film: Film) -> bool:
        lasts = film.seconds is None or film.seconds >= _STILL_SHARE * longest
        return lasts and film.pictures >= _STILL_SHARE * most

    return max(
        decodable, key=lambda film: (moves(film), film.default, film.size[0] * film.size[1], -film.index), default=None
    )


def _counted(path: Path, indices: dict[int, int]) -> dict[int, int]:
    counts = dict.fromkeys(indices, 0)
    try:
        with av.open(
            f"file:{path.resolve()}", container_options=codecs.SOURCE_OPTIONS, metadata_errors="replace"
        ) as container:
            for number, packet in enumerate(read_packets(container)):
                if packet.stream_index in counts and packet.size:
                    counts[packet.stream_index] += 1
                if number > _MOST_PACKETS:
                    break
    except av.error.FFmpegError:
        pass  # damage is told by who reads the picture
    return counts
