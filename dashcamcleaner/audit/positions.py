"""Where a file may tell a place: texts of its tracks, messages between its pictures, bytes that belong to no packet.

`audit.container` feeds it with what it reads. Pure: bytes in, what they tell out.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from dashcamcleaner.media.text_judge import tells_position

__all__ = ["beside_the_picture", "between_pictures", "position_in"]

_SHOWN = 40
_MESSAGES = {"h264": (6,), "hevc": (39, 40)}
"""Types of the units that hold supplemental enhancement information."""
_AV1_METADATA = 5


def position_in(data: bytes) -> str:
    """What of some bytes tells a place, shortened; empty if nothing does."""
    for run in re.finditer(rb"[\t\n\r\x20-\x7e]{8,}", data):
        if tells_position(run.group()):
            return run.group().decode("ascii").strip()[:_SHOWN]
    return data[at : at + _SHOWN].decode("latin-1") if (at := data.find(b"freeGPS")) >= 0 else ""


def between_pictures(packet: bytes, *, codec: str) -> Iterator[bytes]:
    """The messages that stand beside the coded picture in one packet of a video stream.

    Args:
        packet: the packet with its units behind lengths of four bytes, or behind start codes.
        codec: canonical name; of codecs other than H.264, HEVC and AV1 nothing is known here.
    """
    if codec == "av1":
        yield from _av1_metadata(packet)
    elif codec in _MESSAGES:
        for unit in _units(packet):
            kind = unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63
            if kind in _MESSAGES[codec]:
                yield unit


def _units(packet: bytes) -> Iterator[bytes]:
    if packet.startswith((b"\0\0\0\1", b"\0\0\1")):
        yield from (unit.rstrip(b"\0") for unit in packet.split(b"\0\0\1") if unit.rstrip(b"\0"))
        return
    at = 0
    while at + 4 < len(packet):
        length = int.from_bytes(packet[at : at + 4], "big")
        unit = packet[at + 4 : at + 4 + min(length, 4 << 20)]
        if not unit:
            return
        yield unit
        at += 4 + length


def _av1_metadata(packet: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(packet):
        head = packet[at]
        at += 2 if head & 4 else 1
        length, shift = 0, 0
        if not head & 2:
            length = len(packet) - at
        while head & 2 and at < len(packet):
            byte = packet[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128 or shift > 56:
                break
        if head >> 3 & 15 == _AV1_METADATA:
            yield packet[at : at + length]
        at += length


def beside_the_picture(data: bytes) -> Iterator[bytes]:
    """The parts of a picture file that hold no pixels: segments, chunks, and what comes behind the end.

    JPEG, PNG and WebP are taken apart; of other formats there is nothing to yield.
    """
    if data.startswith(b"\xff\xd8"):
        yield from _jpeg_segments(data)
    elif data.startswith(b"\x89PNG"):
        yield from _chunks(data, at=8, order=">I4s", pixels=(b"IDAT", b"fdAT"), sizes_first=True)
    elif data[:4] == b"RIFF":
        yield from _chunks(data, at=12, order="<4sI", pixels=(b"VP8 ", b"VP8L", b"ALPH", b"ANMF"), sizes_first=False)


def _jpeg_segments(data: bytes) -> Iterator[bytes]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            break
        yield data[at + 4 : at + 2 + length]
        at += 2 + length
    end = data.rfind(b"\xff\xd9")
    if end >= 0:
        yield data[end + 2 :]


def _chunks(data: bytes, *, at: int, order: str, pixels: tuple[bytes, ...], sizes_first: bool) -> Iterator[bytes]:
    while at + 8 <= len(data):
        one, other = struct.unpack(order, data[at : at + 8])
        length, name = (one, other) if sizes_first else (other, one)
        if name not in pixels:
            yield data[at + 8 : at + 8 + length]
        at += 8 + length + (4 if sizes_first else length % 2)
        if name == b"IEND":
            break
    yield data[at:]
