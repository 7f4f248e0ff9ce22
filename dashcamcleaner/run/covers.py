"""A cover picture, seen and obscured like a frame of the clip. Handed to the encoder by `run.writing`, used only where
`--keep cover` asks for it: the engine is loaded when the picture comes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np

from dashcamcleaner.core.media import Frame, Orientation, PixelLayout
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.core.timing import FrameTime, Span
from dashcamcleaner.run.look import detector_for
from dashcamcleaner.run.planning import growth_per_kind, thresholds_per_kind
from dashcamcleaner.settings import Settings
from dashcamcleaner.stages.obscure import Obscurer
from dashcamcleaner.stages.plan import MemoryPlanner

__all__ = ["cover_cleaner"]


def cover_cleaner(settings: Settings, *, obscurer: Obscurer) -> Callable[[np.ndarray], np.ndarray]:
    """A function ``(h, w, 3) RGB -> the same, obscured``.

    Args:
        settings: decide what is looked for, and how much is covered.
        obscurer: of the run.
    """

    def clean(picture: np.ndarray) -> np.ndarray:
        frame = _frame(picture)
        with contextlib.closing(detector_for(settings, upright_size=frame.upright_size)) as detector:
            detections = detector.detect([frame])[0]
        planner = MemoryPlanner(
            upright_size=frame.upright_size,
            thresholds=thresholds_per_kind(settings),
            kinds=settings.kinds(),
            growth=growth_per_kind(settings),
            before=Span.parse("0"),
            after=Span.parse("0"),
            max_waiting_frames=1,
        )
        plan = [*planner.push(Observation(0, frame.time, detections)), *planner.finish()][0]
        obscurer.obscure(frame, plan.regions)
        return np.stack(frame.planes, axis=2)

    return clean


def _frame(picture: np.ndarray) -> Frame:
    planes = tuple(np.ascontiguousarray(picture[..., band]) for band in range(3))
    layout = PixelLayout("rgb24", chroma_shift=(0, 0), full_range=True, rgb=True)

    def scale(size: tuple[int, int]) -> np.ndarray:
        return cv2.resize(np.stack(planes, axis=2), size, interpolation=cv2.INTER_AREA)

    return Frame(0, FrameTime(0, Fraction(1)), planes, layout, Orientation(), None, scale, lambda: planes)
