"""The bars above and below the preview's picture: what is shown of a frame, and which frame. They decide nothing."""

from __future__ import annotations

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from dashcamcleaner.gui.canvas import CanvasView
from dashcamcleaner.gui.flow_layout import FlowLayout
from dashcamcleaner.gui.icons import icon
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.words import tr

__all__ = ["PreviewFoot", "PreviewTop"]


class PreviewTop(QFrame):
    """Result, regions or compare; the finished file or the settings; live.

    Signals:
        view_wanted: a `CanvasView`.
        original_held: the original is to be shown, or not any more.
        file_wanted: the finished file is to be shown (True) or what the settings in force would make (False).
        live_wanted: the running job is to be followed, or not.
    """

    view_wanted = pyqtSignal(object)
    original_held = pyqtSignal(bool)
    file_wanted = pyqtSignal(bool)
    live_wanted = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        line = FlowLayout(self, spacing=0)
        line.setContentsMargins(12, 8, 12, 8)
        self.views = QButtonGroup(self)
        titles = {
            CanvasView.RESULT: (tr("Result"), tr("The frame with its regions hidden")),
            CanvasView.REGIONS: (tr("Regions"), tr("The frame as it is, with the regions drawn")),
            CanvasView.COMPARE: (tr("Compare"), tr("Before and after, with a divider to drag")),
        }
        for view, (title, tip) in titles.items():
            button = QToolButton()
            button.setText(title)
            button.setToolTip(tip)
            button.setAccessibleDescription(tip)
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.clicked.connect(lambda _, view=view: self.view_wanted.emit(view))
            self.views.addButton(button)
            button.view = view
            line.addWidget(button)
        line.addSpacing(10)
        self.original = QToolButton()
        self.original.setIcon(icon("eye"))
        self.original.setAccessibleName(tr("Hold for original"))
        self.original.setToolTip(tr("Shows the frame as it is while this button, or the key H, is held"))
        self.original.pressed.connect(lambda: self.original_held.emit(True))
        self.original.released.connect(lambda: self.original_held.emit(False))
        line.addWidget(self.original)
        self.counts = PlainLabel()
        self.counts.setAccessibleName(tr("Hidden in this frame"))
        self.counts.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        self.counts.setMinimumWidth(40)
        self.counts.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Preferred)
        line.addWidget(self.counts)
        line.addSpacing(8)
        tip = tr("Shows the file that was written; off: what the settings would make of the clip now")
        self.file = self._toggle(tr("Finished file"), tip)
        self.file.clicked.connect(self.file_wanted)
        self.live = self._toggle(tr("Live"), tr("Follow the running job"))
        self.live.clicked.connect(self.live_wanted)
        line.addWidget(self.file)
        line.addWidget(self.live)

    @staticmethod
    def _toggle(title: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(title)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        return button

    def show_view(self, view: CanvasView) -> None:
        """Press the button of a view."""
        for button in self.views.buttons():
            button.setChecked(button.view is view)

    def refresh_theme(self) -> None:
        """Draw the icon anew in the colours in force."""
        self.original.setIcon(icon("eye"))


class _SeekBar(QSlider):
    """A horizontal slider that jumps to where it is clicked and is dragged on from there; Qt's own moves a page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Horizontal, parent)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.LeftButton and self.isEnabled():
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            handle = self.style().subControlRect(QStyle.CC_Slider, option, QStyle.SC_SliderHandle, self)
            if not handle.contains(event.pos()):
                room = max(1, self.width() - handle.width())
                left = event.pos().x() - handle.width() // 2
                upside = option.upsideDown
                self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), left, room, upside))
        super().mousePressEvent(event)  # the handle lies under the pointer now: the press takes hold of it


class PreviewFoot(QFrame):
    """Which frame: buttons, seek bar and time.

    Signals:
        stepped: so many frames on.
        sought: the frame at this position.
    """

    stepped = pyqtSignal(int)
    sought = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 12, 6)
        line.setSpacing(6)
        self.back, self.forth = QToolButton(), QToolButton()
        for button, name, tip, step in (
            (self.back, "previous", tr("Previous frame (Left)"), -1),
            (self.forth, "next", tr("Next frame (Right)"), 1),
        ):
            button.setIcon(icon(name))
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setAutoRepeat(True)
            button.clicked.connect(lambda _, step=step: self.stepped.emit(step))
        self.scrubber = _SeekBar()
        self.scrubber.setAccessibleName(tr("Frame"))
        self.scrubber.valueChanged.connect(self.sought)
        self.time = PlainLabel()
        self.time.setProperty("quiet", True)
        self.time.setTextInteractionFlags(Qt.TextSelectableByMouse)
        for widget in (self.back, self.forth):
            line.addWidget(widget)
        line.addWidget(self.scrubber, 1)
        line.addWidget(self.time)

    def enable(self, on: bool) -> None:
        """Whether there are frames to go to."""
        for widget in (self.back, self.forth, self.scrubber):
            widget.setEnabled(on)

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        self.back.setIcon(icon("previous"))
        self.forth.setIcon(icon("next"))
