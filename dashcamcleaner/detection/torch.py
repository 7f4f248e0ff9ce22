"""torch: the backend for CUDA, Apple's GPUs (MPS) and any Ultralytics ``.pt``; `open_detector` calls this.

Ultralytics only unpickles the model here; its prediction, its downloads, its telemetry and its installer of missing
packages stay off: pictures go through our own letterbox and decode, as in every backend. Importing is done in one place
(`import_ultralytics`), which training uses too.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.detection.batch_size import best_batch
from dashcamcleaner.detection.batched import BatchedDetector
from dashcamcleaner.detection.detector import SCORE_FLOOR, DetectorDescription
from dashcamcleaner.detection.onnx_metadata import BOX_TASKS
from dashcamcleaner.detection.trust import check_trust
from dashcamcleaner.detection.weights import Weights, verify_file
from dashcamcleaner.detection.yolo import cpu_count, kinds_of, names_of, rounded_up
from dashcamcleaner.errors import BackendError, BackendMissing, DetectorFailed, WeightsError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.user_folders import user_folder

__all__ = [
    "ClassNetwork",
    "available_devices",
    "import_torch",
    "import_ultralytics",
    "open_classes",
    "open_yolo",
    "versions",
]

_HINT = extra_hint("gpu")

_QUIET = {
    "YOLO_OFFLINE": "true",  # no look-up whether there is a network, no assets, no fonts
    "YOLO_AUTOINSTALL": "false",  # a missing package is an error, not a reason to run pip
    "YOLO_VERBOSE": "false",
    "WANDB_DISABLED": "true",
}

_SILENCED = ("sync", "clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb", "vscode_msg")

_declared: list[Any] = []


def import_torch() -> Any:
    """The ``torch`` module.

    Raises:
        BackendMissing: not installed, or not loadable.
    """
    try:
        import torch
    except (ImportError, OSError) as error:
        reason = msg("is not installed") if isinstance(error, ModuleNotFoundError) else f"cannot be loaded ({error})"
        raise BackendMissing(msg("torch {reason}.", reason=reason), hint=_HINT) from error
    return torch


def import_ultralytics() -> Any:
    """The ``ultralytics`` module with everything switched off that would reach the network.

    Raises:
        BackendMissing: torch or Ultralytics is not installed.
    """
    torch = import_torch()
    for package in ("ultralytics", "torchvision"):
        if importlib.util.find_spec(package) is None:
            raise BackendMissing(msg("{package} is not installed, which opens .pt files.", package=package), hint=_HINT)
    for name, value in _QUIET.items():
        os.environ[name] = value
    # Its own settings file would be shared with the user's other work and may say otherwise.
    os.environ.setdefault("YOLO_CONFIG_DIR", str(user_folder("cache")))
    _declare_torchvision_operators(torch)
    # Ultralytics sets the variable to 1 for every child process to come, and puts functions of its own into Pillow and
    # OpenCV, of which one would install a plug-in from the network when somebody opens what is no picture.
    with _kept_environment("OMP_NUM_THREADS"), _kept_functions():
        try:
            import ultralytics
            from ultralytics.utils import SETTINGS, downloads
        except (ImportError, OSError, RuntimeError) as error:
            raise BackendMissing(msg("Ultralytics cannot be loaded ({error}).", error=error), hint=_HINT) from error
    # It takes a user's own yolov5n.pt for its yolov5nu.pt and fetches that, whether there is a network or not.
    downloads.attempt_download_asset = _existing_file
    downloads.safe_download = _refuse_download
    wrong = {name: False for name in _SILENCED if SETTINGS.get(name)}
    if wrong:
        SETTINGS.update(wrong)
    logging.getLogger("ultralytics").setLevel(logging.WARNING)
    return ultralytics


def _existing_file(file: Any, *_: Any, **__: Any) -> str:
    if not Path(file).is_file():
        raise FileNotFoundError(f"there is no file {file}, and nothing is downloaded")
    return str(file)


def _refuse_download(url: Any, *_: Any, **__: Any) -> Any:
    raise ConnectionError(f"nothing is downloaded, not {url} either")


def _declare_torchvision_operators(torch: Any) -> None:
    """Let torchvision be imported where its compiled operators do not fit this torch.

    A CPU-only torch beside the registry's torchvision fails with "operator torchvision::nms does not exist". Of
    torchvision, Ultralytics needs for loading and training only that it can be imported.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.append(library)  # the declaration lives as long as this object
    except (ImportError, OSError) as error:
        raise BackendMissing(msg("torchvision cannot be loaded ({error}).", error=error), hint=_HINT) from error


@contextlib.contextmanager
def _kept_functions() -> Iterator[None]:
    """Pillow's and OpenCV's functions stay theirs."""
    import cv2
    from PIL import Image

    kept = [(Image, "open"), (cv2, "imread"), (cv2, "imwrite"), (cv2, "imshow")]
    before = [getattr(module, name, None) for module, name in kept]
    try:
        yield
    finally:
        for (module, name), function in zip(kept, before, strict=True):
            if function is not None:
                setattr(module, name, function)


