"""What a clip holds beside its pictures, as `StreamInfo`s: its streams, and data that no stream stands for.

Boxes beside the tracks, messages between the pictures and unannounced parts of a transport stream are told like
streams, so that a summary can name what was left out. `media.probe` asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dashcamcleaner.core.media_info import StreamInfo
from dashcamcleaner.media import codecs
from dashcamcleaner.media.mp4_boxes import BoxMap
from dashcamcleaner.media.packets import has_unknown_form
from dashcamcleaner.media.transport_stream import packets_by_pid
from dashcamcleaner.media.video_streams import is_cover
from dashcamcleaner.messages import msg

__all__ = ["stream_infos"]

_STREAM_TYPES = ("video", "audio", "subtitle", "data", "attachment")

_DATA_NOTES = {
    "gpmd": msg("GoPro telemetry, with position"),
    "camm": msg("camera motion, with position"),
    "mett": "timed metadata",
    "mebx": "timed metadata",
    "tmcd": "timecode",
    "text": "chapter titles",
}


def stream_infos(
    path: Path,
    container: Any,
    side_data: Sequence[tuple[str, bytes]],
    *,
    atoms: BoxMap | None,
    unlike_speech: dict[int, str],
) -> tuple[StreamInfo, ...]:
    """The container's streams in their order, then what no stream stands for.

    Args:
        path: the clip.
        container: the same, open.
        side_data: what stands beside its first picture as decoded, name and content of each.
        atoms: its boxes; None for what is no MP4 or MOV.
        unlike_speech: per text track that does not read as speech, why.
    """
    transport = container.format.name.startswith("mpegts")
    return (
        *(_stream_info(s, atoms, unlike_speech, transport=transport) for s in container.streams),
        *_boxes_as_streams(atoms),
        *_sei_as_streams(side_data),
        *_hidden_data(path, container),
    )


def _stream_info(stream: Any, atoms: BoxMap | None, unlike_speech: dict[int, str], *, transport: bool) -> StreamInfo:
    context = stream.codec_context
    tag = (atoms.formats.get(stream.id, "") if atoms else "") or ""
    if not tag and transport:
        tag = msg("PID 0x{id:x}", id=stream.id)
    kind = stream.type if stream.type in _STREAM_TYPES else "data"
    codec = context.codec.canonical_name if context is not None else tag
    details: dict[str, Any] = {"tag": tag, "tags": dict(stream.metadata)}
    note = ""
    if stream.type == "video":
        note = "cover picture" if is_cover(stream) else ""
        if context is not None:
            details["size"] = (context.width, context.height)
    elif stream.type == "audio" and context is not None:
        details |= {"sample_rate": context.sample_rate, "channels": context.channels, "bit_rate": context.bit_rate}
        details["unknown_form"] = has_unknown_form(stream)
    elif kind == "data":
        note = _DATA_NOTES.get(tag, "unknown data")
    elif stream.type == "attachment":
        note = stream.metadata.get("filename", "")
    if why := unlike_speech.get(stream.index, ""):
        details["unlike_speech"] = why
        note = codecs.TELEMETRY_TEXT if "position" in why else ""
    if context is None and stream.type in ("video", "audio", "subtitle"):
        note = "undecodable"
    if stream.start_time is not None and stream.time_base:
        details["start_s"] = float(stream.start_time * stream.time_base)
    return StreamInfo(
        index=stream.index,
        type=kind,
        codec=codec,
        note=note,
        language=stream.metadata.get("language", ""),
        details=details,
    )


def _boxes_as_streams(atoms: BoxMap | None) -> tuple[StreamInfo, ...]:
    """Boxes outside the tracks, counted by name, told like streams so that the summary can name them."""
    counted: dict[str, list[int]] = {}
    for name, size in atoms.extras if atoms else ():
        counted.setdefault(name, []).append(size)
    return tuple(
        StreamInfo(index=-1, type="box", codec=name, note=msg("data outside the tracks"), details={"bytes": sum(sizes)})
        for name, sizes in counted.items()
    )


def _sei_as_streams(side_data: Sequence[tuple[str, bytes]]) -> tuple[StreamInfo, ...]:
    """What stands between the pictures in their own stream, as far as the first one tells."""
    kinds = {
        "A53_CC": msg("closed captions within the picture stream"),
        "SEI_UNREGISTERED": msg("user data within the picture stream (SEI)"),
    }
    # Encoders sign their work there, which is no news.
    telling = {name for name, data in side_data if name in kinds and data[16:20] not in (b"x264", b"x265")}
    return tuple(StreamInfo(index=-1, type="sei", codec="", note=kinds[name]) for name in sorted(telling))


def _hidden_data(path: Path, container: Any) -> tuple[StreamInfo, ...]:
    """Data of a transport stream that no stream stands for: its tables are silent about them, or they appear late."""
    if not container.format.name.startswith("mpegts"):
        return ()
    known = {stream.id for stream in container.streams}
    return tuple(
        StreamInfo(index=-1, type="pid", codec=f"0x{pid:x}", note="unannounced data", details={"packets": count})
        for pid, count in sorted(packets_by_pid(path).items())
        if pid not in known
    )
