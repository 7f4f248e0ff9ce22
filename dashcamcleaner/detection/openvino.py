"""OpenVINO, the backend for CPUs (and Intel's GPUs): ONNX or IR weights in, a `Detector` out, for `open_detector`.

Pictures go in as uint8; scaling to 0-1 and the change of layout run inside the graph. Every stream is one thread that
infers one picture: a nano model split over two threads burns 16 ms of CPU instead of 11 (640x384, bf16) to save a few
milliseconds of waiting, so that pictures, not layers, are what runs side by side. `submit` starts pictures, `result`
fetches them: the caller can fetch frame *i* while *i+1* is being inferred.

The compiled model is not cached on disk: reading and compiling a nano takes 0.6 s, from a cache 0.4 s.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.detector import SCORE_FLOOR, DetectorDescription
from dashcamcleaner.detection.onnx_metadata import check_sizes, checked_input, facts_of
from dashcamcleaner.detection.weights import Weights, WeightsFile, verify_file
from dashcamcleaner.detection.yolo import (
    OutputLayout,
    Placement,
    blank_picture,
    cpu_count,
    decode,
    letterbox,
    rounded_up,
    tell_layout,
)
from dashcamcleaner.errors import BackendError, BackendMissing, DetectorFailed, WeightsError, extra_hint
from dashcamcleaner.messages import msg

__all__ = ["OpenVinoDetector", "available_devices", "open_yolo", "told_sides", "versions"]

_MOST_WORDS = 200
_MAX_STREAMS = 8
"""More pictures at once than that only cost memory: the encoder needs cores too."""

_PRECISIONS = {"bfloat16": "bf16", "float16": "f16", "float": "f32", "float32": "f32", "dynamic": "dynamic"}


_importing = threading.Lock()


def _import() -> Any:
    """OpenVINO, imported by one thread at a time: another would find a module that is not whole yet."""
    with _importing:
        found = sys.modules.get("openvino")
        return found if hasattr(found, "Core") else _imported()


def _imported() -> Any:
    # `import openvino` brings a usage-statistics client along. Where it cannot be imported, OpenVINO uses a stand-in.
    absent = "openvino_telemetry" not in sys.modules
    if absent:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except (ImportError, OSError) as error:
        reason = (
            msg("is not installed")
            if isinstance(error, ModuleNotFoundError)
            else msg("cannot be loaded ({error})", error=error)
        )
        raise BackendMissing(msg("OpenVINO {reason}.", reason=reason), hint=extra_hint("")) from error
    finally:
        if absent:
            del sys.modules["openvino_telemetry"]
    return openvino


def versions() -> dict[str, str]:
    """Name and version of the backend."""
    return {"openvino": str(_import().__version__)}


def available_devices() -> dict[str, str]:
    """Device name -> full name, as OpenVINO tells: ``{"CPU": "AMD EPYC"}``."""
    core = _import().Core()
    return {name: str(core.get_property(name, "FULL_DEVICE_NAME")) for name in core.available_devices}


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
) -> OpenVinoDetector:
    """Load the weights for one input size.

    Raises:
        BackendError: OpenVINO is absent, has no such device, or cannot read the file.
        WeightsError: no file that OpenVINO reads, or an unknown head.
    """
    ov = _import()
    name = {"auto": "CPU", "cpu": "CPU", "gpu": "GPU", "npu": "NPU"}.get(device.lower(), device.upper())
    core = ov.Core()
    if name.split(".")[0] not in {found.split(".")[0] for found in core.available_devices}:
        raise BackendError(
            msg("OpenVINO has no device {device} here.", device=repr(device)),
            hint=msg("It has: {available_devices}.", available_devices=", ".join(core.available_devices) or "none"),
        )
    file = _choose_file(weights, core=core, device=name, precision=precision)
    digest = verify_file(file)
    streams = min(threads or cpu_count(), _MAX_STREAMS)
    options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if name == "CPU":
        options = {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams}
    if file.precision == "int8":
        # What is not quantised stays f32: with bf16 between the int8 layers everything is converted to and fro, and an
        # inference takes nearly twice as long (measured on a chip that has both).
        options["INFERENCE_PRECISION_HINT"] = "f32"
    elif precision in ("f32", "bf16", "f16"):
        options["INFERENCE_PRECISION_HINT"] = precision
    try:
        model = core.read_model(file.path)
        facts = facts_of(file.path, weights=weights, metadata=_labels_in(model) if file.format == "openvino" else None)
        shape = model.input().partial_shape
        sides = [one.get_length() if one.is_static else None for one in shape] if shape.rank.is_static else []
        # Exported for one size: anchors inside may not follow another.
        input_size = checked_input(file.path, sides)[1] or rounded_up(input_size, stride=facts.stride)
        model.reshape([1, 3, input_size[1], input_size[0]])
        pixels = input_size[0] * input_size[1]
        check_sizes(file.path, map(told_sides, model.outputs), pixels=pixels, outputs=True)
        layers = (made for layer in model.get_ordered_ops() for made in layer.outputs())
        check_sizes(file.path, map(told_sides, layers), pixels=pixels, outputs=False)
        steps = ov.preprocess.PrePostProcessor(model)
        steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        steps.input().model().set_layout(ov.Layout("NCHW"))
        steps.input().preprocess().convert_element_type(ov.Type.f32).scale(255.0)
        for index in range(len(model.outputs)):
            steps.output(index).tensor().set_element_type(ov.Type.f32)
        compiled = core.compile_model(steps.build(), name, options)
        used = str(compiled.get_property("INFERENCE_PRECISION_HINT").to_string()) if name == "CPU" else "f16"
        full_name = str(core.get_property(name, "FULL_DEVICE_NAME"))
    except WeightsError:
        raise
    except Exception as error:  # the binding raises whatever the file makes it meet
        raise WeightsError(
            msg(
                "OpenVINO cannot load {path} for {input_size}x{input_size2}: {first_line}.",
                path=file.path.name,
                input_size=input_size[0],
                input_size2=input_size[1],
                first_line=_first_line(error),
            ),
            hint="Export it with dynamic height and width, or give the inference size that it was exported for.",
        ) from error
    description = DetectorDescription(
        backend="openvino",
        device=full_name if name == "CPU" else f"{name} ({full_name})",
        precision="int8" if file.precision == "int8" else _PRECISIONS.get(used, used),
        weights=weights.name,
        weights_sha256=digest,
        why=why,
    )
    return OpenVinoDetector(
        compiled, kinds=facts.kinds, head=facts.head, input_size=input_size, parallel=max(streams, batch),
        floor=floor, description=description,
    )  # fmt: skip


def _choose_file(weights: Weights, *, core: Any, device: str, precision: str) -> WeightsFile:
    """int8 when it is asked for, or where the chip lacks bf16 and the sidecar says that int8 loses nothing."""
    int8 = weights.file("openvino", "onnx", precision="int8")
    full = weights.file("openvino", "onnx")
    if precision == "int8":
        if int8 is None:
            raise WeightsError(
                msg("the weights {weights} come without an int8 file.", weights=weights.name),
                hint="Use --precision auto.",
            )
        return int8
    if precision == "auto" and device == "CPU" and int8 is not None and (int8.auto or full is None):
        native = str(core.get_property("CPU", "INFERENCE_PRECISION_HINT").to_string())
        if full is None or _PRECISIONS.get(native) == "f32":
            return int8
    if full is None:
        raise WeightsError(
            msg("the weights {weights} have no .onnx or OpenVINO file.", weights=weights.name),
            hint="Use --backend torch, or export the .pt to ONNX.",
        )
    return full


def _labels_in(model: Any) -> dict[str, str]:
    """Class names in the form that Ultralytics gives its OpenVINO exports: separated by blanks."""
    place = ["model_info", "labels"]
    if not model.has_rt_info(place):
        return {}
    return {"names": repr(model.get_rt_info(place).astype(str).split())}


def told_sides(output: Any) -> list[int]:
    """The sides of what a layer gives, as far as they are known before it runs; the most that each can be."""
    shape = output.get_partial_shape()
    if not shape.rank.is_static:
        return []
    return [one.get_length() if one.is_static else max(1, one.get_max_length()) for one in shape]


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".")[:_MOST_WORDS] if lines else type(error).__name__


@dataclass(slots=True, eq=False)
class _InferenceSlot:
    """An inference request with its own input buffer, used over and over."""

    request: Any
    buffer: np.ndarray
    placement: Placement | None = None


class OpenVinoDetector:
    """A `PipelinedDetector`; see the module's docstring. `submit` and `result` may be called from any thread."""

    def __init__(
        self, compiled: Any, *, kinds: tuple[str, ...], head: str, input_size: tuple[int, int], parallel: int,
        description: DetectorDescription, floor: float = SCORE_FLOOR,
    ) -> None:  # fmt: skip
        self.class_kinds = kinds
        self.kinds = tuple(dict.fromkeys(kinds))
        self.input_size = input_size
        self.description = description
        self.parallel = parallel
        self._head = head
        self._floor = floor
        self._layout: OutputLayout | None = None
        self._compiled: Any = compiled
        self._idle: list[_InferenceSlot] = []
        self._lock = threading.Lock()
        self.detect([blank_picture(input_size)])  # proves that it works, tells the head

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        """See `Detector.detect`."""
        return self.result(self.submit(pictures))

    def submit(self, pictures: Sequence[np.ndarray]) -> list[_InferenceSlot]:
        """Start the pictures; they are copied, so their memory may be used again at once."""
        started: list[_InferenceSlot] = []
        try:
            for picture in pictures:
                request = self._take()
                request.placement = letterbox(picture, out=request.buffer[0], previous=request.placement)
                request.request.start_async()
                started.append(request)
        except RuntimeError as error:
            raise DetectorFailed(
                msg("OpenVINO could not start an inference: {first_line}.", first_line=_first_line(error))
            ) from error
        return started

    def result(self, handle: list[_InferenceSlot]) -> list[Detections]:
        """Wait for what `submit` started."""
        found = []
        for request in handle:
            try:
                request.request.wait()
                output = request.request.get_output_tensor(0).data
            except RuntimeError as error:
                raise DetectorFailed(
                    msg("OpenVINO failed in an inference: {first_line}.", first_line=_first_line(error))
                ) from error
            assert request.placement is not None
            if self._layout is None:
                self._layout = tell_layout(
                    output, class_count=len(self.class_kinds), input_size=self.input_size, head=self._head
                )
            found.append(
                decode(
                    output[0], layout=self._layout, kinds=self.class_kinds, placement=request.placement,
                    input_size=self.input_size, floor=self._floor,
                )
            )  # fmt: skip
            with self._lock:
                self._idle.append(request)
        return found

    def _take(self) -> _InferenceSlot:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._compiled is None:
                raise DetectorFailed("the detector was closed.")
        ov = _import()
        buffer = np.zeros((1, self.input_size[1], self.input_size[0], 3), np.uint8)
        request = self._compiled.create_infer_request()
        request.set_input_tensor(ov.Tensor(buffer, shared_memory=True))
        return _InferenceSlot(request, buffer)

    def close(self) -> None:
        """Give memory and threads back. Requests under way are waited for by OpenVINO itself."""
        with self._lock:
            self._idle.clear()
            self._compiled = None
