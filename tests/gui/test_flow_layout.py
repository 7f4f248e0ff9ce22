"""Bars whose widgets go on below where they are too narrow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt5.QtWidgets import QSizePolicy, QWidget

from dashcamcleaner.gui.flow_layout import FlowLayout


def block(width: int, height: int = 20) -> QWidget:
    """A widget whose size no theme changes."""
    made = QWidget()
    made.setFixedSize(width, height)
    return made


@pytest.fixture()
def bar(qtbot: object) -> Iterator[QWidget]:
    widget = QWidget()
    FlowLayout(widget, spacing=10, line_spacing=5).setContentsMargins(4, 3, 4, 3)
    yield widget
    widget.deleteLater()


def add(bar: QWidget, *widths: int) -> list[QWidget]:
    layout = bar.layout()
    made = [block(width) for width in widths]
    for one in made:
        layout.addWidget(one)
    return made


def laid_out(bar: QWidget, width: int) -> None:
    bar.resize(width, bar.heightForWidth(width))
    bar.show()
    bar.layout().activate()


def test_in_one_line_where_there_is_room(bar: QWidget) -> None:
    first, second = add(bar, 50, 60)
    laid_out(bar, 4 + 50 + 10 + 60 + 4)
    assert (first.x(), second.x()) == (4, 64)
    assert first.y() == second.y() == 3
    assert bar.height() == 3 + 20 + 3
    assert bar.layout().sizeHint().width() == 128


def test_what_does_not_fit_goes_on_below_and_the_bar_grows(bar: QWidget) -> None:
    first, second, third = add(bar, 50, 60, 30)
    laid_out(bar, 127)
    assert (first.x(), first.y()) == (4, 3)
    assert (second.x(), second.y()) == (4, 3 + 20 + 5)
    assert (third.x(), third.y()) == (74, 28)
    assert bar.height() == 3 + 20 + 5 + 20 + 3
    assert bar.layout().minimumSize().width() == 68, "the widest alone"


def test_a_stretch_pushes_to_the_right_in_whichever_line(bar: QWidget) -> None:
    (first,) = add(bar, 50)
    bar.layout().addStretch()
    (last,) = add(bar, 60)
    laid_out(bar, 300)
    assert (first.x(), last.x() + last.width()) == (4, 296)
    laid_out(bar, 100)
    assert last.y() == 28
    assert last.x() + last.width() == 96


def test_a_gap_is_none_where_a_line_ends(bar: QWidget) -> None:
    add(bar, 50)
    bar.layout().addSpacing(30)
    (second,) = add(bar, 40)
    laid_out(bar, 200)
    assert second.x() == 4 + 50 + 10 + 30
    laid_out(bar, 110)
    assert (second.x(), second.y()) == (4, 28)


def test_what_expands_takes_the_room_that_is_left(bar: QWidget) -> None:
    add(bar, 50)
    wide = QWidget()
    wide.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
    wide.setMinimumSize(20, 20)
    bar.layout().addWidget(wide)
    (last,) = add(bar, 30)
    laid_out(bar, 300)
    assert last.x() + last.width() == 296
    assert wide.width() == 300 - 8 - 50 - 30 - 20


def test_hidden_widgets_take_no_room(bar: QWidget) -> None:
    first, second, third = add(bar, 50, 60, 30)
    second.hide()
    laid_out(bar, 98)
    assert (third.x(), third.y()) == (64, 3)
    assert bar.height() == 26
    taken = bar.layout().takeAt(0)
    assert taken is not None
    assert taken.widget() is first
    assert bar.layout().itemAt(5) is None
