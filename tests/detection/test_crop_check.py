"""Closer looks: the right crops, the right place in them, within a budget."""

from __future__ import annotations

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.crop_check import CROP_SIZE_PX, CropChecker, crop_around
from tests import fakes

RED = (220, 30, 30)


def picture(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (1280, 720)) -> np.ndarray:
    drawn = np.full((size[1], size[0], 3), 90, np.uint8)
    for x1, y1, x2, y2 in boxes:
        drawn[y1:y2, x1:x2] = RED
    return drawn


@pytest.mark.parametrize("box", [(600, 300, 614, 318), (200, 100, 500, 460), (0, 0, 40, 30), (1200, 650, 1280, 720)])
@pytest.mark.parametrize("length", [28.0, 56.0])
def test_the_object_lies_in_the_middle_at_the_length_asked_for(box: tuple[int, int, int, int], length: float) -> None:
    crop, place = crop_around(picture(box), box, length=length)
    assert crop.shape == (CROP_SIZE_PX, CROP_SIZE_PX, 3)
    assert max(place[2] - place[0], place[3] - place[1]) == pytest.approx(length, rel=0.05)
    (found,) = fakes.ColourDetector({"face": RED}).detect([crop])
    assert np.abs(found.xyxy[0] - np.array(place)).max() <= 2.5


def test_what_is_there_scores_and_what_is_not_does_not() -> None:
    there, not_there = (600, 300, 640, 340), (100, 100, 160, 160)
    checker = CropChecker(fakes.ColourDetector({"face": RED}, score=0.8), per_frame=4)
    wanted = [(9.0, tuple(map(float, there)), "face"), (5.0, tuple(map(float, not_there)), "face")]
    wanted.append((4.0, tuple(map(float, there)), "plate"))
    found = checker.check(picture(there), wanted, scale=1.0)
    assert [round(check.score, 2) for check in found] == [0.8, 0.0, 0.0]
    assert [check.xyxy for check in found] == [box for _, box, _ in wanted]


def test_boxes_are_given_in_full_size_pixels() -> None:
    checker = CropChecker(fakes.ColourDetector({"face": RED}), per_frame=1)
    (found,) = checker.check(picture((300, 150, 320, 170)), [(1.0, (600.0, 300.0, 640.0, 340.0), "face")], scale=0.5)
    assert found.score == pytest.approx(0.8, abs=0.01)
    assert found.xyxy == (600.0, 300.0, 640.0, 340.0)


def test_the_budget_is_kept_however_many_are_wanted() -> None:
    detector = fakes.ScriptedDetector({})
    checker = CropChecker(detector, per_frame=0.5)
    wanted = [(1.0, (10.0, 10.0, 30.0, 30.0), "face")] * 50
    for _ in range(200):
        checker.check(picture(), wanted, scale=1.0)
    assert detector.seen <= 2 * (0.5 * 200 + 6)


def test_a_place_is_found_only_where_the_boxes_agree() -> None:
    beside = fakes.ScriptedDetector(lambda n, p: [(0, 0, 40, 40, 0.9, "face")])
    (found,) = CropChecker(beside).check(picture(), [(1.0, (600.0, 300.0, 640.0, 340.0), "face")], scale=1.0)
    assert found.score < 0.01
    assert isinstance(beside.detect([picture()])[0], Detections)
