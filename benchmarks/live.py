"""A live run measured from outside: latency and jitter by frame number, and object-frames that leave legible.

    python benchmarks/live.py [--seconds 60] [--size 640x360] [--stalls] [--kills 2] [--busy 2] [--source screen|udp]

A scene with known truth (an object whose colour nothing else has, and the frame's number as bars) is shown in an Xvfb
screen at 30 frames a second, or sent as a stream over UDP. ``live`` captures it in a process of its own and sends what
leaves over UDP; a third process reads that, and looks at every frame: its number tells when it was shown (all clocks
are the machine's one steady clock), its colours whether the object can be told.

The detector is a stand-in that knows the colour: what real weights miss is measured by ``benchmarks/leaks.py``;
measured here is whether anything leaves that was not analysed. ``--stalls`` lets it stall at random, up to 3 s;
``--kills`` kills the whole process and starts it again; ``--busy`` runs loops beside it. Told: one JSON object, the
machine's load with it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

OBJECT = (250, 30, 200)
BITS = 14
RATE = 30


def scene(number: int, size: tuple[int, int]) -> np.ndarray:
    """Frame ``number`` as RGB: bars at the top, the object below, something that moves behind it."""
    w, h = size
    picture = np.full((h, w, 3), (70, 90, 80), np.uint8)
    stripes = ((np.arange(w) + number) // 16 % 2 * 30).astype(np.uint8)
    picture[h // 4 :] += stripes[None, :, None]
    for bit in range(BITS):
        picture[: h // 8, bit * w // BITS : (bit + 1) * w // BITS] = 240 if number >> bit & 1 else 15
    box = h // 6
    x = abs(number * 4 % (2 * (w - box)) - (w - box))
    y = h // 2 + round(h / 8 * np.sin(number / 20))
    picture[y : y + box, x : x + box] = OBJECT
    return picture


def number_of(picture: np.ndarray) -> int | None:
    """The number that a frame shows; None where it shows none (a card)."""
    h, w = picture.shape[:2]
    row = picture[h // 32 : h // 10].mean(axis=(0, 2))
    values = [row[(2 * bit + 1) * w // (2 * BITS)] for bit in range(BITS)]
    if any(60 < value < 190 for value in values) or max(values) - min(values) < 100:
        return None
    return sum(1 << bit for bit, value in enumerate(values) if value > 128)


def shows_object(picture: np.ndarray) -> bool:
    """Whether the object can be told: its own colour on a third of its area."""
    h = picture.shape[0]
    off = np.abs(picture[h // 8 :].astype(np.int16) - np.array(OBJECT, np.int16)).max(axis=2)
    return int((off < 70).sum()) > (h // 6) ** 2 // 3


def play_screen(size: tuple[int, int], log: Path) -> None:
    """Show the scene on the screen, and write down when each number was shown."""
    from PyQt5.QtCore import Qt, QTimer
    from PyQt5.QtGui import QImage, QPainter
    from PyQt5.QtWidgets import QApplication, QWidget

    class Screen(QWidget):
        """The scene, as large as the screen."""

        image: QImage | None = None

        def paintEvent(self, _event: Any) -> None:  # noqa: N802  # Qt's name
            if self.image is not None:
                QPainter(self).drawImage(0, 0, self.image)

    application = QApplication([])
    window = Screen()
    window.setWindowFlags(Qt.FramelessWindowHint)
    window.setGeometry(0, 0, *size)
    window.show()
    begun = time.monotonic()
    with log.open("w") as shown:

        def show() -> None:
            number = int((time.monotonic() - begun) * RATE)
            picture = np.ascontiguousarray(scene(number, size))
            window.image = QImage(picture.data, size[0], size[1], 3 * size[0], QImage.Format_RGB888).copy()
            window.repaint()
            shown.write(f"{number} {time.monotonic()}\n")
            shown.flush()

        timer = QTimer()
        timer.timeout.connect(show)
        timer.start(1000 // RATE)
        application.exec_()


def play_udp(size: tuple[int, int], log: Path, url: str) -> None:
    """Send the scene as a stream, and write down when each number was sent."""
    import av

    begun = time.monotonic()
    with av.open(url, "w", format="mpegts", container_options={"muxdelay": "0"}) as output, log.open("w") as shown:
        options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20"}
        stream = output.add_stream("libx264", rate=RATE, options=options, width=size[0], height=size[1])
        stream.pix_fmt, stream.codec_context.gop_size = "yuv420p", RATE
        number = 0
        while True:
            time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
            frame = av.VideoFrame.from_ndarray(scene(number, size), format="rgb24")
            frame.pts = number
            shown.write(f"{number} {time.monotonic()}\n")
            shown.flush()
            output.mux(stream.encode(frame))
            number += 1


def serve(source: str, sink: str, *, stalls: bool, cost_ms: float, delay: float) -> None:
    """The run that is measured."""
    from fakes import ColourDetector, pool

    from dashcamcleaner.live.addresses import sink_for, source_for
    from dashcamcleaner.live.clock import SessionClock
    from dashcamcleaner.live.session import LiveSession
    from dashcamcleaner.settings import Settings

    chance = random.Random(os.getpid())

    class Moody(ColourDetector):
        """Takes as long as a network would, and stalls."""

        def detect(self, pictures: Any) -> Any:
            time.sleep(cost_ms / 1000)
            if stalls and chance.random() < 0.01:
                time.sleep(chance.uniform(0.2, 3.0))
            return super().detect(pictures)

    clock = SessionClock()
    live = LiveSession(
        source_for(source, clock=clock, rate=RATE), [sink_for(sink, overwrite=True)],  # type: ignore[list-item]
        # One colour hides: an average of the object's own would still be its colour.
        settings=Settings(profile="fast", crop_checks=False, delay=delay, style="solid"), clock=clock,
        models=pool(Moody({"face": OBJECT, "plate": (0, 0, 255)}, input_size=(640, 384))),
    )  # fmt: skip
    for event in live.run():
        print(event, file=sys.stderr, flush=True)


def watch(url: str, log: Path) -> None:
    """Look at every frame that left: when it came, its number, whether the object can be told."""
    import av

    with log.open("w") as seen:
        while True:
            try:
                with av.open(url, timeout=(20, 20), options={"fflags": "nobuffer", "probesize": "200000"}) as stream:
                    for frame in stream.decode(video=0):
                        picture = frame.to_ndarray(format="rgb24")
                        row = [time.monotonic(), number_of(picture), shows_object(picture), frame.is_corrupt]
                        seen.write(json.dumps(row) + "\n")
                        seen.flush()
            except (av.error.FFmpegError, OSError):
                continue


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run player, live and watcher; what the watcher saw, as figures."""
    w, h = (int(side) for side in arguments.size.split("x"))
    screen, words = None, [sys.executable, __file__]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    ports = random.Random(os.getpid()).sample(range(20000, 30000), 2)
    source, sink = f"udp://127.0.0.1:{ports[0]}", f"udp://127.0.0.1:{ports[1]}"
    if arguments.source == "screen":
        read, write = os.pipe()
        screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{w}x{h}x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=(write,), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as told:
            environment |= {"DISPLAY": f":{told.readline().strip()}", "QT_QPA_PLATFORM": "xcb"}
        source = "screen"
    with tempfile.TemporaryDirectory() as folder:
        shown, seen = Path(folder) / "shown", Path(folder) / "seen"
        common = ["--size", arguments.size]
        live_words = [*words, "--role", "serve", "--in", source, "--out", sink, "--cost-ms", str(arguments.cost_ms)]
        live_words += ["--delay", str(arguments.delay), *(["--stalls"] if arguments.stalls else [])]
        with (Path(folder) / "live.log").open("w") as told:
            running = [
                subprocess.Popen([*words, "--role", "watch", "--in", sink, "--log", str(seen)], env=environment),
                subprocess.Popen(
                    [*words, "--role", f"play-{arguments.source}", "--out", source, "--log", str(shown), *common],
                    env=environment, stderr=subprocess.DEVNULL,
                ),
                *[subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(arguments.busy)],
            ]  # fmt: skip
            time.sleep(1.5)
            live = subprocess.Popen(live_words, env=environment, stderr=told)
            begun = time.monotonic()
            for turn in range(arguments.kills + 1):
                time.sleep(max(0.0, begun + (turn + 1) * arguments.seconds / (arguments.kills + 1) - time.monotonic()))
                live.send_signal(signal.SIGKILL)
                live.wait()
                if turn < arguments.kills:
                    live = subprocess.Popen(live_words, env=environment, stderr=told)
        time.sleep(0.5)
        for process in [*running, *([screen] if screen else [])]:
            process.kill()
            process.wait()
        log = (Path(folder) / "live.log").read_text()
        if arguments.verbose:
            print(log, file=sys.stderr)
        return figures(shown, seen, delay_s=arguments.delay, seconds=arguments.seconds)


