"""What an empty queue says: how to begin."""

from __future__ import annotations

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from dashcamcleaner.gui.help_page import first_hints
from dashcamcleaner.gui.icons import app_icon, icon, icon_button
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.shortcuts import key_tip
from dashcamcleaner.gui.words import tr

__all__ = ["EmptyPage"]


class EmptyPage(QWidget):
    """What an empty queue says: how to begin."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("The queue is empty"))
        self.emblem = PlainLabel()
        self.emblem.setAlignment(Qt.AlignCenter)
        title = PlainLabel(tr("Drop clips or folders here"))
        title.setProperty("title", True)
        words = PlainLabel(
            tr("Faces and number plates are hidden, everything else stays as it was.\nNothing leaves this computer.")
        )
        words.setProperty("quiet", True)
        self.add = icon_button(tr("Add clips"), "add", tip=key_tip(tr("Add clips"), "add"))
        self.add_folder = icon_button(tr("Add folder"), "folder", tip=key_tip(tr("Add a folder"), "add_folder"))
        self.sample = icon_button(tr("Try a sample clip"), "play", tip=tr("A drawn street, to see everything at work"))
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        for button in (self.add, self.add_folder, self.sample):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._place = QGridLayout(self)
        self._place.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout()
        self._place.addLayout(column, 0, 0)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        column.addStretch(3)
        column.addWidget(self.emblem)
        column.addSpacing(4)
        for label in (title, words):
            label.setAlignment(Qt.AlignCenter)
            label.setWordWrap(True)  # texts may be of twice the size
            column.addWidget(label)
        column.addSpacing(8)
        column.addLayout(buttons)
        column.addSpacing(18)
        for sentence in first_hints():
            hint = PlainLabel(sentence)
            hint.setProperty("quiet", True)
            hint.setAlignment(Qt.AlignCenter)
            hint.setWordWrap(True)
            column.addWidget(hint)
        column.addStretch(4)
        self.refresh_theme()

    def overlay(self, widget: QWidget) -> None:
        """Lay a widget over the foot of the page; nothing else moves."""
        self._place.addWidget(widget, 0, 0, Qt.AlignBottom)

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        self.emblem.setPixmap(app_icon().pixmap(self.windowHandle(), QSize(84, 84)))
        self.add.setIcon(icon("add"))
        self.add_folder.setIcon(icon("folder"))
        self.sample.setIcon(icon("play"))
