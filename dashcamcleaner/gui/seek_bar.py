"""A slider on which a click means: go there. Qt's own moves a page towards the pointer.

A module of its own, short as it is: the preview's and the review's bars are made of it, and neither owns the other.
"""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget

__all__ = ["SeekBar"]


class SeekBar(QSlider):
    """A horizontal slider that jumps to where it is clicked, and is dragged on from there."""

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
