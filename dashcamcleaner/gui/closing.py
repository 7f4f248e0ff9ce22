"""The end of a session: the one question before a running clip is stopped, and how the window is found again."""

from __future__ import annotations

from PyQt5.QtCore import QByteArray, pyqtSignal
from PyQt5.QtWidgets import QMessageBox, QSplitter, QWidget

from dashcamcleaner.gui.store import Store
from dashcamcleaner.gui.words import tr

__all__ = ["CloseQuestion", "remember_geometry", "restore_geometry"]


class CloseQuestion(QMessageBox):
    """Asks whether to stop the running clip.

    Signals:
        answered: True to stop and close.
    """

    answered = pyqtSignal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setIcon(QMessageBox.Question)
        self.setWindowTitle(tr("A clip is being cleaned"))
        self.setText(tr("Stop the running clip and close?"))
        self.setInformativeText(tr("What was analysed is kept: the next start continues where it stopped."))
        self._stop = self.addButton(tr("Stop and close"), QMessageBox.AcceptRole)
        self.setDefaultButton(self.addButton(tr("Keep working"), QMessageBox.RejectRole))
        self.finished.connect(self._tell)

    def _tell(self, _: int) -> None:
        self.answered.emit(self.clickedButton() is self._stop)


def remember_geometry(store: Store, *, window: QWidget, split: QSplitter, outer: QSplitter) -> None:
    """Write down where the window and its dividers stand."""
    states = {"geometry": window.saveGeometry(), "split": split.saveState(), "outer": outer.saveState()}
    store.set(**{name: bytes(state.toBase64()).decode() for name, state in states.items()})


def restore_geometry(store: Store, *, window: QWidget, split: QSplitter, outer: QSplitter) -> None:
    """Put them back, as far as they are known."""
    restorers = {"geometry": window.restoreGeometry, "split": split.restoreState, "outer": outer.restoreState}
    for name, restore in restorers.items():
        kept = store.get(name)
        if isinstance(kept, str):
            restore(QByteArray.fromBase64(kept.encode()))
