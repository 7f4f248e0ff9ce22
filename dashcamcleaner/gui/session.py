"""What the window does, without its layout: adds clips, runs them in the queue's order, remembers the queue.

Owns the threads: `runs` (one for each clip at work, as many as the setting `parallel` says), `files` (thumbnails,
folders), `sight` (frames) and `planning` (plans of a review). `close` joins all.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtGui import QImage

from dashcamcleaner.core.events import Audited, Event, Failed, Finished
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.background_worker import BackgroundWorker
from dashcamcleaner.gui.clip_inquiries import ClipInquiries
from dashcamcleaner.gui.clip_run import ClipRun
from dashcamcleaner.gui.engine_facade import CLEANED, EngineFacade, Found
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.queue_memory import RememberedRow, recalled, remembered
from dashcamcleaner.gui.queue_model import Queue, Row, State
from dashcamcleaner.gui.queue_view import QueueListModel
from dashcamcleaner.gui.store import Store, is_name_part
from dashcamcleaner.gui.words import event_text, tr, tr_count
from dashcamcleaner.messages import localized
from dashcamcleaner.settings import SETTINGS

__all__ = ["Session"]


class Session(QObject):
    """The working part of the window.

    Signals:
        changed: something about the queue as a whole: buttons and totals are to be drawn anew.
        row_changed: the row with this id changed.
        picture: row id, current obscured frame, its time in seconds.
        began: row id of a clip whose run starts.
        added: paths that the user added.
        message: a sentence for the message bar.
        ended: row id of a clip whose run has ended, whichever way.
        all_done: the last run ended and none follows.
        crashed: an exception that nobody expected.
    """

    changed = pyqtSignal()
    row_changed = pyqtSignal(int)
    picture = pyqtSignal(int, QImage, float)
    began = pyqtSignal(int)
    message = pyqtSignal(str)
    added = pyqtSignal(list)
    ended = pyqtSignal(int)
    all_done = pyqtSignal()
    crashed = pyqtSignal(object)

    def __init__(self, engine: EngineFacade, store: Store, form: FormModel) -> None:
        super().__init__()
        self.engine, self.store, self.form = engine, store, form
        self.queue = Queue()
        self.rows = QueueListModel(self.queue)
        self.files, self.sight = (
            BackgroundWorker("dashcamcleaner-files", self),
            BackgroundWorker("dashcamcleaner-sight", self),
        )
        self.planning = BackgroundWorker("dashcamcleaner-planning", self)
        for worker in (self.files, self.sight, self.planning):
            worker.unclaimed.connect(self.crashed)
        self.inquiries = ClipInquiries(self)
        self.runs: dict[int, ClipRun] = {}  # by row, in the order in which they were started
        self.started = False
        self.takes_all = False
        self.paused = False
        self._told_frozen = self._told_of_audit = False
        self.pace_fps: float | None = None
        form.listen(self._settings_changed)
        self.stop_after_this = False
        self._live_px = 0
        self._chosen: int | None = None
        self._adding = 0
        self._restoring = False
        self._closed = False

    # --- clips

    def add(self, paths: Sequence[str]) -> None:
        """Add files and folders; what they hold is found out off the window's thread."""
        if not paths:
            return
        self._adding += 1
        self.added.emit([str(path) for path in paths])
        settings, suffix = self.form.settings, self.result_suffix
        self.files.ask(lambda: self.engine.find(list(paths), settings=settings, suffix=suffix), self._found, first=True)

    def _found(self, found: Found, *, recalled_rows: Sequence[RememberedRow] = ()) -> None:
        self._adding -= 1
        rows = self.rows.add(found.clips)
        self._recall(rows, recalled_rows)
        self.inquiries.earlier()
        for row in rows:
            self.inquiries.facts(row)
        twice = len(found.clips) - len(rows)
        sentences = [f"{localized(error.message)} {localized(error.hint)}".strip() for error in found.errors]
        sentences += found.left_out
        if found.skipped:
            sentences.append(
                tr_count(
                    found.skipped,
                    "{n} file is neither clip nor picture and was left aside.",
                    "{n} files are neither clip nor picture and were left aside.",
                )
            )
        if twice:
            sentences.append(
                tr_count(twice, "{n} clip is in the queue already.", "{n} clips are in the queue already.")
            )
        if sentences:
            self.message.emit("  ".join(sentences))
        self.remember()
        self.changed.emit()
        if self.started:
            self._next()

    def remove(self, row_ids: Sequence[int]) -> None:
        """Take clips out of the queue; their files stay."""
        for row_id in row_ids:
            if not self.rows.remove(row_id) and self.queue.get(row_id) is not None:
                self.message.emit(tr("A clip that is being cleaned cannot be removed; cancel it first."))
        self.remember()
        self.changed.emit()

    def remove_ended(self) -> None:
        """Take out what is done."""
        self.remove([row.id for row in self.queue if row.state in (State.DONE, State.PARTIAL)])

    # --- running

    @property
    def busy(self) -> bool:
        return bool(self.runs)

    @property
    def watched(self) -> int | None:
        """The row whose run is shown live: the chosen one if it runs, else the one that was started first."""
        return self._chosen if self._chosen in self.runs else next(iter(self.runs), None)

    def start(self) -> None:
        """Clean what waits, with the settings in force now; what was stopped is continued."""
        for row in self.queue:
            if row.state is State.STOPPED:
                self.queue.ask_again(row.id, overwrite=row.overwrite, from_plan=row.from_plan)
            if row.state is State.WAITING:
                row.settings = self.form.settings
                self.tell_changed(row.id)
        self.takes_all = True
        self._go_on()

    def _go_on(self) -> None:
        self.started, self.stop_after_this, self._told_frozen = True, False, False
        if self.paused:
            self.pause(False)
        self._next()
        self.changed.emit()

    def set_pace(self, fps: float) -> None:
        """How fast clips are worked on at the settings in force, as it was measured."""
        self.pace_fps = fps
        self.changed.emit()

    def add_sample(self) -> None:
        """Make the sample clip, if it is not there yet, and add it."""

        def failed(error: Exception) -> None:
            if isinstance(error, DashcamCleanerError):
                self.message.emit(f"{localized(error.message)} {localized(error.hint)}".strip())
            else:
                self.crashed.emit(error)

        self.message.emit(tr("Drawing the sample clip…"))
        self.files.ask(self.engine.sample_clip, self._add_drawn, failed=failed, topic="sample", first=True)

    def _add_drawn(self, clip: Path) -> None:
        self.message.emit("")
        self.add([str(clip)])

    def _settings_changed(self, changed: set[str]) -> None:
        if any(SETTINGS[name].group in ("seeing", "time") for name in changed if name in SETTINGS):
            self.pace_fps = None
            self.changed.emit()
        if self.started and not self._told_frozen:
            self._told_frozen = True
            self.message.emit(
                tr("What was started keeps the settings it was started with. Changed ones count from the next start.")
            )

    def audit(self, row_id: int) -> None:
        """Look at a result again, now or when the run has ended; nothing else is started by it."""
        row = self.queue.get(row_id)
        if row is None or row.summary is None:
            return
        row.wants_audit = True
        self.started = True
        if self.busy:
            self._told_of_audit = True
            self.message.emit(tr("The audit begins when what runs now is done."))
        else:
            self._next()

    def again(self, row_id: int, *, overwrite: bool = False, from_plan: Path | None = None) -> None:
        """Clean an ended clip once more, or render it again from its plan; of what else waits, nothing is started."""
        row = self.queue.get(row_id)
        if row is None or not row.can_restart:
            return
        self.queue.ask_again(row_id, overwrite=overwrite, from_plan=from_plan)
        row.wanted, row.settings = True, self.form.settings
        if row.facts is None:
            self.inquiries.facts(row)
        self.tell_changed(row_id)
        self._go_on()

    def pause(self, paused: bool) -> None:
        """Hold all runs or let them go on; while they are held, no other is started."""
        self.paused = paused
        held, wanted = (State.RUNNING, State.PAUSED) if paused else (State.PAUSED, State.RUNNING)
        for row_id, run in self.runs.items():
            run.pause(paused)
            row = self.queue.get(row_id)
            if row is not None and row.state is held:
                self.queue.move(row_id, to=wanted)
                self.tell_changed(row_id)
        if self.started and self.busy:
            self._next()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop all runs; their analysis is kept for the next start."""
        self._start_nothing()
        for run in self.runs.values():
            run.cancel()
        self.changed.emit()

    def _start_nothing(self) -> None:
        """Nothing follows what runs now; what waits takes the settings of the next start."""
        self.started = self.takes_all = False
        for row in self.queue:
            row.wants_audit = False
            if row.state is State.WAITING:
                row.wanted, row.settings = False, None
                self.tell_changed(row.id)

    def set_stop_after_this(self, stop: bool) -> None:
        """Start no other clip after those that run."""
        self.stop_after_this = stop
        if self.started and self.busy:
            self._next()
        self.changed.emit()

    def show_live(self, longest_side_px: int) -> None:
        """Show the current frame of the run that is watched; 0 stops that."""
        self._live_px = longest_side_px
        self._watch()

    def choose(self, row_id: int | None) -> None:
        """The user looks at this row; if it runs, it is the one that is watched."""
        self._chosen = row_id
        self._watch()

    def _watch(self) -> None:
        watched = self.watched
        for row_id, run in self.runs.items():
            run.show_live(self._live_px if row_id == watched else 0)

    # --- what is started next

    @property
    def _spare(self) -> Fraction:
        """The part of the machine that no run has: each has one of as many parts as may run beside each other."""
        return 1 - sum((Fraction(1, run.among) for run in self.runs.values()), Fraction(0))

    def _next(self) -> None:
        """Start the next clip if a part of the machine is spare, once it is known where its result goes."""
        if self.runs and (self.paused or self.stop_after_this or not self._spare):
            return
        row = self.queue.next_waiting(wanted_only=not self.takes_all)
        if self.started and not self._closed and (audited := self.queue.next_audit()) is not None:
            if self.runs:
                return  # it has the machine to itself, and its turn before all that waits
            if self._told_of_audit:
                self._told_of_audit = False
                self.message.emit("")  # it begins now
            self._run_audit(audited)
            return
        if self._closed or not self.started or row is None:
            if not self.runs and not (self._adding and self.takes_all):
                self.started = self.takes_all = False
            self.changed.emit()
            return
        waiting = [one for one in self.queue if one.state is State.WAITING]
        clips = [(one.source, one.root) for one in waiting]
        folder, settings, suffix = self.output_folder, row.settings or self.form.settings, self.result_suffix
        # Rendering again is one run, like an audit: its detector rests, and all cores go to the encoder.
        alone, row_id = row.from_plan is not None, row.id
        jobs = len(self.runs) + sum(self.takes_all or one.wanted for one in waiting)
        self.files.ask(
            lambda: (
                self.engine.outputs(clips, folder=folder, settings=settings, suffix=suffix),
                1 if alone else self.engine.at_once(settings, jobs=jobs),
            ),
            lambda found: self._begin(row_id, *found),
            topic="outputs",
            first=True,
        )

    def _begin(self, asked_id: int, outputs: dict[Path, Path | DashcamCleanerError], among: int) -> None:
        row = self.queue.next_waiting(wanted_only=not self.takes_all)
        if self._closed or not self.started or row is None:
            self.changed.emit()
            return
        output = row.own_output or outputs.get(row.source)
        if output is None or row.id != asked_id:
            self.files.forget("outputs")
            self._next()
            return
        if self.runs and not self._has_room(row, output, among):
            return  # the end of a run asks again
        self.queue.begin(row.id)
        if isinstance(output, DashcamCleanerError):
            self._happened(row.id, Failed(output))
            self._next()
            return
        row.output = output
        self._run(row, output, among)
        self._next()

    def _has_room(self, row: Row, output: Path | DashcamCleanerError, among: int) -> bool:
        """Whether a clip may run beside those that run."""
        if self.paused or self.stop_after_this or self.queue.next_audit() is not None:
            return False
        # Its own last run may be winding up, or another clip's result have the name that its result would have.
        running = [self.queue.get(row_id) for row_id in self.runs]
        meets = row in running or any(one is not None and one.output == output for one in running)
        return not meets and Fraction(1, among) <= self._spare

    def _run(self, row: Row, output: Path, among: int) -> None:
        row.settings = row.settings or self.form.settings
        settings = row.settings.replaced(overwrite=True) if row.overwrite else row.settings
        source, from_plan, engine, audit = row.source, row.from_plan, self.engine, self.audit_all

        def start() -> tuple[Any, Any]:
            from dashcamcleaner.pipeline.job import Job

            its = settings if from_plan is None else engine.settings_for_plan(from_plan, settings)
            return engine.start(Job(source, output, its, from_plan=from_plan, audit=audit), among=among)

        self._launch(row, start, among=among)

    def _run_audit(self, row: Row) -> None:
        assert row.summary is not None
        self.queue.begin_audit(row.id)
        source, output, plan, engine = row.source, Path(row.summary.output), row.plan, self.engine
        self._launch(row, lambda: engine.start_audit(source, output, plan))

    def _launch(self, row: Row, start: Callable[[], tuple[Any, Any]], *, among: int = 1) -> None:
        run = self.runs[row.id] = ClipRun(row.id, start, among=among, paused=self.paused, parent=self)
        run.setObjectName(f"dashcamcleaner-run-{row.id}")
        self._watch()
        run.happened.connect(self._happened)
        run.picture.connect(self.picture)
        run.ended.connect(self._run_ended)
        run.start()
        self.tell_changed(row.id)
        self.began.emit(row.id)

    def _happened(self, row_id: int, event: Event) -> None:
        if self._closed:
            return  # what was still under way when all were joined: their rows are put away
        row = self.queue.apply(row_id, event)
        if line := event_text(event):
            row.log.append(f"{datetime.datetime.now():%H:%M:%S}  {line}")
        if isinstance(event, Finished) and row.from_plan is None and row.fps:
            self.pace_fps = row.fps * (self.runs[row_id].among if row_id in self.runs else 1)
        if isinstance(event, Finished):
            self.inquiries.cleaned_thumbnail(row)
        if isinstance(event, Finished | Audited | Failed):
            self.remember()
            self.ended.emit(row_id)
        self.tell_changed(row_id)

    def _run_ended(self, row_id: int) -> None:
        run = self.runs.pop(row_id, None)
        if run is None:
            return  # joined already
        run.wait()
        run.deleteLater()
        self._watch()
        if self.stop_after_this and not self.runs:
            self._start_nothing()
        self._next()
        if not self.started and not self.runs:
            self.stop_after_this = self.takes_all = False
            self.all_done.emit()
            self.changed.emit()

    def tell_changed(self, row_id: int) -> None:
        """A row is another now: views and totals are drawn anew."""
        if self.queue.get(row_id) is not None:
            self.rows.changed(row_id)
            self.row_changed.emit(row_id)
            self.changed.emit()

    # --- where results go, and what is remembered

    @property
    def audit_all(self) -> bool:
        """Every result is looked at again when it is written."""
        return bool(self.store.get("audit", False))

    @property
    def output_folder(self) -> Path | None:
        """The folder for results; None puts each beside its clip."""
        name = self.store.get("output_folder")
        return Path(name) if name else None

    @property
    def result_suffix(self) -> str:
        """What a result's name has after its source's."""
        suffix = self.store.get("result_suffix")
        return suffix if isinstance(suffix, str) and suffix and is_name_part(suffix) else CLEANED

    def set_result_suffix(self, suffix: str) -> bool:
        """Choose it; False where it can be no part of a name."""
        suffix = suffix.strip()
        if suffix and not is_name_part(suffix):
            return False
        self.store.set(result_suffix=suffix or None)
        self.inquiries.earlier()
        self.changed.emit()
        return True

    def set_output_folder(self, folder: Path | None) -> None:
        """Choose where results go."""
        self.store.set(output_folder=str(folder) if folder else None)
        self.inquiries.earlier()
        self.changed.emit()

    def remember(self) -> None:
        """Write down the queue with what became of it, so that the next start shows it and can continue."""
        if not self._restoring:
            self.store.set(queue=remembered(self.queue) or None)

    def restore(self) -> None:
        """Put back the queue of the last time; clips that are gone are not."""
        entries = recalled(self.store.get("queue", []))
        if not entries:
            return
        self._restoring = True

        def back(found: list[RememberedRow]) -> None:
            self._restoring = False
            self._adding += 1
            self._found(Found(clips=[(one.source, one.root) for one in found]), recalled_rows=found)
            if found:
                self.message.emit(
                    tr_count(
                        len(found),
                        "{n} clip from last time is back in the queue.",
                        "{n} clips from last time are back in the queue.",
                    )
                )

        self.files.ask(lambda: [one for one in entries if one.source.is_file()], back)

    def _recall(self, rows: Sequence[Row], entries: Sequence[RememberedRow]) -> None:
        """Put what became of these rows back."""
        by_source = {one.source: one for one in entries}
        for row in rows:
            if (one := by_source.get(row.source)) is None:
                continue
            row.own_output, row.output = one.own_output, one.output
            if one.error is not None:
                self.queue.move(row.id, to=State.FAILED)
                row.error = one.error
            self.tell_changed(row.id)

    def close(self) -> None:
        """Stop everything and join all threads."""
        self._closed = True
        self.remember()
        self.started = False
        for run in self.runs.values():
            run.cancel()
        for run in self.runs.values():
            run.wait()
        self.runs.clear()
        for worker in (self.files, self.sight, self.planning):
            worker.close()
        for row in self.queue:
            if row.state in (State.RUNNING, State.PAUSED):
                self.queue.move(row.id, to=State.STOPPED)
