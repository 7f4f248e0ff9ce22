"""The weights and devices that the settings offer, and own weights that are added to them.

As all that asks the engine, this is called off the window's own thread and imports what it needs when it is called.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from dashcamcleaner.errors import DashcamCleanerError, WeightsError
from dashcamcleaner.gui.words import tr
from dashcamcleaner.messages import msg

__all__ = ["DeviceChoice", "WeightsChoice", "add_weights", "device_choices", "weights_choices"]


@dataclass(frozen=True, slots=True)
class WeightsChoice:
    """Weights to choose from.

    Args:
        name: the setting's value.
        summary: one sentence.
        kinds: what they see, None where only the file itself can tell.
    """

    name: str
    summary: str
    kinds: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """A device to choose.

    Args:
        name: the setting's value.
        title: the name that people read.
        why: why it is here, or why automatic takes what it takes.
    """

    name: str
    title: str
    why: str = ""


def weights_choices() -> list[WeightsChoice]:
    """All weights that are there, the best first."""
    from dashcamcleaner.detection.weights_search import available_weights
    from dashcamcleaner.user_folders import user_folder

    known = [
        WeightsChoice(one.name, str(one.metadata.get("summary", "")), one.kinds) for one in available_weights().values()
    ]
    names = {one.name for one in known}
    own = user_folder("data") / "weights"
    for path in sorted([*own.glob("*.onnx"), *own.glob("*.pt")]):
        if path.stem not in names:
            known.append(WeightsChoice(str(path), "", None))
    return known


def add_weights(path: Path) -> str:
    """Copy own weights (with their sidecar, if there is one) into the user's folder; gives the setting's value.

    Raises:
        WeightsError: no weights file.
        OutputError: it cannot be copied.
    """
    from dashcamcleaner.atomic_files import atomic_path
    from dashcamcleaner.detection.weights_search import available_weights
    from dashcamcleaner.user_folders import user_folder

    if path.suffix.lower() not in (".pt", ".onnx"):
        raise WeightsError(msg("{name} is no weights file.", name=path.name), hint="Weights end in .pt or .onnx.")
    folder = user_folder("data") / "weights"
    target = folder / path.name
    if target.absolute() != path.absolute():
        for file in (path, path.with_suffix(".json")):
            if file == path or file.is_file():
                with atomic_path(
                    folder / file.name, what=msg("The copy of {name}", name=file.name), make_folder=True
                ) as beside:
                    shutil.copyfile(file, beside)
    known = available_weights()
    for one in known.values():
        if any(file.path == target for file in one.files):
            return one.name
    return str(target)


def device_choices() -> list[DeviceChoice]:
    """Automatic first, with its reason; then each device that an installed engine names."""
    from dashcamcleaner.detection.registry import backend_installed, gpu_torch_likely

    found: dict[str, DeviceChoice] = {"cpu": DeviceChoice("cpu", tr("Processor (CPU)"))}
    if backend_installed("openvino"):
        from dashcamcleaner.detection.openvino import available_devices

        try:
            for name, title in available_devices().items():
                found[name.lower()] = DeviceChoice(name.lower(), title)
        except DashcamCleanerError:
            pass  # an engine that is installed but broken tells so when it is used; the list stays short meanwhile
    gpu = gpu_torch_likely()
    if gpu:
        found["cuda:0"] = DeviceChoice("cuda:0", tr("NVIDIA GPU (cuda:0)"))
    if gpu:
        why = tr("An NVIDIA GPU and PyTorch are there, so the GPU is taken.")
    elif backend_installed("openvino"):
        why = tr("No GPU engine is installed here, so the processor does the work with OpenVINO.")
    else:
        why = tr("OpenVINO is not installed; another engine on the processor is taken.")
    return [DeviceChoice("auto", tr("Automatic"), why), *found.values()]
