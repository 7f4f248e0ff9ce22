"""Mask clips: what was hidden, as pictures of their own, with the clip's own timing.

Black and white, or coloured by kind (red faces, green plates, blue others; the brighter, the surer). Upright, like the
regions. Called by `pipeline.video` when a mask is exported.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.frame import PictureType

from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import OutputError
from dashcamcleaner.media import codecs
from dashcamcleaner.media.encoder import map_write_errors
from dashcamcleaner.media.encoder_options import repeatable_x264
from dashcamcleaner.messages import msg

__all__ = ["MaskWriter"]

Draw = Callable[[np.ndarray, Region, int], None]
"""``draw(channel (h, w) uint8, region, value)`` raises the channel to the value inside the region's shape."""


def draw_box(channel: np.ndarray, region: Region, value: int) -> None:
    """A region as its whole box."""
    height, width = channel.shape
    x1, y1, x2, y2 = region.xyxy
    left, top = max(0, int(np.floor(x1))), max(0, int(np.floor(y1)))
    right, bottom = min(width, int(np.ceil(x2))), min(height, int(np.ceil(y2)))
    if right > left and bottom > top:
        area = channel[top:bottom, left:right]
        np.maximum(area, value, out=area)


class MaskWriter:
    """Writes one mask clip.

    Args:
        path: its final name, whose extension picks the container.
        partial_path: where to write until the caller renames it; None: under the final name at once.
        info: what the source holds, for size and timing.
        colored: drawn in colours by kind, bright by score, instead of black and white.
        draw: fills one region's shape; boxes by default.
    """

    def __init__(
        self,
        path: Path,
        *,
        info: MediaInfo,
        colored: bool,
        draw: Draw = draw_box,
        partial_path: Path | None = None,
    ) -> None:
        self._path = partial_path or path
        self._final = path
        self._colored = colored
        self._draw = draw
        container = codecs.CONTAINERS.get(path.suffix.lower())
        if container is None or "h264" not in container.video:
            fitting = ", ".join(suffix for suffix, one in codecs.CONTAINERS.items() if "h264" in one.video)
            raise OutputError(
                msg("{path} is no name for a mask clip.", path=path),
                hint=msg("End it in one of {fitting}.", fitting=fitting),
            )
        width, height = info.upright_size
        self._size = (width + width % 2, height + height % 2)
        with map_write_errors(self._final):
            self._output: Any = av.open(f"file:{self._path.resolve()}", "w", format=container.muxer)
            try:
                self._stream = self._output.add_stream(
                    "libx264",
                    rate=info.frame_rate or Fraction(30),
                    options={"crf": "6", "preset": "veryfast", "x264-params": ":".join(repeatable_x264())},
                    width=self._size[0],
                    height=self._size[1],
                    time_base=info.time_base,
                )
                self._stream.codec_context.pix_fmt = "yuv420p"
                self._stream.codec_context.thread_type = "FRAME"
            except BaseException:
                self.abort()
                raise

    def write(self, frame_time: FrameTime, regions: Sequence[Region], upright_size: tuple[int, int]) -> None:
        """One frame's mask."""
        width, height = upright_size
        channels = 3 if self._colored else 1
        picture = np.zeros((self._size[1], self._size[0], channels), np.uint8)
        for region in regions:
            value = max(1, round(255 * min(1.0, region.score))) if self._colored else 255
            channel = rules_of(region.kind).mask_channel if self._colored else 0
            self._draw(picture[:height, :width, channel], region, value)
        if self._colored:
            native = av.VideoFrame.from_ndarray(picture, format="rgb24")
        else:
            native = av.VideoFrame.from_ndarray(picture[:, :, 0], format="gray")
        native.pts, native.time_base, native.pict_type = frame_time.pts, frame_time.time_base, PictureType.NONE
        with map_write_errors(self._final):
            for packet in self._stream.encode(native):
                self._output.mux_one(packet)

    def finish(self) -> int:
        """Close, and give the size in bytes."""
        with map_write_errors(self._final):
            for packet in self._stream.encode(None):
                self._output.mux_one(packet)
            self._output.close()
        return self._path.stat().st_size

    def abort(self) -> None:
        """Close and delete what was written."""
        with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
            self._output.close()
        self._path.unlink(missing_ok=True)
