"""What left, for a window: the newest picture alone. Under 60 lines since it only keeps one."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from dashcamcleaner.live.pictures import rgb_of
from dashcamcleaner.live.ports import StreamFormat
from dashcamcleaner.live.release import ReleasedFrame, ReleasedSound

__all__ = ["PreviewSink"]

_LONGEST_PX = 1280


class PreviewSink:
    """A `FrameSink` that a window looks into, from its own thread."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.description = "the preview"
        self._lock = threading.Lock()
        self._picture: np.ndarray | None = None

    def open(self, form: StreamFormat) -> bool:  # noqa: ARG002  # frames bring their size
        """Begin."""
        return True

    def write(self, item: ReleasedFrame | ReleasedSound) -> None:
        """Keep a picture in place of the one before."""
        if isinstance(item, ReleasedFrame):
            picture = rgb_of(item.native, longest_side_px=_LONGEST_PX)
            with self._lock:
                self._picture = picture

    def take(self) -> np.ndarray | None:
        """The newest picture, RGB ``(h, w, 3)`` uint8, once; None where none has come since."""
        with self._lock:
            picture, self._picture = self._picture, None
        return picture

    def close(self) -> None:
        """Show nothing old."""
        with self._lock:
            self._picture = None
