"""Pictures of a clip, one every so often: the one that is shown at its time, with as little decoding as it takes.

Where every packet gives one picture and key frames cut the clip into closed groups, a group is decoded only if a wanted
picture lies in it, and only up to that picture: the cheaper of seeking and reading straight, group by group, in one
pass over the file. Other clips are read straight, by `media.decoder.Decoder`. Key frames alone (`key_frames`) are
quicker by far; the picture is then the last key frame before its time.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter

from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.decoder import open_clip, packet_is_frame
from dashcamcleaner.media.hidden_packets import ShownPictures
from dashcamcleaner.media.joins import GroupJoiner
from dashcamcleaner.media.packets import open_source, read_packets
from dashcamcleaner.media.picture_format import conformed
from dashcamcleaner.media.scaler import Scaler
from dashcamcleaner.os_errors import map_os_errors

__all__ = ["Sample", "sample_pictures", "small_size"]

_MOST_GROUP = 3000
"""Packets that are held before their group is decoded; a longer group is read straight."""
_MOST_KEYS = 16
"""Key frames that are decoded at once."""
_LONGEST_STEP_S = 60
"""Key frames further apart than this by their times mean a clock that leaps: such clips are read straight."""


class _ReadStraight(Exception):
    """This clip cannot be read group by group."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture of a clip.

    Args:
        number: 0 for the first wanted time, and so on.
        time_s: the time that it was wanted for, seconds from the clip's first picture.
        picture: upright RGB ``(h, w, 3)`` uint8; the very array of the sample before where there was none since.
        damaged: the decoder could not vouch for it.
    """

    number: int
    time_s: Fraction
    picture: np.ndarray
    damaged: bool = False


def small_size(info: MediaInfo, *, short_side: int) -> tuple[int, int]:
    """``(width, height)`` of upright pictures whose short side is this, even, never larger than the clip's own."""
    w, h = info.upright_size
    factor = min(1.0, short_side / min(w, h))
    return max(2, round(w * factor / 2) * 2), max(2, round(h * factor / 2) * 2)


def sample_pictures(
    path: str | Path, *, info: MediaInfo, step_s: Fraction | None, size: tuple[int, int], key_frames: bool = False,
    threads: int = 0,
) -> Iterator[Sample]:  # fmt: skip
    """Pictures in order.

    Args:
        path: the clip.
        info: what `media.probe` said of it.
        step_s: seconds from one to the next; None: every picture.
        size: ``(width, height)`` of what is given.
        key_frames: decode key frames alone.
        threads: how many threads the decoder has; 0: the machine's.

    Raises:
        InputError: it cannot be opened, or decodes to nothing.
    """
    given = 0
    if step_s is not None and packet_is_frame(info) and info.start_pts is not None:
        try:
            read = _by_key_frames if key_frames else _by_groups
            for sample in read(Path(path), info=info, step_s=step_s, size=size, threads=threads):
                yield sample
                given += 1
        except _ReadStraight:
            pass
        else:
            if given:
                return
    for sample in _straight(path, info=info, step_s=step_s, size=size, threads=threads):
        if sample.number >= given:
            yield sample


def _straight(
    path: str | Path, *, info: MediaInfo, step_s: Fraction | None, size: tuple[int, int], threads: int
) -> Iterator[Sample]:
    number = 0
    held: Any = None
    first: Fraction | None = None
    with open_clip(path, info=info, threads=threads) as decoder:
        for frame in decoder:
            time = frame.time.exact()
            first = time if first is None else first
            if step_s is None:
                yield Sample(number, time - first, frame.picture(size), frame.damaged)
                number += 1
                continue
            while held is not None and number * step_s < time - first:
                yield Sample(number, number * step_s, held.picture(size), held.damaged)
                number += 1
            held = frame
    if held is not None and step_s is not None:
        assert first is not None
        end = max(held.time.exact() + held.native.duration * info.time_base, held.time.exact() + info.time_base) - first
        while number * step_s < end:
            yield Sample(number, number * step_s, held.picture(size), held.damaged)
            number += 1


