"""Any length fits into the chart, and nothing of it is lost."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.pipeline.statistics import Timeline

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
