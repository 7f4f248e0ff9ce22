"""A real scheduler with real worker processes: all clips come out, whatever dies; what does not fit is refused."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.events import Event, Failed, Finished, Progress, Warned
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import BackendError, SettingError
from dashcamcleaner.jobs.inputs import jobs_for
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")

from dashcamcleaner.cluster.run import run_on_cluster  # noqa: E402
from dashcamcleaner.cluster.scratch import remove_scratch  # noqa: E402
from dashcamcleaner.cluster.tasks import ClusterJob, cluster_jobs  # noqa: E402
from dashcamcleaner.cluster.work import Task, run_task, version_fault  # noqa: E402
from dashcamcleaner.pipeline.context import versions  # noqa: E402
from dashcamcleaner.work_files import host_mark  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

SETTINGS = resolve({"crop_checks": False, "workers": 1})
BOX = (100.0, 60.0, 150.0, 110.0, 0.9, "face")


def always(number: int, picture: np.ndarray) -> list[fakes.Row]:
    return [BOX]


def seeing() -> ModelPool:
    """A worker's pool: it sees one face, always at the same place."""
    return fakes.pool(fakes.ScriptedDetector(always, script_size=(320, 180)))


class Slow(fakes.ScriptedDetector):
    """Tells its process's number to whoever wants to kill it, and takes its time."""

    def _one(self, picture: np.ndarray) -> Detections:
        Path(os.environ["CLUSTER_TEST_PIDS"], str(os.getpid())).touch()
        time.sleep(0.03)
        return super()._one(picture)


def slow() -> ModelPool:
    """A worker's pool of slow detectors."""
    return fakes.pool(Slow(always, script_size=(320, 180)))


def folder_of(tmp_path: Path, count: int, *, frames: int = 8) -> list[ClusterJob]:
    (tmp_path / "in").mkdir()
    for number in range(count):
        clips.make(tmp_path / "in" / f"{number}.mp4", frames=frames)
    jobs, _ = cluster_jobs([str(tmp_path / "in")], output=str(tmp_path / "out"), settings=SETTINGS)
    return jobs


