"""Takes out of coded packets what stands between the pictures and is none: texts, captions, some recorders' positions.

Only a copy without encoding needs that: what is encoded anew carries nothing of it. Messages that decoders and displays
need are kept (timing, recovery points, light levels of HDR); what is not understood goes, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from av import Packet
from av.bitstream import BitStreamFilterContext

__all__ = ["without_user_data"]

_FILTERS = {
    "mpeg2video": "filter_units=remove_types=178",
    "av1": "filter_units=remove_types=5",
}
"""Codecs whose units FFmpeg's own filter takes out: user data, metadata."""

_KEPT_MESSAGES = frozenset({0, 1, 6, 45, 47, *range(128, 134), 136, 137, 144, 147, 148, 149})
"""SEI messages (ITU-T H.274 and annexes D of H.264 and H.265) that tell how pictures are timed, decoded and shown."""

_H264_SEI, _HEVC_SEI = frozenset({6}), frozenset({39, 40})
_H264_FOREIGN, _HEVC_FOREIGN = frozenset({0, *range(24, 32)}), frozenset(range(48, 64))
"""Unit types that the standards leave to others."""


def without_user_data(packets: Iterator[Any], stream: Any) -> Iterator[Any]:
    """The same packets in the same order, user data taken out.

    Args:
        packets: coded packets of the stream.
        stream: the stream of an open source.
    """
    codec = stream.codec_context.codec.canonical_name
    if codec in _FILTERS:
        taking = BitStreamFilterContext(_FILTERS[codec], stream)
        for packet in packets:
            yield from taking.filter(packet) if packet.size else ()
        yield from taking.filter(None)
        return
    if codec not in ("h264", "hevc"):
        yield from packets
        return
    length_bytes = _length_bytes(codec, bytes(stream.codec_context.extradata or b""))
    for packet in packets:
        data = bytes(packet)
        plain = b"".join(
            data[start:end] for start, at, end in _units(data, length_bytes) if not _tells(codec, data[at:end])
        )
        yield _with_data(packet, plain) if len(plain) < len(data) else packet


def _with_data(packet: Any, data: bytes) -> Any:
    """The same packet with other bytes."""
    made = Packet(data)
    made.time_base = packet.time_base
    made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
    made.is_keyframe = packet.is_keyframe
    return made


def _length_bytes(codec: str, extradata: bytes) -> int:
    """How many bytes tell a unit's length; 0: units stand behind start codes."""
    place = 4 if codec == "h264" else 21
    return (extradata[place] & 3) + 1 if extradata[:1] == b"\1" and len(extradata) > place else 0


def _units(data: bytes, length_bytes: int) -> Iterator[tuple[int, int, int]]:
    """Where each unit begins with what stands before it, where it begins itself, and where it ends."""
    if length_bytes:
        start = 0
        while start + length_bytes < len(data):
            at = start + length_bytes
            end = min(len(data), at + int.from_bytes(data[start:at], "big"))
            yield start, at, end
            start = end
        return
    mark = data.find(b"\0\0\1")
    start = 0
    while mark >= 0:
        following = data.find(b"\0\0\1", mark + 3)
        end = len(data) if following < 0 else following
        yield start, mark + 3, end
        start, mark = end, following


def _tells(codec: str, unit: bytes) -> bool:
    """Whether a unit is to go."""
    if not unit:
        return False
    kind = unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F
    if kind in (_H264_FOREIGN if codec == "h264" else _HEVC_FOREIGN):
        return True
    if kind not in (_H264_SEI if codec == "h264" else _HEVC_SEI):
        return False
    try:
        return any(message not in _KEPT_MESSAGES for message in _messages(unit[1 if codec == "h264" else 2 :]))
    except IndexError:
        return True


def _messages(body: bytes) -> Iterator[int]:
    """The types of the messages of an SEI unit.

    Raises:
        IndexError: it ends before they do.
    """
    plain = body.replace(b"\0\0\3", b"\0\0").rstrip(b"\0")
    at = 0
    while at < len(plain) - 1:  # its last byte holds the bit that ends it
        numbers = []
        for _ in range(2):
            number = 0
            while plain[at] == 0xFF:
                number, at = number + 255, at + 1
            numbers.append(number + plain[at])
            at += 1
        at += numbers[1]
        if at >= len(plain):
            raise IndexError
        yield numbers[0]
