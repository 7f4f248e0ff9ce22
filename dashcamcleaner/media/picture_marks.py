"""What a clip says of its picture beside its colours: a projection, an arrangement of two eyes, a clean aperture.

MP4 and MOV say it in boxes of the picture's sample entry. FFmpeg's reader tells it, its writer passes on none of it
here, so the boxes are made anew, of numbers alone, and put into the finished file. Spherical Video V2 (``st3d``,
``sv3d``); ISO/IEC 14496-12, 12.1.4 (``clap``).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

from dashcamcleaner.core.media_info import PictureMark
from dashcamcleaner.media.mp4_boxes import boxes_of
from dashcamcleaner.messages import msg

__all__ = ["add_marks", "clean_aperture", "picture_marks"]

_EQUIRECTANGULAR, _CUBEMAP, _TILE = 0, 1, 2
_ST3D_MODES = {0: 0, 1: 2, 2: 1}
"""By FFmpeg's numbers: flat, side by side, top and bottom; the standard counts them otherwise."""

_ONLY_TOLD = {
    "AMBIENT_VIEWING_ENVIRONMENT": msg("ambient viewing environment"),
    "ICC_PROFILE": msg("colour profile of the picture (ICC)"),
    "AFD": "active format",
}

_MOST_MOOV_BYTES = 256 << 20


def picture_marks(side: Mapping[str, bytes]) -> list[PictureMark]:
    """The marks that a decoded picture carries.

    Args:
        side: its side data by FFmpeg's names.
    """
    marks = [PictureMark(title) for name, title in _ONLY_TOLD.items() if name in side]
    if "SPHERICAL" in side:
        marks.append(PictureMark("360-degree projection", _spherical(side["SPHERICAL"])))
    if "STEREO3D" in side:
        marks.append(PictureMark(msg("arrangement of 3D pictures"), _stereo(side["STEREO3D"])))
    return marks


def clean_aperture(content: bytes) -> PictureMark:
    """The mark for a ``clap`` box's content: four fractions, width, height and where the middle is."""
    return PictureMark("clean aperture", _box(b"clap", content) if len(content) == 32 else b"")


def _spherical(data: bytes) -> bytes:
    """FFmpeg's ``AVSphericalMapping`` as ``sv3d``; empty for projections that it has no word for."""
    if len(data) < 36:
        return b""
    kind, yaw, pitch, roll, left, top, right, bottom, padding = struct.unpack("=I3i5I", data[:36])
    if kind in (_EQUIRECTANGULAR, _TILE):
        projection = _full_box(b"equi", struct.pack(">4I", top, bottom, left, right))
    elif kind == _CUBEMAP:
        projection = _full_box(b"cbmp", struct.pack(">2I", 0, padding))
    else:
        return b""
    head = _full_box(b"svhd", b"\0") + _box(
        b"proj", _full_box(b"prhd", struct.pack(">3i", yaw, pitch, roll)) + projection
    )
    return _box(b"sv3d", head)


def _stereo(data: bytes) -> bytes:
    """FFmpeg's ``AVStereo3D`` as ``st3d``; empty for arrangements that it has no word for, and for inverted ones."""
    if len(data) < 8:
        return b""
    kind, flags = struct.unpack("=Ii", data[:8])
    return _full_box(b"st3d", bytes([_ST3D_MODES[kind]])) if kind in _ST3D_MODES and not flags & 1 else b""


def add_marks(path: Path, marks: bytes) -> None:
    """Put boxes into the picture's sample entry of a finished MP4 or MOV whose index stands at its end.

    Args:
        path: the file; nothing in front of the index moves.
        marks: whole boxes.

    Raises:
        ValueError: the index is not the last of the file, or holds no picture.
    """
    with path.open("r+b") as file:
        size = path.stat().st_size
        offset = 0
        while offset + 8 <= size:
            file.seek(offset)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8 or head[4:8] == b"moov":
                break
            offset += length
        if head[4:8] != b"moov" or offset + length != size or length > _MOST_MOOV_BYTES:
            raise ValueError(msg("the index is not at the end"))
        file.seek(offset + 8)
        moov = _with_marks(file.read(length - 8), marks)
        file.seek(offset)
        file.write(_box(b"moov", moov))


def _with_marks(moov: bytes, marks: bytes) -> bytes:
    out, done = b"", False
    for name, content in boxes_of(moov):
        if name == b"trak" and not done and _is_picture(content):
            content, done = _grown(content, (b"mdia", b"minf", b"stbl", b"stsd"), marks), True
        out += _box(name, content)
    if not done:
        raise ValueError(msg("there is no picture"))
    return out


def _is_picture(trak: bytes) -> bool:
    mdia = next((content for name, content in boxes_of(trak) if name == b"mdia"), b"")
    return any(name == b"hdlr" and content[8:12] == b"vide" for name, content in boxes_of(mdia))


def _grown(data: bytes, path: tuple[bytes, ...], marks: bytes) -> bytes:
    out = b""
    for name, content in boxes_of(data):
        if name == path[0] and len(path) > 1:
            content = _grown(content, path[1:], marks)
        elif name == path[0]:
            length = int.from_bytes(content[8:12], "big")  # of the first entry, behind version, flags and their number
            entry = (length + len(marks)).to_bytes(4, "big") + content[12 : 8 + length] + marks
            content = content[:8] + entry + content[8 + length :]
        out += _box(name, content)
    return out


def _box(name: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + name + content


def _full_box(name: bytes, content: bytes) -> bytes:
    return _box(name, bytes(4) + content)
