"""Merging never uncovers: what was painted stays hidden, corners of ellipses included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.core.plan import WHOLE_FRAME, Origin, Region
from dashcamcleaner.core.shapes import BOX, ELLIPSE, shape_of
from dashcamcleaner.obscure.masks import region_mask
from dashcamcleaner.planning.regions import merged, without_excess, without_hidden

sides = st.integers(0, 60)
boxes = st.tuples(sides, sides, st.integers(1, 40), st.integers(1, 40)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def regions(origins):
    return st.lists(
        st.builds(
            lambda box, kind, origin: Region(tuple(map(float, box)), kind, 0.5, origin, 1),
            boxes,
            st.sampled_from(["face", "plate"]),
            st.sampled_from(origins),
        ),
        max_size=6,
    )


SHAPES = {"face": ELLIPSE, "plate": BOX}
SIZE = (120, 120)


def hidden_by(region: Region) -> np.ndarray:
    """The pixels whose centres lie in a region's exact shape."""
    x1, y1, x2, y2 = region.xyxy
    ys, xs = np.mgrid[0 : SIZE[1], 0 : SIZE[0]] + 0.5
    across, down = np.abs(xs - (x1 + x2) / 2) / ((x2 - x1) / 2), np.abs(ys - (y1 + y2) / 2) / ((y2 - y1) / 2)
    return across**3 + down**3 < 1 if shape_of(region, SHAPES) == ELLIPSE else np.maximum(across, down) < 1


def painted(parts: Sequence[Region], kind: str) -> np.ndarray:
    """What regions of a kind hide, as they are painted."""
    found = np.zeros(SIZE[::-1], bool)
    for region in parts:
        if region.kind == kind:
            x, y, mask = region_mask(region, upright_size=SIZE, shapes=SHAPES)
            found[y : y + mask.shape[0], x : x + mask.shape[1]] |= mask == 255
    return found


@given(regions([Origin.DETECTED]), regions([Origin.DETECTED]))
def test_merged_regions_hide_all_that_they_hid(own, held):
    result = merged(own, held, shapes=SHAPES)
    assert result[: len(own)] == tuple(own)
    assert len(result) <= len(own) + len(held)
    for region in (*own, *held):
        assert painted(result, region.kind)[hidden_by(region)].all()


@given(regions(list(Origin)))
def test_leaving_out_what_is_hidden_anyway_uncovers_nothing(parts):
    result = without_hidden(parts, shapes=SHAPES)
    for region in parts:
        assert painted(result, region.kind)[hidden_by(region)].all()
        if region.origin in (Origin.DETECTED, Origin.MANUAL, Origin.DAMAGED):
            assert region in result


def test_a_small_face_in_the_corner_of_a_large_ones_box_stays_hidden():
    large = Region((0.0, 0.0, 100.0, 100.0), "face", 0.9, Origin.DETECTED, 1)
    corner = Region((1.0, 1.0, 13.0, 13.0), "face", 0.9, Origin.INTERPOLATED, 2)
    middle = Region((40.0, 40.0, 60.0, 60.0), "face", 0.9, Origin.INTERPOLATED, 3)
    assert set(without_hidden([large, corner, middle], shapes=SHAPES)) == {large, corner}
    assert without_hidden([large, corner], shapes={"face": BOX}) == (large,)


def test_held_regions_of_a_moving_face_become_one_that_is_little_larger():
    held = [Region((20.0 + i, 20.0, 60.0 + i, 70.0), "face", 0.9, Origin.DETECTED, 1) for i in range(6)]
    (one,) = merged([], held, shapes=SHAPES)
    width, height = one.xyxy[2] - one.xyxy[0], one.xyxy[3] - one.xyxy[1]
    assert 45 <= width <= 1.2 * 45
    assert 50 <= height <= 1.2 * 50


def drawn(count: int, side: float) -> list[Region]:
    return [Region((i / count, 0.0, i / count + side, side), "plate", 1.0, Origin.MANUAL) for i in range(count)]


def test_drawn_regions_beyond_measure_hide_the_frame_wholly_and_a_few_stay_as_they_are():
    seen = Region((1.0, 1.0, 9.0, 9.0), "face", 0.9, Origin.DETECTED, 1)
    for few in (drawn(2000, 5.0), drawn(20, 119.0)):
        assert without_excess([*few, seen], upright_size=SIZE) == (*few, seen)
    for many in (drawn(2001, 5.0), drawn(22, 120.0)):
        (whole, rest) = without_excess([*many, seen], upright_size=SIZE)
        assert (whole.kind, whole.origin, rest) == (WHOLE_FRAME, Origin.MANUAL, seen)
