"""Packets that show no picture: codecs send some that are only referred to, and some containers give them a place.

VP8, VP9 and AV1 code pictures that are never shown (alternative references); most files put them into the packet of the
next picture, some do not. HEVC can say so of any picture, see `media.hevc_units`. What shows nothing must not count as
lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashcamcleaner.media.header_bits import HeaderBits
from dashcamcleaner.media.hevc_units import HevcOutput

__all__ = ["ShownPictures", "shows_picture"]


class ShownPictures:
    """Tells which packets of a stream show a picture; asked once of each, in the order of the file.

    Args:
        context: the codec's context, as the stream has it; None: unknown.
    """

    def __init__(self, context: Any) -> None:
        self._codec = context.codec.canonical_name if context is not None else ""
        self._hevc = HevcOutput(bytes(context.extradata or b"")) if self._codec == "hevc" else None

    def shows(self, packet: Any) -> bool:
        """Whether a packet holds a picture that is to be shown: not empty, not marked, no hidden one."""
        if not packet.size:
            return False
        shown = self._hevc.shows(bytes(packet)) if self._hevc is not None else shows_picture(self._codec, packet)
        return shown and not packet.is_discard


def shows_picture(codec: str, packet: Any) -> bool:
    """Whether a packet shows a picture; True where its codec is none of those that hide some, or it cannot be read.

    Args:
        codec: FFmpeg's name.
        packet: its bytes, or what gives them; they are copied for those codecs only.
    """
    reader = {"vp8": _vp8, "vp9": _vp9, "av1": _av1}.get(codec)
    if reader is None:
        return True
    try:
        return reader(bytes(packet))
    except (IndexError, ValueError):
        return True


def _vp8(data: bytes) -> bool:
    return bool(data[0] & 0x10)  # RFC 6386, 9.1


def _vp9(data: bytes) -> bool:
    return any(_vp9_frame(frame) for frame in _superframe(data))


def _superframe(data: bytes) -> Iterator[bytes]:
    """The frames of a packet: several with an index behind them (VP9 bitstream, annex B), else the packet itself."""
    marker = data[-1]
    count, width = (marker & 7) + 1, ((marker >> 3) & 3) + 1
    size = 2 + count * width
    if marker & 0xE0 != 0xC0 or len(data) < size or data[-size] != marker:
        yield data
        return
    at = 0
    for number in range(count):
        place = len(data) - size + 1 + number * width
        length = int.from_bytes(data[place : place + width], "little")
        if length:
            yield data[at : at + length]
        at += length


def _vp9_frame(frame: bytes) -> bool:
    bits = HeaderBits(frame)
    if bits.take(2) != 2:
        raise ValueError
    profile = bits.take(1) | bits.take(1) << 1
    if profile == 3:
        bits.take(1)
    if bits.take(1):  # show_existing_frame
        return True
    bits.take(1)  # frame_type
    return bool(bits.take(1))


_AV1_SEQUENCE, _AV1_FRAME_HEADER, _AV1_FRAME = 1, 3, 6


def _av1(data: bytes) -> bool:
    """AV1 bitstream, 5.3 and 5.9: a frame's header begins with show_existing_frame, frame_type and show_frame."""
    headers = 0
    for kind, payload in _units(data):
        if kind == _AV1_SEQUENCE and payload[0] >> 3 & 1:  # reduced_still_picture_header: it has nothing else
            return True
        if kind in (_AV1_FRAME_HEADER, _AV1_FRAME):
            headers += 1
            bits = HeaderBits(payload)
            if bits.take(1):
                return True
            bits.take(2)
            if bits.take(1):
                return True
    return headers == 0  # no frame at all: nothing is known of it


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        header = data[at]
        at += 2 if header & 4 else 1
        length = len(data) - at
        if header & 2:
            length, at = _leb128(data, at)
        if length > len(data) - at:
            raise ValueError
        yield header >> 3 & 15, data[at : at + length]
        at += length


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for number in range(8):
        byte = data[at + number]
        value |= (byte & 0x7F) << 7 * number
        if byte < 0x80:
            return value, at + number + 1
    raise ValueError
