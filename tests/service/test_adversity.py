"""A full disk, a wrong clock, a suspended process: jobs wait, nothing dies, and what is over goes all the same."""

from __future__ import annotations

import asyncio
import errno
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from dashcamcleaner.errors import DashcamCleanerError, DiskFull
from dashcamcleaner.service import job_queue, pictures, routes_jobs
from dashcamcleaner.service.app import create_app
from dashcamcleaner.service.job_queue import JobQueue
from dashcamcleaner.service.job_store import DONE, RUNNING, JobRecord, JobStore, new_id, now
from dashcamcleaner.service.metrics import Metrics
from dashcamcleaner.service.options import ServiceOptions
from dashcamcleaner.service.pictures import PictureWork, SentPicture
from dashcamcleaner.service.problems import telling_no_room
from dashcamcleaner.settings import resolve
from tests import fakes
from tests.service.running import wait_until


class Disk:
    """A store whose file cannot grow for a time: SQLite says of it what it says of a full disk."""

    def __init__(self, file: Path) -> None:
        self.store = JobStore(file)

    def fill(self) -> None:
        self.store._db.execute("PRAGMA max_page_count=1")

    def free(self) -> None:
        self.store._db.execute("PRAGMA max_page_count=100000")


def long_record(state: str = DONE, **more: object) -> JobRecord:
    """A job that needs a page of its own."""
    warnings = [{"message": "m" * 9000, "hint": ""}]
    return JobRecord(new_id(), "local", "clean", state=state, warnings=warnings, **more)  # type: ignore[arg-type]


def queue_of(tmp_path: Path, disk: Disk, **options: object) -> JobQueue:
    asked = ServiceOptions(storage=str(tmp_path), **options)  # type: ignore[arg-type]
    return JobQueue(asked, store=disk.store, folder=tmp_path / "jobs", metrics=Metrics())


def test_a_store_that_is_full_says_so_and_goes_on(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "jobs.sqlite")
    first, second = long_record(), long_record()
    disk.store.put(first)
    disk.fill()
    for keep in (lambda: disk.store.put(second), lambda: disk.store.add_event(first.id, {"event": "m" * 9000})):
        with pytest.raises(DiskFull):
            keep()
    assert disk.store.all() == [first]
    disk.free()
    disk.store.put(second)
    assert disk.store.all() == [first, second]
    disk.store.close()


def test_the_end_of_a_job_waits_for_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_queue, "_STORE_EVERY_S", 0.01)
    disk = Disk(tmp_path / "jobs.sqlite")
    queue = queue_of(tmp_path, disk)
    record = long_record(RUNNING)
    disk.fill()
    thread = threading.Thread(target=queue._end, args=(record, DONE))
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    disk.free()
    thread.join(20)
    assert not thread.is_alive()
    assert [one.state for one in disk.store.all()] == [DONE]
    queue.stop()
    disk.store.close()


def test_files_go_before_their_job_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(tmp_path / "jobs.sqlite")
    queue = queue_of(tmp_path, disk)
    record = long_record()
    disk.store.put(record)
    queue.folder_of(record.id).mkdir(parents=True)

    def full(job: str) -> None:
        raise DiskFull("The disk of the jobs is full.")

    with monkeypatch.context() as patch:
        patch.setattr(disk.store, "remove", full)
        with pytest.raises(DiskFull):
            queue.remove(record.id)
    assert not queue.folder_of(record.id).exists()
    queue.remove(record.id)
    assert disk.store.all() == []
    queue.stop()
    disk.store.close()


def test_a_clock_that_was_wrong_keeps_nothing_for_years(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "jobs.sqlite")
    record = long_record(ended=now() + 1e9)
    disk.store.put(record)
    queue = queue_of(tmp_path, disk, keep_hours=0.0001)
    queue.start()
    try:
        wait_until(lambda: not disk.store.all(), what="the job to be forgotten", most_s=30)
    finally:
        queue.stop()
        disk.store.close()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), DiskFull("/srv has 1 MB free.")])
def test_callers_are_told_that_there_is_no_room(error: Exception) -> None:
    with pytest.raises(DiskFull, match="The server has no room") as told, telling_no_room():
        raise error
    assert told.value.http_status == 507


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), DashcamCleanerError("something else")])
def test_of_other_errors_that_is_not_said(error: Exception) -> None:
    with pytest.raises(type(error)) as told, telling_no_room():
        raise error
    assert told.value is error


def test_an_upload_that_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    app = create_app(ServiceOptions(storage=str(tmp_path / "storage")))
    jobs = JobQueue(
        app.state.service.options, store=JobStore(tmp_path / "jobs.sqlite"), folder=tmp_path, metrics=Metrics()
    )
    monkeypatch.setattr(app.state.service, "jobs", jobs, raising=False)

    async def post(**body: Any) -> dict[str, Any]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.post("/jobs", **body)
        return dict(answer.json())

    with monkeypatch.context() as patch:
        patch.setattr(routes_jobs, "_copy", full)
        told = asyncio.run(post(files={"files": ("ride.mp4", b"x" * 1000)}))
        assert (told["status"], told["error"]) == (507, "DiskFull")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    told = asyncio.run(post(content=b"x" * 1000, headers={"Content-Type": "video/mp4"}))
    assert told["status"] == 507
    assert "MB" not in told["detail"], "how full it is is nobody's affair"
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    jobs.stop()
    jobs._store.close()


def test_a_picture_that_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    work = PictureWork(ServiceOptions(), models=fakes.pool(fakes.ScriptedDetector(lambda *_: [])), folder=tmp_path)
    for place in ("TemporaryDirectory", "atomic_write"):
        with monkeypatch.context() as patch:
            patch.setattr(pictures, place, full)
            with pytest.raises(DiskFull, match="The server has no room"):
                work.detect(SentPicture("a.png", b"x"), settings=resolve({}))
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_suspended_does_not_keep_what_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_queue, "_STOP_S", 0.2)
    disk = Disk(tmp_path / "jobs.sqlite")
    queue = queue_of(tmp_path, disk)

    def deaf(folder: Path, *, language: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        return subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    monkeypatch.setattr(queue, "_process", deaf)
    record = JobRecord(new_id(), "local", "clean", inputs=["source.mp4"])
    queue.start()
    try:
        with queue.place(record.id) as folder:
            (folder / "source.mp4").write_bytes(b"of somebody")
            queue.add(record)
        wait_until(lambda: record.id in queue._running, what="the process", most_s=30)
        queue.remove(record.id)
        wait_until(lambda: not folder.exists(), what="the files to go", most_s=30)
    finally:
        queue.stop()
        disk.store.close()
