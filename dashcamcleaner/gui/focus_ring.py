"""A ring around a widget that paints itself, while the keyboard has brought the focus there."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QAbstractScrollArea, QWidget

from dashcamcleaner.gui.theme import color

__all__ = ["FocusRing"]

_BY_KEYBOARD = frozenset({Qt.TabFocusReason, Qt.BacktabFocusReason, Qt.ShortcutFocusReason})
_WIDTH_PX = 2


class FocusRing(QWidget):
    """Lies over a widget, and is seen while it has the focus by a key; a click takes the ring away, not the focus.

    Args:
        around: the widget; it owns the ring.
    """

    def __init__(self, around: QWidget) -> None:
        super().__init__(around)
        self.setAttribute(Qt.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.NoFocus)
        self.hide()
        around.installEventFilter(self)
        if isinstance(around, QAbstractScrollArea):
            around.viewport().installEventFilter(self)  # which gets the clicks

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        around = self.parentWidget()
        if event.type() == QEvent.MouseButtonPress:
            self.hide()
        elif watched is around and around is not None:
            if isinstance(event, QFocusEvent):
                self.setVisible(event.gotFocus() and event.reason() in _BY_KEYBOARD)
            if event.type() in (QEvent.FocusIn, QEvent.Resize):
                self.setGeometry(around.rect())
                self.raise_()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setPen(QPen(color("accent"), _WIDTH_PX))
        inside = _WIDTH_PX // 2
        painter.drawRect(self.rect().adjusted(inside, inside, -inside, -inside))
