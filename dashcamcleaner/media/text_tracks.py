"""Text tracks of a clip in, a verdict per track out: which of them hold what `media.text_judge` takes for speech.

Every text of every track is read and judged: a receiver may get its fix an hour into the recording. What a packet
holds beside the text (styles, cue names, comments) is looked at as well, since it would be copied with it.
"""

from __future__ import annotations

import contextlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.error

from dashcamcleaner.media import codecs
from dashcamcleaner.media.packets import open_source, read_packets
from dashcamcleaner.media.text_judge import TrackJudge, refusal, tells_position
from dashcamcleaner.messages import msg

__all__ = ["judge_text_tracks", "packet_refusal", "plain_header", "texts_of"]

_PICTURES = msg("is pictures of texts, which are not read")
_PLAIN_BOXES = {b"styl", b"tbox", b"hlit", b"hclr", b"krok", b"dlay", b"blnk", b"twrp"}
_MOST_BOX_BYTES = 1024
"""What a MOV text may carry behind its words: how they look. More than some dozens of styles is something else."""
_CUE_SETTINGS = re.compile(r"(?:(?:vertical|line|position|size|align|region):[a-z0-9.%,-]{1,20}\s*)*")
_OVERRIDES = re.compile(r"\{\\[^{}]*\}")
_ASS_FIELDS = 9
_KEPT_INFO = re.compile(
    rb"(?:ScriptType|Collisions|PlayRes[XY]|LayoutRes[XY]|WrapStyle|ScaledBorderAndShadow|YCbCr Matrix|Timer|Format|"
    rb"PlayDepth)\s*:[ \w.+,]*",
    re.IGNORECASE,
)
_KEPT_SECTIONS = (b"[script info]", b"[v4+ styles]", b"[v4 styles]", b"[events]")


def judge_text_tracks(path: Path) -> dict[int, str]:
    """Why text tracks do not read as speech, by stream index; a track that does is not in it.

    The other streams are not read where the container allows that (MP4, MOV). What cannot be read because of damage is
    not judged; `packet_refusal` judges it again when it is copied.

    Args:
        path: the path of the clip, which has been opened before.
    """
    judges: dict[int, TrackJudge] = {}
    whys: dict[int, str] = {}
    with (
        contextlib.suppress(av.error.FFmpegError, IndexError, ValueError),  # damage is told by who reads the picture
        open_source(path) as container,
    ):
        for stream in container.streams:
            if stream.type != "subtitle" or stream.codec_context is None:
                stream.discard = av.stream.Discard.all
            elif stream.codec_context.codec.canonical_name not in codecs.TEXT_SUBTITLES:
                whys[stream.index] = _PICTURES
                stream.discard = av.stream.Discard.all
            else:
                judges[stream.index] = TrackJudge(_header_refusal(stream))
        names = {index: container.streams[index].codec_context.codec.canonical_name for index in judges}
        if judges:
            for packet in read_packets(container, [container.streams[index] for index in judges]):
                judge = judges.get(packet.stream_index)
                if judge is None:
                    continue  # a container may give what it has read ahead of streams that are not asked for
                for text in texts_of(packet, codec=names[packet.stream_index]):
                    judge.add(text)
                if all(one.why for one in judges.values()):
                    break
    return whys | {index: why for index, judge in judges.items() if (why := judge.finish())}


def packet_refusal(packet: Any, *, codec: str) -> str:
    """Why one packet of a text track does not read as speech, in a few words; empty if it does.

    Args:
        packet: the packet, as it was read.
        codec: canonical name of the track's codec.
    """
    return next((why for text in texts_of(packet, codec=codec) if (why := refusal(text))), "")


def plain_header(header: bytes) -> bytes:
    """The header of an ASS or SSA track with nothing left in it but how texts look.

    A title, the path of the clip, comments, embedded fonts and pictures go.
    """
    kept: list[bytes] = []
    section = b""
    for line in header.splitlines():
        line = line.strip()
        if line.startswith(b"["):
            section = line.lower()
            if section in _KEPT_SECTIONS:
                kept.append(line)
        elif section not in _KEPT_SECTIONS:
            continue
        elif (
            section.endswith(b"styles]") and line.lower().startswith((b"format:", b"style:"))
        ) or _KEPT_INFO.fullmatch(line):
            kept.append(line)
    return b"\r\n".join(kept) + b"\r\n"


def _header_refusal(stream: Any) -> str:
    """Why what a track's header says is no part of a text track; empty if it may stay."""
    header = bytes(stream.codec_context.extradata or b"")
    if stream.codec_context.codec.canonical_name in ("ass", "ssa"):
        header = plain_header(header)
    elif stream.codec_context.codec.canonical_name != "mov_text":
        return refusal(header)
    return msg("tells the position") if tells_position(header) else ""


def texts_of(packet: Any, *, codec: str) -> Iterator[str | bytes]:
    """All that a packet says, without the wrapping of its format; bytes where they are no text."""
    data = bytes(packet)
    if codec == "mov_text":
        yield from _mov_texts(data)
    elif codec in ("ass", "ssa"):
        yield from _ass_texts(data)
    elif data:
        yield from _marked_texts(data)
    for side in packet.iter_sidedata():
        told = bytes(side).rstrip(b"\0")
        if not _CUE_SETTINGS.fullmatch(told.decode("latin-1")):
            yield told


def _mov_texts(data: bytes) -> Iterator[str | bytes]:
    if len(data) < 2:
        return
    length = int.from_bytes(data[:2], "big")
    text, rest = data[2 : 2 + length], data[2 + length :]
    if text.startswith((b"\xfe\xff", b"\xff\xfe")):
        yield text.decode("utf-16", "replace")
    else:
        yield text
    if len(rest) > _MOST_BOX_BYTES:
        yield rest
        return
    while rest:
        size, name = struct.unpack(">I4s", rest[:8]) if len(rest) >= 8 else (0, b"")
        if name not in _PLAIN_BOXES or not 8 <= size <= len(rest):
            yield rest if name != b"href" else rest[8:].strip(bytes(range(32)))
            return
        rest = rest[size:]


def _ass_texts(data: bytes) -> Iterator[str | bytes]:
    fields = data.split(b",", _ASS_FIELDS - 1)
    if len(fields) < _ASS_FIELDS:
        yield data
        return
    # Order, layer and margins are small numbers; what is longer was put there by somebody.
    yield from (field for number, field in enumerate(fields) if number in (2, 3, 7) or (len(field) > 6 and number < 8))
    yield from _marked_texts(fields[8])


def _marked_texts(data: bytes) -> Iterator[str | bytes]:
    """A text without its overrides; with them where they say more than how it looks."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield data
        return
    text = text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
    yield text if tells_position(text) else _OVERRIDES.sub("", text)
