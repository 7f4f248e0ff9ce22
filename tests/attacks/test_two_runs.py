"""Number 8: one run at a time on one output, a result that was looked at, and the hash of what was read."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.atomic_files import publish
from dashcamcleaner.core.events import Event, Failed, Finished, Progress, Started
from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline import publication
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.output_lock import lock_path
from dashcamcleaner.report.data import report_path
from dashcamcleaner.settings import resolve
from dashcamcleaner.work_files import host_name
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")


def run(
    source: Path,
    output: Path,
    *,
    watch: Callable[[Event], None] = lambda _: None,
    control: Control | None = None,
    **settings: object,
) -> list[Event]:
    models = fakes.pool(fakes.ScriptedDetector(lambda n, p: [FACE], script_size=(320, 180)))
    events = []
    for event in clean(Job(source, output, resolve(settings)), models=models, control=control):
        watch(event)
        events.append(event)
    return events


def failure(events: Sequence[Event]) -> Any:
    assert isinstance(events[-1], Failed), events[-1]
    return events[-1].error


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("second", ["out.mp4", "sub/../out.mp4", "link/out.mp4"])
def test_a_second_run_on_an_output_is_told_and_the_first_one_is_whole(tmp_path: Path, second: str) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=40)
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    control, begun = Control(), threading.Event()
    control.pause()
    first: list[Event] = []

    def started(event: Event) -> None:
        if isinstance(event, Started):
            begun.set()

    worker = threading.Thread(
        target=lambda: first.extend(run(made.path, tmp_path / "out.mp4", control=control, watch=started))
    )
    worker.start()
    assert begun.wait(30)
    error = failure(run(made.path, tmp_path / second, overwrite=True))
    assert isinstance(error, OutputError)
    assert f"on {host_name()}, process {os.getpid()}, since " in error.message
    control.resume()
    worker.join(60)
    assert isinstance(first[-1], Finished)
    assert first[-1].summary.frames == 40
    assert hidden(tmp_path) == []


def planted(output: Path, **more: object) -> Path:
    """A lock as somebody else's run leaves it."""
    path = lock_path(output)
    said = {"dashcamcleaner": "lock", "owner": "anna", "host": "elsewhere", "boot": "another", "pid": 4242,
            "since": "2026-05-01T12:34:56+00:00", **more}  # fmt: skip
    path.write_text(json.dumps(said))
    return path


def test_a_run_on_another_machine_counts_while_it_touches_its_lock(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=3)
    path = planted(tmp_path / "out.mp4")
    error = failure(run(made.path, tmp_path / "out.mp4"))
    assert "anna on elsewhere, process 4242, since 12:34" in error.message
    assert error.hint
    assert path.exists()
    hours_ago = time.time() - 7200
    os.utime(path, (hours_ago, hours_ago))
    assert isinstance(run(made.path, tmp_path / "out.mp4")[-1], Finished)
    assert hidden(tmp_path) == []


def test_a_lock_of_a_process_that_is_no_more_is_stale_at_once(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=3)
    planted(tmp_path / "out.mp4", host=host_name(), pid=os.getpid())  # the number was given again: nobody holds it
    assert isinstance(run(made.path, tmp_path / "out.mp4")[-1], Finished)
    lock_path(tmp_path / "b.mp4").touch()  # killed while it was made
    assert isinstance(run(made.path, tmp_path / "b.mp4")[-1], Finished)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("what", ["hard link", "symlink", "folder", "text", "other JSON"])
def test_a_lock_that_is_none_is_neither_written_through_nor_removed(tmp_path: Path, what: str) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=3)
    original = made.path.read_bytes()
    path = lock_path(tmp_path / "out.mp4")
    if what == "hard link":
        os.link(made.path, path)
    elif what == "symlink":
        path.symlink_to(made.path)
    elif what == "folder":
        path.mkdir()
    else:
        path.write_text("the user's" if what == "text" else "[1]")
    assert isinstance(failure(run(made.path, tmp_path / "out.mp4")), OutputError)
    assert made.path.read_bytes() == original
    assert os.path.lexists(path)
    assert not (tmp_path / "out.mp4").exists()


