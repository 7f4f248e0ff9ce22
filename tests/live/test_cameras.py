"""Cameras: the list, what is asked of each system's library, and what is refused, without a camera at hand."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import pytest

from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.live import virtual_camera
from dashcamcleaner.live.addresses import source_for
from dashcamcleaner.live.cameras import camera_address, known_cameras
from dashcamcleaner.live.clock import SessionClock
from dashcamcleaner.live.stream_source import StreamSource
from dashcamcleaner.live.virtual_camera import VirtualCamera


def test_cameras_are_listed_by_number_with_their_names(tmp_path: Path) -> None:
    devices, names = tmp_path / "dev", tmp_path / "names"
    devices.mkdir()
    for name in ("video10", "video2", "video", "videocard", "vcs"):
        (devices / name).touch()
    (names / "video2").mkdir(parents=True)
    (names / "video2" / "name").write_text("Dash\x1b[2J Cam\n")
    listed = known_cameras(devices, names)
    assert [path for path, _ in listed] == [str(devices / "video2"), str(devices / "video10")]
    assert "Cam" in listed[0][1]
    assert "\x1b" not in listed[0][1]
    assert listed[1][1] == ""


def test_each_system_is_asked_in_its_own_way() -> None:
    mac = camera_address("", rate=25, system="darwin")
    assert (mac.url, mac.format, mac.options) == ("0", "avfoundation", {"framerate": "25"})
    windows = camera_address("HD Webcam", rate=30, system="win32")
    assert (windows.url, windows.format, windows.options) == ("video=HD Webcam", "dshow", {"framerate": "30"})
    linux = camera_address("/dev/null", rate=29.97, system="linux")  # a device, if not of the right kind
    assert (linux.url, linux.format, linux.options) == ("/dev/null", "v4l2", {"framerate": "29.97"})
    assert not any(address.file for address in (mac, windows, linux)), "a camera has no end"


def test_cameras_that_are_not_there_are_refused_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="needs a name on Windows"):
        camera_address("", rate=30, system="win32")
    monkeypatch.setattr("dashcamcleaner.live.cameras.known_cameras", lambda: ())
    with pytest.raises(InputError, match=r"no camera /dev/video0") as told:
        camera_address("", rate=30, system="linux")
    assert "No camera is connected" in told.value.hint
    monkeypatch.setattr("dashcamcleaner.live.cameras.known_cameras", lambda: (("/dev/video4", "Dash Cam"),))
    with pytest.raises(InputError, match="no camera /dev/video9") as told:
        camera_address("/dev/video9", rate=30, system="linux")
    assert "/dev/video4 (Dash Cam)" in told.value.hint
    with pytest.raises(InputError, match="no camera"):
        camera_address(__file__, rate=30, system="linux")  # a file is no camera


@pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")
def test_the_library_reads_cameras_and_refuses_what_is_none() -> None:
    assert av.ContainerFormat("v4l2", "r").is_input
    source = source_for("camera:/dev/null", clock=SessionClock(), rate=30)
    assert isinstance(source, StreamSource)
    with pytest.raises(InputError, match="camera /dev/null cannot be opened"):
        source.open()


def test_a_virtual_camera_gets_what_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyvirtualcam", reason="pyvirtualcam is not installed (the extra live)")
    from live_scene import SIZE

    from dashcamcleaner.live.gate import Gate
    from dashcamcleaner.live.pictures import LIVE_LAYOUT
    from dashcamcleaner.live.ports import StreamFormat
    from dashcamcleaner.live.release import CoverReason
    from dashcamcleaner.obscure.obscurer import Obscurer

    made = []

    class Backend:
        """Stands for the driver: pyvirtualcam's own checks of size and type run before it."""

        def __init__(self, **asked: object) -> None:
            self.asked, self.sent, self.closed = asked, [], False
            made.append(self)

        def device(self) -> str:
            return "/dev/video7"

        def native_fmt(self) -> int:
            return 0

        def send(self, frame: object) -> None:
            self.sent.append(frame)

        def close(self) -> None:
            self.closed = True

    import pyvirtualcam

    monkeypatch.setattr(pyvirtualcam.camera, "BACKENDS", {"v4l2loopback": Backend})
    camera = VirtualCamera("/dev/video7")
    assert made[0].closed, "it was tried before the run"
    camera.open(StreamFormat(SIZE, LIVE_LAYOUT, 20.0))
    camera.write(Gate(size=SIZE, obscurer=Obscurer()).covered(0, 0.0, CoverReason.LATE))
    camera.close()
    assert (made[1].asked["width"], made[1].asked["height"], made[1].asked["device"]) == (*SIZE, "/dev/video7")
    assert len(made[1].sent) == 1
    assert made[1].closed
    monkeypatch.setattr(pyvirtualcam.camera, "BACKENDS", {})
    with pytest.raises(OutputError, match="no virtual camera"):
        VirtualCamera("/dev/video7")
    monkeypatch.setattr(virtual_camera.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Exception, match="not installed") as told:
        VirtualCamera()
    assert "live" in told.value.hint
