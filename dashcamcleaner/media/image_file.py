"""Pictures: a file in, a `Still` (one `Frame`) out; and a `Still` back into a file. Called by `pipeline.image`.

The picture is turned upright as its EXIF says, so the frame needs no orientation. A JPEG stays in its own YCbCr and is
written with its own quantisation tables and subsampling: what was not obscured loses next to nothing. 16-bit pictures
keep their depth. What a picture file carries beside the picture is left behind and listed: the thumbnail shows the
picture as it was before cleaning, the position tells the place, maker notes hold serial numbers. The colour profile is
part of the picture and stays.
"""

from __future__ import annotations

import functools
import io
import struct
import warnings
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, JpegImagePlugin, features

from dashcamcleaner.core.budget import check_picture, fits, webp_canvas
from dashcamcleaner.core.frame import Frame, Orientation, PixelLayout
from dashcamcleaner.core.summary import StreamAction
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.files import map_os_errors
from dashcamcleaner.media.color_marks import ColorMarks, avif_marks, png_marks, with_marks
from dashcamcleaner.media.formats import FORMATS, MediaKind, format_of, picture_format, suffixes
from dashcamcleaner.media.jpeg_parts import JpegParts, jpeg_parts, left_behind
from dashcamcleaner.media.large_jpeg import encoded_large, orientation_of, read_large, write_parts
from dashcamcleaner.media.scaler import PQ_TO_SDR
from dashcamcleaner.media.text_judge import tells_position
from dashcamcleaner.media.tiff_tags import EXTRA_SAMPLES, ICC_PROFILE, UNASSOCIATED, with_tags
from dashcamcleaner.side_files import UNREADABLE

__all__ = ["Still", "is_still", "picture_frame", "read_still", "still_size", "write_still"]

Image.MAX_IMAGE_PIXELS = 1 << 28
"""Pillow's own bound, for the whole process; the budget is asked before anything is decoded."""
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # the budget tells it in a sentence

_BROKEN: tuple[type[Exception], ...] = (
    *UNREADABLE, OSError, SyntaxError, EOFError, RuntimeError, struct.error, zlib.error, cv2.error
)  # fmt: skip
_READABLE = frozenset(one.name for one in FORMATS if one.kind is MediaKind.PICTURE and one.readable)

_EXIF, _GPS, _INTEROP, _MAKER_NOTE = 0x8769, 0x8825, 0xA005, 0x927C
_THUMBNAIL = 0x0201
_DNG_VERSION = 0xC612
_UNSPECIFIED, _ASSOCIATED = 0, 1
"""What a TIFF's further sample may be; alpha that the colours were multiplied by is associated."""

_STRUCTURAL = frozenset(
    {0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x010A, 0x0111, 0x0112, 0x0115, 0x0116, 0x0117, 0x011C}
    | {0x013D, 0x0140, *range(0x0142, 0x0146), 0x014A, 0x0152, 0x0153, 0x015B, 0x0201, 0x0202, *range(0x0211, 0x0215)}
)
"""EXIF and TIFF tags that tell how the samples lie: the writer sets its own. 0x0112 is the orientation, now applied."""

_NON_JPEG_QUALITY = {"JPEG": 93, "WEBP": 90, "AVIF": 80}
"""For pictures that were not of that format before: no difference to be seen at full size."""


@dataclass(slots=True, eq=False)
class Still:
    """One picture.

    Args:
        path: the source.
        format: Pillow's name of the source's format.
        frame: the picture as a frame, upright, its planes already private.
        actions: what of the file was left behind, or converted, on reading.
        large: a JPEG that `media.large_jpeg` has read, and writes.
    """

    path: Path
    format: str
    frame: Frame
    actions: list[StreamAction] = field(default_factory=list)
    icc: bytes | None = None
    exif: Image.Exif | None = None
    dpi: tuple[float, float] | None = None
    jpeg: dict[str, Any] = field(default_factory=dict)
    lossless: bool = True
    marks: ColorMarks = field(default_factory=ColorMarks)
    large: bool = False


