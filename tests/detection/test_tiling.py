"""Frames to detections: sizes, kinds, tiles and their borders, and failing closed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from fakes import ColourDetector, FailingDetector, NanDetector, ScriptedDetector, frame_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import street

from dashcamcleaner.core.boxes import Detections, iou
from dashcamcleaner.core.frame import Orientation
from dashcamcleaner.detection.registry import open_detector
from dashcamcleaner.detection.tiling import FrameDetector, check_kinds, lay_tiles
from dashcamcleaner.errors import BackendError, BackendMissing, DetectorFailed

RED, BLUE = (255, 0, 0), (0, 0, 255)
COLOURS = {"face": RED, "plate": BLUE}
FULL_HD = (1920, 1080)


def canvas(*rows: tuple[float, float, float, float, str], size: tuple[int, int] = FULL_HD) -> np.ndarray:
    picture = np.full((size[1], size[0], 3), 120, np.uint8)
    for x1, y1, x2, y2, kind in rows:
        picture[int(y1) : int(y2), int(x1) : int(x2)] = COLOURS[kind]
    return picture


def found_in(picture: np.ndarray, **options: Any) -> Detections:
    size = (picture.shape[1], picture.shape[0])
    detector = options.pop("detector", None) or ColourDetector(COLOURS)
    [found] = FrameDetector(detector, upright_size=size, **options).detect([frame_of(picture)])
    return found


def test_boxes_are_in_full_size_pixels() -> None:
    found = found_in(canvas((300, 200, 420, 350, "face"), (1500, 900, 1620, 940, "plate")))
    assert sorted(found.kind.tolist()) == ["face", "plate"]
    truth = {"face": (300, 200, 420, 350), "plate": (1500, 900, 1620, 940)}
    for box, kind in zip(found.xyxy, found.kind, strict=True):
        np.testing.assert_allclose(box, truth[kind], atol=4)


def test_the_picture_asked_for_needs_no_second_scaling() -> None:
    detector = ScriptedDetector({}, input_size=(640, 384))
    stage = FrameDetector(detector, upright_size=FULL_HD)
    stage.detect([frame_of(canvas())])
    assert stage.picture_size == (640, 360)
    assert detector.sizes == [(640, 360)]


def test_turned_clips_are_seen_upright() -> None:
    picture = canvas((100, 1500, 220, 1600, "face"), size=(1080, 1920))
    detector = ColourDetector(COLOURS, input_size=(384, 640))
    frame = frame_of(picture, orientation=Orientation(quarter_turns=1))
    assert frame.size == FULL_HD
    [found] = FrameDetector(detector, upright_size=(1080, 1920)).detect([frame])
    np.testing.assert_allclose(found.xyxy, [[100, 1500, 220, 1600]], atol=4)


def test_only_wanted_kinds_come_out() -> None:
    picture = canvas((300, 200, 420, 350, "face"), (1500, 900, 1620, 940, "plate"))
    assert found_in(picture, kinds=["plate"]).kind.tolist() == ["plate"]
    assert len(found_in(picture, kinds=None)) == 2
    assert len(found_in(picture, kinds=[])) == 0


def test_a_wanted_kind_that_nobody_sees_refuses_the_run() -> None:
    detector = ScriptedDetector({}, kinds=("face",))
    with pytest.raises(BackendError, match="cannot see: plate, person") as caught:
        check_kinds(detector, ["face", "plate", "person"])
    assert caught.value.hint
    with pytest.raises(BackendError, match="cannot see"):
        FrameDetector(detector, upright_size=FULL_HD, kinds=["plate"])
    check_kinds(detector, ["face"])


def test_frames_are_answered_in_order() -> None:
    detector = ScriptedDetector([[(0, 0, 10 * (i + 1), 10, 0.5, "face")] for i in range(4)])
    stage = FrameDetector(detector, upright_size=(640, 360))
    frames = [frame_of(canvas(size=(640, 360)), index=i) for i in range(4)]
    widths = [float(found.xyxy[0, 2]) for found in stage.detect(frames[:3]) + stage.detect(frames[3:])]
    assert widths == [10, 20, 30, 40]


@pytest.mark.parametrize(
    "detector",
    [
        FailingDetector(DetectorFailed("out of memory")),
        FailingDetector(RuntimeError("CUDA error")),
        FailingDetector(KeyError("x")),
        NanDetector(),
    ],
)
def test_any_failure_stops_the_run_as_one_of_ours(detector: ScriptedDetector) -> None:
    with pytest.raises(DetectorFailed):
        FrameDetector(detector, upright_size=FULL_HD).detect([frame_of(canvas())])


def test_our_own_errors_pass_as_they_are() -> None:
    with pytest.raises(BackendMissing):
        found_in(canvas(), detector=FailingDetector(BackendMissing("gone")))


def test_too_few_answers_stop_the_run() -> None:
    class Lazy(ScriptedDetector):
        def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
            return super().detect(pictures)[:-1]

    with pytest.raises(DetectorFailed, match="answered 0 of 1"):
        found_in(canvas(), detector=Lazy({}))


def test_a_frame_of_another_size_stops_the_run() -> None:
    stage = FrameDetector(ScriptedDetector({}), upright_size=FULL_HD)
    with pytest.raises(DetectorFailed, match="another size"):
        stage.detect([frame_of(canvas(size=(640, 360)))])


def test_boxes_reach_only_a_little_past_the_picture() -> None:
    wild = [(-500, -500, 9000, 9000, 0.9, "face"), (700, 10, 800, 20, 0.8, "plate"), (650, 100, 600, 400, 0.5, "face")]
    with pytest.raises(DetectorFailed):
        found_in(canvas(size=(640, 360)), detector=ScriptedDetector([wild]))
    found = found_in(canvas(size=(640, 360)), detector=ScriptedDetector([wild[:2]]))
    assert found.kind.tolist() == ["face"]  # the plate lies wholly outside
    np.testing.assert_allclose(found.xyxy[0], [-6.4, -6.4, 646.4, 366.4], atol=1e-3)


@pytest.mark.parametrize(("tiles", "overlap"), [(0, 0.2), (2, 0.7), (2, -0.1)])
def test_senseless_tiles_are_refused(tiles: int, overlap: float) -> None:
    with pytest.raises(BackendError, match="tiles"):
        FrameDetector(ScriptedDetector({}), upright_size=FULL_HD, tiles=tiles, overlap=overlap)


@given(
    upright=st.tuples(st.integers(200, 5000), st.integers(200, 5000)),
    tiles=st.integers(2, 8),
    overlap=st.floats(0.05, 0.5),
)
@settings(max_examples=100, deadline=None)
def test_tiles_cover_the_picture_and_overlap_enough(upright: tuple[int, int], tiles: int, overlap: float) -> None:
    input_size = (640, 384) if upright[0] >= upright[1] else (384, 640)
    size, laid = lay_tiles(upright_size=upright, input_size=input_size, tiles=tiles, overlap=overlap)
    assert size[0] <= 2 * upright[0] + 1
    lefts = sorted({tile.xyxy[0] for tile in laid})
    tops = sorted({tile.xyxy[1] for tile in laid})
    assert len(laid) == len(lefts) * len(tops)
    for starts, side, length in ((lefts, input_size[0], size[0]), (tops, input_size[1], size[1])):
        assert starts[0] == 0
        assert starts[-1] + side >= length
        for one, following in itertools.pairwise(starts):
            assert following > one
            assert one + side - following >= overlap * side - 5  # rounding to pixels, and a hundredth of a step
    for tile in laid:
        x1, y1, x2, y2 = tile.xyxy
        assert x2 - x1 <= input_size[0]
        assert y2 - y1 <= input_size[1]
        assert tile.inner == (x1 > 0, y1 > 0, x2 < size[0], y2 < size[1])
    if size[0] < 2 * upright[0] and upright[0] >= upright[1]:
        assert len(lefts) == tiles


def test_tiles_see_what_is_small() -> None:
    """A plate of 8 px at full size is 2.7 px at 640: below what this eye sees in the whole picture."""
    picture = canvas((1000, 500, 1008, 508, "plate"))
    eye = ColourDetector(COLOURS, least_px=4)
    assert len(found_in(picture, detector=eye)) == 0
    found = found_in(picture, detector=eye, tiles=3)
    np.testing.assert_allclose(found.xyxy, [[1000, 500, 1008, 508]], atol=2)


class BlindInTheWhole(ColourDetector):
    """Sees in tiles only: the first picture of each frame is the whole one."""

    def __init__(self, pictures_per_frame: int) -> None:
        super().__init__(COLOURS)
        self.pictures_per_frame = pictures_per_frame

    def _one(self, picture: np.ndarray) -> Detections:
        found = super()._one(picture)
        return Detections.empty() if (self.seen - 1) % self.pictures_per_frame == 0 else found


@settings(max_examples=40, deadline=None)
@given(
    x=st.integers(0, 1700), y=st.integers(0, 900), w=st.integers(12, 900), h=st.integers(12, 500),
    tiles=st.integers(2, 4), blind=st.booleans(),
)  # fmt: skip
def test_an_object_comes_out_once_and_whole_wherever_borders_cut_it(
    x: int, y: int, w: int, h: int, tiles: int, blind: bool
) -> None:
    x2, y2 = min(1920, x + w), min(1080, y + h)
    picture = canvas((x, y, x2, y2, "plate"))
    _, laid = lay_tiles(upright_size=FULL_HD, input_size=(640, 384), tiles=tiles, overlap=0.2)
    eye = BlindInTheWhole(1 + len(laid)) if blind else ColourDetector(COLOURS)
    found = found_in(picture, detector=eye, tiles=tiles)
    truth = np.array([[x, y, x2, y2]], np.float32)
    slack = np.array([-6, -6, 6, 6])
    assert len(found) == 1, found.xyxy
    assert (found.xyxy[0] * [-1, -1, 1, 1] >= truth[0] * [-1, -1, 1, 1] - 6).all(), "a part of the object is left out"
    assert iou(found.xyxy, truth)[0, 0] > 0.55 or (np.abs(found.xyxy[0] - truth[0]) <= np.abs(slack)).all()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), tiles=st.integers(2, 3))
def test_many_objects_come_out_once_each(seed: int, tiles: int) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for column in range(8):
        for row in range(5):
            x, y = 240 * column + rng.integers(0, 60), 216 * row + rng.integers(0, 60)
            w, h = rng.integers(20, 150), rng.integers(20, 130)
            rows.append((x, y, x + w, y + h, "face" if rng.random() < 0.5 else "plate"))
    found = found_in(canvas(*rows), tiles=tiles)
    assert len(found) == len(rows)
    overlaps = iou(np.array([row[:4] for row in rows], np.float32), found.xyxy)
    assert (overlaps.max(axis=1) > 0.7).all()
    assert [row[4] for row in rows] == found.kind[overlaps.argmax(axis=1)].tolist()


def test_a_piece_that_no_neighbour_completes_is_drawn_past_the_border() -> None:
    """The neighbour missed its half: the box must not end at the border while the object goes on."""
    _, laid = lay_tiles(upright_size=FULL_HD, input_size=(640, 384), tiles=2, overlap=0.2)
    border = laid[0].xyxy[2]

    def script(number: int, picture: np.ndarray) -> list[tuple[float, float, float, float, float, str]]:
        return [(border - 30, 100, border, 120, 0.7, "plate")] if number == 1 else []

    found = found_in(canvas(), detector=ScriptedDetector(script), tiles=2)
    scale = 1920 / 1152
    np.testing.assert_allclose(
        found.xyxy, [[(border - 30) * scale, 100 * scale, (border + 30) * scale, 120 * scale]], rtol=0.01
    )


def test_a_faint_whole_box_does_not_explain_a_strong_piece_away() -> None:
    border = 640

    def script(number: int, picture: np.ndarray) -> list[tuple[float, float, float, float, float, str]]:
        if number == 0:
            return [((border - 40) / 1.8, 90 / 1.8, (border + 5) / 1.8, 130 / 1.8, 0.06, "plate")]
        return [(border - 30, 100, border, 120, 0.7, "plate")] if number == 1 else []

    found = found_in(canvas(), detector=ScriptedDetector(script), tiles=2)
    assert found.score.max() == pytest.approx(0.7)


def test_a_picture_smaller_than_a_tile_needs_none() -> None:
    detector = ScriptedDetector({}, input_size=(640, 384))
    stage = FrameDetector(detector, upright_size=(160, 90), tiles=3)
    stage.detect([frame_of(canvas(size=(160, 90)))])
    assert stage.tiles == []
    assert detector.seen == 1


def test_work_under_way_comes_back_in_order_with_a_real_engine() -> None:
    stage = FrameDetector(open_detector(backend="openvino", aspect=(16, 9)), upright_size=(640, 360), tiles=2)
    assert stage.parallel >= 1
    frames = [frame_of(street(seed), index=seed) for seed in range(4)]
    handles = [stage.submit([frame]) for frame in frames]
    later = [stage.result(handle)[0] for handle in handles]
    for frame, found in zip(frames, later, strict=True):
        [again] = stage.detect([frame])
        np.testing.assert_array_equal(found.xyxy, again.xyxy)
        assert {"face", "plate"} <= set(again.kind.tolist())
    stage.close()


def test_tiles_find_what_the_whole_picture_misses_with_a_real_engine() -> None:
    """A street scaled down into a corner of a large frame: 640 px see less of it than tiles do."""
    large = np.full((1080, 1920, 3), 120, np.uint8)
    large[60:330, 100:580] = street(2, size=(480, 270))
    detector = open_detector(backend="openvino", aspect=FULL_HD)
    counts = []
    for tiles in (1, 3):
        [found] = FrameDetector(detector, upright_size=FULL_HD, tiles=tiles).detect([frame_of(large)])
        counts.append(int((found.score > 0.4).sum()))
    detector.close()
    assert counts[1] > counts[0]
