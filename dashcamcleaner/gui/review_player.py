"""The review's time: which frame is shown, going to another, playing. `review.ReviewPanel` adds the editing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QElapsedTimer, QTimer, pyqtSignal

from dashcamcleaner.gui.background_worker import ReviewWorkers
from dashcamcleaner.gui.canvas import CanvasView, Shown
from dashcamcleaner.gui.edit_history import EditHistory
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.frame_provider import FrameProvider
from dashcamcleaner.gui.review_bars import ReviewLayout
from dashcamcleaner.gui.review_edits import Editing
from dashcamcleaner.gui.review_service import OpenedReview, ReviewService
from dashcamcleaner.gui.review_words import hand_boxes
from dashcamcleaner.gui.sound import SoundPlayer
from dashcamcleaner.gui.words import counts_text, tr

if TYPE_CHECKING:
    from dashcamcleaner.core.plan import FramePlan
    from dashcamcleaner.review.track_summary import ReviewItem

__all__ = ["ReviewPlayer"]


class ReviewPlayer(ReviewLayout):
    """Shows the frames of an open review.

    Args:
        workers: the threads in which it works.
        engine: the door to the engine.
        model: the settings in force: looks are taken from there.

    Signals:
        frame_shown: after each picture, for who waits.
    """

    frame_shown = pyqtSignal()

    def __init__(self, workers: ReviewWorkers, engine: EngineFacade, model: FormModel) -> None:
        super().__init__()
        self._workers, self._model = workers, model
        self._frames = FrameProvider(engine)
        self._review_service = ReviewService(engine, self._frames)
        self.opened: OpenedReview | None = None
        self.editing = Editing(workers, self._review_service)
        self.place = 0
        self.chosen: tuple[str, int] | None = None
        self._playing = QTimer(self)
        self._playing.setInterval(15)
        self._clock = QElapsedTimer()
        self.sound, self.sounds = SoundPlayer(self), True
        self._play_from_s, self._play_to_s = 0.0, math.inf
        self._playing.timeout.connect(self._play_on)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(150)
        self._again.timeout.connect(self._request_frame)

    @property
    def _hand(self) -> int | None:
        return self.chosen[1] if self.chosen is not None and self.chosen[0] == "hand" else None

    def _failed(self, error: Exception) -> None:
        raise NotImplementedError

    # --- time

    @property
    def history(self) -> EditHistory | None:
        """The edits, with their past and future."""
        return self.editing.history

    @property
    def plans(self) -> list[FramePlan]:
        """What is hidden in every frame."""
        return self.editing.plans

    @property
    def review_items(self) -> list[ReviewItem]:
        """What deserves a look, most harmful first."""
        return self.editing.review_items

    @property
    def now_s(self) -> float:
        """The second of the frame shown, as edits count it."""
        return self.opened.clip.seconds(self.place) if self.opened is not None else 0.0

    def _seconds(self, place: int) -> float:
        return self.opened.clip.seconds(place) if self.opened is not None else 0.0

    def go(self, place: int) -> None:
        """Show the frame at a position."""
        if self.opened is None or not self.plans:
            return
        self.place = self.opened.clip.nearest_place(place)
        self.foot.show_place(self.place, self.now_s, self._seconds(len(self.opened.clip.times) - 1))
        self.timeline.show_now(self.now_s)
        self.canvas.show_item(None)
        if self.editing.pending:
            self.editing.plan_roughly(self.place)
        self._request_frame()

    def go_to(self, seconds: float) -> None:
        """Show the frame of a second."""
        if self.opened is not None:
            self.go(self.opened.clip.place_at(seconds))

    def play(self, playing: bool) -> None:
        """Play or stop."""
        if playing and self.opened is not None:
            self._play_from_s, self._play_to_s = self.now_s, math.inf
            self._clock.start()
            self._playing.start()
            if self.sounds:
                self.sound.play(self.heard, self.now_s)
        else:
            self._playing.stop()
            self.sound.stop()
        self.foot.show_playing(self._playing.isActive())

    @property
    def heard(self) -> Path:
        """The file whose sound belongs to what is seen: the result's in its view, else the clip's."""
        assert self.opened is not None
        result = self.opened.result
        return result if self.canvas.view is CanvasView.RESULT and result.is_file() else self.opened.clip.path

    def switch_sound(self) -> None:
        """Sound on or off; it goes on where the picture stands."""
        self.sounds = not self.sounds
        if not self.sounds:
            self.sound.stop()
        elif self._playing.isActive():
            self.sound.play(self.heard, self.now_s)
        said = self.sound.why_silent or (tr("Sound on") if self.sounds else tr("Sound off"))
        self.canvas.set_badge(said)

    def play_span(self, from_s: float, to_s: float) -> None:
        """Play from one second to another, and stop there."""
        self.go_to(max(self._seconds(0), from_s))
        self.play(True)
        self._play_to_s = to_s

    def _play_on(self) -> None:
        # At true speed where frames come fast enough; where they do not, some are left out. A frame is asked for when
        # the last one stands.
        shown = self.canvas.shown
        if self.opened is None or shown is None or shown.pts != self.opened.clip.times[self.place]:
            return
        if self.place >= len(self.opened.clip.times) - 1 or self.now_s >= self._play_to_s:
            self.play(False)
            return
        due = self.opened.clip.place_at(self._play_from_s + self._clock.elapsed() / 1000)
        if due > self.place:
            self.go(due)

    # --- the frame

    def _regions(self) -> tuple[Any, ...]:
        return self.plans[self.place].regions if self.place < len(self.plans) else ()

    def _request_frame(self) -> None:
        opened = self.opened
        if opened is None or not self.plans:
            return
        regions, pts = self._regions(), opened.clip.times[self.place]
        settings, px = self._model.settings, self.canvas.wanted_px()
        edits = self.history.edits if self.history is not None else None
        self._show_hand()
        self._workers.sight.ask(
            lambda: self._review_service.preview(pts, regions, settings=settings, longest_side_px=px, edits=edits),
            self._show,
            failed=self._failed,
            topic="review-look",
            first=True,
        )

    def _show(self, shown: Shown) -> None:
        if self.opened is None or shown.pts != self.opened.clip.times[self.place]:
            return  # of another frame than the one asked for last; that one is on its way
        self.canvas.show_frame(shown)
        self.tools.counts.setText(counts_text(shown.counts or {}, none=tr("nothing hidden here")))
        self.frame_shown.emit()

    def _show_hand(self) -> None:
        if self.history is not None:
            ends = (self._seconds(0), self._seconds(len(self.plans) - 1))
            chosen = self._hand
            self.canvas.show_hand(hand_boxes(self.history, now_s=self.now_s, chosen=chosen, ends_s=ends))

    def set_view(self, view: CanvasView) -> None:
        """Result, regions or compare."""
        self.canvas.set_view(view)
        if self.sound.playing:
            self.sound.play(self.heard, self.now_s)
        self.tools.show_view(view)
