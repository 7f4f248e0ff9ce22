"""The open clip behind preview and review. Lives on a background worker, which calls one method at a time."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashcamcleaner.core.plan import WHOLE_FRAME
from dashcamcleaner.gui.canvas import Box, Shown
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.pictures import to_image
from dashcamcleaner.settings import Settings

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.review.finished_clip import FinishedClip
    from dashcamcleaner.review.preview import ClipPreview
    from dashcamcleaner.review.stretch import StretchPreview

__all__ = ["FinishedResult", "FrameProvider", "OpenedClip", "StretchState", "boxes_of"]


@dataclass(frozen=True, slots=True)
class OpenedClip:
    """What the scrubber needs to know.

    Args:
        path: the clip.
        times: pts of all frames in order; those of the plan where one is open, so that positions are its indices.
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
        return self.nearest_place(bisect_right(self.times, pts) - 1)

    def nearest_place(self, place: int) -> int:
        """The position itself, or the first or last one where it lies outside the clip."""
        return min(max(place, 0), len(self.times) - 1)


@dataclass(frozen=True, slots=True)
class FinishedResult:
    """A clip's finished file.

    Args:
        output: the file.
        plan: its plan, where it has one.
        version: changes when it is written anew; see `file_state`.
    """

    output: Path
    plan: Path | None
    version: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StretchState:
    """How far the stretch around a frame is planned.

    Args:
        holds: its regions are what a run would hide.
        done: frames of the stretch that have been seen.
        all: frames of the stretch; 0 while none was begun.
        fps: frames a second that were seen, measured; 0 before any were.
        file: nothing is planned: the frame is the finished file's.
    """

    holds: bool = False
    done: int = 0
    all: int = 0
    fps: float = 0.0
    file: bool = False


class FrameProvider:
    """Keeps one clip open.

    Args:
        engine: opens clips.
    """

    def __init__(self, engine: EngineFacade) -> None:
        self._engine = engine
        self._open: ClipPreview | None = None
        self._stretch: StretchPreview | None = None
        self._stretch_s, self._stretch_frames = 0.0, 0
        self._finished: tuple[FinishedResult, FinishedClip] | None = None

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
        self,
        path: Path,
        pts: int,
        *,
        settings: Settings,
        longest_side_px: int,
        regions: Sequence[Any] | None = None,
        edits: Edits | None = None,
    ) -> Shown:
        """A frame with its regions at these settings; edits give persons and tracks a look of their own."""
        if self._open is None or self._open.path != path:
            self.open(path, video_track=settings.video_track)
        assert self._open is not None
        seen = self._open.preview(pts, settings=settings, longest_side_px=longest_side_px, regions=regions, edits=edits)
        return Shown(
            original=to_image(seen.original),
            obscured=to_image(seen.obscured),
            size=seen.upright_size,
            boxes=boxes_of(seen.regions),
            counts=seen.counts,
            time_s=seen.time.seconds,
            pts=seen.time.pts,
        )

    def planned(self, path: Path, pts: int, *, settings: Settings, longest_side_px: int) -> tuple[Shown, StretchState]:
        """A frame as a run would hide it, where the stretch around it is planned; else looked at alone."""
        stretch = self._stretch
        holds = stretch is not None and self._open is not None and self._open.path == path
        holds = holds and stretch is not None and stretch.planned and stretch.holds(pts, settings)
        regions = stretch.regions(pts, settings) if holds and stretch is not None else None
        shown = self.preview(path, pts, settings=settings, longest_side_px=longest_side_px, regions=regions)
        return shown, StretchState(holds=holds)

    def plan_on(self, path: Path, pts: int, *, settings: Settings) -> StretchState:
        """See the next frame of the stretch around a frame; another stretch is begun where that is needed."""
        if self._open is None or self._open.path != path:
            self.open(path, video_track=settings.video_track)
        assert self._open is not None
        if self._stretch is None or not self._stretch.holds(pts, settings):
            self._stretch = self._engine.open_stretch(self._open, pts, settings=settings)
            self._stretch_s, self._stretch_frames = 0.0, 0
        stretch = self._stretch
        began, before = time.monotonic(), stretch.done
        holds = stretch.step()
        if before:  # the first one also opens the model
            self._stretch_s += time.monotonic() - began
            self._stretch_frames += stretch.done - before
        fps = self._stretch_frames / self._stretch_s if self._stretch_s else 0.0
        return StretchState(holds=holds, done=stretch.done, all=len(stretch.times), fps=fps)

    def finished(self, path: Path, pts: int, *, result: FinishedResult, longest_side_px: int) -> Shown:
        """A frame of the finished file with its plan's regions, beside the clip's own."""
        if self._open is None or self._open.path != path:
            self.open(path)
        clip = self._open
        assert clip is not None
        if self._finished is None or self._finished[0] != result:
            self._close_finished()
            self._finished = (result, self._engine.open_finished(result.output, result.plan))
        finished, base = self._finished[1], float(clip.info.time_base)
        time_s, first_s = pts * base, (clip.times[0] if clip.times else 0) * base
        picture = to_image(finished.picture(time_s, first_s=first_s, longest_side_px=longest_side_px))
        size = (picture.width(), picture.height())
        regions = finished.regions(time_s)
        return Shown(
            original=to_image(clip.frame(pts).picture(size)),
            obscured=picture,
            size=clip.info.upright_size,
            boxes=boxes_of(regions),
            counts=dict(Counter(one.kind for one in regions if one.kind != WHOLE_FRAME)),
            time_s=time_s,
            pts=pts,
        )

    def _close_finished(self) -> None:
        if self._finished is not None:
            self._finished[1].close()
            self._finished = None

    @property
    def clip(self) -> ClipPreview | None:
        """The open clip."""
        return self._open

    def close(self) -> None:
        """Close what is open."""
        self._close_finished()
        self._stretch = None
        if self._open is not None:
            self._open.close()
            self._open = None


def boxes_of(regions: Sequence[Any]) -> tuple[Box, ...]:
    """The engine's regions as boxes to draw."""
    return tuple(Box(one.xyxy, one.kind, str(one.origin), one.score, one.track) for one in regions)
