"""Detections and their picture in, `CropCheck`s out: a closer look where the first one was not sure.

The run's own network looks at square crops of `CROP_SIZE_PX` in which the object is enlarged (or shrunk) to a length at
which the network sees best: `_LENGTHS_PX`, twice. What it finds at the object's place, averaged over both in the log
odds, tells objects from what only resembles them at one scale. Called by the pipeline for the detections that its
planner is unsure of, while the frames are still in the look-ahead.

A look costs two inferences of an eighth of a full one at 1280 px each. `CropChecker` keeps to a budget: on average
`per_frame` looks a frame, saved up to `_MOST_AT_ONCE`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from dashcamcleaner.core.boxes import Detections, iou
from dashcamcleaner.core.plan import CropCheck
from dashcamcleaner.detection.detector import Detector, PipelinedDetector
from dashcamcleaner.detection.yolo import GREY
from dashcamcleaner.tracking.evidence import LEAST_CHECK, logit, probability

__all__ = ["CROP_SIZE_PX", "CropChecker"]

CROP_SIZE_PX = 320
"""Side of a crop, and the inference size of the detector that looks at it."""
_LENGTHS_PX = (28.0, 56.0)
"""Length of the object's longer side in the crop."""
_SAME_IOU = 0.3
_MOST_AT_ONCE = 6.0

Box = tuple[float, float, float, float]


class CropChecker:
    """Looks closer, within a budget.

    Args:
        detector: the detector for pictures of `CROP_SIZE_PX`, with a score floor well below the run's.
        per_frame: looks that a frame may cost on average.
    """

    def __init__(self, detector: Detector, *, per_frame: float = 1.0) -> None:
        self._detector = detector
        self._per_frame = per_frame
        self._saved = _MOST_AT_ONCE

    def check(self, picture: np.ndarray, wanted: Sequence[tuple[float, Box, str]], *, scale: float) -> list[CropCheck]:
        """Look at the first of the wanted detections that the budget allows; each call earns the budget of a frame.

        Args:
            picture: upright RGB ``(h, w, 3)`` uint8 of the frame, as the detector saw it.
            wanted: ``(worth, box, kind)``, the most worthwhile first; boxes in full-size pixels.
            scale: the picture's pixels per full-size pixel.

        Raises:
            DetectorFailed: the backend failed.
        """
        chosen = wanted[: int(self._earn())]
        if not chosen:
            return []
        self._saved -= len(chosen)
        crops, places = [], []
        for _, box, _ in chosen:
            for length in _LENGTHS_PX:
                crop, place = crop_around(picture, tuple(v * scale for v in box), length=length)
                crops.append(crop)
                places.append(place)
        found = self._detect(crops)
        checks = []
        for number, (_, box, kind) in enumerate(chosen):
            at = slice(number * len(_LENGTHS_PX), (number + 1) * len(_LENGTHS_PX))
            odds = [logit(_score_at(place, kind, seen)) for place, seen in zip(places[at], found[at], strict=True)]
            checks.append(CropCheck(box, kind, round(probability(sum(odds) / len(odds)), 4)))
        return checks

    def recall(self, made: int) -> None:
        """Account for a frame in which an earlier run wanted to look, and did so often.

        What is left of the budget decides what is looked at next: a run that is continued must not begin with a full
        one.
        """
        self._saved = self._earn() - made

    def _earn(self) -> float:
        self._saved = min(_MOST_AT_ONCE, self._saved + self._per_frame)
        return self._saved

    def _detect(self, crops: list[np.ndarray]) -> list[Detections]:
        if not isinstance(self._detector, PipelinedDetector):
            return self._detector.detect(crops)
        handles = [self._detector.submit([crop]) for crop in crops]
        return [self._detector.result(handle)[0] for handle in handles]


def crop_around(picture: np.ndarray, box: Sequence[float], *, length: float) -> tuple[np.ndarray, Box]:
    """A square crop centred on a box, scaled so that the box's longer side has the given length.

    Args:
        picture: RGB ``(h, w, 3)`` uint8.
        box: the box in the picture's pixels.
        length: the length in the crop's pixels.

    Returns:
        The crop, grey where the picture ends, and the box in its pixels.
    """
    x1, y1, x2, y2 = box
    height, width = picture.shape[:2]
    factor = length / max(x2 - x1, y2 - y1, 1.0)
    x, y, half = (x1 + x2) / 2, (y1 + y2) / 2, CROP_SIZE_PX / 2
    source, left, top, factor_x, factor_y = picture, 0, 0, factor, factor
    if factor < 0.6:  # shrunk by areas first: plain interpolation would skip pixels
        reach = half / factor + 2
        left, top = max(0, int(x - reach)), max(0, int(y - reach))
        right, bottom = min(width, math.ceil(x + reach)), min(height, math.ceil(y + reach))
        size = (max(1, round((right - left) * factor)), max(1, round((bottom - top) * factor)))
        source = cv2.resize(picture[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
        factor_x, factor_y = size[0] / (right - left), size[1] / (bottom - top)
    by = (1.0, 1.0) if source is not picture else (factor_x, factor_y)
    matrix = np.array([[by[0], 0, half - factor_x * (x - left)], [0, by[1], half - factor_y * (y - top)]], np.float32)
    crop = cv2.warpAffine(
        source, matrix, (CROP_SIZE_PX, CROP_SIZE_PX), borderMode=cv2.BORDER_CONSTANT, borderValue=(GREY,) * 3
    )
    half_w, half_h = (x2 - x1) / 2 * factor_x, (y2 - y1) / 2 * factor_y
    return crop, (half - half_w, half - half_h, half + half_w, half + half_h)


def _score_at(place: Box, kind: str, seen: Detections) -> float:
    """The best score of a kind at a place, kept off 0 and 1 so that one look never decides alone."""
    ours = seen.kind == kind
    if not ours.any():
        return LEAST_CHECK
    there = iou(np.array([place], np.float32), seen.xyxy[ours])[0] > _SAME_IOU
    best = float(seen.score[ours][there].max()) if there.any() else LEAST_CHECK
    return min(max(best, LEAST_CHECK), 1 - LEAST_CHECK)
