"""Stand-ins for engines where seeing is not the subject: scripted and failing detectors, a pool of them, a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.frame import Frame, Orientation, PixelLayout
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.detection.detector import Detector, DetectorDescription
from dashcamcleaner.detection.ocr import Reading, TextReader
from dashcamcleaner.detection.pool import ModelPool

Row = tuple[float, float, float, float, float, str]
"""x1, y1, x2, y2, score, kind."""


def description(*, name: str = "fake") -> DetectorDescription:
    """What a fake tells of itself."""
    return DetectorDescription("fake", "none", "f32", name, "0" * 64, "a test asked for it")


class ScriptedDetector:
    """Answers from a script, in the pixels of the picture given.

    Args:
        script: boxes of the n-th picture seen: a mapping or sequence by number, or a function of number and picture.
            Boxes are in the pixels of ``script_size``.
        script_size: ``(width, height)`` that the script speaks of; None means the picture's own size.
        kinds: what it says it knows.
        input_size: of its network.
    """

    def __init__(
        self,
        script: Mapping[int, Sequence[Row]] | Sequence[Sequence[Row]] | Callable[[int, np.ndarray], Sequence[Row]],
        *,
        script_size: tuple[int, int] | None = None,
        kinds: tuple[str, ...] = ("face", "plate"),
        input_size: tuple[int, int] = (640, 384),
    ) -> None:
        self.kinds = kinds
        self.input_size = input_size
        self.parallel = 1
        self.description = description()
        self.script_size = script_size
        self.seen = 0
        self.sizes: list[tuple[int, int]] = []
        self.closed = False
        self._script = script

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        return [self._one(picture) for picture in pictures]

    def _one(self, picture: np.ndarray) -> Detections:
        number, self.seen = self.seen, self.seen + 1
        h, w = picture.shape[:2]
        self.sizes.append((w, h))
        if callable(self._script):
            rows = self._script(number, picture)
        elif isinstance(self._script, Mapping):
            rows = self._script.get(number, ())
        else:
            rows = self._script[number] if number < len(self._script) else ()
        size = self.script_size or (w, h)
        return Detections.from_rows(rows).moved(scale=(w / size[0], h / size[1]))

    def close(self) -> None:
        self.closed = True


class FailingDetector(ScriptedDetector):
    """Raises ``error`` at the n-th picture; before that it sees nothing."""

    def __init__(self, error: Exception, *, at: int = 0, input_size: tuple[int, int] = (640, 384)) -> None:
        super().__init__({}, input_size=input_size)
        self.error = error
        self.at = at

    def _one(self, picture: np.ndarray) -> Detections:
        if self.seen >= self.at:
            raise self.error
        return super()._one(picture)


class NanDetector(ScriptedDetector):
    """Gives a box that is not a number at the n-th picture, as a broken engine would."""

    def __init__(self, *, at: int = 0, input_size: tuple[int, int] = (640, 384)) -> None:
        super().__init__({}, input_size=input_size)
        self.at = at

    def _one(self, picture: np.ndarray) -> Detections:
        if self.seen < self.at:
            return super()._one(picture)
        self.seen += 1
        return Detections(np.full((1, 4), np.nan), np.array([0.9]), np.array(["face"]))


class ColourDetector(ScriptedDetector):
    """Sees each rectangle of pure colour, wherever the picture is cut and however it is scaled."""

    def __init__(
        self,
        colours: Mapping[str, tuple[int, int, int]],
        *,
        input_size: tuple[int, int] = (640, 384),
        score: float = 0.8,
        least_px: int = 3,
    ) -> None:
        super().__init__(self._find, kinds=tuple(colours), input_size=input_size)
        self.colours = dict(colours)
        self.score = score
        self.least_px = least_px

    def _find(self, number: int, picture: np.ndarray) -> list[Row]:
        import cv2

        rows: list[Row] = []
        for kind, colour in self.colours.items():
            low, high = (np.clip(np.array(colour) + side, 0, 255).astype(np.uint8) for side in (-60, 60))
            near = cv2.inRange(np.ascontiguousarray(picture), low, high)
            _, _, stats, _ = cv2.connectedComponentsWithStats(near)
            for x, y, w, h, _ in stats[1:]:
                if w >= self.least_px and h >= self.least_px:
                    rows.append((float(x), float(y), float(x + w), float(y + h), self.score, kind))
        return rows


class BlindReader:
    """A text reader that can read nothing."""

    description = "a reader that reads nothing"

    def read(self, crops: Sequence[np.ndarray]) -> list[Reading]:
        return [Reading("", 0.0) for _ in crops]

    def find(self, picture: np.ndarray) -> list[tuple[float, float, float, float]]:
        return []

    def close(self) -> None:
        pass


def pool(
    detector: Detector | Callable[..., Detector],
    *,
    second_detector: Callable[..., Detector] | None = None,
    text_reader: Callable[[], TextReader] = BlindReader,
) -> ModelPool:
    """A real pool over fakes, to hand in where a run would open engines.

    Args:
        detector: for every run, whatever weights it asks for; a function is called with what was asked.
        second_detector: opens the audit's independent one; sees nothing by default.
        text_reader: opens the audit's.
    """

    def open_detector(**asked: Any) -> Detector:
        return detector if isinstance(detector, Detector) else detector(**asked)

    blind = ScriptedDetector({}, kinds=("face",))
    return ModelPool(
        open_detector=open_detector,
        open_second_detector=second_detector or (lambda **_: blind),
        open_text_reader=text_reader,
    )


def frame_of(picture: np.ndarray, *, index: int = 0, orientation: Orientation | None = None) -> Frame:
    """A frame whose upright picture is the given RGB array, at any size asked for."""
    import cv2

    turned = orientation or Orientation()
    stored = turned.stored(picture)

    def scale(size: tuple[int, int]) -> np.ndarray:
        if size == (picture.shape[1], picture.shape[0]):
            return picture
        shrinks = size[0] < picture.shape[1]
        return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)

    plane = np.zeros(stored.shape[:2], np.uint8)
    layout = PixelLayout("gray", chroma_shift=(0, 0))
    return frame_of_planes([plane], layout, index=index, orientation=turned, scale=scale)


def frame_of_planes(
    planes: Sequence[np.ndarray],
    layout: PixelLayout,
    *,
    index: int = 0,
    orientation: Orientation | None = None,
    scale: Callable[[tuple[int, int]], np.ndarray] | None = None,
) -> Frame:
    """A frame of these planes at 30 per second; like a decoder's, its own ones are copies of them.

    Args:
        scale: makes the upright RGB picture; without it, asking for one is a fault of the test.
    """

    def none(size: tuple[int, int]) -> np.ndarray:
        raise AssertionError(f"nothing here needs an RGB picture of {size}")

    def own() -> tuple[np.ndarray, ...]:
        return tuple(plane.copy() for plane in planes)

    time = FrameTime(index, Fraction(1, 30))
    return Frame(index, time, tuple(planes), layout, orientation or Orientation(), None, scale or none, own)
