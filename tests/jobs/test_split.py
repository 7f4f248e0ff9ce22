"""A clip whose detection is shared out: the same plan and pictures, nothing uncovered at the seams, whatever dies."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.events import Event, Failed, Finished, Progress, Warned
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.jobs.part_processes import PartProcesses
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.jobs.split import Part, PictureKey, clean_split, detect_part, parts_of
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.frame_times import frame_times_and_keys
from dashcamcleaner.media.probe import probe
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.settings import Settings, resolve
from tests import clips, fakes

SETTINGS = resolve({"crop_checks": False, "workers": 1})
SIZE = (320, 180)
FRAMES, GOP = 240, 30
SEAMS = (60, 120, 180)
KNOCKED_OUT = {seam + off for seam in SEAMS for off in range(-4, 5)}


def truth(number: int) -> tuple[float, float, float, float]:
    """Where the face is in a frame; it moves across the picture."""
    x = 30 + 0.9 * number
    return (x, 100.0, x + 36, 140.0)


def number_of(picture: np.ndarray) -> int:
    return clips.read_number(picture[..., 1])


class Knocked(fakes.ScriptedDetector):
    """Knows the truth of each picture by the number that it shows, and is blind around the seams."""

    def __init__(self) -> None:
        super().__init__(self._rows, script_size=SIZE)

    @staticmethod
    def _rows(_: int, picture: np.ndarray) -> list[fakes.Row]:
        number = number_of(picture)
        return [] if number in KNOCKED_OUT else [(*truth(number), 0.9, "face")]


class Deadly(Knocked):
    """Kills its process where a picture of the second part is first seen, until a file says that it did."""

    def detect(self, pictures: list[np.ndarray]) -> list[Detections]:  # type: ignore[override]
        mark = Path(os.environ["SPLIT_TEST_MARK"])
        if any(number_of(picture) == SEAMS[0] + 20 for picture in pictures) and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().detect(pictures)


def knocked() -> ModelPool:
    """A worker's pool."""
    return fakes.pool(Knocked())


def deadly() -> ModelPool:
    """A worker's pool that kills it once."""
    return fakes.pool(Deadly())


class Here:
    """Does parts in this process, at once."""

    workers = 2

    def __init__(self, models: ModelPool) -> None:
        self.models = models
        self.parts: list[Part] = []

    def submit(self, part: Part) -> Future[list[tuple[PictureKey, Detections]]]:
        self.parts.append(part)
        future: Future[list[tuple[PictureKey, Detections]]] = Future()
        try:
            future.set_result(self.done(part))
        except DashcamCleanerError as error:
            future.set_exception(error)
        return future

    def done(self, part: Part) -> list[tuple[PictureKey, Detections]]:
        return detect_part(part, self.models)


def job_of(folder: Path, *, settings: Settings = SETTINGS, **changes: object) -> Job:
    source = folder / "in.mp4"
    if not source.exists():
        clips.make(source, **{"frames": FRAMES, "size": SIZE, "gop": GOP, **changes})
    return Job(source, folder / "split" / "out.mp4", settings)


def whole(job: Job, models: ModelPool) -> Job:
    """The same job, run as ever."""
    other = Job(job.source, job.output.parents[1] / "whole" / "out.mp4", job.settings)
    assert isinstance(list(clean(other, models=models))[-1], Finished)
    return other


def plans_of(job: Job) -> list[FramePlan]:
    with PlanReader(plan_path(job.output)) as reader:
        return list(reader)


def lines_of(job: Job) -> list[str]:
    return [plan.to_line() for plan in plans_of(job)]


def luma_of(job: Job) -> list[np.ndarray]:
    with open_clip(job.output, info=probe(job.output)) as decoder:
        return [frame.planes[0].copy() for frame in decoder]


def assert_all_covered(job: Job) -> None:
    for plan in plans_of(job):
        x1, y1, x2, y2 = truth(plan.index)
        assert any(r.xyxy[0] <= x1 and r.xyxy[1] <= y1 and r.xyxy[2] >= x2 and r.xyxy[3] >= y2 for r in plan.regions), (
            plan.index
        )


def test_the_plan_and_the_pictures_are_those_of_one_run_and_nothing_leaks_at_the_seams(tmp_path: Path) -> None:
    job, runner, own = job_of(tmp_path), Here(knocked()), Knocked()
    events = list(clean_split(job, runner, models=fakes.pool(own)))
    assert isinstance(events[-1], Finished)
    assert [part.first for part in runner.parts] == [0, *SEAMS]
    assert own.seen == 0, "the run itself looked at frames that workers had seen"
    assert not any("looked at by the run itself" in e.message for e in events if isinstance(e, Warned))
    other = whole(job, knocked())
    assert lines_of(job) == lines_of(other)
    assert all((ours == theirs).all() for ours, theirs in zip(luma_of(job), luma_of(other), strict=True))
    assert_all_covered(job)
    tracks = [{region.track for region in plan.regions} for plan in plans_of(job)]
    for seam in (SEAMS[0], SEAMS[2]):  # at the other one the picture flashes, which a run takes for a cut
        assert tracks[seam - 10] & tracks[seam + 10], f"no track goes on over the seam at {seam}"


