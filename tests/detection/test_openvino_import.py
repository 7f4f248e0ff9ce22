"""Threads that ask for OpenVINO at once, as a live run's do, all get the whole of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SLOW = """
import time
time.sleep(0.5)
Core, __version__ = object, "1.0"
"""
_ASK = """
import sys
sys.path.insert(0, sys.argv[1])
from concurrent.futures import ThreadPoolExecutor
from dashcamcleaner.detection import openvino
with ThreadPoolExecutor(8) as threads:
    told = list(threads.map(lambda _: openvino._import().Core, range(8)))
assert told == [object] * 8
assert openvino.versions() == {"openvino": "1.0"}
assert "openvino_telemetry" not in sys.modules
"""


def test_openvino_is_imported_by_one_thread_while_others_wait(tmp_path: Path) -> None:
    (tmp_path / "openvino.py").write_text(_SLOW)
    done = subprocess.run([sys.executable, "-c", _ASK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
