"""A process that is killed leaves what can be played; a key of the whole desktop is heard by one that runs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from live_scene import shows_face
from real_obs import free_port, wait_for
from stream_servers import RATE, make_scene
from virtual_screen import virtual_screen

ROOT = Path(__file__).resolve().parents[2]
RUN = (
    "import sys; from fakes import pool; from live_scene import MoodyDetector; from dashcamcleaner.cli import main; "
    "sys.exit(main(sys.argv[1:], models=pool(MoodyDetector())))"
)
LISTEN = (
    "import sys, time; from dashcamcleaner.live.panic import desktop_key\n"
    "with desktop_key(lambda: print('panic', flush=True), '<ctrl>+<alt>+p'):\n"
    "    print('ready', flush=True); time.sleep(120)\n"
)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", **more}


@pytest.mark.slow
def test_recordings_of_a_process_that_was_killed_can_be_played(tmp_path: Path) -> None:
    clip = tmp_path / "scene.mp4"
    make_scene(clip, frames=60 * RATE)
    outputs = [tmp_path / f"out.{ending}" for ending in ("mkv", "mp4", "ts")]
    sinks = [*map(str, outputs), f"udp://127.0.0.1:{free_port()}"]
    words = ["live", "--from", str(clip), *(word for sink in sinks for word in ("--to", sink)), "--delay", "0.5"]
    words += ["--style", "solid", "--inference-size", "160", "--quiet"]
    process = subprocess.Popen([sys.executable, "-c", RUN, *words], env=environment())
    try:
        assert wait_for(lambda: all(path.exists() and path.stat().st_size > 2000 for path in outputs), seconds=60)
        time.sleep(4)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    for path in outputs:
        with av.open(str(path)) as written:
            pictures = [frame.to_ndarray(format="rgb24") for frame in written.decode(video=0)]
        assert len(pictures) >= RATE, f"{path.name} holds more than a second"
        assert not any(shows_face(picture) for picture in pictures)


@pytest.fixture()
def display() -> Iterator[str]:
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if importlib.util.find_spec("pynput") is None:  # importing it asks for a display
        pytest.skip("pynput is not installed (the extra live)")
    with virtual_screen(320, 240) as screen:
        yield screen


@pytest.mark.slow
def test_the_panic_key_is_heard_on_the_whole_desktop(display: str) -> None:
    heard = subprocess.Popen(
        [sys.executable, "-c", LISTEN], env=environment(DISPLAY=display), stdout=subprocess.PIPE, text=True
    )
    try:
        assert heard.stdout is not None
        assert heard.stdout.readline() == "ready\n"
        subprocess.run(["xdotool", "key", "ctrl+alt+p"], env=environment(DISPLAY=display), check=True, timeout=60)
        assert heard.stdout.readline() == "panic\n"
    finally:
        heard.kill()
        heard.communicate()


def test_a_desktop_that_lets_nobody_listen_is_told() -> None:
    words = [sys.executable, "-c", LISTEN]
    done = subprocess.run(
        words, env=environment(DISPLAY=":987"), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode
    assert "SettingError" in done.stderr or "ExtraMissing" in done.stderr
