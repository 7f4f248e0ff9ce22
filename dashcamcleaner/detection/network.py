"""A network as it stands in its file: arrays in, arrays out. What classifiers run on; OpenVINO does the work.

`open_network` reads ONNX and OpenVINO files, or an ONNX file's bytes that another format was turned into. What the
arrays mean is for the caller to know.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.detection import openvino
from dashcamcleaner.detection.onnx_metadata import check_sizes
from dashcamcleaner.errors import BackendError, DetectorFailed, WeightsError
from dashcamcleaner.messages import msg

__all__ = ["Network", "open_network"]

_SIDES = (1, 4096)


def open_network(
    model: Path | bytes, *, name: str, size: tuple[int, int], device: str = "auto", threads: int = 0
) -> Network:
    """A network of one picture input, ready to run any number of pictures at once.

    Args:
        model: the file (ONNX, OpenVINO), or an ONNX file's content.
        name: what messages call it.
        size: ``(width, height)`` of the pictures, where the file leaves it open.
        device: ``auto``, ``cpu``, ``gpu``, or a device name of OpenVINO.
        threads: CPU threads; 0: all the process may use.

    Raises:
        BackendError: OpenVINO is absent, or has no such device.
        WeightsError: no network that it can read, or one that does not take one picture of three channels.
    """
    openvino.versions()  # imports the backend the careful way, or tells that it is absent
    import openvino as ov

    core = ov.Core()
    target = {"auto": "CPU", "cpu": "CPU", "gpu": "GPU", "npu": "NPU"}.get(device.lower(), device.upper())
    if target.split(".")[0] not in {found.split(".")[0] for found in core.available_devices}:
        raise BackendError(msg("OpenVINO has no device {device} here.", device=repr(device)), hint="Use --device cpu.")
    # In 32 bits: a score must not depend on the chip, and features in bf16 told smokers clearly less well.
    options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    if target == "CPU" and threads:
        options["INFERENCE_NUM_THREADS"] = threads
    try:
        graph = core.read_model(model)
        if len(graph.inputs) != 1 or graph.input().partial_shape.rank.get_length() != 4:
            raise WeightsError(msg("{name} does not take one picture, so it is no classifier of pictures.", name=name))
        shape = graph.input().partial_shape
        channels_first = str(shape[1]) == "3"
        if not channels_first and str(shape[3]) != "3":
            raise WeightsError(msg("{name} does not take pictures of three channels.", name=name))
        sides = (2, 3) if channels_first else (1, 2)
        height, width = (
            shape[side].get_length() if shape[side].is_static else asked
            for side, asked in zip(sides, (size[1], size[0]), strict=True)
        )
        if not all(_SIDES[0] <= side <= _SIDES[1] for side in (height, width)):
            raise WeightsError(
                msg("{name} takes pictures of {width}x{height}, which no classifier does.", name=name, width=width,
                    height=height)
            )  # fmt: skip
        graph.reshape([-1, 3, height, width] if channels_first else [-1, height, width, 3])
        layers = (made for layer in graph.get_ordered_ops() for made in layer.outputs())
        check_sizes(Path(name), map(openvino.told_sides, layers), pixels=height * width, outputs=False)
        steps = ov.preprocess.PrePostProcessor(graph)
        steps.input().tensor().set_element_type(ov.Type.f32)
        for index in range(len(graph.outputs)):
            steps.output(index).tensor().set_element_type(ov.Type.f32)
        compiled = core.compile_model(steps.build(), target, options)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[-1].rstrip(".") if lines else type(error).__name__
        raise WeightsError(msg("OpenVINO cannot load {name}: {reason}.", name=name, reason=reason)) from error
    return Network(compiled, name=name, size=(width, height), channels_first=channels_first)


class Network:
    """A compiled network; calls from several threads take turns.

    Attributes:
        size: ``(width, height)`` of its input.
        channels_first: its input is ``(n, 3, h, w)``; else ``(n, h, w, 3)``.
    """

    def __init__(self, compiled: Any, *, name: str, size: tuple[int, int], channels_first: bool) -> None:
        self.size = size
        self.channels_first = channels_first
        self._name = name
        self._compiled = compiled
        self._lock = threading.Lock()

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """The outputs for a batch, in the order of the file.

        Args:
            batch: float32 ``(n, h, w, 3)`` of `size`; it is brought into the network's own layout here.

        Raises:
            DetectorFailed: the backend raised, or the network was closed.
        """
        given = np.ascontiguousarray(batch.transpose(0, 3, 1, 2) if self.channels_first else batch, dtype=np.float32)
        with self._lock:
            if self._compiled is None:
                raise DetectorFailed(msg("{name} was closed.", name=self._name))
            try:
                # Copied: the next inference writes over the outputs.
                return [output.copy() for output in self._compiled(given).values()]
            except RuntimeError as error:
                raise DetectorFailed(
                    msg("{name} failed in an inference: {error}.", name=self._name, error=error)
                ) from error

    def close(self) -> None:
        """Give memory and threads back."""
        with self._lock:
            self._compiled = None
