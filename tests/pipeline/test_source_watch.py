"""A source is read once for its hash and its fingerprint, and a change under the run is noticed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from dashcamcleaner.core.events import Failed, Finished, Started
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import Cancelled, InputError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline import source_watch
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import fingerprint, plan_path, read_header
from dashcamcleaner.pipeline.source_watch import SourceWatch
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.settings import resolve
from tests import clips, fakes

SETTINGS = resolve({"crop_checks": False, "workers": 1})


def blind() -> ModelPool:
    return fakes.pool(fakes.ScriptedDetector({}))


def test_plan_and_report_are_bound_to_the_source_by_one_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_second(path: Path) -> str:
        raise AssertionError("the source was read again")

    monkeypatch.setattr("dashcamcleaner.pipeline.context.fingerprint", no_second)
    made = clips.make(tmp_path / "in.mp4", frames=4)
    last = list(clean(Job(made.path, tmp_path / "out.mp4", SETTINGS), models=blind()))[-1]
    assert isinstance(last, Finished), last
    assert read_header(plan_path(tmp_path / "out.mp4")).fingerprint == fingerprint(made.path)
    said = json.loads(Path(last.summary.report).read_text(encoding="utf-8"))
    assert said["source_sha256"] == file_sha256(made.path)


@pytest.mark.parametrize("change", ["longer", "same length, date set back", "another file of the same name"])
def test_a_source_that_changes_under_the_run_is_noticed(change: str, tmp_path: Path) -> None:
    source, output = clips.make(tmp_path / "in.mp4", frames=30).path, tmp_path / "out.mp4"
    failed = None
    for event in clean(Job(source, output, SETTINGS), models=blind()):
        if isinstance(event, Started):
            before = source.stat()
            content = source.read_bytes()
            if change == "longer":
                source.write_bytes(content + b"more")
            elif change == "another file of the same name":
                (tmp_path / "other").write_bytes(content)
                (tmp_path / "other").replace(source)
            else:
                with source.open("r+b") as file:
                    file.seek(-1, os.SEEK_END)
                    file.write(bytes([content[-1] ^ 1]))
                os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
        if isinstance(event, Failed):
            failed = event
    assert failed is not None
    assert isinstance(failed.error, InputError)
    assert "was changed while it was read" in failed.error.message
    assert not output.exists()
    assert not plan_path(output).exists()


def test_a_source_that_is_gone_is_not_told_to_have_changed(tmp_path: Path) -> None:
    path = tmp_path / "source"
    path.write_bytes(b"as it was")
    with SourceWatch(path) as watch:
        path.unlink()
        with pytest.raises(InputError, match="was moved or deleted while it was read"):
            watch.look(now=True)


def test_a_change_before_the_fingerprint_is_asked_for_is_noticed_then(tmp_path: Path) -> None:
    path = tmp_path / "source"
    path.write_bytes(b"as it was")
    with SourceWatch(path) as watch:
        assert watch.fingerprint() == fingerprint(path)
        path.write_bytes(b"as it is now")
        with pytest.raises(InputError, match="was changed while it was read"):
            watch.fingerprint()


class SlowPath(type(Path())):  # type: ignore[misc]
    """A source of which one piece is read at a time, the second only when it is allowed."""

    go_on = Event()

    def open(self, *words: Any, **named: Any) -> Any:
        file, go_on, pieces = super().open(*words, **named), self.go_on, iter(range(1 << 20))
        read = file.read

        class Slow:
            def __enter__(self) -> Slow:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def read(self, size: int) -> bytes:
                assert next(pieces) == 0 or go_on.wait(30)
                return bytes(read(4))

        return Slow()


@pytest.fixture
def slow_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    path = SlowPath(tmp_path / "long.mkv")
    Path(path).write_bytes(b"0123456789")
    monkeypatch.setattr(source_watch, "_TOLD_AFTER_S", 0.0)
    monkeypatch.setattr(source_watch, "_ASK_EVERY_S", 0.001)
    SlowPath.go_on.clear()
    yield path
    SlowPath.go_on.set()


def test_a_reading_that_takes_long_is_told(slow_path: SlowPath) -> None:
    with SourceWatch(slow_path) as watch:
        told = watch.read_through(Control())
        first = next(told).message
        assert first.startswith("long.mkv is read through first, so that it is known again: 0.0 of 0.0 GB, 0:0")
        slow_path.go_on.set()
        list(told)
        assert watch.fingerprint() == fingerprint(Path(slow_path))


def test_a_reading_goes_on_in_a_pause(slow_path: SlowPath) -> None:
    control = Control()
    control.pause()
    with SourceWatch(slow_path) as watch:
        told = watch.read_through(control)
        assert next(told).message
        slow_path.go_on.set()
        list(told)


def test_a_reading_that_takes_long_can_be_cancelled(slow_path: SlowPath) -> None:
    control = Control()
    with SourceWatch(slow_path) as watch:
        told = watch.read_through(control)
        next(told)
        control.cancel()
        with pytest.raises(Cancelled):
            next(told)
        slow_path.go_on.set()
