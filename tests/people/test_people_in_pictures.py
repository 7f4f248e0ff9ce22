"""People in single pictures: told by what all viewers show, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.jobs.run import clean
from dashcamcleaner.people.references import read_reference
from dashcamcleaner.people.rules import PersonRequest
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.people_run import ClipPeople, look_at_people
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from tests.people import street

FACE = (120, 40, 168, 100)


def _picture(path: Path, *, in_face: int, elsewhere: int) -> Path:
    """A red face on grey, with so much opacity there and around it."""
    colours = np.full((180, 320, 4), 128, np.uint8)
    colours[..., 3] = elsewhere
    x1, y1, x2, y2 = FACE
    colours[y1:y2, x1:x2] = (*street.RED, in_face)
    Image.fromarray(colours, "RGBA").save(path)
    return path


def _people(path: Path) -> ClipPeople:
    looking = look_at_people(Job(path, path.with_name("out.png")), control=Control(), models=street.pool())
    while True:
        try:
            next(looking)
        except StopIteration as ended:
            return ended.value


@pytest.mark.parametrize(("in_face", "elsewhere", "told"), [(255, 255, 1), (255, 200, 1), (60, 255, 0), (0, 255, 0)])
def test_a_face_that_viewers_show_otherwise_is_told_from_nobody(
    tmp_path: Path, in_face: int, elsewhere: int, told: int
) -> None:
    path = _picture(tmp_path / "a.png", in_face=in_face, elsewhere=elsewhere)
    assert len(_people(path).faces.seen) == told


def test_nobody_is_kept_for_samples_that_no_viewer_shows(tmp_path: Path) -> None:
    path, who = (
        _picture(tmp_path / "a.png", in_face=60, elsewhere=255),
        street.picture(tmp_path / "red.png", street.RED),
    )
    job = Job(path, tmp_path / "out.png", persons=PersonRequest(keep=(str(who),)))
    list(clean(job, models=street.pool()))
    with PlanReader(plan_path(job.output)) as plan:
        (frame,) = plan
    assert [region.kind for region in frame.regions] == ["face"]


def test_a_reference_is_taken_as_viewers_show_it(tmp_path: Path) -> None:
    picture = np.full((160, 320, 4), 255, np.uint8)
    picture[..., :3] = street.BLUE
    picture[..., 3] = 0
    picture[30:130, 20:100, 3] = 255
    Image.fromarray(picture, "RGBA").save(tmp_path / "blue.png")
    (found,) = read_reference(tmp_path / "blue.png", describer=street.ColourDescriber())  # type: ignore[arg-type]
    assert np.abs(found.embeddings[0] - street.embedding(street.BLUE)).max() < 0.05