@contextlib.contextmanager
def _opened(path: Path, *, info: MediaInfo, threads: int) -> Iterator[tuple[Any, Any]]:
    """The container and its stream of pictures, whose packets are decoded here by hand."""
    with map_os_errors(path, verb="opened", to=InputError, also=(av.error.FFmpegError,)):
        container = open_source(path)
    with container:
        stream = container.streams.video[0] if len(container.streams) <= info.video else container.streams[info.video]
        stream.thread_type, stream.thread_count = "AUTO", threads
        yield container, stream


class _SampleMaker:
    """Makes samples of decoded pictures; see `sample_pictures` for its arguments."""

    def __init__(self, info: MediaInfo, *, step_s: Fraction, size: tuple[int, int]) -> None:
        self._info, self._step_s, self._size = info, step_s, size
        self._scaler, self._converter = Scaler(info), VideoReformatter()

    def samples(self, native: Any, numbers: Iterable[int]) -> Iterator[Sample]:
        """One picture as the samples of these numbers.

        Raises:
            _ReadStraight: it did not decode.
        """
        if native is None:
            raise _ReadStraight
        native = conformed(native, layout=self._info.layout, size=self._info.size, converter=self._converter)
        picture = self._scaler.upright_rgb(native, self._size)
        for one in numbers:
            yield Sample(one, one * self._step_s, picture, bool(native.is_corrupt))


def _by_key_frames(
    path: Path, *, info: MediaInfo, step_s: Fraction, size: tuple[int, int], threads: int
) -> Iterator[Sample]:
    """The last key frame before each time. Several are decoded at once, so that every core has one to work on.

    The filter that smooths the edges of blocks is left out: nothing refers to these pictures, and they are made small.
    """
    maker = _SampleMaker(info, step_s=step_s, size=size)
    with _opened(path, info=info, threads=threads) as (container, stream):
        stream.codec_context.options = {"skip_loop_filter": "all"}
        joiner = GroupJoiner(info.codec, bytes(stream.codec_context.extradata or b""))
        keys = _wanted_keys(container, stream, info=info, step_s=step_s)
        while batch := list(itertools.islice(keys, _MOST_KEYS)):
            natives = _keys_decoded(stream, [packet for packet, _ in batch], joiner=joiner)
            for packet, numbers in batch:
                yield from maker.samples(natives.get(packet.pts), numbers)


def _wanted_keys(container: Any, stream: Any, *, info: MediaInfo, step_s: Fraction) -> Iterator[tuple[Any, range]]:
    """Packets of key frames, each with the numbers of the times up to the next one; those without are left out."""
    base, pictures = info.time_base, ShownPictures(stream.codec_context)
    key: Any = None
    origin = end = number = 0

    def until(pts: int) -> range:
        return range(number, max(number, math.ceil((pts - origin) * base / step_s)))

    try:
        for packet in read_packets(container, [stream]):
            if not packet.size:
                continue
            shown = pictures.shows(packet)
            if packet.pts is None or packet.is_corrupt or (key is None and not packet.is_keyframe):
                raise _ReadStraight
            if packet.is_keyframe:
                if not shown or (key is not None and not 0 < (packet.pts - key.pts) * base <= _LONGEST_STEP_S):
                    raise _ReadStraight
                if key is None:
                    origin = packet.pts
                elif numbers := until(packet.pts):
                    yield key, numbers
                    number = numbers.stop
                key = packet
            elif packet.pts < origin:
                raise _ReadStraight  # the clip begins before its first key frame
            end = max(end, packet.pts + (packet.duration or 1))
    except (av.error.FFmpegError, OSError) as error:
        raise _ReadStraight from error
    if key is not None:
        stated = info.end_pts or 0
        last = stated if 0 < (stated - key.pts) * base <= _LONGEST_STEP_S else end
        if numbers := until(last):
            yield key, numbers


