"""Persons in single pictures: who is clear in the output, what is told, and what a list of a picture says."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.cli import main
from dashcamcleaner.core.events import Failed, Finished, Warned
from dashcamcleaner.errors import SettingError
from dashcamcleaner.jobs.batch import run_batch
from dashcamcleaner.jobs.inputs import jobs_for
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.people.rules import PersonRequest
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.settings import resolve
from tests.people import street

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="scikit-learn is not installed (extra [people])"
)
SETTINGS = resolve({}, {"style": "solid", "quality": 10})
PLACES = {"red": (60.0, 70.0, 60.0), "green": (160.0, 70.0, 60.0), "blue": (260.0, 90.0, 16.0)}
"""Blue is too small to be told."""


def group_photo(path: Path, *names: str) -> Path:
    """A picture of some of them."""
    picture = np.full((180, 320, 3), 128, np.uint8)
    for name in names:
        x1, y1, x2, y2 = map(round, street.box_of(PLACES[name]))
        picture[y1:y2, x1:x2] = street.PEOPLE[name]
    cv2.imwrite(str(path), picture[..., ::-1])
    return path


@pytest.fixture()
def photo(tmp_path: Path) -> Path:
    return group_photo(tmp_path / "photo.png", "red", "green", "blue")


def clear_in(path: Path) -> set[str]:
    """Who can be seen in a picture."""
    with Image.open(path) as opened:
        picture = np.asarray(opened.convert("RGB")).astype(int)
    return {
        name
        for name, (x, y, _) in PLACES.items()
        if np.abs(picture[round(y), round(x)] - street.PEOPLE[name]).max() < 60
    }


def run(source: Path, output: Path, request: PersonRequest, **more: Any) -> tuple[Any, str]:
    events = list(clean(Job(source, output, SETTINGS, persons=request, **more), models=street.pool()))
    if isinstance(events[-1], Failed):
        raise events[-1].error
    assert isinstance(events[-1], Finished)
    return events[-1].summary, " ".join(event.message for event in events if isinstance(event, Warned))


def test_a_reference_keeps_one_person_of_a_picture_and_unknown_faces_are_hidden(photo: Path, tmp_path: Path) -> None:
    red = str(street.picture(tmp_path / "red.png", street.RED))
    summary, told = run(photo, tmp_path / "out.png", PersonRequest(keep=(red,)))
    assert clear_in(photo) == {"red", "green", "blue"}
    assert clear_in(tmp_path / "out.png") == {"red"}
    assert "Person 1 was left visible in 1 frame, by the reference red.png." in told
    assert "1 unknown face stays hidden: too small, blurred or turned away to tell whose (in 1 frame)." in told
    assert [(row["person"], row["frames"], row["by"]) for row in summary.visible] == [(1, 1, "the reference red.png")]
    assert EditsFile.beside(plan_path(tmp_path / "out.png")).read().keep_persons == {1: "the reference red.png"}


@pytest.mark.parametrize(("unknown", "seen"), [(False, {"green"}), (True, {"green", "blue"})], ids=["hidden", "kept"])
def test_hiding_one_keeps_the_others_and_unknown_faces_only_if_asked(
    unknown: bool, seen: set[str], photo: Path, tmp_path: Path
) -> None:
    red = str(street.picture(tmp_path / "red.png", street.RED))
    run(photo, tmp_path / "out.png", PersonRequest(hide=(red,), keep_unknown=unknown))
    assert clear_in(tmp_path / "out.png") == seen


def test_somebody_who_is_not_there_keeps_nobody(photo: Path, tmp_path: Path) -> None:
    blue = str(street.picture(tmp_path / "blue.png", street.BLUE))
    _, told = run(photo, tmp_path / "out.png", PersonRequest(keep=(blue,)))
    assert clear_in(tmp_path / "out.png") == set()
    assert "Nobody in the clip is surely like blue.png; everybody is hidden." in told
    with pytest.raises(SettingError, match="Numbers of persons belong to a plan"):
        run(photo, tmp_path / "other.png", PersonRequest(keep=("1",)))


def test_a_folder_of_pictures_and_one_reference(tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    for name, who in (("a", ("red", "green")), ("b", ("green",)), ("c", ("red", "blue"))):
        group_photo(folder / f"{name}.png", *who)
    red = str(street.picture(tmp_path / "red.png", street.RED))
    batch = jobs_for([str(folder)], output=str(tmp_path / "out"), settings=SETTINGS)
    jobs = [Job(job.source, job.output, SETTINGS, persons=PersonRequest(keep=(red,))) for job in batch.jobs]
    events = [event for _, event in run_batch(jobs, models=street.pool())]
    assert sum(isinstance(event, Finished) for event in events) == 3
    assert [clear_in(tmp_path / "out" / f"{name}.png") for name in "abc"] == [{"red"}, set(), {"red"}]
    # Done again, all are skipped; asked for otherwise, what lies there is not taken for the answer.
    again = [event for _, event in run_batch(jobs, models=street.pool(), skip_finished=True)]
    assert [event.earlier for event in again if isinstance(event, Finished)] == [True] * 3
    other = [event for _, event in run_batch(batch.jobs, models=street.pool(), skip_finished=True)]
    assert not any(isinstance(event, Finished) for event in other)
    assert sum(isinstance(event, Failed) for event in other) == 3


def test_the_persons_of_a_picture_are_listed_and_chosen_by_number(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, sheet = tmp_path / "photo.plan.jsonl", tmp_path / "sheet.png"
    words = ["people", str(photo), "--plan", str(plan), "--sheet", str(sheet), "--style", "solid"]
    assert main([*words, "--json"], models=street.pool()) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert [(one["person"], one["frames"]) for one in told["persons"]] == [(1, 1), (2, 1)]
    assert told["unknown_tracks"] == 1
    with Image.open(sheet) as drawn:
        assert drawn.size[1] > 100
    assert main(["people", str(plan), "--keep-person", "2"], models=street.pool()) == 0
    run(photo, tmp_path / "out.png", PersonRequest(), from_plan=plan)
    assert clear_in(tmp_path / "out.png") == {"green"}
