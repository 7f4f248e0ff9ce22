"""Pictures: a file in, a `PictureFile` (one `Frame`) out. `pipeline.image` calls, `media.image_writer` writes it back.

The picture is turned upright as its EXIF says, so the frame needs no orientation. A JPEG stays in its own YCbCr and is
written with its own quantisation tables and subsampling: what was not obscured loses next to nothing. 16-bit pictures
keep their depth. What a picture file carries beside the picture is left behind and listed: the thumbnail shows the
picture as it was before cleaning, the position tells the place, maker notes hold serial numbers. The colour profile is
part of the picture and stays.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import ExifTags, Image, JpegImagePlugin, features

from dashcamcleaner.core.budget import check_picture, fits, webp_canvas
from dashcamcleaner.core.frame import Frame, Orientation, PixelLayout
from dashcamcleaner.core.summary import StreamAction
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import InputError, InputTooLarge
from dashcamcleaner.media.color_marks import ColorMarks, avif_marks, fitting_profile, png_marks
from dashcamcleaner.media.exif import BROKEN_EXIF, read_exif
from dashcamcleaner.media.formats import FORMATS, MediaKind, format_of, picture_format
from dashcamcleaner.media.jpeg_parts import JpegParts, jpeg_parts, left_behind
from dashcamcleaner.media.large_jpeg import orientation_of, read_large
from dashcamcleaner.media.picture_views import eight_bits, further_views, in_colour
from dashcamcleaner.media.scaler import PQ_TO_SDR
from dashcamcleaner.media.tiff_tags import EXTRA_SAMPLES
from dashcamcleaner.messages import msg

__all__ = [
    "PictureFile",
    "beside_picture",
    "is_picture_file",
    "picture_frame",
    "read_picture_file",
    "picture_file_size",
]

Image.MAX_IMAGE_PIXELS = 1 << 28
"""Pillow's own bound, for the whole process; the budget is asked before anything is decoded."""
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # the budget tells it in a sentence

_BROKEN: tuple[type[Exception], ...] = (*BROKEN_EXIF, RuntimeError, zlib.error, cv2.error)
_READABLE = frozenset(one.name for one in FORMATS if one.kind is MediaKind.PICTURE and one.readable)

_EXIF, _GPS, _INTEROP, _MAKER_NOTE = 0x8769, 0x8825, 0xA005, 0x927C
_THUMBNAIL = 0x0201
_DNG_VERSION = 0xC612
_UNSPECIFIED, _ASSOCIATED = 0, 1
"""What a TIFF's further sample may be; alpha that the colours were multiplied by is associated."""


@dataclass(slots=True, eq=False)
class PictureFile:
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


def is_picture_file(path: str | Path) -> bool:
    """Whether a file is a picture, by its first bytes (a GIF is a clip: it may move). False if it cannot be read."""
    return picture_format(path) is not None


def read_picture_file(path: str | Path) -> PictureFile:
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
                msg("{path} is a picture in the format {told}, which cannot be read here.", path=path, told=told.name),
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