def is_still(path: str | Path) -> bool:
    """Whether a file is a picture, by its first bytes (a GIF is a clip: it may move). False if it cannot be read."""
    return picture_format(path) is not None


def read_still(path: str | Path) -> Still:
    """Read a picture, upright.

    Raises:
        InputError: it cannot be read, moves, or is of a kind that is not understood.
    """
    path = Path(path)
    with _reading(path):
        told, named = picture_format(path), format_of(path)
        if told is not None and told.name == "TIFF" and named is not None and named.name == "camera raw":
            told = named  # most are TIFF with another name, and what a reader finds first in it is a small preview
        if told is not None and (not told.readable or (told.name == "AVIF" and not features.check("avif"))):
            raise InputError(
                f"{path} is a picture in the format {told.name}, which cannot be read here.",
                hint="Save it as JPEG first.",
            )
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", Image.DecompressionBombWarning
            )  # phones take pictures of 200 million pixels
            warnings.filterwarnings("ignore", category=UserWarning, module="PIL")  # broken side data is left behind
            _check_before_opening(path)
            with Image.open(path) as image:
                return _read(path, image)


def still_size(path: str | Path) -> tuple[int, int]:
    """``(width, height)`` as stored, by the file's header alone: to refuse what is too large before it is decoded.

    Raises:
        InputError: no picture, or its header cannot be read.
    """
    path = Path(path)
    with _reading(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as image:
            return image.size


def picture_frame(planes: Sequence[np.ndarray], layout: PixelLayout, *, pq: bool = False) -> Frame:
    """A frame that is a single picture: upright, at time 0, made of these very planes, which must be private.

    Args:
        planes: ``(h, w)`` each, all of one size; obscuring paints into them.
        layout: how to read them; YCbCr is JPEG's (BT.601, full range).
        pq: they are HDR10's code values; what looks at the picture sees it as a common screen shows it.
    """
    own = tuple(planes)

    def scale(size: tuple[int, int]) -> np.ndarray:
        """Upright RGB, from the planes as they are now (alpha left out: what it hides is looked at as well)."""
        small = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in own[:3]]
        if layout.depth == 16:
            small = [(plane // 256).astype(np.uint8) for plane in small]
        if len(own) < 3:
            small = [small[0]] * 3
        if layout.rgb or len(own) < 3:
            rgb = np.stack(small, axis=2)
            return PQ_TO_SDR[rgb] if pq else rgb
        y, cb, cr = small
        return cv2.cvtColor(np.stack([y, cr, cb], axis=2), cv2.COLOR_YCrCb2RGB)

    return Frame(0, FrameTime(0, Fraction(1)), own, layout, Orientation(), None, scale, lambda: own)


def write_still(
    still: Still,
    *,
    partial_path: str | Path,
    final: Path | None = None,
    suffix: str | None = None,
    quality: int | None = None,
    keep: Collection[str] = (),
) -> list[StreamAction]:
    """Write the picture as its frame is now.

    Args:
        still: the picture as read; its frame may have been obscured.
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
    target = _target(still, suffix)
    w, h = still.frame.size
    actions = [StreamAction(f"picture ({still.format}, {w}x{h})", "cleaned", _change(still, target))]
    exif, exif_actions = _exif(still, keep=keep, target=target)
    actions += exif_actions
    options: dict[str, Any] = {}
    if exif is not None:
        options["exif"] = exif
    if still.icc is not None:
        options["icc_profile"] = still.icc
    with _writing(partial_path, final or partial_path):
        if still.large:
            _require_jpeg(target)
            parts = encoded_large(still.frame, still.jpeg, quality=quality, exif=options.get("exif"), icc=still.icc)
            write_parts(partial_path, parts)
            return actions + still.actions
        if still.frame.layout.depth == 16 and target in ("PNG", "TIFF"):
            data = _deep(still.frame, target, icc=still.icc)
        else:
            data = _encoded(still, target, quality=quality, options=options)
            if still.icc is not None and target == "BMP":
                actions.append(StreamAction("colour profile (ICC)", "dropped", f"{target} is written without"))
        data, lost = with_marks(data, target, still.marks)
        if lost:
            actions.append(StreamAction(f"colour description ({lost})", "dropped", f"{target} is written without"))
        partial_path.write_bytes(data)
    return actions + still.actions


def _require_jpeg(target: str) -> None:
    if target != "JPEG":
        raise OutputError(f"So large a picture cannot be written as {target}.", hint="End the output's name in .jpg.")


def _target(still: Still, suffix: str | None) -> str:
    """Pillow's name of the format to write."""
    target = still.format
    if suffix is not None:
        found = format_of(suffix)
        target = found.writer if found is not None and found.kind is MediaKind.PICTURE else ""
    if target and _encodes(target):
        return target
    others = ", ".join(one for one in suffixes(MediaKind.PICTURE, written=True) if one != suffix)
    if target:
        raise OutputError(f"{target} pictures cannot be written here: Pillow is installed without an encoder for them.",
                          hint=f"End the output's name in one of {others}.")  # fmt: skip
    raise OutputError(f"A picture cannot be written as {suffix}.", hint=f"Choose one of {others}.")


@functools.cache
def _encodes(name: str) -> bool:
    """Whether Pillow writes this format; tried, since a build may read what it does not write."""
    try:
        Image.new("RGB", (16, 16)).save(io.BytesIO(), name)
    except (OSError, ValueError, KeyError, RuntimeError):
        return False
    return True


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist.", hint="Check the spelling of the path.") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{path} is too large a picture.", hint="Cut or scale it first.") from error
    # Pillow's readers raise all of these on broken files.
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or "damaged, or of an unknown kind"
        raise InputError(
            f"{path} is no picture that can be read ({reason}).", hint="Take the original again."
        ) from error


@contextmanager
def _writing(path: Path, final: Path) -> Iterator[None]:
    try:
        with map_os_errors(final, also=(ValueError, cv2.error)):
            yield
    except OutputError:
        path.unlink(missing_ok=True)
        raise


def _read(path: Path, image: Image.Image) -> Still:
    name = image.format or ""
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and name != "MPO":
        raise InputError(
            f"{path} holds {frames} pictures that move or follow each other.",
            hint="Single pictures are cleaned; save an animation as a clip or GIF first.",
        )
    still_format = "JPEG" if name == "MPO" else name
    if still_format not in _READABLE:
        raise InputError(f"{path} is a {name} picture, which is not read here.", hint="Save it as PNG or JPEG first.")
    large = still_format == "JPEG" and image.mode in ("L", "RGB") and not _fits(image)
    if not large:
        _check(path, image)
    if name == "PNG":
        image.load()  # texts may stand behind the samples
    if name == "TIFF" and _DNG_VERSION in image.tag_v2:  # type: ignore[attr-defined]
        raise InputError(f"{path} is a camera's raw picture, which cannot be read here.", hint="Save it as JPEG first.")
    actions = _left_behind(image)
    marks, parts = _described(path, image, actions)
    exif = image.getexif()
    icc, dpi = image.info.get("icc_profile"), image.info.get("dpi")
    jpeg, lossless = _jpeg_tables(image), _is_lossless(path, image)
    if large:
        frame = read_large(path, image)
        actions.append(StreamAction("picture of more than 100 million pixels", "converted", "coded anew through RGB"))
        return Still(path, still_format, frame, actions, icc, exif, dpi, jpeg, lossless, large=True)
    if _depth(image) == 16:
        planes, layout = _read_deep(path, exif)
        frame = picture_frame(planes, layout, pq=marks.is_pq)
        return Still(path, still_format, frame, actions, icc, exif, dpi, jpeg, lossless, marks)
    if image.mode == "CMYK":
        actions.append(StreamAction("picture in CMYK", "converted", "written as RGB, without its profile"))
        icc, jpeg = None, {}
    elif parts is not None and image.mode == "RGB":
        if parts.is_ycc:
            image.draft("YCbCr", None)  # the samples as coded: no way to RGB and back
        else:
            jpeg |= {"keep_rgb": True, "subsampling": 0}
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    if jpeg and int(exif.get(ExifTags.Base.Orientation, 1)) >= 5:  # turned by a quarter: rows become columns
        jpeg["qtables"] = {k: np.reshape(v, (8, 8)).T.ravel().tolist() for k, v in jpeg["qtables"].items()}
        if jpeg["subsampling"] == 1:
            jpeg["subsampling"] = 0  # turned 4:2:2 would halve the other side, which JPEG writers do not offer
    planes, layout = _planes(image)
    frame = picture_frame(planes, layout, pq=marks.is_pq)
    return Still(path, still_format, frame, actions, icc, exif, dpi, jpeg, lossless, marks)


def _described(path: Path, image: Image.Image, actions: list[StreamAction]) -> tuple[ColorMarks, JpegParts | None]:
    """What the file says of its colours, and a JPEG in parts; what else it holds is added to ``actions``."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        data = path.read_bytes()
        parts = jpeg_parts(data)
        actions += left_behind(parts, data, further=getattr(image, "n_frames", 1) - 1)
        return ColorMarks(), parts
    reader = {"PNG": png_marks, "AVIF": avif_marks}.get(image.format or "")
    marks = reader(path.read_bytes()) if reader is not None else ColorMarks()
    actions += marks.others
    return marks, None


_BYTES_PER_PIXEL = {"1": 5.0, "L": 5.0, "P": 12.0, "LA": 12.0, "RGBA": 12.0, "PA": 12.0, "CMYK": 14.0}
"""What a pixel takes at the worst moment, by Pillow's modes: Pillow's own copy, our planes, and the encoder's."""
_BYTES_PER_PIXEL_OTHERS, _BYTES_PER_PIXEL_DEEP = 9.5, 22.0
_TILE_SIDES = (322, 323)
"""TIFF tags: tiles may be larger than the picture that they tell of."""


def _check_before_opening(path: Path) -> None:
    """Refuse what takes memory as soon as Pillow opens it."""
    with path.open("rb") as file:
        canvas = webp_canvas(file.read(64))
    if canvas is not None:
        check_picture(path, *canvas, bytes_per_pixel=_BYTES_PER_PIXEL["RGBA"])


def _taking(image: Image.Image) -> float:
    deep = image.mode.startswith(("I", "F")) or (image.format in ("PNG", "TIFF") and _depth(image) == 16)
    return _BYTES_PER_PIXEL_DEEP if deep else _BYTES_PER_PIXEL.get(image.mode, _BYTES_PER_PIXEL_OTHERS)


def _fits(image: Image.Image) -> bool:
    return fits(*image.size, bytes_per_pixel=_taking(image))


def _check(path: Path, image: Image.Image) -> None:
    """Refuse a picture beyond the budget before anything of it is decoded."""
    check_picture(path, *image.size, bytes_per_pixel=_taking(image))
    if image.format == "TIFF":
        tile = [int(image.tag_v2.get(tag, 1)) for tag in _TILE_SIDES]  # type: ignore[attr-defined]
        check_picture(path, *tile, bytes_per_pixel=_BYTES_PER_PIXEL["RGBA"])


def _jpeg_tables(image: Image.Image) -> dict[str, Any]:
    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        return {}
    tables: dict[str, Any] = {"qtables": dict(image.quantization)}
    sampling = JpegImagePlugin.get_sampling(image)
    tables["subsampling"] = sampling if sampling in (0, 1, 2) else 0
    if image.info.get("progressive"):
        tables["progressive"] = True
    return tables


def _is_lossless(path: Path, image: Image.Image) -> bool:
    if image.format == "WEBP":
        with path.open("rb") as file:
            return b"VP8L" in file.read(4096)
    return image.format not in ("JPEG", "MPO", "AVIF")


def _depth(image: Image.Image) -> int:
    """Bits per sample in the file; Pillow reduces 16-bit colour to 8 without a word."""
    if image.mode.startswith("I;16"):
        return 16
    if image.format == "PNG":
        with Path(str(image.filename)).open("rb") as file:  # type: ignore[attr-defined]
            return 16 if file.read(25)[24:25] == b"\x10" else 8
    if image.format == "TIFF":
        bits = image.tag_v2.get(258, (8,))  # type: ignore[attr-defined]
        deepest = max(bits) if isinstance(bits, tuple) else bits
        if deepest > 16 or image.mode in ("I", "F"):
            raise ValueError("more than 16 bits per sample")
        return 16 if deepest == 16 else 8
    return 8


def _read_deep(path: Path, exif: Image.Exif) -> tuple[list[np.ndarray], PixelLayout]:
    """A 16-bit picture by OpenCV, which keeps the depth."""
    samples = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_ANYDEPTH)
    if samples is None or samples.dtype != np.uint16:
        raise ValueError("the 16-bit samples cannot be read")
    extra = exif.get(EXTRA_SAMPLES)
    if samples.ndim == 3 and samples.shape[2] == 4 and extra is not None:
        meaning = extra[0] if isinstance(extra, tuple) else extra
        if meaning == _UNSPECIFIED:
            samples = samples[..., :3]
        elif meaning == _ASSOCIATED:
            samples = _unassociated(samples)
    turned = orientation_of(exif).upright(samples)
    if turned.ndim == 2:
        return [np.ascontiguousarray(turned)], PixelLayout("gray16le", 16, (0, 0), full_range=True)
    order = (2, 1, 0, 3)[: turned.shape[2]]
    alpha = turned.shape[2] == 4
    layout = PixelLayout("rgba64le" if alpha else "rgb48le", 16, (0, 0), full_range=True, rgb=True, alpha=alpha)
    return [np.ascontiguousarray(turned[..., i]) for i in order], layout


