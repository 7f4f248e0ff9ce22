"""A service leaves the process as it found it, however it ends: nothing of the process that it changes outlives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from dashcamcleaner.errors import SettingError
from dashcamcleaner.service.options import ServiceOptions
from dashcamcleaner.service.state import Service
from tests.service.process_state import state_of_process
from tests.service.running import ROOT


def test_started_and_stopped(tmp_path: Path) -> None:
    before = state_of_process()
    service = Service(ServiceOptions(storage=str(tmp_path / "storage")))
    service.start()
    assert tempfile.gettempdir() == str(tmp_path / "storage" / "dashcamcleaner-tmp"), (
        "uploads lie in the storage's own folder"
    )
    service.stop()
    assert state_of_process() == before
    assert not (tmp_path / "storage" / "dashcamcleaner-tmp").exists()


def test_a_start_that_fails(tmp_path: Path) -> None:
    first = Service(ServiceOptions(storage=str(tmp_path / "storage")))
    first.start()
    try:
        models_are_loaded()  # by a thread that ends by itself, which the second one has no part in
        before = state_of_process()
        second = Service(ServiceOptions(storage=str(tmp_path / "storage")))
        with pytest.raises(SettingError, match="in use by another server"):
            second.start()
        assert state_of_process() == before
    finally:
        first.stop()


def models_are_loaded() -> None:
    for thread in threading.enumerate():
        if thread.name == "dashcamcleaner-models":
            thread.join()


def test_a_start_that_fails_late(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    flags = {"webhook_host": ("a.example",), "webhook_secret_file": str(tmp_path / "secret")}
    before = state_of_process()
    service = Service(ServiceOptions(storage=str(tmp_path / "storage"), **flags))
    with pytest.raises(SettingError, match="less than 16 bytes"):
        service.start()
    assert state_of_process() == before
    again = Service(ServiceOptions(storage=str(tmp_path / "storage")))  # the storage is free again
    again.start()
    again.stop()


SERVED = """
import json, signal, sys, threading, time, urllib.request
from pathlib import Path
from dashcamcleaner.service.options import ServiceOptions
from dashcamcleaner.service.server import serve
from tests.service.process_state import state_of_process

signal.signal(signal.SIGTERM, lambda *_: None)
options = ServiceOptions(storage=sys.argv[1], port=int(sys.argv[2]))

def end():
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[2]}/health").close()
            break
        except OSError:
            time.sleep(0.1)
    signal.raise_signal(signal.SIGTERM)

before = state_of_process()
ending = threading.Thread(target=end)
ending.start()
status = serve(options)
ending.join()
Path(sys.argv[3]).write_text(json.dumps({"before": before, "after": state_of_process(), "status": status}))
"""


def test_served_and_ended_by_a_signal(tmp_path: Path, unused_port: int) -> None:
    told = tmp_path / "told.json"
    words = [sys.executable, "-c", SERVED, str(tmp_path / "storage"), str(unused_port), str(told)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(told.read_text(encoding="utf-8"))
    assert found["after"] == found["before"]
    assert found["status"] == 0
