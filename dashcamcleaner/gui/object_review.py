"""The review's objects: cards of persons and vehicles, chosen one or several, and what is said about them.

`review.ReviewPanel` adds opening, drawing and keys. What an action comes to is decided by `review.object_edits`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QFileDialog, QInputDialog, QMenu

from dashcamcleaner.errors import Cancelled, DashcamCleanerError
from dashcamcleaner.gui.background_worker import ReviewWorkers
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.frame_provider import FrameProvider
from dashcamcleaner.gui.review_items import ItemsAtHand
from dashcamcleaner.gui.review_player import ReviewPlayer
from dashcamcleaner.gui.review_service import OpenedReview, card_thumbnail
from dashcamcleaner.gui.review_words import cards_of, hand_span, lanes_of, place_text
from dashcamcleaner.gui.words import failure_text, tr, tr_count
from dashcamcleaner.review.object_edits import (
    hidden,
    kept,
    kept_for_span,
    looked_at,
    merged,
    objects_of,
    only_hidden,
    removed,
    split,
    styled,
    verdict,
)
from dashcamcleaner.review.review_objects import key_of_track, rarely_seen, review_objects, shown

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.review.review_objects import Key, ReviewObject

__all__ = ["ObjectReview"]

_STYLES = (("", 0), ("gaussian", 0), ("mosaic", 16), ("mosaic", 32), ("solid", 0))


class ObjectReview(ReviewPlayer):
    """Cards and lanes of the objects of an open review; made of the same things as its player.

    Signals:
        message: a sentence for the message bar.
    """

    message = pyqtSignal(str)

    def __init__(self, workers: ReviewWorkers, engine: EngineFacade, model: FormModel) -> None:
        super().__init__(workers, engine, model)
        self._card_frames = FrameProvider(engine)
        self.objects: list[ReviewObject] = []
        """All objects, whether shown or filtered out."""
        self.at_hand = ItemsAtHand()
        self._searching: set[tuple[int, str]] = set()
        """What is searched for, or waits its turn: the review that asked, and what is told meanwhile."""
        self._serial = 0
        self.card_tools.changed.connect(self._show_edits)
        self.cards.dropped.connect(lambda dragged, onto: self._merge([dragged, onto]))
        self.cards.scrubbed.connect(self._scrub)

    def _show_tools(self) -> None:
        raise NotImplementedError

    # --- choosing

    def choose(self, key: Key | None) -> None:
        """Choose an object or something by hand, everywhere at once; a track stands for the object that it shows."""
        if key is not None and key[0] == "track":
            key = key_of_track(self.objects, key[1], index=self.place)
        self.chosen = key
        chosen = next((one for one in self.objects if one.key == key), None)
        self.canvas.choose(key, {summary.track for summary in chosen.tracks} if chosen is not None else set())
        self.cards.choose(key)
        self.timeline.choose(key)
        self._show_hand()
        self._show_tools()

    def _card_chosen(self, key: Key | None) -> None:
        several = self.cards.keys
        self.at_hand.at = -1
        if len(several) < 2:
            self.choose(key)
        else:
            self.chosen = key
            self._show_tools()
        if self.opened is None or key is None or self.history is None:
            return
        if key[0] == "hand":
            edit = self.history.at(key[1])
            first_s, last_s = hand_span(edit, start_s=self._seconds(0), end_s=self._seconds(len(self.plans) - 1))
            if not first_s <= self.now_s <= last_s:
                self.go_to(first_s)
            return
        one = next((one for one in self.objects if one.key == key), None)
        if one is not None and not one.is_there(self.place):
            self.go(one.best.best_index)

    def chosen_objects(self) -> list[ReviewObject]:
        """The objects of all chosen cards."""
        keys = self.cards.keys
        if self.chosen is not None and self.chosen not in keys:
            keys = [self.chosen]
        return objects_of(self.objects, keys)

    # --- what is said

    def say(self, what: str) -> bool:
        """Say something about all chosen objects; False where none is chosen, or it makes no sense."""
        objects, editing = self.chosen_objects(), self.editing
        if not objects:
            return False
        span = editing.span(self.now_s)
        act: dict[str, Callable[[Edits], Edits]] = {
            "keep": lambda edits: kept(edits, objects),
            "hide": lambda edits: hidden(edits, objects),
            "drop": lambda edits: removed(edits, objects),
            "only": lambda edits: only_hidden(edits, objects),
            "checked": lambda edits: looked_at(edits, objects),
            "merge": lambda edits: merged(edits, objects, seconds=self._seconds),
            "split": lambda edits: split(edits, objects[0]),
        }
        if what == "keep" and editing.is_marked:
            editing.marks = (None, None)
            act["keep"] = lambda edits: kept_for_span(
                edits, objects, from_s=span[0], to_s=span[1], seconds=self._seconds
            )
        if what not in act:
            return False
        editing.change(act[what])
        return True

    def _merge(self, keys: Sequence[Key]) -> None:
        objects = objects_of(self.objects, keys)
        if len(objects) > 1:
            self.editing.change(lambda edits: merged(edits, objects, seconds=self._seconds))

    def remove_rarely_seen(self) -> None:
        """Take away all that were seen at most twice and are unsure."""
        objects = rarely_seen(self.objects)
        if objects:
            self.editing.change(lambda edits: removed(edits, objects))
        self.message.emit(tr_count(len(objects), "{n} card removed", "{n} cards removed"))

    def _style(self, style: str, square_px: int = 0, picture: str = "") -> None:
        objects = self.chosen_objects()
        if objects:
            self.editing.change(lambda edits: styled(edits, objects, style, square_px, picture))

    def _ask_picture_to_lay_on(self) -> None:
        """A picture of the user's own, over the chosen objects."""
        title, kinds = tr("Choose a picture to lay on"), tr("Pictures") + " (*.png *.webp *.jpg *.jpeg)"
        path, _ = QFileDialog.getOpenFileName(self, title, "", kinds)
        if path:
            self.lay_on(Path(path))

    def lay_on(self, picture: Path) -> None:
        """Lay a picture over the chosen objects; one that cannot be read is told.

        Args:
            picture: a file, PNG with transparency for instance.
        """
        from dashcamcleaner.obscure.overlay import read_picture

        try:
            read_picture(picture)
        except DashcamCleanerError as error:
            self.message.emit(failure_text(error))
            return
        self._style("picture", picture=str(picture.absolute()))

    def _ask_name(self) -> None:
        objects = self.chosen_objects()
        if objects and self.history is not None:
            track = objects[0].best.track
            name = self.history.edits.names.get(track, "")
            name, said = QInputDialog.getText(self, tr("Name"), tr("Who or what is this?"), text=name)
            if said:
                self.editing.rename(track, name)

    def show_menu(self, at: QPoint) -> None:
        """What can be done with the chosen cards, at a place of the screen."""
        if self.chosen is None:
            return
        menu = QMenu(self)
        for what, title in self.buttons.choices(self.chosen):
            menu.addAction(title, lambda what=what: self.act(what))
        objects = self.chosen_objects()
        if objects:
            styles = menu.addMenu(tr("Style"))
            for style, square_px in _STYLES:
                name = {
                    "": tr("As the rest"),
                    "gaussian": tr("Blur"),
                    "mosaic": tr("Squares of {n} px", n=square_px),
                    "solid": tr("Solid"),
                }[style]
                styles.addAction(name, lambda style=style, px=square_px: self._style(style, px))
            styles.addAction(tr("Own picture…"), self._ask_picture_to_lay_on)
        if len(objects) > 1:
            menu.addAction(tr("Merge the chosen cards"), lambda: self.act("merge"))
        elif objects and len(objects[0].tracks) > 1:
            menu.addAction(tr("Split the chosen card"), lambda: self.act("split"))
        menu.setAttribute(Qt.WA_DeleteOnClose)
        menu.popup(at)

    def act(self, what: str) -> None:
        """One of the panel's actions, by its name."""
        raise NotImplementedError

    # --- persons

    def find_people(self) -> None:
        """Look through the clip for who is who; the cards of persons come when it is done."""
        settings = self._model.settings

        def found(who: Edits) -> str:
            told = tr_count(len(who.persons), "{n} person found", "{n} persons found")
            before = self.history.edits.about_persons if self.history is not None else who
            if set(who.entries) == {row for rows in before.person_tracks.values() for row in rows}:
                return told  # nobody was merged or split since: what was chosen stays
            self.editing.change(lambda edits: edits.without_persons.joined(who))
            if not before.entries:
                return told
            return tr("{found}; what was said of persons before is gone, undo brings it back", found=told)

        self._search(tr("Looking for persons…"), lambda gone: self._review_service.find_people(settings, gone), found)

    def hide_burned_in(self) -> None:
        """Hide all text that stands still, over the whole clip."""

        def found(boxes: list[Any]) -> str:
            from dashcamcleaner.core.burned_in import place_words
            from dashcamcleaner.pipeline.burned_in import covered

            if self.opened is None or not boxes:
                return tr("No burned-in text found")
            self.editing.change(lambda edits: covered(edits, boxes))
            where = ", ".join(dict.fromkeys(place_text(place_words(box, self.opened.clip.size)) for box in boxes))
            return tr("Burned-in text hidden: {where}", where=where)

        self._search(tr("Looking for burned-in text…"), self._review_service.find_burned_in, found)

    def _search(self, words: str, work: Callable[[Callable[[], bool]], Any], found: Callable[[Any], str]) -> None:
        """Search the clip in the background; ends early when the review closes. What is asked for twice is done once.

        Searches of one thread follow each other: one that winds up for a review that was closed is waited for.

        Args:
            words: told meanwhile.
            work: searches; is given what tells that nobody waits any more.
            found: takes the result on the window's thread, and says what to tell.
        """
        if self.opened is None:
            return
        self.canvas.tell(words)
        serial = self._serial
        if (serial, words) in self._searching:
            return
        self._searching.add((serial, words))

        def took(result: Any) -> None:
            self._searching.discard((serial, words))
            if serial == self._serial:
                self.canvas.tell("")
                self.message.emit(found(result))

        def failed(error: Exception) -> None:
            self._searching.discard((serial, words))
            if isinstance(error, Cancelled) or serial != self._serial:
                return
            if isinstance(error, DashcamCleanerError):
                self.canvas.tell("")
                self.message.emit(failure_text(error))
            else:
                self._workers.planning.unclaimed.emit(error)

        self._workers.planning.ask(lambda: work(lambda: serial != self._serial), took, failed=failed)

    # --- pictures

    def _ask_thumbnails(self, opened: OpenedReview) -> None:
        for bar in sorted(opened.tracks, key=lambda bar: bar.best_index):  # in order: a decoder goes ahead
            self._ask_picture(opened, ("track", bar.track), bar.best_index, bar.best_box)

    def _ask_picture(self, opened: OpenedReview, key: Key, index: int, box: Any, *, crop: bool = False) -> None:
        serial, source, pts, frames = self._serial, opened.clip.path, opened.clip.times[index], self._card_frames

        def work() -> QImage:
            return card_thumbnail(frames, source, pts, box) if serial == self._serial else QImage()

        def took(picture: QImage) -> None:
            if serial != self._serial:
                return
            if crop:
                self.cards.show_crop(key, picture)
            else:
                self.cards.show_picture(key, picture)

        # Without one the card keeps its empty picture; the canvas tells what is wrong with the clip.
        self._workers.files.ask(work, took, failed=lambda _: None, topic="crop" if crop else "", first=crop)

    def _ask_levels(self, opened: OpenedReview) -> None:
        """How loud the clip is, for the timeline."""
        serial, path, end_s = self._serial, opened.clip.path, opened.clip.seconds(len(opened.clip.times) - 1)

        def work() -> list[float]:
            from dashcamcleaner.media.sound_reader import sound_levels

            return sound_levels(path, end_s=end_s, cancelled=lambda: serial != self._serial)

        def took(levels: list[float]) -> None:
            if serial == self._serial:
                self.timeline.show_levels(levels)

        self._workers.files.ask(work, took, failed=lambda _: None)

    def _scrub(self, key: Key | None, part: float) -> None:
        """Show another moment of an object on its card."""
        one = next((one for one in self.objects if one.key == key), None)
        if one is None or self.opened is None:
            self._workers.files.forget("crop")
            self.cards.show_crop(None)
            return
        crops = one.crops()
        if crops:
            index, box = crops[min(len(crops) - 1, int(part * len(crops)))]
            self._ask_picture(self.opened, one.key, index, box, crop=True)

    # --- after every change

    def _show_edits(self) -> None:
        if self.opened is None or self.history is None:
            return
        before, chosen = self.chosen, next((one for one in self.objects if one.key == self.chosen), None)
        self.objects = review_objects(
            self.opened.tracks, self.history.edits, thresholds=self.opened.thresholds, seconds=self._seconds
        )
        if chosen is not None and all(one.key != before for one in self.objects):  # merged, split, or either undone
            self.chosen = key_of_track(self.objects, chosen.best.track, index=self.place)
        wanted = shown(self.objects, order=self.card_tools.order, filters=self.card_tools.filters)
        end_s = self._seconds(len(self.opened.clip.times) - 1)
        self.cards.show_cards(cards_of(wanted, self.history, seconds=self._seconds, end_s=end_s))
        lanes = lanes_of(wanted, self.history, seconds=self._seconds, end_s=end_s)
        self.timeline.show_lanes(lanes, start_s=self._seconds(0), end_s=end_s)
        self.timeline.show_marks(*self.editing.marks)
        self._show_doubts()
        if self.chosen != before:
            self.choose(self.chosen)
            return
        self._show_hand()
        self._show_tools()

    def _show_doubts(self) -> None:
        edits = self.history.edits if self.history is not None else None
        self.timeline.show_doubts(
            [
                (self._seconds(item.index), item.harm)
                for place, item in enumerate(self.at_hand.items)
                if edits is None or not self.at_hand.is_settled(place, edits)
            ]
        )

    def said_of_chosen(self) -> set[str]:
        """What was said of the chosen object, by the names of actions."""
        objects = self.chosen_objects()
        if not objects or self.history is None:
            return set()
        edits = self.history.edits
        said = {verdict(edits, one) for one in objects}
        found = said if len(said) == 1 else set()
        if all(summary.track in edits.checked for one in objects for summary in one.tracks):
            found = found | {"checked"}
        return found
