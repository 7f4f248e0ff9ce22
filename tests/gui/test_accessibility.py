"""For who cannot see colours, cannot use a pointer, or needs large letters."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QColor, QFont, QFontMetrics
from PyQt5.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget

from dashcamcleaner.core.findings import Status
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.queue_row import Row, State
from dashcamcleaner.gui.queue_view import look_of
from dashcamcleaner.gui.theme import COLORS, apply_theme
from dashcamcleaner.gui.words import state_text
from tests.fakes import ScriptedDetector, pool
from tests.gui.driving import OpenWindow, ScriptedEngine, drop

Files = Callable[..., list[Path]]


def luminance(ink: QColor) -> float:
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (ink.redF(), ink.greenF(), ink.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    first, second = sorted((luminance(one), luminance(other)))
    return (second + 0.05) / (first + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "ground"), [("on_accent", "accent"), ("on_canvas", "canvas"), ("text", "hover"), ("text", "raised")]
)
def test_words_on_buttons_and_pictures_can_be_read(ink: str, ground: str, dark: bool) -> None:
    assert contrast(QColor(COLORS[ink][dark]), QColor(COLORS[ground][dark])) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["warn", "bad"])
def test_an_amber_row_can_be_read(name: str, dark: bool) -> None:
    panel, tint = QColor(COLORS["panel"][dark]), QColor(COLORS[name][dark])
    share = 28 / 255
    ground = QColor.fromRgbF(
        *(p * (1 - share) + t * share for p, t in zip(panel.getRgbF()[:3], tint.getRgbF()[:3], strict=True))
    )
    for ink in ("text", name):
        assert contrast(QColor(COLORS[ink][dark]), ground) >= 4.5, ink


def test_no_state_is_told_by_colour_alone() -> None:
    told = set()
    for state in State:
        row = Row(1, Path("a.mp4"), state=state)
        told.add((look_of(row)[0], state_text(row)))
    for status in (Status.NEEDS_REVIEW, Status.FAIL):
        row = Row(1, Path("a.mp4"), state=State.DONE, summary=RunSummary("a", "b", audit={"status": str(status)}))
        told.add((look_of(row)[0], state_text(row)))
    assert len(told) == len(State) + 2, "each has words of its own, and all have a sign"
    assert all(sign and words for sign, words in told)


def visited(window: QWidget, qtbot: Any) -> list[QWidget]:
    """What Tab goes to, until it comes round."""
    seen: list[QWidget] = []
    for _ in range(200):
        focused = QApplication.focusWidget()
        if focused is None or focused in seen:
            return seen
        seen.append(focused)
        qtbot.keyClick(focused, Qt.Key_Tab)
    raise AssertionError("Tab never comes round")


def test_tab_goes_from_top_to_bottom_and_reaches_everything(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window(ScriptedEngine())
    window.resize(1280, 720)
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1 and window.session.queue.at(0).facts is not None)
    window.top.add.setFocus()
    order = visited(window, qtbot)
    for wanted in (
        window.top.add_folder,
        window.top.output,
        window.top.start,
        window.top.settings,
        window.queue,
        window.settings.profile,
    ):
        assert wanted in order, wanted.accessibleName()
    places = [
        order.index(one)
        for one in (window.top.add, window.top.start, window.queue, window.preview.canvas, window.settings.profile)
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("tab", ["preview", "review", "scenes", "live"])
def test_the_focus_is_seen_wherever_tab_brings_it(open_window: OpenWindow, files: Files, qtbot: Any, tab: str) -> None:
    window = open_window(EngineFacade(models=pool(ScriptedDetector(lambda *_: []))))
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.tabs.setCurrentWidget(getattr(window, tab))
    qtbot.wait(50)
    window.top.settings.setFocus(Qt.TabFocusReason)
    seen, unseen = [], []
    while (focused := QApplication.focusWidget()) not in seen:
        seen.append(focused)
        place = focused.rect().translated(focused.mapTo(window, QPoint(0, 0)))
        before = window.grab(place).toImage()
        qtbot.keyClick(focused, Qt.Key_Tab)
        if window.grab(place).toImage() == before:
            unseen.append((type(focused).__name__, focused.accessibleName()))
    assert len(seen) > 10
    assert unseen == []


def test_a_click_takes_the_ring_away_but_not_the_focus(open_window: OpenWindow, files: Files, qtbot: Any) -> None:
    window = open_window(ScriptedEngine())
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    canvas = window.preview.canvas
    canvas.setFocus(Qt.TabFocusReason)
    assert canvas.ring.isVisible()
    qtbot.mouseClick(canvas, Qt.LeftButton)
    assert canvas.hasFocus()
    assert not canvas.ring.isVisible()


def test_a_message_that_a_key_dismisses_leaves_no_button_under_that_key(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    window = open_window(ScriptedEngine())
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.messages.tell("Something was told.")
    window.messages.dismiss.setFocus(Qt.TabFocusReason)
    qtbot.keyClick(window.messages.dismiss, Qt.Key_Space)
    assert not window.messages.isVisible()
    assert window.queue.hasFocus()


@contextlib.contextmanager
def twice_the_size(qapp: QApplication) -> Iterator[QFont]:
    """All texts of twice the size; gives the font from before."""
    before = QFont(qapp.font())
    large = QFont(before)
    large.setPointSizeF(before.pointSizeF() * 2)
    qapp.setFont(large)
    apply_theme(qapp, dark=False)
    try:
        yield before
    finally:
        qapp.setFont(before)
        apply_theme(qapp, dark=False)


def test_texts_of_twice_the_size_are_whole(
    open_window: OpenWindow, qapp: QApplication, files: Files, qtbot: Any
) -> None:
    with twice_the_size(qapp) as before:
        window = open_window()
        window.resize(2560, 1440)
        drop(window, *files("a.mp4"))
        qtbot.waitUntil(lambda: len(window.session.queue) == 1)
        qtbot.wait(50)
        cut = []
        for widget in window.findChildren((QPushButton, QLabel)):
            if not widget.isVisibleTo(window) or not widget.text() or widget.visibleRegion().isEmpty():
                continue
            line = widget.fontMetrics().height()
            if widget.height() + 2 < line:
                cut.append((widget.text(), widget.height(), line))
        assert cut == []
        assert window.top.add.fontMetrics().height() > 1.8 * QFontMetrics(before).height()


def test_at_twice_the_size_no_button_of_a_small_window_is_cut(
    open_window: OpenWindow, qapp: QApplication, files: Files, qtbot: Any
) -> None:
    with twice_the_size(qapp):
        window = open_window(ScriptedEngine())
        window.resize(1280, 720)
        drop(window, *files("a.mp4", "b.mp4"))
        qtbot.waitUntil(lambda: len(window.session.queue) == 2)
        qtbot.mouseClick(window.top.start, Qt.LeftButton)
        qtbot.waitUntil(lambda: window.session.queue.totals().ended == 2 and window.result.isVisible(), timeout=30_000)
        qtbot.wait(50)
        assert window.width() == 1280
        for bar, width in (
            (window.top, 1280), (window.result, 600), (window.preview.top, 600), (window.review.tools, 600),
            (window.review.card_tools, 300), (window.review.buttons, 300),
            (window.scenes.bar, 500),
        ):  # fmt: skip
            bar.resize(width, bar.heightForWidth(width))
            bar.layout().activate()
            buttons = [one for one in bar.findChildren(QAbstractButton) if one.isVisibleTo(bar)]
            assert buttons
            for button in buttons:
                assert button.width() >= button.minimumSizeHint().width(), button.text()
                assert bar.rect().contains(button.geometry()), button.text()
