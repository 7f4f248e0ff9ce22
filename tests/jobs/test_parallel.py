"""Several jobs at once in processes of their own: all come out, in any order; what one does is its own affair."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.events import Event, Failed, Finished, Progress, Started
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import WorkerLost
from dashcamcleaner.jobs import parallel
from dashcamcleaner.jobs.batch import run_batch
from dashcamcleaner.jobs.parallel import parallel_jobs, run_in_processes, shared_out
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import Settings, resolve
from tests import clips, fakes

SETTINGS = resolve({"profile": "fast", "crop_checks": False})


def blind() -> ModelPool:
    """A pool for a worker process: it sees nothing."""
    return fakes.pool(fakes.ScriptedDetector({}))


class Deadly(fakes.ScriptedDetector):
    """Kills its process at pictures that are red all over."""

    def __init__(self) -> None:
        super().__init__({})

    def _one(self, picture: np.ndarray) -> Detections:
        red, green, _ = picture.mean(axis=(0, 1))
        if red > 200 and green < 50:
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._one(picture)


def deadly() -> ModelPool:
    """A pool for a worker process that one kind of picture kills."""
    return fakes.pool(Deadly())


def stills(folder: Path, *colours: tuple[int, int, int]) -> list[Job]:
    jobs = []
    for number, colour in enumerate(colours):
        source = folder / f"in{number}.png"
        Image.new("RGB", (64, 48), colour).save(source)
        jobs.append(Job(source, folder / f"out{number}.png", SETTINGS))
    return jobs


GREY = (90, 90, 90)


def last_events(events: list[tuple[Job, Event]]) -> dict[str, Event]:
    return {job.source.name: event for job, event in events if isinstance(event, Finished | Failed)}


def test_all_jobs_come_out_and_a_bad_one_stops_nothing(tmp_path: Path) -> None:
    jobs = stills(tmp_path, *[GREY] * 4)
    jobs[1].source.write_bytes(b"no picture")
    events = list(run_in_processes(jobs, at_once=2, open_models=blind))
    last = last_events(events)
    assert set(last) == {job.source.name for job in jobs}
    assert isinstance(last.pop("in1.png"), Failed)
    assert all(isinstance(event, Finished) for event in last.values())
    assert [job.output.exists() for job in jobs] == [True, False, True, True]
    for job in jobs:
        ours = [event for other, event in events if other is job]
        assert sum(isinstance(event, Finished | Failed) for event in ours) == 1
        assert isinstance(ours[-1], Finished | Failed)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_killed_worker_costs_its_job_alone(tmp_path: Path) -> None:
    jobs = stills(tmp_path, GREY, (255, 0, 0), GREY, GREY)
    last = last_events(list(run_in_processes(jobs, at_once=1, open_models=deadly)))
    lost = last.pop("in1.png")
    assert isinstance(lost, Failed)
    assert isinstance(lost.error, WorkerLost)
    assert "signal 9" in lost.error.message
    assert all(isinstance(event, Finished) for event in last.values())
    assert len(last) == 3


def test_closing_cancels_what_is_under_way_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=60)
    job = Job(made.path, tmp_path / "out" / "out.mp4", SETTINGS)
    events = run_in_processes([job, job], at_once=1, open_models=deadly)
    for _, event in events:
        if isinstance(event, Progress):
            break
    events.close()
    assert not (tmp_path / "out" / "out.mp4").exists()


def test_no_further_job_begins_after_a_stop(tmp_path: Path) -> None:
    control = Control()
    done = []
    for job, event in run_in_processes(stills(tmp_path, *[GREY] * 4), at_once=1, control=control, open_models=blind):
        if isinstance(event, Finished):
            done.append(job)
            control.stop_after_this()
    assert len(done) == 1


def test_a_pause_holds_the_jobs_that_have_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control()
    done: list[Job] = []
    rested: list[int] = []

    def rest(_: float) -> None:
        rested.append(len(done))
        if len(rested) == 3:
            control.resume()

    monkeypatch.setattr("dashcamcleaner.jobs.parallel.time.sleep", rest)
    jobs = stills(tmp_path, *[GREY] * 3)
    for job, event in run_in_processes(jobs, at_once=1, control=control, open_models=blind):
        if isinstance(event, Started) and not done:
            control.pause()
        if isinstance(event, Finished):
            done.append(job)
    assert rested == [1, 1, 1], "while it is paused nothing begins"
    assert done == jobs


def test_a_stop_while_paused_ends_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control()
    control.pause()
    monkeypatch.setattr("dashcamcleaner.jobs.parallel.time.sleep", lambda _: control.stop_after_this())
    assert list(run_in_processes(stills(tmp_path, GREY), at_once=1, control=control, open_models=blind)) == []


def test_a_job_that_is_handed_out_in_one_pause_is_held_by_the_next(tmp_path: Path) -> None:
    (first, second) = stills(tmp_path, GREY, GREY)
    ours, theirs = multiprocessing.Pipe()
    worker = parallel._Worker(None, ours)
    control = Control()
    parallel._give(worker, first, 1)
    control.pause()
    parallel._pass_on([worker], control)
    control.resume()
    parallel._give(worker, second, 1)
    control.pause()
    parallel._pass_on([worker], control)
    told = [theirs.recv() for _ in range(4)]
    assert [one if isinstance(one, str) else one.source for one in told] == [
        first.source, "pause", second.source, "pause",
    ]  # fmt: skip
    ours.close()
    theirs.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_worker_that_was_lost_is_put_away_and_replaced_only_where_something_is_left_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[parallel._Worker] = []
    real = parallel._start

    def start(context: Any, open_models: Any) -> parallel._Worker:
        started.append(real(context, open_models))
        return started[-1]

    monkeypatch.setattr(parallel, "_start", start)
    red = (255, 0, 0)
    last = last_events(list(run_in_processes(stills(tmp_path, red, red), at_once=1, open_models=deadly)))
    assert all(isinstance(event, Failed) and isinstance(event.error, WorkerLost) for event in last.values())
    assert len(last) == len(started) == 2
    assert all(worker.connection.closed for worker in started)


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_picture_waits_while_its_run_is_paused(tmp_path: Path, cancelled: bool) -> None:
    (job,) = stills(tmp_path, GREY)

    class Held(Control):
        """Goes on, or is cancelled, as soon as somebody waits for it."""

        def wait_while_paused(self) -> None:
            if self.paused:
                assert not job.output.exists()
                self.cancel() if cancelled else self.resume()
            super().wait_while_paused()

    control = Held()
    control.pause()
    last = list(clean(job, models=blind(), control=control))[-1]
    assert not control.paused or cancelled
    assert isinstance(last, Failed if cancelled else Finished)
    assert job.output.exists() is not cancelled


def test_cores_and_memory_are_shared_out_unless_somebody_said_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashcamcleaner.jobs.parallel._cores", lambda: 8)
    monkeypatch.setattr("dashcamcleaner.jobs.parallel._memory_bytes", lambda: 5_000_000_000)
    assert parallel_jobs(resolve({}), jobs=9) == 1
    assert parallel_jobs(resolve({"parallel": "auto"}), jobs=9) == 3  # by memory; by cores it were 4
    assert parallel_jobs(resolve({"parallel": "auto"}), jobs=2) == 2
    assert parallel_jobs(resolve({"parallel": "auto", "device": "cuda:0"}), jobs=9) == 3
    assert parallel_jobs(resolve({"parallel": 5}), jobs=9) == 5
    each = shared_out(Settings(), among=4)
    assert (each.workers, each.max_look_ahead_mb) == (2, 100)
    each = shared_out(Settings(workers=5, max_look_ahead_mb=300), among=4)
    assert (each.workers, each.max_look_ahead_mb) == (5, 300)
    assert shared_out(Settings(), among=1) == Settings()


def test_a_batch_goes_into_processes_only_without_a_pool_of_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def noted(jobs: list[Job], *, at_once: int, control: Control) -> list[tuple[Job, Event]]:
        asked.append(at_once)
        return []

    monkeypatch.setattr("dashcamcleaner.jobs.batch.run_in_processes", noted)
    jobs = stills(tmp_path, *[GREY] * 3)
    jobs = [Job(job.source, job.output, job.settings.replaced(parallel=2)) for job in jobs]
    assert list(run_batch(jobs)) == []
    assert asked == [2]
    assert len(last_events(list(run_batch(jobs, models=blind())))) == 3
    assert asked == [2]
