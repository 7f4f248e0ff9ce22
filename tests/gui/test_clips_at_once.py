"""Several clips at once in the window: what runs beside what, and that all that acts on a run acts on each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.core.events import Failed, Finished, Progress
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import Cancelled, InputError, OutputError
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.queue_model import Queue
from dashcamcleaner.gui.queue_row import State
from dashcamcleaner.jobs import parallel
from dashcamcleaner.jobs import run as jobs_run
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import Settings
from tests.clips import make
from tests.fakes import ScriptedDetector
from tests.gui.driving import OpenWindow, ScriptedEngine, drop
from tests.gui.test_queue_model import queue_of

Files = Callable[..., list[Path]]


def states(window: Any) -> list[State]:
    return [row.state for row in window.session.queue]


def wait_until_done(qtbot: Any, window: Any) -> None:
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started)


@pytest.fixture()
def engine() -> ScriptedEngine:
    """Clips wait for their own steps, by name."""
    engine = ScriptedEngine(free=False)
    for name in ("a.mp4", "b.mp4", "c.mp4", "d.mp4"):
        engine.step_only(name, 0)
    return engine


@pytest.fixture()
def begun(open_window: OpenWindow, files: Files, qtbot: Any, engine: ScriptedEngine) -> Callable[..., Any]:
    """Opens the window, adds clips of these names and starts them; as many run then as are to run.

    With `at_once` None, the setting stays as it is at first, and one runs.
    """

    def begin(*names: str, at_once: int | None = 2) -> Any:
        window = open_window(engine)
        queue = window.session.queue
        if at_once is not None:
            window.session.form.set("parallel", at_once)
        drop(window, *files(*names))
        qtbot.waitUntil(lambda: len(queue) == len(names) and all(row.facts for row in queue))
        window.session.start()
        qtbot.waitUntil(lambda: len(engine.jobs) == min(at_once or 1, len(names)))
        return window

    return begin


def started(engine: ScriptedEngine) -> list[str]:
    return [job.source.name for job in engine.jobs]


def test_two_run_at_once_and_start_in_the_order_of_the_queue(
    begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine
) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4", "d.mp4")
    qtbot.wait(50)
    assert states(window) == [State.RUNNING, State.RUNNING, State.WAITING, State.WAITING]
    engine.step_only("b.mp4", 20)
    qtbot.waitUntil(lambda: len(engine.jobs) == 3)
    assert states(window) == [State.RUNNING, State.DONE, State.RUNNING, State.WAITING]
    for name in ("a.mp4", "c.mp4", "d.mp4"):
        engine.step_only(name, 20)
    wait_until_done(qtbot, window)
    assert started(engine) == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
    assert states(window) == [State.DONE] * 4
    assert len(window.presence.notes) == 1


def test_as_it_is_set_at_first_one_runs_at_a_time(
    begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine
) -> None:
    window = begun("a.mp4", "b.mp4", at_once=None)
    assert window.session.form.settings.parallel == 1
    qtbot.wait(50)
    assert states(window) == [State.RUNNING, State.WAITING]
    engine.step_only("a.mp4", 20)
    engine.step_only("b.mp4", 20)
    wait_until_done(qtbot, window)
    assert engine.among == [1, 1]


@pytest.mark.parametrize(("cores", "at_once"), [(2, 1), (4, 2), (8, 3)])
def test_auto_goes_by_cores_as_on_the_command_line(
    open_window: OpenWindow,
    files: Files,
    qtbot: Any,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    at_once: int,
) -> None:
    monkeypatch.setattr(parallel, "_cores", lambda: cores)
    monkeypatch.setattr(parallel, "_memory_bytes", lambda: 64_000_000_000)
    window = open_window(engine)
    window.session.form.set("parallel", 0)
    drop(window, *files("a.mp4", "b.mp4", "c.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 3)
    window.session.start()
    qtbot.waitUntil(lambda: len(engine.jobs) == at_once)
    qtbot.wait(50)
    assert states(window).count(State.RUNNING) == at_once
    assert engine.among == [at_once] * at_once


def test_one_clip_alone_has_all_cores_and_what_is_added_waits_for_it(
    begun: Callable[..., Any], files: Files, qtbot: Any, engine: ScriptedEngine
) -> None:
    window = begun("a.mp4")
    assert engine.among == [1]
    drop(window, *files("b.mp4", "c.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 3)
    qtbot.wait(50)
    assert states(window) == [State.RUNNING, State.WAITING, State.WAITING]
    engine.step_only("a.mp4", 20)
    qtbot.waitUntil(lambda: len(engine.jobs) == 3)
    assert engine.among == [1, 2, 2]


def test_pause_holds_all_and_starts_no_other(begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    window.session.pause(True)
    assert states(window) == [State.PAUSED, State.PAUSED, State.WAITING]
    qtbot.waitUntil(lambda: all(control.paused for control in engine.controls))
    window.session.pause(False)
    assert states(window) == [State.RUNNING, State.RUNNING, State.WAITING]
    assert not any(control.paused for control in engine.controls)
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        engine.step_only(name, 20)
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE] * 3


def test_cancel_stops_all_and_the_next_start_continues(
    begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine
) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    window.session.cancel()
    wait_until_done(qtbot, window)
    assert states(window) == [State.STOPPED, State.STOPPED, State.WAITING]
    assert len(window.presence.notes) == 1
    engine.free_running = True
    window.session.start()
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE] * 3


@pytest.mark.parametrize("error", [OutputError("The disk is full."), ZeroDivisionError("boom")])
def test_one_that_fails_or_dies_stops_no_other(
    begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine, error: Exception
) -> None:
    engine.errors["a.mp4"] = error
    window = begun("a.mp4", "b.mp4", "c.mp4")
    engine.step_only("a.mp4", 3)
    qtbot.waitUntil(lambda: len(engine.jobs) == 3)
    assert states(window) == [State.FAILED, State.RUNNING, State.RUNNING]
    engine.step_only("b.mp4", 20)
    engine.step_only("c.mp4", 20)
    wait_until_done(qtbot, window)
    assert states(window) == [State.FAILED, State.DONE, State.DONE]


def test_stop_after_this_lets_all_that_run_end(begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    window.session.set_stop_after_this(True)
    engine.step_only("a.mp4", 20)
    qtbot.waitUntil(lambda: states(window)[0] is State.DONE and len(window.session.runs) == 1)
    assert states(window) == [State.DONE, State.RUNNING, State.WAITING]
    engine.step_only("b.mp4", 20)
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE, State.DONE, State.WAITING]
    assert len(engine.jobs) == 2


def test_stop_after_this_may_be_taken_back(begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    window.session.set_stop_after_this(True)
    engine.step_only("a.mp4", 20)
    qtbot.waitUntil(lambda: len(window.session.runs) == 1)
    window.session.set_stop_after_this(False)
    qtbot.waitUntil(lambda: len(engine.jobs) == 3)
    assert states(window) == [State.DONE, State.RUNNING, State.RUNNING]


def test_an_audit_waits_for_all_that_run_and_has_the_machine_to_itself(
    begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine
) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4", "d.mp4")
    engine.step_only("a.mp4", 20)
    qtbot.waitUntil(lambda: len(engine.jobs) == 3)
    window.session.audit(window.session.queue.at(0).id)
    assert "The audit begins when" in window.messages.text.text()
    engine.step_only("b.mp4", 20)
    qtbot.waitUntil(lambda: len(window.session.runs) == 1)
    qtbot.wait(50)
    assert states(window) == [State.DONE, State.DONE, State.RUNNING, State.WAITING]
    beside: list[int] = []
    window.session.began.connect(lambda _: beside.append(len(window.session.runs)))
    engine.step_only("c.mp4", 20)
    engine.step_only("d.mp4", 20)
    wait_until_done(qtbot, window)
    assert beside == [1, 1]  # the audit, then the last clip
    assert window.session.queue.at(0).audit_status
    assert states(window) == [State.DONE] * 4


def test_rendering_again_runs_alone(open_window: OpenWindow, files: Files, qtbot: Any, engine: ScriptedEngine) -> None:
    engine.with_plans = engine.free_running = True
    window = open_window(engine)
    window.session.form.set("parallel", 2)
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.session.start()
    wait_until_done(qtbot, window)
    engine.free_running = False
    for row in window.session.queue:
        window.session.again(row.id, overwrite=True, from_plan=row.plan)
    qtbot.waitUntil(lambda: len(engine.jobs) == 3)
    qtbot.wait(50)
    assert states(window) == [State.RUNNING, State.WAITING]
    assert engine.among[2:] == [1]


def test_results_of_one_name_are_not_written_at_once(
    open_window: OpenWindow, files: Files, qtbot: Any, engine: ScriptedEngine, tmp_path: Path
) -> None:
    window = open_window(engine)
    window.session.form.set("parallel", 2)
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    for row in window.session.queue:
        row.own_output = tmp_path / "the same.mp4"
    window.session.start()
    qtbot.waitUntil(lambda: len(engine.jobs) == 1)
    qtbot.wait(50)
    assert states(window) == [State.RUNNING, State.WAITING]


def test_no_running_row_is_removed(begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    window.session.remove([row.id for row in window.session.queue])
    assert states(window) == [State.RUNNING, State.RUNNING]
    assert "cancel it first" in window.messages.text.text()


def test_closing_stops_and_joins_all(begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    window.close_now()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert [control.cancelled for control in engine.controls] == [True, True]
    assert not window.session.runs
    assert len(window.session.store.get("queue")) == 3


def test_a_session_that_is_closed_outright_joins_all(
    begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine
) -> None:
    window = begun("a.mp4", "b.mp4")
    runs = list(window.session.runs.values())
    window.session.close()
    assert [run.isRunning() for run in runs] == [False, False]
    assert all(row.state is State.STOPPED for row in window.session.queue)


def test_settings_are_those_of_the_start(begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    window.session.form.set("style", "mosaic")
    window.session.form.set("parallel", 1)
    engine.step_only("a.mp4", 20)
    qtbot.waitUntil(lambda: len(engine.jobs) == 3)
    assert [job.settings.style for job in engine.jobs] == ["gaussian"] * 3
    assert states(window) == [State.DONE, State.RUNNING, State.RUNNING]


def test_live_follows_the_chosen_row_if_it_runs_else_the_first(
    begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine
) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    session, ids = window.session, [row.id for row in window.session.queue]
    assert window.chosen.id == ids[0]  # the second to begin did not take the view along
    assert session.watched == ids[0]
    session.show_live(320)
    assert [run.watched_px for run in session.runs.values()] == [320, 0]
    window.queue.choose(1)
    session.show_live(320)
    assert [run.watched_px for run in session.runs.values()] == [0, 320]
    window.queue.choose(2)
    assert session.watched == ids[0]


def test_the_view_goes_on_to_the_first_that_runs(begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    engine.step_only("a.mp4", 20)
    qtbot.waitUntil(lambda: len(engine.jobs) == 3)
    assert window.chosen.source.name == "b.mp4"


def test_the_foot_counts_all_that_run(begun: Callable[..., Any], qtbot: Any, engine: ScriptedEngine) -> None:
    window = begun("a.mp4", "b.mp4", "c.mp4")
    engine.step_only("a.mp4", 5)
    engine.step_only("b.mp4", 5)
    qtbot.waitUntil(lambda: [row.frames_done for row in window.session.queue] == [5, 5, 0])
    assert "50 fps" in window.foot.text.text()
    assert window.foot.bar.value() == pytest.approx(1000 * 10 / 30, abs=1)


# --- totals


def running_queue(*etas: float | None) -> Queue:
    """Clips of 10 s, 300 frames each, of which the first so many run, at 30 frames a second; one more waits."""
    queue = queue_of(*[10.0] * (len(etas) + 1))
    for row_id, eta_s in enumerate(etas, start=1):
        queue.begin(row_id)
        if eta_s is not None:
            queue.apply(row_id, Progress("clean", round(300 - eta_s * 30), 300, 30.0, eta_s))
    return queue


def test_totals_with_two_running() -> None:
    totals = running_queue(5.0, 5.0).totals()
    assert totals.fps == 60.0
    assert totals.fraction == pytest.approx(10 / 30)
    assert totals.eta_s == pytest.approx((5 + 5 + 10) / 2)  # 20 s of clip at twice the speed it is played


def test_the_longest_that_runs_is_waited_for() -> None:
    queue = running_queue(1.0, 9.0)
    queue.remove(3)
    assert queue.totals().eta_s == pytest.approx(9.0)


def test_one_that_has_just_begun_is_left_over() -> None:
    assert running_queue(5.0, None).totals().eta_s == pytest.approx(5 + 10 + 10)
    assert running_queue(None, None).totals().eta_s is None


def test_the_events_of_two_runs_stay_with_their_rows() -> None:
    queue = running_queue(5.0, 5.0)
    queue.apply(1, Failed(Cancelled("stopped")))
    queue.apply(2, Finished(RunSummary("a", "b")))
    assert [row.state for row in queue] == [State.STOPPED, State.DONE, State.WAITING]
    assert queue.running() == []


# --- the engine itself


def test_two_real_runs_share_the_machine_and_the_models(
    open_window: OpenWindow, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_cores", lambda: 6)
    opened: list[int] = []

    def open_detector(**options: Any) -> ScriptedDetector:
        opened.append(options["threads"])
        return ScriptedDetector(lambda *_: [], script_size=(160, 96))

    given: list[Job] = []
    real = jobs_run.clean

    def clean(job: Job, **options: Any) -> Any:
        given.append(job)
        return real(job, **options)

    clips = [make(tmp_path / f"{name}.mp4", frames=12, size=(160, 96)).path for name in "ab"]
    with ModelPool(open_detector=open_detector) as models:
        engine = EngineFacade(models=models)
        window = open_window(engine)
        window.session.form.set("parallel", 2)
        drop(window, *clips)
        qtbot.waitUntil(lambda: len(window.session.queue) == 2)
        monkeypatch.setattr(jobs_run, "clean", clean)
        window.session.start()
        wait_until_done(qtbot, window)
        window.close()
    assert [row.state for row in window.session.queue] == [State.DONE, State.DONE]
    assert [job.settings.workers for job in given] == [3, 3]
    assert {job.settings.max_look_ahead_mb for job in given} == {Settings().max_look_ahead_mb // 2}
    assert set(opened) == {0}  # the models have the threads of all, and serve both
    assert all(row.settings.workers == 0 for row in window.session.queue)
    assert all((tmp_path / f"{name}_cleaned.mp4").is_file() for name in "ab")


def test_a_shared_model_has_the_threads_of_all_runs(tmp_path: Path) -> None:
    asked: list[int] = []

    def open_detector(**options: Any) -> ScriptedDetector:
        asked.append(options["threads"])
        raise InputError("enough")

    clip = make(tmp_path / "a.mp4", frames=2, size=(160, 96)).path
    with ModelPool(open_detector=open_detector) as models:
        job = Job(clip, tmp_path / "out.mp4", Settings().replaced(workers=2))
        events, _ = EngineFacade(models=models).start(job, among=3)
        assert isinstance(list(events)[-1], Failed)
    assert asked == [6]
