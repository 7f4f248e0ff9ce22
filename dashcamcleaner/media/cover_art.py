"""Cover pictures: cleaned like a frame, then written anew; never passed as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av
import av.error
import numpy as np
from av.stream import Disposition

from dashcamcleaner.errors import OutputError
from dashcamcleaner.media.packets import bounded, read_packets
from dashcamcleaner.messages import msg

__all__ = ["CoverArt"]

_QSCALE = "2"


class CoverArt:
    """One cover picture on its way from source to output.

    Args:
        source: the open source.
        index: the picture's stream in it.
        output: the open output.
        clean: ``(h, w, 3) RGB -> the same, obscured``.

    Raises:
        OutputError: there is nobody to clean it, or it cannot be decoded.
    """

    def __init__(
        self, source: Any, index: int, *, output: Any, clean: Callable[[np.ndarray], np.ndarray] | None
    ) -> None:
        if clean is None:
            raise OutputError("cover pictures cannot be cleaned in this run.", hint="Leave out --keep cover.")
        picture = np.ascontiguousarray(clean(_decoded(source, index)))
        # JPEG halves the chroma; an odd edge would be lost
        height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
        self._output = output
        self._stream: Any = None
        if output.format.name == "matroska":
            # Matroska keeps covers as attached files, and readers know them by this name.
            output.add_attachment("cover.jpg", "image/jpeg", b"".join(bytes(p) for p in _jpeg(frame)))
        else:
            self._stream = output.add_stream("mjpeg", rate=1, width=width, height=height)
            self._stream.codec_context.pix_fmt = "yuvj420p"
            self._stream.codec_context.options = {"qscale": _QSCALE}
            self._stream.disposition = Disposition.attached_pic
            self._frame = frame

    def write(self) -> None:
        """Write it, once the output's header stands."""
        if self._stream is not None:
            for packet in [*self._stream.encode(self._frame), *self._stream.encode(None)]:
                self._output.mux_one(packet)


def _decoded(source: Any, index: int) -> np.ndarray:
    # An opening of its own: the copying one must not lose the packets that lie before the picture.
    try:
        with av.open(source.name, container_options=source.container_options, metadata_errors="replace") as container:
            bounded(container.streams[index], name=msg("the cover picture"))
            for packet in read_packets(container, [container.streams[index]]):
                for frame in packet.decode():
                    return np.asarray(frame.to_ndarray(format="rgb24"))
    except (av.error.FFmpegError, ValueError) as error:
        raise OutputError("the cover picture cannot be decoded.", hint="Leave out --keep cover.") from error
    raise OutputError("the cover picture cannot be decoded.", hint="Leave out --keep cover.")


def _jpeg(frame: Any) -> list[Any]:
    context: Any = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuvj420p"
    context.framerate = 1
    return [*context.encode(frame), *context.encode(None)]