def test_a_detector_that_is_blind_for_long_leaks_so_the_check_above_can_fail(tmp_path: Path) -> None:
    job = whole(job_of(tmp_path), fakes.pool(fakes.ScriptedDetector({})))
    with pytest.raises(AssertionError):
        assert_all_covered(job)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_killed_process_costs_nothing_but_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPLIT_TEST_MARK", str(tmp_path / "killed"))
    job = job_of(tmp_path)
    with PartProcesses(2, open_models=deadly) as runner:
        events = list(clean_split(job, runner, models=knocked()))
    assert isinstance(events[-1], Finished)
    assert (tmp_path / "killed").exists()
    assert lines_of(job) == lines_of(whole(job, knocked()))


class Faulty(Here):
    """Its worker fails at every part but the first, or gives what is of other pictures."""

    def __init__(self, models: ModelPool, *, lies: bool) -> None:
        super().__init__(models)
        self.lies = lies

    def done(self, part: Part) -> list[tuple[PictureKey, Detections]]:
        if not part.first:
            return super().done(part)
        if not self.lies:
            raise DashcamCleanerError("The worker has no eyes.")
        return [((index, pts, total ^ 1), Detections.empty()) for (index, pts, total), _ in super().done(part)]


@pytest.mark.parametrize("lies", [False, True])
def test_what_workers_do_not_give_the_run_sees_itself_and_says_so(tmp_path: Path, lies: bool) -> None:
    job, runner, own = job_of(tmp_path), Faulty(knocked(), lies=lies), Knocked()
    events = list(clean_split(job, runner, models=fakes.pool(own)))
    assert isinstance(events[-1], Finished)
    assert own.seen == FRAMES - SEAMS[0]
    (told,) = [e.message for e in events if isinstance(e, Warned) and "looked at by the run itself" in e.message]
    assert told.startswith(f"Of {FRAMES} frames {FRAMES - SEAMS[0]} were")
    assert ("no eyes" in told) == (not lies)
    assert len([part for part in runner.parts if part.first == SEAMS[0]]) == (1 if lies else 2)
    assert lines_of(job) == lines_of(whole(job, knocked()))


@pytest.mark.parametrize("changes", [{"b_frames": 3}, {"pts": clips.vfr_pts(FRAMES)}, {"start_pts": 5000}])
def test_reordered_frames_and_odd_times_are_met_again(tmp_path: Path, changes: dict[str, object]) -> None:
    job, own = job_of(tmp_path, **changes), Knocked()
    assert isinstance(list(clean_split(job, Here(knocked()), models=fakes.pool(own)))[-1], Finished)
    assert own.seen == 0


def test_parts_begin_at_key_frames_and_hold_each_frame_once(tmp_path: Path) -> None:
    job = job_of(tmp_path, b_frames=2)
    info = probe(job.source)
    times, keys = frame_times_and_keys(job.source, info=info)
    parts = parts_of(job, info=info, times=times, keys=keys, workers=2)
    assert tuple(pts for part in parts for pts in part.pts) == times
    assert [part.first for part in parts] == [sum(len(p.pts) for p in parts[:n]) for n in range(len(parts))]
    assert all(part.pts[0] in keys for part in parts)
    assert len(parts_of(job, info=info, times=times, keys=keys[:1], workers=2)) == 1
    assert parts_of(job, info=info, times=(), keys=(), workers=2) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"detect_every": "auto"}, "in some frames only"), ({}, "too short")],
)
def test_what_cannot_be_shared_out_is_cleaned_as_ever_and_told(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    clips.make(tmp_path / "in.mp4", frames=10)
    job = Job(tmp_path / "in.mp4", tmp_path / "out.mp4", SETTINGS.replaced(**changes))
    events = list(clean_split(job, Here(knocked()), models=knocked()))
    assert any(isinstance(e, Warned) and words in e.message for e in events)
    assert isinstance(events[-1], Finished)


def test_a_broken_clip_fails_with_the_run_s_own_sentence(tmp_path: Path) -> None:
    (tmp_path / "in.mp4").write_bytes(b"no clip")
    job = Job(tmp_path / "in.mp4", tmp_path / "out.mp4", SETTINGS)
    (event,) = clean_split(job, Here(knocked()), models=knocked())
    assert isinstance(event, Failed)


class Never(Here):
    """A worker that never answers."""

    def submit(self, part: Part) -> Future[list[tuple[PictureKey, Detections]]]:
        return super().submit(part) if part.first == 0 else Future()


def test_a_run_that_is_closed_or_cancelled_does_not_wait_for_workers(tmp_path: Path) -> None:
    job = job_of(tmp_path)
    events = clean_split(job, Never(knocked()), models=knocked())
    for event in events:
        if isinstance(event, Progress):
            break
    events.close()
    control, last = Control(), None
    for event in clean_split(job, Never(knocked()), models=knocked(), control=control):
        last = event
        if isinstance(event, Progress):
            control.cancel()
    assert isinstance(last, Event)
    assert isinstance(last, Failed)
    assert not job.output.exists()
