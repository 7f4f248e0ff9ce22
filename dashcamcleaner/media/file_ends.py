"""Where FFmpeg shall stop reading a file, since what lies behind is no part of a clip and only keeps it busy, or fails.

A recorder that reserves room leaves zeros behind what it wrote: in a Matroska file FFmpeg searches all of them for
more, deaf to whoever wants to stop. And where a fragmented MP4 was cut off within a fragment's header, FFmpeg refuses
the fragments before it, too.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from dashcamcleaner.media.mp4_boxes import boxes_of_file

__all__ = ["address_up_to", "broken_fragment_at", "end_before_zeros"]

_MATROSKA = b"\x1a\x45\xdf\xa3"
_CHUNK = 4 << 20
_ZEROS = bytes(_CHUNK)
_ROOM = 64 << 20
"""Bytes of zeros that may be part of the last packet: an uncompressed black picture."""


def end_before_zeros(path: Path) -> int | None:
    """How many bytes of a Matroska file are to be read; None: all of them, or it cannot be told.

    Args:
        path: the clip.
    """
    try:
        told = path.stat()
        return _end_before_zeros(path, told.st_size, told.st_mtime_ns) if told.st_size > _ROOM + _CHUNK else None
    except OSError:
        return None


@lru_cache(maxsize=16)
def _end_before_zeros(path: Path, size: int, changed_ns: int) -> int | None:
    del changed_ns  # another time, another file
    with path.open("rb") as file:
        if file.read(len(_MATROSKA)) != _MATROSKA:
            return None
        end = size
        while end > 0:
            begin = max(0, end - _CHUNK)
            file.seek(begin)
            if file.read(end - begin) != _ZEROS[: end - begin]:
                break
            end = begin
    return end + _ROOM if end + _ROOM < size else None


def broken_fragment_at(path: Path) -> int | None:
    """Where a fragment of an MP4 begins whose header is cut off; None: there is none, or it cannot be told.

    Args:
        path: the clip.
    """
    try:
        return boxes_of_file(path, size=os.path.getsize(path)).broken_at
    except OSError:
        return None


def address_up_to(path: Path, end: int) -> str:
    """What FFmpeg opens in place of a whole file.

    Args:
        path: the clip, absolute.
        end: how many bytes of it are to be read.
    """
    return f"subfile,,start,0,end,{end},,:file:{path}"
