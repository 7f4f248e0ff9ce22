"""The open clip behind preview and review. Lives on a background worker, which calls one method at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashcamcleaner.gui.canvas import Box, Shown
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.pictures import to_image
from dashcamcleaner.settings import Settings

if TYPE_CHECKING:
    from dashcamcleaner.review.preview import ClipPreview

__all__ = ["FrameProvider", "OpenedClip", "boxes_of"]


@dataclass(frozen=True, slots=True)
class OpenedClip:
    """What the scrubber needs to know.

    Args:
        path: the clip.
        times: pts of all frames in order.
        time_base: seconds per tick.
        size: the size of the upright picture.
    """

    path: Path
    times: tuple[int, ...]
    time_base: Fraction
    size: tuple[int, int]

    def seconds(self, place: int) -> float:
        """Time of the frame at a position, as plans and edits count it."""
        return float(self.times[place] * self.time_base) if self.times else 0.0

    def place_after(self, place: int, seconds: float) -> int:
        """The position some seconds on (or back)."""
        return self.place_at(self.seconds(place) + seconds)

    def place_at(self, seconds: float) -> int:
        """The position of the frame that is shown at a time."""
        pts = round(seconds / self.time_base)
        return min(max(0, bisect_right(self.times, pts) - 1), len(self.times) - 1)


class FrameProvider:
    """Keeps one clip open.

    Args:
        engine: opens clips.
    """

    def __init__(self, engine: EngineFacade) -> None:
        self._engine = engine
        self._open: ClipPreview | None = None

    def open(self, path: Path, *, video_track: int | None = None) -> OpenedClip:
        """Open a clip; the one before is closed.

        Args:
            path: the clip.
            video_track: number of the video stream to show; None: the one that is open, or that a run would choose.
        """
        if self._open is None or self._open.path != path or video_track not in (None, self._open.video_track):
            self.close()
            self._open = self._engine.open_preview(path, video_track=video_track)
        clip = self._open
        return OpenedClip(path, clip.times, clip.info.time_base, clip.info.upright_size)

    def preview(
        self, path: Path, pts: int, *, settings: Settings, longest_side_px: int, regions: Sequence[Any] | None = None
    ) -> Shown:
        """A frame with its regions at these settings."""
        if self._open is None or self._open.path != path:
            self.open(path, video_track=settings.video_track)
        assert self._open is not None
        seen = self._open.preview(pts, settings=settings, longest_side_px=longest_side_px, regions=regions)
        return Shown(
            original=to_image(seen.original),
            obscured=to_image(seen.obscured),
            size=seen.upright_size,
            boxes=boxes_of(seen.regions),
            counts=seen.counts,
            time_s=seen.time.seconds,
            pts=seen.time.pts,
        )

    @property
    def clip(self) -> ClipPreview | None:
        """The open clip."""
        return self._open

    def close(self) -> None:
        """Close what is open."""
        if self._open is not None:
            self._open.close()
            self._open = None


def boxes_of(regions: Sequence[Any]) -> tuple[Box, ...]:
    """The engine's regions as boxes to draw."""
    return tuple(Box(one.xyxy, one.kind, str(one.origin), one.score, one.track) for one in regions)
