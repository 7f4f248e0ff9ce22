"""The page of help inside the window, and a clip's own log: two dialogs of text, to be read and copied."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.queue_row import Row
from dashcamcleaner.gui.shortcuts import key_text
from dashcamcleaner.gui.words import note_text, state_text, tr

__all__ = ["ClipLog", "HelpPage", "first_hints"]


def first_hints() -> tuple[str, ...]:
    """Three short sentences for who opens the window for the first time."""
    return (
        tr("1. Add clips. The preview shows what will be hidden before anything is written."),
        tr("2. Press Start. Your clips stay as they are; each result is a new file."),
        tr("3. Look through the review before you publish. No program finds everything."),
    )


def _sections() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        (
            tr("What it does"),
            (
                tr("It finds faces and number plates in clips and pictures and hides them in every frame."),
                tr("Sound, subtitles and everything else stay as they were; positions and unknown data are left out."),
                tr("Nothing leaves this computer, and no clip is ever changed: results are new files."),
            ),
        ),
        (
            tr("What it cannot do"),
            (
                tr(
                    "It misses some: far, small, covered or turned faces and plates above all. Look before you publish."
                ),
                tr("It hides no voices, clothes, names on shops, house numbers or places."),
                tr("A report tells what was done and how it was checked, not that nobody can be recognised."),
            ),
        ),
        (
            tr("How to go on"),
            (
                tr("Preview: rest at a frame, and the seconds around it are planned as a run would plan them."),
                tr("Settings: turn a dial, and the preview follows. What was started keeps its own settings."),
                tr("Review: keep a track clear, draw a box around what was missed, then render again."),
                tr("Audit: a second look at the finished file by other means; what it finds stands in the review."),
            ),
        ),
        (
            tr("Keys"),
            (
                f"{key_text('add')}  {tr('Add clips')}",
                f"{key_text('start')}  {tr('Start')}",
                f"{key_text('review')}  {tr('Go to the review')}",
                f"{key_text('original')}  {tr('Show the original while held')}",
                f"{key_text('shortcuts')}  {tr('Keyboard shortcuts')}",
            ),
        ),
    )


class HelpPage(QDialog):
    """What the program does, what it cannot, and the few keys that are needed most."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Help"))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(20, 10, 20, 16)
        column.setSpacing(6)
        for title, sentences in _sections():
            heading = PlainLabel(title)
            heading.setProperty("heading", True)
            column.addSpacing(8)
            column.addWidget(heading)
            for sentence in sentences:
                label = PlainLabel(sentence)
                label.setWordWrap(True)
                label.setTextInteractionFlags(Qt.TextSelectableByMouse | Qt.TextSelectableByKeyboard)
                column.addWidget(label)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("panel")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        _lay_out(self, scroll)
        self.resize(560, 600)


class ClipLog(QDialog):
    """What happened to one clip, line by line, to be copied into a report.

    Args:
        row: the clip.
        parent: the window.
    """

    def __init__(self, row: Row, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Log of {name}", name=visible(row.source.name)))
        lines = [str(row.source), f"{state_text(row)}. {note_text(row)}".strip(), "", *row.log]
        self.text = QPlainTextEdit(visible("\n".join(lines), lines=True))
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.windowTitle())
        _lay_out(self, self.text)
        self.resize(640, 380)


def _lay_out(dialog: QDialog, body: QWidget) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.Close)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(12, 12, 12, 12)
    layout.addWidget(body, 1)
    layout.addWidget(buttons)
