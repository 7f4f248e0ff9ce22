"""What the boxes of a file tell that the media library does not.

Which sample formats the tracks of an MP4 or MOV have, whether they are encrypted, whether the index is there, what
stands beside the tracks (GPS boxes of dashcams, makers' trailers), and whether the file was cut off. Pure but for
`boxes_of_file`: bytes come from a callable.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["BoxMap", "box_header", "boxes_of", "boxes_of_file", "ebml_size", "is_cut", "read_boxes"]

_TOP = "ftyp moov mdat free skip wide pnot moof mfra sidx styp emsg ssix prft pdin meta imda"
_MOOV = "mvhd trak mvex udta iods meta free skip pssh cmov rmra ctab"
_TRACK = "tkhd mdia edts tref meta tapt load txas free skip clip matt kmat imap trgr ttyp"
_UDTA = "meta loci titl auth cprt Xtra chpl name hnti hinf tagc strk kind ludt"
_PLAIN_TOP = frozenset(_TOP.encode().split())
_PLAIN_MOOV = frozenset(_MOOV.encode().split())
_PLAIN_UDTA = frozenset(_UDTA.encode().split())
_PLAIN_TRACK = frozenset(_TRACK.encode().split())
"""QuickTime's own texts begin with 0xA9; these and those reach the tags, so they are told there."""
_ENCRYPTED = {b"encv", b"drmi", b"enca", b"drms"}
_LEAST_USER_BYTES = 8  # flags and switches of players; a position needs more
_MOST_MOOV_BYTES = 256 << 20
_MOST_TOP_BOXES = 200_000
_TOLD_OF_EACH = 0x0F00
"""Flags of a run of samples: it tells duration, size, flags or composition time of each (ISO 14496-12, 8.8.8)."""
_VISUAL_ENTRY_BYTES = 78
"""What a picture's sample entry holds before its own boxes (ISO 14496-12, 12.1.3)."""


@dataclass(slots=True)
class BoxMap:
    """What was found.

    Args:
        has_index: a ``moov`` box is there and whole.
        has_pictures: bytes of media data (``mdat``) are there.
        truncated: the last box claims more bytes than the file has.
        formats: per track id the name of the track's first sample format (``avc1``, ``gpmd``, ``mett``, ...).
        apertures: per track id the content of its clean aperture (``clap``), which hides the picture's edges.
        encrypted: track ids whose samples are encrypted.
        extras: boxes outside the tracks' samples that are no part of the format: name and bytes.
        broken_at: where a fragment's header (``moof``) begins that is not all there; None: all are whole.
        bare_samples: samples that the index counts without a byte for each; readers make a list of them all the same.
    """

    has_index: bool = False
    has_pictures: bool = False
    truncated: bool = False
    formats: dict[int, str] = field(default_factory=dict)
    encrypted: set[int] = field(default_factory=set)
    apertures: dict[int, bytes] = field(default_factory=dict)
    extras: list[tuple[str, int]] = field(default_factory=list)
    broken_at: int | None = None
    bare_samples: int = 0


def read_boxes(read: Callable[[int, int], bytes], *, size: int) -> BoxMap:
    """Walk the boxes of a file.

    Args:
        read: ``read(offset, length) -> bytes``, fewer at the end of the file.
        size: bytes of the file.
    """
    found = BoxMap()
    offset = 0
    fragmented = False
    for _ in range(_MOST_TOP_BOXES):
        if offset + 8 > size:
            if fragmented and read(offset, 8).strip(b"\0"):
                found.broken_at = offset  # where a fragment ended and another began
            break
        head = read(offset, 16)
        length, name, header = box_header(head, rest=size - offset)
        if length < header:
            break
        whole = offset + length <= size
        if name == b"mdat":
            found.has_pictures = found.has_pictures or min(length, size - offset) > header
            found.truncated = found.truncated or not whole
        elif name == b"moov" and found.has_index:
            found.extras.append((_text(name), min(length, size - offset)))  # of another clip, which readers pass over
        elif name == b"moov" and whole and length <= _MOST_MOOV_BYTES:
            found.has_index = True
            _read_moov(read(offset + header, length - header), found)
        elif name == b"moof":
            fragmented = True
            if not whole:
                found.broken_at = offset
            elif length <= _MOST_MOOV_BYTES:
                found.bare_samples += _bare_samples_of(read(offset + header, length - header))
        elif name not in _PLAIN_TOP and _is_name(name):
            found.extras.append((_text(name), min(length, size - offset)))
        elif name in (b"free", b"skip") and whole and length > 64:
            # Makers hide their data in boxes that readers skip; one that starts like a box of its own is no padding.
            inner = read(offset + header, 16)
            if b"GPS" in inner.upper():
                found.extras.append((f"{_text(name)}/GPS", length))
            elif inner[:8].strip(b"\0") and _is_name(inner[4:8]):
                found.extras.append((f"{_text(name)}/{_text(inner[4:8])}", length))
        offset += length
    return found


