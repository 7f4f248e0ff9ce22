"""Looks at a finished clip or picture once more: a run says "cleaned" of what can be opened and is whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import av
import av.error
from PIL import Image

from dashcamcleaner.errors import OutputError
from dashcamcleaner.messages import msg

__all__ = ["WrittenClip", "check_clip", "check_picture_file"]

_TYPES = ("video", "audio", "subtitle")
_LEAST_TOLERANCE_S = 0.1


@dataclass(frozen=True, slots=True)
class WrittenClip:
    """What was put into a clip.

    Args:
        muxer: FFmpeg's name of the format.
        pictures: the number of pictures.
        duration_s: the time from the first picture's to the end of the last.
        step_s: the time for which one picture is shown.
        streams: the number of streams by type.
    """

    muxer: str
    pictures: int
    duration_s: float
    step_s: float
    streams: Mapping[str, int] = field(default_factory=dict)


def check_clip(path: Path, written: WrittenClip, *, final: Path) -> None:
    """Open a clip, and compare its pictures, duration and streams with what was put into it.

    Args:
        path: the file.
        written: what was put into it.
        final: the name to tell.

    Raises:
        OutputError: it is not that.
    """
    times: list[tuple[int, int]] = []
    decoded: list[int] = []
    pictures = 0
    try:
        with av.open(f"file:{path.resolve()}") as container:
            video = container.streams.video[0]
            there: Counter[str] = Counter(stream.type for stream in container.streams)
            for packet in container.demux(video):
                if packet.size > 0:
                    pictures += 1
                    if packet.pts is not None:
                        times.append((packet.pts, packet.duration or 0))
                    if packet.dts is not None:
                        decoded += (packet.dts, packet.dts + (packet.duration or 0))
            base = float(video.time_base or 0)
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        raise _torn(final, msg("it cannot be opened")) from error
    if pictures != written.pictures:
        raise _torn(
            final, msg("it holds {pictures} of {pictures2} pictures", pictures=pictures, pictures2=written.pictures)
        )
    missing = [kind for kind in _TYPES if there[kind] < written.streams.get(kind, 0)]
    if missing:
        raise _torn(final, msg("its {missing} is missing", missing=missing[0]))
    if len(times) == pictures and base:
        # The others' durations are steps of decoding in MP4, which end anywhere where B-frames stand. Where the last
        # picture is not decoded last, its own is such a step, too, and the sum of all of them holds its end.
        lengths = [(sum(max(times)) - min(times)[0]) * base, (decoded[-1] - decoded[0]) * base if decoded else 0.0]
        length = min(lengths, key=lambda one: abs(one - written.duration_s))
        if abs(length - written.duration_s) > max(_LEAST_TOLERANCE_S, 2 * written.step_s):
            raise _torn(
                final,
                msg(
                    "it lasts {length:.2f} s instead of {duration_s:.2f} s",
                    length=length,
                    duration_s=written.duration_s,
                ),
            )


def check_picture_file(path: Path, size: tuple[int, int], *, final: Path) -> None:
    """Open a picture and compare its size.

    Args:
        path: the file.
        size: stored width and height, pixels.
        final: the name to tell.

    Raises:
        OutputError: it cannot be read, or is of another size.
    """
    try:
        with Image.open(path) as image:
            image.load()
            found = image.size
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise _torn(final, msg("it cannot be opened")) from error
    if found not in (size, size[::-1]):
        raise _torn(final, msg("it is of {found}x{found2} pixels", found=found[0], found2=found[1]))


def _torn(final: Path, why: str) -> OutputError:
    return OutputError(
        msg("The result {final} is not what was written ({why}) and was taken back.", final=final, why=why),
        hint="Another program may have written there; the disk may be failing. Run the same command again.",
    )
