"""Looking at single frames of a clip: the very frame of a pts, what is seen in it, and how it would be hidden.

The window's preview and the command line's come here. Raw detections are kept per frame, so turning a threshold, a
growth or a style paints again without detecting again; a frame is decoded once and painted as often as is asked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import WHOLE_FRAME, Observation, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.frame_times import first_time, frame_times
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.build import detector_for, make_planner, rules_per_kind
from dashcamcleaner.pipeline.frames import FramePlanner, plan_frame
from dashcamcleaner.pipeline.observations import StoredObservationSource
from dashcamcleaner.pipeline.one_picture import open_frames
from dashcamcleaner.pipeline.own_styles import OwnStyles
from dashcamcleaner.pipeline.writer import obscurer_for
from dashcamcleaner.settings import Settings

__all__ = ["ClipPreview", "PreviewFrame", "first_picture", "preview_regions"]

_KEPT_FRAMES = 4
_KEPT_DETECTIONS = 512


@dataclass(frozen=True, slots=True, eq=False)
class PreviewFrame:
    """One frame as it is and as it would be.

    Args:
        time: the frame's exact time.
        original: upright RGB ``(h, w, 3)`` uint8.
        obscured: the same with its regions hidden.
        upright_size: the size of the full picture; boxes are in these pixels, the pictures may be smaller.
        regions: what is hidden.
        detections: raw, down to the score floor.
        counts: regions per kind.
    """

    time: FrameTime
    original: np.ndarray
    obscured: np.ndarray
    upright_size: tuple[int, int]
    regions: tuple[Region, ...]
    detections: Detections
    counts: dict[str, int]


def first_picture(clip: str | Path, *, longest_side_px: int, info: MediaInfo | None = None) -> np.ndarray:
    """The first frame that decodes, upright RGB, no larger than asked: for thumbnails.

    Raises:
        InputError: the clip cannot be read, or holds no picture.
    """
    _, frames = open_frames(clip, info=info)
    with frames:
        frame = next(frames, None)
        if frame is None:
            raise InputError(msg("{clip} holds no frame that decodes.", clip=clip))
        size = fitted(frame.upright_size, longest_side_px)
        return frame.clearest_view(size)(size)


def fitted(size: tuple[int, int], longest_side_px: int) -> tuple[int, int]:
    """A size shrunk to a longest side, never enlarged; even, as scalers like it."""
    scale = min(1.0, longest_side_px / max(size))
    return (max(2, round(size[0] * scale / 2) * 2), max(2, round(size[1] * scale / 2) * 2))


def preview_regions(frame: Frame, seen: Observation, *, settings: Settings) -> tuple[Region, ...]:
    """What the settings hide in one frame by what was seen in it alone, without its neighbours."""
    alone = settings.replaced(tracking=False, memory_before="0", memory_after="0")
    planner = make_planner(alone, upright_size=frame.upright_size, rules=rules_per_kind(alone), max_waiting_frames=4)
    return plan_frame(StoredObservationSource(iter([seen])), FramePlanner(planner), frame).regions


class _Held:
    """A decoded frame that can be painted on again and again: a clean copy of its planes is kept."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._clean = tuple(plane.copy() for plane in frame.make_writable())
        self._painted = False

    def clean(self) -> Frame:
        """The frame as it was decoded."""
        if self._painted:
            for plane, clean in zip(self.frame.planes, self._clean, strict=True):
                plane[...] = clean
            self._painted = False
            self.frame.forget_pictures()
        return self.frame

    def painted(self) -> Frame:
        """The frame, about to be painted on."""
        frame = self.clean()
        self._painted = True
        return frame


