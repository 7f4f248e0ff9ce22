"""How the window closes: it asks once while something is under way, stops what runs, and joins what it started."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMainWindow

from dashcamcleaner.gui.presence import Presence
from dashcamcleaner.gui.session import Session
from dashcamcleaner.gui.window_parts import CloseQuestion, remember_geometry
from dashcamcleaner.gui.words import tr

__all__ = ["ClosingWindow"]


class ClosingWindow(QMainWindow):
    """A window that loses nothing when it is closed; `main_window.MainWindow` gives it its parts.

    Args:
        session: the working part; closed together with the window.
    """

    presence: Presence
    preview: Any
    review: Any
    scenes: Any
    live: Any
    messages: Any
    split: Any
    outer: Any

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._asked_to_close = False
        self._closing = False
        self._gives_up_edits = False

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if (self.session.busy or self.scenes.busy or self.live.busy) and not self._closing:
            event.ignore()
            self._ask_whether_to_close()
            return
        if not self._gives_up_edits and not self.review.save():
            event.ignore()
            self._ask_about_unsaved()
            return
        self._remember_geometry()
        self.preview.close_clip()
        self.review.close_clip()
        self.scenes.close_clip()
        self.live.close_run()
        self.session.close()
        self.presence.close()
        for panel in (self.preview, self.review, self.scenes):
            panel.close_files()
        event.accept()

    def _ask_whether_to_close(self) -> None:
        if not self._asked_to_close:
            self._asked_to_close = True
            self.question = CloseQuestion(self)
            if not self.session.busy:
                self.question.setText(tr("Stop what is under way and close?"))
                self.question.setInformativeText(tr("Nothing unfinished stands under a final name."))
            self.question.answered.connect(self._answered)
            self.question.open()

    def _ask_about_unsaved(self) -> None:
        self.question = CloseQuestion(self, close=tr("Close all the same"))
        self.question.setWindowTitle(tr("Edits cannot be saved"))
        self.question.setText(tr("Close, and lose the latest edits of the review?"))
        self.question.setTextFormat(Qt.PlainText)  # it quotes names of files, which anybody may have written
        self.question.setInformativeText(self.messages.text.text())
        self.question.answered.connect(self._unsaved_answered)
        self.question.open()

    def _unsaved_answered(self, close: bool) -> None:
        if close:
            self._gives_up_edits = True
            self.close()

    def _answered(self, stop: bool) -> None:
        self._asked_to_close = False
        if stop:
            self._closing = True
            self.messages.tell(tr("Stopping…"))
            self.session.cancel()
            if not self.session.busy:
                self.close()

    def close_now(self) -> None:
        """Stop what runs, then close, without asking: the system wants it."""
        self._gives_up_edits = True
        if self.session.busy:
            self._answered(True)
        else:
            self._closing = True
            self.close()

    def _remember_geometry(self) -> None:
        remember_geometry(self.session.store, window=self, split=self.split, outer=self.outer)
