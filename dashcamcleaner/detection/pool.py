"""The models of a process, each opened once and shared by all who ask: `clean`, the audit, previews and batches.

Opening a network costs as much as many frames, and its memory is most of what a run holds. A `ModelPool` opens each
once for the weights, backend, device, precision and input size that are asked for, and keeps it until it is closed:
a folder of pictures, the clips of a batch, a window's preview and the run beside it share one. What a run keeps for
itself (a budget of closer looks, statistics, the planner's memory) stays out of the models: they answer every asker
alike, from any thread.

Who asks a pool does not close what it gets. Tests hand in openers of their own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from dashcamcleaner.detection.centerface import open_centerface
from dashcamcleaner.detection.detector import SCORE_FLOOR, Detector
from dashcamcleaner.detection.face_embedding import FaceDescriber, open_describer
from dashcamcleaner.detection.ocr import TextReader, open_reader
from dashcamcleaner.detection.registry import open_detector
from dashcamcleaner.detection.weights import parts_of
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.detection.yolo import network_size
from dashcamcleaner.errors import BackendError
from dashcamcleaner.plain_files import file_sha256

if TYPE_CHECKING:
    from dashcamcleaner.scenes.classify.port import Classifier
    from dashcamcleaner.scenes.classify.safety import SafetyScorer

__all__ = ["ModelPool", "SharedThreads", "shared_pool"]

_MOST_KEPT = 12
"""A run with its audit asks for seven models; a folder of pictures for one more with each shape of picture."""


_SAFETY = ("nudity", "violence", "drugs")


def _open_classifier(name: str, **options: Any) -> Classifier:
    """Classifiers stand above detection, whose backends and weights they use; their opener is imported on use."""
    registry = importlib.import_module("dashcamcleaner.scenes.classify.registry")
    return cast("Classifier", registry.open_classifier(name, **options))


def _open_safety(labels: Sequence[str], **options: Any) -> SafetyScorer:
    safety = importlib.import_module("dashcamcleaner.scenes.classify.safety")
    return cast("SafetyScorer", safety.open_safety(labels, **options))


class _Model(Protocol):
    """What the pool needs of a model."""

    def close(self) -> None: ...


M = TypeVar("M", bound=_Model)


class ModelPool:
    """Opens models when they are first asked for and keeps them; a context manager that closes them at the end.

    All methods may be called from any thread. Two threads that ask for the same model at once get the same one; while
    a model is being opened, others can be had.

    Args:
        open_detector: opens detectors; takes the arguments of `detection.registry.open_detector`.
        open_second_detector: opens the audit's independent face detector; takes those of `open_centerface`.
        open_text_reader: opens the audit's text reader.
        open_classifier: opens classifiers; takes the arguments of `scenes.classify.registry.open_classifier`.
        open_safety: opens the scorer of safety; takes those of `scenes.classify.safety.open_safety`.
        open_describer: opens what tells faces apart; takes the arguments of `detection.face_embedding.open_describer`.
        most_kept: models kept at once. Beyond that the one that nobody has asked for longest is let go: whoever works
            with it keeps it, and its memory is given back after them.
    """

    def __init__(
        self,
        *,
        open_detector: Callable[..., Detector] = open_detector,
        open_second_detector: Callable[..., Detector] = open_centerface,
        open_text_reader: Callable[[], TextReader] = open_reader,
        open_classifier: Callable[..., Classifier] = _open_classifier,
        open_safety: Callable[..., SafetyScorer] = _open_safety,
        open_describer: Callable[..., FaceDescriber] = open_describer,
        most_kept: int = _MOST_KEPT,
    ) -> None:
        self._open_detector = open_detector
        self._open_second_detector = open_second_detector
        self._open_text_reader = open_text_reader
        self._open_classifier = open_classifier
        self._open_safety = open_safety
        self._open_describer = open_describer
        self._most_kept = most_kept
        self._lock = threading.Lock()
        self._closed = False
        self._kept: OrderedDict[Hashable, Future[_Model]] = OrderedDict()

    def detector(
        self,
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
        """The detector for these arguments, which are those of `detection.registry.open_detector`.

        Weights are told apart by their files' paths and contents: after a file was exchanged it is opened anew.

        Raises:
            BackendError: as `open_detector` does, or the pool was closed. A failure is not kept: the next who asks
                tries again.
        """
        key = (
            "detector", _identity(weights), backend, device, network_size(inference_size, aspect=aspect), precision,
            batch, threads, trust_weights, floor,
        )  # fmt: skip
        return self._once(
            key,
            lambda: self._open_detector(
                weights=weights, backend=backend, device=device, inference_size=inference_size, precision=precision,
                aspect=aspect, batch=batch, threads=threads, trust_weights=trust_weights, floor=floor,
            ),
        )  # fmt: skip

    def second_detector(
        self, *, inference_size: int, aspect: tuple[int, int] | None = None, threads: int = 0
    ) -> Detector:
        """The independent face detector for these arguments, which are those of `detection.centerface.open_centerface`.

        Raises:
            ExtraMissing: its package is not installed.
            BackendError: its weights cannot be loaded, or the pool was closed.
        """
        return self._once(
            ("face detector", network_size(inference_size, aspect=aspect), threads),
            lambda: self._open_second_detector(inference_size=inference_size, aspect=aspect, threads=threads),
        )

    def text_reader(self) -> TextReader:
        """The text reader.

        Raises:
            ExtraMissing: its package is not installed.
            BackendError: the pool was closed.
        """
        return self._once(("text reader",), self._open_text_reader)

    def classifier(
        self, name: str, *, labels: Path | None = None, definition: Path | None = None, mean: Path | None = None,
        device: str = "auto", threads: int = 0, trust_weights: bool = False,
    ) -> Classifier:  # fmt: skip
        """The classifier for these arguments, which are those of `scenes.classify.registry.open_classifier`.

        Raises:
            WeightsError, BackendError: as `open_classifier` does, or the pool was closed.
        """
        path = Path(name)
        files = [one for one in (labels, definition, mean, path if os.path.isfile(path) else None) if one is not None]
        return self._once(
            ("classifier", name, tuple((one, _digest(one)) for one in files), device, threads, trust_weights),
            lambda: self._open_classifier(
                name, labels=labels, definition=definition, mean=mean, device=device, threads=threads,
                trust_weights=trust_weights,
            ),
        )  # fmt: skip

    def safety(self, labels: Sequence[str] = _SAFETY, *, device: str = "auto", threads: int = 0) -> SafetyScorer:
        """The scorer for these arguments, which are those of `scenes.classify.safety.open_safety`.

        Raises:
            ExtraMissing: nudity is wanted, and its networks are not installed.
            WeightsError, BackendError: as `open_safety` does, or the pool was closed.
        """
        return self._once(
            ("safety", tuple(labels), device, threads),
            lambda: self._open_safety(labels, device=device, threads=threads),
        )

    def describer(self, *, threads: int = 0) -> FaceDescriber:
        """What tells faces apart, for these arguments, which are those of `detection.face_embedding.open_describer`.

        Raises:
            ExtraMissing: its package is not installed.
            BackendError: its weights cannot be loaded, or the pool was closed.
        """
        return self._once(("face describer", threads), lambda: self._open_describer(threads=threads))

    def _once(self, key: Hashable, open_model: Callable[[], M]) -> M:
        """The model of a key: opened by the first who asks, waited for by others who ask meanwhile."""
        with self._lock:
            if self._closed:
                raise BackendError("the pool of models was closed.", hint="Open another one.")
            found = self._kept.get(key)
            future: Future[_Model] = found or Future()
            self._kept[key] = future
            self._kept.move_to_end(key)
            while len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)  # not closed: somebody may be working with it
        if found is None:
            try:
                future.set_result(open_model())
            except BaseException as error:
                with self._lock:
                    if self._kept.get(key) is future:
                        del self._kept[key]
                future.set_exception(error)
                raise
        return cast(M, future.result())

    def close(self) -> None:
        """Give the memory of all models back, one that is just being opened included. The pool gives no more."""
        with self._lock:
            self._closed = True
            kept = list(self._kept.values())
            self._kept.clear()
        for future in kept:
            future.add_done_callback(_close)  # at once, if it is open

    def __enter__(self) -> ModelPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SharedThreads(ModelPool):
    """A pool whose models are those of another, with a number of threads that does not hang on who asks.

    Several runs at once in one process have a part of the threads each to decode and to encode with; what they detect
    with, they share, and it has the threads of all.

    Args:
        pool: where the models come from, and who closes them.
        threads: number of threads that each model has; 0: the machine's.
    """

    def __init__(self, pool: ModelPool, *, threads: int) -> None:
        super().__init__()
        self._pool, self._threads = pool, threads

    def detector(self, **options: Any) -> Detector:
        """See `ModelPool.detector`."""
        return self._pool.detector(**{**options, "threads": self._threads})

    def second_detector(self, **options: Any) -> Detector:
        """See `ModelPool.second_detector`."""
        return self._pool.second_detector(**{**options, "threads": self._threads})

    def text_reader(self) -> TextReader:
        """See `ModelPool.text_reader`."""
        return self._pool.text_reader()

    def classifier(self, name: str, **options: Any) -> Classifier:
        """See `ModelPool.classifier`."""
        return self._pool.classifier(name, **{**options, "threads": self._threads})

    def safety(self, labels: Sequence[str] = _SAFETY, **options: Any) -> SafetyScorer:
        """See `ModelPool.safety`."""
        return self._pool.safety(labels, **{**options, "threads": self._threads})

    def describer(self, **options: Any) -> FaceDescriber:
        """See `ModelPool.describer`."""
        return self._pool.describer(**{**options, "threads": self._threads})


@functools.cache
def shared_pool() -> ModelPool:
    """The pool of this process, for those who hand in none. It is closed when the process ends."""
    pool = ModelPool()
    atexit.register(pool.close)
    return pool


def _close(opened: Future[_Model]) -> None:
    if opened.exception() is None:
        opened.result().close()


def _identity(weights: str) -> Hashable:
    """Paths and contents of all files of the weights that a setting names."""
    names = [name for name in weights.split(",") if name.strip()] or ["auto"]
    return tuple((file.path, _digest(file.path)) for name in names for file in find_weights(name).files)


def _digest(path: Path) -> str:
    """Of a file and its companion, as far as they are there; a backend tells what it misses."""
    found = ""
    for one in parts_of(path):
        with contextlib.suppress(OSError):
            found += file_sha256(one)
    return found
