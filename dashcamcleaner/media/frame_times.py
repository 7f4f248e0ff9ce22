"""When a clip's frames are shown, told by its packets: for scrubbing and cutting, without decoding."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.media.decoder import open_clip

__all__ = ["first_time", "frame_times", "frame_times_and_keys"]


def frame_times(path: str | Path, *, info: MediaInfo) -> tuple[int, ...]:
    """The pts of all frames in presentation order, read from the packets: for scrubbing, without decoding.

    Packets without a time, and those that the container says are not shown, are left out.

    Raises:
        InputError: it cannot be opened (any more).
    """
    if info.is_picture:
        return (info.start_pts or 0,)
    times, _ = frame_times_and_keys(path, info=info)
    return times


def first_time(times: Sequence[int], *, info: MediaInfo) -> Fraction:
    """When a clip's first picture is shown, seconds of the clip's own clock: what people's seconds count from.

    Frames that the packets tell may not decode; those that come before the first that does are no picture.

    Args:
        times: the pts of all frames, as `frame_times` gives them.
        info: what was probed of the clip.
    """
    first = info.start_pts if info.start_pts is not None else times[0] if times else None
    if times and first not in times:
        first = times[0]
    return first * info.time_base if first is not None else info.start_s or Fraction(0)


def frame_times_and_keys(path: str | Path, *, info: MediaInfo) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The pts of all frames as `frame_times` gives them, and those of the key frames among them.

    Raises:
        InputError: it cannot be opened (any more).
    """
    times, keys = set(), set()
    with open_clip(path, info=info, threads=1) as decoder:
        shown = decoder.shown_pictures()
        for packet in decoder.packets():
            if shown.shows(packet) and packet.pts is not None:
                times.add(packet.pts)
                if packet.is_keyframe:
                    keys.add(packet.pts)
    return tuple(sorted(times)), tuple(sorted(keys))
