"""Pictures of a live run, all in one layout: 8-bit 4:2:0, upright, with even sides, as every sink's encoder takes."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from dashcamcleaner.core.frame import Frame, Orientation, PixelLayout
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.media.picture_format import conformed, matrix_of
from dashcamcleaner.media.scaler import Scaler

__all__ = [
    "LIVE_LAYOUT",
    "TIME_BASE",
    "FrameMaker",
    "card",
    "color_tags",
    "even",
    "planes_of",
    "rgb_of",
    "screen_tags",
    "stamp",
]

LIVE_LAYOUT = PixelLayout("yuv420p")
TIME_BASE = Fraction(1, 90_000)
"""The clock in which sinks write down times; MPEG's own."""

_CARD_LUMA, _CARD_TEXT = 40, 150
_UNTOLD = 2
"""The standard's number for a colour tag that is not told."""


def even(size: tuple[int, int]) -> tuple[int, int]:
    """The size with what is odd taken off: chroma comes in pairs."""
    return max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)


def color_tags(source: Any) -> dict[str, int]:
    """The colour tags, by the name of an encoder's attribute, that are true of a source's pictures in the live layout.

    Args:
        source: what tells ``colorspace``, ``color_primaries``, ``color_trc``, ``pix_fmt`` and ``height``: a decoder.
    """
    tags = {"colorspace": int(source.colorspace), "color_primaries": int(source.color_primaries)}
    tags["color_trc"] = int(source.color_trc)
    if tags["colorspace"] == 0:  # RGB, which becomes what `matrix_of` says
        tags["colorspace"] = matrix_of(source)
    told = {name: number for name, number in tags.items() if number not in (0, _UNTOLD)}
    return {**told, "color_range": int(ColorRange.MPEG)}


def screen_tags(height: int) -> dict[str, int]:
    """The colour tags of what `FrameMaker.of_bgra` makes, as `color_tags` gives them.

    Args:
        height: the height of the frames, pixels.
    """
    untold = SimpleNamespace(colorspace=0, color_primaries=_UNTOLD, color_trc=_UNTOLD, height=height)
    return color_tags(untold)


class FrameMaker:
    """Decoded or captured pictures -> frames in the live layout, all of one size.

    Args:
        size: ``(width, height)`` of the frames, even; pictures of another size are scaled.
        orientation: how the source's pictures become upright; they are turned here.
    """

    def __init__(self, size: tuple[int, int], *, orientation: Orientation | None = None) -> None:
        self.size = size
        self._turn = orientation or Orientation()
        self._converter = VideoReformatter()
        self._screen_matrix = screen_tags(size[1])["colorspace"]
        info = MediaInfo(
            path="live", container="live", size=size, orientation=Orientation(), layout=LIVE_LAYOUT,
            time_base=TIME_BASE, video=0, codec="rawvideo",
        )  # fmt: skip
        self._scaler = Scaler(info)

    def of_native(self, native: Any, *, damaged: bool = False) -> Frame:
        """A frame of a decoded picture; it may be the decoder's own, which is never painted on."""
        before = self._turn.upright_size(self.size)  # a quarter turn is its own inverse for sizes
        native = conformed(native, layout=LIVE_LAYOUT, size=before, converter=self._converter)
        if not self._turn.is_identity:
            planes = [self._turn.upright(plane) for plane in planes_of(native)]
            native = _built(planes, self.size)
        return self._frame(native, damaged=damaged)

    def of_bgra(self, picture: np.ndarray) -> Frame:
        """A frame of a captured screen, ``(h, w, 4)`` uint8 BGRA, contiguous; of another size it is scaled.

        Converted with the quick filter: 1.9 ms for 1280x720 in place of the 2.7 ms of the exact one, thirty times a
        second; it is off by at most 2 of 255.
        """
        native = av.VideoFrame.from_numpy_buffer(picture, format="bgra")
        native.colorspace = self._screen_matrix
        if (native.width, native.height) != self.size:
            scaled = conformed(native, layout=LIVE_LAYOUT, size=self.size, converter=self._converter)
            return self._frame(scaled, damaged=False)
        converted = self._converter.reformat(
            native, format=LIVE_LAYOUT.name, interpolation=Interpolation.FAST_BILINEAR,
            dst_colorspace=self._screen_matrix, dst_color_range=ColorRange.MPEG, threads=1,
        )  # fmt: skip
        converted.color_range = ColorRange.MPEG
        return self._frame(converted, damaged=False)

    def _frame(self, native: Any, *, damaged: bool) -> Frame:
        def own() -> tuple[np.ndarray, ...]:
            native.make_writable()
            return planes_of(native)

        return Frame(
            index=0,
            time=FrameTime(0, TIME_BASE),
            planes=planes_of(native),
            layout=LIVE_LAYOUT,
            orientation=Orientation(),
            native=native,
            scale=lambda size: self._scaler.upright_rgb(native, size),
            own=own,
            damaged=damaged,
        )


def planes_of(native: Any) -> tuple[np.ndarray, ...]:
    """The three planes of a picture in the live layout, ``(h, w)`` uint8 views."""
    return tuple(
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in native.planes
    )


def _built(planes: list[np.ndarray], size: tuple[int, int]) -> Any:
    """A new picture of given planes."""
    native = av.VideoFrame(*size, LIVE_LAYOUT.name)
    for target, plane in zip(planes_of(native), planes, strict=True):
        target[...] = plane
    return native


def card(size: tuple[int, int], *, text: str) -> Any:
    """A picture that nothing captured went into: dark, with a word that says why."""
    w, h = size
    luma = np.full((h, w), _CARD_LUMA, np.uint8)
    scale = max(0.3, min(w, h) / 500)
    (text_w, text_h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    at = ((w - text_w) // 2, (h + text_h) // 2)
    cv2.putText(luma, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, _CARD_TEXT, max(1, round(scale)), cv2.LINE_AA)
    grey = np.full((h // 2, w // 2), 128, np.uint8)
    return _built([luma, grey, grey], size)


def stamp(native: Any, captured_s: float) -> None:
    """Write a picture's time into it, once, before sinks share it."""
    native.pts = round(captured_s / TIME_BASE)
    native.time_base = TIME_BASE
    native.pict_type = PictureType.NONE


def rgb_of(native: Any, *, longest_side_px: int) -> np.ndarray:
    """A released picture as RGB ``(h, w, 3)`` uint8, no longer than asked for."""
    scale = min(1.0, longest_side_px / max(native.width, native.height))
    size = even((round(native.width * scale), round(native.height * scale)))
    # Not the frame's own converter: sinks share the frame, and two threads in one converter may wait for ever.
    picture = VideoReformatter().reformat(native, width=size[0], height=size[1], format="rgb24", threads=1)
    found: np.ndarray = picture.to_ndarray()
    return found
