"""The end of a session: the one question before a running clip is stopped, and how the window is found again."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QByteArray, QMargins, QPoint, QRectF, Qt, QUrl, pyqtSignal
from PyQt5.QtGui import QColor, QDesktopServices, QDropEvent, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QFileDialog, QMessageBox, QSplitter, QWidget

from dashcamcleaner.gui.help_page import ClipLog
from dashcamcleaner.gui.icons import paint_icon
from dashcamcleaner.gui.queue_row import Row
from dashcamcleaner.gui.session import Session
from dashcamcleaner.gui.store import Store
from dashcamcleaner.gui.theme import color
from dashcamcleaner.gui.words import tr

__all__ = [
    "CloseQuestion",
    "EditsQuestion",
    "remember_geometry",
    "restore_geometry",
    "DropVeil",
    "clip_filter",
    "dropped_paths",
    "do_with_row",
    "open_path",
]


class CloseQuestion(QMessageBox):
    """Asks whether to stop the running clip, or what else is to be given up.

    Args:
        parent: the window.
        close: the words of the button that closes.

    Signals:
        answered: True to stop and close.
    """

    answered = pyqtSignal(bool)

    def __init__(self, parent: QWidget, *, close: str = "") -> None:
        super().__init__(parent)
        self.setIcon(QMessageBox.Question)
        self.setWindowTitle(tr("A clip is being cleaned"))
        self.setText(tr("Stop the running clip and close?"))
        self.setInformativeText(tr("What was analysed is kept: the next start continues where it stopped."))
        self._stop = self.addButton(close or tr("Stop and close"), QMessageBox.AcceptRole)
        self.setDefaultButton(self.addButton(tr("Keep working"), QMessageBox.RejectRole))
        self.finished.connect(self._tell)

    def _tell(self, _: int) -> None:
        self.answered.emit(self.clickedButton() is self._stop)


class EditsQuestion(QMessageBox):
    """Asks whether edits that were not made here are to count.

    Args:
        parent: the window.
        doing: what they do, in a few words.

    Signals:
        answered: True to take them.
    """

    answered = pyqtSignal(bool)

    def __init__(self, parent: QWidget, doing: str) -> None:
        super().__init__(parent)
        self.setIcon(QMessageBox.Warning)
        self.setWindowTitle(tr("Edits from elsewhere"))
        self.setText(tr("The edits beside this plan were not made here: {what}.", what=doing))
        self.setInformativeText(
            tr("Take them only if you know who made them. Until then they hide, and uncover nothing.")
        )
        self._take = self.addButton(tr("Take them"), QMessageBox.AcceptRole)
        self.setDefaultButton(self.addButton(tr("Leave them out"), QMessageBox.RejectRole))
        self.finished.connect(self._tell)

    def _tell(self, _: int) -> None:
        self.answered.emit(self.clickedButton() is self._take)


def remember_geometry(store: Store, *, window: QWidget, split: QSplitter, outer: QSplitter) -> None:
    """Write down where the window and its dividers stand, and how much the system's frame takes around it."""
    states = {"geometry": window.saveGeometry(), "split": split.saveState(), "outer": outer.saveState()}
    store.set(**{name: bytes(state.toBase64()).decode() for name, state in states.items()})
    inner, whole = window.geometry(), window.frameGeometry()
    if not window.isMaximized() and not window.isFullScreen():
        edges = [inner.left() - whole.left(), inner.top() - whole.top()]
        store.set(frame=[*edges, whole.right() - inner.right(), whole.bottom() - inner.bottom()])


