"""The net under the window: whatever nobody expected goes to a log file and into one dialog with a copyable report."""

from __future__ import annotations

import contextlib
import datetime
import faulthandler
import logging
import logging.handlers
import platform
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import IO

from PyQt5.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, QObject, Qt, QUrl, pyqtSignal
from PyQt5.QtGui import QDesktopServices, QGuiApplication
from PyQt5.QtWidgets import QApplication, QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

import dashcamcleaner
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.words import tr
from dashcamcleaner.messages import localized
from dashcamcleaner.user_folders import user_folder

__all__ = ["CrashNet", "log_path", "report_of"]

log = logging.getLogger("dashcamcleaner")
_MOST_FAULT_BYTES = 1_000_000


def log_path() -> Path:
    """Where the log file stands."""
    return user_folder("data") / "logs" / "window.log"


def _open_fault_log(path: Path) -> IO[str]:
    """The log of hard faults, which is added to: what the last session died of stands in it when one looks for it."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > _MOST_FAULT_BYTES:
            path.replace(path.with_name("fault.1.log"))
    file = path.open("a", encoding="utf-8")
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    file.write(f"--- DashcamCleaner {dashcamcleaner.__version__} starts at {now}\n")
    file.flush()
    return file


def report_of(error: BaseException) -> str:
    """A report to copy: versions and traceback. File names of clips may stand in it; the dialog says so."""
    lines = [
        f"DashcamCleaner {dashcamcleaner.__version__}, Python {platform.python_version()}, "
        f"PyQt {PYQT_VERSION_STR} on Qt {QT_VERSION_STR}, {platform.platform()}",
        "",
        *"".join(traceback.format_exception(error)).rstrip().splitlines(),
    ]
    return "\n".join(lines) + "\n"


class CrashNet(QObject):
    """Catches what escapes, from every thread, while it is installed.

    Signals:
        caught: crosses to the window's thread.
    """

    caught = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.dialog: CrashDialog | None = None
        self._before = (sys.excepthook, threading.excepthook)
        self._handler: logging.Handler | None = None
        self._faults: IO[str] | None = None
        self.caught.connect(self.show, Qt.QueuedConnection)  # type: ignore[call-arg]

    def install(self) -> None:
        """From now on nothing gets lost."""
        sys.excepthook = self._excepthook
        threading.excepthook = self._thread_excepthook
        path = log_path()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handler = logging.handlers.RotatingFileHandler(
                path, maxBytes=1_000_000, backupCount=2, encoding="utf-8"
            )
            self._faults = _open_fault_log(path.with_name("fault.log"))
            faulthandler.enable(self._faults)
        except OSError:
            return  # a read-only home: the dialog still tells
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        log.addHandler(self._handler)

    def remove(self) -> None:
        """As it was before."""
        sys.excepthook, threading.excepthook = self._before
        if self._handler is not None:
            log.removeHandler(self._handler)
            self._handler.close()
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()

    def _excepthook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        self.catch(error)

    def _thread_excepthook(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self.catch(args.exc_value)

    def catch(self, error: BaseException) -> None:
        """Log it and show it; may be called from any thread."""
        log.error("unexpected: %s", error, exc_info=error)
        self.caught.emit(error)

    def show(self, error: BaseException) -> None:
        """One dialog at a time; what follows while it is open is only logged."""
        if self.dialog is not None and self.dialog.isVisible():
            return
        self.dialog = CrashDialog(error, QApplication.activeWindow())
        self.dialog.open()


def _open_log_folder() -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_path().parent)))


class CrashDialog(QDialog):
    """What happened, with a report to copy. It blocks nothing: running jobs go on."""

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Something went wrong"))
        self.setAttribute(Qt.WA_DeleteOnClose, False)
        words = f"{localized(error.message)} {localized(error.hint)}" if isinstance(error, DashcamCleanerError) else tr(
            "The window met an error that it did not expect. Running jobs go on; no clip was passed through unhidden."
        )  # fmt: skip
        sentence = PlainLabel(words)
        sentence.setWordWrap(True)
        hint = PlainLabel(tr("The report below helps to fix it. It may name your files: read it before you send it."))
        hint.setWordWrap(True)
        hint.setProperty("quiet", True)
        self.report = QPlainTextEdit(report_of(error))
        self.report.setReadOnly(True)
        self.report.setLineWrapMode(QPlainTextEdit.NoWrap)
        self.report.setAccessibleName(tr("Report"))
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        self.copy = buttons.addButton(tr("Copy report"), QDialogButtonBox.ActionRole)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report.toPlainText()))
        folder = buttons.addButton(tr("Open log folder"), QDialogButtonBox.ActionRole)
        folder.clicked.connect(_open_log_folder)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for widget in (sentence, hint, self.report, buttons):
            layout.addWidget(widget)
        self.resize(640, 380)
