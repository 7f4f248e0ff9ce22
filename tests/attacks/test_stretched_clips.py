"""Clips whose pixels are told to be many times as wide as high: faces are looked for in the shape that players show."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.audit.audit import audit
from dashcamcleaner.core.events import Audited, Finished
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from tests import clips, fakes

SHOWN = (640, 360)
FACE = (260.0, 100.0, 380.0, 260.0, 0.9, "face")


def _sees(_: int, picture: np.ndarray) -> list[fakes.Row]:
    """A face where it has the shape of one, about."""
    h, w = picture.shape[:2]
    return [FACE] if 1 < w / h < 2.5 else []


def _models() -> fakes.ModelPool:
    detector = fakes.ScriptedDetector(_sees, script_size=SHOWN)
    return fakes.pool(detector, second_detector=lambda **_: fakes.ScriptedDetector(_sees, script_size=SHOWN))


@pytest.mark.parametrize(
    ("stored", "aspect", "turn"),
    [((160, 360), Fraction(4), 0), ((640, 90), Fraction(1, 4), 0), ((360, 160), Fraction(1, 4), 90)],
)
def test_faces_are_looked_for_as_players_show_them(
    tmp_path: Path, stored: tuple[int, int], aspect: Fraction, turn: int
) -> None:
    source, output = tmp_path / "in.mp4", tmp_path / "out.mp4"
    clips.make(source, frames=4, size=stored, sample_aspect=aspect, clockwise=turn)
    assert isinstance(list(clean(Job(source, output), models=_models()))[-1], Finished)
    w, h = (stored[1], stored[0]) if turn else stored
    with PlanReader(plan_path(output)) as plan:
        for frame in plan:
            (region,) = frame.regions
            x1, y1, x2, y2 = region.xyxy
            assert x1 <= 260 * w / 640 + 1
            assert x2 >= 380 * w / 640 - 1
            assert y1 <= 100 * h / 360 + 1
            assert y2 >= 260 * h / 360 - 1
    (event,) = [event for event in audit(source, source, models=_models()) if isinstance(event, Audited)]
    assert "search" in {finding.check.partition("-")[0] for finding in event.result.findings}


def test_common_shapes_of_pixels_cost_one_look(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    clips.make(source, frames=4, size=(360, 288), sample_aspect=Fraction(64, 45))
    detector = fakes.ScriptedDetector({})
    list(clean(Job(source, tmp_path / "out.mp4"), models=fakes.pool(detector)))
    assert detector.seen == 4
