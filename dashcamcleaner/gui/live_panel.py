"""A live run in a window: what leaves, its figures, and a large button that covers everything.

`LivePanel` is the part that shows; `show_live` puts it into a window of its own for ``--to preview``, and runs the
session in a thread beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QPixmap, QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from dashcamcleaner.core.events import Event, LiveChange, LiveStats
from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.gui.pictures import to_image
from dashcamcleaner.gui.words import tr
from dashcamcleaner.live.preview_sink import PreviewSink
from dashcamcleaner.live.session import LiveSession

__all__ = ["LivePanel", "show_live"]

_REFRESH_MS = 33


class LivePanel(QWidget):
    """What leaves, figures, and the buttons *Cover everything* and *Stop*.

    Args:
        preview: the sink that is looked into; None: `watch` tells later.

    Attributes:
        told: emitted with each event of the session, from any thread.
        panic_asked: emitted when everything is to be covered.
        stop_asked: emitted when the run is to end.
    """

    told = pyqtSignal(object)
    panic_asked = pyqtSignal()
    stop_asked = pyqtSignal()

    def __init__(self, preview: PreviewSink | None = None) -> None:
        super().__init__()
        self._preview = preview
        self._pixmap: QPixmap | None = None
        self.picture = QLabel(tr("Nothing has left yet."))
        self.picture.setAlignment(Qt.AlignCenter)
        self.picture.setMinimumSize(320, 180)
        self.picture.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Ignored)
        self.picture.setAccessibleName(tr("What leaves"))
        self.figures, self.change = QLabel(), QLabel()
        for label in (self.figures, self.change):
            label.setTextFormat(Qt.PlainText)
            label.setWordWrap(True)
        self.panic, self.stop = QPushButton(tr("Cover everything")), QPushButton(tr("Stop"))
        self.panic.setToolTip(tr("Covers everything for 10 s and throws away what waits"))
        self.panic.setShortcut("F12")
        self.panic.clicked.connect(lambda: self.panic_asked.emit())
        self.stop.clicked.connect(lambda: self.stop_asked.emit())
        buttons = QHBoxLayout()
        buttons.addWidget(self.panic, 2)
        buttons.addWidget(self.stop, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.figures)
        layout.addWidget(self.change)
        layout.addLayout(buttons)
        self.told.connect(self.show_event)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(_REFRESH_MS)

    def watch(self, preview: PreviewSink | None) -> None:
        """Look into another sink; None: the run has ended, and nothing old is shown."""
        self._preview, self._pixmap = preview, None
        self.picture.setPixmap(QPixmap())
        self.picture.setText(tr("Nothing has left yet.") if preview is not None else "")

    def refresh(self) -> None:
        """Show the newest picture, if there is a new one."""
        picture = None if self._preview is None else self._preview.take()
        if picture is not None:
            self._pixmap = QPixmap.fromImage(to_image(picture))
            self._fit()

    def _fit(self) -> None:
        if self._pixmap is not None:
            fitted = self._pixmap.scaled(self.picture.size(), Qt.KeepAspectRatio, Qt.SmoothTransformation)
            self.picture.setPixmap(fitted)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fit the picture."""
        super().resizeEvent(event)
        self._fit()

    def show_event(self, event: Event) -> None:
        """Show figures and what changed."""
        if isinstance(event, LiveStats):
            self.figures.setText(
                tr("{fps} frames a second, {latency} ms, {covered} % covered, {late} late; {size} px, {device}").format(
                    fps=f"{event.fps:.1f}", latency=round(event.latency_ms), covered=f"{100 * event.covered_share:.1f}",
                    late=event.late, size=event.inference_size, device=visible(event.device),
                )
            )  # fmt: skip
        elif isinstance(event, LiveChange):
            self.change.setText(visible(event.message))


class _LiveWindow(LivePanel):
    """The panel as a window: closing it stops the run, and it closes when the run has ended."""

    ended = pyqtSignal()

    def leave(self) -> None:
        """Close: the run has ended."""
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
    """
    from dashcamcleaner.gui.app import make_application

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
    window.show()
    thread.start()
    application.exec_()
    session.stop()
    thread.join()
    if failures:
        raise failures[0]
