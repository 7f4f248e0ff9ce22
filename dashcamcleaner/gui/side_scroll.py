"""A scroll area for what stands at a side of the window. Short, since settings and review share nothing else of it."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, QSize, Qt
from PyQt5.QtWidgets import QScrollArea

__all__ = ["SideScroll"]


class SideScroll(QScrollArea):
    """Scrolls up and down alone: it is as wide as what it holds needs, so that nothing is cut off at the side."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        held = self.widget()
        wide = held.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width() if held is not None else 0
        return QSize(wide, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Ask for other room when what it holds does."""
        if event.type() == QEvent.LayoutRequest and watched is self.widget():
            self.updateGeometry()
        return super().eventFilter(watched, event)
