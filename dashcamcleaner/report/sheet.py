"""The contact sheet of a report's page: small pictures of what was hidden, and how they are read back from a page.

Pictures stand in the page alone, never in the JSON. When an audit writes the page again it takes them over from
there; a page may have been changed by anybody, so only what has the form of our own pictures is taken.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashcamcleaner.plain_files import open_plain

__all__ = ["SheetPicture", "read_sheet"]

_MOST_BYTES = 8 << 20
_MOST_PICTURES = 60
_PICTURE = re.compile(
    rb'<figure data-track="(\d{1,9})" data-kind="([a-z_-]{1,32})" data-seconds="(\d{1,9}\.\d{3})"><img alt="[^"<>]*" '
    rb'src="data:image/jpeg;base64,([A-Za-z0-9+/]{1,60000}={0,2})">'
)


@dataclass(frozen=True, slots=True)
class SheetPicture:
    """One track.

    Args:
        kind: the kind of the object.
        track: the track's number in the plan.
        time_s: the time of the picture in the clip, seconds.
        jpeg: the picture, in which the region is hidden.
    """

    kind: str
    track: int
    time_s: float
    jpeg: bytes


def read_sheet(page: Path) -> Sequence[SheetPicture]:
    """The pictures of an earlier page; none where there is no such page, or it holds none of ours."""
    try:
        with open_plain(page) as file:
            content = file.read(_MOST_BYTES)
    except OSError:
        return []
    pictures = []
    for track, kind, seconds, data in _PICTURE.findall(content)[:_MOST_PICTURES]:
        try:
            jpeg = base64.b64decode(data, validate=True)
        except binascii.Error:
            continue
        if jpeg.startswith(b"\xff\xd8"):
            pictures.append(SheetPicture(kind.decode(), int(track), float(seconds), jpeg))
    return pictures
