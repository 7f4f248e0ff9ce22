"""Views: what they show, what they judge, and that they repeat by seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.training.pictures import list_folder, pack
from dashcamcleaner.training.views import MASK_STRIDE_PX, ViewMaker, ViewRecipe
from tests.training.synthetic import draw_folder

RECIPE = ViewRecipe(size_px=128, inference_px=160, scale=(0.6, 1.4), close_px=(30.0, 100.0))


def _maker(tmp_path: Path, *, known: tuple[int, ...] = (0, 1), seed: int = 3, recipe: ViewRecipe = RECIPE) -> ViewMaker:
    pictures = list_folder(draw_folder(tmp_path / f"set{seed}", pictures=6), known=list(known))
    return ViewMaker(pack(pictures, tmp_path / f"cache{seed}"), recipe=recipe, seed=seed)


@pytest.mark.parametrize("tilt", [0.0, 1.0])
def test_views_are_pictures_with_boxes_inside(tmp_path: Path, tilt: float) -> None:
    maker = _maker(tmp_path, recipe=replace(RECIPE, tilt=tilt))
    boxes = []
    for _ in range(40):
        view = maker.view()
        assert view.rgb.shape == (128, 128, 3)
        assert view.rgb.dtype == np.uint8
        assert view.judged.shape == (2, 128 // MASK_STRIDE_PX, 128 // MASK_STRIDE_PX)
        assert (view.boxes[:, 1:] >= 0).all()
        assert (view.boxes[:, 1:] <= 128).all()
        assert (view.boxes[:, 3:] > view.boxes[:, 1:3]).all()
        boxes.append(view.boxes)
    assert {0.0, 1.0} <= set(np.concatenate(boxes)[:, 0].tolist())


@pytest.mark.parametrize("tilt", [0.0, 1.0])
def test_a_box_frames_its_object(tmp_path: Path, tilt: float) -> None:
    """Faces are dark discs: their boxes must be darker inside than the picture, in every kind of view."""
    maker = _maker(tmp_path, recipe=replace(RECIPE, tilt=tilt))
    darker = []
    for _ in range(60):
        view = maker.view()
        for kind, x1, y1, x2, y2 in view.boxes:
            if kind == 0 and x2 - x1 >= 12 and y2 - y1 >= 12:
                cx, cy = int((x1 + x2) / 2), int((y1 + y2) / 2)
                darker.append(view.rgb[cy - 2 : cy + 3, cx - 2 : cx + 3].mean() < np.median(view.rgb) - 10)
    assert len(darker) > 20
    assert np.mean(darker) > 0.85


def test_an_unknown_kind_is_not_judged(tmp_path: Path) -> None:
    maker = _maker(tmp_path, known=(1,), seed=5)
    for _ in range(10):
        view = maker.view()
        assert not view.judged[0].all()
        assert view.judged[1].any()


def test_no_view_is_damaged_where_none_shall_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged: list[int] = []

    def count(rgb: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
        damaged.append(1)
        return rgb

    monkeypatch.setattr("dashcamcleaner.training.views.damage", count)
    packed = pack(list_folder(draw_folder(tmp_path / "set", pictures=2), known=[0, 1]), tmp_path / "cache")
    for share, wanted in ((0.0, {0}), (0.5, set(range(8, 33))), (1.0, {40})):
        damaged.clear()
        maker = ViewMaker(packed, recipe=replace(RECIPE, damage=share), seed=1)
        for _ in range(40):
            maker.view()
        assert len(damaged) in wanted


def test_one_seed_one_sequence(tmp_path: Path) -> None:
    first, second = _maker(tmp_path, seed=7), _maker(tmp_path / "again", seed=7)
    for _ in range(5):
        a, b = first.view(), second.view()
        assert np.array_equal(a.rgb, b.rgb)
        assert np.array_equal(a.boxes, b.boxes)


@pytest.mark.parametrize("seed", range(3))
def test_small_objects_are_masked_not_taught(tmp_path: Path, seed: int) -> None:
    pictures = list_folder(draw_folder(tmp_path / "set", pictures=4), known=[0, 1])
    recipe = ViewRecipe(
        size_px=128, inference_px=160, scale=(0.5, 1.0), mosaic=0.0, close=0.0, smallest_px=1e3, face_paste=0
    )
    maker = ViewMaker(pack(pictures, tmp_path / "cache"), recipe=recipe, seed=seed)
    views = [maker.view() for _ in range(8)]
    assert all(len(view.boxes) == 0 for view in views)
    assert any(not view.judged.all() for view in views)


def test_every_level_of_a_network_is_judged_where_the_map_says(tmp_path: Path) -> None:
    """Levels finer than the map, as of networks for small objects, too."""
    pytest.importorskip("torch")
    from dashcamcleaner.training.loss import collate

    view = replace(_maker(tmp_path).view(), judged=np.zeros((2, 16, 16), np.uint8))
    view.judged[1, 4:8, 8:12] = 1  # plates are judged in x 64-96, y 32-64
    weights = collate([view], strides=(8, 16, 32, 4))["weights"][0].numpy()
    assert weights.shape == (16**2 + 8**2 + 4**2 + 32**2, 2)
    begin = 0
    for stride in (8, 16, 32, 4):
        cells = 128 // stride
        level = weights[begin : begin + cells**2].reshape(cells, cells, 2)
        begin += cells**2
        wanted = np.zeros((cells, cells))
        wanted[32 // stride : 64 // stride, 64 // stride : 96 // stride] = 1
        assert not level[..., 0].any()
        assert (level[..., 1] == wanted).all(), stride
