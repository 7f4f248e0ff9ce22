"""Figures from detections and truth, on cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.training.scoring import PictureTruth, figures, judge


def _found(*rows: tuple[float, float, float, float, float]) -> Detections:
    return Detections.from_rows([(*row, "face") for row in rows])


def _truth(*boxes: tuple[float, ...], ignore: tuple[tuple[float, ...], ...] = (), scale: float = 1.0) -> PictureTruth:
    return PictureTruth(np.array(boxes, np.float32).reshape(-1, 4), np.array(ignore, np.float32).reshape(-1, 4), scale)


def test_each_truth_is_hit_once() -> None:
    judged = judge(_found((0, 0, 20, 20, 0.9), (1, 1, 21, 21, 0.8)), _truth((0, 0, 20, 20)))
    assert judged.is_hit.tolist() == [True, False]
    assert judged.truth_score.tolist() == pytest.approx([0.9])


def test_ignore_areas_and_small_truth_are_neither(  # a detection there is no false alarm, a miss there is none
) -> None:
    judged = judge(
        _found((50, 50, 60, 60, 0.7), (0, 0, 5, 5, 0.6)),
        _truth((0, 0, 5, 5), (100, 100, 130, 130), ignore=((45, 45, 65, 65),)),
        smallest_px=7,
    )
    assert len(judged.score) == 0
    assert judged.truth_px.tolist() == [30]


def test_sizes_are_told_at_inference_scale() -> None:
    judged = judge(_found(), _truth((0, 0, 20, 10), scale=2.0))
    row = figures([judged], threshold=0.5)["at_threshold"]
    assert isinstance(row, dict)
    assert row["recall_by_inference_px"]["24_48"]["objects"] == 1
    assert row["recall_by_picture_px"]["16_24"]["objects"] == 1


def test_figures_by_hand() -> None:
    """Two pictures, three objects, one false hit between the second and the third hit."""
    first = judge(_found((0, 0, 20, 20, 0.9), (200, 200, 220, 220, 0.5)), _truth((0, 0, 20, 20), (50, 0, 70, 20)))
    second = judge(_found((0, 0, 20, 20, 0.8)), _truth((0, 0, 20, 20)))
    row = figures([first, second], threshold=0.6, curve=[0.4])
    assert row["objects"] == 3
    assert row["at_threshold"]["recall"] == pytest.approx(2 / 3, abs=1e-3)
    assert row["at_threshold"]["precision"] == 1.0
    assert row["recall_at_precision_0.9"] == pytest.approx(2 / 3, abs=1e-3)
    assert row["AP50"] == pytest.approx(67 / 101, abs=1e-3)  # precision 1 up to a recall of 2/3, then none
    (point,) = row["curve"]
    assert point["precision"] == pytest.approx(2 / 3, abs=1e-3)
    assert point["false_per_picture"] == 0.5


def test_perfect_and_empty() -> None:
    perfect = figures([judge(_found((0, 0, 20, 20, 0.9)), _truth((0, 0, 20, 20)))], threshold=0.5)
    assert perfect["AP50"] == 1.0
    nothing = figures([judge(_found(), _truth())], threshold=0.5)
    assert nothing["AP50"] is None
    assert nothing["objects"] == 0
