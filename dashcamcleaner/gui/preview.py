"""The preview: a frame of the chosen clip as the settings would hide it, or the running job's current frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QSignalBlocker, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QImage, QKeyEvent
from PyQt5.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QSlider, QToolButton, QVBoxLayout, QWidget

from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.background_worker import BackgroundWorker
from dashcamcleaner.gui.canvas import Canvas, CanvasView, Shown
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.frame_provider import FrameProvider, OpenedClip
from dashcamcleaner.gui.icons import icon
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.words import counts_text, hint_text, tr
from dashcamcleaner.settings import ROWS

__all__ = ["PreviewPanel"]

_SEES = {"weights", "backend", "device", "precision", "inference_size", "tiles", "trust_weights"}
_PAINTS = {row.name for row in ROWS if row.group in ("hide", "look")}


class PreviewPanel(QWidget):
    """Canvas, scrubber and the choice of what is shown.

    Args:
        worker: the thread on which clips are read and looked at.
        frames: keeps the clip open there.
        model: the settings in force.

    Signals:
        live_wanted: the running job's frames are wanted (True) or not.
        frame_shown: after each picture that the background worker gave, for who waits.
    """

    live_wanted = pyqtSignal(bool)
    frame_shown = pyqtSignal()

    def __init__(self, worker: BackgroundWorker, frames: FrameProvider, model: FormModel) -> None:
        super().__init__()
        self._worker, self._frames, self._model = worker, frames, model
        self.path: Path | None = None
        self.clip: OpenedClip | None = None
        self._place = 0
        self._running = False
        self._live = False
        self.canvas = Canvas()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._top())
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self._bottom())
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(150)
        self._again.timeout.connect(self._request_frame)
        self.canvas.resized.connect(self._sharpen)
        model.listen(self._settings_changed)
        self.show_clip(None)

    # --- building

    def _top(self) -> QWidget:
        bar = QFrame()
        bar.setObjectName("bar")
        line = QHBoxLayout(bar)
        line.setContentsMargins(12, 8, 12, 8)
        line.setSpacing(0)
        self.views = QButtonGroup(self)
        titles = {
            CanvasView.RESULT: (tr("Result"), tr("The frame with its regions hidden")),
            CanvasView.REGIONS: (tr("Regions"), tr("The frame as it is, with the regions drawn")),
            CanvasView.COMPARE: (tr("Compare"), tr("Before and after, with a divider to drag")),
        }
        for view, (title, tip) in titles.items():
            button = QToolButton()
            button.setText(title)
            button.setToolTip(tip)
            button.setAccessibleDescription(tip)
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.clicked.connect(lambda _, view=view: self.set_view(view))
            self.views.addButton(button)
            button.view = view
            line.addWidget(button)
        line.addSpacing(10)
        self.original = QToolButton()
        self.original.setIcon(icon("eye"))
        self.original.setAccessibleName(tr("Hold for original"))
        self.original.setToolTip(tr("Shows the frame as it is while this button, or the key H, is held"))
        self.original.pressed.connect(lambda: self.canvas.hold_original(True))
        self.original.released.connect(lambda: self.canvas.hold_original(False))
        line.addWidget(self.original)
        self.counts = PlainLabel()
        self.counts.setAccessibleName(tr("Hidden in this frame"))
        self.counts.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        self.counts.setMinimumWidth(40)
        line.addWidget(self.counts, 1)
        self.live = QToolButton()
        self.live.setText(tr("Live"))
        self.live.setCheckable(True)
        self.live.setToolTip(tr("Follow the running job"))
        self.live.clicked.connect(self.follow)
        line.addSpacing(8)
        line.addWidget(self.live)
        self.set_view(CanvasView.RESULT)
        return bar

    def _bottom(self) -> QWidget:
        bar = QFrame()
        bar.setObjectName("foot")
        line = QHBoxLayout(bar)
        line.setContentsMargins(12, 6, 12, 6)
        line.setSpacing(6)
        self.back, self.forth = QToolButton(), QToolButton()
        for button, name, tip, step in (
            (self.back, "previous", tr("Previous frame (Left)"), -1),
            (self.forth, "next", tr("Next frame (Right)"), 1),
        ):
            button.setIcon(icon(name))
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setAutoRepeat(True)
            button.clicked.connect(lambda _, step=step: self.step(step))
        self.scrubber = QSlider(Qt.Horizontal)
        self.scrubber.setAccessibleName(tr("Frame"))
        self.scrubber.valueChanged.connect(self.go)
        self.time = PlainLabel()
        self.time.setProperty("quiet", True)
        self.time.setTextInteractionFlags(Qt.TextSelectableByMouse)
        for widget in (self.back, self.forth):
            line.addWidget(widget)
        line.addWidget(self.scrubber, 1)
        line.addWidget(self.time)
        return bar

    # --- what is shown

    def set_view(self, view: CanvasView) -> None:
        """Result, regions or compare."""
        self.canvas.set_view(view)
        for button in self.views.buttons():
            button.setChecked(button.view is view)

    def show_clip(self, path: Path | None) -> None:
        """Show another clip, from its first frame."""
        if path is not None and path == self.path:
            return
        self.path, self.clip, self._place = path, None, 0
        self._worker.forget("frame")
        self.canvas.show_frame(None)
        self._enable()
        self.counts.clear()
        self.time.clear()
        if path is None:
            self.canvas.tell(tr("Choose a clip to see how it will look."))
            self._worker.ask(self._frames.close, topic="open")
            return
        self.canvas.tell(tr("Opening…"))
        track = self._model.settings.video_track
        self._worker.ask(
            lambda: self._frames.open(path, video_track=track), self._opened, failed=self._failed, topic="open"
        )

    def _opened(self, clip: OpenedClip) -> None:
        self.clip = clip
        with QSignalBlocker(self.scrubber):
            self.scrubber.setRange(0, max(0, len(clip.times) - 1))
            self.scrubber.setPageStep(max(1, len(clip.times) // 20))
            self.scrubber.setValue(0)
        self._enable()
        self._show_time()
        if not self._live:
            self._request_frame()

    def _enable(self) -> None:
        scrubs = self.clip is not None and len(self.clip.times) > 1
        for widget in (self.back, self.forth, self.scrubber):
            widget.setEnabled(scrubs)
        self.original.setEnabled(self.clip is not None)
        self.live.setVisible(self._running)

    def go(self, place: int) -> None:
        """Show the frame at a position."""
        if self.clip is None or not self.clip.times:
            return
        self._place = min(max(place, 0), len(self.clip.times) - 1)
        with QSignalBlocker(self.scrubber):
            self.scrubber.setValue(self._place)
        self.follow(False)
        self._show_time()
        self._request_frame()

    def step(self, frames: int) -> None:
        """Go some frames on or back."""
        self.go(self._place + frames)

    def _show_time(self) -> None:
        if self.clip is not None and self.clip.times:
            now = format_seconds(self.clip.seconds(self._place))
            self.time.setText(f"{now} / {format_seconds(self.clip.seconds(len(self.clip.times) - 1))}")

    def _request_frame(self) -> None:
        clip = self.clip
        if clip is None or self._live or not clip.times:
            return
        if self.canvas.shown is None:
            self.canvas.tell(tr("Looking for faces and plates…"))
        self._worker.ask(
            self._frame_work(clip, clip.times[self._place]), self._show, failed=self._failed, topic="frame"
        )

    def _frame_work(self, clip: OpenedClip, pts: int) -> Callable[[], Shown]:
        settings, px = self._model.settings, self.canvas.wanted_px()
        return lambda: self._frames.preview(clip.path, pts, settings=settings, longest_side_px=px)

    def _show(self, shown: Shown) -> None:
        if self._live or self.clip is None or shown.pts != self.clip.times[self._place]:
            return  # of another frame than the one asked for last; that one is on its way
        self.canvas.show_frame(shown)
        self.counts.setText(counts_text(shown.counts or {}, none=tr("nothing found here")))
        self.frame_shown.emit()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, DashcamCleanerError):
            self._worker.unclaimed.emit(error)
            return
        self.canvas.show_frame(None)
        self.counts.clear()
        self.canvas.tell(f"{error.message}\n{hint_text(error)}".strip())
        self.frame_shown.emit()

    def _sharpen(self) -> None:
        shown = self.canvas.shown
        if shown is not None and not self._live and self.canvas.wanted_px() > max(shown.obscured.width(), 1) * 1.25:
            self._again.start()

    def _settings_changed(self, changed: set[str]) -> None:
        if self.clip is None or self._live or not changed & (_SEES | _PAINTS):
            return
        if changed & _SEES:
            self._again.start()  # a new detector is loaded: wait until the dial rests
        else:
            self._request_frame()

    # --- the running job

    def set_running(self, running: bool) -> None:
        """Whether the clip shown is the one that is being cleaned."""
        if running == self._running:
            return
        self._running = running
        self.live.setVisible(running)
        self.follow(running)

    def follow(self, live: bool) -> None:
        """Follow the running job, or look at single frames."""
        live = live and self._running
        was, self._live = self._live, live
        self.live.setChecked(live)
        if live == was:
            return
        self.canvas.set_badge(tr("Live") if live else "")
        self.live_wanted.emit(live)
        if not live:
            self._request_frame()

    def show_live(self, picture: QImage, time_s: float, counts: dict[str, int]) -> None:
        """The running job's current frame, as it is written."""
        if not self._live:
            return
        size = (picture.width(), picture.height())
        self.canvas.show_frame(Shown(None, picture, size, counts=counts, time_s=time_s))
        self.counts.setText(counts_text(counts, none=tr("nothing in this frame")))
        if self.clip is not None and self.clip.times:
            self._place = self.clip.place_at(time_s)
            with QSignalBlocker(self.scrubber):
                self.scrubber.setValue(self._place)
            self._show_time()

    def take_key(self, event: QKeyEvent) -> bool:
        """One of the preview's keys; False leaves it to others."""
        if self.clip is None:
            return False
        shift = bool(event.modifiers() & Qt.ShiftModifier)
        if event.key() in (Qt.Key_Left, Qt.Key_Right):
            sign = 1 if event.key() == Qt.Key_Right else -1
            self.go(self.clip.place_after(self._place, sign) if shift else self._place + sign)
        elif event.key() in (Qt.Key_Home, Qt.Key_End):
            self.go(0 if event.key() == Qt.Key_Home else len(self.clip.times) - 1)
        elif event.key() in (Qt.Key_1, Qt.Key_2, Qt.Key_3) and not shift:
            self.set_view(list(CanvasView)[event.key() - Qt.Key_1])
        else:
            return False
        return True

    def close_clip(self) -> None:
        """Give the clip back; the background worker does it before it ends."""
        self._again.stop()
        self.path = self.clip = None

    def close_files(self) -> None:
        """Give the clip back, once the background workers have ended."""
        self._frames.close()

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        self.original.setIcon(icon("eye"))
        self.back.setIcon(icon("previous"))
        self.forth.setIcon(icon("next"))
