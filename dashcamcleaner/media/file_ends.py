"""Where FFmpeg shall stop reading a file, since what lies behind is no part of a clip and only keeps it busy, or fails.

A recorder that reserves room leaves zeros behind what it wrote: FFmpeg searches all of them for more, deaf to whoever
wants to stop, or takes them for an error. And where a fragmented MP4 was cut off within a fragment's header, FFmpeg
refuses the fragments before it, too.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from dashcamcleaner.media.mp4_boxes import boxes_of_file

__all__ = ["address_up_to", "broken_fragment_at", "end_before_zeros"]

_SEARCHED = re.compile(rb"\x1a\x45\xdf\xa3|RIFF....AVI |FLV\x01|\x00\x00\x01\xba", re.DOTALL)
"""How the files begin that FFmpeg searches: Matroska, AVI, Flash, MPEG program streams."""
_TRANSPORT = re.compile(rb"(?:....)?G.{187}(?:....)?G", re.DOTALL)
_CHUNK = 4 << 20
_ZEROS = bytes(_CHUNK)
_ROOM = 64 << 20
"""Bytes of zeros that may be part of the last packet: an uncompressed black picture."""
_TRANSPORT_ROOM = 192


def end_before_zeros(path: Path) -> int | None:
    """How many bytes of a file are to be read that ends in zeros; None: all of them, or it cannot be told.

    Args:
        path: the clip.
    """
    try:
        told = path.stat()
        return _end_before_zeros(path, told.st_size, told.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=16)
def _end_before_zeros(path: Path, size: int, changed_ns: int) -> int | None:
    del changed_ns  # another time, another file
    with path.open("rb") as file:
        head = file.read(400)
        room = _TRANSPORT_ROOM if _TRANSPORT.match(head) else _ROOM if _SEARCHED.match(head) else None
        if room is None or size <= room:
            return None
        end = size
        while end > 0:
            begin = max(0, end - _CHUNK)
            file.seek(begin)
            data = file.read(end - begin)
            if data != _ZEROS[: end - begin]:
                end = begin + len(data.rstrip(b"\0"))
                break
            end = begin
    return end + room if end + room < size else None


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
