"""What an output file holds that no player shows: pictures or parts of them that are kept back, bytes of nothing.

Somebody else's program may show them. `audit.container` asks; MP4, MOV, Matroska and TIFF are known.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import av.error
from PIL import Image

from dashcamcleaner.media.mp4_boxes import box_header, ebml_size
from dashcamcleaner.media.packets import open_source, read_packets

__all__ = ["cut_off", "hidden_and_loose", "loose_in_tiff"]

_STRUCTURE = frozenset({b"ftyp", b"styp", b"sidx", b"ssix", b"moof", b"mfra", b"emsg", b"prft"})
_PADDING = frozenset({b"free", b"skip", b"wide"})
_EBML_HEAD, _SEGMENT, _CLUSTER, _VOID = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\xec"
_KNOWN = frozenset(
    {b"\x11\x4d\x9b\x74", b"\x15\x49\xa9\x66", b"\x16\x54\xae\x6b", b"\x1c\x53\xbb\x6b", b"\x10\x43\xa7\x70"}
    | {b"\x12\x54\xc3\x67", b"\x19\x41\xa4\x69", b"\xbf", b"\xe7", b"\xab", b"\xa7", b"\xa3", b"\xa0"}
)
"""Matroska's elements in a segment (index, facts, tracks, cues, chapters, tags, attachments, check sum) and a cluster
(time, sizes, blocks), which are read elsewhere."""
_MOST_ELEMENTS = 10_000_000

_TIFF_BYTE_COUNTS = (279, 325)
"""Tags: bytes of each strip, of each tile."""
_TIFF_PROFILE = 34675
_TIFF_LISTS_BYTES = 2048
"""What a picture's tags take, at most; the list of where its strips lie comes on top."""

_LEAST_CUT_PX = 64
"""Codecs work in blocks of 16 to 64 pixels, and fill up the last one."""
_MOST_TRIES = 50


def cut_off(path: Path, *, video: int | None) -> tuple[int, int] | None:
    """``(width, height)`` of the coded pictures, where much of them is cut off when they are decoded; else None.

    Args:
        path: the file.
        video: index of the main video stream.

    Raises:
        av.error.FFmpegError: it cannot be read.
    """
    if video is None:
        return None
    with open_source(path) as file:
        stream = file.streams[video]
        context: Any = stream.codec_context
        for _, packet in zip(range(_MOST_TRIES), file.demux(stream), strict=False):
            with contextlib.suppress(av.error.FFmpegError):
                if packet.decode():
                    break
        width, height = context.coded_width, context.coded_height
        much = max(width - context.width, height - context.height) >= _LEAST_CUT_PX
        return (width, height) if much else None


def hidden_and_loose(path: Path, *, video: int | None, shown: Collection[int | None]) -> tuple[int, int]:
    """How many pictures are kept from being shown, and how many bytes belong to nothing.

    Args:
        path: the file.
        video: index of the main video stream.
        shown: where in the file its pictures that are shown stand.

    Returns:
        Pictures and bytes; both zero for other kinds of files.

    Raises:
        av.error.FFmpegError: it cannot be read.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(12)
        if head[:4] == _EBML_HEAD:
            return 0, sum(_loose_in_matroska(file, size))
        if head[4:8] not in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return 0, 0
        hidden, spans = _all_samples(path, video=video, shown=shown)
        return hidden, sum(_loose_in_boxes(file, size, spans))


def loose_in_tiff(data: bytes, tags: Image.Exif) -> int:
    """How many bytes of a TIFF are no part of its only picture: its samples, its profile, the lists of where they lie.

    Args:
        data: the whole file.
        tags: those of the picture.
    """
    sizes = next((tags[tag] for tag in _TIFF_BYTE_COUNTS if tag in tags), ())
    each = sizes if isinstance(sizes, tuple) else (sizes,)
    lists = _TIFF_LISTS_BYTES + 16 * len(each)
    return max(0, len(data) - sum(map(int, each)) - lists - len(tags.get(_TIFF_PROFILE) or b""))


def _all_samples(path: Path, *, video: int | None, shown: Collection[int | None]) -> tuple[int, list[tuple[int, int]]]:
    """How many of the video stream's samples are not shown, and where all samples stand, edit lists left aside."""
    spans, hidden = [], 0
    with open_source(path, edit_lists=False) as container:
        for packet in read_packets(container):
            if packet.pos is not None and packet.pos >= 0 and packet.size:
                spans.append((packet.pos, packet.pos + packet.size))
                hidden += packet.stream_index == video and packet.pos not in shown
    return hidden, sorted(spans)


def _loose_in_boxes(file: BinaryIO, size: int, spans: list[tuple[int, int]]) -> Iterator[int]:
    at, indexed, next_span = 0, False, 0
    while at + 8 <= size:
        file.seek(at)
        length, name, header = box_header(file.read(16), rest=size - at)
        end = at + length
        if length < header or end > size:
            break
        if name == b"mdat":
            covered = at + header
            while next_span < len(spans) and spans[next_span][0] < end:
                start, stop = spans[next_span]
                if start >= at + header:
                    yield max(0, start - covered)
                    covered = max(covered, stop)
                next_span += 1
            yield max(0, end - covered)
        elif name in _PADDING:
            yield _content(file, at + header, end)
        elif name == b"moov" and not indexed:
            indexed = True
        elif name not in _STRUCTURE:  # boxes of other names are listed by name
            yield end - at if name == b"moov" else 0
        at = end
    yield size - at


def _loose_in_matroska(file: BinaryIO, size: int) -> Iterator[int]:
    at, segment_end = 0, size
    for _ in range(_MOST_ELEMENTS):
        if at >= segment_end or at >= size:
            break
        file.seek(at)
        head = file.read(16)
        width = 9 - head[0].bit_length()
        name = head[:width]
        length, start = ebml_size(head, width)
        if width > 4 or start == width:
            break  # no element: all that follows is loose
        end = size if length is None else at + start + length
        if name == _SEGMENT:
            segment_end = min(end, size)
        if name in (_SEGMENT, _CLUSTER):
            at += start
            continue
        if name == _VOID:
            yield _content(file, at + start, min(end, size))
        elif name not in _KNOWN and name != _EBML_HEAD:
            yield end - at
        at = end
    yield max(0, size - at)


def _content(file: BinaryIO, start: int, end: int) -> int:
    """The bytes of what should be padding; none where it is, all zeros."""
    file.seek(start)
    left = end - start
    while left > 0:
        block = file.read(min(left, 1 << 20))
        if not block:
            break
        if block.strip(b"\0"):
            return end - start
        left -= len(block)
    return 0
