"""The port behind which every backend stands; `detection.registry` opens one, `detection.tiling` uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from dashcamcleaner.core.boxes import Detections

__all__ = ["SCORE_FLOOR", "Detector", "DetectorDescription", "PipelinedDetector"]

SCORE_FLOOR = 0.05
"""Detections are kept down to this score whatever the threshold, so that the dial can be turned both ways later."""


@dataclass(frozen=True, slots=True)
class DetectorDescription:
    """What is at work, for people, plans and reports.

    Args:
        backend: ``openvino``, ``torch`` or ``onnx``.
        device: ``CPU``, ``cuda:0``, ... with its full name where the backend tells.
        precision: ``f32``, ``bf16``, ``f16`` or ``int8``.
        weights: name of the weights.
        weights_sha256: the SHA-256 of the file that was loaded.
        why: why this backend, device and precision were chosen, one sentence.
    """

    backend: str
    device: str
    precision: str
    weights: str
    weights_sha256: str
    why: str = ""


@runtime_checkable
class Detector(Protocol):
    """An object detector on RGB pictures.

    Attributes:
        kinds: the kinds it can see.
        input_size: ``(width, height)`` of its network input; pictures of this size need no scaling.
        description: what is at work.
        parallel: how many pictures are worth giving at once.
    """

    kinds: tuple[str, ...]
    input_size: tuple[int, int]
    description: DetectorDescription
    parallel: int

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        """Detections per picture, boxes in the pixels of the picture given, scores down to `SCORE_FLOOR`.

        Args:
            pictures: uint8 RGB ``(h, w, 3)`` each, of any size (they are letterboxed).

        Raises:
            DetectorFailed: the backend raised, or its output is not numbers.
        """

    def close(self) -> None:
        """Give the backend's memory and threads back."""


@runtime_checkable
class PipelinedDetector(Detector, Protocol):
    """A detector that can work on pictures while the caller does something else.

    It works on `parallel` of them at once; more under way only wait.
    """

    def submit(self, pictures: Sequence[np.ndarray]) -> Any:
        """Start the pictures and return a handle; the pictures' memory may be used again at once.

        Raises:
            DetectorFailed: the backend refused.
        """

    def result(self, handle: Any) -> list[Detections]:
        """Wait for a handle's pictures; each handle is fetched once. Raises as `Detector.detect` does."""
