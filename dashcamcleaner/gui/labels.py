"""Labels that show foreign texts as they are: Qt guesses what is markup, and the name of a file may look like some."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel

from dashcamcleaner.core.plain_text import visible

__all__ = ["PlainLabel"]


class PlainLabel(QLabel):
    """A label that takes nothing for markup, and shows what would turn or hide text as its escape."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        super().setText(visible(text, lines=True))
