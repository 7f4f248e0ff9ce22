"""The EXIF of a picture, read whole and once: what of it is damaged is left out, and told.

Cameras and apps write tags of the wrong type, lengths that lead nowhere, and orientations that are none. None of that
makes the picture itself unreadable, and none of it may end a run when the tags are written again.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterable
from typing import Any

from PIL import ExifTags, Image

from dashcamcleaner.side_files import UNREADABLE

__all__ = ["BROKEN_EXIF", "read_exif"]

BROKEN_EXIF: tuple[type[Exception], ...] = (*UNREADABLE, OSError, SyntaxError, EOFError, struct.error)
"""What Pillow raises of EXIF that is damaged."""

_EXIF, _GPS, _INTEROP = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop
_DIRECTORIES = (_EXIF, _GPS, ExifTags.IFD.IFD1)
_ORIENTATION = ExifTags.Base.Orientation


def read_exif(image: Image.Image) -> tuple[Image.Exif, bool]:
    """The EXIF of a picture that Pillow has opened, and whether some of it is damaged and is not in it.

    Every tag of it can be written again. The orientation, if there is one, is a number from 1 to 8.

    Args:
        image: the picture; of a PNG, loaded, since texts may stand behind the samples.
    """
    exif = Image.Exif()
    try:
        found = image.getexif()
        pairs = [(tag, found.get(tag)) for tag in list(found) if tag not in (_EXIF, _GPS, _INTEROP)]
    except BROKEN_EXIF:
        return exif, True
    for tag, value in _sound(pairs):
        exif[tag] = value
    damaged = len(exif) < len(pairs)
    for directory in _DIRECTORIES:
        try:
            inner = list(found.get_ifd(directory).items())
        except BROKEN_EXIF:
            damaged = True
            continue
        sound = dict(_sound(inner, directory))
        exif.get_ifd(directory).update(sound)
        damaged = damaged or len(sound) < len(inner)
    if _ORIENTATION in exif and exif[_ORIENTATION] not in range(1, 9):
        del exif[_ORIENTATION]
        damaged = True
    return exif, damaged


def _sound(tags: Iterable[tuple[int, Any]], directory: int | None = None) -> list[tuple[int, Any]]:
    """Those of them that can be written as they are; what a tag may hold depends on its directory."""
    sound = []
    unsound: tuple[type[Exception], ...] = (*BROKEN_EXIF, UserWarning)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow warns of a tag that holds more than it may, and cuts it
        for tag, value in tags:
            one = Image.Exif()
            if directory in (_EXIF, _GPS):
                one[directory] = {tag: value}
            else:
                one[tag] = value
            try:
                one.tobytes()
            except unsound:
                continue
            sound.append((tag, value))
    return sound
