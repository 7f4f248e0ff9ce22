"""Pictures through the whole of a run, seen by the shipped weights: found, hidden, and written in their own format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import make
from pictures import street
from PIL import Image

from dashcamcleaner.core.events import Finished
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.detection.registry import open_detector
from dashcamcleaner.jobs.batch import run_batch
from dashcamcleaner.jobs.inputs import jobs_for
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.settings import resolve


@pytest.mark.parametrize(("name", "format_name"), [("photo.avif", "AVIF"), ("photo.jpe", "JPEG")])
def test_a_picture_is_cleaned_in_its_own_format(name: str, format_name: str, tmp_path: Path) -> None:
    source = tmp_path / name
    Image.fromarray(street(3)).save(source, format_name, quality=95)
    [job] = jobs_for([str(source)], output=None, settings=resolve({})).jobs
    finished = list(clean(job))[-1]
    assert isinstance(finished, Finished)
    assert job.output.name == f"photo_cleaned{source.suffix}"
    with Image.open(source) as before, Image.open(job.output) as after:
        assert after.format == format_name
        changed = np.abs(np.asarray(before.convert("RGB"), int) - np.asarray(after.convert("RGB"), int)).mean(axis=2)
    with PlanReader(plan_path(job.output)) as reader:
        [plan] = list(reader)
    assert plan.regions
    hidden = np.zeros(changed.shape, bool)
    for region in plan.regions:
        x1, y1, x2, y2 = (round(v) for v in region.xyxy)
        hidden[max(y1, 0) : y2, max(x1, 0) : x2] = True
    assert changed[hidden].mean() > 4 * changed[~hidden].mean()


@pytest.mark.parametrize(
    ("name", "output"), [("photo.thm", "photo_cleaned.thm"), ("photo.insp", "photo_cleaned.insp"),
                         ("photo.mp4", "photo_cleaned.jpg"), ("photo", "photo_cleaned.jpg")],
)  # fmt: skip
def test_a_picture_by_any_name_is_cleaned(name: str, output: str, tmp_path: Path) -> None:
    Image.fromarray(street(3)).save(tmp_path / name, "JPEG", quality=95)
    [job] = jobs_for([str(tmp_path / name)], output=None, settings=resolve({})).jobs
    assert isinstance(list(clean(job))[-1], Finished)
    assert job.output.name == output
    with Image.open(job.output) as after:
        assert after.format == "JPEG"


def test_a_clip_that_is_named_like_a_picture_is_cleaned(tmp_path: Path) -> None:
    source = make(tmp_path / "clip.mp4", frames=3).path.rename(tmp_path / "clip.jpg")
    [job] = jobs_for([str(source)], output=None, settings=resolve({})).jobs
    finished = list(clean(job))[-1]
    assert isinstance(finished, Finished)
    assert job.output.name == "clip_cleaned.mp4"
    assert finished.summary.frames == 3


def test_a_folder_of_pictures_opens_the_detector_once(tmp_path: Path) -> None:
    """The detector and its closer looks: two models, however many pictures."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(5):
        Image.fromarray(street(number)).save(folder / f"{number}.jpg", quality=90)
    opened: list[int] = []

    def counting(**asked: Any) -> Detector:
        opened.append(asked["inference_size"])
        return open_detector(**asked)

    jobs = jobs_for([str(folder)], output=str(tmp_path / "out"), settings=resolve({})).jobs
    with ModelPool(open_detector=counting) as models:
        events = [event for _, event in run_batch(jobs, models=models) if isinstance(event, Finished)]
    assert len(events) == 5
    assert len(opened) == len(set(opened)) <= 2
