"""Which devices the settings form offers: asked of the engines that are installed, without loading any weights."""

from __future__ import annotations

from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.engine import DeviceChoice
from dashcamcleaner.gui.words import tr
from dashcamcleaner.settings import Settings

__all__ = ["device_choices"]


def device_choices(settings: Settings) -> list[DeviceChoice]:
    """Automatic first, with its reason; then each device that an installed engine names."""
    from dashcamcleaner.backends import engine_installed, gpu_torch_likely

    found: dict[str, DeviceChoice] = {"cpu": DeviceChoice("cpu", tr("Processor (CPU)"))}
    if engine_installed("openvino"):
        from dashcamcleaner.backends.openvino_yolo import available_devices

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
    elif engine_installed("openvino"):
        why = tr("No GPU engine is installed here, so the processor does the work with OpenVINO.")
    else:
        why = tr("OpenVINO is not installed; another engine on the processor is taken.")
    return [DeviceChoice("auto", tr("Automatic"), why), *found.values()]
