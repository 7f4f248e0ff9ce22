"""Clips behind URLs: one run holds a claim, a clip stands with its own plan, and what a kill leaves is mended."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.cluster import claims, tasks, work
from dashcamcleaner.cluster.claims import claimed
from dashcamcleaner.cluster.publication import complete_result, publish_result, sides_name
from dashcamcleaner.cluster.tasks import cluster_jobs, done_already
from dashcamcleaner.cluster.work import Task, run_task
from dashcamcleaner.core.events import Failed, Finished
from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.report.data import SCHEMA
from dashcamcleaner.report.html import REPORT_VERSION
from dashcamcleaner.settings import resolve
from tests import clips, fakes

SETTINGS = resolve({"crop_checks": False, "workers": 1})
TIMES = {"beat_s": 0.01, "stale_s": 0.01}
"""Nobody beats within them but whom a test lets."""


class Killed(BaseException):
    """Ends a run as a kill does: nobody handles it."""


class MemoryStore:
    """A store in memory with a conditional put.

    Args:
        before: called before each file is put, with its name.
        after: called after it was.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.dead = False
        self.put: list[str] = []
        self.before: Callable[[str], None] = lambda name: None
        self.after: Callable[[str], None] = lambda name: None

    def names(self) -> list[str]:
        return sorted(self.files)

    def size(self, name: str) -> int | None:
        self._live()
        return len(self.files[name]) if name in self.files else None

    def fetch(self, name: str, to: Path) -> None:
        self._live()
        if name not in self.files:
            raise InputError(f"{name} is not there.")
        to.write_bytes(self.files[name])

    def remove(self, name: str) -> None:
        if not self.dead:
            self.files.pop(name, None)

    def publish(self, path: Path, name: str, *, overwrite: bool, token: str) -> bool:
        self._live()
        self.before(name)
        self._live()
        if not overwrite and name in self.files:
            return False
        self.files[name] = path.read_bytes()
        self.put.append(name)
        self.after(name)
        return True

    def _live(self) -> None:
        if self.dead:
            raise OutputError("The store cannot be reached.")

    def kill(self) -> None:
        """Nothing of the one at work reaches the store any more."""
        self.dead = True
        raise Killed


def seeing() -> Any:
    """A pool that sees nothing."""
    return fakes.pool(fakes.ScriptedDetector({}))


@pytest.fixture()
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    made = MemoryStore()
    monkeypatch.setattr(work, "open_store", lambda url: made)
    monkeypatch.setattr(tasks, "open_store", lambda url: made)
    monkeypatch.setattr(claims, "BEAT_S", 0.01)
    monkeypatch.setattr(claims, "STALE_S", 0.01)
    return made


def task_of(source: Path, *, token: str = "t", **settings: Any) -> Task:
    return Task(str(source), "memory://out/a.mp4", SETTINGS.replaced(**settings), False, {}, {}, token)


def go(source: Path, *, token: str = "t", **settings: Any) -> Finished | Failed:
    return run_task(task_of(source, token=token, **settings), lambda event: None, open_models=seeing)


FILES = ["a.mp4", "a.mp4.plan.jsonl", "a.mp4.report.html", "a.mp4.report.json"]


def report_fits(store: MemoryStore) -> bool:
    said = json.loads(store.files["a.mp4.report.json"])
    return bool(said["output_sha256"] == hashlib.sha256(store.files["a.mp4"]).hexdigest())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("at", [sides_name("a.mp4"), *FILES])
def test_whatever_a_kill_leaves_the_same_command_goes_on_and_the_clip_is_put_once(
    store: MemoryStore, tmp_path: Path, at: str, when: str, overwrite: bool
) -> None:
    if overwrite:  # of another clip, which is to be replaced
        assert isinstance(go(clips.make(tmp_path / "a.mp4", frames=3).path), Finished)
        store.put.clear()
    source = clips.make(tmp_path / "a.mp4", frames=5).path
    setattr(store, when, lambda name: store.kill() if name == at else None)
    with pytest.raises(Killed):
        go(source, token="first", overwrite=overwrite)
    store.dead = False
    store.before = store.after = lambda name: None
    (one,) = cluster_jobs([str(source)], output="memory://out/", settings=SETTINGS)[0]
    clip_stands = (at, when) not in [
        (sides_name("a.mp4"), "before"),
        (sides_name("a.mp4"), "after"),
        ("a.mp4", "before"),
    ]
    assert done_already(one) is None, "something is left to do"
    last = go(source, token="second", overwrite=overwrite and not clip_stands)
    assert isinstance(last, Finished), last
    assert last.earlier is clip_stands
    assert store.names() == FILES
    assert report_fits(store)
    assert store.put.count("a.mp4") == 1
    assert done_already(one) is not None
    assert isinstance(go(source, token="third"), Finished)
    assert store.put.count("a.mp4") == 1


def test_who_loses_the_race_leaves_nothing_beside_the_others_clip(store: MemoryStore, tmp_path: Path) -> None:
    theirs = {name: name.encode() for name in FILES}

    def other(name: str) -> None:
        if name == "a.mp4":
            store.files.update(theirs)

    store.before = other
    last = go(clips.make(tmp_path / "a.mp4", frames=3).path)
    assert isinstance(last, Failed)
    assert "there already" in last.error.message
    assert store.files == theirs


def test_who_loses_the_race_against_a_run_of_the_same_clip_is_done(store: MemoryStore, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "a.mp4", frames=3).path
    assert isinstance(go(source), Finished)
    theirs = dict(store.files)
    store.files.clear()
    store.before = lambda name: store.files.update(theirs) if name == "a.mp4" else None
    last = go(source)
    assert isinstance(last, Finished)
    assert last.earlier
    assert store.files == theirs


