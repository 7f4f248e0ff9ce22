"""The words after --from and --to, and what is refused of them in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.errors import DashcamCleanerError, InputError, OutputError
from dashcamcleaner.live.addresses import sink_for, source_for, without_password
from dashcamcleaner.live.clock import SessionClock
from dashcamcleaner.live.stream_sink import StreamSink, network_target


def test_passwords_are_not_shown() -> None:
    assert without_password("rtsp://me:secret@cam.local:554/live?token=abc") == "rtsp://cam.local:554/live"
    assert without_password("rtmps://live.example/app/live_1234") == "rtmps://live.example/app/..."
    assert without_password("RTMP://live.example/a/b/key?backup=1") == "rtmp://live.example/a/b/..."
    assert without_password("rtmp://host/app") == "rtmp://host/app"
    assert "\x1b" not in without_password("rtsp://cam/\x1b[2J")


@pytest.mark.parametrize(
    "text",
    [
        "nothing.mp4",
        "gopher://x",
        "screen:x",
        "screen:1:2,3",
        "window:",
        "file:///etc/passwd",
        "concat://a|b",
        "camera:/dev/null0",
        "tcp://[::1",
        "rtsp://me:sec/ret@cam.local/live",
        "udp://127.0.0.1:70000",
    ],
)
def test_sources_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(InputError) as told:
        source_for(text, clock=SessionClock(), rate=30)
    assert told.value.hint
    assert "sec" not in told.value.message


@pytest.mark.parametrize("name", ["p.jpg", "p.png", "p.webp", "folder"])
def test_what_does_not_move_is_no_source(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    else:
        Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(path)
    with pytest.raises(InputError, match=r"is a folder|is a picture") as told:
        source_for(str(path), clock=SessionClock(), rate=30)
    assert told.value.hint


@pytest.mark.parametrize(
    "text", ["out.txt", "out", "gopher://x", "obs://x", "obs-script:no", "file:///etc/x", "tcp://[::1"]
)
def test_sinks_that_mean_nothing_are_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DashcamCleanerError) as told:
        sink_for(text, overwrite=False)
    assert told.value.hint


def test_a_file_that_exists_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    path.write_text("mine")
    with pytest.raises(OutputError):
        sink_for(str(path), overwrite=False)
    assert isinstance(sink_for(str(path), overwrite=True), StreamSink)
    assert path.read_text() == "mine"


def test_a_virtual_camera_that_is_not_there_is_told_with_what_to_do() -> None:
    pytest.importorskip("pyvirtualcam", reason="pyvirtualcam is not installed (the extra live)")
    if any(Path("/dev").glob("video*")):
        pytest.skip("there are cameras on this machine")
    with pytest.raises(OutputError, match="no virtual camera here") as told:
        sink_for("camera", overwrite=False)
    assert "v4l2loopback" in told.value.hint


def test_targets_on_the_network() -> None:
    assert network_target("udp://127.0.0.1:9", shown="udp").url == "udp://127.0.0.1:9?pkt_size=1316"
    waiting = network_target("tcp://127.0.0.1:9?listen=1", shown="tcp")
    assert waiting.waits
    assert waiting.place == ("127.0.0.1", 9)
    for wrong in ("tcp://127.0.0.1", "tcp://h:port", "udp://127.0.0.1"):
        with pytest.raises(OutputError):
            network_target(wrong, shown="x")
    assert not network_target("tcp://127.0.0.1:9", shown="tcp").waits
    assert network_target("rtmp://host/app", shown="x").format == "flv"
