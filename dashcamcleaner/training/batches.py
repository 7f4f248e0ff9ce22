"""Packed pictures in, endless batches of views out, made in the loop or by worker processes. Imported with torch only.

Called by `training.fit`. The classes stand at the top of a module, so that workers can be started anew where they
cannot be forked (macOS, Windows).
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from dashcamcleaner.end_signals import END_SIGNALS
from dashcamcleaner.training.loss import collate
from dashcamcleaner.training.pictures import PackedPictures
from dashcamcleaner.training.views import ViewMaker, ViewRecipe

__all__ = ["endless_batches"]


class _Batches(torch.utils.data.IterableDataset[Any]):
    """Endless batches of one process; see `endless_batches`."""

    def __init__(self, folder: Path, *, batch: int, views: ViewRecipe, strides: tuple[int, ...], seed: int) -> None:
        self._folder, self._batch, self._views, self._strides, self._seed = folder, batch, views, strides, seed

    def __iter__(self) -> Iterator[dict[str, Any]]:
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        seed = self._seed + (worker.id if worker is not None else 0)
        maker = ViewMaker(PackedPictures(self._folder), recipe=self._views, seed=seed)
        while True:
            yield collate([maker.view() for _ in range(self._batch)], strides=self._strides)


def endless_batches(
    folder: Path, *, batch: int, views: ViewRecipe, strides: tuple[int, ...], seed: int, workers: int
) -> Iterator[dict[str, Any]]:
    """Batches as `training.loss.collate` makes them, without an end.

    Args:
        folder: what `training.pictures.pack` wrote.
        batch: views in each.
        views: how they are drawn.
        strides: the network's, in pixels.
        seed: decides what is drawn; each worker has its own.
        workers: how many processes make them; 0: this one.
    """
    made = _Batches(folder, batch=batch, views=views, strides=strides, seed=seed)
    if workers == 0:
        threads = torch.get_num_threads()
        batches = iter(made)
        while True:
            one = next(batches)
            torch.set_num_threads(threads)
            yield one
    yield from torch.utils.data.DataLoader(
        made, batch_size=None, num_workers=workers, prefetch_factor=3, persistent_workers=True,
        worker_init_fn=_leave_stops_to_the_parent,
    )  # fmt: skip


def _leave_stops_to_the_parent(_worker: int) -> None:
    """In a worker: whoever stops the run means the whole of it, whose first process saves and ends the others."""
    for number in END_SIGNALS:  # a service manager sends them to every process of a run
        signal.signal(number, signal.SIG_IGN)
    sys.excepthook = _told


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell what went wrong, unless it is that the first process was stopped while it took a batch."""
    if not issubclass(kind, EOFError | ConnectionError | KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
