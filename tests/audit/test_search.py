"""What is still seen in an output: merged over views, mapped back from the mirror, not what a region hides."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dashcamcleaner.audit.exposures import AuditDetection, Exposure
from dashcamcleaner.audit.search import LeftoverSearch, best_reading, moves_as_one, second_opinion
from dashcamcleaner.detection.ocr import Reading
from tests.fakes import ScriptedDetector

PICTURE = np.full((200, 300, 3), 90, np.uint8)


def searcher(**scripts: list[tuple[float, float, float, float, float, str]]) -> LeftoverSearch:
    detectors = {name: ScriptedDetector(lambda n, p, rows=rows: rows) for name, rows in scripts.items()}
    return LeftoverSearch(detectors, mirrored=("own",), kinds=("face", "plate"), floors=dict.fromkeys(scripts, 0.2))


def look(made: LeftoverSearch, *, hidden: float = 0.0) -> list[AuditDetection]:
    return made.search(PICTURE, frame=4, seconds=0.13, hidden_share=lambda box: hidden)


def test_both_views_see_one_object_once() -> None:
    (seen,) = look(searcher(own=[(200, 50, 240, 100, 0.5, "face")], faces=[(61, 52, 99, 98, 0.8, "face")]))
    assert seen.scores == {"own": 0.5, "faces": pytest.approx(0.8)}
    assert seen.xyxy == pytest.approx((60, 50, 100, 100))  # out of the mirror
    assert seen.crop is not None


def test_what_is_hidden_small_faint_or_of_no_interest_is_no_sighting() -> None:
    rows = [(10.0, 10.0, 60.0, 60.0, 0.9, "face")]
    assert look(searcher(faces=rows), hidden=0.9) == []
    assert look(searcher(faces=[(10, 10, 16, 16, 0.9, "face")])) == []
    assert look(searcher(faces=[(10, 10, 60, 60, 0.1, "face")])) == []
    assert look(searcher(faces=[(10, 10, 60, 60, 0.9, "dog")])) == []


def exposure(*pictures: np.ndarray, box: tuple[float, float, float, float] = (50, 40, 110, 110)) -> Exposure:
    made = Exposure("face")
    for number, picture in enumerate(pictures):
        one = AuditDetection(number * 30, float(number), box, "face", {"own": 0.8})
        one.crop, one.crop_xyxy = picture, (0, 0, picture.shape[1], picture.shape[0])
        made.add(one)
    return made


def street(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (40, 45, 3), dtype=np.uint8)
    return cv2.resize(noise, (180, 160), interpolation=cv2.INTER_CUBIC)


def test_a_print_moves_as_one_with_its_wall_and_a_head_does_not() -> None:
    wall = street(1)
    nearer = cv2.warpAffine(
        wall, np.array([[1.02, 0, 1.5], [0, 1.02, -2.0]]), (180, 160), borderMode=cv2.BORDER_REFLECT
    )
    assert moves_as_one(exposure(wall, nearer))
    head, other = street(2), street(3)
    other[40:110, 50:110] = head[40:110, 50:110]
    assert not moves_as_one(exposure(head, other))
    assert not moves_as_one(exposure(wall))


def test_a_closer_look_asks_about_this_very_object() -> None:
    here = ScriptedDetector(lambda n, p: [(48, 38, 112, 112, 0.7, "face"), (0, 0, 20, 20, 0.9, "face")])
    elsewhere = ScriptedDetector(lambda n, p: [(0, 0, 20, 20, 0.9, "face")])
    scores = second_opinion(exposure(street(1), street(2)), detectors={"a": here, "b": elsewhere})
    assert scores == {"a": pytest.approx(0.7), "b": 0.0}


@pytest.mark.parametrize(("text", "reads"), [("KL07CW7739", 0.9), ("HOTEL", 0.0), ("12", 0.0)])
def test_a_reading_needs_four_characters_and_a_digit(text: str, reads: float) -> None:
    class Reader:
        description = "a test"

        def read(self, crops: list[np.ndarray]) -> list[Reading]:
            return [Reading(text, 0.9) for _ in crops]

    assert best_reading(exposure(street(1)), reader=Reader()) == reads