def test_what_is_left_out_of_a_folder_is_told_as_without_a_cluster(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    clips.make(tmp_path / "in" / "a.mp4", frames=2)
    (tmp_path / "in" / "gone.mp4").symlink_to(tmp_path / "gone.mp4")
    (tmp_path / "in" / "round").symlink_to(tmp_path)
    jobs, batch = cluster_jobs([str(tmp_path / "in")], output=str(tmp_path / "out"), settings=SETTINGS)
    alone = jobs_for([str(tmp_path / "in")], output=str(tmp_path / "out"), settings=SETTINGS)
    assert batch.jobs == [one.job for one in jobs]
    assert len(batch.unread) == len(batch.linked) == 1
    assert (batch.unread, batch.linked) == (alone.unread, alone.linked)


def last_events(events: list[tuple[Job, Event]]) -> dict[str, Event]:
    found: dict[str, Event] = {}
    for job, event in events:
        if isinstance(event, Finished | Failed):
            assert job.source.name not in found, "a clip ended twice"
            found[job.source.name] = event
    return found


def regions_of(output: Path) -> list[object]:
    with PlanReader(plan_path(output)) as reader:
        return [plan.regions for plan in reader]


def test_all_clips_of_a_folder_come_out_as_on_one_machine_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    jobs = folder_of(tmp_path, 3)
    (tmp_path / "in" / "1.mp4").write_bytes(b"no clip at all")
    events = list(run_on_cluster(jobs, address="local:2", open_models=seeing))
    last = last_events(events)
    assert isinstance(last.pop("1.mp4"), Failed)
    assert set(last) == {"0.mp4", "2.mp4"}
    assert all(isinstance(event, Finished) for event in last.values())
    assert any(isinstance(event, Progress) for _, event in events)
    here = Job(tmp_path / "in" / "0.mp4", tmp_path / "here.mp4", SETTINGS)
    assert isinstance(list(clean(here, models=seeing()))[-1], Finished)
    assert regions_of(tmp_path / "out" / "0.mp4") == regions_of(tmp_path / "here.mp4")
    assert (tmp_path / "out" / "0.mp4").read_bytes() == (tmp_path / "here.mp4").read_bytes()
    done = [one for one in jobs if one.job.source.name != "1.mp4"]
    again = list(run_on_cluster(done, address="local:1", open_models=seeing))
    assert {type(event) for _, event in again} == {Warned, Finished}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_killed_worker_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    monkeypatch.setenv("CLUSTER_TEST_PIDS", str(pids))
    jobs = folder_of(tmp_path, 4, frames=20)
    killed: list[int] = []

    def kill_one() -> None:
        while not (found := list(pids.iterdir())):
            time.sleep(0.05)
        killed.append(int(found[0].name))
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    last = last_events(list(run_on_cluster(jobs, address="local:2", open_models=slow)))
    killer.join(10)
    assert killed
    assert len(last) == 4
    assert all(isinstance(event, Finished) for event in last.values()), last
    outputs = sorted(path.name for path in (tmp_path / "out").iterdir() if path.suffix == ".mp4")
    assert outputs == ["0.mp4", "1.mp4", "2.mp4", "3.mp4"]


def test_another_version_on_a_worker_is_refused_with_a_sentence(tmp_path: Path) -> None:
    ours = versions()
    assert version_fault(ours, ours, who="w") == ""
    assert version_fault(ours, {**ours, "av": "1.0"}, who="w") == f"The worker w has av 1.0 instead of {ours['av']}."
    task = Task("in.mp4", str(tmp_path / "o.mp4"), SETTINGS, False, {**ours, "openvino": "1"}, {}, "t")
    last = run_task(task, lambda _: None, open_models=seeing)
    assert isinstance(last, Failed)
    assert isinstance(last.error, SettingError)
    task = Task("in.mp4", str(tmp_path / "o.mp4"), SETTINGS, False, ours, {"auto": "0" * 64}, "t")
    last = run_task(task, lambda _: None, open_models=seeing)
    assert isinstance(last, Failed)
    assert "other weights" in last.error.message


def test_a_clip_whose_worker_died_before_it_could_say_that_it_was_done_is_done(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "a.mp4", frames=5)
    task = Task(str(made.path), str(tmp_path / "o.mp4"), SETTINGS, False, versions(), {}, "t")
    first = run_task(task, lambda _: None, open_models=seeing)
    assert isinstance(first, Finished)
    assert not first.earlier
    again = run_task(task, lambda _: None, open_models=seeing)
    assert isinstance(again, Finished), again
    assert again.earlier
    clips.make(tmp_path / "a.mp4", frames=6)
    other = run_task(task, lambda _: None, open_models=seeing)
    assert isinstance(other, Failed)
    assert "exists already" in other.error.message


def test_what_takes_a_call_and_is_no_scheduler_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another program's port, a scheduler that is suspended, or a tunnel whose far end is gone."""
    monkeypatch.setattr("dashcamcleaner.cluster.connection._CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(BackendError, match="No cluster"):
        list(run_on_cluster(folder_of(tmp_path, 1), address=f"tcp://127.0.0.1:{silent.getsockname()[1]}"))


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("tcp://127.0.0.1:9", BackendError, "No cluster"),
        ("tls://127.0.0.1:9", SettingError, "needs certificates"),
        ("elsewhere", SettingError, "no address"),
        ("local:0", SettingError, "1 to 256"),
        ("local:many", SettingError, "1 to 256"),
    ],
)
def test_a_wrong_address_is_one_sentence(
    tmp_path: Path, address: str, error: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashcamcleaner.cluster.connection._CONNECT_S", 1)
    with pytest.raises(error, match=words):
        list(run_on_cluster(folder_of(tmp_path, 1), address=address))


def test_what_a_killed_worker_left_in_its_scratch_folder_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    dead, other = tmp_path / f"dashcamcleaner-scratch-{host_mark()}-999999999-x", tmp_path / "mine"
    alive = tmp_path / f"dashcamcleaner-scratch-{host_mark()}-{os.getpid()}-x"
    elsewhere = tmp_path / "dashcamcleaner-scratch-0123cdef-999999999-x"  # a machine with the same folder
    for folder in (dead, alive, other, elsewhere):
        (folder / "in").mkdir(parents=True)
        (folder / "in" / "clear.mp4").touch()
    remove_scratch()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([alive.name, other.name, elsewhere.name])


def moving(number: int, picture: np.ndarray) -> list[fakes.Row]:
    """A face whose place is told by the number that the picture shows."""
    x = 30 + 0.5 * clips.read_number(picture[..., 1])
    return [(x, 60.0, x + 40, 110.0, 0.9, "face")]


def following() -> ModelPool:
    """A worker's pool that sees what moves."""
    return fakes.pool(fakes.ScriptedDetector(moving, script_size=(320, 180)))


def test_one_clip_is_shared_out_over_the_workers_and_its_plan_is_that_of_one_machine(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=180, gop=30)
    settings = SETTINGS.replaced(split_clips=True)
    jobs, _ = cluster_jobs([str(made.path)], output=str(tmp_path / "out.mp4"), settings=settings)
    events = list(run_on_cluster(jobs, address="local:2", open_models=following))
    assert isinstance(events[-1][1], Finished)
    assert not any("run itself" in event.message for _, event in events if isinstance(event, Warned))
    alone = Job(made.path, tmp_path / "alone.mp4", settings)
    assert isinstance(list(clean(alone, models=following()))[-1], Finished)
    assert regions_of(tmp_path / "out.mp4") == regions_of(alone.output)
