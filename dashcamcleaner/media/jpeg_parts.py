"""What a JPEG file holds beside its picture, told from its markers: segments, and data behind the picture's end.

Nothing of it is passed on (the writer codes the picture anew), so all of it has to be told. Some of it is a picture
itself, which shows what was to be hidden: a gain map for bright screens, depth, a second eye's view, a thumbnail in the
content credentials. ITU-T T.81, annex B, names the markers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dashcamcleaner.core.summary import StreamAction
from dashcamcleaner.messages import msg

__all__ = ["JpegParts", "jpeg_parts", "left_behind"]

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})

_GAIN_MAP_MARKS = (b"hdrgm", b"http://ns.adobe.com/hdr-gain-map/", b"http://ns.apple.com/HDRGainMap/", b"HDRGainMap",
                   b"urn:iso:std:iso:ts:21496")  # fmt: skip

_TOLD_ELSEWHERE = (b"JFIF", b"Exif\0", b"ICC_PROFILE\0", b"http://ns.adobe.com/xap/", b"Photoshop 3.0\0", b"Adobe")
"""Segments that Pillow reads, and that are told (or kept) under their own names."""

_NAMES = (
    (b"MPF\0", msg("list of further pictures (MPF)"), msg("the pictures are dropped")),
    (b"urn:iso:std:iso:ts:21496", msg("data of the gain map"), msg("the gain map is dropped")),
    (b"http://ns.adobe.com/xmp/extension/", "extended XMP", msg("may tell place, people and edits, and hold pictures")),
    (b"JP", msg("content credentials or other boxes (JUMBF)"), msg("may tell who filmed, and hold a thumbnail")),
    (b"JFXX\0", "thumbnail (JFIF)", "shows the picture before cleaning"),
    (b"FPXR\0", "FlashPix data", msg("may hold pictures")),
)


@dataclass(slots=True)
class JpegParts:
    """A JPEG file in parts.

    Args:
        segments: application segments and comments, ``(marker, payload)``, in order.
        components: identifiers of the picture's components; empty where no frame header was found.
        end: bytes up to the end of the picture; 0 where it has none.
    """

    segments: list[tuple[int, bytes]] = field(default_factory=list)
    components: tuple[int, ...] = ()
    end: int = 0

    @property
    def is_ycc(self) -> bool:
        """Whether three components are coded as YCbCr, else as RGB; what libjpeg (``jdapimin.c``) takes them for."""
        names = [payload for _, payload in self.segments]
        if any(payload.startswith(b"JFIF\0") for payload in names):
            return True
        for marker, payload in self.segments:
            if marker == 0xEE and payload.startswith(b"Adobe") and len(payload) >= 12:
                return payload[11] != 0
        return self.components != (0x52, 0x47, 0x42)  # "RGB"

    @property
    def has_gain_map(self) -> bool:
        """Whether a segment speaks of a gain map (Ultra HDR, ISO 21496-1, Apple's)."""
        return any(mark in payload for _, payload in self.segments for mark in _GAIN_MAP_MARKS)


def jpeg_parts(data: bytes) -> JpegParts:
    """Take a JPEG file apart; a broken one as far as it goes.

    Args:
        data: the whole file.
    """
    parts = JpegParts()
    at = 2
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            return parts
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        if marker == _END:
            parts.end = at + 2
            return parts
        if marker in _ALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        payload = data[at + 4 : at + 2 + length]
        if length < 2:
            return parts
        if marker in range(0xE0, 0xF0) or marker == 0xFE:
            parts.segments.append((marker, payload))
        elif marker in _FRAMES and len(payload) >= 6:
            parts.components = tuple(payload[6 : 6 + 3 * payload[5] : 3])
        at += 2 + length
        if marker == _SCAN:
            found = _NEXT_MARKER.search(data, at)
            if found is None:
                return parts
            at = found.start()
    return parts


_NEXT_MARKER = re.compile(rb"\xff[^\0\xff\xd0-\xd7]", re.DOTALL)
"""Within coded samples, 0xFF is followed by 0 or a restart marker."""


def left_behind(parts: JpegParts, data: bytes, *, further: int) -> list[StreamAction]:
    """What of a file is not passed on, beside what Pillow tells of it.

    Args:
        parts: the file in parts.
        data: the whole file.
        further: pictures of its list behind the first that were told already.
    """
    actions = []
    tail = data[parts.end :].strip(b"\0\n\r ") if parts.end else b""
    if parts.has_gain_map:
        actions.append(StreamAction("gain map (HDR)", "dropped", "is itself a picture that shows what was hidden"))
    elif b"\xff\xd8\xff" in tail[:64] and not further:
        actions.append(StreamAction("further pictures in the file", "dropped", "would show what was hidden"))
    elif tail and not further:
        actions.append(StreamAction("data behind the picture", "dropped", "phones keep a clip of the moment there"))
    return actions + _segments_told(parts.segments)


def _segments_told(segments: Sequence[tuple[int, bytes]]) -> list[StreamAction]:
    sizes: Counter[tuple[str, str]] = Counter()
    for marker, payload in segments:
        if marker == 0xFE or payload.startswith(_TOLD_ELSEWHERE):
            continue
        known = next(((name, why) for start, name, why in _NAMES if payload.startswith(start)), None)
        sizes[known or (msg("segment APP{marker}", marker=marker - 224), "unknown content")] += len(payload)
    return [
        StreamAction(msg("{name} ({size} bytes)", name=name, size=size), "dropped", why)
        for (name, why), size in sizes.items()
    ]
