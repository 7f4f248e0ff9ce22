"""The user's own picture, laid over a region in the frame's own samples."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from dashcamcleaner.core.budget import fits, webp_canvas
from dashcamcleaner.core.frame import Orientation, PixelLayout
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.obscure.masks import RegionFootprint
from dashcamcleaner.obscure.planes import limits, top, unit
from dashcamcleaner.side_files import read_bytes

__all__ = ["fit_picture", "read_picture"]

_MOST_BYTES = 64 << 20
"""Of the file: a picture to lay on is small, and edits that name it may be anybody's."""
_BYTES_PER_PIXEL = 60.0
"""As floats, with their opacity."""


def read_picture(path: Path | None) -> np.ndarray:
    """RGBA float32 in 0-1, upright."""
    if path is None:
        raise SettingError("the style picture needs a picture.", hint="Name one with --picture FILE.")
    data = np.frombuffer(
        read_bytes(path, what=msg("The picture {path}", path=path), to=SettingError, most=_MOST_BYTES), np.uint8
    )
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size and _is_small(data) else None
    if picture is None:
        raise SettingError(
            msg("{path} is no picture that can be read.", path=path), hint="Take a PNG, JPEG or WebP of common size."
        )
    scaled = picture.astype(np.float32) / (65535 if picture.dtype == np.uint16 else 255)
    if scaled.ndim == 2:
        scaled = np.repeat(scaled[..., None], 3, axis=2)
    alpha = scaled[..., 3:4] if scaled.shape[2] == 4 else np.ones((*scaled.shape[:2], 1), np.float32)
    return np.concatenate([scaled[..., 2::-1], alpha], axis=2)


def _is_small(data: np.ndarray) -> bool:
    """Whether a picture is within the budget, by its header."""
    canvas = webp_canvas(data[:64].tobytes())
    try:
        if canvas is None:
            with Image.open(io.BytesIO(data.data)) as opened:
                canvas = opened.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return fits(*canvas, bytes_per_pixel=_BYTES_PER_PIXEL)


def fit_picture(
    picture: np.ndarray, place: RegionFootprint, layout: PixelLayout, orientation: Orientation, size: tuple[int, int]
) -> list[np.ndarray]:
    """The picture, undistorted, as large as fits the region's shape; the solid colour beneath and around it."""
    x1, y1, x2, y2 = place.window
    x_start, y_start, x_end, y_end = place.box
    room_w, room_h = orientation.upright_size((x_end - x_start, y_end - y_start))
    scale = min(room_w / picture.shape[1], room_h / picture.shape[0])
    if scale < 1:
        fitted = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
        picture, scale = cv2.resize(picture, fitted, interpolation=cv2.INTER_AREA), 1.0
    stored = np.ascontiguousarray(orientation.stored(picture))
    # A picture enlarged over a region far larger than the frame is never built whole: only the window is.
    shift_x = (x_start + x_end - stored.shape[1] * scale) / 2 - x1 + (scale - 1) / 2
    shift_y = (y_start + y_end - stored.shape[0] * scale) / 2 - y1 + (scale - 1) / 2
    laid = cv2.warpAffine(
        stored, np.array([[scale, 0, shift_x], [0, scale, shift_y]]), (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR
    )
    canvas = 0.5 + (laid[..., :3] - 0.5) * laid[..., 3:]
    return _codes(canvas, layout, height=min(size))


def _codes(rgb: np.ndarray, layout: PixelLayout, *, height: int) -> list[np.ndarray]:
    """An RGB picture (float, 0-1) as samples of the frame's own layout, one array per colour channel."""
    dtype = np.uint8 if layout.depth == 8 else np.uint16
    if layout.rgb:
        return [np.rint(rgb[..., i] * top(layout)).astype(dtype) for i in _rgb_order(layout)]
    # The frame does not tell its matrix; by custom it goes with the size. A wrong guess tints the own picture a little.
    kr, kb = (0.2126, 0.0722) if height >= 720 else (0.299, 0.114)
    luma = rgb @ np.array([kr, 1 - kr - kb, kb], np.float32)
    low, high = limits("luma", layout)
    planes = [np.rint(low + luma * (high - low)).astype(dtype)]
    low, high = limits("chroma", layout)
    middle = 128 * unit(layout)
    sx, sy = layout.chroma_shift
    size = (-(-rgb.shape[1] >> sx), -(-rgb.shape[0] >> sy))
    for difference, k in ((rgb[..., 2] - luma, kb), (rgb[..., 0] - luma, kr)):
        small = cv2.resize(difference, size, interpolation=cv2.INTER_AREA) / (2 * (1 - k))
        planes.append(np.clip(np.rint(middle + small * (high - low)), low, high).astype(dtype))
    return planes


def _rgb_order(layout: PixelLayout) -> tuple[int, int, int]:
    """Which colour each channel holds; FFmpeg's planar RGB is stored green, blue, red."""
    if layout.name.startswith("gbr"):
        return (1, 2, 0)
    return (2, 1, 0) if layout.name.startswith("bgr") else (0, 1, 2)