class ClipPreview:
    """An open clip to look at; a context manager. Used by one thread.

    Args:
        clip: the file.
        video_track: number of the video stream to show, from 1; None: the one that a run would choose.
        models: where the detector comes from; None: the process's own pool.

    Raises:
        InputError: it cannot be read.
    """

    def __init__(self, clip: str | Path, *, video_track: int | None = None, models: ModelPool | None = None) -> None:
        self._models = models or shared_pool()
        self.path = Path(clip)
        self.video_track = video_track
        self.info, self._decoder = open_frames(self.path, video_track=video_track)
        self._times: tuple[int, ...] | None = None
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._seen: OrderedDict[tuple[Any, ...], Detections] = OrderedDict()
        self._last_pts: int | None = None

    @property
    def times(self) -> tuple[int, ...]:
        """The pts of all frames in order, read from the container once, without decoding.

        Frames before the first that decodes are left out; a run does not count them either. A frame amid others that
        turns out to be damaged is among them, so a position here is no index of a plan: look its pts up instead.
        """
        if self._times is None:
            times = frame_times(self.path, info=self.info)
            first = bisect_left(times, first_time(times, info=self.info) / self.info.time_base)
            self._times = times[first:]
        return self._times

    def nearest(self, pts: int) -> int:
        """The pts of the frame that is shown at a time."""
        times = self.times
        return times[max(0, bisect_right(times, pts) - 1)] if times else pts

    def frame(self, pts: int) -> Frame:
        """The very frame of this pts, as decoded.

        Raises:
            InputError: there is none.
        """
        return self._hold(pts).clean()

    def _hold(self, pts: int) -> _Held:
        held = self._held.get(pts)
        if held is None:
            frame = self._next_if(pts) or self._decoder.seek(pts)
            self._last_pts = frame.time.pts
            held = self._held[pts] = _Held(frame)
            while len(self._held) > _KEPT_FRAMES:
                self._held.popitem(last=False)
        self._held.move_to_end(pts)
        return held

    def _next_if(self, pts: int) -> Frame | None:
        """The decoder's next frame, if that is the one: stepping on needs no seek."""
        times = self.times
        if self._last_pts is None:
            expected = times[0] if times else None
        else:
            place = bisect_right(times, self._last_pts)
            expected = times[place] if place < len(times) else None
        if expected != pts:
            return None
        frame = next(self._decoder, None)
        if frame is None or frame.time.pts != pts:
            return None
        return frame

    def detections(self, pts: int, *, settings: Settings) -> Detections:
        """What the detector sees in a frame, raw; kept, so that only what decides seeing detects again.

        Raises:
            BackendError: no backend or weights.
        """
        key: tuple[Any, ...] = (settings.weights, settings.backend, settings.device, settings.precision)
        key = (*key, settings.inference_size, settings.tiles, settings.trust_weights)
        found = self._seen.get((pts, *key))
        if found is None:
            detector = detector_for(
                settings, upright_size=self.info.upright_size, models=self._models, shown_size=self.info.shown_size
            )
            found = detector.detect([self._hold(pts).clean()])[0]
            self._seen[(pts, *key)] = found
            while len(self._seen) > _KEPT_DETECTIONS:
                self._seen.popitem(last=False)
        return found

    def preview(
        self,
        pts: int,
        *,
        settings: Settings,
        longest_side_px: int = 1280,
        regions: Sequence[Region] | None = None,
        edits: Edits | None = None,
    ) -> PreviewFrame:
        """A frame as it is and as it would be hidden.

        Args:
            pts: the frame's time in ticks.
            settings: the settings in force.
            longest_side_px: the longest side of the pictures given.
            regions: the regions from a plan; found by detecting when None.
            edits: give persons and tracks a look of their own; None: all have the settings'.

        Raises:
            InputError, BackendError: as `frame` and `detections`.
            SettingError: a picture that is to be laid on cannot be read.
        """
        held = self._hold(pts)
        size = fitted(self.info.upright_size, longest_side_px)
        view = held.clean().clearest_view(size)
        original = view(size).copy()
        seen = Detections.empty()
        if regions is None:
            seen = self.detections(pts, settings=settings)
            frame = held.frame
            observed = Observation(frame.index, frame.time, seen, None, frame.damaged)
            regions = preview_regions(frame, observed, settings=settings)
        frame = held.painted()
        OwnStyles(edits or Edits(), settings=settings).obscure(frame, regions, plain=obscurer_for(settings))
        frame.forget_pictures()
        obscured = view(size).copy() if regions else original
        counts = Counter(region.kind for region in regions if region.kind != WHOLE_FRAME)
        return PreviewFrame(
            time=frame.time,
            original=original,
            obscured=obscured,
            upright_size=self.info.upright_size,
            regions=tuple(regions),
            detections=seen,
            counts=dict(counts),
        )

    def close(self) -> None:
        """Give the file back; the detector stays with its pool."""
        self._held.clear()
        self._decoder.close()

    def __enter__(self) -> ClipPreview:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
