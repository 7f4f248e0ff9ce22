"""Who looks, in an audit: detectors and the text reader, taken from the pool, and what could not be opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashcamcleaner.audit.exposures import AuditDetection, Exposure
from dashcamcleaner.audit.search import LeftoverSearch, best_reading, second_opinion
from dashcamcleaner.core.finding_table import not_checked
from dashcamcleaner.core.findings import Check
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.ocr import TextReader
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import BackendError, ExtraMissing, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.settings import Settings

__all__ = ["FACES", "OWN", "AuditModels", "open_models"]

FACES = "faces"
OWN = "own"
"""Names of the views in scores: other weights for faces, and the run's own weights looking differently."""

_CROP_SIZE = 320
_OTHER_SCALE = 1.25
_FACE_SIZE = 1280
_MOST_SIZE = 1920

FLOORS = {FACES: 0.3, OWN: 0.12}
"""Lowest score that is followed over time; what becomes a finding is decided over all sightings of an object."""


@dataclass(slots=True)
class AuditModels:
    """All that looks.

    Args:
        searcher: looks at whole pictures.
        crops: detectors for enlarged crops, by the same names.
        reader: reads plates; None where it is not installed.
        descriptions: what is at work, for people.
        missing: checks that cannot be done, and why.
        kinds: the kinds that matter.
    """

    searcher: LeftoverSearch
    crops: dict[str, Detector]
    reader: TextReader | None
    descriptions: list[str]
    missing: list[Check]
    kinds: tuple[str, ...]
    whole: dict[str, Detector] = field(default_factory=dict)

    def second_opinion(self, exposure: Exposure) -> dict[str, float]:
        """What each detector makes of an exposure's enlarged crops."""
        return second_opinion(exposure, detectors=self.crops)

    def reads(self) -> Callable[[Exposure], float] | None:
        """How well text of a plate's kind can be read in an exposure's crops; None where nobody can read."""
        reader = self.reader
        return None if reader is None else lambda exposure: best_reading(exposure, reader=reader)

    def search_picture(self, picture: np.ndarray) -> list[AuditDetection]:
        """What can be seen in a picture beside the video stream."""
        return self.searcher.search(picture, frame=0, seconds=0.0, hidden_share=lambda _box: 0.0)


def open_models(settings: Settings, *, upright_size: tuple[int, int], models: ModelPool) -> AuditModels:
    """Take what is installed from the pool.

    Raises:
        BackendError: not even the run's own weights can be loaded.
    """
    kinds = settings.kinds()
    whole: dict[str, Detector] = {}
    crops: dict[str, Detector] = {}
    missing: list[Check] = []
    descriptions: list[str] = []
    aspect = upright_size
    size = min(_MOST_SIZE, round(settings.inference_size * settings.tiles**0.5 * _OTHER_SCALE))
    common: dict[str, Any] = {
        "weights": settings.weights, "backend": settings.backend, "device": settings.device,
        "precision": settings.precision, "threads": settings.workers, "trust_weights": settings.trust_weights,
    }  # fmt: skip
    try:
        whole[OWN] = models.detector(inference_size=size, aspect=aspect, **common)
        crops[OWN] = models.detector(inference_size=_CROP_SIZE, aspect=None, **common)
        descriptions.append(msg("{weights}, mirrored, at {size} px", weights=whole[OWN].description.weights, size=size))
    except BackendError as error:
        missing.append(_missing("search-own", error))
    if any(rules_of(kind).second_detector for kind in kinds):
        try:
            whole[FACES] = models.second_detector(inference_size=_FACE_SIZE, aspect=aspect, threads=settings.workers)
            crops[FACES] = models.second_detector(inference_size=_CROP_SIZE, threads=settings.workers)
            descriptions.append(
                msg("{weights} at {face_size} px", weights=whole[FACES].description.weights, face_size=_FACE_SIZE)
            )
        except (ExtraMissing, BackendError) as error:
            missing.append(_missing("search-face", error))
    reader: TextReader | None = None
    if any(rules_of(kind).carries_text for kind in kinds):
        try:
            reader = models.text_reader()
            descriptions.append(reader.description)
        except (ExtraMissing, BackendError) as error:
            missing.append(_missing("read-back", error))
    searcher = LeftoverSearch(whole, mirrored=(OWN,), kinds=kinds, floors=FLOORS)
    return AuditModels(searcher, crops, reader, descriptions, missing, kinds, whole)


def _missing(name: str, error: ExtraMissing | BackendError) -> Check:
    way_out = (error.hint or extra_hint("audit")).rstrip(".")
    return not_checked(name, f"{error.message.rstrip('.')} ({way_out})")
