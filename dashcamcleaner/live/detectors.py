"""The detector at the inference size that the load asks for; other sizes are opened aside, so that nobody waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.crop_check import CropChecker
from dashcamcleaner.detection.detector import DetectorDescription
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.build import checker_for, detector_for
from dashcamcleaner.pipeline.workers import join_thread
from dashcamcleaner.settings import Settings

__all__ = ["Detectors"]

log = logging.getLogger(__name__)


class _NothingSought:
    """Stands where no kind is to be hidden: labels alone decide, and nobody waits for a network."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.kinds: tuple[str, ...] = ()
        scale = min(1.0, 320 / max(size))
        self.input_size = (max(2, round(size[0] * scale)), max(2, round(size[1] * scale)))
        self.description = DetectorDescription("no kinds", "nothing", "-", "", "", msg("no kind is to be hidden"))
        self.parallel = 1

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        """Nothing."""
        return [Detections.empty() for _ in pictures]

    def close(self) -> None:
        """Nothing is held."""


class Detectors:
    """Detectors of several sizes; used by the thread that sees.

    Args:
        settings: the settings of the run.
        upright_size: ``(width, height)`` of the frames.
        models: where detectors come from; they are not closed here.

    Attributes:
        current: the one at work.
        size: its inference size.
    """

    def __init__(self, settings: Settings, *, upright_size: tuple[int, int], models: ModelPool) -> None:
        self._settings = settings
        self._upright_size = upright_size
        self._models = models
        self._lock = threading.Lock()
        self._opened: dict[int, FrameDetector] = {}
        self._opening: dict[int, threading.Thread] = {}
        self.current: FrameDetector
        self.size = 0

    def open(self, size: int) -> None:
        """Make one the current one, waiting for it.

        Raises:
            BackendError: it cannot be had.
        """
        self._opened[size] = self._made(size)
        self.change_to(size)

    def _made(self, size: int) -> FrameDetector:
        if not self._settings.kinds():
            return FrameDetector(_NothingSought(self._upright_size), upright_size=self._upright_size)
        return detector_for(
            self._settings.replaced(inference_size=size), upright_size=self._upright_size, models=self._models
        )

    def is_open(self, size: int) -> bool:
        """Whether one can be changed to at once; else it is begun to be opened."""
        if size in self._opened:
            return True
        with self._lock:
            if size not in self._opening:
                # Not of the session's group: a backend that fails to open is no reason to end the run.
                thread = threading.Thread(target=self._open_aside, args=(size,), name="live-open", daemon=True)
                self._opening[size] = thread
                thread.start()
        return False

    def close(self) -> None:
        """Wait for what is being opened aside: a backend that the interpreter's end cuts off ends the process."""
        for thread in self._opening.values():
            join_thread(thread)

    def _open_aside(self, size: int) -> None:
        try:
            self._opened[size] = self._made(size)
        except DashcamCleanerError:  # the one at work stays; its lag is shown
            log.debug("the detector at %d px cannot be opened", size, exc_info=True)

    def change_to(self, size: int) -> None:
        """Make one the current one, if it is open."""
        if size in self._opened:
            self.current, self.size = self._opened[size], size

    def checker(self) -> CropChecker | None:
        """Closer looks by the current one's weights, if the settings ask for them."""
        return checker_for(self._settings, self.current, self._models) if self._settings.kinds() else None

    @property
    def device(self) -> str:
        """Backend and device, for people."""
        about = self.current.description
        return msg(
            "{backend} on {device} ({precision})", backend=about.backend, device=about.device, precision=about.precision
        )