def picture_file_size(path: str | Path) -> tuple[int, int]:
    """``(width, height)`` as stored, by the file's header alone: to refuse what is too large before it is decoded.

    Raises:
        InputError: no picture, or its header cannot be read.
    """
    path = Path(path)
    with _reading(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as image:
            return image.size


def picture_frame(
    planes: Sequence[np.ndarray], layout: PixelLayout, *, pq: bool = False, icc: bytes | None = None
) -> Frame:
    """A frame that is a single picture: upright, at time 0, made of these very planes, which must be private.

    Args:
        planes: ``(h, w)`` each, all of one size; obscuring paints into them.
        layout: how to read them; YCbCr is JPEG's (BT.601, full range).
        pq: they are HDR10's code values; what looks at the picture sees it as a common screen shows it.
        icc: the colour profile by which viewers show it.
    """
    own = tuple(planes)

    def scale(size: tuple[int, int]) -> np.ndarray:
        """Upright RGB, from the planes as they are now (alpha left out: what it hides is looked at as well)."""
        small = [eight_bits(cv2.resize(plane, size, interpolation=cv2.INTER_AREA)) for plane in own[:3]]
        shown = in_colour(small, layout)
        rgb = shown if shown.ndim == 3 else np.stack([shown] * 3, axis=2)
        return PQ_TO_SDR[rgb] if pq else rgb

    views = () if pq else further_views(own, layout, icc=icc)
    return Frame(0, FrameTime(0, Fraction(1)), own, layout, Orientation(), None, scale, lambda: own, views=views)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(msg("{path} does not exist.", path=path), hint="Check the spelling of the path.") from error
    except Image.DecompressionBombError as error:
        raise InputTooLarge(msg("{path} is too large a picture.", path=path), hint="Cut or scale it first.") from error
    # Pillow's readers raise all of these on broken files.
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or msg("damaged, or of an unknown kind")
        raise InputError(
            msg("{path} is no picture that can be read ({reason}).", path=path, reason=reason),
            hint="Take the original again.",
        ) from error


def _read(path: Path, image: Image.Image) -> PictureFile:
    name = image.format or ""
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and name != "MPO":
        raise InputError(
            msg("{path} holds {frames} pictures that move or follow each other.", path=path, frames=frames),
            hint="Single pictures are cleaned; save an animation as a clip or GIF first.",
        )
    own_format = "JPEG" if name == "MPO" else name
    if own_format not in _READABLE:
        raise InputError(
            msg("{path} is a {name} picture, which is not read here.", path=path, name=name),
            hint="Save it as PNG or JPEG first.",
        )
    large = own_format == "JPEG" and image.mode in ("L", "RGB") and not _fits(image)
    if not large:
        _check(path, image)
    if name == "PNG":
        image.load()  # texts may stand behind the samples
    if name == "TIFF" and _DNG_VERSION in image.tag_v2:  # type: ignore[attr-defined]
        raise InputError(
            msg("{path} is a camera's raw picture, which cannot be read here.", path=path),
            hint="Save it as JPEG first.",
        )
    exif, damaged = read_exif(image)
    actions = _left_behind(image, exif)
    if damaged:
        actions.append(StreamAction(msg("damaged EXIF"), "dropped", msg("cannot be read")))
    marks, parts = _described(path, image, actions)
    icc, dpi = image.info.get("icc_profile"), image.info.get("dpi")
    jpeg, lossless = _jpeg_tables(image), _is_lossless(path, image)
    if large:
        frame = read_large(path, image, orientation_of(exif))
        icc = fitting_profile(icc, frame.layout, actions)
        actions.append(StreamAction("picture of more than 100 million pixels", "converted", "coded anew through RGB"))
        return PictureFile(path, own_format, frame, actions, icc, exif, dpi, jpeg, lossless, large=True)
    if _depth(image) == 16:
        planes, layout = _read_deep(path, exif)
        icc = fitting_profile(icc, layout, actions)
        frame = picture_frame(planes, layout, pq=marks.is_pq, icc=icc)
        return PictureFile(path, own_format, frame, actions, icc, exif, dpi, jpeg, lossless, marks)
    if image.mode == "CMYK":
        actions.append(StreamAction("picture in CMYK", "converted", "written as RGB, without its profile"))
        icc, jpeg = None, {}
    elif parts is not None and image.mode == "RGB":
        if parts.is_ycc:
            image.draft("YCbCr", None)  # the samples as coded: no way to RGB and back
        else:
            jpeg |= {"keep_rgb": True, "subsampling": 0}
    image.load()
    # Pillow turns a TIFF as it loads it, and takes the tag out.
    turned = orientation_of(read_exif(image)[0] if name == "TIFF" else exif)
    if jpeg and turned.quarter_turns % 2:  # rows become columns
        jpeg["qtables"] = {k: np.reshape(v, (8, 8)).T.ravel().tolist() for k, v in jpeg["qtables"].items()}
        if jpeg["subsampling"] == 1:
            jpeg["subsampling"] = 0  # turned 4:2:2 would halve the other side, which JPEG writers do not offer
    planes, layout = _planes(image, turned)
    icc = fitting_profile(icc, layout, actions)
    frame = picture_frame(planes, layout, pq=marks.is_pq, icc=icc)
    return PictureFile(path, own_format, frame, actions, icc, exif, dpi, jpeg, lossless, marks)


def _described(path: Path, image: Image.Image, actions: list[StreamAction]) -> tuple[ColorMarks, JpegParts | None]:
    """What the file says of its colours, and a JPEG in parts; what else it holds is added to ``actions``."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        data = path.read_bytes()
        parts = jpeg_parts(data)
        actions += left_behind(parts, data, further=getattr(image, "n_frames", 1) - 1)
        return ColorMarks(), parts
    reader = _MARKS.get(image.format or "")
    marks = reader(path.read_bytes()) if reader is not None else ColorMarks()
    actions += marks.others
    return marks, None


def beside_picture(data: bytes, name: str) -> list[StreamAction]:
    """What a picture file holds that no reader of pictures shows: unknown parts, and what comes behind the picture.

    Args:
        data: the whole file.
        name: Pillow's name of its format; of those that are not taken apart here there is nothing.
    """
    if name in ("JPEG", "MPO"):
        return left_behind(jpeg_parts(data), data, further=0)
    if name in _MARKS:
        return list(_MARKS[name](data).others)
    if name == "WEBP" and data[8 + int.from_bytes(data[4:8], "little") :].strip(b"\0\n\r "):
        return [StreamAction("data behind the picture", "dropped", "may show what was cut off or hidden")]
    return []


_MARKS = {"PNG": png_marks, "AVIF": avif_marks}

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
            raise ValueError(msg("more than 16 bits per sample"))
        return 16 if deepest == 16 else 8
    return 8


def _read_deep(path: Path, exif: Image.Exif) -> tuple[list[np.ndarray], PixelLayout]:
    """A 16-bit picture by OpenCV, which keeps the depth."""
    samples = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_ANYDEPTH)
    if samples is None or samples.dtype != np.uint16:
        raise ValueError(msg("the 16-bit samples cannot be read"))
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


def _planes(image: Image.Image, turned: Orientation) -> tuple[list[np.ndarray], PixelLayout]:
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
    stored = (np.asarray(image.getchannel(number)) for number in range(len(image.getbands())))
    return [np.array(turned.upright(plane), order="C") for plane in stored], layout


def _left_behind(image: Image.Image, exif: Image.Exif) -> list[StreamAction]:
    """What is never passed on."""
    actions = []
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
            actions.append(StreamAction(msg("text {name}", name=name), "dropped", "unknown content"))
    further = getattr(image, "n_frames", 1) - 1
    if further > 0:
        actions.append(
            StreamAction(
                msg("{further} further pictures in the file", further=further), "dropped", "would show what was hidden"
            )
        )
    return actions
