"""A detector over any backend that maps a batch of pictures to raw outputs: what torch and ONNX Runtime share.

The backend files hand in one function and the facts; letterbox, head and suppression are those of `detection.yolo`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.detector import SCORE_FLOOR, DetectorDescription
from dashcamcleaner.detection.yolo import OutputLayout, Placement, blank_picture, decode, letterbox, tell_layout
from dashcamcleaner.errors import DetectorFailed
from dashcamcleaner.messages import msg

__all__ = ["BatchedDetector"]

_MOST_THREADS = 4
"""Threads that prepare the pictures of a batch: the letterbox of one takes a millisecond, outside of the interpreter's
lock. They live no longer than that takes."""


class BatchedDetector:
    """A `Detector` that infers up to ``batch`` pictures at once.

    Args:
        infer: uint8 RGB ``(n, h, w, 3)`` of the input size -> float ``(n, x, y)``; raises what the backend raises.
        class_kinds: kind per class index.
        head: the form of the output, see `detection.weights`.
        input_size: ``(width, height)``.
        batch: most pictures per call of ``infer``.
        floor: detections with a lower score are dropped.
        description: what is at work.
        failures: exception types of the backend that mean a failed inference.
        close: gives the backend's memory back.
        buffer: where pictures are laid for `infer`, uint8 ``(batch, h, w, 3)``: memory from which a GPU can copy by
            itself (pinned); None: ordinary memory.

    Attributes:
        batch: pictures per call of ``infer``, as asked or as chosen by the backend.
    """

    def __init__(
        self,
        infer: Callable[[np.ndarray], np.ndarray],
        *,
        class_kinds: tuple[str, ...],
        head: str,
        input_size: tuple[int, int],
        batch: int,
        floor: float = SCORE_FLOOR,
        description: DetectorDescription,
        failures: tuple[type[Exception], ...] = (RuntimeError,),
        close: Callable[[], None] | None = None,
        buffer: np.ndarray | None = None,
    ) -> None:
        self.class_kinds = class_kinds
        self.kinds = tuple(dict.fromkeys(class_kinds))
        self.input_size = input_size
        self.description = description
        self.batch = self.parallel = batch
        self._infer: Callable[[np.ndarray], np.ndarray] | None = infer
        self._head = head
        self._floor = floor
        self._failures = failures
        self._close = close
        self._layout: OutputLayout | None = None
        self._lock = threading.Lock()
        shape = (batch, input_size[1], input_size[0], 3)
        self._buffer = np.zeros(shape, np.uint8) if buffer is None else buffer
        assert self._buffer.shape == shape
        self._placements: list[Placement | None] = [None] * batch
        self.detect([blank_picture(input_size)])  # proves that it works, tells the head

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        """See `Detector.detect`; calls from several threads take turns."""
        with self._lock:
            found: list[Detections] = []
            for start in range(0, len(pictures), self.parallel):
                found += self._detect_batch(pictures[start : start + self.parallel])
            return found

    def _detect_batch(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        if self._infer is None:
            raise DetectorFailed("the detector was closed.")
        if len(pictures) == 1:  # nothing to share out
            placements = [self._lay(0, pictures[0])]
        else:
            with ThreadPoolExecutor(min(len(pictures), _MOST_THREADS), "dashcamcleaner-letterbox") as threads:
                placements = list(threads.map(self._lay, range(len(pictures)), pictures))
        try:
            output = np.asarray(self._infer(self._buffer[: len(pictures)]), np.float32)
        except self._failures as error:
            reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise DetectorFailed(
                msg("{backend} failed in an inference: {reason}.", backend=self.description.backend, reason=reason)
            ) from error
        if self._layout is None:
            self._layout = tell_layout(
                output, class_count=len(self.class_kinds), input_size=self.input_size, head=self._head
            )
        if len(output) != len(pictures):
            raise DetectorFailed(
                msg(
                    "{backend} answered {count} of {count2} pictures.",
                    backend=self.description.backend,
                    count=len(output),
                    count2=len(pictures),
                )
            )
        return [
            decode(
                one,
                layout=self._layout,
                kinds=self.class_kinds,
                placement=placement,
                input_size=self.input_size,
                floor=self._floor,
            )
            for one, placement in zip(output, placements, strict=True)
        ]

    def _lay(self, number: int, picture: np.ndarray) -> Placement:
        """Lay a picture into its place of the buffer; any thread, each place once at a time."""
        placement = letterbox(picture, out=self._buffer[number], previous=self._placements[number])
        self._placements[number] = placement
        return placement

    def close(self) -> None:
        """Give the backend's memory back."""
        with self._lock:
            self._infer = None
            if self._close is not None:
                self._close()
                self._close = None
