"""Any length fits into the chart, and nothing of it is lost."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.pipeline.statistics import RunStatistics, Timeline

BOX = (0.0, 0.0, 10.0, 10.0)


@pytest.mark.parametrize("frames", [1, 90, 20_000])
def test_means_stay_right_however_long_the_clip(frames: int) -> None:
    line = Timeline()
    for i in range(frames):
        regions = (Region(BOX, "face", 0.9, Origin.DETECTED), Region(BOX, "face", 0.9, Origin.HELD))
        seen = Observation(i, FrameTime(i, Fraction(1, 30)), Detections.empty())
        line.add(FramePlan(seen, regions))
    data = line.as_dict()
    assert data["slices"] <= 480
    assert data["slices"] * data["slice_s"] >= frames / 30 - 1e-6
    assert all(values == [2.0, 1.0, 0.0] for values in data["kinds"]["face"])


def test_what_is_hidden_counts_however_faint_and_what_is_plain_though_it_is_left_clear() -> None:
    statistics = RunStatistics(
        thresholds={"face": 0.3}, kinds=("face", "plate"), upright_size=(100, 100), warn_from=0.1
    )
    rows = [(0, 0, 10, 10, 0.07, "face"), (20, 0, 30, 10, 0.06, "face"), (40, 0, 50, 10, 0.8, "face")]
    found = Detections.from_rows(rows)
    faint = Region(BOX, "face", float(found.score[0]), Origin.DETECTED, 1)
    statistics.add(FramePlan(Observation(0, FrameTime(0, Fraction(1, 30)), found), (faint,)))
    faces = statistics.kinds["face"]
    assert (faces.detections, faces.frames_seen, faces.regions) == (2, 1, 1)
    assert faces.lowest_score == pytest.approx(0.07)
    assert statistics.kinds["plate"].lowest_score is None
