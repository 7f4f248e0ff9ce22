"""A made source, a sink that keeps what left, and detectors that stall: stand-ins for the ends of a live run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import av
import numpy as np
from fakes import ColourDetector
from turned_clock import TurnedClock

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.live.clock import Clock
from dashcamcleaner.live.pictures import LIVE_LAYOUT, FrameMaker, rgb_of
from dashcamcleaner.live.ports import CapturedFrame, CapturedSound, SoundFormat, StreamFormat
from dashcamcleaner.live.release import ReleasedFrame, ReleasedSound

SIZE = (160, 96)
FACE = (250, 30, 200)
GROUND = (70, 90, 70)
BOX_PX = 24


def scene(number: int) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """Frame ``number``: RGB, and the box of the one face, which moves steadily."""
    picture = np.full((SIZE[1], SIZE[0], 3), GROUND, np.uint8)
    noise = np.random.default_rng(5).integers(0, 40, (SIZE[1] // 8, SIZE[0] // 8, 3), np.uint8)
    picture += noise.repeat(8, axis=0).repeat(8, axis=1)  # something whose motion can be measured
    span = SIZE[0] - BOX_PX
    x = abs((number * 2) % (2 * span) - span)
    picture[30 : 30 + BOX_PX, x : x + BOX_PX] = FACE
    return picture, (x, 30, x + BOX_PX, 30 + BOX_PX)


def shows_face(picture: np.ndarray) -> bool:
    """Whether the face can be told in a picture that left: its own colour on a good part of its area."""
    off = np.abs(picture.astype(int) - np.array(FACE)).max(axis=2)
    return int((off < 60).sum()) > BOX_PX * BOX_PX // 4


class MadeSource:
    """Gives frames of `scene`, at a pace of the clock's.

    Args:
        clock: the session's.
        frames: how many.
        rate: a second.
        sound: give blocks of sound as well.
        before: called before each frame with its number, where a test makes it stall or fail.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        frames: int,
        rate: float = 30.0,
        sound: bool = False,
        before: Callable[[int], None] = lambda number: None,
        paint: Callable[[int], np.ndarray] = lambda number: scene(number)[0],
    ) -> None:
        self.description, self.ends = "a made scene", True
        self.path = None
        self.clock, self.frames, self.rate, self.sound = clock, frames, rate, sound
        self.before, self.paint = before, paint
        self.opened = 0
        self._next = 0
        self._turn = threading.Condition()
        self._over = False

    def open(self) -> StreamFormat:
        self.opened += 1
        return StreamFormat(SIZE, LIVE_LAYOUT, self.rate, SoundFormat(8000, "mono") if self.sound else None)

    def captured(self) -> Iterator[CapturedFrame | CapturedSound]:
        maker = FrameMaker(SIZE)
        while self._next < self.frames and not self._over:
            number, self._next = self._next, self._next + 1
            self.before(number)
            due_s = (number + 1) / self.rate
            with self._turn:
                while self.clock.now() < due_s and not self._over:
                    self.clock.wait(self._turn, due_s)
            native = av.VideoFrame.from_ndarray(self.paint(number), format="rgb24")
            now = self.clock.now()
            yield CapturedFrame(maker.of_native(native), now, number / self.rate)
            if self.sound:
                samples = np.full((1, 8000 // round(self.rate)), 1000, np.int16)
                block = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                block.sample_rate = 8000
                yield CapturedSound(block, now)

    def interrupt(self) -> None:
        with self._turn:
            self._over = True
            self._turn.notify_all()
        if isinstance(self.clock, TurnedClock):
            self.clock.release()

    def close(self) -> None:
        pass


class KeepingSink:
    """Keeps everything that left, as pictures.

    Args:
        before: called before each item is taken, where a test makes it stall or fail.
    """

    def __init__(self, *, before: Callable[[int], None] = lambda number: None) -> None:
        self.description = "a sink that keeps"
        self.path = None
        self.before = before
        self.frames: list[ReleasedFrame] = []
        self.pictures: list[np.ndarray] = []
        self.sounds: list[ReleasedSound] = []
        self.taken = 0

    def open(self, form: StreamFormat) -> bool:
        return True

    def write(self, item: ReleasedFrame | ReleasedSound) -> None:
        self.taken += 1
        self.before(self.taken)
        if isinstance(item, ReleasedFrame):
            self.frames.append(item)
            self.pictures.append(rgb_of(item.native, longest_side_px=max(SIZE)))
        else:
            self.sounds.append(item)

    def close(self) -> None:
        pass


class MoodyDetector(ColourDetector):
    """Sees the scene's face; stalls, or fails, at the pictures that a test names."""

    def __init__(self, *, before: Callable[[int], None] = lambda number: None) -> None:
        super().__init__({"face": FACE, "plate": (0, 0, 255)}, input_size=SIZE)
        self.before = before

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        self.before(self.seen)
        return super().detect(pictures)
