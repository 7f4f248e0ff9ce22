"""The measuring script, for a few seconds: nothing legible leaves while the detector stalls and the run is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "live.py"


@pytest.mark.slow
def test_nothing_legible_leaves_a_process_that_stalls_and_is_killed() -> None:
    words = ["--seconds", "16", "--size", "320x180", "--source", "udp", "--cost-ms", "10", "--stalls", "--kills", "1"]
    words = [sys.executable, str(SCRIPT), *words]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=200)
    found = json.loads(done.stdout)
    assert found["frames"] > 0
    assert found["legible_object_frames"] == 0
