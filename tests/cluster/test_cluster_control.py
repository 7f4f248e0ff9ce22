"""Stopping and cancelling a run on a cluster: by a stand-in for its client, so that nothing hangs on timing."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.cluster import run
from dashcamcleaner.cluster.tasks import ClusterJob
from dashcamcleaner.core.events import Event, Finished, Progress
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import SettingError
from dashcamcleaner.pipeline.context import versions
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import resolve

DONE = Finished(RunSummary(source="a", output="b"))
STEP = Progress("clean", 1, 10, 1.0, 1.0, {})


class Future:
    """A task that ends when a test says so."""

    def __init__(self) -> None:
        self.tell: Callable[[Any], None] = lambda future: None

    def add_done_callback(self, tell: Callable[[Any], None]) -> None:
        self.tell = tell

    def cancelled(self) -> bool:
        return False

    def exception(self) -> None:
        return None

    def result(self) -> Event:
        return DONE


class Client:
    """Notes what it is given and what is taken back."""

    def __init__(self) -> None:
        self.futures: list[Future] = []
        self.taken_back: list[int] = []
        self._take: Callable[[Any], None] = lambda message: None

    def subscribe_topic(self, token: str, take: Callable[[Any], None]) -> None:
        self._take = take

    def unsubscribe_topic(self, token: str) -> None:
        pass

    def submit(self, *_: Any, **__: Any) -> Future:
        self.futures.append(Future())
        return self.futures[-1]

    def cancel(self, futures: list[Future], *, force: bool) -> None:
        self.taken_back += [self.futures.index(one) for one in futures]

    def say(self, number: int, event: Event | None) -> None:
        self._take((0.0, pickle.dumps((number, event))))

    def end(self, number: int) -> None:
        self.futures[number].tell(self.futures[number])


@pytest.fixture()
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(run, "weights_of", lambda settings: {})
    return Client()


def results(client: Client, control: Control, *, count: int) -> Any:
    jobs = [ClusterJob(Job(Path(f"{n}.mp4"), Path(f"o{n}.mp4")), f"{n}.mp4", f"o{n}.mp4") for n in range(count)]
    return run._results(client, jobs, at_once=1, control=control, open_models=lambda: None, preferred={})  # type: ignore[arg-type,return-value]


def begun(found: Any, client: Client, number: int) -> Event:
    """Lets a task begin, and gives its first event."""
    submitted = client.submit
    if not client.futures:  # the tasks go out when the first event is asked for

        def submit(*given: Any, **more: Any) -> Future:
            future = submitted(*given, **more)
            if len(client.futures) == number + 1:
                client.say(number, None)
                client.say(number, STEP)
            return future

        client.submit = submit  # type: ignore[method-assign]
    _, event = next(found)
    return event  # type: ignore[no-any-return]


def test_a_cancel_is_heeded_while_events_keep_coming(client: Client) -> None:
    control = Control()
    found = results(client, control, count=2)
    assert begun(found, client, 0) == STEP
    for _ in range(5):
        client.say(0, STEP)
    control.cancel()
    assert list(found) == []
    assert client.taken_back == [0, 1]


def test_a_stop_takes_back_what_has_not_begun_and_waits_for_the_rest(client: Client) -> None:
    control = Control()
    found = results(client, control, count=3)
    assert begun(found, client, 1) == STEP
    control.stop_after_this()
    client.say(1, STEP)
    assert next(found)[1] == STEP
    assert client.taken_back == [0, 2]
    client.end(0)  # a task that was taken back ends, too
    client.end(1)
    assert [event for _, event in found] == [DONE]
    assert client.taken_back == [0, 2]


def test_a_stop_waits_for_a_task_that_has_begun_and_told_nothing_yet(client: Client) -> None:
    control = Control()
    found = results(client, control, count=2)
    assert begun(found, client, 0) == STEP
    client.say(1, None)
    control.stop_after_this()
    client.end(0)
    client.end(1)
    assert [event for _, event in found] == [DONE, DONE]
    assert client.taken_back == []


class Workers:
    """A client whose workers answer as they are told to; one that is silent answers nobody.

    Args:
        falls_silent: a worker that does so as soon as it is asked something; then who asked waits for `unblocked`.
    """

    def __init__(self, *, falls_silent: str = "", **answers: object) -> None:
        self.answers = answers
        self.status = "running"
        self.unblocked = threading.Event()
        self.plugins: list[str] = []
        self.told: dict[str, list[str]] = {}
        self._falls_silent = falls_silent

    def end(self) -> None:
        """The scheduler gives up whoever is silent, and everybody gets an answer."""
        self.unblocked.set()
        for thread in threading.enumerate():
            if thread.name == "dashcamcleaner-ask":
                thread.join(10)

    def scheduler_info(self, *, n_workers: int) -> dict[str, Any]:
        assert n_workers == -1, "all of them"
        heard = {who: {"last_seen": 60.0 if answer is None else 99.0} for who, answer in self.answers.items()}
        return {"workers": heard}

    def run(self, function: Callable[..., Any], *_: object, workers: list[str], on_error: str) -> dict[str, object]:
        assert on_error == "return"
        if self._falls_silent in workers:
            self.answers[self._falls_silent] = None
            self.unblocked.wait(30)
        assert self.unblocked.is_set() or all(self.answers[who] is not None for who in workers), "this would wait"
        self.told.setdefault(function.__name__, []).extend(workers)
        if function is run.has_received:
            return dict.fromkeys(workers, bool(self.plugins))
        return {who: self.answers[who] for who in workers}

    def register_plugin(self, plugin: Any) -> None:
        self.plugins.append(plugin.name)
        if None in self.answers.values():  # Dask waits for all of them
            self.unblocked.wait(30)

    def unregister_worker_plugin(self, name: str) -> None:
        self.plugins.remove(name)
        if None in self.answers.values():
            self.unblocked.wait(30)


def test_a_worker_that_is_silent_or_dies_just_now_holds_up_nobody() -> None:
    run._check_versions(Workers(a=versions(), suspended=None, dead=OSError("gone")))
    run._check_versions(Workers())


def test_a_worker_that_falls_silent_while_it_is_asked_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_LOOK_EVERY_S", 0.01)
    workers = Workers(falls_silent="b", a={"dashcamcleaner": "0.0"}, b=versions())
    try:
        with pytest.raises(SettingError, match=r"The worker a has"):
            run._check_versions(workers)
    finally:
        workers.end()


def test_weights_are_sent_and_taken_away_although_a_worker_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    monkeypatch.setattr(run, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(run, "weights_of", lambda settings: {"auto": "ours"})
    monkeypatch.setattr(run, "parcel_of", lambda settings: None)
    workers = Workers(a={"auto": "others"}, suspended=None)
    try:
        with run._weights_everywhere(workers, resolve({})):
            assert len(workers.plugins) == 1, "those that come later get them, too"
        assert workers.plugins == []
        assert workers.told["has_received"] == ["a", "a"], "before the run, and behind it"
    finally:
        workers.end()


@pytest.mark.parametrize("answer", [ModuleNotFoundError("dashcamcleaner"), {"dashcamcleaner": "0.0"}])
def test_a_worker_that_lacks_this_program_is_told(answer: object) -> None:
    with pytest.raises(SettingError, match="worker"):
        run._check_versions(Workers(a=versions(), b=answer))
