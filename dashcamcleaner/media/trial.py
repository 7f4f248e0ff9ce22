"""A trial before the run: each side stream's first packets are written into memory, header to trailer.

Containers refuse some streams only when the trailer is written, after all the work: sound whose loudspeakers are not
named, codec data that do not fit. So the plan is proven before the first frame is decoded: what cannot be copied is
converted, what cannot be converted is left out, and the plan's words say so.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import av.error

from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.media.output_plan import OutputPlan, SideStream, plan_output
from dashcamcleaner.media.packets import open_source, read_packets
from dashcamcleaner.media.stream_copy import add_target

__all__ = ["proven_plan"]

_PACKETS_EACH = 3
"""Of each stream: the second one shows how long the first lasts."""

_MOST_PACKETS = 4000
"""Read in search of them (about two minutes); a text that comes later is tried without packets."""


def proven_plan(info: MediaInfo, *, source: str | Path, **choices: Any) -> OutputPlan:
    """What the output will be, each of its side streams tried.

    Args:
        info: the source's facts.
        source: the clip itself.
        **choices: see `output_plan.plan_output`.

    Raises:
        OutputError: see `output_plan.plan_output`.
    """
    uncopiable: set[int] = set()
    unwritable: set[int] = set()
    while True:
        plan = plan_output(info, uncopiable=uncopiable, unwritable=unwritable, **choices)
        refused = _refused(plan, Path(source))
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
