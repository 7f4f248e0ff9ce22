"""Cutting without encoding: packets are copied from key frame to key frame, so that nothing is lost but exactness.

A stretch begins at the last key frame before its start and ends at the first one behind its end; what really was kept
is given back. Pictures that are shown before their key frame, and refer to what was cut away, are left out.
"""

from __future__ import annotations

import bisect
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.errors import OutputError, SettingError
from dashcamcleaner.media.encoder import display_matrix, map_write_errors
from dashcamcleaner.media.output_plan import OutputPlan, with_cut
from dashcamcleaner.media.packets import open_source, read_packets
from dashcamcleaner.media.stream_copy import StreamCopier
from dashcamcleaner.messages import msg

__all__ = ["copy_cut", "cut_at_key_frames"]


def cut_at_key_frames(path: Path, *, info: MediaInfo, cut: ClipCut) -> ClipCut:
    """The cut that can be had without encoding, in the clip's own times.

    Args:
        path: the clip.
        info: what `media.probe` said of it.
        cut: what is wanted, in the clip's own times.

    Raises:
        SettingError: nothing would be left.
        InputError: it cannot be opened (any more).
    """
    keys: list[Fraction] = []
    end = Fraction(0)
    with open_source(path) as container:
        for packet in read_packets(container, [container.streams[info.video]]):
            if packet.size and packet.pts is not None:
                end = max(end, (packet.pts + (packet.duration or 1)) * info.time_base)
                if packet.is_keyframe:
                    keys.append(packet.pts * info.time_base)
    keys.sort()
    stretches = []
    for start, stop in cut.kept.kept:
        first = max(0, bisect.bisect_right(keys, start) - 1)
        last = bisect.bisect_left(keys, stop)
        if keys and stop > keys[0] and start < end:
            stretches.append((keys[first], keys[last] if last < len(keys) else end))
    if not stretches:
        raise SettingError(
            msg("Nothing of {path} would be left.", path=path.name), hint="Check labels, rules and actions."
        )
    return ClipCut(CutTimes.of(stretches), cut.muted)


def copy_cut(source: Path, *, partial_path: Path, info: MediaInfo, plan: OutputPlan, cut: ClipCut) -> list[str]:
    """Write the stretches of `cut_at_key_frames` into a file; gives what a careful user wants to know.

    Args:
        source: the clip.
        partial_path: the file that is written, made before; never the final name.
        info: what `media.probe` said of it.
        plan: what becomes of its side streams, see `media.trial.proven_plan`; the picture's codec is the source's.
        cut: whole groups of pictures.

    Raises:
        OutputError: the container does not take the source's pictures, or it cannot be written.
    """
    plan = with_cut(plan, cut)
    with map_write_errors(partial_path):
        output: Any = av.open(f"file:{partial_path.resolve()}", "w", format=plan.container.muxer)
        sides = StreamCopier(plan, output=output, source=source)
        try:
            with open_source(source) as container:
                stream = container.streams[info.video]
                try:
                    target = output.add_stream_from_template(stream)
                except (ValueError, av.error.FFmpegError) as error:
                    raise OutputError(
                        msg(
                            "{container} does not take {codec} pictures as they are.",
                            container=plan.container.title,
                            codec=info.codec,
                        ),
                        hint="Leave --lossless out, or choose another container with -o.",
                    ) from error
                if not info.orientation.is_identity:
                    target.set_display_matrix(display_matrix(info.orientation))
                output.metadata.update(plan.tags)
                if plan.chapters:
                    output.set_chapters(sides.chapters())
                output.start_encoding()
                sides.begin()
                _copy(container, stream, target, output=output, sides=sides, kept=cut.kept)
                sides.pass_on(until=None)
            sides.close()
            output.close()
        except BaseException:
            sides.close()
            raise
    return list(sides.problems)


def _copy(container: Any, stream: Any, target: Any, *, output: Any, sides: StreamCopier, kept: CutTimes) -> None:
    base = stream.time_base
    last: int | None = None
    key: Fraction | None = None  # of the group that is being copied
    for packet in read_packets(container, [stream]):
        if not packet.size or packet.pts is None:
            continue
        time = packet.pts * base
        if packet.is_keyframe:
            key = time if kept.holds(time) else None
        if key is None or (time < key and not kept.holds(time)):
            continue
        if time < key and not any(start <= time and key < end for start, end in kept.kept):
            continue  # it refers to what was cut away
        moved = math.floor((kept.moved(key) - key) / base)
        dts = (packet.dts if packet.dts is not None else packet.pts) + moved
        packet.pts += moved
        packet.dts = dts if last is None else min(max(dts, last + 1), packet.pts)
        last = packet.dts
        packet.stream = target
        output.mux_one(packet)
        sides.pass_on(until=packet.dts * base)
