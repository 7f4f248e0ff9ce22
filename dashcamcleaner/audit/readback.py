"""Tries to get back what regions hide: reads covered plates, looks for faces in covered faces. Called by `audit.audit`.

Of every track the largest few covered crops are kept, of source and output. At the end each is put to the reader
(plates) or the face detector: what it makes nothing of in the *source* proves nothing and is not counted; what it
reads there, it must not read in the output, neither in a single frame nor in several aligned and fused.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from dashcamcleaner.audit.exposures import legibility
from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.finding_table import checked, found
from dashcamcleaner.core.findings import Check, Finding
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.plan import Region
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.ocr import Reading, TextReader

__all__ = ["ReadbackTest", "likeness_of_texts"]

_CROPS_PER_TRACK = 6
_CROP_PX = 256
_LEAST_FRAMES_APART = 3
_MOST_TRACKS = 200
"""Beyond, the smallest give way: a crowd would take longer to read than to clean."""

_LEAST_READ_PX = 14
_LEAST_FOUND_PX = 20
"""Heights below which the reader and the detector are not asked."""

_PARTS = (1.0, 0.75, 0.6)
"""Regions are larger than their plates, by how much differs: the reader takes a line, not a line amid a bumper."""

_READ_BACK = 0.5
"""Share of the source's characters, in their order and in runs of two or more, from which on a reading counts."""

_FACE_AGAIN = 0.5


@dataclass(slots=True, eq=False)
class _Sample:
    frame: int
    seconds: float
    xyxy: tuple[float, float, float, float]
    source: np.ndarray
    output: np.ndarray
    inner: tuple[float, float, float, float]
    area: float


@dataclass(slots=True, eq=False)
class _Covered:
    kind: str
    samples: list[_Sample] = field(default_factory=list)

    @property
    def size(self) -> float:
        return max((sample.area for sample in self.samples), default=0.0)


class ReadbackTest:
    """Collects covered crops of a clip; `findings` then tries them.

    Args:
        reader: reads plates; None where there is none.
        faces: finds faces in small pictures; None where there is none.
    """

    def __init__(self, *, reader: TextReader | None, faces: Detector | None) -> None:
        self._reader = reader
        self._faces = faces
        self._tracks: dict[tuple[str, int], _Covered] = {}

    def offer(
        self, source: np.ndarray, output: np.ndarray, regions: Sequence[Region], *, frame: int, seconds: float
    ) -> None:
        """A frame's upright lumas and what is hidden in it; the best crops are copied."""
        for number, region in enumerate(regions):
            height = region.xyxy[3] - region.xyxy[1]
            rules = rules_of(region.kind)
            if rules.carries_text:
                if self._reader is None or height < _LEAST_READ_PX:
                    continue
            elif not rules.second_detector or self._faces is None or height < _LEAST_FOUND_PX:
                continue
            key = (region.kind, region.track if region.track is not None else -1 - frame * 1000 - number)
            covered = self._tracks.setdefault(key, _Covered(region.kind))
            self._keep(covered, source, output, region, frame, seconds)
        if len(self._tracks) > 2 * _MOST_TRACKS:
            best = sorted(self._tracks.items(), key=lambda item: -item[1].size)
            self._tracks = dict(best[:_MOST_TRACKS])

    @staticmethod
    def _keep(
        covered: _Covered, source: np.ndarray, output: np.ndarray, region: Region, frame: int, seconds: float
    ) -> None:
        samples = covered.samples
        area = (region.xyxy[2] - region.xyxy[0]) * (region.xyxy[3] - region.xyxy[1])
        near = [sample for sample in samples if abs(sample.frame - frame) < _LEAST_FRAMES_APART]
        rivals = near or (samples if len(samples) >= _CROPS_PER_TRACK else [])
        if rivals:
            worst = min(rivals, key=lambda sample: sample.area)
            if worst.area >= area:
                return
            samples.remove(worst)
        x1, y1, x2, y2 = _window(region.xyxy, source.shape, grow=_margin(covered.kind))
        if x2 - x1 < 8 or y2 - y1 < 6:
            return
        inner = (region.xyxy[0] - x1, region.xyxy[1] - y1, region.xyxy[2] - x1, region.xyxy[3] - y1)
        crops = _fitted(source[y1:y2, x1:x2]), _fitted(output[y1:y2, x1:x2])
        scale = crops[0].shape[1] / (x2 - x1)
        small = (inner[0] * scale, inner[1] * scale, inner[2] * scale, inner[3] * scale)
        samples.append(_Sample(frame, seconds, region.xyxy, *crops, small, area))

    def findings(self) -> tuple[list[Check], list[Finding]]:
        """Try all that was collected."""
        plates, again = checked("read-back", looked_at=0), checked("face-again", looked_at=0)
        findings: list[Finding] = []
        for (kind, track), covered in self._tracks.items():
            if not covered.samples:
                continue
            reads = rules_of(kind).carries_text
            finding = self._try_reading(covered, plates) if reads else self._try_detecting(covered, again)
            if finding is not None:
                finding.track = track if track >= 0 else None
                findings.append(finding)
        return [plates, again], findings

    def _try_reading(self, covered: _Covered, check: Check) -> Finding | None:
        assert self._reader is not None
        samples = sorted(covered.samples, key=lambda sample: sample.frame)
        text = _agreed([self._read_best(sample.source) for sample in samples])
        if not text:
            return None
        check.looked_at += 1
        crops = [sample.output for sample in samples]
        tried = [_middle(crop, part) for crop in (*crops, *_fused(crops)) for part in _PARTS]
        readings = self._reader.read([_rgb(crop) for crop in tried])
        best = max(readings, key=lambda reading: likeness_of_texts(text, reading.text))
        share = likeness_of_texts(text, best.text)
        if share < _READ_BACK or best.score < 0.3:
            return None
        check.found += 1
        return _finding(covered, "read-back", {"share": share},
                        doubt=min(1.0, 0.5 + share / 2), evidence={"share": round(share, 2)})  # fmt: skip

    def _read_best(self, crop: np.ndarray) -> Reading:
        """What a clear crop says at best, with less and less around it."""
        assert self._reader is not None
        readings = self._reader.read([_rgb(_middle(crop, part)) for part in _PARTS])
        return max(readings, key=lambda reading: reading.score * len(reading.text))

    def _try_detecting(self, covered: _Covered, check: Check) -> Finding | None:
        assert self._faces is not None
        hits, best = 0, 0.0
        known = False
        for sample in covered.samples:
            if self._score(sample.source, sample.inner, covered.kind) < _FACE_AGAIN:
                continue
            known = True
            score = self._score(sample.output, sample.inner, covered.kind)
            best = max(best, score)
            hits += score >= _FACE_AGAIN
        check.looked_at += known
        if not known or not hits:
            return None
        check.found += 1
        return _finding(
            covered, "face-again", {"hits": hits, "count": len(covered.samples), "score": best},
            doubt=0.2 * best, evidence={"score": round(best, 2), "pictures": hits},
        )  # fmt: skip

    def _score(self, crop: np.ndarray, inner: tuple[float, float, float, float], kind: str) -> float:
        assert self._faces is not None
        seen = self._faces.detect([_rgb(crop)])[0].of_kind(kind)
        if not len(seen):
            return 0.0
        hits = iou(np.array([inner]), seen.xyxy)[0] > 0.2
        return float(seen.score[hits].max()) if hits.any() else 0.0


