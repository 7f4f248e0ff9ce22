"""Blocks as other programs read them: CSV, JSON, EDL, OTIO, chapters (FFmpeg's metadata) and SRT.

EDL and OTIO come from ``opentimelineio`` with its adapter for CMX 3600 (extra ``[scenes]``). An EDL counts frames: the
clip's rate is needed, and times are rounded to it, which the file's own format cannot help. It counts 30 to a second
where a clip has 29.97 (no frames are dropped from the count), so its seconds are not the clock's, as editors take it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dashcamcleaner.core.plain_text import cell, visible
from dashcamcleaner.errors import ExtraMissing, extra_hint
from dashcamcleaner.scenes.blocks import Block
from dashcamcleaner.scenes.tag_file import seconds_text

__all__ = ["EXPORTS", "ExportedClip", "export_text"]

_EDL_RATES = (Fraction(24), Fraction(25), Fraction(30), Fraction(50), Fraction(60))
_SAME_RATE = Fraction(1, 500)
"""A clip of 29.97 is counted by 30; one of 15 has no count of its own, and its times are told."""


@dataclass(frozen=True, slots=True)
class ExportedClip:
    """What exports tell of the clip.

    Args:
        name: its file name.
        seconds: how long it is.
        rate: frames a second; None if untold.
        labels: all labels.
    """

    name: str
    seconds: Fraction
    rate: Fraction | None
    labels: tuple[str, ...]


def export_text(form: str, clip: ExportedClip, blocks: Sequence[Block]) -> str:
    """The blocks in a format of `EXPORTS`.

    Raises:
        ExtraMissing: EDL or OTIO is wanted, and its package is not installed.
    """
    return EXPORTS[form](clip, blocks)


def _csv(_: ExportedClip, blocks: Sequence[Block]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["label", "start_s", "end_s", "score", "coverage"])
    for b in blocks:
        times = [seconds_text(b.start_s), seconds_text(b.end_s)]
        writer.writerow([cell(b.label), *times, f"{b.score:.6f}", f"{b.coverage:.6f}"])
    return file.getvalue()


def _json(clip: ExportedClip, blocks: Sequence[Block]) -> str:
    rows = [
        {
            "label": b.label, "start_s": float(b.start_s), "end_s": float(b.end_s), "score": round(b.score, 6),
            "coverage": round(b.coverage, 6),
        }
        for b in blocks
    ]  # fmt: skip
    data = {"clip": clip.name, "seconds": float(clip.seconds), "labels": list(clip.labels), "blocks": rows}
    return json.dumps(data, indent=1) + "\n"


def _chapters(_: ExportedClip, blocks: Sequence[Block]) -> str:
    lines = [";FFMETADATA1"]
    for b in sorted(blocks, key=lambda block: block.start_s):
        title = "".join(f"\\{char}" if char in "=;#\\" else char for char in visible(b.label))
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={round(b.start_s * 1000)}", f"END={round(b.end_s * 1000)}"]
        lines += [f"title={title}"]
    return "\n".join(lines) + "\n"


def _srt(_: ExportedClip, blocks: Sequence[Block]) -> str:
    rows = sorted(blocks, key=lambda block: block.start_s)
    return "\n".join(
        f"{number}\n{_srt_time(b.start_s)} --> {_srt_time(b.end_s)}\n{visible(b.label)} {b.score:.2f}\n"
        for number, b in enumerate(rows, start=1)
    )


def _srt_time(seconds: Fraction) -> str:
    total_s, ms = divmod(round(seconds * 1000), 1000)
    return f"{total_s // 3600:02}:{total_s // 60 % 60:02}:{total_s % 60:02},{ms:03}"


def _otio(clip: ExportedClip, blocks: Sequence[Block]) -> str:
    opentimelineio = _library()
    text: str = opentimelineio.adapters.write_to_string(_timeline(opentimelineio, clip, blocks), "otio_json")
    return text


def _edl(clip: ExportedClip, blocks: Sequence[Block]) -> str:
    opentimelineio = _library()
    told = clip.rate or Fraction(25)
    rate = min(_EDL_RATES, key=lambda known: abs(known - told))
    counted = told if abs(told / rate - 1) < _SAME_RATE else rate
    timeline = _timeline(opentimelineio, clip, blocks, counted=counted, rate=rate)
    if not blocks:  # the adapter takes a first event for granted; a list without one is its head
        return f"TITLE: {timeline.name}\n"
    text: str = opentimelineio.adapters.write_to_string(timeline, "cmx_3600", rate=float(rate))
    return text


def _library() -> Any:
    try:
        import opentimelineio
    except ImportError as error:
        raise ExtraMissing("opentimelineio is not installed.", hint=extra_hint("scenes")) from error
    if "cmx_3600" not in opentimelineio.adapters.available_adapter_names():
        raise ExtraMissing("otio-cmx3600-adapter is not installed.", hint=extra_hint("scenes"))
    return opentimelineio


def _timeline(
    library: Any,
    clip: ExportedClip,
    blocks: Sequence[Block],
    *,
    counted: Fraction | None = None,
    rate: Fraction | None = None,
) -> Any:
    """One track with the blocks one after the other, each with its place in the source.

    Args:
        library: the module `opentimelineio`.
        clip: what is known of the clip.
        blocks: the blocks.
        counted: frames that pass in a second; None: as the clip tells.
        rate: what a second is called in the count of frames; None: the same.
    """
    schema, time = library.schema, library.opentime
    counted = counted or clip.rate or Fraction(25)
    called = float(rate or counted)

    def span(start: Fraction, end: Fraction) -> Any:
        first, last = round(start * counted), round(end * counted)
        return time.TimeRange(time.RationalTime(first, called), time.RationalTime(max(1, last - first), called))

    timeline = schema.Timeline(name=visible(clip.name))
    track = schema.Track(name="V", kind=schema.TrackKind.Video)
    timeline.tracks.append(track)
    for b in sorted(blocks, key=lambda block: block.start_s):
        media = schema.ExternalReference(
            target_url=visible(clip.name), available_range=span(Fraction(0), max(clip.seconds, b.end_s))
        )
        facts = {"label": b.label, "score": round(b.score, 6), "coverage": round(b.coverage, 6)}
        track.append(
            schema.Clip(
                name=visible(b.label), media_reference=media, source_range=span(b.start_s, b.end_s),
                metadata={"dashcamcleaner": facts},
            )
        )  # fmt: skip
    return timeline


EXPORTS: dict[str, Callable[[ExportedClip, Sequence[Block]], str]] = {
    "csv": _csv, "json": _json, "edl": _edl, "otio": _otio, "chapters": _chapters, "srt": _srt,
}  # fmt: skip
"""Name -> the text of the file; the file is called ``CLIP.scenes.NAME``."""
