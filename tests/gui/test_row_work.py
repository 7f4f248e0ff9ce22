"""What is done with single rows: settings that stay, one audit alone, several rows at once, and after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QItemSelectionModel, QRect, Qt
from PyQt5.QtGui import QColor, QImage, QPainter

from dashcamcleaner.errors import DashcamCleanerError, InputError, OutputError
from dashcamcleaner.gui.queue_memory import recalled, remembered
from dashcamcleaner.gui.queue_model import Queue
from dashcamcleaner.gui.queue_row import ClipFacts, State
from dashcamcleaner.gui.queue_view import look_of
from dashcamcleaner.gui.words import hint_text, settings_text, state_text
from dashcamcleaner.messages import localized, msg, speaking
from tests.gui.driving import OpenWindow, ScriptedEngine, drop

Files = Callable[..., list[Path]]


def states(window: Any) -> list[State]:
    return [row.state for row in window.session.queue]


def wait_until_done(qtbot: Any, window: Any) -> None:
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started, timeout=30_000)


def add(window: Any, qtbot: Any, *clips: Path) -> None:
    drop(window, *clips)
    qtbot.waitUntil(lambda: len(window.session.queue) == len(clips) and all(row.facts for row in window.session.queue))


def select(window: Any, *places: int) -> None:
    window.queue.choose(places[0])
    for place in places[1:]:
        index = window.queue.model().index(place, 0)
        window.queue.selectionModel().select(index, QItemSelectionModel.Select)


def test_what_became_of_a_row_is_told_in_the_language_of_the_next_window(tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    error = InputError(msg("{path} is empty.", path=clip), hint="Take the original recording again.")
    queue = Queue()
    row = queue.add(clip)
    assert row is not None
    row.state, row.error = State.FAILED, error
    written = json.loads(json.dumps(remembered([row])))
    (again,) = recalled(written)
    assert again.error is not None
    with speaking("de"):
        assert localized(again.error.message) == f"{clip} ist leer."
        assert localized(again.error.hint) == "Nimm wieder die ursprüngliche Aufnahme."
    for texts in ("x", [{"text": str(error.message), "template": "{path} {path}"}], [None]):
        written[0]["failed"]["texts"] = texts  # anybody's program may write there
        (again,) = recalled(written)
        assert again.error is not None
        assert str(again.error.message) == f"{clip} is empty."


def test_a_state_in_a_narrow_queue_stays_beside_the_picture(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window()
    add(window, qtbot, *files("a.mp4"))
    row = window.session.queue.at(0)
    row.state = State.FAILED
    image = QImage(300, 60, QImage.Format_RGB32)
    image.fill(Qt.white)
    painter = QPainter(image)
    window.queue.itemDelegate()._paint_lines(painter, row, window.font(), QRect(100, 0, 45, 60))
    painter.end()
    inked = [x for x in range(300) if any(image.pixelColor(x, y) != QColor(Qt.white) for y in range(60))]
    assert inked
    assert min(inked) >= 100
    assert max(inked) < 150


# --- settings


def test_a_style_changed_during_a_run_counts_from_the_next_start(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    engine = ScriptedEngine(free=False)
    window = open_window(engine)
    add(window, qtbot, *files("a.mp4", "b.mp4"))
    qtbot.mouseClick(window.top.start, Qt.LeftButton)
    qtbot.waitUntil(lambda: window.session.busy)
    window.session.form.set("style", "mosaic")
    assert "keeps the settings it was started with" in window.messages.text.text()
    engine.step(50)
    wait_until_done(qtbot, window)
    assert [job.settings.style for job in engine.jobs] == ["gaussian", "gaussian"]
    told = window.session.rows.data(window.session.rows.index(1), Qt.AccessibleTextRole)
    assert "Soft blur" in told
    assert "Publish" in told


def test_rendering_again_is_offered_with_its_style(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine()
    engine.with_plans = True
    window = open_window(engine)
    add(window, qtbot, *files("a.mp4"))
    window.session.start()
    wait_until_done(qtbot, window)
    row, button, action = window.session.queue.at(0), window.result.buttons["render"], window.actions_["render"]
    assert not button.isVisible()
    assert not action.isEnabled()
    action.trigger()  # its key does no more than its button
    assert len(engine.jobs) == 1
    window.session.form.set("style", "mosaic")
    assert (button.isVisible(), button.text()) == (True, "Render again (Mosaic)")
    assert (action.isEnabled(), action.text()) == (True, "Render again (Mosaic)")
    assert settings_text(row) == "Publish · Soft blur"
    qtbot.mouseClick(button, Qt.LeftButton)
    wait_until_done(qtbot, window)
    assert engine.jobs[1].from_plan == row.plan
    assert engine.jobs[1].settings.style == "mosaic"
    assert settings_text(row) == "Publish · Mosaic"
    assert not button.isVisible()


# --- one row alone


def test_an_audit_looks_at_its_clip_and_starts_no_other(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine()
    window = open_window(engine)
    first, second = files("a.mp4", "b.mp4")
    add(window, qtbot, first)
    window.session.start()
    wait_until_done(qtbot, window)
    drop(window, second)
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.queue.choose(0)
    badges: list[str] = []
    window.session.row_changed.connect(lambda _: badges.append(window.preview.canvas.badge))
    window._on_result("audit")
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE, State.WAITING]
    assert len(engine.jobs) == 1
    assert "Live" not in badges
    row = window.session.queue.at(0)
    assert look_of(row) == ("warning", "warn")
    assert state_text(row) == "Needs a look"
    assert "1 needs a look" in window.foot.text.text()


def test_what_an_audit_waits_for_is_told_until_it_begins(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine()
    window = open_window(engine)
    first, second = files("a.mp4", "b.mp4")
    add(window, qtbot, first)
    window.session.start()
    wait_until_done(qtbot, window)
    engine.free_running = False
    drop(window, second)
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.session.start()
    qtbot.waitUntil(lambda: window.session.busy)
    window.session.audit(window.session.queue.at(0).id)
    assert "The audit begins when" in window.messages.text.text()
    engine.free_running = True
    engine.step(100)
    wait_until_done(qtbot, window)
    assert "The audit begins when" not in window.messages.text.text()


def test_what_cannot_be_read_is_no_work_done(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window(ScriptedEngine())
    add(window, qtbot, *files("a.mp4"))
    queue = window.session.queue
    before = queue.totals().fraction
    bad = queue.at(0)
    bad.facts, bad.state = None, State.FAILED
    assert before == 0.0
    assert queue.totals().fraction == 0.0


def test_starting_one_again_leaves_the_others_waiting(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine(errors={"a.mp4": OutputError("No.")})
    window = open_window(engine)
    first, second = files("a.mp4", "b.mp4")
    add(window, qtbot, first)
    window.session.start()
    wait_until_done(qtbot, window)
    drop(window, second)
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.queue.choose(0)
    engine.errors.clear()
    qtbot.mouseClick(window.result.buttons["again"], Qt.LeftButton)
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE, State.WAITING]
    assert window.top.start.isVisible()
    assert window.top.start.isEnabled()


def test_starting_again_acts_on_all_that_are_selected(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine(errors={name: OutputError("No.") for name in ("a.mp4", "b.mp4", "c.mp4")})
    window = open_window(engine)
    add(window, qtbot, *files("a.mp4", "b.mp4", "c.mp4"))
    window.session.start()
    wait_until_done(qtbot, window)
    assert "0 of 3 done · 3 failed" in window.foot.text.text()
    engine.errors.clear()
    select(window, 0, 2)
    qtbot.mouseClick(window.result.buttons["again"], Qt.LeftButton)
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE, State.FAILED, State.DONE]


# --- words


class Unreadable(ScriptedEngine):
    """Nothing can be told of a clip whose name begins with b."""

    def facts(self, clip: Path) -> ClipFacts:
        if clip.name.startswith("b"):
            raise InputError("bad.mp4 holds no picture.", hint="Check the file, or name another with -o.")
        return super().facts(clip)


def test_a_file_that_cannot_be_read_does_not_wait(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window(Unreadable())
    drop(window, *files("a.mp4", "bad.mp4"))
    qtbot.waitUntil(lambda: State.FAILED in states(window))
    bad = window.session.queue.at(1)
    assert state_text(bad) == "Cannot be read"
    assert look_of(bad) == ("warning", "bad")
    window.session.start()
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE, State.FAILED]
    assert window.foot.text.text().startswith("1 of 2 done · 1 failed")


def test_a_hint_in_the_window_names_no_flag(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    full = OutputError("The disk is full.", hint="Free some space, choose another folder with -o, or a higher "
                       "--quality number.")  # fmt: skip
    window = open_window(ScriptedEngine(errors={"a.mp4": full}))
    add(window, qtbot, *files("a.mp4"))
    window.session.start()
    wait_until_done(qtbot, window)
    told = window.session.rows.data(window.session.rows.index(0), Qt.AccessibleTextRole)
    assert "Free some space, choose another folder, or a higher “Quality” number." in told
    assert "-o" not in told


# --- the next day


def test_after_a_restart_every_row_is_there_with_what_became_of_it(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    engine = ScriptedEngine(errors={"b.mp4": OutputError("The disk is full.", hint="Free some space.")})
    window = open_window(engine)
    first, second, third = files("a.mp4", "b.mp4", "c.mp4")
    add(window, qtbot, first, second)
    window.session.start()
    wait_until_done(qtbot, window)
    drop(window, third)
    qtbot.waitUntil(lambda: len(window.session.queue) == 3)
    summary = window.session.queue.at(0).summary
    window.close()

    fresh = ScriptedEngine()
    fresh.done_before[first] = summary
    again = open_window(fresh)
    qtbot.waitUntil(lambda: len(again.session.queue) == 3)
    qtbot.waitUntil(lambda: states(again) == [State.DONE, State.FAILED, State.WAITING])
    failed = again.session.queue.at(1)
    assert isinstance(failed.error, DashcamCleanerError)
    assert failed.error.message == "The disk is full."
    assert hint_text(failed.error) == "Free some space."
    again.session.start()
    wait_until_done(qtbot, again)
    assert [job.source for job in fresh.jobs] == [third]