def likeness_of_texts(truth: str, text: str) -> float:
    """The share of the truth's characters that the text holds in the same order, in runs of two and more."""
    if not truth or not text:
        return 0.0
    blocks = difflib.SequenceMatcher(None, truth, text, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / len(truth)


def _agreed(readings: Sequence[Reading]) -> str:
    """What the source says, if it can be read: two frames that agree, or one that is sure. Empty otherwise."""
    usable = [r for r in readings if len(r.text) >= 4 and r.score > 0.5]
    best = max(usable, key=lambda r: r.score * len(r.text), default=None)
    if best is None:
        return ""
    if best.score > 0.9 and len(best.text) >= 5:
        return best.text
    agree = [r for r in usable if r is not best and likeness_of_texts(best.text, r.text) > 0.6]
    return best.text if agree else ""


def _fused(crops: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Several frames' crops aligned by their regions: their mean, and the same sharpened and stretched."""
    if len(crops) < 2:
        return []
    h = max(96, *(crop.shape[0] for crop in crops))
    w = round(h * float(np.median([crop.shape[1] / crop.shape[0] for crop in crops])))
    sized = [cv2.resize(crop, (w, h), interpolation=cv2.INTER_CUBIC).astype(np.float32) for crop in crops]
    mean = np.mean(sized, axis=0)
    sharp = mean + 2.0 * (mean - cv2.GaussianBlur(mean, (0, 0), h / 16))
    low, high = np.percentile(sharp, (1, 99))
    stretched = (sharp - low) * (255 / max(high - low, 1.0))
    return [np.clip(values, 0, 255).astype(np.uint8) for values in (mean, stretched)]


def _fitted(crop: np.ndarray) -> np.ndarray:
    """A copy, shrunk where it is larger than what is needed to read it."""
    scale = _CROP_PX / max(crop.shape)
    if scale >= 1:
        return crop.copy()
    size = (max(8, round(crop.shape[1] * scale)), max(6, round(crop.shape[0] * scale)))
    return cv2.resize(crop, size, interpolation=cv2.INTER_AREA)


def _middle(crop: np.ndarray, part: float) -> np.ndarray:
    """The middle part of a crop, by its sides."""
    h, w = crop.shape
    dy, dx = round(h * (1 - part) / 2), round(w * (1 - part) / 2)
    return crop[dy : h - dy, dx : w - dx]


def _margin(kind: str) -> float:
    """How much around a region goes into its crop: a detector wants some surroundings, a reader none."""
    return 1.0 if rules_of(kind).carries_text else 1.6


def _window(xyxy: Sequence[float], shape: tuple[int, ...], *, grow: float) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = xyxy
    dx, dy = (x2 - x1) * (grow - 1) / 2, (y2 - y1) * (grow - 1) / 2
    return (max(0, int(x1 - dx)), max(0, int(y1 - dy)), min(shape[1], int(x2 + dx)), min(shape[0], int(y2 + dy)))


def _rgb(luma: np.ndarray) -> np.ndarray:
    return np.repeat(luma[..., None], 3, axis=2)


def _finding(
    covered: _Covered, code: str, words: dict[str, object], *, doubt: float, evidence: dict[str, float]
) -> Finding:  # fmt: skip
    samples = sorted(covered.samples, key=lambda sample: sample.frame)
    height = max(sample.xyxy[3] - sample.xyxy[1] for sample in samples)
    return found(
        code,
        {"kind": rules_of(covered.kind).noun, **words},
        kind=covered.kind,
        first_frame=samples[0].frame,
        last_frame=samples[-1].frame,
        start_s=samples[0].seconds,
        end_s=samples[-1].seconds,
        boxes={sample.frame: sample.xyxy for sample in samples},
        legible=legibility(covered.kind, height_px=height / 1.5),
        doubt=doubt,
        evidence=dict(evidence),
    )