@contextlib.contextmanager
def _kept_environment(name: str) -> Iterator[None]:
    before = os.environ.get(name)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def versions() -> dict[str, str]:
    """Names and versions of what is at work; Ultralytics only if it is installed."""
    found = {"torch": str(import_torch().__version__)}
    if importlib.util.find_spec("ultralytics") is not None:
        found["ultralytics"] = importlib.metadata.version("ultralytics")
    return found


def available_devices() -> dict[str, str]:
    """Device name -> full name: ``{"cuda:0": "NVIDIA ...", "cpu": "CPU"}``, best first."""
    torch = import_torch()
    found = {f"cuda:{i}": str(torch.cuda.get_device_name(i)) for i in range(torch.cuda.device_count())}
    if torch.backends.mps.is_available():
        found["mps"] = "Apple GPU"
    return {**found, "cpu": "CPU"}


def open_yolo(
    weights: Weights,
    *,
    input_size: tuple[int, int],
    device: str = "auto",
    precision: str = "auto",
    batch: int = 1,
    threads: int = 0,
    trust: bool = False,
    floor: float = SCORE_FLOOR,
    why: str = "",
) -> BatchedDetector:
    """Load a ``.pt`` for one input size.

    Raises:
        BackendError: no such device.
        BackendMissing: torch or Ultralytics is not installed.
        WeightsUntrusted: a foreign pickle that nobody said yes to.
        WeightsError: no ``.pt``, or not a detection model of Ultralytics.
    """
    file = weights.file("torch")
    if file is None:
        raise WeightsError(
            msg("the weights {weights} have no .pt file.", weights=weights.name), hint="Use --backend openvino."
        )
    digest = verify_file(file)
    check_trust(file.path, trust=trust)
    torch = import_torch()
    target = _device(torch, device)
    kind_of_number, arithmetic = _precision(torch, precision, target=target)
    model = _load(file.path, head=weights.head)
    kinds = weights.kinds or kinds_of(getattr(model, "names", None) or {})
    # Models with a fourth, coarser level want sides that are multiples of 64.
    input_size = rounded_up(input_size, stride=int(max(float(model.stride.max()), 32.0)))
    if target.type == "cpu":
        # All cores by default would wait for each other at every layer while decoder and encoder hold some of them:
        # measured ten times slower than one thread on a busy machine of two cores.
        torch.set_num_threads(threads or max(1, cpu_count() // 2))
    head = model.model[-1]
    model.to(device=target, dtype=kind_of_number, memory_format=torch.channels_last)
    # Boxes are computed in 32 bits whatever the rest: 16 bits know pixels beyond 1024 only to the nearest whole one.
    head.float()
    if kind_of_number != torch.float32:
        head.register_forward_pre_hook(lambda _, given: ([level.float() for level in given[0]], *given[1:]))

    def infer(pictures: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            given = torch.from_numpy(pictures).to(target, non_blocking=target.type == "cuda").permute(0, 3, 1, 2)
            output = model(given.to(kind_of_number) / 255)
            while not isinstance(output, torch.Tensor):  # (boxes, training outputs), nested for masks
                output = output[0]
            answer: np.ndarray = output.float().cpu().numpy()
            return answer

    def close() -> None:
        nonlocal model
        model = None
        if target.type == "cuda":
            torch.cuda.empty_cache()

    if not batch:
        batch, chosen = _chosen_batch(torch, infer, target=target, input_size=input_size)
        why = f"{why}; {chosen}" if chosen else why
    buffer = None
    if target.type == "cuda":  # pinned: the GPU fetches pictures by itself, while the next ones are prepared
        buffer = torch.zeros((batch, input_size[1], input_size[0], 3), dtype=torch.uint8, pin_memory=True).numpy()
    return BatchedDetector(
        infer,
        class_kinds=kinds,
        head=weights.head,
        input_size=input_size,
        batch=batch,
        floor=floor,
        description=DetectorDescription(
            backend="torch",
            device=f"{target} ({torch.cuda.get_device_name(target)})" if target.type == "cuda" else str(target),
            precision=arithmetic,
            weights=weights.name,
            weights_sha256=digest,
            why=why,
        ),
        close=close,
        buffer=buffer,
    )


def _chosen_batch(torch: Any, infer: Callable[[np.ndarray], np.ndarray], *, target: Any, input_size: tuple[int, int]
) -> tuple[int, str]:  # fmt: skip
    """The batch for ``--batch auto`` on a device, and why in words; 1 without words on a CPU."""
    if target.type != "cuda":
        return 1, ""

    def seconds(count: int) -> float:
        begun = time.perf_counter()
        infer(np.zeros((count, input_size[1], input_size[0], 3), np.uint8))  # its answer has come to system memory
        return time.perf_counter() - begun

    chosen = best_batch(
        seconds,
        free_bytes=lambda: int(torch.cuda.mem_get_info(target)[0]),
        taken_bytes=lambda: int(torch.cuda.max_memory_allocated(target)),
    )
    torch.cuda.empty_cache()
    return chosen


def open_classes(path: Path, *, device: str = "auto", threads: int = 0) -> tuple[ClassNetwork, tuple[str, ...], int]:
    """Load a ``-cls`` ``.pt`` of Ultralytics: the network, its class names, and the side of its square input.

    Whoever calls this has asked `detection.trust.check_trust` before.

    Raises:
        BackendError: no such device.
        BackendMissing: torch or Ultralytics is not installed.
        WeightsError: no ``.pt`` of a classifier.
    """
    torch = import_torch()
    target = _device(torch, device)
    model = _load(path, head="auto", tasks=("classify",), answers=msg("tells pictures apart"))
    if target.type == "cpu":
        torch.set_num_threads(threads or max(1, cpu_count() // 2))
    model.to(device=target)
    side = int((getattr(model, "args", None) or {}).get("imgsz") or 224)
    return ClassNetwork(torch, model, target=target, name=path.name), names_of(model.names), side


class ClassNetwork:
    """A classifier's network on torch; it runs as `detection.network.Network` does."""

    def __init__(self, torch: Any, model: Any, *, target: Any, name: str) -> None:
        self._torch, self._model, self._target, self._name = torch, model, target, name

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """Probabilities ``(n, classes)`` for a batch, float32 ``(n, h, w, 3)``.

        Raises:
            DetectorFailed: torch raised, or the network was closed.
        """
        model = self._model
        if model is None:
            raise DetectorFailed(msg("{name} was closed.", name=self._name))
        try:
            with self._torch.inference_mode():
                output = model(self._torch.from_numpy(batch).to(self._target).permute(0, 3, 1, 2))
                while not isinstance(output, self._torch.Tensor):  # (probabilities, logits)
                    output = output[0]
                return [output.float().cpu().numpy()]
        except RuntimeError as error:
            raise DetectorFailed(
                msg("{name} failed in an inference: {error}.", name=self._name, error=error)
            ) from error

    def close(self) -> None:
        """Give the backend's memory back."""
        self._model = None


def _device(torch: Any, name: str) -> Any:
    name = name.lower()
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name in ("auto", "gpu"):
        if not has_cuda and not has_mps and name == "gpu":
            raise BackendError("torch finds no GPU here.", hint="Use --device cpu, or install torch for your GPU.")
        name = "cuda:0" if has_cuda else "mps" if has_mps else "cpu"
    try:
        device = torch.device("cuda:0" if name == "cuda" else name)
    except RuntimeError as error:
        raise BackendError(
            msg("torch knows no device {name}.", name=repr(name)), hint="Use cpu, cuda:0 or mps."
        ) from error
    if (device.type == "cuda" and (not has_cuda or (device.index or 0) >= torch.cuda.device_count())) or (
        device.type == "mps" and not has_mps
    ):
        raise BackendError(
            msg("torch has no device {name} here.", name=repr(name)),
            hint=msg(
                "It has: {names}. CUDA is added by the extra gpu. {hint}",
                names=", ".join(available_devices()),
                hint=_HINT,
            ),
        )
    return device


def _precision(torch: Any, precision: str, *, target: Any) -> tuple[Any, str]:
    if precision == "int8":
        raise BackendError("torch runs no int8 weights.", hint="Use --backend openvino.")
    if precision == "auto":
        precision = "f16" if target.type == "cuda" else "f32"
    return {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[precision], precision


def _load(
    path: Any, *, head: str, tasks: tuple[str, ...] = BOX_TASKS, answers: str = msg("gives upright boxes")
) -> Any:
    """The model inside a checkpoint, ready to infer; refused if its task is none of ``tasks``."""
    import_ultralytics()
    from ultralytics.nn.tasks import load_checkpoint

    try:
        model, _ = load_checkpoint(str(path), device="cpu", fuse=False)
        last = model.model[-1]
        task = "classify" if type(last).__name__ == "Classify" else str(getattr(model, "task", "detect"))
        if head == "raw" and getattr(last, "end2end", False):
            last.end2end = False  # the sidecar speaks of the one-to-many head: same recall as the .onnx beside it
        model = model.fuse(verbose=False).eval()
    except (
        OSError, RuntimeError, KeyError, AttributeError, TypeError, ValueError, IndexError, EOFError, ImportError
    ) as error:  # fmt: skip
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise WeightsError(
            msg("{path} is not a model that Ultralytics can open ({reason}).", path=path, reason=reason),
            hint="For .pt files of the older YOLOv5 or other programs, export to ONNX there and use the .onnx.",
        ) from error
    if task not in tasks:
        raise WeightsError(
            msg(
                "{path} is a model for the task {task}, and none that {answers}.",
                path=path,
                task=repr(task),
                answers=answers,
            )
        )
    return model
