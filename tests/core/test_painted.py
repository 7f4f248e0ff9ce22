"""What is painted of a box, held against the very masks that are painted."""

from __future__ import annotations

import numpy as np
import pytest

from dashcamcleaner.core.painted import painted_share
from dashcamcleaner.core.plan import WHOLE_FRAME, Origin, Region
from dashcamcleaner.core.shapes import BOX, ELLIPSE
from dashcamcleaner.obscure.masks import region_mask

SIZE = (400, 300)


def region(*xyxy: float, kind: str = "face", origin: Origin = Origin.DETECTED) -> Region:
    return Region((xyxy[0], xyxy[1], xyxy[2], xyxy[3]), kind, 0.9, origin, 1)


def by_masks(box: tuple[int, int, int, int], regions: list[Region], shapes: dict[str, str]) -> float:
    """The share of the box's pixels that are painted wholly."""
    picture = np.zeros(SIZE[::-1], bool)
    for one in regions:
        x, y, mask = region_mask(one, upright_size=SIZE, shapes=shapes, block=(1, 1))
        picture[y : y + mask.shape[0], x : x + mask.shape[1]] |= mask == 255
    return float(picture[box[1] : box[3], box[0] : box[2]].mean())


def test_it_is_that_of_the_masks() -> None:
    chooser = np.random.default_rng(7)
    shares = []
    for _ in range(200):
        x, y, w, h = (int(v) for v in chooser.integers((40, 40, 30, 30), (250, 150, 120, 120)))
        box, shapes = (x, y, x + w, y + h), {"face": ELLIPSE, "plate": BOX}
        regions = [
            region(*(v + d for v, d in zip(box, chooser.normal(0, 25, 4), strict=True)), kind=kind, origin=origin)
            for kind, origin in (("face", Origin.DETECTED), ("plate", Origin.HELD), ("face", Origin.MANUAL))
            if chooser.random() < 0.5
        ]
        regions = [one for one in regions if one.xyxy[0] < one.xyxy[2] and one.xyxy[1] < one.xyxy[3]]
        share = painted_share(box, regions, shapes=shapes)
        assert share == pytest.approx(by_masks(box, regions, shapes), abs=0.07)  # masks grow to whole pixels
        shares.append(share)
    assert min(shares) == 0
    assert max(shares) == 1
    assert sum(0.1 < share < 0.9 for share in shares) > 40


def test_of_its_own_box_a_face_leaves_the_corners_out() -> None:
    box = (100.0, 100.0, 200.0, 220.0)
    assert painted_share(box, [region(*box)]) == pytest.approx(0.883, abs=0.02)
    assert painted_share(box, [region(*box, kind="plate")]) == 1
    assert painted_share(box, [region(*box, origin=Origin.MANUAL)]) == 1, "what a person drew is a box"
    assert painted_share(box, [region(86, 83, 214, 237)]) == 1, "1.28 times as large it holds the corners, too"


def test_regions_hide_together_and_whole_frames_hide_all() -> None:
    box = (100.0, 100.0, 200.0, 200.0)
    halves = [region(90, 90, 150, 210, kind="plate"), region(150, 90, 210, 210, kind="plate")]
    assert painted_share(box, halves[:1]) == pytest.approx(0.5, abs=0.02)
    assert painted_share(box, halves) == 1
    assert painted_share(box, [region(0, 0, 1, 1, kind=WHOLE_FRAME)]) == 1
    assert painted_share(box, []) == painted_share(box, [region(300, 100, 350, 200)]) == 0


def test_a_region_without_area_paints_nothing_that_counts() -> None:
    flat = [region(5.0, 5.0, 5.0, 8.0), region(2.0, 4.0, 9.0, 4.0)]
    assert painted_share((0.0, 0.0, 10.0, 10.0), flat) == 0.0
