"""The scorers that can be had: a service whose extras are half installed scores what it can, and tells the rest.

A score that nobody made is never 0: it is left out, the verdict names it as ``not_scored``, and where nothing can be
scored the error tells what is to be installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import BackendError, DashcamCleanerError, ExtraMissing
from dashcamcleaner.scenes.classify.safety import SafetyBox, SafetyScorer

__all__ = ["PictureScores", "Scorers", "highest"]

_GROUPS = (("nudity",), ("violence", "drugs"))
"""What is opened together: each may be missing without the other."""
_SAME_BOX = 0.5
"""Intersection over union from which on boxes of two views show one thing."""


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


def highest(views: Sequence[PictureScores]) -> PictureScores:
    """One answer for a picture that viewers show in several ways: of each score and part the highest, all boxes once.

    Args:
        views: the answer for each way, all of one size and by the same scorers; one or more.
    """
    found = PictureScores(experimental=list(views[0].experimental))
    for view in views:
        for ours, theirs in ((found.scores, view.scores), (found.parts, view.parts)):
            ours.update({name: max(value, ours.get(name, 0.0)) for name, value in theirs.items()})
        for box in view.boxes:
            same = next((at for at, other in enumerate(found.boxes) if _is_same(box, other)), None)
            if same is None:
                found.boxes.append(box)
            elif found.boxes[same].score < box.score:
                found.boxes[same] = box
    return found


def _is_same(one: SafetyBox, other: SafetyBox) -> bool:
    corners = [np.array([[box.x, box.y, box.x + box.w, box.y + box.h]]) for box in (one, other)]
    return one.label == other.label and float(iou(*corners)[0, 0]) >= _SAME_BOX