def figures(shown: Path, seen: Path, *, delay_s: float, seconds: float) -> dict[str, Any]:
    """Of both logs."""
    at: dict[int, float] = {}
    for line in shown.read_text().splitlines():
        number, time_s = line.split()
        at.setdefault(int(number), float(time_s))
    rows = [json.loads(line) for line in seen.read_text().splitlines()]
    left = [(time_s - at[number]) for time_s, number, *_ in rows if number is not None and number in at]
    late_ms = sorted(1000 * (latency - delay_s) for latency in left)
    median = float(np.median(late_ms)) if late_ms else None
    return {
        "frames": len(rows),
        "a_second": round(len(rows) / seconds, 1),
        "legible_object_frames": sum(bool(legible) for _, _, legible, corrupt in rows if not corrupt),
        "covered_wholly": round(sum(number is None for _, number, *_ in rows) / max(1, len(rows)), 4),
        "beyond_delay_ms_median": None if median is None else round(median, 1),
        "beyond_delay_ms_p95": round(late_ms[int(0.95 * (len(late_ms) - 1))], 1) if late_ms else None,
        "jitter_ms_p95": round(float(np.percentile(np.abs(np.array(late_ms) - median), 95)), 1) if late_ms else None,
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Read the words and measure, or play one of the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--source", choices=("screen", "udp"), default="screen")
    parser.add_argument("--delay", type=float, default=1.0)
    parser.add_argument("--cost-ms", type=float, default=30.0, help="what a detection takes")
    parser.add_argument("--stalls", action="store_true")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    for part in ("--role", "--in", "--out", "--log"):
        parser.add_argument(part, dest=part.strip("-") + "_", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    size = tuple(int(side) for side in arguments.size.split("x"))
    if arguments.role_ == "play-screen":
        play_screen((size[0], size[1]), Path(arguments.log_))
    elif arguments.role_ == "play-udp":
        play_udp((size[0], size[1]), Path(arguments.log_), arguments.out_)
    elif arguments.role_ == "watch":
        watch(arguments.in_, Path(arguments.log_))
    elif arguments.role_ == "serve":
        serve(arguments.in_, arguments.out_, stalls=arguments.stalls, cost_ms=arguments.cost_ms, delay=arguments.delay)
    else:
        print(json.dumps(measure(arguments), indent=1))


if __name__ == "__main__":
    main()
