"""The second look: wherever and however a thing is shown, its box comes back in full-size pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.weak_spot import WeakSpot
from dashcamcleaner.detection.detector import DetectorDescription
from dashcamcleaner.detection.second_pass import SecondPass

SIZE = (960, 540)
THINGS = [(100, 100, 130, 124), (700, 400, 760, 430), (470, 260, 490, 280)]


class BrightThings:
    """Sees white rectangles of at least a given size in what the network would be shown."""

    kinds = ("face",)
    input_size = (640, 384)
    parallel = 1
    description = DetectorDescription("test", "CPU", "f32", "none", "")

    def __init__(self, *, least_px=4.0, most_px=1e9):
        self.least_px = least_px
        self.most_px = most_px
        self.shown = []

    def detect(self, pictures):
        return [self._one(picture) for picture in pictures]

    def _one(self, picture):
        self.shown.append(picture.shape[:2])
        scale = min(self.input_size[0] / picture.shape[1], self.input_size[1] / picture.shape[0])
        _, _, stats, _ = cv2.connectedComponentsWithStats((picture[..., 0] > 200).astype(np.uint8))
        rows = [
            (x, y, x + w, y + h, 0.9, "face")
            for x, y, w, h, _ in stats[1:]
            if self.least_px <= min(w, h) * scale <= self.most_px
        ]
        return Detections.from_rows(rows)

    def close(self):
        pass


@pytest.fixture()
def picture():
    picture = np.full((SIZE[1], SIZE[0], 3), 60, np.uint8)
    for x1, y1, x2, y2 in THINGS:
        picture[y1:y2, x1:x2] = 255
    return picture


def boxes(found):
    return sorted({tuple(round(float(v)) for v in box) for box in found.xyxy})


def test_a_window_is_shown_alone_and_placed_back(picture):
    detector = BrightThings()
    found = SecondPass(detector, upright_size=SIZE).detect(picture, WeakSpot(0, windows=((50.2, 60.0, 530.0, 330.0),)))
    assert boxes(found) == [THINGS[0], THINGS[2]]
    assert detector.shown == [(270, 480)]


def test_what_a_window_cuts_is_left_to_other_looks(picture):
    rechecker = SecondPass(BrightThings(), upright_size=SIZE)
    assert boxes(rechecker.detect(picture, WeakSpot(0, windows=((110.0, 60.0, 480.0, 330.0),)))) == []
    at_the_edge = picture.copy()
    at_the_edge[0:20, 0:30] = 255
    found = rechecker.detect(at_the_edge, WeakSpot(0, windows=((0.0, 0.0, 480.0, 270.0),)))
    assert (0, 0, 30, 20) in boxes(found)


def test_a_whole_frame_is_shown_small_and_in_tiles(picture):
    detector = BrightThings(least_px=15)
    found = SecondPass(detector, upright_size=SIZE).detect(picture, WeakSpot(0, whole=True))
    assert len(detector.shown) == 5
    assert set(boxes(found)) >= {THINGS[0], THINGS[1], THINGS[2]}


def test_small_looks_come_back_at_full_size(picture):
    big = picture.copy()
    big[200:400, 200:420] = 255
    too_large_otherwise = BrightThings(least_px=60, most_px=90)
    assert not len(too_large_otherwise.detect([big])[0])
    found = SecondPass(too_large_otherwise, upright_size=SIZE).detect(big, WeakSpot(0, whole=True))
    assert any(np.abs(np.array(box) - (200, 200, 420, 400)).max() <= 4 for box in boxes(found))


def test_what_fills_a_window_is_left_to_the_whole_frame(picture):
    picture[100:300, 100:300] = 255
    assert (100, 100, 300, 300) not in boxes(
        SecondPass(BrightThings(), upright_size=SIZE).detect(picture, WeakSpot(0, windows=((0.0, 0.0, 480.0, 350.0),)))
    )
    assert (100, 100, 300, 300) in boxes(
        SecondPass(BrightThings(), upright_size=SIZE).detect(picture, WeakSpot(0, whole=True))
    )


def test_nothing_to_look_at_is_nothing_found(picture):
    assert len(SecondPass(BrightThings(), upright_size=SIZE).detect(picture, WeakSpot(0))) == 0
