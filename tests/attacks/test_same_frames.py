"""Number 10: the same command gives the same bytes, however busy the machine is, and whether it was continued or not.

``DASHCAMCLEANER_ATTACKS=50`` tries more of both by hand.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashcamcleaner.media import probe
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.report.data import read_report, report_path
from tests import clips

ATTACKS = int(os.environ.get("DASHCAMCLEANER_ATTACKS", "1"))
FRAMES = 60

PROGRAM = """
import hashlib, os, random, signal, sys, time
sys.path.insert(0, {root!r})
from tests import fakes
from dashcamcleaner import cli
kill_at = {kill_at}
seen = 0

def look(number, picture):
    # What is found hangs on the picture alone. Most of it is doubtful, so that many closer looks are wanted.
    global seen
    seen += picture.shape[0] != picture.shape[1]
    if seen == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    chance = random.Random(hashlib.sha256(picture.tobytes()).digest())
    time.sleep(chance.random() * 0.002)
    found = []
    for place in range(8):
        x, y = 20.0 + 75 * (place % 4) + chance.random() * 3, 20.0 + 80 * (place // 4) + chance.random() * 3
        if chance.random() < 0.8:
            score = 0.25 + 0.35 * chance.random()
            found.append((x, y, x + 30.0, y + 38.0, score, "face" if place % 3 else "plate"))
    return found

pool = fakes.pool(fakes.ScriptedDetector(look, script_size=(320, 180)))
sys.exit(cli.main({words!r}, models=pool))
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a POSIX signal")


def child(*words: object, kill_at: int = 0) -> int:
    code = PROGRAM.format(
        root=str(Path(__file__).parents[2]), words=[str(word) for word in words], kill_at=kill_at
    )  # fmt: skip
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=300).returncode


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    """Twice as many processes as processors that never rest."""
    words = [sys.executable, "-c", "while True: pass"]
    running = [subprocess.Popen(words) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def frames_of(path: Path) -> list[str]:
    with open_clip(path, info=probe.probe(path)) as decoder:
        return [
            hashlib.sha256(b"".join(plane.tobytes() for plane in frame.planes)).hexdigest() for frame in decoder
        ]  # fmt: skip


def made(output: Path) -> tuple[bytes, list[str], list[str]]:
    """The result's bytes, its decoded frames, and the plan's lines, without the seal over the header's names."""
    lines = plan_path(output).read_text(encoding="utf-8").splitlines()[1:-1]
    return output.read_bytes(), frames_of(output), lines


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("more", [(), ("--thorough",)])
def test_the_same_command_gives_the_same_bytes(tmp_path: Path, more: tuple[str, ...]) -> None:
    sound = clips.Sound()
    source = clips.make(tmp_path / "in.mp4", frames=FRAMES, busy=True, b_frames=2, gop=20, sounds=(sound,)).path
    words = ["clean", source, "--quiet", *more, "-o"]
    assert child(*words, tmp_path / "quiet.mp4") == 0
    expected = made(tmp_path / "quiet.mp4")
    looks = sum(line.count('"c":') for line in expected[2])
    assert looks > 5, "there is something to get out of step"
    chosen = random.Random(10)
    for number in range(ATTACKS):
        with busy_machine():
            assert child(*words, tmp_path / f"busy{number}.mp4") == 0
        assert made(tmp_path / f"busy{number}.mp4") == expected
        output = tmp_path / f"continued{number}.mp4"
        killed_at = chosen.randrange(20, FRAMES)
        assert child(*words, output, kill_at=killed_at) == -signal.SIGKILL
        assert child(*words, output) == 0
        resumed = read_report(report_path(output))["resumed_frames"]
        assert 0 < resumed < killed_at
        assert made(output) == expected, (killed_at, resumed)
