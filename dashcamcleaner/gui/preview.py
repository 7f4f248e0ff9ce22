"""The preview: the chosen clip as its finished file shows it, as a run would hide it, or as the running job does.

Before a run a frame is looked at alone first, which is quick; when one rests at it, the second or two around it go
through the real planner (`dashcamcleaner.review.stretch`), and what a run would hide takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QSignalBlocker, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QImage, QKeyEvent
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.background_worker import BackgroundWorker
from dashcamcleaner.gui.canvas import Canvas, CanvasView, Shown
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.frame_provider import FinishedResult, FrameProvider, OpenedClip, StretchState
from dashcamcleaner.gui.preview_bars import PreviewFoot, PreviewTop
from dashcamcleaner.gui.words import counts_text, failure_text, tr
from dashcamcleaner.settings import ROWS

__all__ = ["PreviewPanel"]

_SEES = {"weights", "backend", "device", "precision", "inference_size", "tiles", "trust_weights"}
_PAINTS = {row.name for row in ROWS if row.group in ("hide", "look", "time")}
REST_MS = 400
"""How long one rests at a frame before the stretch around it is planned."""


class PreviewPanel(QWidget):
    """Canvas, scrubber and the choice of what is shown.

    Args:
        worker: the thread on which clips are read and looked at.
        frames: keeps the clip open there.
        model: the settings in force.

    Signals:
        live_wanted: the running job's frames are wanted (True) or not.
        measured: frames a second at which a stretch was looked at.
        frame_shown: after each picture that the background worker gave, for who waits.
    """

    live_wanted = pyqtSignal(bool)
    frame_shown = pyqtSignal()
    measured = pyqtSignal(float)

    def __init__(self, worker: BackgroundWorker, frames: FrameProvider, model: FormModel) -> None:
        super().__init__()
        self._worker, self._frames, self._model = worker, frames, model
        self.path: Path | None = None
        self.clip: OpenedClip | None = None
        self._place = 0
        self._running = False
        self._live = False
        self._spare = True
        self.result: FinishedResult | None = None
        self.shows_file = False
        self.stretch: StretchState | None = None
        self.canvas = Canvas()
        self.top, self.foot = PreviewTop(), PreviewFoot()
        self.counts, self.live, self.file, self.original = (
            self.top.counts,
            self.top.live,
            self.top.file,
            self.top.original,
        )
        self.scrubber, self.time = self.foot.scrubber, self.foot.time
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.foot)
        self._connect()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(150)
        self._again.timeout.connect(self._request_frame)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._plan_on)
        self.set_view(CanvasView.RESULT)
        model.listen(self._settings_changed)
        self.show_clip(None)

    def _connect(self) -> None:
        self.top.view_wanted.connect(self.set_view)
        self.top.original_held.connect(self.canvas.hold_original)
        self.top.file_wanted.connect(self.show_file)
        self.top.live_wanted.connect(self.follow)
        self.foot.stepped.connect(self.step)
        self.foot.sought.connect(self.go)
        self.canvas.resized.connect(self._sharpen)

    # --- what is shown

    def set_view(self, view: CanvasView) -> None:
        """Result, regions or compare."""
        self.canvas.set_view(view)
        self.top.show_view(view)

    def show_clip(self, path: Path | None, result: FinishedResult | None = None) -> None:
        """Show another clip, from its first frame; its finished file, where it has one."""
        if path is not None and path == self.path:
            self.show_result(result)
            return
        self.path, self.clip, self._place = path, None, 0
        self.result, self.shows_file, self.stretch = result, result is not None, None
        self._rest.stop()
        for topic in ("frame", "stretch"):
            self._worker.forget(topic)
        self._show_badge()
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

    def show_result(self, result: FinishedResult | None) -> None:
        """The clip shown has a finished file now, another one, or none any more."""
        if result == self.result:
            return
        self.result = result
        self.show_file(result is not None)

    def show_file(self, wanted: bool) -> None:
        """Show the finished file, or what the settings in force would make of the clip."""
        self.shows_file = wanted and self.result is not None
        self._enable()
        self._show_badge()
        self._request_frame()

    def _show_badge(self) -> None:
        if self._live:
            text = tr("Live")
        elif self.canvas.shown is None or self.stretch is None:
            text = ""
        elif self.stretch.file:  # of the picture that is there, not of the one that is on its way
            text = tr("Finished file")
        elif self.stretch.holds:
            text = tr("As a run hides it")
        elif self.stretch.all:
            text = tr("Planning {done} of {all} frames…", done=self.stretch.done, all=self.stretch.all)
        else:
            text = tr("This frame alone")
        if text != self.canvas.badge:
            self.canvas.set_badge(text)

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
        self.foot.enable(self.clip is not None and len(self.clip.times) > 1)
        self.original.setEnabled(self.clip is not None)
        self.live.setVisible(self._running)
        self.file.setVisible(self.result is not None)
        self.file.setChecked(self.shows_file)

    def go(self, place: int) -> None:
        """Show the frame at a position."""
        if self.clip is None or not self.clip.times:
            return
        self._place = self.clip.nearest_place(place)
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
            self.canvas.tell(tr("Opening…") if self.shows_file else tr("Looking for faces and plates…"))
        self._rest.stop()
        self._worker.forget("stretch")
        self._worker.ask(
            self._frame_work(clip, clip.times[self._place]), self._show, failed=self._failed, topic="frame"
        )

    def _frame_work(self, clip: OpenedClip, pts: int) -> Callable[[], tuple[Shown, StretchState]]:
        settings, px = self._model.settings, self.canvas.wanted_px()
        result = self.result if self.shows_file else None

        def work() -> tuple[Shown, StretchState]:
            if result is not None:
                shown = self._frames.finished(clip.path, pts, result=result, longest_side_px=px)
                return shown, StretchState(file=True)
            return self._frames.planned(clip.path, pts, settings=settings, longest_side_px=px)

        return work

    def _show(self, answer: tuple[Shown, StretchState]) -> None:
        shown, stretch = answer
        if self._live or self.clip is None or shown.pts != self.clip.times[self._place]:
            return  # of another frame than the one asked for last; that one is on its way
        self.stretch = stretch
        self.canvas.show_frame(shown)
        nothing = tr("nothing hidden here") if stretch.file else tr("nothing found here")
        self.counts.setText(counts_text(shown.counts or {}, none=nothing))
        self._show_badge()
        if not (stretch.holds or self.shows_file) and self._spare and len(self.clip.times) > 1:
            self._rest.start()
        self.frame_shown.emit()

    def _plan_on(self) -> None:
        """See the next frame of the stretch around the one shown: one question a frame, so that others get between."""
        clip, settings = self.clip, self._model.settings
        if clip is None or self._live or self.shows_file or not self._spare:
            return
        pts = clip.times[self._place]
        self._worker.ask(
            lambda: self._frames.plan_on(clip.path, pts, settings=settings),
            self._planned_on,
            failed=self._failed,
            topic="stretch",
        )

    def _planned_on(self, stretch: StretchState) -> None:
        if stretch.holds:
            if stretch.fps:
                self.measured.emit(stretch.fps)
            self._request_frame()  # the badge changes with the picture
            return
        self.stretch = stretch
        self._show_badge()
        self._plan_on()

    def set_spare(self, spare: bool) -> None:
        """Whether the machine has time for planning: a run that works on another clip needs it more."""
        if spare and not self._spare and self.canvas.shown is not None:
            self._rest.start()
        self._spare = spare

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, DashcamCleanerError):
            self._worker.unclaimed.emit(error)
            return
        self.canvas.show_frame(None)
        self.counts.clear()
        self.canvas.tell(failure_text(error, between="\n"))
        self.frame_shown.emit()

    def _sharpen(self) -> None:
        shown = self.canvas.shown
        if shown is not None and not self._live and self.canvas.wanted_px() > max(shown.obscured.width(), 1) * 1.25:
            self._again.start()

    def _settings_changed(self, changed: set[str]) -> None:
        if self.clip is None or self._live or not changed & (_SEES | _PAINTS):
            return
        if self.shows_file:  # a dial is turned to see what it does: the file stays one click away
            self.shows_file = False
            self._enable()
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
        self._show_badge()
        self.live_wanted.emit(live)
        if not live:
            self._request_frame()

    def show_live(self, picture: QImage, time_s: float, counts: dict[str, int]) -> None:
        """The running job's current frame, as it is written."""
        if not self._live:
            return
        size = (picture.width(), picture.height())
        self.stretch = None
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
        self._rest.stop()
        self.path = self.clip = None

    def close_files(self) -> None:
        """Give the clip back, once the background workers have ended."""
        self._frames.close()

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        self.top.refresh_theme()
        self.foot.refresh_theme()
