"""The Live tab over the real engine: a file at its own pace as the source, started, covered and stopped like a user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import Qt

from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.live_tab import LiveTab
from dashcamcleaner.gui.main_window import MainWindow
from tests.clips import make
from tests.fakes import ScriptedDetector, pool
from tests.gui.driving import OpenWindow


@pytest.fixture()
def window(open_window: OpenWindow) -> MainWindow:
    """The window, its queue empty, with the tab open by its menu."""
    window = open_window(EngineFacade(models=pool(ScriptedDetector(lambda *_: []))))
    window.actions_["live"].trigger()
    window.session.form.set("delay", 0.3)
    return window


@pytest.fixture()
def scene(tmp_path: Path) -> Path:
    """A clip that lasts longer than any test waits."""
    return make(tmp_path / "scene.mp4", frames=900, size=(160, 96), gop=30).path


def start(qtbot: Any, tab: LiveTab, source: str, *sinks: str) -> None:
    tab.source.setEditText(source)
    tab.sinks.setPlainText("\n".join(sinks))
    qtbot.mouseClick(tab.start, Qt.LeftButton)


def has_pixmap(tab: LiveTab) -> bool:
    pixmap = tab.panel.picture.pixmap()
    return pixmap is not None and not pixmap.isNull()


def test_live_needs_no_clip_in_the_queue(window: MainWindow) -> None:
    assert window.pages.currentWidget() is window.split
    assert window.live.start.isVisible()
    assert not window.live.panel.stop.isEnabled()
    window.tabs.setCurrentWidget(window.preview)
    assert window.pages.currentWidget() is window.empty


def test_start_preview_stats_panic_stop(window: MainWindow, qtbot: Any, scene: Path, tmp_path: Path) -> None:
    tab = window.live
    start(qtbot, tab, str(scene), str(tmp_path / "out.mkv"))
    assert not tab.start.isEnabled()
    assert not tab.fields["delay"].isEnabled()
    qtbot.waitUntil(lambda: has_pixmap(tab))
    qtbot.waitUntil(lambda: "frames a second" in tab.panel.figures.text())
    assert "160" in tab.message.text() or "out.mkv" in tab.message.text()
    qtbot.mouseClick(tab.panel.panic, Qt.LeftButton)
    qtbot.waitUntil(lambda: "Everything is covered" in tab.changes.toPlainText())
    qtbot.waitUntil(lambda: "covered wholly: panic" in tab.changes.toPlainText())
    qtbot.mouseClick(tab.panel.stop, Qt.LeftButton)
    qtbot.waitUntil(lambda: not tab.busy)
    assert tab.start.isEnabled()
    assert tab.message.text() == "The run has ended."
    assert not has_pixmap(tab), "nothing old is shown after the end"
    assert (tmp_path / "out.mkv").stat().st_size > 0
    start(qtbot, tab, str(scene))  # once more, with the preview alone
    qtbot.waitUntil(lambda: has_pixmap(tab))
    qtbot.mouseClick(tab.panel.stop, Qt.LeftButton)
    qtbot.waitUntil(lambda: not tab.busy)


@pytest.mark.parametrize(
    ("source", "sink", "labels", "words"),
    [
        ("gone.mp4", "", "", "There is no file"),
        ("gopher://x", "", "", "Nothing is known"),
        ("", "", "", "Say where"),
        ("SCENE", "out.exe", "", "out.exe"),
        ("SCENE", "", "nudity=much", "no rule"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    window: MainWindow, qtbot: Any, scene: Path, source: str, sink: str, labels: str, words: str
) -> None:
    tab = window.live
    tab.labels.setText(labels)
    start(qtbot, tab, str(scene) if source == "SCENE" else source, *filter(None, [sink]))
    qtbot.waitUntil(lambda: not tab.busy)
    assert words in tab.message.text()
    assert tab.message.property("bad")
    assert tab.start.isEnabled()


def test_closing_the_window_ends_the_run(window: MainWindow, qtbot: Any, scene: Path) -> None:
    start(qtbot, window.live, str(scene))
    qtbot.waitUntil(lambda: has_pixmap(window.live))
    run = window.live.run
    window.close()  # asked first
    assert window.isVisible()
    qtbot.mouseClick(window.question.defaultButton(), Qt.LeftButton)
    assert window.isVisible()
    window.close()
    stop = next(button for button in window.question.buttons() if button is not window.question.defaultButton())
    qtbot.mouseClick(stop, Qt.LeftButton)
    assert not window.isVisible()
    assert run is not None
    assert run.isFinished()


def test_live_settings_stand_in_the_tab_alone(window: MainWindow) -> None:
    tab = window.live
    assert {"delay", "carry", "hold", "mute_covered", "capture_rate"} <= set(tab.fields)
    tab.fields["carry"].edited.emit(9.0)
    assert tab.message.property("bad")
    tab.fields["carry"].edited.emit(0.3)
    assert window.session.form.value("carry") == 0.3


def test_keys_of_other_tabs_do_nothing_here(window: MainWindow, qtbot: Any) -> None:
    qtbot.keyClick(window, Qt.Key_H)
    qtbot.keyClick(window, Qt.Key_Right)
    assert window.tabs.currentWidget() is window.live
