"""The ends of `benchmarks/live.py`: the scene with known truth, who plays it, the run that is measured, who watches.

Each is made to take little of the machine that it measures: pictures are painted from a strip that is made once, and
read as the planes that the decoder gives.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from dashcamcleaner.core.boxes import Detections

__all__ = ["RATE", "Scene", "play_screen", "play_udp", "serve", "watch"]

RATE = 30
SOUND_RATE = 48_000
AHEAD = 5
"""Frames by which sound is sent before its picture: a muxer sorts by time, and would let the picture wait for it."""
OBJECT = (250, 30, 200)
GROUND = (40, 110, 60)
BITS = 15
PERIOD = 32
"""Pixels after which the ground's stripes repeat."""


def _yuv(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """BT.601, limited range, as every converter here takes it."""
    picture = np.full((2, 2, 3), rgb, np.uint8)
    planes = av.VideoFrame.from_ndarray(picture, format="rgb24").to_ndarray(format="yuv420p")
    return int(planes[0, 0]), int(planes[2, 0]), int(planes[2, 1])


class Scene:
    """Frame by number: bars that tell it, an object that moves, stripes that move behind it.

    Args:
        size: ``(width, height)``, even.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        w, h = size
        self.bars = h // 8 // 2 * 2
        self.side = h // 6 // 2 * 2
        self._object = _yuv(OBJECT)
        ground = [_yuv((r, g, b)) for r, g, b in (GROUND, tuple(value + 20 for value in GROUND))]
        bright = (np.arange(w + PERIOD) // (PERIOD // 2) % 2).astype(bool)
        self._strip = np.where(bright, ground[1][0], ground[0][0]).astype(np.uint8)[None].repeat(h, axis=0)
        self._chroma = ground[0][1:]

    def box(self, number: int) -> tuple[int, int, int, int]:
        """Where the object is in a frame: x1, y1, x2, y2, pixels."""
        w, h = self.size
        x = abs(number * 4 % (2 * (w - self.side)) - (w - self.side)) // 2 * 2
        y = (h // 2 + round(h / 8 * float(np.sin(number / 20)))) // 2 * 2
        return x, y, x + self.side, y + self.side

    def planes(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The frame as 4:2:0."""
        w, h = self.size
        luma = self._strip[:, number % PERIOD : number % PERIOD + w].copy()
        chroma = [np.full((h // 2, w // 2), value, np.uint8) for value in self._chroma]
        for bit in range(BITS):
            luma[: self.bars, bit * w // BITS : (bit + 1) * w // BITS] = 235 if number >> bit & 1 else 16
        x1, y1, x2, y2 = self.box(number)
        luma[y1:y2, x1:x2] = self._object[0]
        for plane, value in zip(chroma, self._object[1:], strict=True):
            plane[: self.bars // 2] = 128
            plane[y1 // 2 : y2 // 2, x1 // 2 : x2 // 2] = value
        return luma, chroma[0], chroma[1]

    def number_of(self, luma: np.ndarray) -> int | None:
        """The number that a frame shows; None where it shows none (a card)."""
        w = self.size[0]
        row = luma[self.bars // 4 : self.bars * 3 // 4].mean(axis=0)
        values = [row[(2 * bit + 1) * w // (2 * BITS)] for bit in range(BITS)]
        if any(70 < value < 180 for value in values) or max(values) - min(values) < 100:
            return None
        return sum(1 << bit for bit, value in enumerate(values) if value > 128)

    def shows_object(self, blue: np.ndarray, red: np.ndarray) -> bool:
        """Whether the object can be told: its own colour on a third of its area."""
        near = (np.abs(blue.astype(np.int16) - self._object[1]) < 25) & (
            np.abs(red.astype(np.int16) - self._object[2]) < 40
        )
        return int(near.sum()) * 4 > self.side**2 // 3

    def hidden_for_nothing(self, blue: np.ndarray, red: np.ndarray, number: int) -> float:
        """Share of the picture that is painted outside of the object's box, grown to twice its width and height."""
        grey = (np.abs(blue.astype(np.int16) - 128) < 4) & (np.abs(red.astype(np.int16) - 128) < 4)
        grey[: self.bars // 2 + 2] = False
        x1, y1, x2, y2 = (side // 2 for side in self.box(number))
        half = self.side // 4
        grey[max(0, y1 - half) : y2 + half, max(0, x1 - half) : x2 + half] = False
        return float(grey.mean())


def play_screen(size: tuple[int, int], log: Path) -> None:
    """Show the scene on the screen, and write down when each number was shown."""
    from PyQt5.QtCore import QRect, Qt, QTimer
    from PyQt5.QtGui import QColor, QImage, QPainter
    from PyQt5.QtWidgets import QApplication, QWidget

    scene, (w, h) = Scene(size), size
    strip = QImage(w + PERIOD, h, QImage.Format_RGB32)
    painter = QPainter(strip)
    for left in range(0, w + PERIOD, PERIOD // 2):
        more = 20 * (left // (PERIOD // 2) % 2)
        painter.fillRect(left, 0, PERIOD // 2, h, QColor(*(value + more for value in GROUND)))
    painter.end()

    class Screen(QWidget):
        """The scene, as large as the screen."""

        number = 0

        def paintEvent(self, _event: Any) -> None:  # noqa: N802  # Qt's name
            painter = QPainter(self)
            painter.drawImage(QRect(0, 0, w, h), strip, QRect(self.number % PERIOD, 0, w, h))
            for bit in range(BITS):
                left, right = bit * w // BITS, (bit + 1) * w // BITS
                level = 250 if self.number >> bit & 1 else 5
                painter.fillRect(left, 0, right - left, scene.bars, QColor(level, level, level))
            x1, y1, x2, y2 = scene.box(self.number)
            painter.fillRect(x1, y1, x2 - x1, y2 - y1, QColor(*OBJECT))

    application = QApplication([])
    window = Screen()
    window.setWindowFlags(Qt.FramelessWindowHint)
    window.setGeometry(0, 0, *size)
    window.show()
    begun = time.monotonic()
    with log.open("w") as shown:

        def show() -> None:
            number = int((time.monotonic() - begun) * RATE)
            if number == window.number:
                return
            window.number = number
            window.repaint()
            shown.write(f"{number} {time.monotonic()}\n")
            shown.flush()

        timer = QTimer()
        timer.setTimerType(Qt.PreciseTimer)
        timer.timeout.connect(show)
        timer.start(1000 // (4 * RATE))
        application.exec_()


def play_udp(size: tuple[int, int], log: Path, url: str) -> None:
    """Send the scene as a stream, a click with each full second, and write down when each number was sent."""
    scene, begun = Scene(size), time.monotonic()
    with (
        av.open(url, "w", format="mpegts", container_options={"omit_video_pes_length": "0"}) as output,
        log.open("w") as shown,
    ):
        options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20"}
        video = output.add_stream("libx264", rate=RATE, options=options, width=size[0], height=size[1])
        video.pix_fmt, video.codec_context.gop_size = "yuv420p", RATE
        audio = output.add_stream("aac", rate=SOUND_RATE, layout="mono")
        output.start_encoding()
        number, samples = 0, SOUND_RATE // RATE
        for early in range(AHEAD):
            output.mux(audio.encode(_sound(early, samples)))
        while True:
            time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
            frame = av.VideoFrame(*size, "yuv420p")
            for target, plane in zip(frame.planes, scene.planes(number), strict=True):
                np.frombuffer(target, np.uint8).reshape(target.height, target.line_size)[:, : target.width] = plane
            frame.pts = number
            shown.write(f"{number} {time.monotonic()}\n")
            shown.flush()
            output.mux(video.encode(frame))
            output.mux(audio.encode(_sound(number + AHEAD, samples)))
            number += 1


def _sound(number: int, samples: int) -> av.AudioFrame:
    """The sound of a frame: silence, or a click."""
    wave = np.zeros((1, samples), np.float32)
    if number % RATE == 0:
        wave[0, :480] = 0.8 * np.sin(np.arange(480) * 0.5)
    block = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
    block.sample_rate, block.pts = SOUND_RATE, number * samples
    return block


def serve(source: str, sink: str, *, stalls: bool, cost_ms: float, delay: float, weights: bool) -> None:
    """The run that is measured, with a detector that knows the object's colour.

    Args:
        source: as ``--from`` takes it.
        sink: as ``--to`` takes it.
        stalls: it stalls at random, up to 3 s.
        cost_ms: what a detection takes; not with weights.
        delay: seconds.
        weights: the shipped weights look, too, and take what they take; what they find is hidden as well.
    """
    from fakes import ColourDetector, pool

    from dashcamcleaner.detection.registry import open_detector
    from dashcamcleaner.live.addresses import sink_for, source_for
    from dashcamcleaner.live.clock import SessionClock
    from dashcamcleaner.live.request import LIVE_DEFAULTS
    from dashcamcleaner.live.session import LiveSession
    from dashcamcleaner.settings import Settings

    chance = random.Random(os.getpid())

    class Moody(ColourDetector):
        """Takes as long as a network would, or asks one; and stalls."""

        def __init__(self, real: Any) -> None:
            size = (640, 384) if real is None else real.input_size
            super().__init__({"face": OBJECT, "plate": (0, 0, 255)}, input_size=size)
            self.real = real
            if real is not None:
                self.description, self.parallel = real.description, real.parallel

        def detect(self, pictures: Any) -> Any:
            if stalls and chance.random() < 0.01:
                time.sleep(chance.uniform(0.2, 3.0))
            known = super().detect(pictures)
            if self.real is None:
                time.sleep(cost_ms / 1000)
                return known
            return [_both(a, b) for a, b in zip(known, self.real.detect(pictures), strict=True)]

    clock = SessionClock()
    live = LiveSession(
        source_for(source, clock=clock, rate=RATE), [sink_for(sink, overwrite=True)],  # type: ignore[list-item]
        # One colour hides: an average of the object's own would still be its colour.
        settings=Settings(**{**LIVE_DEFAULTS, "delay": delay, "style": "solid"}), clock=clock,
        models=pool(lambda **asked: Moody(open_detector(**asked) if weights else None)),
    )  # fmt: skip
    for event in live.run():
        print(event, file=sys.stderr, flush=True)


def _both(a: Detections, b: Detections) -> Detections:
    return Detections(*(np.concatenate([getattr(a, name), getattr(b, name)]) for name in ("xyxy", "score", "kind")))


def watch(url: str, log: Path, size: tuple[int, int]) -> None:
    """Look at every frame that left: when it came, its time in the stream, its number, whether the object can be told.

    Clicks are told by their time in the stream.
    """
    scene = Scene(size)
    with log.open("w") as seen:
        while True:
            try:
                with av.open(url, timeout=(20, 20), options={"fflags": "nobuffer", "probesize": "200000"}) as stream:
                    _watch(stream, scene, seen)
            except (av.error.FFmpegError, OSError):
                continue


def _watch(stream: Any, scene: Scene, seen: Any) -> None:
    clicked = -1.0
    for native in stream.decode(*stream.streams.video[:1], *stream.streams.audio[:1]):
        now, at = time.monotonic(), float(native.pts * native.time_base)
        if isinstance(native, av.AudioFrame):
            loud = np.abs(native.to_ndarray()).max(axis=0) > 0.1
            if loud.any() and at - clicked > 0.5:
                clicked = at
                seen.write(json.dumps({"click_s": at + int(loud.argmax()) / native.sample_rate}) + "\n")
            continue
        luma, blue, red = (
            np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
            for plane in native.planes
        )
        number = scene.number_of(luma)
        row: dict[str, Any] = {"came_s": now, "at_s": at, "number": number}
        row["legible"] = scene.shows_object(blue, red) and not native.is_corrupt
        if number is not None:
            row["for_nothing"] = round(scene.hidden_for_nothing(blue, red, number), 6)
        seen.write(json.dumps(row) + "\n")
        seen.flush()
