"""Where the review's parts stand: tools above, canvas and cards, scrubber, timeline below."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QSplitter, QVBoxLayout, QWidget

from dashcamcleaner.gui.cards import CardList
from dashcamcleaner.gui.review_bars import ReviewFoot, ReviewTools, TrackButtons
from dashcamcleaner.gui.review_canvas import ReviewCanvas
from dashcamcleaner.gui.timeline import Timeline

__all__ = ["ReviewLayout"]


class ReviewLayout(QWidget):
    """The review's widgets in their places; `review.ReviewPanel` gives them something to do."""

    def __init__(self) -> None:
        super().__init__()
        self.tools, self.foot, self.buttons = ReviewTools(), ReviewFoot(), TrackButtons()
        self.canvas, self.timeline, self.cards = ReviewCanvas(), Timeline(), CardList()
        side = QWidget()
        side.setObjectName("panel")
        column = QVBoxLayout(side)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.cards, 1)
        column.addWidget(self.buttons)
        side.setMinimumWidth(210)
        across = QSplitter(Qt.Horizontal)
        across.setHandleWidth(1)
        across.setChildrenCollapsible(False)
        across.addWidget(self.canvas)
        across.addWidget(side)
        across.setStretchFactor(0, 1)
        across.setSizes([600, 240])
        down = QSplitter(Qt.Vertical)
        down.setHandleWidth(1)
        down.setChildrenCollapsible(False)
        upper = QWidget()
        rows = QVBoxLayout(upper)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(across, 1)
        rows.addWidget(self.foot)
        down.addWidget(upper)
        down.addWidget(self.timeline)
        down.setStretchFactor(0, 1)
        down.setSizes([420, 130])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tools)
        layout.addWidget(down, 1)
