"""Cutting without encoding: packets are copied from key frame to key frame, so that nothing is lost but exactness.

A stretch begins at the last key frame before its start and ends at the first group behind its end; what really was kept
is given back. Pictures that are shown before their key frame, and refer to what was cut away, are left out: a group
whose own are left out with it ends the stretch before them.
"""

from __future__ import annotations

import bisect
import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.errors import OutputError, SettingError
from dashcamcleaner.media.encoder import map_write_errors
from dashcamcleaner.media.encoder_options import display_matrix
from dashcamcleaner.media.hidden_packets import ShownPictures
from dashcamcleaner.media.joins import GroupJoiner
from dashcamcleaner.media.output_plan import OutputPlan, with_cut
from dashcamcleaner.media.packets import open_source, read_packets
from dashcamcleaner.media.stream_copy import StreamCopier
from dashcamcleaner.media.user_data import without_user_data
from dashcamcleaner.media.written import WrittenClip
from dashcamcleaner.messages import msg

__all__ = ["CopiedClip", "copy_cut", "cut_at_key_frames"]


_NOT_COPIED = "vvc"
"""Its groups of pictures are mostly open, and nothing here joins those, nor takes user data out of them."""


def cut_at_key_frames(path: Path, *, info: MediaInfo, cut: ClipCut) -> ClipCut:
    """The cut that can be had without encoding, in the clip's own times.

    Args:
        path: the clip.
        info: what `media.probe` said of it.
        cut: what is wanted, in the clip's own times.

    Raises:
        SettingError: nothing would be left; a stretch begins with a group that cannot stand behind another; or the
            file does not tell when its pictures are shown.
        InputError: it cannot be opened (any more).
    """
    groups, end = _groups(path, info=info)
    keys = [group.key_s for group in groups]
    edges = [group.first_s for group in groups]
    spans: list[tuple[int, int]] = []
    for start, stop in sorted(cut.kept.kept):
        if not keys or stop <= keys[0] or start >= end:
            continue
        first = max(0, bisect.bisect_right(keys, start) - 1)
        last = max(first + 1, bisect.bisect_left(edges, stop))
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    if not spans:
        raise SettingError(
            msg("Nothing of {path} would be left.", path=path.name), hint="Check labels, rules and actions."
        )
    for first, _ in spans[1:]:
        if not groups[first].joins:
            raise SettingError(
                msg(
                    "{path} cannot be joined at {time_s:.3f} s without encoding: its groups of pictures are open.",
                    path=path.name,
                    time_s=float(keys[first]),
                ),
                hint="Write pieces with -c, or leave --lossless out.",
            )
    return ClipCut(CutTimes.of((keys[a], edges[b] if b < len(edges) else end) for a, b in spans), cut.muted)


@dataclass(frozen=True, slots=True)
class _KeyGroup:
    """A key frame and what follows it in the file.

    Args:
        key_s: when the key frame is shown.
        first_s: when the first of its pictures is shown: that of an open group leads the key frame.
        joins: it may stand behind other pictures than its own.
    """

    key_s: Fraction
    first_s: Fraction
    joins: bool


def _groups(path: Path, *, info: MediaInfo) -> tuple[list[_KeyGroup], Fraction]:
    """All groups in order of time, and where the clip ends."""
    groups: list[_KeyGroup] = []
    end = Fraction(0)
    last, ascending = None, True
    with open_source(path) as container:
        stream = container.streams[info.video]
        joiner = GroupJoiner(info.codec, bytes(stream.codec_context.extradata or b""))
        for packet in read_packets(container, [stream]):
            if not packet.size or packet.pts is None:
                continue
            time = packet.pts * info.time_base
            ascending, last = ascending and (last is None or last < time), time
            end = max(end, (packet.pts + (packet.duration or 1)) * info.time_base)
            if packet.is_keyframe:
                groups.append(_KeyGroup(time, time, joiner.may_join(bytes(packet))))
            elif groups and time < groups[-1].first_s:
                groups[-1] = replace(groups[-1], first_s=time)
        if info.container == "avi" and ascending and stream.codec_context.has_b_frames:
            raise SettingError(
                msg("{path} does not tell when its pictures are shown, only when they are decoded.", path=path.name),
                hint="Leave --lossless out: it is encoded then.",
            )
    return sorted(groups, key=lambda group: group.key_s), end


@dataclass(frozen=True, slots=True)
class CopiedClip:
    """What `copy_cut` wrote.

    Args:
        written: what was put into the file.
        frames: how many pictures of it are shown.
        problems: what a careful user wants to know, a sentence each.
        ends_early: the source ends within a packet of what goes along with the picture.
    """

    written: WrittenClip
    frames: int
    problems: tuple[str, ...]
    ends_early: bool


