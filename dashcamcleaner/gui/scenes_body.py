"""How the *Scenes* tab is laid out: its bar, the picture with its words, the form beside it and the graph below."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QComboBox,
    QFrame,
    QProgressBar,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from dashcamcleaner.gui.canvas import Canvas
from dashcamcleaner.gui.flow_layout import FlowLayout
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.scenes_form import ScenesForm
from dashcamcleaner.gui.score_graph import ScoreGraph
from dashcamcleaner.gui.words import tr

__all__ = ["ScenesBody"]

_TITLES: dict[str, str] = {
    "motion": "Driving or parked", "light": "Day, night, tunnel", "shots": "Shots", "safety": "Safety scores",
}  # fmt: skip


class ScenesBody(QWidget):
    """The widgets of the tab and a line for messages; what they do stands in `scenes_panel`."""

    def __init__(self) -> None:
        super().__init__()
        self._lay_out()

    def _lay_out(self) -> None:
        self.canvas, self.form, self.graph = Canvas(), ScenesForm(), ScoreGraph()
        self.words = PlainLabel()
        self.words.setProperty("quiet", True)
        self.words.setContentsMargins(12, 4, 12, 4)
        self.words.setTextInteractionFlags(Qt.TextSelectableByMouse)
        seen = QWidget()
        column = QVBoxLayout(seen)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.words)
        upper = QSplitter(Qt.Horizontal)
        upper.setHandleWidth(1)
        upper.setChildrenCollapsible(False)
        upper.addWidget(seen)
        upper.addWidget(self.form)
        upper.setStretchFactor(0, 1)
        self.split = QSplitter(Qt.Vertical)
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(upper)
        self.split.addWidget(self.graph)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.bar = self._bar()
        layout.addWidget(self.bar)
        layout.addWidget(self.message)
        layout.addWidget(self.split, 1)

    def _bar(self) -> QWidget:
        bar = QFrame()
        bar.setObjectName("bar")
        line = FlowLayout(bar)
        line.setContentsMargins(12, 8, 12, 8)
        self.models = QComboBox()
        self.models.setAccessibleName(tr("What is told apart"))
        self.models.setToolTip(tr("What is told apart"))
        for name, title in _TITLES.items():
            self.models.addItem(tr(title), name)
        self.score = QPushButton(tr("Look through"))
        self.score.setToolTip(tr("Looks at a picture of each second"))
        self.open = QPushButton(tr("Open list…"))
        self.open.setToolTip(tr("A .tag file, which you may have edited"))
        self.stop = QPushButton(tr("Stop"))
        self.replace = QPushButton(tr("Replace it"))
        self.replace.hide()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setFixedWidth(110)
        self.message = PlainLabel()
        self.message.setWordWrap(True)
        self.message.setContentsMargins(12, 4, 12, 4)
        for widget in (self.models, self.score, self.open, self.stop, self.progress):
            line.addWidget(widget)
        line.addStretch()
        for widget in (self.replace, self.form.export, self.form.cut):
            line.addWidget(widget)
        return bar

    def _say(self, text: str, *, bad: bool = False) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self.message.setProperty("bad", bad)
        self.message.style().unpolish(self.message)
        self.message.style().polish(self.message)
