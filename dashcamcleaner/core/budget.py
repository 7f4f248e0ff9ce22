"""The one budget of pixels and bytes for whatever is decoded, asked before anything is.

A file of a kilobyte can tell of a picture of four billion pixels. What a picture will take is known from its header:
decoders are not begun where it is more than a common machine can spare, and FFmpeg's are given the bound as well, since
a stream may change its size later. This module knows numbers alone; `media` and others ask it.
"""

from __future__ import annotations

from dashcamcleaner.errors import InputTooLarge
from dashcamcleaner.messages import msg

__all__ = [
    "MOST_BARE_SAMPLES",
    "MOST_BYTES",
    "MOST_CLIP_PIXELS",
    "MOST_GIF_PIXELS",
    "check_clip",
    "check_picture",
    "fits",
    "frames_at_once",
    "webp_canvas",
]

MOST_BYTES = 1_000_000_000
"""What one picture may take on its way through: with the detector and the libraries, less than 1.5 GB in all."""

MOST_CLIP_PIXELS = 8192 * 4352
"""Of a picture in a clip: H.265 at its level 6.2, 8K in all its forms, goes up to 8192x4320, in whole blocks."""

MOST_GIF_PIXELS = 4096 * 4096
"""Of a GIF, whose pictures are decoded to four bytes a pixel, and compress to next to nothing."""

MOST_BARE_SAMPLES = 2_000_000
"""Samples that an index may count without a byte for each, where the file has fewer bytes: nine hours of 60 a second.
Each takes 40 bytes in FFmpeg's list."""

_DECODER_BYTES = 400_000_000
"""What a clip's decoder may hold in frames at work at once."""


def fits(width: int, height: int, *, bytes_per_pixel: float) -> bool:
    """Whether a picture of this size stays within the budget.

    Args:
        width: the width in pixels, as its header tells it.
        height: the height, likewise.
        bytes_per_pixel: what a pixel takes at the worst moment between file and file.
    """
    return width > 0 and height > 0 and width * height * bytes_per_pixel <= MOST_BYTES


def check_picture(name: object, width: int, height: int, *, bytes_per_pixel: float) -> None:
    """Refuse a picture that is beyond the budget; see `fits`.

    Raises:
        InputTooLarge: it is.
    """
    if not fits(width, height, bytes_per_pixel=bytes_per_pixel):
        raise InputTooLarge(
            msg(
                "{name} is too large a picture: {width}x{height} pixels, of {most_bytes:.0f} million "
                "that such a picture can have here.",
                name=name,
                width=width,
                height=height,
                most_bytes=MOST_BYTES / bytes_per_pixel / 1000000.0,
            ),
            hint="Cut or scale it first, or save a photo as JPEG.",
        )


def check_clip(name: object, width: int, height: int, *, most: int = MOST_CLIP_PIXELS) -> None:
    """Refuse a clip whose pictures are beyond the budget: more pixels than ``most``.

    Raises:
        InputTooLarge: they are.
    """
    if width * height > most:
        raise InputTooLarge(
            msg(
                "{name} has pictures of {width}x{height} pixels; up to {most:.0f} million of them are cleaned.",
                name=name,
                width=width,
                height=height,
                most=most / 1000000.0,
            ),
            hint="Scale the clip first.",
        )


def frames_at_once(width: int, height: int, *, bytes_per_pixel: float) -> int:
    """How many frames of a clip may be decoded side by side, at least one."""
    return max(1, int(_DECODER_BYTES // max(1.0, width * height * bytes_per_pixel)))


def webp_canvas(head: bytes) -> tuple[int, int] | None:
    """Width and height as a WebP's first 32 bytes tell them: its readers take memory for the canvas on opening.

    The layout is that of Google's "WebP Container Specification"; None where it is another file.
    """
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return None
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
