"""Batches that worker processes make: wherever a run is stopped, nobody sees how its processes end."""

from __future__ import annotations

import gc
import importlib.util
import multiprocessing.resource_sharer as sharer
import os
import pickle
from multiprocessing import active_children
from multiprocessing.connection import Client
from multiprocessing.process import current_process
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.end_signals import END_SIGNALS
from dashcamcleaner.training.pictures import list_folder, pack
from dashcamcleaner.training.views import ViewRecipe
from tests.training.synthetic import draw_folder

pytest.importorskip("torch", reason="the training line needs torch: pip install 'dashcamcleaner[train]'")
if importlib.util.find_spec("ultralytics") is None:
    pytest.skip("the training line needs ultralytics: pip install 'dashcamcleaner[train]'", allow_module_level=True)

VIEWS = ViewRecipe(size_px=64, inference_px=64, mosaic=0.0, face_paste=0.0)


@pytest.fixture()
def cache(tmp_path: Path) -> Path:
    draw_folder(tmp_path / "set", pictures=2)
    pack(list_folder(tmp_path / "set", known=[0, 1]), tmp_path / "cache")
    return tmp_path / "cache"


def test_a_stop_while_a_batch_is_taken_shows_nothing_of_the_workers(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from dashcamcleaner.training.batches import endless_batches

    def stopped(ident: tuple[Any, Any]) -> Any:  # as when the signal comes between two words to the worker
        Client(ident[0], authkey=current_process().authkey).close()
        raise KeyboardInterrupt

    batches = endless_batches(cache, batch=1, views=VIEWS, strides=(8, 16, 32), seed=0, workers=1)
    assert next(batches)["rgb"].shape == (1, 3, 64, 64)
    monkeypatch.setattr(sharer._ResourceSharer, "get_connection", staticmethod(stopped))  # type: ignore[attr-defined]
    was_stopped = False
    try:  # `pytest.raises` would keep the frames, and with them the workers
        next(batches)
    except KeyboardInterrupt:
        was_stopped = True
    assert was_stopped
    del batches
    gc.collect()
    for worker in active_children():
        worker.join(20)
        assert not worker.is_alive()
    assert capfd.readouterr().err == ""


def test_a_signal_to_every_process_is_left_to_the_first_one(cache: Path) -> None:
    from dashcamcleaner.training.batches import endless_batches

    batches = endless_batches(cache, batch=1, views=VIEWS, strides=(8, 16, 32), seed=0, workers=1)
    next(batches)
    workers = active_children()
    for worker in workers:
        for number in END_SIGNALS:
            os.kill(worker.pid, number)  # type: ignore[arg-type]
    for _ in range(8):  # more than were waiting
        next(batches)
    assert workers
    assert all(worker.is_alive() for worker in workers)
    del batches
    gc.collect()
    for worker in workers:
        worker.join(20)
        assert worker.exitcode == 0


def test_workers_can_be_started_anew_where_nothing_is_forked(cache: Path) -> None:
    from dashcamcleaner.training.batches import _Batches

    made = _Batches(cache, batch=2, views=VIEWS, strides=(8, 16, 32), seed=1)
    first, again = (next(iter(one)) for one in (made, pickle.loads(pickle.dumps(made))))
    assert (first["rgb"] == again["rgb"]).all()
