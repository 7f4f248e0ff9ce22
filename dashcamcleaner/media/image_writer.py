"""Pictures on the way out: a cleaned one written in its own format, with what of its description may stay.

`media.image_file` reads them; what of EXIF, profiles and colour marks is kept or dropped is decided here and told.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.summary import StreamAction
from dashcamcleaner.errors import OutputError
from dashcamcleaner.media.color_marks import ColorMarks, with_marks
from dashcamcleaner.media.formats import MediaKind, format_of, suffixes
from dashcamcleaner.media.image_file import PictureFile
from dashcamcleaner.media.large_jpeg import encoded_large, write_parts
from dashcamcleaner.media.text_judge import tells_position
from dashcamcleaner.media.tiff_tags import EXTRA_SAMPLES, ICC_PROFILE, UNASSOCIATED, with_tags
from dashcamcleaner.messages import joined, msg
from dashcamcleaner.os_errors import map_os_errors

__all__ = ["write_picture_file"]

_EXIF, _GPS, _INTEROP, _MAKER_NOTE = 0x8769, 0x8825, 0xA005, 0x927C
_THUMBNAIL = 0x0201

_STRUCTURAL = frozenset(
    {0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x010A, 0x0111, 0x0112, 0x0115, 0x0116, 0x0117, 0x011C}
    | {0x013D, 0x0140, *range(0x0142, 0x0146), 0x014A, 0x0152, 0x0153, 0x015B, 0x0201, 0x0202, *range(0x0211, 0x0215)}
)
"""EXIF and TIFF tags that tell how the samples lie: the writer sets its own. 0x0112 is the orientation, now applied."""

_NON_JPEG_QUALITY = {"JPEG": 93, "WEBP": 90, "AVIF": 80}
"""For pictures that were not of that format before: no difference to be seen at full size."""


def write_picture_file(
    picture: PictureFile,
    *,
    partial_path: str | Path,
    final: Path | None = None,
    suffix: str | None = None,
    quality: int | None = None,
    keep: Collection[str] = (),
) -> list[StreamAction]:
    """Write the picture as its frame is now.

    Args:
        picture: the picture as read; its frame may have been obscured.
        partial_path: the file that is written; renaming is the caller's.
        final: the name that the file is going to have, for messages.
        suffix: extension of the final name, which picks the format; None: the source's format.
        quality: 1-100 for JPEG, WebP and AVIF; None: as the source.
        keep: ``location`` keeps the EXIF position, ``tags`` the camera's other EXIF tags.

    Returns:
        What became of everything in the file, for the summary.

    Raises:
        OutputError: the format cannot be written, or the file cannot.
        DiskFull: no room left.
    """
    partial_path = Path(partial_path)
    target = _target(picture, suffix)
    w, h = picture.frame.size
    actions = [
        StreamAction(
            msg("picture ({format}, {w}x{h})", format=picture.format, w=w, h=h), "cleaned", _change(picture, target)
        )
    ]
    exif, exif_actions = _exif(picture, keep=keep, target=target)
    actions += exif_actions
    options: dict[str, Any] = {}
    if exif is not None:
        options["exif"] = exif
    if picture.icc is not None:
        options["icc_profile"] = picture.icc
    with _writing(partial_path, final or partial_path):
        if picture.large:
            _require_jpeg(target)
            parts = encoded_large(
                picture.frame, picture.jpeg, quality=quality, exif=options.get("exif"), icc=picture.icc
            )
            write_parts(partial_path, parts)
            return actions + picture.actions
        if picture.frame.layout.depth == 16 and target in ("PNG", "TIFF"):
            data = _deep(picture.frame, target, icc=picture.icc)
        else:
            data = _encoded(picture, target, quality=quality, options=options)
            if picture.icc is not None and target == "BMP":
                actions.append(
                    StreamAction("colour profile (ICC)", "dropped", msg("{target} is written without", target=target))
                )
        data, lost = with_marks(data, target, picture.marks)
        if lost:
            actions.append(
                StreamAction(
                    msg("colour description ({lost})", lost=lost),
                    "dropped",
                    msg("{target} is written without", target=target),
                )
            )
        partial_path.write_bytes(data)
    return actions + picture.actions


def _require_jpeg(target: str) -> None:
    if target != "JPEG":
        raise OutputError(
            msg("So large a picture cannot be written as {target}.", target=target),
            hint="End the output's name in .jpg.",
        )


def _target(picture: PictureFile, suffix: str | None) -> str:
    """Pillow's name of the format to write."""
    target = picture.format
    if suffix is not None:
        found = format_of(suffix)
        target = found.writer if found is not None and found.kind is MediaKind.PICTURE else ""
    if target and _encodes(target):
        return target
    others = ", ".join(one for one in suffixes(MediaKind.PICTURE, written=True) if one != suffix)
    if target:
        raise OutputError(
            msg(
                "{target} pictures cannot be written here: Pillow is installed without an encoder for them.",
                target=target,
            ),
            hint=msg("End the output's name in one of {others}.", others=others),
        )
    raise OutputError(
        msg("A picture cannot be written as {suffix}.", suffix=suffix),
        hint=msg("Choose one of {others}.", others=others),
    )


@functools.cache
def _encodes(name: str) -> bool:
    """Whether Pillow writes this format; tried, since a build may read what it does not write."""
    try:
        Image.new("RGB", (16, 16)).save(io.BytesIO(), name)
    except (OSError, ValueError, KeyError, RuntimeError):
        return False
    return True


@contextmanager
def _writing(path: Path, final: Path) -> Iterator[None]:
    try:
        with map_os_errors(final, also=(ValueError, cv2.error)):
            yield
    except OutputError:
        path.unlink(missing_ok=True)
        raise


