"""What can be done with a clip of the queue: opening its result, its folder, its report; another name; once more."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QUrl
from PyQt5.QtGui import QDesktopServices
from PyQt5.QtWidgets import QFileDialog, QWidget

from dashcamcleaner.gui.queue_model import Row
from dashcamcleaner.gui.session import Session
from dashcamcleaner.gui.words import tr

__all__ = ["do_with_row", "open_path"]


def open_path(path: Path) -> None:
    """Open a file or folder with what the system has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def do_with_row(what: str, row: Row, *, session: Session, parent: QWidget) -> None:
    """Do one of the things that the result bar offers.

    Args:
        what: ``open``, ``folder``, ``report``, ``audit``, ``again``, ``replace`` or ``name``.
        row: the clip.
        session: does the work.
        parent: of a dialog.
    """
    summary = row.summary
    if what == "again":
        session.again(row.id)
    elif what == "replace":
        session.again(row.id, overwrite=True)
    elif what == "audit":
        session.audit(row.id)
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
    start = str(row.own_output or row.output or row.source.with_name(f"{row.source.stem}_cleaned.mp4"))
    asked = QFileDialog.DontConfirmOverwrite  # the engine refuses to replace; its sentence tells what to do
    name, _ = QFileDialog.getSaveFileName(parent, tr("Save result as"), start, options=asked)
    if name:
        row.own_output = Path(name)
        session.row_changed.emit(row.id)
