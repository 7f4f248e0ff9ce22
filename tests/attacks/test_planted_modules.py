"""Modules that came with a clip, called like Python's own: no process that a run starts imports them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "start", ["spawn_context().Process(target=print)", "(made := PartProcesses(1))._pool.submit(print)"]
)
def test_no_process_of_a_run_imports_from_the_working_folder(tmp_path: Path, start: str) -> None:
    for name in ("multiprocessing", "pickle", "struct", "random", "runpy"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    script = tmp_path / "elsewhere" / "script.py"
    script.parent.mkdir()
    script.write_text(
        "from dashcamcleaner.jobs.parallel import spawn_context\n"
        "from dashcamcleaner.jobs.part_processes import PartProcesses\n"
        "if __name__ == '__main__':\n"
        f"    begun = {start}\n"
        "    begun.start() or begun.join() if hasattr(begun, 'start') else begun.result(60)\n"
        "    import os\n"
        "    print('PYTHONSAFEPATH' in os.environ)\n"  # the caller's own processes start as before
    )
    words = [sys.executable, str(script)]
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert not (tmp_path / "ran").exists()
    assert done.stdout.split()[-1:] == ["False"], done.stderr
