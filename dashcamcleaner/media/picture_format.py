"""Samples and their tags, decided in one place: how a clip's pictures are worked on, and what their colours are.

What is no YUV of ours is converted once, in `conformed`; the tags that `picture_format` gives speak of the samples
after that, not before. Reader and writer take both from here, so that they cannot disagree: a picture whose samples are
limited and whose tag says full comes out washed, the other way round its ends are clipped.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from dashcamcleaner.core.frame import PixelLayout
from dashcamcleaner.media import codecs
from dashcamcleaner.messages import msg

__all__ = ["PictureFormat", "conformed", "matrix_of", "picture_format"]

_HD_HEIGHT = 720
"""Untagged pictures of at least this height use the BT.709 matrix, smaller ones BT.601: what players assume."""

_FULL_RANGE_GRAY = frozenset(
    {"ffv1", "rawvideo", "huffyuv", "ffvhuff", "png", "apng", "mjpeg", "jpeg2000", "tiff", "bmp", "gif", "magicyuv"}
)
"""Codecs whose untagged grey pictures use all values; those of broadcasting use the limited range unless they tell."""

_FOREIGN_MATRICES = frozenset({8, *range(10, 20)})
"""YCgCo, ICtCp and others: the scaler does not know them."""

_SHORT_RGB = {
    f"{first}{''.join(str(bits) for _, bits in fields)}": fields if first == "rgb" else fields[::-1]
    for first in ("rgb", "bgr")
    for fields in (((8, 4), (4, 4), (0, 4)), ((10, 5), (5, 5), (0, 5)), ((11, 5), (5, 6), (0, 5)))
}
"""Packed formats of 12 to 16 bits a pixel, without their byte order: where red, green and blue begin, how many bits."""

_MATRIX_TAGS = {1: "bt709", 4: "fcc", 5: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """How pictures are worked on.

    Args:
        layout: the layout of the planes.
        color: tags that are true of them, see `MediaInfo.color`.
        notes: what is lost or changed, one sentence each.
    """

    layout: PixelLayout
    color: dict[str, str]
    notes: tuple[str, ...] = ()


def picture_format(frame: Any, *, codec: str, side: Mapping[str, bytes]) -> PictureFormat:
    """How a clip's pictures are worked on, judged by its first.

    Args:
        frame: the first decoded picture.
        codec: FFmpeg's name of the stream's codec.
        side: the picture's side data by name.
    """
    name = frame.format.name
    color = _color(frame, side)
    layout = codecs.native_layout(name, full_range=frame.color_range == ColorRange.JPEG)
    notes: tuple[str, ...] = ()
    if layout is None:
        nearest = codecs.nearest_native(
            name,
            depth=8 if frame.format.has_palette else max(c.bits for c in frame.format.components),
            rgb=_is_rgb(frame),
            chroma_shift=_chroma_shift(frame.format),
        )
        layout = codecs.native_layout(nearest, full_range=_uses_full_range(frame, codec))
        assert layout is not None, nearest
        lost = msg(", without its transparency") if any(c.is_alpha for c in frame.format.components) else ""
        notes = (
            msg(
                "The picture is stored as {name} and is worked on as {nearest}{lost}.",
                name=name,
                nearest=nearest,
                lost=lost,
            ),
        )
    if layout.full_range or "range" in color or _is_rgb(frame):
        color["range"] = "pc" if layout.full_range else "tv"
    if _is_rgb(frame):
        color["space"] = _MATRIX_TAGS[matrix_of(frame)]
    return PictureFormat(layout, color, notes)


def conformed(
    native: Any,
    *,
    layout: PixelLayout,
    size: tuple[int, int],
    converter: VideoReformatter,
    stretch: Fraction = Fraction(1),
) -> Any:
    """A picture in a clip's one size and layout; one that has them already is given back as it is.

    A picture of another shape keeps it: what it does not fill is black.

    Args:
        native: the decoded picture.
        layout: the layout that `picture_format` gave.
        size: ``(width, height)``.
        converter: the caller's own; it keeps its scaling context from picture to picture.
        stretch: its sample aspect, as a multiple of the clip's.
    """
    if int(native.colorspace) in _FOREIGN_MATRICES:
        native.colorspace = 2  # untold: the scaler refuses these even where it has no colour to convert
    same = (native.width, native.height) == size and stretch == 1
    if native.format.name == layout.name and same:
        return native
    native = _widened(native)
    whole, size = size, size if same else _inner_size(native, size, stretch=stretch)
    wanted = ColorRange.JPEG if layout.full_range else ColorRange.MPEG
    grey = _is_gray(native.format.name)
    picture = converter.reformat(
        native,
        width=size[0],
        height=size[1],
        format=layout.name,
        interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        dst_colorspace=matrix_of(native) if _is_rgb(native) else None,
        # The scaler takes grey for full range whatever its tag says; asked for full range, it leaves the samples alone.
        dst_color_range=ColorRange.JPEG if grey else wanted,
        threads=1,
    )
    picture.color_range = wanted
    return picture if size == whole else _on_black(picture, whole, layout=layout)


def _widened(native: Any) -> Any:
    """A picture of four to six bits a colour with eight; the scaler would leave white at 240 or 248 of 255."""
    name = native.format.name
    fields = _SHORT_RGB.get(name[:-2])
    if fields is None:
        return native
    target = VideoReformatter().reformat(native, format="rgb24", threads=1)  # carries its properties over
    stored: Any = native.planes[0]
    plane: Any = target.planes[0]
    words = np.frombuffer(stored, ">u2" if name.endswith("be") else "<u2").reshape(native.height, stored.line_size // 2)
    rows = np.frombuffer(plane, np.uint8).reshape(native.height, plane.line_size)
    for number, (at, bits) in enumerate(fields):
        most = (1 << bits) - 1
        levels = np.round(np.arange(most + 1) * (255 / most)).astype(np.uint8)
        rows[:, number : native.width * 3 : 3] = levels[words[:, : native.width] >> at & most]
    return target


def _inner_size(native: Any, size: tuple[int, int], *, stretch: Fraction) -> tuple[int, int]:
    """The largest size within ``size`` in which the picture keeps its shape, even, so that no chroma is halved."""
    width, height = size
    shape = native.width * stretch / native.height
    inner = min(Fraction(width), height * shape), min(Fraction(height), width / shape)
    small = tuple(max(2, round(side / 2) * 2) for side in inner)
    # A row or two are the rounding of sizes, not another shape.
    return (width if width - small[0] <= 2 else small[0], height if height - small[1] <= 2 else small[1])


def _on_black(picture: Any, size: tuple[int, int], *, layout: PixelLayout) -> Any:
    """The picture in the middle of a black one, with all its properties (times, colours, field flags)."""
    # Only the scaler carries them over; its pixels are written over at once.
    target = VideoReformatter().reformat(
        picture, width=size[0], height=size[1], interpolation=Interpolation.POINT, threads=1
    )
    left, top = ((whole - part) // 4 * 2 for whole, part in zip(size, (picture.width, picture.height), strict=True))
    sample = np.dtype("<u2") if layout.depth > 8 else np.dtype("u1")
    black = 0 if layout.full_range else 16 << (layout.depth - 8)
    planes: Any = zip(picture.planes, target.planes, strict=True)
    for number, (mine, theirs) in enumerate(planes):
        lanes = 2 if layout.name == "nv12" and number else 1
        shift_x, shift_y = layout.chroma_shift if number else (0, 0)
        rows = np.frombuffer(mine, sample).reshape(mine.height, mine.line_size // sample.itemsize)
        goal = np.frombuffer(theirs, sample).reshape(theirs.height, theirs.line_size // sample.itemsize)
        goal[:] = 1 << (layout.depth - 1) if number else black
        y, x, width = top >> shift_y, (left >> shift_x) * lanes, mine.width * lanes
        goal[y : y + mine.height, x : x + width] = rows[:, :width]
    return target


def matrix_of(native: Any) -> int:
    """The colour matrix, by swscale's numbers (equal to the standard's where both exist)."""
    space = int(native.colorspace)
    if space in (1, 4, 5, 7, 9):
        return space
    if space == 6:
        return 5
    if space == 10:
        return 9
    return 1 if native.height >= _HD_HEIGHT else 5


def _is_rgb(frame: Any) -> bool:
    return bool(frame.format.is_rgb or frame.format.has_palette)


def _is_gray(name: str) -> bool:
    return name.startswith(("gray", "mono", "ya"))


def _uses_full_range(frame: Any, codec: str) -> bool:
    """Whether the samples after conversion use the full range: as before it; RGB becomes what all players take."""
    if _is_rgb(frame):
        return False
    if _is_gray(frame.format.name) and frame.color_range == ColorRange.UNSPECIFIED:
        return codec in _FULL_RANGE_GRAY or frame.format.name.startswith("mono")
    return frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG


def _chroma_shift(fmt: Any) -> tuple[int, int]:
    width, height = fmt.chroma_width(64), fmt.chroma_height(64)
    return ((64 // width).bit_length() - 1 if width else 0, (64 // height).bit_length() - 1 if height else 0)


def _color(frame: Any, side: Mapping[str, bytes]) -> dict[str, str]:
    numbers = {
        "primaries": frame.color_primaries,
        "trc": frame.color_trc,
        "space": frame.colorspace,
        "range": frame.color_range,
    }
    named = {key: codecs.COLOR_CODES[key].get(int(number)) for key, number in numbers.items()}
    color = {key: name for key, name in named.items() if name is not None}
    mastering = _mastering(side.get("MASTERING_DISPLAY_METADATA", b""))
    if mastering:
        color["mastering_display"] = mastering
    light = side.get("CONTENT_LIGHT_LEVEL", b"")
    if len(light) >= 8:
        color["content_light"] = "{},{}".format(*struct.unpack("=2I", light[:8]))
    return color


def _mastering(data: bytes) -> str:
    """The mastering display's colour volume in the notation that the encoders share; empty without one."""
    if len(data) < 88:
        return ""
    numbers = struct.unpack("=22i", data[:88])
    has_primaries, has_luminance = numbers[20], numbers[21]
    if not (has_primaries and has_luminance):
        return ""
    values = [
        Fraction(num, den) if den else Fraction(0) for num, den in zip(numbers[0:20:2], numbers[1:20:2], strict=True)
    ]
    xy = [round(value * 50000) for value in values[:8]]
    low, high = round(values[8] * 10000), round(values[9] * 10000)
    r, g, b, white = [f"({xy[i]},{xy[i + 1]})" for i in (0, 2, 4, 6)]
    return f"G{g}B{b}R{r}WP{white}L({high},{low})"
