"""Several jobs at once that share one model, as on a GPU: it is opened once, and all come out."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.events import Event, Failed, Finished, Progress
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.jobs.batch import run_batch
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.jobs.threads import run_in_threads
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import resolve
from tests import clips, fakes

SETTINGS = resolve({"crop_checks": False, "workers": 1, "device": "cuda:0"})
BOX = (100.0, 60.0, 150.0, 110.0, 0.9, "face")


class Meeting(fakes.ScriptedDetector):
    """Answers only when two threads have asked: jobs that ran one after the other would wait for ever."""

    def __init__(self) -> None:
        super().__init__(lambda number, picture: [BOX], script_size=(320, 180))
        self.met = threading.Barrier(2)

    def _one(self, picture: np.ndarray) -> Detections:
        self.met.wait(60)
        return super()._one(picture)


def counted(detector: Detector) -> tuple[ModelPool, list[dict[str, Any]]]:
    """A pool over a detector, and what it was asked to open."""
    opened: list[dict[str, Any]] = []

    def open_detector(**asked: Any) -> Detector:
        opened.append(asked)
        return detector

    return ModelPool(open_detector=open_detector), opened


def jobs_of(folder: Path, count: int, *, frames: int = 4) -> list[Job]:
    return [
        Job(clips.make(folder / f"{number}.mp4", frames=frames).path, folder / "out" / f"{number}.mp4", SETTINGS)
        for number in range(count)
    ]


def ends(events: list[tuple[Job, Event]]) -> dict[str, Event]:
    return {job.source.name: event for job, event in events if isinstance(event, Finished | Failed)}


def test_two_clips_run_at_the_same_time_on_one_model_that_is_opened_once(tmp_path: Path) -> None:
    models, opened = counted(Meeting())
    jobs = jobs_of(tmp_path, 2)
    last = ends(list(run_in_threads(jobs, at_once=2, models=models)))
    assert len(last) == 2
    assert all(isinstance(event, Finished) for event in last.values()), last
    assert len(opened) == 1
    assert opened[0]["device"] == "cuda:0"
    alone = Job(jobs[0].source, tmp_path / "alone.mp4", SETTINGS)
    see = fakes.pool(fakes.ScriptedDetector(lambda number, picture: [BOX], script_size=(320, 180)))
    assert isinstance(list(clean(alone, models=see))[-1], Finished)
    assert alone.output.read_bytes() == jobs[0].output.read_bytes()


def test_a_bad_clip_stops_no_other_and_a_stop_begins_no_further_one(tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path, 3)
    jobs[1].source.write_bytes(b"no clip at all")
    see = fakes.pool(fakes.ScriptedDetector({}))
    last = ends(list(run_in_threads(jobs, at_once=2, models=see)))
    assert [isinstance(last[f"{number}.mp4"], Finished) for number in range(3)] == [True, False, True]
    control = Control()
    control.stop_after_this()
    assert list(run_in_threads(jobs, at_once=2, models=see, control=control)) == []


def test_closing_cancels_all_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path, 2, frames=60)
    events = run_in_threads(jobs, at_once=2, models=fakes.pool(fakes.ScriptedDetector({})))
    for _, event in events:
        if isinstance(event, Progress):
            break
    events.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("dashcamcleaner-job")]
    assert len(list((tmp_path / "out").glob("*.mp4"))) < 2


def test_a_batch_on_a_gpu_goes_into_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def noted(jobs: list[Job], *, at_once: int, models: ModelPool, control: Control) -> list[tuple[Job, Event]]:
        asked.append(at_once)
        return []

    monkeypatch.setattr("dashcamcleaner.jobs.batch.run_in_threads", noted)
    jobs = [Job(job.source, job.output, SETTINGS.replaced(parallel=2)) for job in jobs_of(tmp_path, 2)]
    assert list(run_batch(jobs)) == []
    assert asked == [2]