def restore_geometry(store: Store, *, window: QWidget, split: QSplitter, outer: QSplitter) -> None:
    """Put them back, as far as they are known; with its frame the window comes back as large as this screen is."""
    restorers = {"geometry": window.restoreGeometry, "split": split.restoreState, "outer": outer.restoreState}
    for name, restore in restorers.items():
        kept = store.get(name)
        if isinstance(kept, str):
            restore(QByteArray.fromBase64(kept.encode()))
    screen = window.screen()
    if screen is not None and not window.isMaximized() and not window.isFullScreen():
        room, edges = screen.availableGeometry(), _frame(store)
        window.resize(window.size().boundedTo(room.marginsRemoved(edges).size()))
        frame = window.geometry().marginsAdded(edges)
        x = max(room.left(), min(frame.left(), room.right() + 1 - frame.width()))
        y = max(room.top(), min(frame.top(), room.bottom() + 1 - frame.height()))
        if frame.topLeft() != QPoint(x, y):
            # Only then: Qt takes a place for that of the title bar, which it does not know of before the window is
            # shown, and the window would stand lower with every start.
            window.move(x, y)


def _frame(store: Store) -> QMargins:
    """What the system's frame took around the window when it was last seen: Qt knows of it only once it is shown."""
    kept = store.get("frame")
    known = isinstance(kept, list) and len(kept) == 4 and all(type(one) is int and 0 <= one <= 200 for one in kept)
    return QMargins(*kept) if known else QMargins()


def dropped_paths(event: QDropEvent) -> list[str]:
    """Local paths of what is dropped; what lies on the network or is no file is left out."""
    return [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile() and url.toLocalFile()]


class DropVeil(QWidget):
    """Lies over the window while files are dragged above it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_TransparentForMouseEvents)
        self.hide()

    def lower_over(self) -> None:
        """Cover the window."""
        parent = self.parentWidget()
        assert parent is not None
        self.setGeometry(parent.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        ground = QColor(color("window"))
        ground.setAlpha(225)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(color("accent"), 2, Qt.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(14, 14, -14, -14), 12, 12)
        middle = self.rect().center()
        paint_icon(painter, "save", QRectF(middle.x() - 22, middle.y() - 52, 44, 44), color("accent"))
        painter.setPen(color("text"))
        painter.drawText(self.rect().adjusted(0, 24, 0, 24), int(Qt.AlignCenter), tr("Let go to add to the queue"))


def clip_filter() -> str:
    """What a file dialog offers: clips and pictures that can be cleaned, and everything else one click away."""
    from dashcamcleaner.media.formats import MediaKind, suffixes

    patterns = " ".join(f"*{suffix}" for kind in MediaKind for suffix in suffixes(kind))
    return f"{tr('Clips and pictures')} ({patterns});;{tr('All files')} (*)"


def open_path(path: Path) -> None:
    """Open a file or folder with what the system has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def do_with_row(what: str, row: Row, *, session: Session, parent: QWidget) -> None:
    """Do one of the things that the result bar offers.

    Args:
        what: ``open``, ``folder``, ``report``, ``audit``, ``again``, ``replace``, ``log`` or ``name``.
        row: the clip.
        session: does the work.
        parent: the parent of a dialog.
    """
    summary = row.summary
    if what == "again":
        session.again(row.id, overwrite=row.overwrite, from_plan=row.from_plan)
    elif what == "replace":
        session.again(row.id, overwrite=True)
    elif what == "audit":
        session.audit(row.id)
    elif what == "log":
        ClipLog(row, parent).open()
    elif what == "name":
        _choose_own_output(row, session=session, parent=parent)
    elif summary is not None and what == "open":
        open_path(Path(summary.output))
    elif summary is not None and what == "folder":
        open_path(Path(summary.output).parent)
    elif summary is not None and what == "report" and summary.report:
        page = Path(summary.report).with_suffix(".html")
        open_path(page if page.exists() else Path(summary.report))


def _choose_own_output(row: Row, *, session: Session, parent: QWidget) -> None:
    start = str(row.own_output or row.output or row.source.with_name(f"{row.source.stem}{session.result_suffix}.mp4"))
    asked = QFileDialog.DontConfirmOverwrite  # the engine refuses to replace; its sentence tells what to do
    name, _ = QFileDialog.getSaveFileName(parent, tr("Save result as"), start, options=asked)
    if name:
        row.own_output = Path(name)
        session.row_changed.emit(row.id)
