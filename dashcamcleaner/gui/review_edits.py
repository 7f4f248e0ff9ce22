"""The review's edits at work: a change is shown, saved beside the clip at once, and planned anew in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from dashcamcleaner.core.edit_rows import Box, KeyFrame
from dashcamcleaner.core.edit_types import ClearZone, DrawnRegion, HiddenSpan, HiddenZone
from dashcamcleaner.errors import Cancelled, DashcamCleanerError
from dashcamcleaner.gui.background_worker import ReviewWorkers
from dashcamcleaner.gui.edit_history import EditHistory
from dashcamcleaner.gui.review_service import OpenedReview, ReviewService
from dashcamcleaner.gui.words import failure_text, tr

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.core.plan import FramePlan
    from dashcamcleaner.review.track_summary import ReviewItem

__all__ = ["Editing"]


class Editing(QObject):
    """The edits of the open review.

    Args:
        sight: the background worker that follows.
        planning: another one, which plans: on a long clip that takes a while, and frames are to be shown meanwhile.
        files: the background worker that saves.
        review_service: the review service, which lives on the former.

    Signals:
        edited: the edits have changed.
        planned: the plan was made anew; `plans` are fresh.
        focused: key of what was just added.
        message: a sentence for the canvas, until its next picture comes; empty takes the last one away.
        failed: a sentence about what did not work, which is to stay until it was read.
    """

    edited = pyqtSignal()
    planned = pyqtSignal()
    focused = pyqtSignal(object)
    message = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, workers: ReviewWorkers, review_service: ReviewService) -> None:
        super().__init__()
        self._workers, self._review_service = workers, review_service
        self.history: EditHistory | None = None
        self.plans: list[FramePlan] = []
        self.review_items: list[ReviewItem] = []
        self.marks: tuple[float | None, float | None] = (None, None)
        self._ends = (0.0, 0.0)
        self._following: list[list[bool]] = []
        self._plan_stale = [False]
        self._source: Path | None = None
        self._unsaved: dict[Path, EditHistory] = {}
        """Edits of clips that were left while they could not be saved, by clip."""
        self._told_unsaved = False
        self.pending = False
        """A plan is being made; until it comes, single frames are planned roughly."""

    def open(self, opened: OpenedReview) -> None:
        """Begin with what stands in the edits file."""
        self.history = EditHistory(opened.edits_file, opened.edits, past=opened.past)
        if not opened.rendered:
            self.history.rendered = None
        self.plans, self.review_items, self.marks = opened.plans, list(opened.items.items), (None, None)
        self._ends = (opened.clip.seconds(0), opened.clip.seconds(len(opened.clip.times) - 1))
        self._source = opened.clip.path
        kept = self._unsaved.pop(self._source, None)
        if kept is not None and kept.file.is_of_plan_of(opened.edits_file):
            self.history = kept
            if not self.is_kept:  # the background worker wrote them after all, while another clip was in front
                self._tell_saved()

    @property
    def is_kept(self) -> bool:
        """The edits in force are others than those that the file has: they could not be saved so far."""
        return self.history is not None and self.history.saved != self.history.edits

    def close(self) -> None:
        """Save what is not saved yet, and forget; what cannot be saved is kept until its clip is opened again."""
        if self._source is not None and self.history is not None and not self.save(self._source):
            self._unsaved[self._source] = self.history
        self._source = None
        self.history, self.plans, self.review_items, self.marks = None, [], [], (None, None)
        self.pending = False

    # --- what was said

    def change(self, changed: Callable[[Edits], Edits]) -> None:
        """Have other edits in force; what is wrong with them is told."""
        if self.history is None:
            return
        try:
            self.history.change(changed(self.history.edits))
        except DashcamCleanerError as error:
            self._tell_failed(error)
            return
        self.take(None)

    def rename(self, track: int, name: str) -> None:
        """Give a track a name."""
        if self.history is not None:
            self.history.rename(track, name)
            self.take(None)

    def undo(self) -> None:
        """One step back."""
        if self.history is not None:
            self.history.undo()
            self.take(None)

    def redo(self) -> None:
        """One step on again."""
        if self.history is not None:
            self.history.redo()
            self.take(None)

    # --- spans

    def mark(self, now_s: float, *, start: bool) -> None:
        """Set one end of the marked span; an end on the wrong side of it is dropped."""
        first, last = self.marks
        if start:
            self.marks = (now_s, last if last is not None and last >= now_s else None)
        else:
            self.marks = (first if first is not None and first <= now_s else None, now_s)

    @property
    def is_marked(self) -> bool:
        return self.marks != (None, None)

    def span(self, now_s: float) -> tuple[float, float]:
        """The marked span; the clip's end where one end is missing; without marks the frame shown."""
        if not self.is_marked:
            return now_s, now_s
        first, last = self.marks
        return (first if first is not None else self._ends[0], last if last is not None else self._ends[1])

    def cover(self, now_s: float) -> None:
        """Hide whole frames over the span."""
        if self.history is not None:
            first_s, last_s = self.span(now_s)
            place = self.history.add(HiddenSpan(from_s=first_s, to_s=last_s))
            self.marks = (None, None)
            self.take(("hand", place))

    def trim(self, place: int, now_s: float) -> None:
        """Let something by hand last for the span."""
        if self.history is not None:
            self.history.trim(place, *self.span(now_s))
            self.take(None)

    # --- by hand

    def remove(self, place: int) -> None:
        """Take back something by hand."""
        if self.history is not None:
            self.history.remove(place)
            self.take(None)

    def reshape(self, place: int, now_s: float, box: Box) -> None:
        """Move or resize something by hand at this moment."""
        if self.history is not None:
            self.history.reshape(place, now_s, box)
            self.take(None)

    def add_zone(self, zone: HiddenZone | ClearZone, now_s: float) -> None:
        """A fixed area or one to leave clear, for the marked span or throughout."""
        if self.history is not None:
            self.take(("hand", self.history.add(zone.lasting(*self.span(now_s)) if self.is_marked else zone)))

    def add_drawn(self, now_s: float, pts: int, box: Box) -> None:
        """A drawn box: hidden in this frame at once, then followed both ways."""
        if self.history is None:
            return
        history, place = self.history, self.history.add(DrawnRegion(((now_s, box),)))
        drawn_in = history.edits
        self.take(("hand", place))
        self.message.emit(tr("Following what you drew…"))
        stopped = [False]
        self._following.append(stopped)

        def followed(keys: list[KeyFrame]) -> None:
            self.message.emit("")
            if self.history is history and history.extend_region(drawn_in, place, keys):
                self.take(None)

        def lost(error: Exception) -> None:
            self.message.emit("")
            self.failed.emit(tr("It could not be followed: {why}", why=error))

        self._workers.sight.ask(
            lambda: self._review_service.follow(pts, box, lambda: stopped[0]), followed, failed=lost
        )

    # --- after every change

    def take(self, key: tuple[str, int] | None) -> None:
        """Tell, save and plan anew."""
        history = self.history
        if history is None:
            return
        self.edited.emit()
        if key is not None:
            self.focused.emit(key)
        edits, file = history.edits, history.file

        def saved(_: object) -> None:
            history.saved = edits
            self._tell_saved()

        self._workers.files.ask(history.saving(), saved, failed=self._not_saved, topic=f"save {file.path}", first=True)
        self._plan_stale[0] = True  # one that is being made for an older state ends early
        stale = self._plan_stale = [False]
        self.pending = True
        self._workers.planning.ask(
            lambda: self._review_service.replan(edits or None, lambda: stale[0]),
            self._planned,
            failed=self._not_planned,
            topic="replan",
        )

    def plan_roughly(self, place: int) -> None:
        """What the edits do to one frame, before the whole plan is made anew."""
        unedited = self._review_service.unedited
        if self.history is not None and place < min(len(unedited), len(self.plans)):
            from dashcamcleaner.core.plan import FramePlan

            plan = unedited[place]
            self.plans = list(self.plans)
            self.plans[place] = FramePlan(plan.seen, self.history.edits.apply(plan.regions, seen=plan.seen))

    def _planned(self, found: list[FramePlan]) -> None:
        if self.history is not None:
            self.plans, self.pending = found, False
            self.planned.emit()

    def _not_planned(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self._workers.planning.unclaimed.emit(error)

    def _not_saved(self, error: Exception) -> None:
        if isinstance(error, DashcamCleanerError):
            self._told_unsaved = True
            self.failed.emit(tr("Your edits are not saved: {why}", why=failure_text(error)))
        else:
            self._workers.files.unclaimed.emit(error)

    def _tell_saved(self) -> None:
        """What was told before is not so any more."""
        if self._told_unsaved and not self._unsaved:
            self._told_unsaved = False
            self.failed.emit(tr("Your edits are saved now."))

    def _tell_failed(self, error: DashcamCleanerError) -> None:
        self.failed.emit(failure_text(error))

    def save(self, source: Path | None = None) -> bool:
        """Write at once what the background worker has not written yet; stop following and planning.

        Args:
            source: save what is of this clip; None: what is of any.

        Returns:
            False where edits could not be written; why is told.
        """
        self._plan_stale[0] = True
        for stopped in self._following:
            stopped[0] = True
        self._following.clear()
        at_hand = {} if self.history is None or self._source is None else {self._source: self.history}
        done = True
        for path, history in (self._unsaved | at_hand).items():
            if source in (None, path) and history.saved != history.edits:
                try:
                    history.save()
                except DashcamCleanerError as error:
                    self._not_saved(error)
                    done = False
                else:
                    self._unsaved.pop(path, None)
                    self._tell_saved()
        return done