def _unassociated(samples: np.ndarray) -> np.ndarray:
    """Colours as they are where nothing shines through, of 16-bit ones that were multiplied by their alpha."""
    alpha = samples[..., 3:].astype(np.uint32)
    colours = (samples[..., :3].astype(np.uint32) * 65535 + alpha // 2) // np.maximum(alpha, 1)
    return np.concatenate([np.minimum(colours, 65535).astype(np.uint16), samples[..., 3:]], axis=2)


def _planes(image: Image.Image) -> tuple[list[np.ndarray], PixelLayout]:
    if image.mode in ("La", "RGBa"):  # multiplied by their alpha
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    if image.mode == "YCbCr":
        layout = PixelLayout("yuvj444p", chroma_shift=(0, 0), full_range=True)
    elif image.mode in ("1", "L"):
        image = image.convert("L")
        layout = PixelLayout("gray", chroma_shift=(0, 0), full_range=True)
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        layout = PixelLayout("rgba", chroma_shift=(0, 0), full_range=True, rgb=True, alpha=True)
    else:
        image = image.convert("RGB")
        layout = PixelLayout("rgb24", chroma_shift=(0, 0), full_range=True, rgb=True)
    # One band at a time: all of them beside the picture would take half as much again.
    return [np.array(image.getchannel(number)) for number in range(len(image.getbands()))], layout


def _left_behind(image: Image.Image) -> list[StreamAction]:
    """What is never passed on."""
    actions = []
    exif = image.getexif()
    if _THUMBNAIL in exif.get_ifd(ExifTags.IFD.IFD1):
        actions.append(StreamAction("thumbnail (EXIF)", "dropped", "shows the picture before cleaning"))
    if _MAKER_NOTE in exif.get_ifd(_EXIF):
        actions.append(StreamAction("maker notes (EXIF)", "dropped", "may hold serial numbers and names"))
    info = image.info
    if any(key in info for key in ("xmp", "XML:com.adobe.xmp")) or 700 in exif:
        actions.append(StreamAction("XMP", "dropped", "may tell place, people and edits"))
    if "photoshop" in info or 33723 in exif or 34377 in exif:
        actions.append(StreamAction("IPTC/Photoshop data", "dropped", "may tell place, people and a thumbnail"))
    if "comment" in info:
        actions.append(StreamAction("comment", "dropped", "unknown content"))
    for name in getattr(image, "text", {}):  # PNG only
        if name != "XML:com.adobe.xmp":
            actions.append(StreamAction(f"text {name}", "dropped", "unknown content"))
    further = getattr(image, "n_frames", 1) - 1
    if further > 0:
        actions.append(StreamAction(f"{further} further pictures in the file", "dropped", "would show what was hidden"))
    return actions


def _exif(still: Still, *, keep: Collection[str], target: str) -> tuple[bytes | None, list[StreamAction]]:
    """What of the EXIF is passed on, and what is told of it."""
    source = still.exif
    actions: list[StreamAction] = []
    if source is None:
        return None, actions
    gps = source.get_ifd(_GPS)
    base = {
        tag: value for tag, value in source.items() if tag not in _STRUCTURAL | {_EXIF, _GPS, 700, 33723, 34377, 34675}
    }
    shot = {tag: value for tag, value in source.get_ifd(_EXIF).items() if tag not in (_MAKER_NOTE, _INTEROP)}
    can_hold = target in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF") and still.frame.layout.depth == 8
    kept = Image.Exif()
    for name, word, found, why in (
        ("position (GPS)", "location", bool(gps), "tells the place"),
        ("camera tags (EXIF)", "tags", bool(base or shot), "may tell who filmed, when, with what"),
    ):
        if not found:
            continue
        if word in keep and can_hold:
            actions.append(StreamAction(name, "copied"))
        elif word in keep:
            actions.append(StreamAction(name, "dropped", f"cannot be written to this {target}"))
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


def _change(still: Still, target: str) -> str:
    words = [] if target == still.format else [f"written as {target}"]
    depth = max(still.frame.layout.depth, still.marks.depth)
    if depth > 8 and not (still.frame.layout.depth == 16 and target in ("PNG", "TIFF")):
        words.append(f"8 instead of {depth} bits")
    if still.frame.layout.alpha and target in ("JPEG", "BMP"):
        words.append("transparent parts shown on white")
    return ", ".join(words)


def _encoded(still: Still, target: str, *, quality: int | None, options: dict[str, Any]) -> bytes:
    image = _image(still.frame)
    if target in ("JPEG", "BMP") and image.mode == "RGBA":
        # What is transparent may hold colours that were never meant to be seen: they are not bared.
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if image.mode == "YCbCr" and target != "JPEG":
        image = image.convert("RGB")
    if still.dpi is not None and target in ("JPEG", "PNG", "TIFF"):
        options["dpi"] = still.dpi
    if target == "JPEG":
        if quality is None and still.jpeg:
            tables = still.jpeg["qtables"]
            options |= still.jpeg | {"qtables": {0: tables[0]} if image.mode == "L" else tables}
        else:
            options |= {
                "quality": quality or _NON_JPEG_QUALITY["JPEG"],
                "subsampling": still.jpeg.get("subsampling", 0),
            }
        if image.mode == "L":
            options.pop("subsampling", None)
        options["optimize"] = True
    elif target in ("WEBP", "AVIF"):
        options["quality"] = quality or _NON_JPEG_QUALITY[target]
        if target == "WEBP" and still.format != "JPEG" and still.lossless and quality is None:
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
        raise ValueError(f"16-bit {target} cannot be written")
    if target == "PNG":
        return with_marks(data.tobytes(), target, ColorMarks(), icc=icc)[0]
    tags: dict[int, int | bytes] = {EXTRA_SAMPLES: UNASSOCIATED} if frame.layout.alpha else {}
    return with_tags(data.tobytes(), tags if icc is None else tags | {ICC_PROFILE: icc})
