"""Modules that came with a clip, called like Python's own: no process that a run starts imports them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def plant(folder: Path) -> None:
    """Modules called like Python's own, which leave a file ``ran`` where they are imported."""
    for name in ("multiprocessing", "pickle", "struct", "random", "runpy"):
        (folder / f"{name}.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\n")


def run_there(folder: Path, lines: str) -> subprocess.CompletedProcess[str]:
    """Run a script that lies elsewhere, in a folder as its working folder."""
    script = folder / "elsewhere" / "script.py"
    script.parent.mkdir()
    script.write_text(lines)
    words = [sys.executable, "-W", "ignore", str(script)]
    environment = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "start", ["spawn_context().Process(target=print)", "(made := PartProcesses(1))._pool.submit(print)"]
)
def test_no_process_of_a_run_imports_from_the_working_folder(tmp_path: Path, start: str) -> None:
    plant(tmp_path)
    done = run_there(
        tmp_path,
        "from dashcamcleaner.jobs.parallel import spawn_context\n"
        "from dashcamcleaner.jobs.part_processes import PartProcesses\n"
        "if __name__ == '__main__':\n"
        f"    begun = {start}\n"
        "    begun.start() or begun.join() if hasattr(begun, 'start') else begun.result(60)\n"
        "    import os\n"
        "    print('PYTHONSAFEPATH' in os.environ)\n",  # the caller's own processes start as before
    )
    assert not (tmp_path / "ran").exists()
    assert done.stdout.split()[-1:] == ["False"], done.stderr


@pytest.mark.slow
def test_no_worker_of_a_cluster_here_imports_from_the_working_folder_or_heeds_ctrl_c(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    plant(tmp_path)
    done = run_there(
        tmp_path,
        "import os, signal\n"
        "from dashcamcleaner.cluster.connection import connected\n"
        "if __name__ == '__main__':\n"
        "    with connected('local:1', at_most=1) as (client, _):\n"
        "        print(*client.run(signal.getsignal, signal.SIGINT).values())\n"  # all of a terminal get it
        "    print('PYTHONSAFEPATH' in os.environ)\n",
    )
    assert not (tmp_path / "ran").exists()
    assert done.stdout.split() == [str(signal.SIG_IGN), "False"], done.stderr
