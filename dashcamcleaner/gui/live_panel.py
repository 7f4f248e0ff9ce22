"""What leaves a live run, its figures, and a large button that covers everything.

The *Live* tab holds it, and so does the window of its own that ``--to preview`` opens (`gui.live_window`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QPixmap, QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from dashcamcleaner.core.events import Event, LiveChange, LiveStats
from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.gui.pictures import to_image
from dashcamcleaner.gui.words import number_text, tr
from dashcamcleaner.messages import localized

if TYPE_CHECKING:
    from dashcamcleaner.live.preview_sink import PreviewSink

__all__ = ["LivePanel"]

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
                    fps=number_text(event.fps, 1), latency=round(event.latency_ms),
                    covered=number_text(100 * event.covered_share, 1), late=event.late,
                    size=event.inference_size, device=visible(event.device),
                )
            )  # fmt: skip
        elif isinstance(event, LiveChange):
            self.change.setText(visible(localized(event.message)))
