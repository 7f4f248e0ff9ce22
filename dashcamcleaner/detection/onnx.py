"""ONNX Runtime: the portable third engine (and CUDA through its own build); `open_detector` calls this."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from dashcamcleaner.detection.batch_size import best_batch
from dashcamcleaner.detection.batched import BatchedDetector
from dashcamcleaner.detection.detector import SCORE_FLOOR, DetectorDescription
from dashcamcleaner.detection.onnx_metadata import check_sizes, checked_input, facts_of
from dashcamcleaner.detection.weights import Weights, verify_file
from dashcamcleaner.detection.yolo import cpu_count, rounded_up
from dashcamcleaner.errors import BackendError, BackendMissing, WeightsError, extra_hint
from dashcamcleaner.messages import msg

__all__ = ["available_devices", "open_yolo", "versions"]

_MOST_WORDS = 200


def _import() -> Any:
    try:
        import onnxruntime
    except (ImportError, OSError) as error:
        reason = (
            msg("is not installed")
            if isinstance(error, ModuleNotFoundError)
            else msg("cannot be loaded ({error})", error=error)
        )
        raise BackendMissing(
            msg("ONNX Runtime {reason}.", reason=reason), hint=extra_hint("onnx", checkout="audit")
        ) from error
    onnxruntime.disable_telemetry_events()  # Windows builds would report to the system's event log
    return onnxruntime


def versions() -> dict[str, str]:
    """Name and version of the backend."""
    return {"onnxruntime": str(_import().__version__)}


def available_devices() -> dict[str, str]:
    """Device name -> full name."""
    providers = _import().get_available_providers()
    found = {"cuda:0": "CUDAExecutionProvider"} if "CUDAExecutionProvider" in providers else {}
    return {**found, "cpu": "CPUExecutionProvider"}


def open_yolo(
    weights: Weights,
    *,
    input_size: tuple[int, int],
    device: str = "auto",
    precision: str = "auto",
    batch: int = 1,
    threads: int = 0,
    floor: float = SCORE_FLOOR,
    why: str = "",
) -> BatchedDetector:
    """Load an ``.onnx`` for one input size; a file exported for a fixed size keeps its own.

    Raises:
        BackendError: no such device or precision.
        WeightsError: no ``.onnx``, or one that the runtime cannot read.
    """
    ort = _import()
    int8 = weights.file("onnx", precision="int8")
    file = int8 if precision == "int8" else weights.file("onnx") or int8
    if file is None:
        raise WeightsError(
            msg(
                "the weights {weights} have no {value}.onnx file.",
                weights=weights.name,
                value="int8 " if precision == "int8" else "",
            ),
            hint="Use another backend, or --precision auto.",
        )
    if precision in ("bf16", "f16"):
        raise BackendError(
            msg("ONNX Runtime runs the .onnx as it is, not in {precision}.", precision=precision),
            hint="Use --backend openvino.",
        )
    digest = verify_file(file)
    providers = available_devices()
    wanted = {"auto": next(iter(providers)), "gpu": "cuda:0", "cuda": "cuda:0"}.get(device.lower(), device.lower())
    if wanted not in providers:
        raise BackendError(
            msg("ONNX Runtime has no device {device} here.", device=repr(device)),
            hint=msg("It has: {providers}.", providers=", ".join(providers)),
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or min(cpu_count(), 8)
    options.inter_op_num_threads = 1
    # Its threads spin between layers by default, which burns a core that decoder and encoder need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # what goes wrong is told in a sentence of ours
    try:
        session = ort.InferenceSession(str(file.path), options, providers=[providers[wanted]])
        given = session.get_inputs()[0]
    except Exception as error:  # the runtime's exceptions share no base but this
        raise WeightsError(
            msg("ONNX Runtime cannot load {path}: {first_line}.", path=file.path.name, first_line=_first_line(error))
        ) from error
    facts = facts_of(file.path, weights=weights)
    count, own_size = checked_input(file.path, given.shape)
    if given.type not in ("tensor(float)", "tensor(float16)"):
        raise WeightsError(
            msg("{path} takes {type}, not pictures.", path=file.path.name, type=given.type),
            hint="Export it with float input.",
        )
    input_size = own_size or rounded_up(input_size, stride=facts.stride)
    pixels = input_size[0] * input_size[1] * (count or max(1, batch))
    check_sizes(file.path, [one.shape for one in session.get_outputs()], pixels=pixels, outputs=True)
    number = np.float16 if given.type == "tensor(float16)" else np.float32

    def infer(pictures: np.ndarray) -> np.ndarray:
        planes = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
        answer: np.ndarray = session.run(None, {given.name: np.multiply(planes, 1 / 255, dtype=number)})[0]
        return answer

    def seconds(size: int) -> float:
        begun = time.perf_counter()
        infer(np.zeros((size, input_size[1], input_size[0], 3), np.uint8))
        return time.perf_counter() - begun

    if not batch:
        batch = 1
        if wanted.startswith("cuda") and not count:
            batch, chosen = best_batch(seconds, failures=(Exception,))
            why = f"{why}; {chosen}"
    return BatchedDetector(
        infer,
        class_kinds=facts.kinds,
        head=facts.head,
        input_size=input_size,
        batch=count or batch,
        floor=floor,
        description=DetectorDescription(
            backend="onnx",
            device=wanted,
            precision=file.precision or ("f16" if number is np.float16 else "f32"),
            weights=weights.name,
            weights_sha256=digest,
            why=why,
        ),
        failures=(Exception,),
    )


def _first_line(error: Exception) -> str:
    words = next((line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return words if len(words) <= _MOST_WORDS else words[:_MOST_WORDS] + "..."