def test_a_lock_cannot_name_files_that_a_run_did_not_make(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=3)
    (tmp_path / "out.mp4").write_text("the user's")
    found = (tmp_path / "out.mp4").stat()
    wrong = [found.st_dev, found.st_ino + 1, found.st_size]
    planted(tmp_path / "out.mp4", host=host_name(), publishing=[[str(tmp_path / "out.mp4"), *wrong]])
    assert "exists already" in failure(run(made.path, tmp_path / "out.mp4")).message
    assert (tmp_path / "out.mp4").read_text() == "the user's"


HELD = """
import os, sys, time
from pathlib import Path
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.output_lock import OutputLock
with OutputLock(Job(Path("in.mp4"), Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a POSIX signal")
def test_another_process_holds_its_lock_until_it_is_killed(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=3)
    words = [sys.executable, "-c", HELD, str(tmp_path / "out.mp4")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert f"process {child.pid}" in failure(run(made.path, tmp_path / "out.mp4")).message
        os.kill(child.pid, signal.SIGKILL)
    assert isinstance(run(made.path, tmp_path / "out.mp4")[-1], Finished)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".png", ".jpg"])
@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_result_that_is_not_what_was_written_is_taken_back(
    tmp_path: Path, suffix: str, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if suffix in (".png", ".jpg"):
        source = tmp_path / f"in{suffix}"
        Image.fromarray(np.full((180, 320, 3), 90, np.uint8)).save(source)
        Image.fromarray(np.full((90, 160, 3), 90, np.uint8)).save(tmp_path / f"other{suffix}")
    else:
        source = clips.make(tmp_path / f"in{suffix}", frames=12, sounds=(clips.Sound(),)).path
        clips.make(tmp_path / f"other{suffix}", frames=7)
    output = tmp_path / f"out{suffix}"

    def disturbed(work: Any, final: Path, *, overwrite: bool) -> None:
        publish(work, final, overwrite=overwrite)
        if final == output:
            data = (tmp_path / f"other{suffix}").read_bytes()
            final.write_bytes(data if damage == "other" else final.read_bytes()[:60])

    monkeypatch.setattr(publication, "publish", disturbed)
    error = failure(run(source, output))
    assert isinstance(error, OutputError)
    assert "not what was written" in error.message
    assert {path.name for path in tmp_path.iterdir()} == {source.name, f"other{suffix}"}


@pytest.mark.parametrize("change", ["in place", "date set back", "replaced", "grown", "removed"])
def test_a_source_that_changes_during_the_run_stops_it(tmp_path: Path, change: str) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=60)
    before = made.path.stat()
    changed: list[int] = []

    def disturb(event: Event) -> None:
        if not isinstance(event, Progress) or changed:
            return
        changed.append(1)
        if change in ("in place", "date set back"):
            data = bytearray(made.path.read_bytes())
            data[len(data) // 2] ^= 0xFF
            with made.path.open("r+b") as file:
                file.write(data)
            if change == "date set back":
                os.utime(made.path, ns=(before.st_atime_ns, before.st_mtime_ns))
        elif change == "grown":
            with made.path.open("ab") as file:
                file.write(b"more")
        elif change == "removed":
            made.path.unlink()
        else:
            (tmp_path / "new").write_bytes(made.path.read_bytes())
            (tmp_path / "new").replace(made.path)

    error = failure(run(made.path, tmp_path / "out.mp4", watch=disturb))
    assert changed
    assert isinstance(error, InputError)
    assert ("deleted" if change == "removed" else "changed") in error.message
    left = {path.name for path in tmp_path.iterdir()}
    assert left <= {"in.mp4"}


def test_a_new_link_or_right_of_a_source_is_no_change(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=60)

    def back_up(event: Event) -> None:
        if isinstance(event, Progress) and not (tmp_path / "backup").exists():
            os.link(made.path, tmp_path / "backup")
            made.path.chmod(0o600)

    summary = run(made.path, tmp_path / "out.mp4", watch=back_up)[-1].summary  # type: ignore[attr-defined]
    assert summary.source_sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert summary.output_sha256 == hashlib.sha256((tmp_path / "out.mp4").read_bytes()).hexdigest()
    report = json.loads(report_path(tmp_path / "out.mp4").read_text())
    assert (report["source_sha256"], report["output_sha256"]) == (summary.source_sha256, summary.output_sha256)
