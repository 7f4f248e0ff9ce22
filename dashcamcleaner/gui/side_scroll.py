"""A scroll area for what stands at a side of the window. Short, since tabs and settings share nothing else of it."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PyQt5.QtWidgets import QApplication, QScrollArea, QWidget

__all__ = ["SideScroll"]


class SideScroll(QScrollArea):
    """Scrolls up and down alone: it is as wide as what it holds needs, so that nothing is cut off at the side."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.ClickFocus)  # Tab goes to what it holds, which scrolls along
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._show_focused)
        self._opened: QWidget | None = None
        self._laid_out = QTimer(self)
        self._laid_out.setSingleShot(True)
        self._laid_out.timeout.connect(self._reveal)

    def reveal_soon(self, part: QWidget) -> None:
        """Scroll to as much of a part as there is room for, from its beginning, once it has its new height."""
        self._opened = part
        self._laid_out.start(0)

    def _reveal(self) -> None:
        part, held = self._opened, self.widget()
        if part is not None and held is not None:
            top = part.mapTo(held, QPoint()).y()
            place = min(top, top + part.height() - self.viewport().height())
            if place > self.verticalScrollBar().value():
                self.verticalScrollBar().setValue(place)

    def _show_focused(self, _: QWidget | None, focused: QWidget | None) -> None:
        """Scroll to what gets the focus by a key, from outside too, which Qt does not do; a click finds it in place."""
        held = self.widget()
        if held is not None and focused is not None and held.isAncestorOf(focused) and not QApplication.mouseButtons():
            self.ensureWidgetVisible(focused)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        held = self.widget()
        wide = held.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width() if held is not None else 0
        return QSize(wide, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Ask for other room when what it holds does."""
        if event.type() == QEvent.LayoutRequest and watched is self.widget():
            self.updateGeometry()
        return super().eventFilter(watched, event)
