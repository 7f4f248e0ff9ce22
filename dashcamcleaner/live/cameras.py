"""Cameras: which there are, and how the library is asked for one, by each system's own way.

Tried here on Linux alone, and without a camera: what is tested are the options and what is refused.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import InputError
from dashcamcleaner.live.stream_source import StreamAddress
from dashcamcleaner.messages import msg

__all__ = ["camera_address", "known_cameras"]

_DEVICES = Path("/dev")
_NAMES = Path("/sys/class/video4linux")


def known_cameras(devices: Path = _DEVICES, names: Path = _NAMES) -> tuple[tuple[str, str], ...]:
    """The cameras of a Linux machine: device and name of each, by number.

    Args:
        devices: the folder that ``video0`` and its like stand in.
        names: the folder in which the kernel tells the name of each.
    """
    found = sorted(
        (path for path in devices.glob("video*") if path.name[5:].isdecimal()), key=lambda path: int(path.name[5:])
    )
    told = []
    for path in found:
        name = ""
        with contextlib.suppress(OSError):
            name = (names / path.name / "name").read_text(errors="replace").strip()
        told.append((str(path), visible(name)))
    return tuple(told)


def camera_address(name: str, *, rate: float, system: str = sys.platform) -> StreamAddress:
    """A camera, by the system's own way to read one: V4L2, DirectShow, AVFoundation.

    Args:
        name: a device on Linux, a name on Windows, a number or a name on macOS; empty: the first (not on Windows).
        rate: pictures a second that it is asked for.
        system: its name, as ``sys.platform`` has it.

    Raises:
        InputError: there is no such camera; those that there are are told.
    """
    options = {"framerate": f"{rate:g}"}
    if system == "darwin":
        return StreamAddress(name or "0", f"camera {visible(name or '0')}", format="avfoundation", options=options)
    if system == "win32":
        if not name:
            raise InputError("A camera needs a name on Windows.", hint="camera:NAME, as the device manager shows it.")
        return StreamAddress(f"video={name}", f"camera {visible(name)}", format="dshow", options=options)
    cameras = known_cameras()
    device = name or (cameras[0][0] if cameras else "/dev/video0")
    if not Path(device).is_char_device():
        listed = ", ".join(f"{path} ({called})" if called else path for path, called in cameras)
        raise InputError(
            msg("There is no camera {device}.", device=visible(device)),
            hint=msg("There are: {listed}.", listed=listed) if cameras else "No camera is connected to this machine.",
        )
    return StreamAddress(device, f"camera {visible(device)}", format="v4l2", options=options)