def _keys_decoded(stream: Any, packets: list[Any], *, joiner: GroupJoiner) -> dict[int, Any]:
    """Pictures of key frames by their times; the decoder is emptied where one does not restart it by itself."""
    found: dict[int, Any] = {}
    context = stream.codec_context

    def empty() -> None:
        found.update((native.pts, native) for native in context.decode(None))
        context.flush_buffers()

    try:
        for place, packet in enumerate(packets):
            if place:
                data = bytes(packet)
                if not joiner.may_join(data):
                    empty()
                elif (marked := joiner.joined(data)) is not data:
                    packet.update(marked)
            found.update((native.pts, native) for native in packet.decode())
        empty()
    except (av.error.FFmpegError, ValueError) as error:
        raise _ReadStraight from error
    return found


@dataclass(slots=True, eq=False)
class _Group:
    """A key frame's packet and those up to the next, with the times of their pictures."""

    packets: list[Any]
    times: list[int]


def _by_groups(
    path: Path, *, info: MediaInfo, step_s: Fraction, size: tuple[int, int], threads: int
) -> Iterator[Sample]:
    maker = _SampleMaker(info, step_s=step_s, size=size)
    with _opened(path, info=info, threads=threads) as (container, stream):
        base, number = info.time_base, 0
        origin: int | None = None
        for group, following in _groups(container, stream, info=info):
            origin = group.times[0] if origin is None else origin
            end = following if following is not None else max(group.times) + _duration(group, info)
            last = math.ceil((end - origin) * base / step_s)  # the first number that is no longer of this group
            wanted: dict[int, list[int]] = {}
            ordered = sorted(group.times)
            for one in range(number, last):
                at = math.floor(origin + one * step_s / base)
                place = ordered[max(0, bisect.bisect_right(ordered, at) - 1)]
                wanted.setdefault(place, []).append(one)
            number = max(number, last)
            if not wanted:
                continue
            natives = _decoded(stream, group, wanted=set(wanted))
            for time, numbers in wanted.items():
                yield from maker.samples(natives.get(time), numbers)


def _groups(container: Any, stream: Any, *, info: MediaInfo) -> Iterator[tuple[_Group, int | None]]:
    """Closed groups in order, and the time at which the next one begins."""
    group: _Group | None = None
    pictures = ShownPictures(stream.codec_context)
    try:
        for packet in read_packets(container, [stream]):
            if not packet.size:
                continue
            shown = pictures.shows(packet)
            if packet.pts is None or packet.is_corrupt:
                raise _ReadStraight
            if packet.is_keyframe:
                if group is not None:
                    step = (packet.pts - group.times[0]) * info.time_base
                    if not 0 < step <= _LONGEST_STEP_S or packet.pts <= max(group.times):
                        raise _ReadStraight
                    yield group, packet.pts
                group = _Group([], [])
            elif group is None or packet.pts < group.times[0] or len(group.packets) > _MOST_GROUP:
                raise _ReadStraight
            group.packets.append(packet)
            if shown:
                group.times.append(packet.pts)
            elif packet.is_keyframe:
                raise _ReadStraight
    except (av.error.FFmpegError, OSError) as error:
        raise _ReadStraight from error
    if group is not None:
        yield group, None


def _duration(group: _Group, info: MediaInfo) -> int:
    """How long the clip's last picture is shown, in ticks."""
    stated = (info.end_pts or 0) - max(group.times)
    if stated > 0 and stated * info.time_base <= _LONGEST_STEP_S:
        return stated
    return max(1, int(group.packets[-1].duration or 0))


def _decoded(stream: Any, group: _Group, *, wanted: set[int]) -> dict[int, Any]:
    """The wanted pictures of a group by their times; decoding ends with the last packet that one of them is in."""
    found: dict[int, Any] = {}
    missing = set(wanted)
    depth = stream.codec_context.reorder_depth
    try:
        for packet in group.packets:
            found.update((native.pts, native) for native in packet.decode() if native.pts in wanted)
            missing.discard(packet.pts)
            if not missing:
                break
        found.update((native.pts, native) for native in stream.codec_context.decode(None) if native.pts in wanted)
        stream.codec_context.flush_buffers()
    except (av.error.FFmpegError, ValueError) as error:
        raise _ReadStraight from error
    # A flush makes the decoder forget how far it reorders, and it would drop B-frames until it learnt it again.
    stream.codec_context.reorder_depth = max(depth, stream.codec_context.reorder_depth)
    return found
