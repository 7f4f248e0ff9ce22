"""The scorers that can be had: a service whose extras are half installed scores what it can, and tells the rest.

A score that nobody made is never 0: it is left out, the verdict names it as ``not_scored``, and where nothing can be
scored the error tells what is to be installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import BackendError, DashcamCleanerError, ExtraMissing
from dashcamcleaner.scenes.classify.safety import SafetyBox, SafetyScorer

__all__ = ["PictureScores", "Scorers"]

_GROUPS = (("nudity",), ("violence", "drugs"))
"""What is opened together: each may be missing without the other."""


@dataclass(slots=True)
class PictureScores:
    """What one picture shows, by all scorers.

    Args:
        scores: category -> 0 to 1.
        parts: what they are made of.
        boxes: where something was seen, in pixels of the picture given.
        experimental: scores and parts that are weak or were not measured.
    """

    scores: dict[str, float] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    boxes: list[SafetyBox] = field(default_factory=list)
    experimental: list[str] = field(default_factory=list)


class Scorers:
    """The scorers of a pool, as far as they can be opened.

    Args:
        models: gives them, and keeps them.

    Attributes:
        missing: why the others cannot.
    """

    def __init__(self, models: ModelPool) -> None:
        self._scorers: list[SafetyScorer] = []
        self.missing: list[DashcamCleanerError] = []
        for group in _GROUPS:
            try:
                self._scorers.append(models.safety(group))
            except (ExtraMissing, BackendError) as error:
                self.missing.append(error)

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The cards of the networks at work."""
        return [card.as_dict() for scorer in self._scorers for card in scorer.models]

    def score(self, pictures: Sequence[np.ndarray]) -> list[PictureScores]:
        """One answer for each picture, uint8 RGB ``(h, w, 3)``, upright.

        Raises:
            ExtraMissing, BackendError: nothing can be scored, or a network failed.
        """
        if not self._scorers:
            raise self.missing[0]
        found = [PictureScores() for _ in pictures]
        for scorer in self._scorers:
            for whole, part in zip(found, scorer.score(pictures), strict=True):
                whole.scores |= part.scores
                whole.parts |= part.parts
                whole.boxes += part.boxes
                whole.experimental += part.experimental
        return found
