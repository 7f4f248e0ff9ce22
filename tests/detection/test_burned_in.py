"""Burned-in text: what stands at one place in many pictures, whatever it says, and what kind of content it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dashcamcleaner.core.burned_in import BurnedIn, burned_in_of, burned_in_sentence, place_words
from dashcamcleaner.detection.burned_in import (
    SeenText,
    anything_stands,
    content_of,
    is_line,
    sample_places,
    standing_text,
    stands,
)

SIZE = (1280, 720)
CLOCK = (10.0, 680.0, 200.0, 710.0)
PICTURES = 6


def scenes(*, moving: bool) -> list[np.ndarray]:
    """Small grey pictures of a scene."""
    rng = np.random.default_rng(7)
    scene = rng.integers(0, 255, (180, 320), dtype=np.uint8)
    return [np.roll(scene, 40 * at if moving else 0, axis=1) for at in range(PICTURES)]


def standing(lines: list[SeenText], *, moving: bool = True) -> list[BurnedIn]:
    return [one for one, _ in standing_text(lines, pictures=scenes(moving=moving))]


def test_four_pictures_a_minute_are_looked_at_within_bounds() -> None:
    assert len(sample_places(5)) == 6
    assert len(sample_places(180)) == 12
    assert len(sample_places(36_000)) == 60
    places = sample_places(180)
    assert places == sorted(places)
    assert 0 < places[0] < 0.1 < 0.9 < places[-1] < 1


def test_what_passes_is_left_out_and_what_stands_is_found_with_all_its_digits() -> None:
    lines = [SeenText(at, CLOCK) for at in range(PICTURES)]
    lines[2] = SeenText(2, (10.0, 680.0, 214.0, 710.0))  # another digit
    del lines[4]  # missed once
    lines += [SeenText(at, (100.0 * at, 300.0 + 30 * at, 100.0 * at + 80, 330.0 + 30 * at)) for at in range(PICTURES)]
    (one,) = standing(lines)
    assert one.box == (2.5, 672.5, 221.5, 717.5)
    assert one.sure


def test_a_line_that_is_found_in_halves_now_and_then_is_one_line() -> None:
    lines = [SeenText(at, CLOCK) for at in (0, 2, 4)]
    lines += [SeenText(at, box) for at in (1, 3) for box in ((10.0, 680.0, 95.0, 710.0), (105.0, 681.0, 200.0, 710.0))]
    (one,) = standing(lines)
    assert one.box[0] < 10 < 200 < one.box[2]


def test_text_of_a_camera_that_stands_still_is_not_sure() -> None:
    lines = [SeenText(at, CLOCK) for at in range(PICTURES)]
    assert not standing(lines, moving=False)[0].sure
    assert standing([]) == []
    assert standing([SeenText(0, CLOCK)]) == []  # one picture proves nothing


def test_mere_text_stands_to_the_pixel_and_a_position_may_come_late() -> None:
    late = [SeenText(at, CLOCK) for at in (3, 4, 5)]
    assert stands(("position",), late, pictures=PICTURES)
    assert not stands(("text",), late, pictures=PICTURES)
    grows = [SeenText(at, (10.0 - 8 * at, 680.0, 200.0 + 8 * at, 710.0)) for at in range(PICTURES)]
    assert stands(("date",), grows, pictures=PICTURES)
    assert not stands(("text",), grows, pictures=PICTURES)
    assert not is_line((0.0, 0.0, 600.0, 300.0), height_px=720)


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("N48.13714 E11.57543 52km/h", ("position", "speed")),
        ("48°08'13\"N 11°34'31\"E", ("position",)),
        ("2026-11-29 14:05:33", ("date", "time")),
        ("11/28/2016 SPEED 17 MPH N37.785336 W122.400810", ("position", "speed", "date")),
        ("48.13714, 11.57543", ("position",)),
        ("N37785336W122400810", ("position",)),
        ("MON 10:20", ("time",)),
        ("20180912 11:32:22", ("date", "time")),
        ("GPS", ("position",)),
        ("FLEET 12 A. DRIVER", ("text",)),
        ("NEXT EXIT 24", ("text",)),
        ("", ("text",)),
    ],
)
def test_what_a_line_holds(line: str, holds: tuple[str, ...]) -> None:
    assert content_of([line]) == holds


def test_a_position_that_is_read_once_is_one() -> None:
    assert content_of(["8.137I4 E1l", "", "N48.13714 E11.57543"]) == ("position",)


def test_places_and_sentences_have_words() -> None:
    assert place_words((600.0, 0.0, 700.0, 20.0), SIZE) == "upper middle"
    assert place_words((1100.0, 700.0, 1270.0, 720.0), SIZE) == "lower right"
    found = [BurnedIn(CLOCK, ("position",)), BurnedIn((900.0, 0.0, 1200.0, 20.0), ("date", "time"))]
    assert burned_in_sentence(found, size=SIZE) == (
        "position in the picture, lower left; date and time in the picture, upper right"
    )


@pytest.mark.parametrize(
    "row",
    [
        {"box": [0, 0, 1], "holds": ["text"]},
        {"box": [5, 0, 1, 3], "holds": ["text"]},
        {"box": [0, 0, float("nan"), 3], "holds": ["text"]},
        {"box": [0, 0, 9, 3], "holds": ["a name"]},
        {"box": [0, 0, 9, 3], "holds": []},
        {"holds": ["text"]},
    ],
)
def test_rows_of_a_plan_are_foreign_input(row: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        burned_in_of([row])
    with pytest.raises(ValueError, match="more than"):
        burned_in_of([{"box": [0, 0, 9, 3], "holds": ["text"]}] * 201)
    one = BurnedIn(CLOCK, ("position", "date"), sure=False)
    assert burned_in_of([one.as_dict()]) == (one,)
    assert burned_in_of(None) is None


def drives(text: str = "", *, scale: float = 0.6, colour: int = 255, bonnet: bool = False, moves: bool = True) -> bool:
    """Whether anything stands in pictures of a drive, with a text that changes written into each."""
    rng = np.random.default_rng(3)
    scene = cv2.resize(rng.integers(0, 255, (90, 400, 3), dtype=np.uint8), (4000, 720), interpolation=cv2.INTER_CUBIC)
    pictures = []
    for at in range(PICTURES):
        shift = 300 * at if moves else 0
        picture = np.ascontiguousarray(scene[:, shift : shift + 1280])
        if bonnet:
            cv2.ellipse(picture, (640, 760), (700, 160), 0, 0, 360, (20, 20, 20), -1)
            cv2.rectangle(picture, (0, 0), (60, 720), (230, 230, 230), -1)
        cv2.putText(picture, text.format(at), (60, 690), cv2.FONT_HERSHEY_SIMPLEX, scale, (colour,) * 3, 2, cv2.LINE_AA)
        pictures.append(picture)
    return anything_stands(pictures)


@pytest.mark.parametrize("scale", [0.35, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("colour", [255, 0])
def test_what_a_camera_writes_stands_at_any_size_whatever_it_says(scale: float, colour: int) -> None:
    assert drives("N48.137{0} E11.57{0}5", scale=scale, colour=colour)
    assert drives("2026-05-01 14:0{0}:3{0}", scale=scale, colour=colour)


def test_in_a_scene_that_moves_nothing_stands_nor_are_a_bonnet_and_a_pillar_text() -> None:
    assert not drives()
    assert not drives(bonnet=True)
    assert drives("14:0{0}", bonnet=True)


def test_where_the_camera_stands_still_the_finder_is_asked() -> None:
    assert drives(moves=False)
    assert not anything_stands([])
    assert not anything_stands([np.zeros((720, 1280, 3), np.uint8)])
