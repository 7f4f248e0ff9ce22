"""Encoders that print past FFmpeg's log: a quiet run is quiet, in a real process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import clips

_RUN = """
import sys
from dashcamcleaner import cli
from tests import fakes
sys.exit(cli.main(sys.argv[1:], models=fakes.pool(fakes.ScriptedDetector({}))))
"""


@pytest.mark.parametrize("codec", ["av1", "h265"])
def test_a_quiet_run_prints_nothing(codec: str, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "in.mp4", frames=3, size=(128, 96)).path
    words = ["clean", str(source), "-o", str(tmp_path / "out.mp4"), "--quiet", "--codec", codec]
    done = subprocess.run([sys.executable, "-c", _RUN, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
