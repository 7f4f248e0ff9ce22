"""Photos of a hundred and more million pixels: read and written by OpenCV, in a fifth of the memory.

Pillow takes four bytes for each pixel, twice over while a picture is turned or taken apart. Here the samples are held
once, three bytes a pixel, as they are stored: they are not turned but carry their EXIF orientation on, and the planes
of the frame are views into them. The price is told: the samples go through RGB, and are coded anew at the quality that
the source's tables amount to.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import ExifTags, Image

from dashcamcleaner.core.budget import check_picture
from dashcamcleaner.core.frame import Frame, Orientation, PixelLayout
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.messages import msg

__all__ = ["encoded_large", "orientation_of", "read_large", "write_parts"]

_BYTES_PER_PIXEL = 4.9
"""Samples, the file itself and what the encoder gives: 3.6. OpenCV 5 holds the samples twice while it decodes, but
before anything else is there: 200 million pixels take 1.25 GB then, and less afterwards."""
_BYTES_PER_PIXEL_PROGRESSIVE = 10.0
"""A progressive file's coefficients are all held until the last of them has come."""

# The luma table of the Independent JPEG Group's quality 50 (ITU-T T.81, table K.1), of which all others are made.
_LUMA_50 = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_SAMPLING = {
    0: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    1: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    2: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
}
_ICC_PART = 65_000


def orientation_of(exif: Image.Exif) -> Orientation:
    """The EXIF orientation as our own: mirror first, then turn."""
    turns = {3: (2, False), 4: (2, True), 2: (0, True), 6: (1, False), 5: (3, True), 8: (3, False), 7: (1, True)}
    return Orientation(*turns.get(int(exif.get(ExifTags.Base.Orientation, 1)), (0, False)))


def read_large(path: Path, image: Image.Image, orientation: Orientation) -> Frame:
    """The picture as a frame that is not turned: its orientation is the frame's.

    Args:
        path: the file.
        image: the same as Pillow has opened it, not loaded.
        orientation: how the picture is turned, by its EXIF.

    Raises:
        InputError: it is beyond the budget.
        ValueError: it cannot be read.
    """
    progressive = bool(image.info.get("progressive"))
    check_picture(path, *image.size, bytes_per_pixel=_BYTES_PER_PIXEL_PROGRESSIVE if progressive else _BYTES_PER_PIXEL)
    grey = image.mode == "L"
    flags = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    samples = cv2.imdecode(np.fromfile(path, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if samples is None:
        raise ValueError(msg("the samples cannot be read"))
    if grey:
        planes: tuple[np.ndarray, ...] = (samples,)
        layout = PixelLayout("gray", chroma_shift=(0, 0), full_range=True)
    else:
        planes = (samples[..., 2], samples[..., 1], samples[..., 0])
        layout = PixelLayout("rgb24", chroma_shift=(0, 0), full_range=True, rgb=True)

    def scale(size: tuple[int, int]) -> np.ndarray:
        """Upright RGB, from the samples as they are now."""
        small = cv2.resize(samples, orientation.upright_size(size), interpolation=cv2.INTER_AREA)
        colour = cv2.cvtColor(small, cv2.COLOR_GRAY2RGB if grey else cv2.COLOR_BGR2RGB)
        return np.ascontiguousarray(orientation.upright(colour))

    return Frame(0, FrameTime(0, Fraction(1)), planes, layout, orientation, samples, scale, lambda: planes)


def encoded_large(
    frame: Frame, tables: dict[str, Any], *, quality: int | None, exif: bytes | None, icc: bytes | None
) -> list[bytes]:
    """The frame as the parts of a JPEG file.

    Args:
        frame: a frame from `read_large`.
        tables: the source's quantisation tables and subsampling, as `media.image_file` reads them.
        quality: 1-100; None: what the source's tables amount to.
        exif: the EXIF block that is kept, without an orientation; None for none.
        icc: the colour profile.

    Raises:
        ValueError: it cannot be coded.
    """
    sampling = _SAMPLING[tables.get("subsampling", 0)]
    # No better tables for the entropy coder: libjpeg would hold all coefficients to find them.
    options = [cv2.IMWRITE_JPEG_QUALITY, quality or _quality_of(tables), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    done, data = cv2.imencode(".jpg", frame.native, options)
    if not done:
        raise ValueError(msg("the picture cannot be coded"))
    return [b"\xff\xd8", *_exif_part(exif, frame.orientation), *_icc_parts(icc), data.reshape(-1)[2:].tobytes()]


def write_parts(path: Path, parts: Sequence[bytes]) -> None:
    """Write the parts of a file one after the other."""
    with path.open("wb") as file:
        for part in parts:
            file.write(part)


def _quality_of(tables: dict[str, Any]) -> int:
    """The quality whose luma table is nearest to the source's, at least 50: what is coded twice loses twice."""
    wanted = np.asarray(tables["qtables"][0], np.float64).ravel()
    base = np.asarray(_LUMA_50, np.float64)

    def table(quality: int) -> np.ndarray:
        scale = 5000 / quality if quality < 50 else 200 - 2 * quality
        return np.clip(np.floor((base * scale + 50) / 100), 1, 255)

    # The order of the values differs between readers; their sum does not.
    return max(50, min(range(1, 101), key=lambda quality: abs(table(quality).sum() - wanted.sum())))


def _exif_part(exif: bytes | None, orientation: Orientation) -> list[bytes]:
    block = Image.Exif()
    if exif is not None:
        block.load(exif)
    number = {
        (0, False): 1, (2, False): 3, (2, True): 4, (0, True): 2, (1, False): 6, (3, True): 5, (3, False): 8,
        (1, True): 7,
    }[orientation.quarter_turns, orientation.mirrored]  # fmt: skip
    if number != 1:
        block[ExifTags.Base.Orientation] = number
    if not len(block):
        return []
    data = block.tobytes()
    return [b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data]


def _icc_parts(icc: bytes | None) -> list[bytes]:
    pieces = [icc[at : at + _ICC_PART] for at in range(0, len(icc), _ICC_PART)] if icc else []
    heads = [b"ICC_PROFILE\0" + bytes((number + 1, len(pieces))) for number in range(len(pieces))]
    return [
        b"\xff\xe2" + struct.pack(">H", 2 + len(head) + len(piece)) + head + piece
        for head, piece in zip(heads, pieces, strict=True)
    ]
