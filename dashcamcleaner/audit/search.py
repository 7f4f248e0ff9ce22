"""An output picture in, `AuditDetection`s out: what of it can still be seen. Called by `audit.audit` on sampled frames.

    RGB picture ─► independent face detector ─┐
                └► mirrored, at another scale, ─┴► merged ─► not hidden ─► Sightings with a crop
                   with the run's own weights

Two views that err differently: other weights for faces, and for faces and plates the run's own weights looking at the
mirrored picture at another scale down to a low score. What lies under a region is no sighting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from dashcamcleaner.audit.exposures import AuditDetection, Exposure
from dashcamcleaner.core.boxes import Detections, iou
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.ocr import TextReader

__all__ = ["LeftoverSearch", "best_reading", "moves_as_one", "second_opinion"]

_SAME = 0.35
"""Boxes of two detectors that overlap more show one object; their conventions (brow or hair, frame or not) differ."""

_HIDDEN = 0.6
_CROP_PX = 256

_LEAST_APART_S = 0.5
_SQUARE_PX = 96
_AS_ONE = 0.85
_EVERYWHERE = np.full((_SQUARE_PX, _SQUARE_PX), 255, np.uint8)


class LeftoverSearch:
    """Looks at single pictures.

    Args:
        detectors: name -> detector.
        mirrored: names of those that see the picture mirrored.
        kinds: the kinds that matter.
        floors: name -> lowest score that counts.
        least_px: smaller boxes (long side) are not worth a finding.
    """

    def __init__(
        self,
        detectors: Mapping[str, Detector],
        *,
        mirrored: Sequence[str] = (),
        kinds: Sequence[str],
        floors: Mapping[str, float],
        least_px: float = 10.0,
    ) -> None:
        self._detectors = dict(detectors)
        self._mirrored = set(mirrored)
        self._kinds = tuple(kinds)
        self._floors = dict(floors)
        self._least_px = least_px

    def search(
        self, *views: np.ndarray, frame: int, seconds: float, hidden_share: Callable[[Sequence[float]], float]
    ) -> list[AuditDetection]:
        """What is still seen.

        Args:
            views: the picture as it is shown, uint8 RGB, upright, full size; more than one where viewers differ.
            frame: index of the frame.
            seconds: its time.
            hidden_share: the share of a box that regions hide.
        """
        found: list[AuditDetection] = []
        for picture in views:
            self._search_one(picture, found, frame=frame, seconds=seconds, hidden_share=hidden_share)
        return found

    def _search_one(
        self,
        picture: np.ndarray,
        found: list[AuditDetection],
        *,
        frame: int,
        seconds: float,
        hidden_share: Callable[[Sequence[float]], float],
    ) -> None:
        """Add what is seen in one view; of what was seen before, the better score counts."""
        known = len(found)
        for name, detector in self._detectors.items():
            seen = self._detect(name, detector, picture)
            for box, score, kind in zip(seen.xyxy, seen.score, seen.kind, strict=True):
                xyxy = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
                same = self._same(found, xyxy, str(kind))
                if same is not None:
                    same.scores[name] = max(float(score), same.scores.get(name, 0.0))
                    continue
                share = hidden_share(_core(xyxy))
                if share < _HIDDEN:
                    found.append(AuditDetection(frame, seconds, xyxy, str(kind), {name: float(score)}, hidden=share))
        for sighting in found[known:]:
            sighting.crop, sighting.crop_xyxy = _crop(picture, sighting.xyxy)

    def _detect(self, name: str, detector: Detector, picture: np.ndarray) -> Detections:
        flipped = name in self._mirrored
        seen = detector.detect([np.ascontiguousarray(picture[:, ::-1]) if flipped else picture])[0]
        boxes = seen.xyxy
        if flipped:
            w = picture.shape[1]
            boxes = np.stack([w - boxes[:, 2], boxes[:, 1], w - boxes[:, 0], boxes[:, 3]], axis=1)
        long_side = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) if len(boxes) else np.zeros(0)
        keep = (seen.score >= self._floors[name]) & np.isin(seen.kind, self._kinds) & (long_side >= self._least_px)
        return Detections(boxes[keep], seen.score[keep], seen.kind[keep])

    @staticmethod
    def _same(found: Sequence[AuditDetection], xyxy: Sequence[float], kind: str) -> AuditDetection | None:
        ours = [s for s in found if s.kind == kind]
        if not ours:
            return None
        overlap = iou(np.array([xyxy]), np.array([s.xyxy for s in ours]))[0]
        best = int(overlap.argmax())
        return ours[best] if overlap[best] > _SAME else None


def _core(xyxy: Sequence[float]) -> tuple[float, float, float, float]:
    """The middle of a box, where the features are: detectors draw borders as they like."""
    x1, y1, x2, y2 = xyxy
    dx, dy = (x2 - x1) * 0.15, (y2 - y1) * 0.15
    return (x1 + dx, y1 + dy, x2 - dx, y2 - dy)


def _crop(picture: np.ndarray, xyxy: Sequence[float]) -> tuple[np.ndarray | None, tuple[int, int, int, int]]:
    """The object with as much around it on each side."""
    h, w = picture.shape[:2]
    x1, y1, x2, y2 = xyxy
    side = min(max(x2 - x1, y2 - y1), _CROP_PX)
    box = (max(0, int(x1 - side)), max(0, int(y1 - side)), min(w, int(x2 + side)), min(h, int(y2 + side)))
    if box[2] - box[0] < 4 or box[3] - box[1] < 4:
        return None, box
    return picture[box[1] : box[3], box[0] : box[2]].copy(), box


def second_opinion(exposure: Exposure, *, detectors: Mapping[str, Detector]) -> dict[str, float]:
    """The best score that each detector gives the object in its largest crops, enlarged.

    Args:
        exposure: the exposure with crops.
        detectors: name -> detector for small pictures.
    """
    with_crops = [s for s in exposure.sightings if s.crop is not None]
    best: dict[str, float] = {}
    for sighting in with_crops:
        assert sighting.crop is not None
        left, top = sighting.crop_xyxy[:2]
        inside = np.array([sighting.xyxy]) - np.array([left, top, left, top])
        for name, detector in detectors.items():
            seen = detector.detect([sighting.crop])[0].of_kind(exposure.kind)
            hits = iou(inside, seen.xyxy)[0] > 0.3 if len(seen) else np.zeros(0, bool)
            best[name] = max(best.get(name, 0.0), float(seen.score[hits].max()) if hits.any() else 0.0)
    return best


def best_reading(exposure: Exposure, *, reader: TextReader) -> float:
    """0-1: how surely the largest crops show four characters or more with a digit among them, as plates do."""
    best = 0.0
    for sighting in exposure.sightings:
        if sighting.crop is None:
            continue
        left, top = sighting.crop_xyxy[:2]
        x1, y1, x2, y2 = (round(v) for v in sighting.xyxy)
        part = sighting.crop[max(0, y1 - top) : y2 - top, max(0, x1 - left) : x2 - left]
        if min(part.shape[:2]) < 6:
            continue
        reading = reader.read([part])[0]
        if len(reading.text) >= 4 and any(c.isdigit() for c in reading.text):
            best = max(best, reading.score)
    return best


def moves_as_one(exposure: Exposure) -> bool:
    """Whether the object moves as one with all around it: a face on a poster does, a head before a street does not.

    The first and the last crop, at least half a second apart, are laid over each other; on a print the surroundings
    then fit as well as the face. Somebody who stands still before a still camera looks the same: to be reviewed, too.
    """
    with_crops = [s for s in exposure.sightings if s.crop is not None]
    if len(with_crops) < 2 or with_crops[-1].seconds - with_crops[0].seconds < _LEAST_APART_S:
        return False
    first, last = _square(with_crops[0]), _square(with_crops[-1])
    if first is None or last is None:
        return False
    warp = np.eye(2, 3, dtype=np.float32)
    steps = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)
    try:
        _, fitted = cv2.findTransformECC(first, last, warp, cv2.MOTION_AFFINE, steps, _EVERYWHERE, 5)
    except cv2.error:  # nothing fits at all
        return False
    laid = cv2.warpAffine(
        last, np.asarray(fitted), (_SQUARE_PX, _SQUARE_PX), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    inside = np.zeros((_SQUARE_PX, _SQUARE_PX), bool)
    edge = _SQUARE_PX // 4
    inside[edge:-edge, edge:-edge] = True
    border = _SQUARE_PX // 12
    around = ~inside
    around[:border] = around[-border:] = around[:, :border] = around[:, -border:] = False
    return min(_correlation(first[part], laid[part]) for part in (inside, around)) > _AS_ONE


def _square(sighting: AuditDetection) -> np.ndarray | None:
    """The object and half its size around it, as a grey square; None where the picture's edge cuts that."""
    assert sighting.crop is not None
    left, top = sighting.crop_xyxy[:2]
    x1, y1, x2, y2 = sighting.xyxy
    dx, dy = (x2 - x1) / 2, (y2 - y1) / 2
    box = (round(x1 - dx - left), round(y1 - dy - top), round(x2 + dx - left), round(y2 + dy - top))
    h, w = sighting.crop.shape[:2]
    if box[0] < 0 or box[1] < 0 or box[2] > w or box[3] > h or box[2] - box[0] < 8 or box[3] - box[1] < 8:
        return None
    part = cv2.cvtColor(sighting.crop[box[1] : box[3], box[0] : box[2]], cv2.COLOR_RGB2GRAY)
    return cv2.resize(part, (_SQUARE_PX, _SQUARE_PX), interpolation=cv2.INTER_AREA)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a.astype(np.float32) - a.mean(), b.astype(np.float32) - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 1e-6 else 0.0
