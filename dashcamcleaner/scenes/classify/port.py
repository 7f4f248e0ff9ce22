"""The port behind which every classifier stands: pictures in, a score for each label out.

`scenes.classify.registry` opens one, `detection.pool.ModelPool` keeps it; the scoring of pictures, the cutting of clips
and live sources ask it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from dashcamcleaner.errors import DetectorFailed
from dashcamcleaner.messages import msg

__all__ = ["Classifier", "ModelCard", "checked_scores"]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of a model, told with every answer that it had a part in.

    Args:
        name: its name, with the version.
        source: where its weights come from.
        licence: SPDX name, or words.
        figures: what was measured, and on what, in words; or that its publisher gives no figures.
        experimental: what in its answers is weak or was not measured.
    """

    name: str
    source: str
    licence: str
    figures: str
    experimental: tuple[str, ...] = field(default=())

    @classmethod
    def from_sidecar(cls, metadata: Mapping[str, Any]) -> ModelCard:
        """The card of a sidecar, see docs/scenes.md for its fields; what is missing there is told as untold.

        Raises:
            ValueError: ``experimental`` is no list.
        """
        weak = metadata.get("experimental", [])
        if not isinstance(weak, list | tuple):
            raise ValueError(msg("experimental is no list of labels"))
        return cls(
            name=str(metadata.get("name", "untold")),
            source=str(metadata.get("origin", "untold")),
            licence=str(metadata.get("licence", "untold")),
            figures=str(metadata.get("card", msg("no figures are told"))),
            experimental=tuple(str(label) for label in weak),
        )

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "name": self.name, "source": self.source, "licence": self.licence, "figures": self.figures,
            "experimental": list(self.experimental),
        }  # fmt: skip


@runtime_checkable
class Classifier(Protocol):
    """A classifier of whole pictures. Calls may come from any thread.

    Attributes:
        labels: what it tells apart, in the order of its scores.
        card: what is known of it.
    """

    labels: tuple[str, ...]
    card: ModelCard

    def classify(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """Scores, float32 ``(pictures, labels)``, each 0-1.

        Args:
            pictures: uint8 RGB ``(h, w, 3)`` each, upright, of any size.

        Raises:
            DetectorFailed: the backend raised, or its output is not numbers.
        """

    def close(self) -> None:
        """Give the backend's memory back."""


def checked_scores(scores: np.ndarray, *, pictures: int, labels: int, name: str) -> np.ndarray:
    """Scores as the port promises them.

    Args:
        scores: what a network gave, any shape with ``pictures * labels`` numbers.
        pictures: how many were asked about.
        labels: how many there are.
        name: the model's, for the message.

    Raises:
        DetectorFailed: another number of scores, or values that are not numbers: nothing is passed on unjudged.
    """
    if scores.size != pictures * labels:
        raise DetectorFailed(
            msg(
                "{name} gave {size} scores for {pictures} pictures and {labels} labels.",
                name=name,
                size=scores.size,
                pictures=pictures,
                labels=labels,
            ),
            hint="Check that the labels file has one line for each of the model's outputs.",
        )
    if not np.isfinite(scores).all():
        raise DetectorFailed(msg("{name} gave values that are not numbers.", name=name))
    return np.clip(scores.reshape(pictures, labels), 0, 1).astype(np.float32)
