"""Boxes of a view that is turned: they frame what they framed before, and what came into view is not judged."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dashcamcleaner.detection.yolo import GREY
from dashcamcleaner.training.label_files import KINDS
from dashcamcleaner.training.view_boxes import MASK_STRIDE_PX, tilted

SIZE = 160
FACE, PLATE = (KINDS.index(kind) for kind in ("face", "plate"))


def _scene(kind: int, box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture of one white object on black (a face is an ellipse), its box, and cells that are all judged."""
    rgb = np.zeros((SIZE, SIZE, 3), np.uint8)
    x1, y1, x2, y2 = box
    if kind == PLATE:
        rgb[y1:y2, x1:x2] = 255
    else:
        centre, axes = ((x1 + x2) / 2 - 0.5, (y1 + y2) / 2 - 0.5), (x2 - x1, y2 - y1)
        cv2.ellipse(rgb, (centre, axes, 0), (255, 255, 255), -1)
    cells = np.ones((len(KINDS), SIZE // MASK_STRIDE_PX, SIZE // MASK_STRIDE_PX), np.uint8)
    return rgb, np.array([[kind, *box]], np.float32), cells


@pytest.mark.parametrize("kind", [FACE, PLATE])
@pytest.mark.parametrize("degrees", [-15.0, 6.0, 30.0])
def test_a_turned_box_frames_the_turned_object(kind: int, degrees: float) -> None:
    rgb, boxes, judged = _scene(kind, (70, 40, 130, 64))
    picture, moved, _ = tilted(rgb, boxes, judged, degrees=degrees)
    rows, columns = np.nonzero(picture[..., 0] > 128)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert moved[0, 1:] == pytest.approx(seen, abs=1.6)
    assert moved[0, 0] == kind


def test_the_corners_that_come_into_view_are_grey_and_not_judged() -> None:
    picture, _, judged = tilted(*_scene(PLATE, (70, 70, 90, 90)), degrees=20.0)
    assert not judged[:, 0, 0].any()
    assert (picture[0, 0] == GREY).all()
    middle = SIZE // MASK_STRIDE_PX // 2
    assert judged[:, middle, middle].all()


def test_what_was_not_judged_turns_with_the_picture() -> None:
    rgb, boxes, judged = _scene(PLATE, (70, 70, 90, 90))
    judged[:, 4:7, 14:17] = 0  # around (124, 44)
    _, _, turned = tilted(rgb, boxes, judged, degrees=90.0)
    rows, columns = np.nonzero(turned[0] == 0)
    assert (columns.mean() + 0.5) * MASK_STRIDE_PX == pytest.approx(44, abs=4)
    assert (rows.mean() + 0.5) * MASK_STRIDE_PX == pytest.approx(SIZE - 124, abs=4)


def test_no_turn_changes_nothing() -> None:
    rgb, boxes, judged = _scene(FACE, (20, 30, 50, 70))
    picture, moved, cells = tilted(rgb, boxes, judged, degrees=0.0)
    assert np.array_equal(picture, rgb)
    assert np.allclose(moved, boxes)
    assert np.array_equal(cells, judged)
    assert len(tilted(rgb, boxes[:0], judged, degrees=9.0)[1]) == 0
