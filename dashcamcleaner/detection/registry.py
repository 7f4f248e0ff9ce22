"""The backends that see, behind one port: `open_detector` finds weights, picks a backend and gives a `Detector`.

Engines stand in a table of module paths and are imported on use, so that nobody pays for torch who runs on OpenVINO,
and none needs to be installed to ask what there is. ``run``, ``training`` and ``doctor`` call this.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.detector import SCORE_FLOOR, Detector, DetectorDescription, PipelinedDetector
from dashcamcleaner.detection.weights import Weights
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.detection.yolo import network_size, suppress
from dashcamcleaner.errors import BackendError, BackendMissing, WeightsUntrusted, extra_hint
from dashcamcleaner.messages import joined, msg

__all__ = ["BACKENDS", "CombinedDetector", "backend_installed", "gpu_torch_likely", "open_detector"]

BACKENDS: dict[str, tuple[str, str, str]] = {
    "openvino": ("dashcamcleaner.detection.openvino", "openvino", extra_hint("")),
    "torch": ("dashcamcleaner.detection.torch", "torch", extra_hint("gpu")),
    "onnx": ("dashcamcleaner.detection.onnx", "onnxruntime", extra_hint("onnx", checkout="audit")),
}
"""Name -> our module, the package it needs, the line that installs it."""


def open_detector(
    *,
    weights: str = "auto",
    backend: str = "auto",
    device: str = "auto",
    inference_size: int = 640,
    precision: str = "auto",
    aspect: tuple[int, int] | None = None,
    batch: int = 1,
    threads: int = 0,
    trust_weights: bool = False,
    floor: float = SCORE_FLOOR,
) -> Detector:
    """The detector that was asked for, loaded and proven by one inference.

    Args:
        weights: a name, a path or ``auto``; several separated by commas work together.
        backend: ``auto`` or a key of `BACKENDS`.
        device: ``auto``, ``cpu``, ``gpu``, ``cuda:0``, ``mps``, or a device name of the backend.
        inference_size: long side of the network input.
        precision: ``auto`` (the chip's best), ``f32``, ``bf16``, ``f16``, ``int8``.
        aspect: upright size of the pictures to come; the network input takes their shape. None: square.
        batch: pictures per inference on a GPU; 0: chosen by the backend, see `detection.batch_size`.
        threads: CPU threads; 0: all the process may use.
        trust_weights: load a foreign ``.pt`` although it can run code; remembered by its hash.
        floor: detections with a lower score are dropped. Runs keep the default; average precision, which is measured
            down to the faintest, wants less.

    Raises:
        WeightsError: no such weights, unreadable ones, or (`WeightsUntrusted`) a foreign pickle.
        BackendMissing: the backend that was asked for is not installed.
        BackendError: no backend works here.
    """
    if backend != "auto" and backend not in BACKENDS:
        raise BackendError(
            msg("there is no backend {backend}.", backend=repr(backend)),
            hint=msg("There are: {backends}.", backends=", ".join(BACKENDS)),
        )
    chosen = [find_weights(name) for name in weights.split(",") if name.strip()] or [find_weights()]
    opened: list[Detector] = []
    try:
        for one in chosen:
            opened.append(
                _open_one(
                    one,
                    backend=backend,
                    device=device,
                    input_size=network_size(inference_size, aspect=aspect),
                    precision=precision,
                    batch=batch,
                    threads=threads,
                    trust_weights=trust_weights,
                    floor=floor,
                )
            )
    except Exception:
        for detector in opened:
            detector.close()
        raise
    return opened[0] if len(opened) == 1 else CombinedDetector(opened)


def _open_one(weights: Weights, *, backend: str, device: str, trust_weights: bool, **options: Any) -> Detector:
    failures: list[tuple[str, BackendError]] = []
    for name, its_device, reason in _candidates(weights, backend=backend, device=device):
        module, _, _ = BACKENDS[name]
        if name == "torch":
            options["trust"] = trust_weights
        else:
            options.pop("trust", None)
        broken = [
            msg("{other} does not work here ({error})", other=other, error=error.message.rstrip("."))
            for other, error in failures
        ]
        why = joined([*broken, reason], "; ")
        try:
            opened: Detector = importlib.import_module(module).open_yolo(weights, device=its_device, why=why, **options)
        except WeightsUntrusted:
            raise
        except BackendError as error:
            failures.append((name, error))
        else:
            return opened
    if len(failures) == 1:
        raise failures[0][1]
    if not failures:
        formats = ", ".join(file.path.name for file in weights.files) or "no file"
        raise BackendMissing(
            msg("no installed backend reads the weights {weights} ({formats}).", weights=weights.name, formats=formats),
            hint=BACKENDS["torch" if weights.file("torch") else "openvino"][2],
        )
    reasons = joined(
        (msg("{name}: {error}", name=name, error=error.message.rstrip(".")) for name, error in failures), "; "
    )
    raise BackendError(
        msg("no backend works with the weights {weights} ({reasons}).", weights=weights.name, reasons=reasons),
        hint=failures[0][1].hint,
    )


def _candidates(weights: Weights, *, backend: str, device: str) -> list[tuple[str, str, str]]:
    """Engines worth trying, best first: name, device, and the reason in words."""
    wanted = device.lower()
    if backend != "auto":
        return [(backend, device, msg("backend {backend} was asked for", backend=backend))]
    found: list[tuple[str, str, str]] = []
    graph, pickle = weights.file("onnx", "openvino") is not None, weights.file("torch") is not None
    int8_only = not graph and weights.file("onnx", "openvino", precision="int8") is not None
    graph = graph or int8_only
    if pickle and (wanted.startswith(("cuda", "mps")) or (wanted in ("auto", "gpu") and gpu_torch_likely())):
        asked = (
            msg("the device was asked for") if wanted != "auto" else msg("a GPU that torch can use is the fastest here")
        )
        # "gpu", so that torch refuses rather than falls back to its slow CPU path where the driver does not fit.
        found.append(("torch", "gpu" if wanted == "auto" else device, asked))
    if wanted.startswith("cuda"):
        if graph and backend_installed("onnx"):
            found.append(("onnx", device, msg("ONNX Runtime has the device that was asked for")))
        return found or [("torch", device, msg("only torch knows this device"))]
    if wanted.startswith("mps"):
        return found or [("torch", device, msg("only torch knows this device"))]
    if graph and backend_installed("openvino"):
        found.append(("openvino", device, msg("OpenVINO is the fastest engine on a CPU, and no GPU serves torch here")))
    if graph and backend_installed("onnx") and wanted in ("auto", "cpu"):
        found.append(("onnx", device, msg("ONNX Runtime runs the .onnx file")))
    if pickle and backend_installed("torch") and not any(name == "torch" for name, _, _ in found):
        found.append(
            ("torch", device, msg("only torch opens a .pt file") if not graph else msg("torch runs the .pt file"))
        )
    return found


def backend_installed(name: str) -> bool:
    """Whether a backend's package can be found, without importing it."""
    package = BACKENDS[name][1]
    return package in sys.modules or importlib.util.find_spec(package) is not None


def gpu_torch_likely() -> bool:
    """Whether torch is installed and may find a GPU, without the seconds that importing it takes."""
    if not backend_installed("torch"):
        return False
    if sys.platform == "darwin":
        return True
    try:
        if importlib.metadata.version("torch").endswith("+cpu"):
            return False
    except importlib.metadata.PackageNotFoundError:
        return False
    if sys.platform == "win32":
        return True
    return any(Path(node).exists() for node in ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"))


class CombinedDetector:
    """Several detectors that look at the same pictures, for instance one for faces and one for plates.

    What two of them know is taken from both; duplicates are suppressed.
    """

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self.detectors = tuple(detectors)
        self.kinds = tuple(dict.fromkeys(kind for detector in detectors for kind in detector.kinds))
        self.input_size = detectors[0].input_size
        self.parallel = max(1, min(detector.parallel for detector in detectors))
        self.batch = max(1, min(int(getattr(detector, "batch", 1)) for detector in detectors))
        descriptions = [detector.description for detector in detectors]
        self.description = DetectorDescription(
            backend=" + ".join(dict.fromkeys(one.backend for one in descriptions)),
            device=" + ".join(dict.fromkeys(one.device for one in descriptions)),
            precision=" + ".join(dict.fromkeys(one.precision for one in descriptions)),
            weights=",".join(one.weights for one in descriptions),
            weights_sha256=",".join(one.weights_sha256 for one in descriptions),
            why=joined(dict.fromkeys(one.why for one in descriptions if one.why), "; "),
        )

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        """See `Detector.detect`."""
        return self.result(self.submit(pictures))

    def submit(self, pictures: Sequence[np.ndarray]) -> list[tuple[Detector, Any]]:
        """Start those that can be started; the others have finished when this returns."""
        return [
            (one, one.submit(pictures) if isinstance(one, PipelinedDetector) else one.detect(pictures))
            for one in self.detectors
        ]

    def result(self, handle: list[tuple[Detector, Any]]) -> list[Detections]:
        """Wait for all; each picture's detections together."""
        parts = [one.result(part) if isinstance(one, PipelinedDetector) else part for one, part in handle]
        return [suppress(Detections.concatenate(seen)) for seen in zip(*parts, strict=True)]

    def close(self) -> None:
        """Close them all."""
        for detector in self.detectors:
            detector.close()