def _exif(picture: PictureFile, *, keep: Collection[str], target: str) -> tuple[bytes | None, list[StreamAction]]:
    """What of the EXIF is passed on, and what is told of it."""
    source = picture.exif
    actions: list[StreamAction] = []
    if source is None:
        return None, actions
    gps = source.get_ifd(_GPS)
    base = {
        tag: value for tag, value in source.items() if tag not in _STRUCTURAL | {_EXIF, _GPS, 700, 33723, 34377, 34675}
    }
    shot = {tag: value for tag, value in source.get_ifd(_EXIF).items() if tag not in (_MAKER_NOTE, _INTEROP)}
    can_hold = target in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF") and picture.frame.layout.depth == 8
    kept = Image.Exif()
    for name, word, found, why in (
        ("position (GPS)", "location", bool(gps), msg("tells the place")),
        (msg("camera tags (EXIF)"), "tags", bool(base or shot), msg("may tell who filmed, when, with what")),
    ):
        if not found:
            continue
        if word in keep and can_hold:
            actions.append(StreamAction(name, "copied"))
        elif word in keep:
            actions.append(StreamAction(name, "dropped", msg("cannot be written to this {target}", target=target)))
        else:
            actions.append(StreamAction(name, "dropped", why))
    if not can_hold:
        return None, actions
    if "tags" in keep:
        if "location" not in keep:  # people and apps write places into descriptions, too
            base, shot = _without_places(base), _without_places(shot)
        for tag, value in base.items():
            kept[tag] = value
        if shot:
            kept[_EXIF] = shot
    if "location" in keep and gps:
        kept[_GPS] = dict(gps)
    return (kept.tobytes() if len(kept) else None), actions


def _without_places(tags: dict[int, Any]) -> dict[int, Any]:
    def tells(value: Any) -> bool:
        plain = value.replace(b"\0", b"") if isinstance(value, bytes) else value  # some are UTF-16
        return isinstance(plain, str | bytes) and tells_position(plain)

    return {tag: value for tag, value in tags.items() if not tells(value)}


def _change(picture: PictureFile, target: str) -> str:
    words = [] if target == picture.format else [msg("written as {target}", target=target)]
    depth = max(picture.frame.layout.depth, picture.marks.depth)
    if depth > 8 and not (picture.frame.layout.depth == 16 and target in ("PNG", "TIFF")):
        words.append(msg("8 instead of {depth} bits", depth=depth))
    if picture.frame.layout.alpha and target in ("JPEG", "BMP"):
        words.append(msg("transparent parts shown on white"))
    return joined(words, ", ")


def _encoded(picture: PictureFile, target: str, *, quality: int | None, options: dict[str, Any]) -> bytes:
    image = _image(picture.frame)
    if target in ("JPEG", "BMP") and image.mode == "RGBA":
        # What is transparent may hold colours that were never meant to be seen: they are not bared.
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if image.mode == "YCbCr" and target != "JPEG":
        image = image.convert("RGB")
    if picture.dpi is not None and target in ("JPEG", "PNG", "TIFF"):
        options["dpi"] = picture.dpi
    if target == "JPEG":
        if quality is None and picture.jpeg:
            tables = picture.jpeg["qtables"]
            options |= picture.jpeg | {"qtables": {0: tables[0]} if image.mode == "L" else tables}
        else:
            options |= {
                "quality": quality or _NON_JPEG_QUALITY["JPEG"],
                "subsampling": picture.jpeg.get("subsampling", 0),
            }
        if image.mode == "L":
            options.pop("subsampling", None)
        options["optimize"] = True
    elif target in ("WEBP", "AVIF"):
        options["quality"] = quality or _NON_JPEG_QUALITY[target]
        if target == "WEBP" and picture.format != "JPEG" and picture.lossless and quality is None:
            options |= {"lossless": True, "quality": 80, "exact": True}
    elif target == "TIFF":
        if "exif" not in options:  # Pillow cannot write EXIF directories and compress at once
            options["compression"] = "tiff_adobe_deflate"
    elif target == "BMP":
        options.pop("exif", None)
        options.pop("icc_profile", None)
    buffer = io.BytesIO()
    image.save(buffer, target, **options)
    return buffer.getvalue()


def _image(frame: Frame) -> Image.Image:
    planes = frame.planes
    if frame.layout.depth == 16:
        planes = tuple((plane // 256).astype(np.uint8) for plane in planes)
    bands = [Image.fromarray(np.ascontiguousarray(plane)) for plane in planes]
    if len(bands) == 1:
        return bands[0]
    mode = ("RGBA" if frame.layout.alpha else "RGB") if frame.layout.rgb else "YCbCr"
    return Image.merge(mode, bands)


def _deep(frame: Frame, target: str, *, icc: bytes | None) -> bytes:
    """A 16-bit picture as a file, with its colour profile."""
    order = (2, 1, 0, 3)[: len(frame.planes)]
    samples = frame.planes[0] if len(frame.planes) == 1 else np.stack([frame.planes[i] for i in order], axis=2)
    done, data = cv2.imencode("." + target.lower(), samples)
    if not done:
        raise ValueError(msg("16-bit {target} cannot be written", target=target))
    if target == "PNG":
        return with_marks(data.tobytes(), target, ColorMarks(), icc=icc)[0]
    tags: dict[int, int | bytes] = {EXTRA_SAMPLES: UNASSOCIATED} if frame.layout.alpha else {}
    return with_tags(data.tobytes(), tags if icc is None else tags | {ICC_PROFILE: icc})
