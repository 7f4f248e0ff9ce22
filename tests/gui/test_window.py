"""The main job in three gestures, and all that may go wrong on the way: dropped, clicked and typed like a user."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAbstractButton, QApplication, QDialog, QPushButton

from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import OutputError
from dashcamcleaner.gui.queue_row import State
from dashcamcleaner.gui.store import Store
from dashcamcleaner.gui.words import note_text, state_text
from tests.gui.driving import OpenWindow, ScriptedEngine, drop

Files = Callable[..., list[Path]]


def states(window: Any) -> list[State]:
    return [row.state for row in window.session.queue]


def wait_until_done(qtbot: Any, window: Any) -> None:
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started, timeout=30_000)


def test_keys_of_tabs_that_show_clips_leave_an_empty_window_as_it_is(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    window = open_window(ScriptedEngine())

    def is_as_at_first() -> bool:
        return window.pages.currentWidget() is window.empty and window.settings.isVisible() and window.body.previewing

    for key in (Qt.Key_3, Qt.Key_5):
        qtbot.keyClick(window, key, Qt.ControlModifier)
        assert is_as_at_first()
    qtbot.keyClick(window, Qt.Key_6, Qt.ControlModifier)
    window.tabs.setCurrentWidget(window.review)
    assert is_as_at_first()
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    qtbot.keyClick(window, Qt.Key_3, Qt.ControlModifier)
    assert window.body.reviewing
    window.session.remove([window.session.queue.at(0).id])
    assert is_as_at_first()


def test_an_empty_window_says_how_to_begin(open_window: OpenWindow) -> None:
    window = open_window()
    assert window.pages.currentWidget() is window.empty
    assert not window.top.start.isEnabled()
    assert window.empty.add.isVisible()


def test_drop_start_done(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window()
    clips = files("a.mp4", "b.mp4")
    drop(window, *clips)
    qtbot.waitUntil(lambda: len(window.session.queue) == 2 and all(row.facts for row in window.session.queue))
    assert window.pages.currentWidget() is window.split
    assert not window.veil.isVisible()
    qtbot.mouseClick(window.top.start, Qt.LeftButton)
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE, State.DONE]
    first = window.session.queue.at(0)
    assert note_text(first) == "2 faces, 1 plate hidden"
    assert window.foot.text.text().startswith("2 of 2 done")
    assert window.foot.bar.value() == 1000
    # Nothing to click away on success.
    assert not [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]


def test_a_folder_is_read_and_what_is_no_clip_is_told(
    open_window: OpenWindow, files: Files, qtbot: Any, tmp_path: Path
) -> None:
    window = open_window()
    files("trip/a.mp4", "trip/day/b.mp4", "trip/notes.txt")
    drop(window, tmp_path / "trip")
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    assert "1 file is neither clip nor picture" in window.messages.text.text()
    qtbot.mouseClick(window.messages.dismiss, Qt.LeftButton)
    assert not window.messages.isVisible()


def test_nothing_that_is_clicked_on_moves_when_a_message_comes(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    window = open_window()
    window.resize(1280, 720)

    def places() -> list[Any]:
        qtbot.wait(20)  # layouts are made anew
        watched = (window.empty.add, window.top.start, window.tabs, window.preview.canvas, window.settings.profile)
        return [one.mapTo(window, one.rect().bottomRight()) for one in watched if one.isVisible()] + [window.size()]

    for fill in (lambda: None, lambda: drop(window, *files("a.mp4"))):
        fill()
        qtbot.waitUntil(lambda: not window.session.adding)
        window.messages.tell("")
        before = places()
        window.messages.tell("Something that is to be read. " * 8 + "x" * 300)
        assert window.messages.isVisible()
        assert places() == before
        told = window.messages.text
        assert told.height() >= told.heightForWidth(told.width()), "all of it can be read"
    assert window.queue.visualRect(window.session.rows.index(0)).top() == 0


def test_what_is_there_already_and_what_is_not_there_at_all(
    open_window: OpenWindow, files: Files, qtbot: Any, tmp_path: Path
) -> None:
    window = open_window()
    (clip,) = files("a.mp4")
    window.session.add([str(clip)])
    window.session.add([str(clip), str(tmp_path / "gone.mp4")])  # answered in the order asked
    qtbot.waitUntil(lambda: "gone.mp4" in window.messages.text.text())
    assert "in the queue already" in window.messages.text.text()
    assert len(window.session.queue) == 1


def test_starting_by_ctrl_return_takes_no_selection_away(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window()
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    chosen = window.queue.chosen_ids()
    assert chosen
    # To the window's handle: only so does Qt know that Ctrl is held, as it does on a desktop.
    qtbot.keyPress(window.windowHandle(), Qt.Key_Control, Qt.ControlModifier)
    try:
        window.queue.choose(0)
    finally:
        qtbot.keyRelease(window.windowHandle(), Qt.Key_Control)
    assert window.queue.chosen_ids() == chosen


def test_the_button_of_the_settings_tells_what_is_seen_in_every_tab(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    window = open_window()
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    button = window.top.settings
    assert button.isChecked()
    assert window.settings.isVisible()
    window.settings.profile.setFocus()
    window.tabs.setCurrentWidget(window.review)
    assert not window.settings.isVisible()
    assert not button.isChecked()
    assert not window.actions_["settings"].isChecked()
    assert window.focusWidget() is not window.top.add, "Space would open a dialog instead of playing"
    qtbot.mouseClick(button, Qt.LeftButton)
    assert window.settings.isVisible(), "the first click shows them"
    qtbot.mouseClick(button, Qt.LeftButton)
    assert not window.settings.isVisible()
    window.tabs.setCurrentWidget(window.preview)
    assert window.settings.isVisible(), "what was wanted of another tab is not said of the preview"
    assert button.isChecked()


@pytest.mark.parametrize("tab", ["preview", "review", "live"])
def test_no_tab_leaves_the_keys_to_a_button_of_the_bar(
    open_window: OpenWindow, files: Files, qtbot: Any, tab: str
) -> None:
    window = open_window()
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.tabs.setCurrentWidget(window.review if tab == "preview" else window.preview)
    panel = getattr(window, tab)
    for before in (window.top.add, window.tabs.currentWidget().findChild(QAbstractButton)):
        window.tabs.setCurrentWidget(window.review if tab == "preview" else window.preview)
        before.setFocus()
        window.actions_[tab].trigger()
        focus = window.focusWidget()
        assert panel is focus or panel.isAncestorOf(focus)
        assert not isinstance(focus, QAbstractButton)
    window.tabs.tabBar().setFocus()
    window.tabs.setCurrentWidget(window.preview if tab != "preview" else window.review)
    assert window.focusWidget() is window.tabs.tabBar(), "arrows go on along the tabs"


def test_a_failure_stays_in_its_row_and_stops_nobody(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    error = OutputError("The output exists already.", hint="Choose another name.")
    window = open_window(ScriptedEngine(errors={"a.mp4": error}))
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.session.start()
    wait_until_done(qtbot, window)
    assert states(window) == [State.FAILED, State.DONE]
    row = window.session.queue.at(0)
    told = window.session.rows.data(window.session.rows.index(0), Qt.AccessibleTextRole)
    assert "The output exists already." in told
    assert "Choose another name." in told
    window.queue.choose(0)
    qtbot.mouseClick(window.result.buttons["again"], Qt.LeftButton)
    wait_until_done(qtbot, window)
    assert row.state is State.FAILED


def test_a_worker_that_dies_becomes_a_row_error(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window(ScriptedEngine(errors={"a.mp4": ZeroDivisionError("boom")}))
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.session.start()
    wait_until_done(qtbot, window)
    assert states(window) == [State.FAILED, State.DONE]
    assert "ZeroDivisionError" in window.session.queue.at(0).error.message


def test_pause_holds_and_resume_goes_on(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine(free=False)
    window = open_window(engine)
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.session.start()
    engine.step(3)
    row = window.session.queue.at(0)
    qtbot.waitUntil(lambda: row.frames_done == 3)
    assert state_text(row) == "Cleaning 30 %"
    height = window.queue.sizeHintForRow(0)
    qtbot.mouseClick(window.top.pause, Qt.LeftButton)
    assert row.state is State.PAUSED
    assert not window.foot.stop_after.isVisible()  # none follows
    assert engine.controls[0].paused
    assert window.queue.sizeHintForRow(0) > height  # a sentence that is read whole, in more than a line
    assert window.top.pause.text() == "Resume"
    engine.step(20)
    qtbot.wait(50)
    assert row.frames_done <= 4  # the one under way when the pause began
    qtbot.mouseClick(window.top.pause, Qt.LeftButton)
    wait_until_done(qtbot, window)
    assert row.state is State.DONE


def test_cancel_stops_and_the_next_start_continues(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine(free=False)
    window = open_window(engine)
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.session.start()
    qtbot.waitUntil(lambda: window.session.busy)
    qtbot.mouseClick(window.top.cancel, Qt.LeftButton)
    wait_until_done(qtbot, window)
    assert states(window) == [State.STOPPED, State.WAITING]
    engine.free_running = True
    qtbot.mouseClick(window.top.start, Qt.LeftButton)
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE, State.DONE]


def test_stop_after_this_clip(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine(free=False)
    window = open_window(engine)
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.session.start()
    qtbot.waitUntil(lambda: window.foot.stop_after.isVisible())
    window.foot.stop_after.click()
    engine.step(20)
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE, State.WAITING]


def test_clips_can_be_added_while_one_runs(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine(free=False)
    window = open_window(engine)
    first, second = files("a.mp4", "b.mp4")
    drop(window, first)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.session.start()
    qtbot.waitUntil(lambda: window.session.busy)
    drop(window, second)
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    engine.step(50)
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE, State.DONE]


def test_closing_during_work_asks_once_and_can_continue_next_time(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    engine = ScriptedEngine(free=False)
    window = open_window(engine)
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.session.start()
    qtbot.waitUntil(lambda: window.session.busy)

    window.close()
    assert window.isVisible()
    assert window.question.isVisible()
    window.close()  # asked once: no second box on top
    boxes = [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]
    assert len(boxes) == 1
    keep = next(b for b in window.question.findChildren(QPushButton) if b.text() == "Keep working")
    qtbot.mouseClick(keep, Qt.LeftButton)
    assert window.session.busy

    window.close()
    stop = next(b for b in window.question.findChildren(QPushButton) if b.text() == "Stop and close")
    qtbot.mouseClick(stop, Qt.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)
    assert len(Store().get("queue")) == 2

    again = open_window(ScriptedEngine())
    qtbot.waitUntil(lambda: len(again.session.queue) == 2)
    assert "back in the queue" in again.messages.text.text()


def test_when_the_system_ends_the_session_nothing_is_asked(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine(free=False)
    window = open_window(engine)
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.session.start()
    qtbot.waitUntil(lambda: window.session.busy)
    window.close_now()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)
    assert engine.controls[0].cancelled
    assert len(Store().get("queue")) == 1


def test_results_go_where_they_are_wanted(open_window: OpenWindow, files: Files, qtbot: Any, tmp_path: Path) -> None:
    engine = ScriptedEngine()
    window = open_window(engine)
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.top.output.folder_chosen.emit(tmp_path / "out")
    window.session.queue.at(1).own_output = tmp_path / "special.mkv"
    window.session.start()
    wait_until_done(qtbot, window)
    assert [job.output for job in engine.jobs] == [tmp_path / "out" / "a_cleaned.mp4", tmp_path / "special.mkv"]
    assert Store().get("output_folder") == str(tmp_path / "out")
    assert "out" in window.top.output.text()


def test_replacing_a_result_is_asked_for_at_its_row(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine()
    window = open_window(engine)
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.session.start()
    wait_until_done(qtbot, window)
    window._on_result("replace")
    wait_until_done(qtbot, window)
    assert [job.settings.overwrite for job in engine.jobs] == [False, True]


def test_the_preview_shows_the_file_of_the_last_run_though_every_result_has_its_sources_date(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    engine = ScriptedEngine()
    engine.with_plans = True
    window = open_window(engine)
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.session.start()
    wait_until_done(qtbot, window)
    row = window.session.queue.at(0)
    results = [window.preview.result]
    for plan in (None, row.plan):  # cleaned again, rendered again
        before = Path(row.summary.output).stat()
        window.session.again(row.id, overwrite=True, from_plan=plan)
        wait_until_done(qtbot, window)
        after = Path(row.summary.output).stat()
        assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
        results.append(window.preview.result)
    assert None not in results
    assert len(set(results)) == 3


def test_the_audit_of_a_result_is_told_in_its_row(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine()
    window = open_window(engine)
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.session.start()
    wait_until_done(qtbot, window)
    window.result.wanted.emit("audit")
    wait_until_done(qtbot, window)
    row = window.session.queue.at(0)
    assert row.state is State.DONE
    assert note_text(row) == "2 faces, 1 plate hidden · 1 finding"
    window.actions_["audit_all"].trigger()
    window.session.again(row.id, overwrite=True)
    wait_until_done(qtbot, window)
    assert [job.audit for job in engine.jobs] == [False, True]


def test_the_menu_offers_what_makes_sense(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window(ScriptedEngine(errors={"b.mp4": OutputError("No.")}))
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    offered = [[what for what, _ in window.result.choices(row)] for row in window.session.queue]
    assert offered == [["name"], ["name"]]
    window.session.start()
    wait_until_done(qtbot, window)
    done, failed = ([what for what, _ in window.result.choices(row)] for row in window.session.queue)
    assert done == ["open", "folder", "audit", "replace", "log"]  # no report and no plan: the script wrote none
    assert failed == ["again", "name", "log"]


def test_what_was_cleaned_on_an_earlier_day_is_not_cleaned_again_unasked(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    engine = ScriptedEngine()
    window = open_window(engine)
    first, second = files("a.mp4", "b.mp4")
    engine.done_before[first] = RunSummary(str(first), str(first.with_name("a_cleaned.mp4")))
    drop(window, first, second)
    qtbot.waitUntil(lambda: State.DONE in states(window))
    assert state_text(window.session.queue.at(0)) == "Cleaned before"
    window.session.start()
    wait_until_done(qtbot, window)
    assert [job.source for job in engine.jobs] == [second]
    window.queue.choose(0)
    window.result.wanted.emit("replace")
    wait_until_done(qtbot, window)
    assert [job.source for job in engine.jobs] == [second, first]
    assert state_text(window.session.queue.at(0)) == "Done"


def test_rows_are_removed_by_key_but_not_the_running_one(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    engine = ScriptedEngine(free=False)
    window = open_window(engine)
    drop(window, *files("a.mp4", "b.mp4", "c.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 3)
    window.session.start()
    qtbot.waitUntil(lambda: window.session.busy)
    window.queue.setFocus()
    window.queue.choose(2)
    qtbot.keyClick(window.queue, Qt.Key_Delete)
    assert [row.source.name for row in window.session.queue] == ["a.mp4", "b.mp4"]
    window.queue.choose(0)
    qtbot.keyClick(window.queue, Qt.Key_Delete)
    assert len(window.session.queue) == 2
    assert "cancel it first" in window.messages.text.text()


def test_the_thumbnail_is_blurred_until_cleaned(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window()
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1 and window.session.queue.at(0).facts is not None)
    before = window.session.queue.at(0).facts.thumbnail
    window.session.start()
    wait_until_done(qtbot, window)
    qtbot.waitUntil(lambda: window.session.queue.at(0).facts.thumbnail is not before)


@pytest.mark.parametrize("keys", ["Ctrl+Return"])
def test_everything_works_by_keyboard(open_window: OpenWindow, files: Files, qtbot: Any, keys: str) -> None:
    window = open_window()
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    assert window.actions_["start"].shortcut().toString() == keys
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key_Return, Qt.ControlModifier)
    wait_until_done(qtbot, window)
    assert states(window) == [State.DONE]


def test_everything_has_a_name_for_screen_readers(open_window: OpenWindow) -> None:
    from PyQt5.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QScrollBar, QToolButton

    window = open_window()
    nameless = []
    for kind in (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit):
        for one in window.findChildren(kind):
            own = type(one) in (QToolButton, QPushButton) or not isinstance(one, QAbstractButton)
            inner = isinstance(one, QScrollBar) or one.objectName().startswith("qt_")
            text = one.text() if hasattr(one, "text") else ""
            if own and not inner and not (one.accessibleName() or text):
                nameless.append((type(one).__name__, one.toolTip(), one.parent()))
    assert not nameless
