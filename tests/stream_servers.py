"""Real servers of streams, each in a process of its own; a test that needs one is skipped where it is not installed.

RTSP is served by GStreamer's RTSP server, the rest by FFmpeg's command, which sends or waits for whoever connects.
"""

from __future__ import annotations

import contextlib
import functools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from live_scene import SIZE, scene
from real_obs import free_port

RTSP_SERVER = Path(__file__).parent / "rtsp_server.py"
RATE, SOUND_RATE = 20, 44_100


def make_scene(path: Path, *, frames: int = 60) -> None:
    """The made scene with a steady sound, as H.264 and AAC, a key frame every half second."""
    with av.open(str(path), "w") as output:
        options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "18", "g": str(RATE // 2)}
        video = output.add_stream("libx264", rate=RATE, width=SIZE[0], height=SIZE[1], options=options)
        video.pix_fmt = "yuv420p"
        audio = output.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(scene(number)[0], format="rgb24")
            picture.pts = number
            output.mux(video.encode(picture))
            samples = np.full((1, SOUND_RATE // RATE), 0.1, np.float32)
            block = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            block.sample_rate, block.pts = SOUND_RATE, number * (SOUND_RATE // RATE)
            output.mux(audio.encode(block))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))


@functools.cache
def _has_rtsp() -> bool:
    """Whether the system's Python has GStreamer's RTSP server, and an encoder for it."""
    told = "import gi; gi.require_version('Gst','1.0'); gi.require_version('GstRtspServer','1.0'); "
    told += "from gi.repository import Gst, GstRtspServer; Gst.init(None); "
    told += "assert all(map(Gst.ElementFactory.find, ('openh264enc', 'rtph264pay', 'compositor')))"
    python = Path("/usr/bin/python3")
    return python.exists() and subprocess.run([python, "-c", told], capture_output=True, check=False).returncode == 0


class StreamServer:
    """Serves one address; may be killed and started again.

    Args:
        scheme: ``rtsp``, ``udp``, ``http`` or ``rtmp``.
        clip: what is sent over and over (RTSP makes its own pictures).
    """

    def __init__(self, scheme: str, clip: Path) -> None:
        if scheme == "rtsp" and not _has_rtsp():
            pytest.skip("GStreamer's RTSP server is not installed (gir1.2-gst-rtsp-server-1.0 gstreamer1.0-rtsp)")
        if scheme != "rtsp" and shutil.which("ffmpeg") is None:
            pytest.skip("FFmpeg's command is not installed (ffmpeg)")
        port = free_port()
        path = {"rtsp": "/live", "udp": "", "http": "/live.ts", "rtmp": "/app/live"}[scheme]
        self.url = f"{scheme}://127.0.0.1:{port}{path}"
        self._words = ["/usr/bin/python3", str(RTSP_SERVER), str(port), str(clip.with_name("taken.h264"))]
        if scheme != "rtsp":
            form = ["-f", "flv" if scheme == "rtmp" else "mpegts", *([] if scheme == "udp" else ["-listen", "1"])]
            self._words = [
                "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", str(clip),
                "-c", "copy", *form, self.url,
            ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; may be called for one that serves already."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(self._words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
events {{ }}
rtmp {{ server {{ listen 127.0.0.1:{port}; application app {{ live on; }} }} }}
"""


@contextlib.contextmanager
def rtmp_relay(folder: Path) -> Iterator[str]:
    """An address of an RTMP server that gives what it is sent to whoever asks."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(nginx).exists() or not Path("/usr/lib/nginx/modules/ngx_rtmp_module.so").exists():
        pytest.skip("nginx with its RTMP module is not installed (nginx-light libnginx-mod-rtmp)")
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    words = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "log")]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"rtmp://127.0.0.1:{port}/app/live"
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def serving(scheme: str, folder: Path) -> Iterator[StreamServer]:
    """A server that runs."""
    if sys.platform != "linux":
        pytest.skip("these servers were set up on Linux alone")
    clip = folder / "scene.mp4"
    make_scene(clip)
    server = StreamServer(scheme, clip)
    server.start()
    try:
        yield server
    finally:
        server.kill()
