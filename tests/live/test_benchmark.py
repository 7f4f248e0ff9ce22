"""The measuring script, for a few seconds: nothing legible leaves while the detector stalls and the run is killed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "live.py"


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("--source", "udp", "--seconds", "16", "--size", "320x180", "--cost-ms", "10", "--kills", "1"),
        (
            "--source",
            "screen",
            "--seconds",
            "60",
            "--size",
            "640x360",
            "--cost-ms",
            "20",
            "--kills",
            "2",
            "--busy",
            "2",
        ),
    ],
    ids=["a stream", "a screen for a minute"],
)
def test_nothing_legible_leaves_a_process_that_stalls_and_is_killed(words: tuple[str, ...]) -> None:
    if "screen" in words and shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words, "--stalls"], capture_output=True, text=True, check=True, timeout=280
    )
    found = json.loads(done.stdout)
    assert found["frames"] > 0
    assert found["covered_wholly"] < 1, "what is always covered tells nothing"
    assert found["legible_object_frames"] == 0
