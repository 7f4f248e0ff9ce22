"""Small pictures of what a run hid, one for each track, for the report: cut from the frames as they are written.

They show what stands in the output and nothing that does not: they are taken after obscuring, and softened once more.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from dashcamcleaner.core.boxes import window_around
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.plan import FramePlan, Origin, Region
from dashcamcleaner.report.sheet import SheetPicture

__all__ = ["HiddenSheet"]

_FRAME_PX = 640
_CELL_PX = 96
_MOST_TRACKS = 60
_CONTEXT = 2.2
"""Long side of a cut, in lengths of the region's long side."""
_BETTER = 1.5
"""A later picture takes the place of an earlier one if its region is so many times as large: few frames are scaled."""
_SOFTNESS_PX = 1.2


@dataclass(slots=True)
class _Best:
    kind: str
    time_s: float
    area: float
    picture: np.ndarray


class HiddenSheet:
    """Fed with every frame after it was obscured."""

    def __init__(self) -> None:
        self._best: dict[int, _Best] = {}

    def add(self, frame: Frame, plan: FramePlan) -> None:
        """Keep pictures of the tracks that are seen better here than before."""
        wanted = [region for region in plan.regions if self._is_better(region)]
        if not wanted:
            return
        width, height = frame.upright_size
        scale = min(1.0, _FRAME_PX / max(width, height))
        small = frame.scale((max(2, round(width * scale)), max(2, round(height * scale))))
        for region in wanted:
            assert region.track is not None
            cut = _cut(small, region, scale=small.shape[1] / width)
            if cut is not None:
                self._best[region.track] = _Best(region.kind, plan.time.seconds, region.area, cut)

    def _is_better(self, region: Region) -> bool:
        if region.track is None or region.origin is not Origin.DETECTED:
            return False
        best = self._best.get(region.track)
        if best is None:
            return len(self._best) < _MOST_TRACKS
        return region.area > _BETTER * best.area

    def pictures(self) -> list[SheetPicture]:
        """The pictures in order of time."""
        found = sorted(self._best.items(), key=lambda item: (item[1].time_s, item[0]))
        return [SheetPicture(best.kind, track, best.time_s, _jpeg(best.picture)) for track, best in found]


def _cut(picture: np.ndarray, region: Region, *, scale: float) -> np.ndarray | None:
    """A square around a region, ``(96, 96, 3)``; None where it lies outside."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = (v * scale for v in region.xyxy)
    side = min(max(8.0, _CONTEXT * max(x2 - x1, y2 - y1)), float(min(width, height)))
    left, top = map(round, window_around((x1, y1, x2, y2), (side, side), (width, height)))
    cut = picture[top : top + round(side), left : left + round(side)]
    if not cut.size:
        return None
    return cv2.resize(cut, (_CELL_PX, _CELL_PX), interpolation=cv2.INTER_AREA if side > _CELL_PX else cv2.INTER_LINEAR)


def _jpeg(picture: np.ndarray) -> bytes:
    soft = cv2.GaussianBlur(picture, (0, 0), _SOFTNESS_PX)
    return cv2.imencode(".jpg", soft[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
