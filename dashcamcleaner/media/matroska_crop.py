"""Which edges of a Matroska file's pictures are not to be shown: FFmpeg's reader does not tell, so it is read here.

RFC 9559, 5.1.4.1.28: ``PixelCropTop`` and its kin stand in a track's video element.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from dashcamcleaner.media.mp4_boxes import ebml_size

__all__ = ["Crop", "aperture_of", "crops_of"]

Crop = tuple[int, int, int, int]
"""Pixels that are cut off at the left, top, right and bottom."""

_HEAD_BYTES = 1 << 20
"""The list of tracks stands near the beginning."""

_EBML, _SEGMENT, _TRACKS, _ENTRY = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae"
_TYPE, _VIDEO = b"\x83", b"\xe0"
_SIDES = (b"\x54\xcc", b"\x54\xbb", b"\x54\xdd", b"\x54\xaa")
_MOST_PX = 1 << 20


def crops_of(path: Path) -> list[Crop]:
    """What is cut off of each video track, in the order of the tracks; empty for other kinds of files."""
    with path.open("rb") as file:
        data = file.read(_HEAD_BYTES)
    if data[:4] != _EBML:
        return []
    tracks = _first(_first(data, _SEGMENT), _TRACKS)
    entries = [dict(_elements(content)) for name, content in _elements(tracks) if name == _ENTRY]
    videos = [dict(_elements(entry.get(_VIDEO, b""))) for entry in entries if entry.get(_TYPE) == b"\1"]
    return [_crop(video) for video in videos]


def _crop(video: dict[bytes, bytes]) -> Crop:
    left, top, right, bottom = (min(int.from_bytes(video.get(side, b""), "big"), _MOST_PX) for side in _SIDES)
    return left, top, right, bottom


def aperture_of(crop: Crop, size: tuple[int, int]) -> bytes:
    """The same as the content of a ``clap`` box: width, height and where its middle lies from the picture's.

    Args:
        crop: what is cut off.
        size: ``(width, height)`` of the stored picture.
    """
    left, top, right, bottom = crop
    width, height = size[0] - left - right, size[1] - top - bottom
    if width <= 0 or height <= 0:
        return b""
    return struct.pack(">4I", width, 1, height, 1) + struct.pack(">iIiI", left - right, 2, top - bottom, 2)


def _first(data: bytes, wanted: bytes) -> bytes:
    return next((content for name, content in _elements(data) if name == wanted), b"")


def _elements(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each element in a row of them; one of unknown length takes all that follows."""
    at = 0
    while at < len(data) and data[at]:
        width = 9 - data[at].bit_length()
        name = data[at : at + width]
        if at + width >= len(data):
            return
        length, content = ebml_size(data, at + width)
        if content == at + width:
            return
        end = len(data) if length is None else content + length
        yield name, data[content:end]
        at = end
