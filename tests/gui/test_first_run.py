"""The first minutes: a sample clip, hints, help inside, what was added lately, how long it will take, a clip's log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog, QLabel

from dashcamcleaner.errors import ExtraMissing, OutputError
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.help_page import ClipLog, HelpPage, first_hints
from dashcamcleaner.gui.queue_row import State
from tests.fakes import ScriptedDetector, pool
from tests.gui.driving import OpenWindow, ScriptedEngine, drop

Files = Callable[..., list[Path]]


class WithSample(ScriptedEngine):
    """Draws a sample in no time, or says that it cannot."""

    def __init__(self, clip: Path, *, missing: bool = False) -> None:
        super().__init__()
        self.clip, self.missing = clip, missing

    def sample_clip(self) -> Path:
        if self.missing:
            raise ExtraMissing("The sample clip needs matplotlib.", hint="pip install matplotlib")
        self.clip.write_bytes(b"clip")
        return self.clip


def test_a_sample_clip_is_one_click_away(open_window: OpenWindow, qtbot: Any, tmp_path: Path) -> None:
    window = open_window(WithSample(tmp_path / "demo.mp4"))
    assert window.empty.sample.isVisible()
    qtbot.mouseClick(window.empty.sample, Qt.LeftButton)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    assert window.session.queue.at(0).source.name == "demo.mp4"


def test_clips_are_added_while_the_sample_is_drawn(
    open_window: OpenWindow, files: Files, qtbot: Any, tmp_path: Path
) -> None:
    drawn = Event()

    class Slow(WithSample):
        def sample_clip(self) -> Path:
            assert drawn.wait(30)
            return super().sample_clip()

    window = open_window(Slow(tmp_path / "demo.mp4"))
    qtbot.mouseClick(window.empty.sample, Qt.LeftButton)
    window.session.add([str(path) for path in files("own.mp4")])
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    drawn.set()
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)


def test_without_what_draws_it_one_sentence_says_so(open_window: OpenWindow, qtbot: Any, tmp_path: Path) -> None:
    window = open_window(WithSample(tmp_path / "demo.mp4", missing=True))
    qtbot.mouseClick(window.empty.sample, Qt.LeftButton)
    qtbot.waitUntil(lambda: window.messages.text.text().startswith("The sample clip needs matplotlib. pip install"))
    assert not len(window.session.queue)


def test_an_empty_window_gives_three_short_hints(open_window: OpenWindow) -> None:
    window = open_window()
    told = [label.text() for label in window.empty.findChildren(QLabel) if label.isVisible()]
    assert [hint for hint in first_hints() if hint not in told] == []
    assert len(first_hints()) == 3
    assert max(map(len, first_hints())) < 90


def test_help_stands_inside(open_window: OpenWindow, qtbot: Any) -> None:
    window = open_window()
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key_F1)
    page = window.findChild(HelpPage)
    assert page.isVisible()
    words = " ".join(label.text() for label in page.findChildren(QLabel))
    for wanted in ("What it does", "What it cannot do", "Keys", "Ctrl+O", "misses some"):
        assert wanted in words
    assert "anonym" not in words.lower()
    page.close()


def test_what_was_added_lately_is_offered_again(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window()
    first, second = files("a.mp4", "b.mp4")
    assert not window.actions_.recent.menuAction().isEnabled()
    drop(window, first)
    drop(window, second)
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.session.remove([row.id for row in window.session.queue])
    window.close()
    again = open_window()
    menu = again.actions_.recent
    assert menu.paths == [str(second), str(first)]
    menu.actions()[1].trigger()
    qtbot.waitUntil(lambda: [row.source for row in again.session.queue] == [first])
    menu.actions()[-1].trigger()
    assert menu.paths == []


def test_dialogs_offer_what_can_be_cleaned(
    open_window: OpenWindow, files: Files, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clip,) = files("a.mp4")
    asked: list[str] = []

    def choose(*args: Any) -> tuple[list[str], str]:
        asked.append(args[3])
        return [str(clip)], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", choose)
    window = open_window()
    qtbot.mouseClick(window.top.add, Qt.LeftButton)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    assert asked[0].startswith("Clips and pictures (*.mp4 ")
    assert "*.jpg" in asked[0]
    assert asked[0].endswith("All files (*)")


def test_how_long_it_will_take_is_told_before_the_start(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    drop(window, street)
    qtbot.waitUntil(lambda: window.session.pace_fps is not None)
    assert window.foot.text.text().startswith("0 of 1 done · about ")
    window.session.form.set("inference_size", 640)
    assert window.foot.text.text() == "0 of 1 done", "another size has another pace, which is to be measured first"
    window.session.set_pace(0.1)
    qtbot.waitUntil(lambda: window.foot.text.text() == "0 of 1 done · about 10 min")


def test_each_clip_has_its_log(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window(ScriptedEngine(errors={"b.mp4": OutputError("The disk is full.", hint="Free some space.")}))
    drop(window, *files("a.mp4", "b.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    assert "log" not in dict(window.result.choices(window.session.queue.at(0)))
    window.session.start()
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started)
    assert [row.state for row in window.session.queue] == [State.DONE, State.FAILED]
    window.queue.choose(1)
    window.result.wanted.emit("log")
    dialog = window.findChild(ClipLog)
    assert dialog.isVisible()
    assert "Started: scripted" in dialog.text.toPlainText()
    assert "The disk is full. Free some space." in dialog.text.toPlainText()
    assert "a.mp4" not in dialog.text.toPlainText()
    dialog.close()
