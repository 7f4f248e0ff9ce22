"""Motion between pictures whose true motion is known, because the test moved them."""

from __future__ import annotations

import zlib

import cv2
import numpy as np
import pytest

from dashcamcleaner.core.motion import FrameMotion, Motion
from dashcamcleaner.tracking.camera_motion import MotionEstimator

FULL = (1280, 720)


def scene(seed, *, size=(1600, 1000)):
    """A picture with structure at several scales."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((size[1], size[0], 3), np.float32)
    for cell in (8, 32, 128):
        coarse = rng.normal(0, 1, (size[1] // cell + 1, size[0] // cell + 1, 3)).astype(np.float32)
        picture += cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return cv2.normalize(picture, None, 20, 235, cv2.NORM_MINMAX).astype(np.uint8)


def shot(picture, matrix, *, size=FULL):
    """What a camera sees: `matrix` takes scene points to full-size pixels; shown at half size, like a detector's."""
    half = np.array([[0.5, 0, 0], [0, 0.5, 0], [0, 0, 1]]) @ np.vstack([matrix, [0, 0, 1]])
    # warpAffine counts from pixel centres, boxes from pixel edges.
    edges = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    matrix = np.linalg.inv(edges) @ half @ edges
    return cv2.warpAffine(picture, matrix[:2], (size[0] // 2, size[1] // 2), flags=cv2.INTER_AREA)


def camera(*, x=0.0, y=0.0, zoom=1.0, turn=0.0):
    c, s = zoom * np.cos(turn), zoom * np.sin(turn)
    return np.array([[c, -s, x - 160], [s, c, y - 140]])


def measure(*pictures, size=FULL):
    meter = MotionEstimator(upright_size=size)
    return [meter.measure(p) for p in pictures][-1]


def test_the_first_picture_has_no_motion():
    meter = MotionEstimator(upright_size=FULL)
    picture = shot(scene(1), camera())
    assert meter.measure(picture) is None
    assert meter.measure(picture) is not None
    meter.reset()
    assert meter.measure(picture) is None


@pytest.mark.parametrize(
    "move",
    [
        {},
        {"x": 6.0, "y": -3.0},
        {"x": -45.0, "y": 20.0},
        {"zoom": 1.03, "x": -12.0},
        {"zoom": 0.97, "turn": 0.02},
    ],
)
def test_camera_motion_is_found(move):
    first, second = camera(), camera(**move)
    motion = measure(shot(scene(2), first), shot(scene(2), second))
    assert not motion.cut
    step = FrameMotion(motion, seconds=1 / 30, size=FULL)
    true = np.vstack([second, [0, 0, 1]]) @ np.linalg.inv(np.vstack([first, [0, 0, 1]]))
    for x, y in [(300, 200), (640, 360), (1000, 600)]:
        wanted = (true @ [x, y, 1])[:2]
        assert np.hypot(*(np.array(step.ahead(x, y)) - wanted)) < 2.0
        assert np.hypot(*(np.array(step.back(*wanted)) - (x, y))) < 2.0
    assert step.scale == pytest.approx(move.get("zoom", 1.0), abs=0.005)


def test_what_moves_by_itself_is_in_the_grid_and_not_in_the_camera():
    back, front = scene(3), scene(4)
    pictures = []
    for k in range(2):
        picture = shot(back, camera(x=10.0 * k)).copy()
        picture[100:200, 200 + 8 * k : 320 + 8 * k] = front[100:200, 200:320]
        pictures.append(picture)
    motion = measure(*pictures)
    step = FrameMotion(motion, seconds=1 / 30, size=FULL)
    assert np.hypot(*(np.array(step.ahead(100, 100)) - (110, 100))) < 1.5
    own = step.own(520, 300, width=60, height=60)
    assert own is not None
    assert np.hypot(own[0] - 6, own[1]) < 1.5
    assert np.hypot(*step.own(1000, 600, width=60, height=60)) < 1.5


@pytest.mark.parametrize("level", [0, 16, 128])
@pytest.mark.parametrize(
    "seen",
    [np.s_[:, 220:420], np.s_[66:294], np.s_[:, 160:], np.s_[90:270, 160:480]],
    ids=["side", "wide", "left", "all"],
)
def test_bars_around_a_scene_hide_no_cut_and_make_none(seen, level):
    def between_bars(picture):
        whole = np.full_like(picture, level)
        whole[seen] = picture[seen]
        return whole

    for seed in range(4):
        here, there = scene(10 + seed), scene(20 + seed)
        a, moved, b = shot(here, camera()), shot(here, camera(x=14, y=-8, zoom=1.02)), shot(there, camera())
        assert measure(between_bars(a), between_bars(b)).cut
        assert not measure(between_bars(a), between_bars(moved)).cut


def test_a_cut_is_found_and_only_a_cut():
    a, b = shot(scene(5), camera()), shot(scene(6), camera())
    assert measure(a, b).cut
    dark = np.clip(a * 0.6, 0, 255).astype(np.uint8)
    assert not measure(a, dark).cut
    noisy = np.clip(a + np.random.default_rng(0).normal(0, 12, a.shape), 0, 255).astype(np.uint8)
    assert not measure(a, noisy).cut
    black = np.zeros_like(a)
    assert measure(a, black).cut
    assert measure(black, a).cut
    assert not measure(black, black).cut


def test_portrait_and_odd_sizes():
    picture = scene(7)
    a = np.ascontiguousarray(picture[:641, :361])
    b = np.ascontiguousarray(picture[4:645, :361])
    motion = measure(a, b, size=(1083, 1923))
    step = FrameMotion(motion, seconds=0.04, size=(1083, 1923))
    x, y = step.ahead(500, 900)
    assert abs(x - 500) < 2
    assert abs(y - 888) < 2


@pytest.mark.parametrize("size", [(1280, 8), (1280, 40), (1280, 124), (1280, 150), (8, 1280), (120, 1280)])
def test_strips_are_measured_like_other_pictures(size):
    """OpenCV's flow read past memory in pictures of few rows, and took the process with it."""
    picture = scene(8)
    w, h = size
    motion = measure(picture[20 : 20 + h, 20 : 20 + w].copy(), picture[20 : 20 + h, 28 : 28 + w].copy(), size=size)
    if w > 8:
        x, _ = FrameMotion(motion, seconds=0.04, size=size).ahead(w / 2, h / 2)
        assert abs(x - (w / 2 - 8)) < 4


def test_a_stored_motion_comes_back_exactly():
    motion = measure(shot(scene(8), camera()), shot(scene(8), camera(x=7.3, y=2.1, zoom=1.01)))
    again = Motion.from_json(motion.as_json())
    np.testing.assert_array_equal(motion.affine, again.affine)
    np.testing.assert_array_equal(motion.grid, again.grid)
    assert Motion.from_json(Motion.scene_cut().as_json()).cut
    still = Motion.from_json(Motion.still().as_json())
    assert still.grid is None
    np.testing.assert_array_equal(still.affine, Motion.still().affine)


def test_what_is_stored_is_packed_once_and_is_what_a_plan_gives_back(monkeypatch: pytest.MonkeyPatch):
    grid = np.random.default_rng(3).normal(0, 9, (18, 32, 2)).astype(np.float32)
    measured = Motion(np.array([[1.00012, -0.00003, 3.217], [0.00003, 0.9998, -7.1]], np.float32), grid)
    packed: list[bytes] = []
    compress = zlib.compress
    monkeypatch.setattr("dashcamcleaner.core.motion.zlib.compress", lambda *a: packed.append(a[0]) or compress(*a))
    rounded = measured.rounded()
    assert rounded.as_json() is rounded.as_json()
    assert len(packed) == 1
    assert rounded.as_json() == Motion.from_json(rounded.as_json()).as_json() == measured.as_json()


def test_a_broken_grid_is_a_value_error():
    data = {"a": [1, 0, 0, 0, 1, 0], "g": [2, 2, "AAAA"]}
    with pytest.raises(ValueError):
        Motion.from_json(data)
    with pytest.raises(ValueError):
        Motion.from_json({"a": [1, 0, 0, 0, float("nan"), 0]})


@pytest.mark.parametrize(
    "size", [(1920, 1080), (3840, 2160), (1280, 720), (1080, 1920), (1440, 1080), (854, 480), (320, 180)]
)
@pytest.mark.parametrize("limited", [False, True])
def test_brightness_of_full_size_gives_the_motion_of_the_small_picture(size: tuple[int, int], limited: bool) -> None:
    # The content moves by 12 of 1280 pixels, whatever the size in which it is given.
    moved = [shot(scene(3), camera(x=12.0 * at)) for at in (0, 1)]
    greys = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in moved]
    full = [cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC) for grey in greys]
    if limited:
        full = [np.rint(16 + grey * (219 / 255)).astype(np.uint8) for grey in full]
    meter = MotionEstimator(upright_size=size)
    meter.measure(full[0], limited_range=limited)
    motion = meter.measure(full[1], limited_range=limited)
    assert motion is not None
    assert motion.affine[0, 2] == pytest.approx(12.0 * size[0] / 1280, abs=1.2 * size[0] / 1280)
    assert motion.affine[1, 2] == pytest.approx(0.0, abs=1.2 * size[1] / 720)


