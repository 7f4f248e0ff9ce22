"""The review: look at what was found, correct it, and render again. Edits are saved beside the clip at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent

from dashcamcleaner.core.edit_rows import Box
from dashcamcleaner.core.edit_types import ClearZone, DrawnRegion, HiddenZone
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.background_worker import ReviewWorkers
from dashcamcleaner.gui.canvas import CanvasView
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.object_review import ObjectReview
from dashcamcleaner.gui.review_items import ItemsAtHand
from dashcamcleaner.gui.review_service import OpenedReview
from dashcamcleaner.gui.shortcuts import key_text
from dashcamcleaner.gui.window_parts import EditsQuestion
from dashcamcleaner.gui.words import failure_text, tr
from dashcamcleaner.messages import localized

__all__ = ["ReviewPanel"]

KEYS = {  # key and whether Shift is held -> an action's name in the table of shortcuts
    (Qt.Key_Left, False): "back",
    (Qt.Key_Right, False): "forth",
    (Qt.Key_Left, True): "back_second",
    (Qt.Key_Right, True): "forth_second",
    (Qt.Key_Home, False): "first",
    (Qt.Key_End, False): "last",
    (Qt.Key_Space, False): "play",
    (Qt.Key_N, False): "next_weak",
    (Qt.Key_N, True): "previous_weak",
    (Qt.Key_I, False): "mark_in",
    (Qt.Key_O, False): "mark_out",
    (Qt.Key_C, False): "cover",
    (Qt.Key_B, False): "draw",
    (Qt.Key_K, False): "keep",
    (Qt.Key_Delete, False): "drop",
    (Qt.Key_Backspace, False): "nothing",
    (Qt.Key_Return, False): "hide",
    (Qt.Key_Enter, False): "hide",
    (Qt.Key_G, False): "merge",
    (Qt.Key_G, True): "split",
    (Qt.Key_Y, False): "only",
    (Qt.Key_M, False): "checked",
    (Qt.Key_Plus, False): "zoom_in",
    (Qt.Key_Plus, True): "zoom_in",
    (Qt.Key_Minus, False): "zoom_out",
    (Qt.Key_0, False): "zoom_fit",
    (Qt.Key_S, False): "sound",
    (Qt.Key_X, False): "burned_in",
}
LOOK_S = 0.5
"""A look at a spot begins and ends a little outside of it."""
DrawnType: TypeAlias = type[DrawnRegion] | type[HiddenZone] | type[ClearZone]
"""What a drag on the canvas makes."""
VIEWS = {Qt.Key_1: CanvasView.RESULT, Qt.Key_2: CanvasView.REGIONS, Qt.Key_3: CanvasView.COMPARE}


class ReviewPanel(ObjectReview):
    """Canvas, cards and timeline of one finished run; made of the same things as its player.

    Signals:
        render_wanted: render again with the edits.
        ready: a review is open.
    """

    render_wanted = pyqtSignal()
    ready = pyqtSignal()

    def __init__(self, workers: ReviewWorkers, engine: EngineFacade, model: FormModel) -> None:
        super().__init__(workers, engine, model)
        self._draws: DrawnType = DrawnRegion
        self._wanted: tuple[Path, Path, Path | None] | None = None
        self._connect()
        self.show_nothing()

    # --- building

    def _connect(self) -> None:
        self.tools.view_wanted.connect(self.set_view)
        self.tools.wanted.connect(self.act)
        self.foot.wanted.connect(self.act)
        self.foot.scrubbed.connect(self.go)
        self.buttons.wanted.connect(self.act)
        self.timeline.sought.connect(self.go_to)
        self.timeline.chosen.connect(self._picked)
        self.card_tools.wanted.connect(self.act)
        self.cards.chosen.connect(self._card_chosen)
        self.cards.opened.connect(lambda key: self.act("name" if key[0] != "hand" else ""))
        self.cards.customContextMenuRequested.connect(lambda at: self.show_menu(self.cards.viewport().mapToGlobal(at)))
        self.canvas.menu_wanted.connect(self.show_menu)
        self.canvas.picked.connect(self._picked)
        self.canvas.drawn.connect(self._drawn)
        self.canvas.reshaped.connect(lambda place, box: self.editing.reshape(place, self.now_s, box))
        self.editing.edited.connect(self._edited)
        self.editing.planned.connect(self._planned)
        self.editing.focused.connect(self.choose)
        self.editing.message.connect(self.canvas.tell)
        self.editing.failed.connect(self.message)
        self.canvas.resized.connect(self._again.start)
        self._model.listen(lambda _: self._again.start() if self.opened is not None else None)

    # --- opening

    def show_nothing(self, message: str = "") -> None:
        """No review: say why."""
        self._serial += 1
        for topic in ("review", "review-look"):
            self._workers.sight.forget(topic)
        self.editing.close()
        self.opened = self._wanted = self.chosen = None
        self.objects, self.at_hand = [], ItemsAtHand()
        self.canvas.choose(None, set())
        self.timeline.choose(None)
        self.play(False)
        self.canvas.fit()
        self.timeline.show_levels([])
        self.canvas.show_frame(None)
        self.canvas.show_hand([])
        self.canvas.tell(message or tr("Choose a clip that is done to review what was hidden in it."))
        self.cards.show_cards([])
        self.timeline.show_lanes([], start_s=0, end_s=1)
        self.timeline.show_doubts([])
        self._show_tools()

    def open(self, source: Path, plan: Path, report: Path | None) -> None:
        """Review a finished run; the one that is open already stays as it is."""
        if self._wanted == (source, plan, report):
            return
        self.show_nothing(tr("Opening the review…"))
        self._wanted = (source, plan, report)
        settings = self._model.settings
        self._workers.sight.ask(
            lambda: self._review_service.open(source, plan, report, settings),
            self._ready,
            failed=self._failed,
            topic="review",
        )

    def _ready(self, opened: OpenedReview) -> None:
        self.editing.open(opened)
        self.opened, self.place = opened, 0
        self.at_hand = ItemsAtHand(
            opened.items.items, left_out=opened.items.left_out, seconds=opened.clip.seconds, size=opened.clip.size
        )
        self.cards.forget_pictures()
        self.foot.set_frames(len(opened.clip.times))
        self._show_edits()
        self._ask_thumbnails(opened)
        self._ask_levels(opened)
        self.go(0)
        if told := [*opened.edits.warnings, *opened.notes]:
            self.message.emit("  ".join(map(localized, told)))
        if self.editing.is_kept:  # the plans at hand are under the edits in the file
            self.editing.take(None)
        if opened.question:
            self.question = EditsQuestion(self, opened.question)
            self.question.answered.connect(self._edits_answered)
            self.question.open()
        self.ready.emit()

    def _edits_answered(self, take: bool) -> None:
        """Edits from elsewhere were taken, and the review begins anew with them; or they stay left out."""
        wanted = self._wanted
        if not take or wanted is None:
            return

        def accepted(_: None) -> None:
            if self._wanted == wanted:
                self._wanted = None
                self.open(*wanted)

        self._workers.sight.ask(self._review_service.accept_edits, accepted, failed=self._failed)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, DashcamCleanerError):
            self._workers.sight.unclaimed.emit(error)
            self.show_nothing(tr("This clip cannot be reviewed."))
            return
        self.show_nothing(failure_text(error, between="\n"))

    def has_unrendered(self, source: Path) -> bool:
        """Whether edits of this clip's open review are not in its result yet."""
        history = self.history
        if history is None or self.opened is None or self.opened.clip.path != source:
            return False
        return history.edits != history.rendered

    def offer_render(self, title: str, *, enabled: bool) -> None:
        """Name the button that renders again, with the style where that is another, and enable it."""
        self.tools.offer_render(title, enabled=enabled and self.opened is not None)

    # --- choosing

    def _picked(self, key: tuple[str, int] | None) -> None:
        """Something was clicked in the picture or on the timeline: nothing is asked about any more."""
        self.at_hand.at = -1
        self.choose(key)

    # --- doing

    def act(self, what: str) -> None:
        """`do`, for signals."""
        self.do(what)

    def do(self, what: str) -> bool:
        """One of the panel's actions, by its name in the table of shortcuts; False if it makes no sense now."""
        if self.opened is None or self.history is None:
            return False
        if what in ("hide", "nothing") and self.at_hand.current is not None:
            self._answer(what)
            return True
        what = "drop" if what == "nothing" else what
        if self.say(what):
            return True
        act = {
            "back": lambda: self.go(self.place - 1),
            "forth": lambda: self.go(self.place + 1),
            "back_second": lambda: self.go_to(self.now_s - 1),
            "forth_second": lambda: self.go_to(self.now_s + 1),
            "first": lambda: self.go(0),
            "last": lambda: self.go(len(self.plans) - 1),
            "play": self._play_or_look,
            "undo": lambda: self._step(self.editing.undo),
            "redo": lambda: self._step(self.editing.redo),
            "next_weak": lambda: self.next_item(1),
            "previous_weak": lambda: self.next_item(-1),
            "draw": lambda: self._draw(DrawnRegion),
            "fixed": lambda: self._draw(HiddenZone),
            "exclude": lambda: self._draw(ClearZone),
            "mark_in": lambda: self._mark(start=True),
            "mark_out": lambda: self._mark(start=False),
            "cover": lambda: self.editing.cover(self.now_s),
            "trim": self._trim,
            "drop": self._remove_by_hand,
            "name": self._ask_name,
            "find_people": self.find_people,
            "burned_in": self.hide_burned_in,
            "zoom_in": lambda: self.canvas.zoom_by(1.5),
            "zoom_out": lambda: self.canvas.zoom_by(1 / 1.5),
            "zoom_fit": self.canvas.fit,
            "sound": self.switch_sound,
            "rarely_seen": self.remove_rarely_seen,
            "render": self.render_wanted.emit,
        }.get(what)
        if act is None:
            return False
        act()
        return True

    def _step(self, step: Callable[[], None]) -> None:
        if self._hand is not None:
            self.choose(None)  # its place among the edits may be another's after the step
        step()

    def _mark(self, *, start: bool) -> None:
        self.editing.mark(self.now_s, start=start)
        self.timeline.show_marks(*self.editing.marks)
        self._show_tools()

    def _trim(self) -> None:
        if self._hand is not None:
            self.editing.trim(self._hand, self.now_s)

    def _remove_by_hand(self) -> None:
        if self._hand is not None:
            place = self._hand
            self.choose(None)
            self.editing.remove(place)

    # --- drawing

    def _draw(self, what: DrawnType) -> None:
        self.play(False)
        self._draws = what
        if self.canvas.view is CanvasView.COMPARE:
            self.set_view(CanvasView.REGIONS)
        self.canvas.draw_next(not (self.canvas.drawing and self._draws == what))
        self.canvas.setFocus()

    def _drawn(self, box: Box) -> None:
        if self.opened is None:
            return
        if self._draws is HiddenZone or self._draws is ClearZone:
            self.editing.add_zone(self._draws(box), self.now_s)
        else:
            self.editing.add_drawn(self.now_s, self.opened.clip.times[self.place], box)

    # --- items

    def next_item(self, step: int) -> None:
        """Go to the next spot that deserves a look and was not answered yet, most harmful first."""
        item = self.at_hand.step(step, self.history.edits) if self.history is not None else None
        if item is None:
            return
        at = self.at_hand.at
        self.choose(("track", item.track) if item.track is not None else None)
        self.at_hand.at = at
        self.go(item.index)
        self.canvas.show_item(item.box)
        self._show_tools()

    def _answer(self, what: str) -> None:
        """Answer the spot at hand, and go on to the next one; after the last one nothing is asked any more."""
        hand = self.at_hand
        self.editing.change(lambda edits: hand.answer(what, edits))
        if self.history is not None and hand.settled(self.history.edits) < len(hand.items):
            self.next_item(1)
            return
        hand.at = -1
        self.canvas.show_item(None)
        self._show_tools()

    def _play_or_look(self) -> None:
        """Play or stop; with a spot at hand play its seconds alone."""
        item = self.at_hand.current
        if item is None or self._playing.isActive():
            self.play(not self._playing.isActive())
        else:
            self.play_span(self._seconds(item.index) - LOOK_S, self._seconds(item.last) + LOOK_S)

    # --- after every change

    def _edited(self) -> None:
        self._show_edits()
        self.editing.plan_roughly(self.place)
        self._request_frame()

    def _planned(self) -> None:
        self._show_tools()
        self._request_frame()

    def _show_tools(self) -> None:
        history = self.history
        self.tools.show_state(
            opened=self.opened is not None,
            can_undo=history is not None and history.can_undo,
            can_redo=history is not None and history.can_redo,
            review_items=self.at_hand.text(history.edits, keys=self._answer_keys()) if history is not None else "",
            has_doubts=bool(self.at_hand.items),
        )
        self.buttons.show_choice(self.chosen, said=self.said_of_chosen(), marked=self.editing.is_marked)
        self.foot.setEnabled(self.opened is not None)

    @staticmethod
    def _answer_keys() -> str:
        return tr(
            "{hide}: hide, {nothing}: it is nothing, {look}: look",
            hide=key_text("hide"),
            nothing=key_text("nothing"),
            look=key_text("play"),
        )

    # --- keys, saving, closing

    def take_key(self, event: QKeyEvent) -> bool:
        """One of the review's keys; False leaves it to others."""
        if self.opened is None:
            return False
        shift = bool(event.modifiers() & Qt.ShiftModifier)
        if event.key() in VIEWS and not shift:
            self.set_view(VIEWS[event.key()])
            return True
        name = KEYS.get((event.key(), shift))
        return name is not None and self.do(name)

    def save(self, source: Path | None = None) -> bool:
        """Write what the background worker has not written yet; False where that cannot be done, which is told.

        Args:
            source: what is of this clip alone; None: what is of any clip that was reviewed.
        """
        return self.editing.save(source)

    def close_clip(self) -> None:
        """Before the window closes."""
        self._serial += 1  # searches end
        self.play(False)
        self._again.stop()
        self.save()

    def close_files(self) -> None:
        """Give the clips back, once the background workers have ended."""
        self._frames.close()
        self._card_frames.close()

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        for part in (self.tools, self.foot, self.buttons):
            part.refresh_theme()