def copy_cut(
    source: Path, *, partial_path: Path, info: MediaInfo, plan: OutputPlan, cut: ClipCut,
    look: Callable[[], None] = lambda: None,
) -> CopiedClip:  # fmt: skip
    """Write the stretches of `cut_at_key_frames` into a file.

    Args:
        source: the clip.
        partial_path: the file that is written, made before; never the final name.
        info: what `media.probe` said of it.
        plan: what becomes of its side streams, see `media.trial.proven_plan`; the picture's codec is the source's.
        cut: whole groups of pictures.
        look: called before each packet of the picture; what it raises ends the writing.

    Raises:
        OutputError: the container does not take the source's pictures, or it cannot be written.
    """
    plan = with_cut(plan, cut)
    with map_write_errors(partial_path), contextlib.ExitStack() as opened:
        output: Any = av.open(f"file:{partial_path.resolve()}", "w", format=plan.container.muxer)
        opened.callback(_abandon, output)
        container = opened.enter_context(open_source(source))
        stream = container.streams[info.video]
        try:
            if info.codec == _NOT_COPIED:
                raise ValueError(info.codec)
            target = output.add_stream_from_template(stream, opaque=True)  # nothing is encoded: a reader is enough
        except (ValueError, av.error.FFmpegError) as error:
            raise OutputError(
                msg(
                    "{container} does not take {codec} pictures as they are.",
                    container=plan.container.title,
                    codec=info.codec,
                ),
                hint="Leave --lossless out: it is encoded then.",
            ) from error
        sides = StreamCopier(plan, output=output, source=source)
        opened.callback(sides.close)
        if not info.orientation.is_identity:
            target.set_display_matrix(display_matrix(info.orientation))
        output.metadata.update(plan.tags)
        if plan.chapters:
            output.set_chapters(sides.chapters())
        output.start_encoding()
        sides.begin()
        step = max(1, round(1 / (info.frame_rate * stream.time_base))) if info.frame_rate else 1
        packets = _with_decode_times(without_user_data(read_packets(container, [stream]), stream), step=step)
        copied = _copy(_looking(packets, look), stream, target, output=output, sides=sides, kept=cut.kept)
        sides.pass_on(until=None)
        sides.close()
        written = WrittenClip(
            muxer=plan.container.muxer,
            pictures=copied.packets,
            duration_s=float((copied.end_pts - copied.first_pts) * stream.time_base),
            step_s=float(step * stream.time_base),
            streams=Counter(one.type for one in output.streams),
        )
        output.close()
    return CopiedClip(written, copied.frames, tuple(sides.problems), sides.ends_early)


def _looking(packets: Iterable[Any], look: Callable[[], None]) -> Iterator[Any]:
    for packet in packets:
        look()
        yield packet


def _abandon(output: Any) -> None:
    """Close what may be closed already; what goes wrong before is what is to be told."""
    with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
        output.close()


def _with_decode_times(packets: Iterable[Any], *, step: int) -> Iterator[Any]:
    """All packets that hold a picture, each with the time at which it is decoded.

    Matroska stores no such times, and those before the first picture that is shown after others cannot be told from
    what was read so far: they are counted back from the first that is known.
    """
    held: list[Any] = []
    for packet in packets:
        if not packet.size or packet.pts is None:
            continue
        held.append(packet)
        if packet.dts is None:
            continue
        for back, early in enumerate(reversed(held)):
            early.dts = packet.dts - back * step
        yield from held
        held = []
    ordered = sorted(packet.pts for packet in held)
    late = max((time - packet.pts for time, packet in zip(ordered, held, strict=True)), default=0)
    for time, packet in zip(ordered, held, strict=True):
        packet.dts = time - late
    yield from held


@dataclass(slots=True)
class _Copied:
    """Packets, pictures that are shown, and the times of the first and of the end, in the stream's ticks."""

    packets: int = 0
    frames: int = 0
    first_pts: int = 0
    end_pts: int = 0

    def add(self, packet: Any, *, shown: bool) -> None:
        end = packet.pts + (packet.duration or 0)
        self.first_pts, self.end_pts = (
            (min(self.first_pts, packet.pts), max(self.end_pts, end)) if self.packets else (packet.pts, end)
        )
        self.packets += 1
        self.frames += shown


def _copy(
    packets: Iterable[Any], stream: Any, target: Any, *, output: Any, sides: StreamCopier, kept: CutTimes
) -> _Copied:
    base = stream.time_base
    copied, pictures = _Copied(), ShownPictures(stream.codec_context)
    joiner = GroupJoiner(stream.codec_context.name, bytes(stream.codec_context.extradata or b""))
    starts = {start for start, _ in kept.kept}
    last: int | None = None
    key: Fraction | None = None  # of the group that is being copied
    for packet in packets:
        time = packet.pts * base
        shown = pictures.shows(packet)
        if packet.is_keyframe:
            key = time if kept.holds(time) else None
            if time in starts and last is not None:
                packet.update(joiner.joined(bytes(packet)))
        if key is None or (time < key and not kept.holds(time)):
            continue
        if time < key and not any(start <= time and key < end for start, end in kept.kept):
            continue  # it refers to what was cut away
        moved = math.floor((kept.moved(key) - key) / base)
        dts = packet.dts + moved
        packet.pts += moved
        packet.dts = dts if last is None else min(max(dts, last + 1), packet.pts)
        last = packet.dts
        packet.stream = target
        copied.add(packet, shown=shown)
        output.mux_one(packet)
        sides.pass_on(until=packet.dts * base)
    return copied
