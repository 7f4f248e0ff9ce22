"""What stands before copied sound: of Vorbis, comments, in which encoders put titles, places and cover pictures."""

from __future__ import annotations

__all__ = ["plain_sound_header", "three_headers"]

_LACED = 2
"""The first byte of the form that Matroska and MP4 have: the count of headers less one, then sizes in runs of 255."""
_NO_COMMENTS = b"\x03vorbis" + bytes(8) + b"\x01"
"""A comment header of no maker and no comment, with its closing bit (Vorbis I specification, 5.2)."""


def plain_sound_header(codec: str, header: bytes) -> bytes:
    """The header of a sound track with no comment left in it; as it is, where its codec has none.

    Args:
        codec: FFmpeg's name of the codec.
        header: what its decoder needs, as FFmpeg gives it.
    """
    if codec != "vorbis":
        return header
    found = three_headers(header)
    if found is None:  # a decoder cannot read it either
        return header
    first, _, setup = found
    return bytes([_LACED, *_lacing(len(first)), *_lacing(len(_NO_COMMENTS))]) + first + _NO_COMMENTS + setup


def three_headers(header: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Vorbis's own three headers: of the sound, the comments, how to decode; None where they are not there."""
    if header[:1] == bytes([_LACED]):
        sizes: list[int] = []
        at = 1
        while len(sizes) < _LACED and at < len(header):
            size = 0
            while at < len(header) and header[at] == 255:
                size, at = size + 255, at + 1
            if at == len(header):
                return None
            sizes.append(size + header[at])
            at += 1
        if len(sizes) < _LACED:
            return None
        parts = [header[at : at + sizes[0]], header[at + sizes[0] : at + sum(sizes)], header[at + sum(sizes) :]]
    else:  # each after its length in two bytes
        parts, at = [], 0
        while len(parts) < 3 and at + 2 <= len(header):
            size = int.from_bytes(header[at : at + 2], "big")
            parts.append(header[at + 2 : at + 2 + size])
            at += 2 + size
    if len(parts) != 3 or any(part[:7] != bytes([2 * i + 1]) + b"vorbis" for i, part in enumerate(parts)):
        return None
    return parts[0], parts[1], parts[2]


def _lacing(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes([size % 255])
