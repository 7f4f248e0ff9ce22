"""No network at run time, ever: a whole run in a process in which any socket is an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import clips

PROGRAM = """
import sys
def refuse(event, args):
    if event.startswith("socket."):
        raise RuntimeError(f"network: {{event}} {{args}}")
sys.addaudithook(refuse)
sys.path.insert(0, {root!r})
from dashcamcleaner.cli import main
status = main(["clean", {source!r}, "-o", {output!r}, "--inference-size", "320", "--backend", {backend!r}])
sys.exit(status)
"""


def run_without_network(source: Path, output: Path, *, backend: str = "auto") -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(
        root=str(Path(__file__).parents[2]), source=str(source), output=str(output), backend=backend
    )  # fmt: skip
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)


def test_a_whole_run_opens_no_socket(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=10, sounds=(clips.Sound(),))
    done = run_without_network(made.path, tmp_path / "out.mp4")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.mp4").exists()


def test_a_playlist_in_disguise_reaches_nothing(tmp_path: Path) -> None:
    playlist = tmp_path / "in.mp4"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    done = run_without_network(playlist, tmp_path / "out.mp4")
    assert done.returncode == 3
    assert "network" not in done.stderr
    assert not (tmp_path / "out.mp4").exists()
