"""The window shows names as they are: no markup, no turned lines, whatever a file is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import QRect, Qt
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QLabel, QWidget

from dashcamcleaner.errors import OutputError
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.queue_row import State
from tests.gui.driving import OpenWindow, ScriptedEngine, drop

ODD = "<img src=x><b>\u202egpj.mp4"


def texts_of(window: QWidget) -> list[str]:
    return [tip for widget in window.findChildren(QWidget) if (tip := widget.toolTip())]


def test_no_label_guesses(open_window: OpenWindow) -> None:
    labels = [label for label in open_window().findChildren(QLabel) if label.text()]
    assert labels
    assert [label.text() for label in labels if label.textFormat() != Qt.PlainText] == []


def test_a_label_shows_what_would_act(qapp: Any) -> None:
    label = PlainLabel(ODD)
    assert label.text() == "<img src=x><b>\\u202egpj.mp4"
    assert label.textFormat() == Qt.PlainText


def test_names_in_the_queue_are_shown(open_window: OpenWindow, files: Callable[..., list[Path]], qtbot: Any) -> None:
    window = open_window()
    try:
        clips = files(ODD)
    except OSError:
        pytest.skip("this file system holds no such names")
    drop(window, *clips)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    index = window.queue.model().index(0, 0)
    assert index.data(Qt.DisplayRole) == "<img src=x><b>\\u202egpj.mp4"
    tip = index.data(Qt.ToolTipRole)
    assert "&lt;img src=x&gt;" in tip
    assert "<img" not in tip
    assert "\u202e" not in tip + index.data(Qt.AccessibleTextRole)
    window.messages.tell(f"{ODD} cannot be read")
    assert window.messages.text.textFormat() == Qt.PlainText
    assert not any("<img" in text for text in texts_of(window))


def test_what_is_wrong_with_a_clip_is_drawn_whole_and_does_nothing(
    open_window: OpenWindow, files: Callable[..., list[Path]], qtbot: Any
) -> None:
    name = "GX010123_front_camera_20261130.mp4.plan.jsonl"
    error = OutputError(f"\u202eThe file /home/me/{name} is bad.", hint=f"Take {name} away.")
    window = open_window(ScriptedEngine(errors={"a.mp4": error}))
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.session.start()
    qtbot.waitUntil(lambda: window.session.queue.at(0).state is State.FAILED)
    drawn = window.queue.itemDelegate()._message(window.session.queue.at(0))
    assert drawn.startswith("\\u202eThe file")
    assert drawn.replace("\u200b", "").count(name) == 2
    room = QRect(0, 0, 165, 10_000)
    assert QFontMetrics(window.queue.font()).boundingRect(room, int(Qt.TextWordWrap), drawn).width() <= 165
