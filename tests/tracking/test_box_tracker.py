"""A drawn box is followed where it goes, and let go where it is lost."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dashcamcleaner.tracking.box_tracker import BoxTracker


def texture(size: tuple[int, int], *, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.integers(0, 256, (size[1], size[0], 3), np.uint8), (0, 0), 1.5)
    return cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX)


WALL, THING = texture((480, 270)), texture((60, 60), seed=2)


def scene(x: float, y: float, *, scale: float = 1.0) -> np.ndarray:
    matrix = np.array([[scale, 0, x], [0, scale, y]])
    picture = WALL.copy()
    mask = cv2.warpAffine(np.full((60, 60), 255, np.uint8), matrix, (480, 270))
    picture[mask > 0] = cv2.warpAffine(THING, matrix, (480, 270))[mask > 0]
    return picture


def test_it_goes_along_with_what_moves() -> None:
    follower = BoxTracker(scene(100, 80), (105, 85, 155, 135))
    for step in range(1, 30):
        box = follower.update(scene(100 + 4 * step, 80 + step))
        assert box == pytest.approx((105 + 4 * step, 85 + step, 155 + 4 * step, 135 + step), abs=3)


def test_it_grows_with_what_comes_near() -> None:
    follower = BoxTracker(scene(100, 80), (100, 80, 160, 140))
    box = None
    for step in range(1, 25):
        box = follower.update(scene(100, 80, scale=1 + 0.02 * step))
    assert box is not None
    assert box[2] - box[0] == pytest.approx(60 * 1.48, rel=0.12)


def test_it_lets_go_at_a_cut() -> None:
    follower = BoxTracker(scene(100, 80), (105, 85, 155, 135))
    assert follower.update(texture((480, 270), seed=9)) is None


def test_it_lets_go_of_what_disappears() -> None:
    follower = BoxTracker(scene(100, 80), (105, 85, 155, 135))
    assert follower.update(scene(104, 80)) is not None
    assert follower.update(WALL) is None


def test_it_lets_go_at_the_edge() -> None:
    follower = BoxTracker(scene(400, 80), (405, 85, 455, 135))
    found = [follower.update(scene(400 + 8 * step, 80)) for step in range(1, 20)]
    assert found[-1] is None
    assert found[0] is not None


def test_an_even_patch_is_let_go_rather_than_guessed() -> None:
    grey = np.full((270, 480, 3), 128, np.uint8)
    assert BoxTracker(grey, (100, 100, 150, 150)).update(grey) is None
