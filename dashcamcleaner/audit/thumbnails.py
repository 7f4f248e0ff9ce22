"""Small pictures of an output for the report, blurred so that nobody can be told. Used by `audit.frame_audit`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from dashcamcleaner.core.findings import Finding, Severity
from dashcamcleaner.core.frame import Frame

__all__ = ["ThumbnailBook"]

_THUMBNAIL_PX = 192
_MOST_THUMBNAILS = 300
_MOST_SHOWN = 40

Box = tuple[float, float, float, float]


class ThumbnailBook:
    """Keeps small copies of frames while a clip passes; at the end some of them are needed.

    Args:
        upright_size: ``(width, height)`` of the full-size picture, in whose pixels findings tell their boxes.
    """

    def __init__(self, upright_size: tuple[int, int]) -> None:
        self._upright_size = upright_size
        self._kept: dict[int, np.ndarray] = {}

    def keep(self, output: Frame, index: int) -> None:
        """Keep a frame, unless one close by is kept already or there are enough."""
        if index in self._kept or len(self._kept) >= _MOST_THUMBNAILS:
            return
        if any(abs(index - other) < 5 for other in itertools.islice(reversed(self._kept), 3)):
            return
        w, h = output.upright_size
        scale = _THUMBNAIL_PX / max(w, h)
        self._kept[index] = output.scale((max(2, round(w * scale)), max(2, round(h * scale)))).copy()

    def of(self, findings: Sequence[Finding]) -> dict[int, bytes]:
        """Obscured JPEGs with the place marked, by the index of the finding; not every finding has one."""
        made: dict[int, bytes] = {}
        if not self._kept:
            return made
        for number, finding in enumerate(findings[:_MOST_SHOWN]):
            if finding.first_frame < 0 or finding.severity is Severity.NOTE:
                continue
            near = min(self._kept, key=lambda i: (abs(i - (finding.first_frame + finding.last_frame) // 2), i))
            if finding.first_frame - 10 <= near <= finding.last_frame + 10:
                box = finding.boxes.get(near) or _nearest(finding, near)
                made[number] = _obscured_jpeg(self._kept[near], box, self._upright_size)
        return made


def _nearest(finding: Finding, frame: int) -> Box | None:
    if not finding.boxes:
        return None
    return finding.boxes[min(finding.boxes, key=lambda i: abs(i - frame))]


def _obscured_jpeg(picture: np.ndarray, box: Box | None, size: tuple[int, int]) -> bytes:
    """The picture blurred so that nobody can be told in it, with the place marked."""
    h, w = picture.shape[:2]
    shown = cv2.GaussianBlur(picture, (0, 0), _THUMBNAIL_PX / 64)
    if box is not None:
        scale = w / size[0]
        x1, y1, x2, y2 = (round(v * scale) for v in box)
        x1, y1, x2, y2 = max(0, x1 - 1), max(0, y1 - 1), min(w, x2 + 1), min(h, y2 + 1)
        if x2 > x1 and y2 > y1:
            shown[y1:y2, x1:x2] = shown[y1:y2, x1:x2].mean(axis=(0, 1)).astype(np.uint8)
            cv2.rectangle(shown, (x1 - 2, y1 - 2), (x2 + 2, y2 + 2), (220, 40, 40), 1)
    return cv2.imencode(".jpg", shown[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
