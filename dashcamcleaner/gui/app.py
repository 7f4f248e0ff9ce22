"""Starts the window: environment, application, crash net, language, theme. `open_window` is what the command calls.

Nothing heavy is imported before the window stands; FFmpeg, OpenCV and the backends come later, on background workers.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from PyQt5.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PyQt5.QtGui import QFileOpenEvent
from PyQt5.QtWidgets import QApplication

import dashcamcleaner
from dashcamcleaner.end_signals import END_SIGNALS
from dashcamcleaner.gui.crash import CrashNet
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.icons import app_icon
from dashcamcleaner.gui.main_window import MainWindow
from dashcamcleaner.gui.screen import require_screen
from dashcamcleaner.gui.session import Session
from dashcamcleaner.gui.single_instance import SingleInstance, hand_over
from dashcamcleaner.gui.store import Store
from dashcamcleaner.gui.theme import apply_theme, system_prefers_dark
from dashcamcleaner.gui.translation import install_language

if TYPE_CHECKING:
    from dashcamcleaner.detection.pool import ModelPool

__all__ = ["build_window", "delete_window", "clear_foreign_plugins", "open_window"]


def clear_foreign_plugins() -> None:
    """Forget plugin folders that another package's OpenCV put in the way: its Qt plugins do not fit this Qt."""
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if "cv2" in os.environ.get(name, ""):
            del os.environ[name]


def make_application(arguments: Sequence[str]) -> QApplication:
    """The application object, ready for a window."""
    clear_foreign_plugins()
    QCoreApplication.setAttribute(Qt.AA_EnableHighDpiScaling)
    QCoreApplication.setAttribute(Qt.AA_UseHighDpiPixmaps)
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([sys.argv[0], *arguments])
    app.setApplicationName("DashcamCleaner")
    app.setApplicationVersion(dashcamcleaner.__version__)
    app.setDesktopFileName("dashcamcleaner")
    app.setWindowIcon(app_icon())
    return app


def build_window(
    app: QApplication, *, engine: EngineFacade | None = None, store: Store | None = None, net: CrashNet | None = None
) -> MainWindow:
    """The window with all that stands behind it, not shown yet.

    Args:
        app: the application.
        engine: the door to the engine; tests give their own.
        store: what is remembered; the user's own when None.
        net: where unexpected errors go.
    """
    store = store or Store()
    install_language(app, str(store.get("language", "")))
    wanted = store.get("appearance", "system")
    apply_theme(app, dark=system_prefers_dark() if wanted == "system" else wanted == "dark")
    session = Session(engine or EngineFacade(), store, FormModel(store.get("settings", {})))
    if net is not None:
        session.crashed.connect(net.catch)
    return MainWindow(session)


class FilesFromFinder(QObject):
    """Takes the files that macOS hands to a running app as events, not as words of its start.

    Args:
        window: adds them to its queue.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take a file that is opened; all else goes on."""
        if event.type() == QEvent.FileOpen:
            self._window.join([cast(QFileOpenEvent, event).file()])
            return True
        return super().eventFilter(receiver, event)


def open_window(paths: Sequence[str] = (), *, models: ModelPool | None = None) -> int:
    """Show the window and stay until it is closed; gives the exit status.

    Where a window of this user is open already, the paths join its queue instead.

    Args:
        paths: files and folders for the queue.
        models: where detectors come from; None: the process's own pool.

    Raises:
        DashcamCleanerError: there is no screen to open a window on.
    """
    clear_foreign_plugins()
    require_screen()
    app = make_application([])
    net = CrashNet()
    net.install()
    try:
        given = [os.path.abspath(path) for path in paths]
        if hand_over(given):
            return 0
        window = build_window(app, engine=EngineFacade(models=models), net=net)
        window.show()
        app.installEventFilter(FilesFromFinder(window))
        instance = SingleInstance(window)
        instance.opened.connect(window.join)
        instance.listen()
        # Python sees a signal only between two of its own steps: a timer that does nothing gives it one now and then.
        for number in END_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # started by nohup, it outlives its terminal
                signal.signal(number, lambda *_: window.close_now())
        heartbeat = QTimer()
        heartbeat.timeout.connect(lambda: None)
        heartbeat.start(400)
        if given:
            QTimer.singleShot(0, lambda: window.session.add(given))
        status = int(app.exec_())
        instance.close()
        delete_window(window)
        return status
    finally:
        net.remove()


def delete_window(window: MainWindow) -> None:
    """Delete a closed window while the application still lives.

    Left to the interpreter's end, window and application go in any order, and every third process ended in a
    segmentation fault.
    """
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.DeferredDelete)
