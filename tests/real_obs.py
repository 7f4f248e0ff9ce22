"""A real OBS without a screen: made and ended by a test, with a home of its own; skipped where there is none."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from virtual_screen import virtual_screen

SCRIPT = Path(__file__).resolve().parents[1] / "dashcamcleaner" / "live" / "obs_script.py"
PASSWORD = "testpassword"
SIZE = (320, 180)
CLEAR, COVER = (0, 255, 0), (0, 0, 255)
"""RGB of what lies beneath and of what covers it."""

_START_S = 30.0
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def obs_python_has_zmq() -> bool:
    """Whether the system's Python, which is OBS's, can import pyzmq."""
    words = [shutil.which("python3", path=SYSTEM_PATH) or "python3", "-c", "import zmq"]
    environment = {"PATH": SYSTEM_PATH}
    return subprocess.run(words, env=environment, capture_output=True, check=False, timeout=60).returncode == 0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(wanted: Callable[[], bool], *, seconds: float) -> bool:
    """Whether something comes true within a time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if wanted():
            return True
        time.sleep(0.02)
    return wanted()


@dataclass
class Obs:
    """A running OBS.

    Args:
        home: its home.
        display: of the X server that it draws on.
        port: of its WebSocket server.
        feed_port: that the script inside it listens to.
    """

    home: Path
    display: str
    port: int
    feed_port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        env = {
            **{key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")},
            "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home / "run"), "DISPLAY": self.display,
            "XDG_CONFIG_HOME": str(self.home / ".config"), "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1",
            # As a desktop starts it: the Python inside OBS takes the packages of the first python3 that it finds.
            "PATH": SYSTEM_PATH,
        }  # fmt: skip
        words = [
            "obs",
            "--multi",
            "--minimize-to-tray",
            "--disable-updater",
            "--collection",
            "Test",
            "--profile",
            "Test",
        ]
        with open(self.home / "obs.log", "ab") as log:
            self.process = subprocess.Popen(words, env=env, stdout=log, stderr=log, cwd=self.home)
        if not wait_for(self._answers, seconds=_START_S):
            self.end()
            pytest.skip("OBS did not start: " + (self.home / "obs.log").read_text(errors="replace")[-300:])

    def _answers(self) -> bool:
        # The port opens before the scenes are there; the library leaves its socket open where nobody greets it.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            with contextlib.suppress(Exception), self.asking() as client:
                scenes = client.send("GetSceneList", raw=True)["scenes"]
                return any(scene["sceneName"] == "Live" for scene in scenes)
            gc.collect()
        return False

    def end(self, how: int = signal.SIGTERM) -> None:
        """End it, or kill it."""
        if self.process is not None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    @contextlib.contextmanager
    def asking(self) -> Iterator[Any]:
        """A client of the test's own."""
        import obsws_python

        client = obsws_python.ReqClient(host="localhost", port=self.port, password=PASSWORD, timeout=5)
        try:
            yield client
        finally:
            client.disconnect()
            client.base_client.ws.shutdown()

    def colour(self, client: Any) -> tuple[int, int, int]:
        """The colour in the middle of what the scene shows."""
        import base64
        import io

        from PIL import Image

        shot = client.send(
            "GetSourceScreenshot", {"sourceName": "Live", "imageFormat": "png", "imageWidth": 32, "imageHeight": 18},
            raw=True,
        )["imageData"]  # fmt: skip
        picture = Image.open(io.BytesIO(base64.b64decode(shot.partition(",")[2]))).convert("RGB")
        r, g, b = picture.getpixel((16, 9))  # type: ignore[misc]
        return int(r), int(g), int(b)

    def shows(self, client: Any, colour: tuple[int, int, int]) -> bool:
        """Whether the scene shows a colour."""
        return all(abs(a - b) < 40 for a, b in zip(self.colour(client), colour, strict=True))


def _source(name: str, colour: tuple[int, int, int], *, filters: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    r, g, b = colour
    settings = {"color": 0xFF000000 | b << 16 | g << 8 | r, "width": SIZE[0], "height": SIZE[1]}
    return {
        "id": "color_source", "versioned_id": "color_source_v3", "name": name, "settings": settings,
        "filters": list(filters),
    }  # fmt: skip


def _write_home(obs: Obs, *, folder: str = "") -> None:
    config = obs.home / ".config" / "obs-studio"
    (config / "basic" / "profiles" / "Test").mkdir(parents=True)
    (config / "basic" / "scenes").mkdir()
    (obs.home / "run").mkdir(mode=0o700)
    (config / "global.ini").write_text(
        "[General]\nFirstRun=true\n[Basic]\nProfile=Test\nProfileDir=Test\nSceneCollection=Test\n"
        "SceneCollectionFile=Test\n[OBSWebSocket]\nFirstLoad=false\nServerEnabled=true\n"
        f"ServerPort={obs.port}\nAlertsEnabled=false\nAuthRequired=true\nServerPassword={PASSWORD}\n"
    )
    (config / "basic" / "profiles" / "Test" / "basic.ini").write_text(
        f"[General]\nName=Test\n[Video]\nBaseCX={SIZE[0]}\nBaseCY={SIZE[1]}\nOutputCX={SIZE[0]}\nOutputCY={SIZE[1]}\n"
        "FPSType=1\nFPSInt=10\n"
    )
    blackened = {
        "id": "color_filter", "versioned_id": "color_filter_v2", "name": "black", "enabled": True,
        "settings": {"brightness": -1.0, "opacity": 1.0},
    }  # fmt: skip
    items = [{"name": name, "id": number, "visible": True} for number, name in enumerate(("clear", "blurred"), start=1)]
    scene = {
        "name": "Test", "current_scene": "Live", "current_program_scene": "Live", "scene_order": [{"name": "Live"}],
        "sources": [
            _source("clear", CLEAR), _source("blurred", COVER), _source("filtered", CLEAR, filters=(blackened,)),
            {"id": "scene", "name": "Live", "settings": {"id_counter": 2, "items": items}},
            {"id": "scene", "name": "Other", "settings": {
                "id_counter": 1, "items": [{"name": "filtered", "id": 1, "visible": True}]}},
        ],
        "modules": {"scripts-tool": [{"path": str(SCRIPT), "settings": {
            "port": obs.feed_port, "query_interval": 50, "blur_source": "blurred", "threshold": 0.6,
            "folder": folder}}]},
    }  # fmt: skip
    (config / "basic" / "scenes" / "Test.json").write_text(json.dumps(scene))


@contextlib.contextmanager
def running_obs(home: Path, *, folder: str = "") -> Iterator[Obs]:
    """OBS with the scene ``Live``: the item ``blurred`` lies over ``clear``, and our script is loaded.

    Args:
        home: an empty folder.
        folder: the project folder that is set in the script; empty: the script starts no program.
    """
    for program in ("obs", "Xvfb"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (obs-studio obs-plugins xvfb libgl1-mesa-dri)")
    pytest.importorskip("obsws_python", reason="obsws-python is not installed (the extra live)")
    with virtual_screen(1024, 640) as display:
        obs = Obs(home, display, free_port(), free_port())
        try:
            _write_home(obs, folder=folder)
            obs.start()
            yield obs
        finally:
            obs.end()