def test_two_who_follow_a_motion_read_its_grid_once_and_the_same() -> None:
    motion = measure(shot(scene(4), camera()), shot(scene(4), camera(x=9.0)))
    one, other = (FrameMotion(motion, seconds=0.04, size=FULL) for _ in range(2))
    places = [(200.0, 150.0), (640.0, 360.0), (1100.0, 600.0)]
    seen = [[way.own(x, y, width=80, height=80) for x, y in places] for way in (one, other)]
    assert seen[0] == seen[1]
    assert any(own is not None for own in seen[0])
    residual = motion.residual(size=FULL)
    assert np.array_equal(np.array(motion.residual_rows(FULL), np.float32), residual, equal_nan=True)
    assert motion.residual_rows(FULL) is motion.residual_rows(FULL)
    assert motion.residual_rows((640, 360)) != motion.residual_rows(FULL)
    assert Motion.still().residual_rows(FULL) is None
    assert FrameMotion(Motion.still(), seconds=0.04, size=FULL).own(10, 10, width=5, height=5) is None


@pytest.mark.parametrize("size", [(8190, 32), (1280, 120), (33, 4000), (2, 2), (640, 1)])
def test_strips_have_a_motion_too(size: tuple[int, int]) -> None:
    """The flow of a picture that is less than 32 pixels high once it is scaled is refused, or reads past its memory."""
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, size[::-1], dtype=np.uint8)
    meter = MotionEstimator(upright_size=size)
    assert meter.measure(picture) is None
    for _ in range(4):
        assert meter.measure(picture) is not None
