"""What the window does, without its layout: adds clips, has them run in the queue's order, remembers the queue.

Owns the threads: `runs` (one for each clip at work, as many as the setting `parallel` says; `run_scheduler` starts
them), `files` (thumbnails, folders), `sight` (frames) and `planning` (plans of a review). `close` joins all.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtGui import QImage

from dashcamcleaner.core.events import Audited, Event, Failed, Finished
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.background_worker import BackgroundWorker
from dashcamcleaner.gui.clip_inquiries import ClipInquiries
from dashcamcleaner.gui.clip_run import ClipRun
from dashcamcleaner.gui.engine_facade import EngineFacade, Found
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.queue_memory import RememberedRow, recalled, remembered
from dashcamcleaner.gui.queue_model import Queue
from dashcamcleaner.gui.queue_row import Row, State
from dashcamcleaner.gui.queue_view import QueueListModel
from dashcamcleaner.gui.run_scheduler import RunScheduler
from dashcamcleaner.gui.store import Store, is_name_part
from dashcamcleaner.gui.words import event_text, failure_text, tr, tr_count
from dashcamcleaner.output_files import CLEANED_SUFFIX
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
        self.scheduler = RunScheduler(self, parent=self)
        self._listen_to_runs()
        self._told_frozen = False
        self.pace_fps: float | None = None
        form.listen(self._settings_changed)
        self._live_px = 0
        self._chosen: int | None = None
        self._adding = 0
        self._restoring = False

    def _listen_to_runs(self) -> None:
        scheduler = self.scheduler
        scheduler.runs_changed.connect(self._watch)
        scheduler.happened.connect(self._happened)
        scheduler.changed.connect(self.changed)
        scheduler.began.connect(self.began)
        scheduler.picture.connect(self.picture)
        scheduler.message.connect(self.message)
        scheduler.all_done.connect(self.all_done)

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
        sentences = [failure_text(error) for error in found.errors]
        sentences += found.left_out
        if found.skipped:
            sentences.append(
                tr_count(
                    found.skipped,
                    "{n} file is neither clip nor picture and was left aside.",
                    "{n} files are neither clip nor picture and were left aside.",
                )
            )
        if found.results:
            sentences.append(
                tr_count(
                    found.results,
                    "{n} file is the result of an earlier run and was left aside.",
                    "{n} files are results of earlier runs and were left aside.",
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
            self.scheduler.start_next()

    @property
    def adding(self) -> bool:
        """Clips that the user added are still being looked for."""
        return self._adding > 0

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
    def runs(self) -> dict[int, ClipRun]:
        """The runs under way by row, in the order in which they were started."""
        return self.scheduler.runs

    @property
    def busy(self) -> bool:
        """Something runs."""
        return self.scheduler.busy

    @property
    def started(self) -> bool:
        """Clips are started as soon as they can be."""
        return self.scheduler.started

    @property
    def takes_all(self) -> bool:
        """All that waits is started, not only what was asked for by itself."""
        return self.scheduler.takes_all

    @property
    def paused(self) -> bool:
        """The runs are held."""
        return self.scheduler.paused

    @property
    def stop_after_this(self) -> bool:
        """No other clip follows those that run."""
        return self.scheduler.stop_after_this

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
        self._go_on(all_waiting=True)

    def _go_on(self, *, all_waiting: bool) -> None:
        self._told_frozen = False
        self.scheduler.start(all_waiting=all_waiting)
        self.changed.emit()

    def set_pace(self, fps: float) -> None:
        """How fast clips are worked on at the settings in force, as it was measured."""
        self.pace_fps = fps
        self.changed.emit()

    def add_sample(self) -> None:
        """Make the sample clip, if it is not there yet, and add it."""

        def failed(error: Exception) -> None:
            if isinstance(error, DashcamCleanerError):
                self.message.emit(failure_text(error))
            else:
                self.crashed.emit(error)

        self.message.emit(tr("Drawing the sample clip…"))
        # Not where files are asked about: clips that are added meanwhile would wait for the drawing.
        self.planning.ask(self.engine.sample_clip, self._add_drawn, failed=failed, topic="sample", first=True)

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
        self.scheduler.start_audit()

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
        self._go_on(all_waiting=False)

    def pause(self, paused: bool) -> None:
        """Hold all runs or let them go on; while they are held, no other is started."""
        self.scheduler.pause(paused)

    def cancel(self) -> None:
        """Stop all runs; their analysis is kept for the next start."""
        self.scheduler.cancel()

    def set_stop_after_this(self, stop: bool) -> None:
        """Start no other clip after those that run."""
        self.scheduler.set_stop_after_this(stop)

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

    def _happened(self, row_id: int, event: Event) -> None:
        if self.scheduler.closed:
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
        return suffix if isinstance(suffix, str) and suffix and is_name_part(suffix) else CLEANED_SUFFIX

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
        self.remember()
        self.scheduler.close()
        for worker in (self.files, self.sight, self.planning):
            worker.close()
        for row in self.queue:
            if row.state in (State.RUNNING, State.PAUSED):
                self.queue.move(row.id, to=State.STOPPED)
