"""A server that is killed and started again: jobs go on where they were, and nothing half stands under a final name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashcamcleaner.media.probe import probe
from dashcamcleaner.service.job_store import JobRecord, JobStore
from tests import clips
from tests.service.running import RunningServer, end_of, running, wait_until, workers_of

FAST = {"inference_size": "320", "crop_checks": "false"}
FRAMES = 400


@pytest.fixture()
def long_clip(tmp_path: Path) -> bytes:
    # Its chroma is finer than what is written, so that each attempt warns.
    return clips.make(tmp_path / "long.mp4", frames=FRAMES, size=(320, 192), pix_fmt="yuv422p").path.read_bytes()


def start(server: RunningServer, clip: bytes) -> str:
    return server.client.post("/jobs", params=FAST, files={"files": ("long.mp4", clip)}).json()["id"]


def test_killed_and_started_again(tmp_path: Path, long_clip: bytes) -> None:
    storage = tmp_path / "storage"
    with running(storage, ready=False) as first:
        job, waiting = start(first, long_clip), start(first, long_clip)
        wait_until(lambda: (first.client.get(f"/jobs/{job}").json()["progress"] or 0) > 0.2, what="some progress")
        first.kill()
        leftover = storage / "dashcamcleaner-tmp" / "picture-of-a-crash"
        leftover.mkdir(mode=0o700)
        (leftover / "picture").write_bytes(b"of somebody")
        (storage / "jobs" / ("0" * 32)).mkdir()
        for folder in ("tmp", "jobs/holiday"):  # of whoever named a folder of theirs as the storage
            (storage / folder).mkdir()
            (storage / folder / "mine.mp4").write_bytes(b"somebody's own")
        assert not (storage / "jobs" / job / "result.mp4").exists(), "nothing half has the final name"
    with running(storage, ready=False) as second:
        assert not leftover.exists(), "what a crash left is removed at the next start"
        assert not (storage / "jobs" / ("0" * 32)).exists()
        assert (storage / "tmp" / "mine.mp4").exists(), "no file of anybody else goes"
        assert (storage / "jobs" / "holiday" / "mine.mp4").exists()
        told = end_of(second, job)
        assert told["state"] == "done", told
        assert told["outcome"]["frames"] == FRAMES
        assert told["outcome"]["resumed_frames"] > 0, "the analysis of the first run counts"
        warnings = [one["message"] for one in told["warnings"]]
        assert [one for one in warnings if "finer" in one]
        assert len(warnings) == len(set(warnings)), "what both attempts tell is told once"
        assert end_of(second, waiting)["state"] == "done"
        result = tmp_path / "result.mp4"
        result.write_bytes(second.client.get(told["links"]["result"]).content)
        assert probe(result).frames == FRAMES
        assert not list((storage / "jobs").rglob("*.partial"))
        assert not list((storage / "jobs").rglob("seen")), "what was seen goes with the job"
    assert not workers_of(storage)


def test_a_killed_server_leaves_no_process(tmp_path: Path, long_clip: bytes) -> None:
    storage = tmp_path / "storage"
    with running(storage, ready=False) as server:
        start(server, long_clip)
        wait_until(lambda: workers_of(storage), what="the job's process")
        server.kill()
        wait_until(lambda: not workers_of(storage), what="the job's process to go", most_s=30)


def test_a_stopped_server_does_not_wait_for_the_job_and_keeps_it(tmp_path: Path, long_clip: bytes) -> None:
    storage = tmp_path / "storage"
    with running(storage, ready=False) as server:
        job = start(server, long_clip)
        wait_until(lambda: workers_of(storage), what="the job's process")
        server.process.terminate()
        assert server.process.wait(40) == 0, "a server that is asked to end has not failed"
    assert not workers_of(storage)
    assert not (storage / "jobs" / job / "result.mp4").exists(), "the job was ended in its middle"
    store = JobStore(storage / "jobs.sqlite")
    found = store.find(job)
    store.close()
    assert found is not None
    assert found.state in ("queued", "running")


def test_a_job_that_ends_servers_is_given_up(tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    store = JobStore(storage / "jobs.sqlite")
    record = JobRecord("a" * 32, "local", "clean", "running", inputs=["source.mp4"], output="result.mp4", attempts=5)
    store.put(record)
    store.close()
    (storage / "jobs" / record.id).mkdir(parents=True)
    with running(storage, ready=False) as server:
        told = end_of(server, record.id)
        assert told["state"] == "failed"
        assert "again and again" in told["problem"]["detail"]


def test_a_job_whose_process_dies_has_failed(tmp_path: Path, long_clip: bytes) -> None:
    storage = tmp_path / "storage"
    with running(storage, ready=False) as server:
        job = start(server, long_clip)
        wait_until(lambda: workers_of(storage), what="the job's process")
        for process in workers_of(storage):
            os.kill(process.pid, 9)
        told = end_of(server, job)
        assert told["problem"]["detail"] == "The job's process ended by itself."
        assert server.client.get("/health").status_code == 200
