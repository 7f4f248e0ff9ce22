"""A `Classifier` over a network: preparation before it, the meaning of its output after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from dashcamcleaner.scenes.classify.port import ModelCard, checked_scores
from dashcamcleaner.scenes.classify.preparation import Preparation

__all__ = ["OUTPUTS", "NetworkClassifier", "PictureNetwork", "as_probabilities"]

OUTPUTS = ("auto", "probabilities", "logits", "sigmoid")
"""What a network's numbers are: scores already; one of all (softmax); each for itself (sigmoid); told by their sums."""

_BATCH = 32
_MOST_PIXELS = 1 << 24
"""Of all that is prepared, and given to the network, at once: a sidecar may ask for large pictures."""


class PictureNetwork(Protocol):
    """What is run: `detection.network.Network`, or `detection.torch.ClassNetwork`."""

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """The outputs for a batch, float32 ``(n, h, w, 3)``."""

    def close(self) -> None:
        """Give the backend's memory back."""


class NetworkClassifier:
    """See `scenes.classify.port.Classifier`; the best square counts where a picture is judged in several.

    Args:
        network: the network.
        labels: one for each of its outputs, in order.
        preparation: how it wants its pictures.
        output: one of `OUTPUTS`.
        card: what is known of it.
        batch: most rows that are given to the network at once.
    """

    def __init__(
        self, network: PictureNetwork, *, labels: tuple[str, ...], preparation: Preparation, card: ModelCard,
        output: str = "auto", batch: int = _BATCH,
    ) -> None:  # fmt: skip
        self.labels = labels
        self.card = card
        self._network = network
        self._preparation = preparation
        self._output = output
        self._batch = max(1, min(batch, _MOST_PIXELS // (preparation.size[0] * preparation.size[1])))
        self.classify([np.zeros((64, 64, 3), np.uint8)])  # proves that it works, and that the labels fit

    def classify(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """See `scenes.classify.port.Classifier.classify`."""
        if not pictures:
            return np.zeros((0, len(self.labels)), np.float32)
        at_once = max(1, _MOST_PIXELS // (self._preparation.size[0] * self._preparation.size[1]))
        return np.concatenate([self._classify(pictures[at : at + at_once]) for at in range(0, len(pictures), at_once)])

    def _classify(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        rows, counts = self._preparation.batch(pictures)
        given = [self._network.run(rows[at : at + self._batch])[0] for at in range(0, len(rows), self._batch)]
        numbers = np.concatenate([part.reshape(part.shape[0], -1) for part in given])
        scores = checked_scores(
            as_probabilities(numbers, self._output), pictures=len(rows), labels=len(self.labels), name=self.card.name
        )
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        return np.maximum.reduceat(scores, starts, axis=0)

    def close(self) -> None:
        """Give the backend's memory back."""
        self._network.close()


def as_probabilities(numbers: np.ndarray, output: str) -> np.ndarray:
    """A network's numbers as scores 0-1.

    Args:
        numbers: ``(rows, labels)``.
        output: one of `OUTPUTS`; ``auto`` takes rows of positive numbers that add up to one for scores, and makes such
            of all else.
    """
    if output == "auto":
        sums = numbers.sum(axis=1)
        output = "probabilities" if bool((numbers >= 0).all() and np.allclose(sums, 1, atol=0.02)) else "logits"
    if output == "logits":
        grown = np.exp(numbers - numbers.max(axis=1, keepdims=True))
        return grown / grown.sum(axis=1, keepdims=True)
    if output == "sigmoid":
        return 1 / (1 + np.exp(-np.clip(numbers, -60, 60)))
    return numbers
