"""A lab of real programs: schedulers and networks die, workers lack weights, versions or a GPU."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.events import Event, Failed, Finished
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.detection.weights_search import shipped_folders
from dashcamcleaner.errors import SettingError
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.settings import Settings, resolve
from tests import clips, fakes
from tests.cluster.test_cluster import always, last_events, seeing

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")

from dashcamcleaner.cluster.run import run_on_cluster  # noqa: E402
from dashcamcleaner.cluster.tasks import ClusterJob, cluster_jobs  # noqa: E402
from tests.cluster.lab import Lab, Wire, lab_of  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

SETTINGS = resolve({"crop_checks": False, "workers": 1})


class Slow(fakes.ScriptedDetector):
    """Takes its time, so that something can die meanwhile; notes which process it runs in."""

    def _one(self, picture: np.ndarray) -> Detections:
        if folder := os.environ.get("LAB_TEST_PIDS"):
            Path(folder, str(os.getpid())).touch()
        time.sleep(0.03)
        return super()._one(picture)


def slow() -> ModelPool:
    return fakes.pool(Slow(always, script_size=(320, 180)))


def folder_of(tmp_path: Path, count: int, *, frames: int = 8, settings: Settings = SETTINGS) -> list[ClusterJob]:
    (tmp_path / "in").mkdir(exist_ok=True)
    for number in range(count):
        clips.make(tmp_path / "in" / f"{number}.mp4", frames=frames)
    return cluster_jobs([str(tmp_path / "in")], output=str(tmp_path / "out"), settings=settings)[0]


def outputs_of(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "out").iterdir() if path.suffix == ".mp4")


@pytest.mark.parametrize("what", ["scheduler", "network"])
def test_a_run_whose_scheduler_or_network_dies_ends_and_the_same_command_goes_on(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashcamcleaner.cluster.connection._CONNECT_S", 5)
    jobs = folder_of(tmp_path, 4, frames=30)
    dead = False
    with lab_of(tmp_path, workers=1) as lab, Wire(lab.address) as wire:
        events: list[tuple[Job, Event]] = []
        for job, event in run_on_cluster(jobs, address=wire.address, open_models=slow):
            events.append((job, event))
            if not dead and isinstance(event, Finished):
                dead = True
                if what == "scheduler":
                    os.kill(lab.scheduler.pid, signal.SIGKILL)
                else:
                    wire.cut()
        last = last_events(events)
        assert len(last) == 4, "every clip has an end"
        lost = [event for event in last.values() if isinstance(event, Failed)]
        assert lost
        assert all("same command" in event.error.hint for event in lost), lost
    done = {name: (tmp_path / "out" / name).stat() for name in outputs_of(tmp_path)}
    assert done
    with lab_of(tmp_path, workers=1) as lab:
        last = last_events(list(run_on_cluster(jobs, address=lab.address, open_models=slow)))
    assert all(isinstance(event, Finished) for event in last.values()), last
    assert outputs_of(tmp_path) == ["0.mp4", "1.mp4", "2.mp4", "3.mp4"]
    assert {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in done} == {
        name: at.st_mtime_ns for name, at in done.items()
    }, "what stood was made again"
    assert not list((tmp_path / "out").rglob("*.partial"))


def own_weights(home: Path, *, name: str = "mine") -> None:
    """The shipped weights, under a name that only this home knows."""
    folder = home / "data" / "weights"
    folder.mkdir(parents=True)
    shutil.copy2(shipped_folders()[0] / "nano-2.onnx", folder / f"{name}.onnx")
    (folder / f"{name}.json").write_text(
        json.dumps({"schema": 1, "name": name, "kinds": ["face", "plate"], "head": "raw", "files": [
            {"file": f"{name}.onnx", "format": "onnx", "sha256": file_sha256(folder / f"{name}.onnx")}
        ]})
    )  # fmt: skip


def test_weights_that_a_worker_lacks_are_sent_to_it_once_and_leave_nothing(own_home: Path, tmp_path: Path) -> None:
    own_weights(own_home)
    jobs = folder_of(tmp_path, 2, settings=SETTINGS.replaced(weights="mine", inference_size=320))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    there = {"DASHCAMCLEANER_HOME": str(tmp_path / "other"), "TMPDIR": str(scratch)}
    with lab_of(tmp_path, workers=1, environment=there) as lab:
        last = last_events(list(run_on_cluster(jobs, address=lab.address)))
        assert all(isinstance(event, Finished) for event in last.values()), last
        left = list(scratch.iterdir())
    assert left == []
    with PlanReader(plan_path(tmp_path / "out" / "0.mp4")) as reader:
        assert reader.header.weights == "mine"
        assert reader.header.weights_sha256 == file_sha256(own_home / "data" / "weights" / "mine.onnx")
        assert reader.header.settings["weights"] == "mine"


def test_clips_for_a_gpu_go_to_workers_that_have_one_and_none_waits_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    jobs = folder_of(tmp_path, 3, settings=SETTINGS.replaced(device="cuda:0"))
    with Lab(tmp_path, environment={"LAB_TEST_PIDS": str(pids)}) as lab:
        lab.add_worker()
        lab.wait()
        with pytest.raises(SettingError, match="No worker of the cluster was started with GPU=1"):
            list(run_on_cluster(jobs, address=lab.address, open_models=slow))
        able = lab.add_worker("--resources", "GPU=1")
        lab.wait()
        last = last_events(list(run_on_cluster(jobs, address=lab.address, open_models=slow)))
    assert all(isinstance(event, Finished) for event in last.values()), last
    assert [path.name for path in pids.iterdir()] == [str(able.pid)]


def test_another_version_on_a_worker_is_refused_by_the_run(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    # A worker whose numpy says that it is another one.
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import importlib.metadata as m\nreal = m.version\n"
        "m.version = lambda name: '0.0.1' if name == 'numpy' else real(name)\n"
    )
    path = os.pathsep.join([str(tmp_path / "site"), *filter(None, sys.path)])
    with Lab(tmp_path) as lab:
        lab.add_worker(environment={"PYTHONPATH": path})
        lab.wait()
        with pytest.raises(SettingError, match=r"The worker tcp://.* has numpy 0\.0\.1 instead of"):
            list(run_on_cluster(folder_of(tmp_path, 1), address=lab.address, open_models=seeing))
    assert not (tmp_path / "out").exists()
