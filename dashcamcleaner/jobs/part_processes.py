"""Worker processes of this machine that look at parts of clips, for `jobs.split`. Each opens its weights once."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.jobs.parallel import shared_out, spawn_context
from dashcamcleaner.jobs.split import Part, PictureKey, detect_part

__all__ = ["PartProcesses"]


class PartProcesses:
    """A context manager: leaving it ends the processes, in the middle of a part if need be.

    A process that is killed breaks the pool of them all: the parts under way fail, and the next one
    that is asked for begins in new processes.

    Args:
        workers: how many processes.
        open_models: makes a process's pool of models; a function of a module.
    """

    def __init__(self, workers: int, *, open_models: Callable[[], ModelPool] = shared_pool) -> None:
        self.workers = workers
        self._open_models = open_models
        self._context = spawn_context()
        self._stop: Any = self._context.Event()
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.workers, mp_context=self._context, initializer=_begin, initargs=(self._stop, self._open_models)
        )

    def submit(self, part: Part) -> Future[list[tuple[PictureKey, Detections]]]:
        """See `jobs.split.PartRunner`."""
        part = replace(part, settings=shared_out(part.settings, among=self.workers))
        try:
            return self._pool.submit(_detect, part)
        except BrokenExecutor:
            self._pool.shutdown(wait=False)
            self._pool = self._new_pool()
            return self._pool.submit(_detect, part)

    def __enter__(self) -> PartProcesses:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._stop = None  # its semaphores go with it: a process that ends by `os._exit` would leave them to a warning


_stop: Any = None
_models: ModelPool | None = None


def _begin(stop: Any, open_models: Callable[[], ModelPool]) -> None:
    """Runs once in each process."""
    global _stop, _models
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the process that asked decides
    _stop, _models = stop, open_models()
    threading.Thread(target=_end_with_parent, name="dashcamcleaner-parent", daemon=True).start()


def _end_with_parent() -> None:
    """A process that was killed cannot say that nobody waits any more."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    with contextlib.suppress(OSError):
        wait([parent.sentinel])
    os._exit(1)


def _detect(part: Part) -> list[tuple[PictureKey, Detections]]:
    assert _models is not None
    return detect_part(part, _models, stopped=_stop.is_set)
