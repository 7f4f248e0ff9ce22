"""What the desktop is told of a run: progress in title and task bar, a note at its end, and that it must not sleep.

None of it is needed for the work: where a desktop lacks a part, that part is silent.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QApplication, QMainWindow, QStyle, QSystemTrayIcon

from dashcamcleaner.gui.queue_model import Totals
from dashcamcleaner.gui.words import totals_text, tr

__all__ = ["Presence", "WakeLock"]

log = logging.getLogger(__name__)
_TITLE = "DashcamCleaner"


class WakeLock:
    """Keeps the machine from sleeping while it is held; the screen may go dark.

    Args:
        open_lock: a function that gives the lock to enter; wakepy's when None.
    """

    def __init__(self, open_lock: Callable[[], AbstractContextManager[Any]] | None = None) -> None:
        self._open = open_lock or _wakepy
        self._held: AbstractContextManager[Any] | None = None

    @property
    def possible(self) -> bool:
        """Whether the package that does it is installed."""
        return self._open is not _wakepy or find_spec("wakepy") is not None

    @property
    def held(self) -> bool:
        return self._held is not None

    def hold(self, wanted: bool) -> None:
        """Hold it, or let it go; a desktop that refuses is only logged."""
        if wanted == self.held or not self.possible:
            return
        held, self._held = self._held, None
        try:
            if wanted:
                lock = self._open()
                lock.__enter__()
                self._held = lock
            elif held is not None:
                held.__exit__(None, None, None)
        except Exception:  # whatever a desktop's service raises: a run goes on without it
            log.exception("the machine could not be kept awake, or not be let go")


def _wakepy() -> AbstractContextManager[Any]:
    from wakepy import keep

    lock: AbstractContextManager[Any] = keep.running(on_fail="pass")
    return lock


class Presence(QObject):
    """Tells the desktop.

    Args:
        window: the window whose title and task bar entry it is.
        lock: what keeps the machine awake; a lock of its own when None.
    """

    def __init__(self, window: QMainWindow, *, lock: WakeLock | None = None) -> None:
        super().__init__(window)
        self._window = window
        self.lock = lock or WakeLock()
        self._shown = -1
        self._button: Any = None
        self.notes: list[str] = []
        """What was told at the end of runs, the latest last."""
        self.last_sent: dict[str, Any] = {}

    def show(self, totals: Totals, *, busy: bool) -> None:
        """How far the work is; called at every change, and quick."""
        self.lock.hold(busy)
        percent = int(totals.fraction * 100) if busy else -1
        if percent == self._shown:
            return
        self._shown = percent
        self._window.setWindowTitle(_TITLE if percent < 0 else f"{percent} % – {_TITLE}")
        self._task_bar(percent)

    def _task_bar(self, percent: int) -> None:
        """Desktops with a launcher (Unity's protocol: GNOME's dock, KDE, Cinnamon) paint it into the icon."""
        visible = percent >= 0
        self.last_sent = {"progress": max(0, percent) / 100, "progress-visible": visible}
        if sys.platform == "win32":
            self._windows_task_bar(percent)
        if not sys.platform.startswith("linux"):
            return
        with contextlib.suppress(ImportError):
            from PyQt5.QtDBus import QDBusConnection, QDBusMessage

            bus = QDBusConnection.sessionBus()
            if bus.isConnected():
                signal = QDBusMessage.createSignal("/", "com.canonical.Unity.LauncherEntry", "Update")
                signal.setArguments(["application://dashcamcleaner.desktop", self.last_sent])
                bus.send(signal)

    def _windows_task_bar(self, percent: int) -> None:
        """Windows paints it into the button, by a part of Qt that is built for Windows alone."""
        handle = self._window.windowHandle()
        if handle is None:  # not shown yet
            return
        with contextlib.suppress(ImportError):
            if self._button is None:
                from PyQt5.QtWinExtras import QWinTaskbarButton

                self._button = QWinTaskbarButton(self._window)
                self._button.setWindow(handle)
            progress = self._button.progress()
            progress.setVisible(percent >= 0)
            progress.setValue(max(0, percent))

    def ended(self, totals: Totals) -> None:
        """Nothing runs any more: say so, unless the window is in front anyway."""
        self.notes.append(totals_text(totals))
        if self._window.isActiveWindow():
            return
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            tray = QSystemTrayIcon(self._window.windowIcon(), self)
            if tray.icon().isNull():
                tray.setIcon(self._window.style().standardIcon(QStyle.SP_ComputerIcon))
            tray.messageClicked.connect(self._window.activateWindow)
            tray.show()
            tray.showMessage(tr("All clips are done"), self.notes[-1], tray.icon())

    def close(self) -> None:
        """Let the machine sleep."""
        self.lock.hold(False)