def test_who_was_taken_over_publishes_nothing(store: MemoryStore, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "a.mp4", frames=3).path

    def slow() -> Any:
        store.files["a.mp4.claim"] = b"other holder 1\n"
        return seeing()

    last = run_task(task_of(source), lambda event: None, open_models=slow)
    assert isinstance(last, Failed)
    assert "Another run" in last.error.message
    assert store.names() == ["a.mp4.claim"], "the other's claim stays, too"


def stale(store: MemoryStore) -> None:
    store.files["o.mp4.claim"] = b"dead holder 4\n"


def test_of_two_who_take_over_a_stale_claim_the_last_one_goes_on(store: MemoryStore) -> None:
    stale(store)
    with claimed(store, "o.mp4", token="only", **TIMES):
        assert store.files["o.mp4.claim"].startswith(b"only ")
    assert store.names() == []
    stale(store)

    def other(name: str) -> None:
        store.after = lambda name: None
        store.files[name] = b"other holder 0\n"

    store.after = other  # it found the claim stale, too, and writes a little later
    with pytest.raises(OutputError, match="Another run"), claimed(store, "o.mp4", token="first", **TIMES):
        pass
    assert store.files["o.mp4.claim"] == b"other holder 0\n"


def test_of_two_who_wait_for_a_claim_that_goes_the_first_one_takes_it(store: MemoryStore) -> None:
    stale(store)

    def gone(name: str) -> None:
        del store.files[name]
        store.before = taken

    def taken(name: str) -> None:
        store.files[name] = b"other holder 0\n"

    real = store.size
    calls: list[str] = []

    def size(name: str) -> int | None:
        calls.append(name)
        if len(calls) == 2:  # it was stale once, and is looked at again
            gone(name)
        return real(name)

    store.size = size  # type: ignore[method-assign]
    with pytest.raises(OutputError, match="Another run"), claimed(store, "o.mp4", token="first", **TIMES):
        pass


def test_a_worker_takes_over_what_its_own_run_has_begun_and_the_former_holder_notices(store: MemoryStore) -> None:
    with claimed(store, "o.mp4", token="run", beat_s=60.0) as former:
        with claimed(store, "o.mp4", token="run", beat_s=60.0) as later:
            later.check()
            with pytest.raises(OutputError, match="Another run"):
                former.check()
        assert store.names() == []
        former.check()  # nobody holds it now
    assert store.names() == []


def test_a_holder_that_was_taken_over_beats_no_more(store: MemoryStore) -> None:
    with claimed(store, "o.mp4", token="run", beat_s=60.0) as claim:
        store.files["o.mp4.claim"] = b"other holder 0\n"
        claim.beat(0.001)  # ends by itself
        assert store.files["o.mp4.claim"] == b"other holder 0\n"
        del store.files["o.mp4.claim"]
        with pytest.raises(OutputError, match="Another run"):
            claim.check()


@pytest.mark.parametrize("fault", ["no zip", "another clip", "a name that leaves", "a name of another clip"])
def test_what_waits_beside_a_clip_and_is_not_its_own_is_removed(store: MemoryStore, tmp_path: Path, fault: str) -> None:
    clip = tmp_path / "out" / "a.mp4"
    clip.parent.mkdir()
    clip.write_bytes(b"clip")
    store.files["a.mp4"] = b"clip"
    packed = tmp_path / "packed"
    name = {"a name that leaves": "../a.mp4.x", "a name of another clip": "b.mp4.x"}.get(fault, "a.mp4.x")
    digest = hashlib.sha256(b"other" if fault == "another clip" else b"clip").hexdigest()
    report = {"schema": SCHEMA, "schema_version": REPORT_VERSION, "output_sha256": digest}
    with zipfile.ZipFile(packed, "w") as into:
        into.writestr("a.mp4.report.json", json.dumps(report))
        into.writestr(name, b"x")
    store.files[sides_name("a.mp4")] = b"no zip" if fault == "no zip" else packed.read_bytes()
    (tmp_path / "folder").mkdir()
    complete_result(store, "a.mp4", writer="w", folder=tmp_path / "folder")
    assert store.names() == (["a.mp4"] if fault else ["a.mp4", "a.mp4.report.json", "a.mp4.x"])


def test_all_that_lies_beside_a_result_is_published_and_the_report_last(store: MemoryStore, tmp_path: Path) -> None:
    out, folder = tmp_path / "out", tmp_path / "folder"
    out.mkdir()
    folder.mkdir()
    for name in FILES:
        (out / name).write_text(name)
    assert publish_result(store, out / "a.mp4", overwrite=False, writer="w", folder=folder)
    assert store.put[:2] == [sides_name("a.mp4"), "a.mp4"]
    assert store.put[-1] == "a.mp4.report.json"
    assert store.names() == FILES


def test_a_clip_from_a_url_that_stands_in_a_folder_is_done(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    made = clips.make(tmp_path / "in" / "a.mp4", frames=5)
    (one,) = cluster_jobs([made.path.as_uri()], output=str(tmp_path / "out"), settings=SETTINGS)[0]
    task = Task(one.source, one.output, SETTINGS, False, {}, {}, "t")
    assert done_already(one) is None
    assert isinstance(run_task(task, lambda event: None, open_models=seeing), Finished)
    summary = done_already(one)
    assert summary is not None
    assert (summary.source, summary.status) == (one.source, "cleaned")
    again = run_task(task, lambda event: None, open_models=seeing)
    assert isinstance(again, Finished), again
    assert again.earlier
    assert again.summary.source == one.source
    clips.make(made.path, frames=6)
    assert done_already(one) is None, "another clip has the name now"
    other = run_task(task, lambda event: None, open_models=seeing)
    assert isinstance(other, Failed)
    assert "exists already" in other.error.message
