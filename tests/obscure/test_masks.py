"""Shapes: boxes grow outward to whole blocks, ellipses touch their box, masks move with the orientation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashcamcleaner.core.frame import Orientation
from dashcamcleaner.core.plan import WHOLE_FRAME, Origin, Region
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.obscure import masks


def region(*xyxy: float, kind: str = "face") -> Region:
    return Region((xyxy[0], xyxy[1], xyxy[2], xyxy[3]), kind, 0.9, Origin.DETECTED)


@settings(max_examples=60, deadline=None)
@given(width=st.integers(4, 300), height=st.integers(4, 300), at=st.integers(-100, 60))
def test_an_ellipse_holds_what_its_box_was_grown_from_and_is_cut_not_squeezed(width, height, at):
    place = masks.footprint((at, at, at + width, at + height), size=(400, 400), shape="ellipse")
    free = masks.footprint((200, 200, 200 + width, 200 + height), size=(4000, 4000), shape="ellipse")
    if place is None:
        return
    assert free is not None
    mask, whole = masks.footprint_mask(place), masks.footprint_mask(free)
    dx, dy = free.box[0] - place.box[0], free.box[1] - place.box[1]
    x, y = place.window[0] + dx - free.window[0], place.window[1] + dy - free.window[1]
    same_parity = dx % 2 == 0 and dy % 2 == 0 and (free.box[2] - free.box[0]) == (place.box[2] - place.box[0])
    if same_parity and (free.box[3] - free.box[1]) == (place.box[3] - place.box[1]) and x >= 0 and y >= 0:
        part = whole[y : y + mask.shape[0], x : x + mask.shape[1]]
        assert np.array_equal(part, mask[: part.shape[0], : part.shape[1]])
    box = whole[200 - free.window[1] :, 200 - free.window[0] :][:height, :width]
    # A box is 1.26 times as large as the object that it was grown from, or more: that object lies within, wholly.
    in_x, in_y = round(width * (1 - 1 / 1.26) / 2 + 0.5), round(height * (1 - 1 / 1.26) / 2 + 0.5)
    assert (box[in_y : height - in_y, in_x : width - in_x] == 255).all()
    if min(width, height) >= 24:
        assert whole[0, 0] == 0
        assert np.mean(whole == 255) < 0.98


@settings(max_examples=80, deadline=None)
@given(
    box=st.tuples(*[st.floats(-50, 130, width=32)] * 2, *[st.floats(0, 90, width=32)] * 2),
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
    block=st.sampled_from([(1, 1), (2, 1), (2, 2), (4, 1)]),
    kind=st.sampled_from(["face", "plate", WHOLE_FRAME]),
)
def test_region_mask_is_the_covered_part_seen_upright(box, turns, mirrored, block, kind):
    orientation = Orientation(turns, mirrored)
    upright = (101, 67)
    stored = orientation.upright_size(upright)
    one = region(box[0], box[1], box[0] + box[2], box[1] + box[3], kind=kind)
    x, y, mask = masks.region_mask(one, upright_size=upright, orientation=orientation, block=block)
    found = np.zeros((upright[1], upright[0]), np.uint8)
    found[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    xyxy = masks.stored_box(one, upright_size=upright, orientation=orientation)
    shape = {"face": masks.ELLIPSE}.get(kind, masks.BOX)
    place = masks.footprint(xyxy, size=stored, shape=shape, block=block)
    expected = np.zeros((stored[1], stored[0]), np.uint8)
    if place is not None:
        x1, y1, x2, y2 = place.window
        expected[y1:y2, x1:x2] = masks.footprint_mask(place)
    assert np.array_equal(found, orientation.upright(expected))
    if kind == WHOLE_FRAME:
        assert (found == 255).all()


@pytest.mark.parametrize("kind", ["face", "plate"])
@pytest.mark.parametrize("far", [1e6, 1e9, 1e39, 1e200, 1.7e308])
def test_a_region_beyond_all_measure_hides_the_picture(kind, far):
    for box in ((-far, -far, far, far), (-10, -10, far, far), (-far, -10, 110, far)):
        _, _, mask = masks.region_mask(region(*box, kind=kind), upright_size=(100, 100), shapes={})
        assert mask.shape == (100, 100)
        assert (mask == 255).all()


@pytest.mark.parametrize("box", [(np.nan, 0, 1, 1), (0, 0, 1, np.inf), (3, 0, 1, 1)])
def test_what_cannot_be_placed_is_refused(box):
    with pytest.raises(DashcamCleanerError):
        masks.region_mask(region(*box), upright_size=(100, 100))


def test_area_of_an_ellipse_over_its_box():
    """0.88 times the box, and a little for whole blocks."""
    _, _, mask = masks.region_mask(region(200, 200, 600, 500), upright_size=(900, 800))
    assert 0.88 <= np.count_nonzero(mask) / (400 * 300) < 0.92


def test_what_a_person_drew_is_a_box_as_drawn():
    drawn = Region((200.0, 200.0, 600.0, 500.0), "face", 1.0, Origin.MANUAL)
    x, y, mask = masks.region_mask(drawn, upright_size=(900, 800))
    assert 196 <= x <= 200  # grown to whole blocks
    assert 196 <= y <= 200
    assert mask.shape >= (300, 400)
    assert (mask == 255).all()


def test_a_soft_edge_is_told_apart_from_what_is_hidden_and_left_out_where_it_would_not_show():
    x, _, mask = masks.region_mask(region(200, 200, 600, 500, kind="plate"), upright_size=(900, 800), feather=0.05)
    assert x < 200
    assert 0 < np.count_nonzero((mask > 0) & (mask < 255)) < 0.25 * 400 * 300
    _, _, small = masks.region_mask(region(200, 200, 216, 216, kind="plate"), upright_size=(900, 800), feather=0.05)
    assert (small == 255).all()
