"""A trial before the run: a blank picture and each side stream's first packets are written, header to trailer.

Containers refuse some streams only when the trailer is written, after all the work: sound whose loudspeakers are not
named, codec data that do not fit; encoders refuse sizes. So the plan is proven before the first frame is decoded: what
cannot be copied is converted, what cannot be converted is left out, pictures that one encoder refuses go to another,
and the plan's words say so. All of it is written into memory, and nothing of the source's pictures.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import av.error

from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.errors import OutputError
from dashcamcleaner.media.codecs import VIDEO_CODECS
from dashcamcleaner.media.encoder_options import add_picture, container_options
from dashcamcleaner.media.output_plan import OutputPlan, plan_output
from dashcamcleaner.media.output_streams import SideStream
from dashcamcleaner.media.packets import open_source, read_packets
from dashcamcleaner.media.stream_copy import add_target
from dashcamcleaner.messages import msg

__all__ = ["proven_plan"]

_PACKETS_EACH = 3
"""Of each stream: the second one shows how long the first lasts."""

_MOST_PACKETS = 4000
"""Read in search of them (about two minutes); a text that comes later is tried without packets."""


def proven_plan(info: MediaInfo, *, source: str | Path, **choices: Any) -> OutputPlan:
    """What the output will be, its pictures and each of its side streams tried.

    Args:
        info: the source's facts.
        source: the clip itself.
        **choices: see `output_plan.plan_output`.

    Raises:
        OutputError: see `output_plan.plan_output`; or no encoder that was asked for takes the pictures.
    """
    plan = _with_proven_sides(info, Path(source), choices)
    if _takes_pictures(plan, info):
        return plan
    size = "{}x{}".format(*plan.size)
    for name in VIDEO_CODECS if choices.get("codec", "auto") == "auto" else ():
        if name != plan.codec.name and name in plan.container.video:
            other = _with_proven_sides(info, Path(source), {**choices, "codec": name, "keep_chroma": False})
            if _takes_pictures(other, info):
                note = msg(
                    "{codec} cannot be written with pictures of {size}; {codec2} is written.",
                    codec=plan.codec.title,
                    size=size,
                    codec2=other.codec.title,
                )
                return dataclasses.replace(other, warnings=(*other.warnings, note))
    raise OutputError(
        msg("{codec} cannot be written with pictures of {size}.", codec=plan.codec.title, size=size),
        hint="Choose another --codec, or scale the clip first.",
    )


def _takes_pictures(plan: OutputPlan, info: MediaInfo) -> bool:
    """Whether encoder and container take a blank picture, header to trailer."""
    options = container_options(plan, info)
    # What lies in memory cannot be opened a second time to put the index in front.
    flags = options.pop("movflags", "").replace("+faststart", "")
    options |= {"movflags": flags} if flags else {}
    try:
        with av.open(io.BytesIO(), "w", format=plan.container.muxer, container_options=options) as trial:
            stream = add_picture(trial, plan, info, single=True)
            trial.metadata.update(plan.tags)
            trial.start_encoding()
            context = stream.codec_context
            blank = av.VideoFrame(context.width, context.height, plan.pixel_format)
            for plane in blank.planes:
                plane.update(bytes(plane.buffer_size))
            blank.pts, blank.time_base = 0, info.time_base
            for packet in [*stream.encode(blank), *stream.encode(None)]:
                packet.dts, packet.duration = packet.pts, 1
                trial.mux_one(packet)
    except (av.error.FFmpegError, ValueError, OSError):
        return False
    return True


def _with_proven_sides(info: MediaInfo, source: Path, choices: dict[str, Any]) -> OutputPlan:
    uncopiable: set[int] = set()
    unwritable: set[int] = set()
    while True:
        plan = plan_output(info, uncopiable=uncopiable, unwritable=unwritable, **choices)
        refused = _refused(plan, source)
        if not refused:
            return plan
        for side in refused:  # data are never converted: what is refused as it is goes at once
            (unwritable if side.codec or side.type == "data" else uncopiable).add(side.index)


def _refused(plan: OutputPlan, source: Path) -> list[SideStream]:
    """Those side streams that the container does not take."""
    sides = [side for side in plan.sides if side.type in ("audio", "subtitle", "data")]
    if not sides:
        return []
    try:
        opened = open_source(source)
    except av.error.FFmpegError:
        return []  # whoever reads the picture tells that
    with opened as container:
        sides = [side for side in sides if side.index < len(container.streams)]
        packets = _first_packets(container, [side.index for side in sides])
        return [
            side
            for side in sides
            if not _fits(plan.container.muxer, side, container.streams[side.index], packets[side.index])
        ]


def _first_packets(container: Any, wanted: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {index: [] for index in wanted}
    # All streams are read, so that a sparse one does not make the whole file be read.
    for number, packet in enumerate(read_packets(container)):
        mine = found.get(packet.stream_index)
        if mine is not None and packet.size and len(mine) < _PACKETS_EACH:
            mine.append(packet)
        if number > _MOST_PACKETS or all(len(packets) == _PACKETS_EACH for packets in found.values()):
            break
    return found


def _fits(muxer: str, side: SideStream, stream: Any, packets: Sequence[Any]) -> bool:
    try:
        with av.open(io.BytesIO(), "w", format=muxer) as trial:
            target, converter = add_target(side, stream=stream, output=trial)
            trial.start_encoding()
            time = 0
            for packet in packets:
                if converter is not None:
                    for converted in converter.convert(packet):
                        trial.mux_one(converted)
                    continue
                packet.pts = packet.dts = time  # the times are not what is tried
                time += max(packet.duration or 0, 1)
                packet.stream = target
                trial.mux_one(packet)
            if converter is not None:
                for converted in converter.flush():
                    trial.mux_one(converted)
    except (av.error.FFmpegError, ValueError, OSError):
        return False
    return True
