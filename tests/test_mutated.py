"""Mutated files, the first seeded cases of ``benchmarks/mutated.py``, in one process; the long run is by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent
sys.path.append(str(HERE / "benchmarks"))
import mutated  # noqa: E402

_CASES = 100


@pytest.mark.slow
def test_no_mutated_file_crashes_hangs_or_shows_what_is_to_be_hidden(tmp_path: Path) -> None:
    words = [sys.executable, str(HERE / "benchmarks" / "mutated.py"), str(tmp_path), "--number", str(_CASES)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{_CASES} cases, 0 findings" in done.stdout


def test_what_is_to_be_seen_is_measured(tmp_path: Path) -> None:
    """The check can fail: a clip that nobody cleaned shows all of its planted face."""
    clip = tmp_path / "a.mp4"
    mutated.make_clip(clip, "libx264")
    assert mutated.uncovered(clip) > 0.9


def test_a_death_is_a_finding_and_the_others_go_on(tmp_path: Path) -> None:
    results = tmp_path / "results0.jsonl"
    results.write_text('{"case": 1, "begun": true}\n{"case": 1, "end": "cleaned"}\n{"case": 2, "begun": true}\n{"ca')
    done, died = mutated.read_results(results)
    assert (set(done), died) == ({1}, [2])