def boxes_of_file(path: Path, *, size: int) -> BoxMap:
    """The same of a file by its path.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:

        def read(offset: int, length: int) -> bytes:
            file.seek(offset)
            return file.read(length)

        return read_boxes(read, size=size)


def is_cut(head: bytes, *, size: int) -> bool:
    """Whether a Matroska or AVI file has fewer bytes than its own header says.

    Args:
        head: the first few hundred bytes.
        size: bytes of the file.
    """
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        stated = int.from_bytes(head[4:8], "little")
        return stated > 0 and size + 8 < stated  # some cameras count the eight bytes before it, too
    if head[:4] != b"\x1a\x45\xdf\xa3":
        return False
    header, at = ebml_size(head, 4)
    if header is None or head[at + header : at + header + 4] != b"\x18\x53\x80\x67":
        return False
    segment, at = ebml_size(head, at + header + 4)
    return segment is not None and at + segment > size


def ebml_size(data: bytes, at: int) -> tuple[int | None, int]:
    """A Matroska length and where it ends; None for "unknown", as live recordings write it."""
    first = data[at] if at < len(data) else 0
    width = 9 - first.bit_length()
    if not first or at + width > len(data):
        return None, at
    value = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), at + width


def box_header(head: bytes, *, rest: int) -> tuple[int, bytes, int]:
    """Length and name of a box, and how many bytes of it are its header.

    Args:
        head: its first sixteen bytes, or eight at the end of a file.
        rest: how many bytes there are from its beginning on: its length where it tells none.
    """
    length, name = struct.unpack(">I4s", head[:8])
    if length == 1 and len(head) >= 16:
        return struct.unpack(">Q", head[8:16])[0], name, 16
    return (rest if length == 0 else length), name, 8


def boxes_of(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each box of a row of boxes, as far as it is sound."""
    offset = 0
    while offset + 8 <= len(data):
        length, name, header = box_header(data[offset : offset + 16], rest=len(data) - offset)
        if length < header:
            return
        yield name, data[offset + header : offset + length]
        offset += length


def _bare_samples_of(fragment: bytes) -> int:
    """Samples that a fragment's header counts without a byte for each."""
    runs = [run for run in _find(fragment, (b"traf", b"trun")) if len(run) >= 8]
    bare = (run for run in runs if not int.from_bytes(run[2:4], "big") & _TOLD_OF_EACH)
    return sum(int.from_bytes(run[4:8], "big") for run in bare)


def _read_moov(data: bytes, found: BoxMap) -> None:
    for name, body in boxes_of(data):
        if name == b"trak":
            _read_track(body, found)
        elif name == b"udta":
            _read_user_data(body, found, of="udta")
        elif name not in _PLAIN_MOOV and _is_name(name):
            found.extras.append((f"moov/{_text(name)}", len(body)))


def _read_user_data(data: bytes, found: BoxMap, *, of: str) -> None:
    for name, content in boxes_of(data):
        plain = name[:1] == b"\xa9" or name in _PLAIN_UDTA
        if not plain and len(content) > _LEAST_USER_BYTES and _is_name(name):
            found.extras.append((f"{of}/{_text(name)}", len(content)))


def _read_track(data: bytes, found: BoxMap) -> None:
    track = 0
    for name, body in boxes_of(data):
        if name == b"udta":
            _read_user_data(body, found, of="track/udta")
        elif name not in _PLAIN_TRACK and _is_name(name):
            found.extras.append((f"track/{_text(name)}", len(body)))
        if name == b"tkhd" and len(body) >= 24:
            track = struct.unpack(">I", body[20:24] if body[0] == 1 else body[12:16])[0]
    is_sound = any(handler[8:12] == b"soun" for handler in _find(data, (b"mdia", b"hdlr")))
    for table in _find(data, (b"mdia", b"minf", b"stbl")):
        tables = dict(boxes_of(table))
        sizes, times = tables.get(b"stsz", b""), tables.get(b"stts", b"")
        # Sound of one tick a sample is listed by the chunk.
        by_chunk = is_sound and times[4:8] == b"\0\0\0\1" and times[12:16] == b"\0\0\0\1"
        if len(sizes) >= 12 and sizes[4:8] != bytes(4) and not by_chunk:
            found.bare_samples += int.from_bytes(sizes[8:12], "big")
    for path in _find(data, (b"mdia", b"minf", b"stbl", b"stsd")):
        if len(path) >= 16:
            sample_format = path[12:16]
            found.formats[track] = _text(sample_format)
            aperture = dict(boxes_of(path[16 + _VISUAL_ENTRY_BYTES :])).get(b"clap")
            if aperture is not None:
                found.apertures[track] = aperture
            if sample_format in _ENCRYPTED:
                found.encrypted.add(track)


def _find(data: bytes, names: tuple[bytes, ...]) -> Iterator[bytes]:
    for name, body in boxes_of(data):
        if name == names[0]:
            if len(names) == 1:
                yield body
            else:
                yield from _find(body, names[1:])


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(0x20 <= b < 0x7F or b == 0xA9 for b in name)


def _text(name: bytes) -> str:
    return name.decode("latin-1").strip()
