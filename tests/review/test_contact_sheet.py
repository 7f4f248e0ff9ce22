"""The list of tracks and its contact sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import PlanError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.review.contact_sheet import read_tracks, write_sheet
from dashcamcleaner.settings import resolve
from tests import clips, fakes

LEFT = (20.0, 60.0, 60.0, 110.0, 0.9, "face")
RIGHT = (220.0, 60.0, 238.0, 66.0, 0.5, "plate")


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """A clip with a face throughout and a plate in its second half, cleaned."""
    clips.make(tmp_path / "in.mp4", frames=30)
    list(clean(Job(tmp_path / "in.mp4", tmp_path / "out.mp4"), models=models(plate_from=15)))
    return tmp_path


def models(*, plate_from: int) -> ModelPool:
    """A face in every frame, and a plate from one on."""
    return fakes.pool(
        fakes.ScriptedDetector(lambda n, p: [LEFT, RIGHT] if n >= plate_from else [LEFT], script_size=(320, 180))
    )


def test_every_track_is_listed(planned: Path) -> None:
    entries = read_tracks(plan_path(planned / "out.mp4"))
    assert [(entry.kind, entry.sightings) for entry in entries] == [("face", 30), ("plate", 15)]
    assert entries[1].best_score == 0.5
    assert entries[0].last_time.seconds == pytest.approx(29 / 30)


def test_the_sheet_is_obscured_unless_asked_otherwise(planned: Path) -> None:
    clips.make(planned / "in.mp4", frames=4, busy=True)
    list(clean(Job(planned / "in.mp4", planned / "out.mp4", resolve({"overwrite": True})), models=models(plate_from=0)))
    detail = {}
    for clear in (False, True):
        plan, sheet = plan_path(planned / "out.mp4"), planned / "sheet.png"
        write_sheet(planned / "in.mp4", plan, sheet, clear=clear, overwrite=True)
        picture = np.asarray(Image.open(planned / "sheet.png").convert("L"), np.int16)
        middle = picture[70:106, 70:106]
        detail[clear] = np.abs(np.diff(middle, axis=1)).mean()
    assert detail[False] < detail[True] / 4


def test_a_far_object_is_shown_as_large_as_a_near_one(planned: Path) -> None:
    write_sheet(planned / "in.mp4", plan_path(planned / "out.mp4"), planned / "sheet.png")
    picture = np.asarray(Image.open(planned / "sheet.png").convert("L"))
    cells = picture[:176, :176], picture[:176, 176:]
    for cell in cells:
        rows, columns = np.nonzero(cell < 250)
        assert max(np.ptp(rows), np.ptp(columns)) > 160


def test_a_sheet_of_another_clip_is_refused(planned: Path) -> None:
    other = clips.make(planned / "other.mp4", frames=7)
    with pytest.raises(PlanError, match="another clip"):
        write_sheet(other.path, plan_path(planned / "out.mp4"), planned / "sheet.png")
