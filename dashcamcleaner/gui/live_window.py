"""A live run in a window of its own, for ``--to preview``: the session runs in a thread beside it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

from PyQt5.QtCore import QTimer, pyqtSignal
from PyQt5.QtGui import QCloseEvent

from dashcamcleaner.core.events import Event
from dashcamcleaner.end_signals import END_SIGNALS
from dashcamcleaner.gui.app import make_application
from dashcamcleaner.gui.live_panel import LivePanel
from dashcamcleaner.gui.words import tr
from dashcamcleaner.live.preview_sink import PreviewSink
from dashcamcleaner.live.session import LiveSession

__all__ = ["show_live"]


class _LiveWindow(LivePanel):
    """The panel as a window: closing it stops the run, and it closes when the run has ended."""

    ended = pyqtSignal()

    def leave(self) -> None:
        """Close: the run has ended, or is to."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Stop the run."""
        self.stop_asked.emit()
        super().closeEvent(event)


def show_live(
    session: LiveSession, preview: PreviewSink, events: Iterable[Event], show: Callable[[Iterable[Event]], None]
) -> None:
    """Open a window over a session that is run here, and stay until it has ended.

    Args:
        session: the session.
        preview: the sink of it that the window looks into.
        events: the events of the session; they are iterated in a thread.
        show: takes the events, for the terminal.

    Raises:
        DashcamCleanerError: what the session raises.
        KeyboardInterrupt: a signal that means the end came, and all has ended.
    """
    application = make_application([])
    window = _LiveWindow(preview)
    window.setWindowTitle(tr("DashcamCleaner, live"))
    window.resize(960, 640)
    window.panic_asked.connect(lambda: session.panic())
    window.stop_asked.connect(lambda: session.stop())
    window.ended.connect(window.leave)
    failures: list[BaseException] = []

    def passed_on() -> Iterator[Event]:
        for event in events:
            window.told.emit(event)
            yield event

    def run() -> None:
        try:
            show(passed_on())
        except BaseException as error:  # raised again below, in the thread of the caller
            failures.append(error)
        window.ended.emit()

    thread = threading.Thread(target=run, name="dashcamcleaner-live-window", daemon=True)
    with _signals_close(window, failures):
        window.show()
        thread.start()
        application.exec_()
        session.stop()
        thread.join()
    if failures:
        raise failures[0]


@contextlib.contextmanager
def _signals_close(window: _LiveWindow, failures: list[BaseException]) -> Iterator[None]:
    """While this is open, what a signal's handler raises closes the window: raised in one of Qt's calls it is fatal.

    Args:
        window: what is closed.
        failures: takes what was raised, first.
    """
    before: dict[int, Callable[[int, FrameType | None], object]] = {}

    def heard(number: int, frame: FrameType | None) -> None:
        try:
            before[number](number, frame)
        except BaseException as error:
            failures.insert(0, error)
            QTimer.singleShot(0, window.leave)

    with contextlib.suppress(ValueError):  # not the main thread: a test, or somebody's own program
        for number in END_SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):  # neither left to the system nor ignored
                before[number] = handler
                signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
