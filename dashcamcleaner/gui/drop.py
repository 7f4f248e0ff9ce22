"""Dropping files anywhere on the window: what was dropped, and the veil that says it may be let go."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QColor, QDropEvent, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QWidget

from dashcamcleaner.gui.icons import paint_icon
from dashcamcleaner.gui.theme import color
from dashcamcleaner.gui.words import tr

__all__ = ["DropVeil", "dropped_paths"]


def dropped_paths(event: QDropEvent) -> list[str]:
    """Local paths of what is dropped; what lies on the network or is no file is left out."""
    return [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile() and url.toLocalFile()]


class DropVeil(QWidget):
    """Lies over the window while files are dragged above it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_TransparentForMouseEvents)
        self.hide()

    def lower_over(self) -> None:
        """Cover the window."""
        parent = self.parentWidget()
        assert parent is not None
        self.setGeometry(parent.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        ground = QColor(color("window"))
        ground.setAlpha(225)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(color("accent"), 2, Qt.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(14, 14, -14, -14), 12, 12)
        middle = self.rect().center()
        paint_icon(painter, "save", QRectF(middle.x() - 22, middle.y() - 52, 44, 44), color("accent"))
        painter.setPen(color("text"))
        painter.drawText(self.rect().adjusted(0, 24, 0, 24), int(Qt.AlignCenter), tr("Let go to add to the queue"))
