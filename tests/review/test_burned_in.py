"""Burned-in text: what stands at one place in most pictures, whatever it says."""

from __future__ import annotations

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.review.burned_in import PICTURES, covered, place_words, sampled, standing_boxes

CLOCK = (10.0, 680.0, 200.0, 710.0)
SIZE = (1280, 720)


def test_pictures_are_spread_over_the_clip_and_a_short_one_has_few() -> None:
    assert sampled(800) == [50, 150, 250, 350, 450, 550, 650, 750]
    assert sampled(3) == [0, 1, 2]
    assert sampled(0) == []


def test_what_passes_is_left_out_and_what_stands_is_found_with_all_its_digits() -> None:
    found = [[CLOCK, (100.0 * at, 300.0, 100.0 * at + 80, 330.0)] for at in range(PICTURES)]
    found[2] = [(10.0, 680.0, 214.0, 710.0)]
    found[5] = []  # missed once
    (box,) = standing_boxes(found)
    assert box == (4.0, 674.0, 220.0, 716.0)
    assert place_words(box, SIZE) == "lower left"


def test_one_picture_proves_nothing() -> None:
    assert standing_boxes([[CLOCK]]) == []
    assert standing_boxes([]) == []


def test_covering_twice_covers_once() -> None:
    once = covered(Edits(), [CLOCK])
    assert [zone.box for zone in once.hidden_zones] == [CLOCK]
    assert covered(once, [CLOCK]) == once
    assert not once.uncovering


def test_places_have_words() -> None:
    assert place_words((600.0, 0.0, 700.0, 20.0), SIZE) == "upper middle"
    assert place_words((1100.0, 700.0, 1270.0, 720.0), SIZE) == "lower right"
