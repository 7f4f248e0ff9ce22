"""What the views of lanes over time have in common: a scroll area with a ruler on top, set up in one way.

Under 100 lines because each view paints its lanes itself; what is alike is how it stands in the window, how it scrolls
and how its ruler looks.
"""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import QAbstractScrollArea, QWidget

from dashcamcleaner.gui.focus_ring import FocusRing
from dashcamcleaner.gui.theme import color

__all__ = ["LaneView"]


class LaneView(QAbstractScrollArea):
    """A view of lanes below a ruler; scrolls up and down, never sideways.

    Args:
        parent: the widget that it stands in.
        name: its name for screen readers.
        ruler_px: height of the ruler.
        least_px: its least height.
    """

    def __init__(self, parent: QWidget | None, *, name: str, ruler_px: int, least_px: int) -> None:
        super().__init__(parent)
        self._ruler_px = ruler_px
        self.setFrameShape(QAbstractScrollArea.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setMinimumHeight(least_px)
        self.setFocusPolicy(Qt.StrongFocus)
        self.ring = FocusRing(self)
        self.setAccessibleName(name)
        self.viewport().setMouseTracking(True)

    def resizeEvent(self, event: object) -> None:  # noqa: N802
        self._resize()

    def _resize(self) -> None:
        raise NotImplementedError

    def _fit_bar(self, *, lanes_px: int, taken_px: int, step_px: int) -> None:
        """Let the bar reach over all lanes.

        Args:
            lanes_px: the height of all lanes.
            taken_px: what stands above and below them.
            step_px: how far a turn of the bar's arrow goes.
        """
        room = self.viewport().height() - taken_px
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, lanes_px - room))
        bar.setPageStep(max(1, room))
        bar.setSingleStep(step_px)
        self.viewport().update()

    def _paint_ruler_ground(self, painter: QPainter, width: int) -> None:
        """The ruler without its ticks; the pen is left ready for these."""
        painter.fillRect(QRectF(0, 0, width, self._ruler_px - 1), color("window"))
        painter.fillRect(QRectF(0, self._ruler_px - 1, width, 1), color("line"))
        painter.setPen(color("quiet"))

    def _paint_tick(self, painter: QPainter, x: float, text: str) -> None:
        """One tick, and what it stands for; nothing where the text is empty."""
        painter.drawLine(QPointF(x, self._ruler_px - 6), QPointF(x, self._ruler_px - 2))
        if text:
            painter.drawText(QRectF(x + 3, 0, 80, self._ruler_px - 2), int(Qt.AlignVCenter), text)
