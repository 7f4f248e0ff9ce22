"""Which clip or audit is started next, and how many run beside each other: starts, holds and ends a session's runs."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtGui import QImage

from dashcamcleaner.core.events import Failed
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.background_worker import BackgroundWorker
from dashcamcleaner.gui.clip_run import ClipRun
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.queue_model import Queue
from dashcamcleaner.gui.queue_row import Row, State
from dashcamcleaner.gui.words import tr

__all__ = ["RunScheduler", "Scheduling"]


class Scheduling(Protocol):
    """What of a session is needed to run its clips."""

    engine: EngineFacade
    files: BackgroundWorker
    form: FormModel
    queue: Queue

    @property
    def adding(self) -> bool:
        """Clips that the user added are still being looked for."""

    @property
    def audit_all(self) -> bool:
        """Every result is looked at again when it is written."""

    @property
    def output_folder(self) -> Path | None:
        """The folder for results; None puts each beside its clip."""

    @property
    def result_suffix(self) -> str:
        """What a result's name has after its source's."""

    def tell_changed(self, row_id: int) -> None:
        """A row is another now."""


class RunScheduler(QObject):
    """Starts the runs of a queue in its order, and knows those that are under way.

    Args:
        session: the session whose clips are run.
        parent: the object that this one goes with.

    Attributes:
        runs: the runs under way by row, in the order in which they were started.
        started: clips are started as soon as they can be.
        takes_all: all that waits is started, not only what was asked for by itself.
        paused: the runs are held.
        stop_after_this: no other clip follows those that run.
        closed: all runs were ended for good.

    Signals:
        changed: something about the runs as a whole.
        runs_changed: a run was added or is gone.
        began: row id of a clip whose run starts.
        happened: row id and event.
        picture: row id, current obscured frame, its time in seconds.
        message: a sentence for the message bar.
        all_done: the last run ended and none follows.
    """

    changed = pyqtSignal()
    runs_changed = pyqtSignal()
    began = pyqtSignal(int)
    happened = pyqtSignal(int, object)
    picture = pyqtSignal(int, QImage, float)
    message = pyqtSignal(str)
    all_done = pyqtSignal()

    def __init__(self, session: Scheduling, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.runs: dict[int, ClipRun] = {}
        self.started = self.takes_all = self.paused = self.stop_after_this = self.closed = False
        self._told_of_audit = False

    @property
    def busy(self) -> bool:
        """Something runs."""
        return bool(self.runs)

    # --- what the user asks for

    def start(self, *, all_waiting: bool) -> None:
        """Start clips, and let go on what is held.

        Args:
            all_waiting: all clips that wait; otherwise only those that are wanted by themselves.
        """
        self.takes_all = self.takes_all or all_waiting
        self.started, self.stop_after_this = True, False
        if self.paused:
            self.pause(False)
        self.start_next()

    def start_audit(self) -> None:
        """Start the next audit that is wanted, now or when nothing runs any more."""
        self.started = True
        if self.busy:
            self._told_of_audit = True
            self.message.emit(tr("The audit begins when what runs now is done."))
        else:
            self.start_next()

    def pause(self, paused: bool) -> None:
        """Hold all runs or let them go on; while they are held, no other is started."""
        self.paused = paused
        queue = self._session.queue
        held, wanted = (State.RUNNING, State.PAUSED) if paused else (State.PAUSED, State.RUNNING)
        for row_id, run in self.runs.items():
            run.pause(paused)
            row = queue.get(row_id)
            if row is not None and row.state is held:
                queue.move(row_id, to=wanted)
                self._session.tell_changed(row_id)
        if self.started and self.busy:
            self.start_next()
        self.changed.emit()

    def set_stop_after_this(self, stop: bool) -> None:
        """Start no other clip after those that run."""
        self.stop_after_this = stop
        if self.started and self.busy:
            self.start_next()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop all runs; their analysis is kept for the next start."""
        self._start_nothing()
        for run in self.runs.values():
            run.cancel()
        self.changed.emit()

    def close(self) -> None:
        """Stop all runs and join their threads; none is started any more."""
        self.closed, self.started = True, False
        for run in self.runs.values():
            run.cancel()
        for run in self.runs.values():
            run.wait()
        self.runs.clear()

    def _start_nothing(self) -> None:
        """Nothing follows what runs now; what waits takes the settings of the next start."""
        self.started = self.takes_all = False
        for row in self._session.queue:
            row.wants_audit = False
            if row.state is State.WAITING:
                row.wanted, row.settings = False, None
                self._session.tell_changed(row.id)

    # --- what is started next

    @property
    def _spare(self) -> Fraction:
        """The part of the machine that no run has: each has one of as many parts as may run beside each other."""
        return 1 - sum((Fraction(1, run.among) for run in self.runs.values()), Fraction(0))

    def start_next(self) -> None:
        """Start the next clip if a part of the machine is spare, once it is known where its result goes."""
        if self.runs and (self.paused or self.stop_after_this or not self._spare):
            return
        session = self._session
        row = session.queue.next_waiting(wanted_only=not self.takes_all)
        if self.started and not self.closed and (audited := session.queue.next_audit()) is not None:
            if self.runs:
                return  # it has the machine to itself, and its turn before all that waits
            if self._told_of_audit:
                self._told_of_audit = False
                self.message.emit("")  # it begins now
            self._run_audit(audited)
            return
        if self.closed or not self.started or row is None:
            if not self.runs and not (session.adding and self.takes_all):
                self.started = self.takes_all = False
            self.changed.emit()
            return
        waiting = [one for one in session.queue if one.state is State.WAITING]
        clips = [(one.source, one.root) for one in waiting]
        engine, folder, suffix = session.engine, session.output_folder, session.result_suffix
        settings = row.settings or session.form.settings
        # Rendering again is one run, like an audit: its detector rests, and all cores go to the encoder.
        alone, row_id = row.from_plan is not None, row.id
        jobs = len(self.runs) + sum(self.takes_all or one.wanted for one in waiting)
        session.files.ask(
            lambda: (
                engine.outputs(clips, folder=folder, settings=settings, suffix=suffix),
                1 if alone else engine.at_once(settings, jobs=jobs),
            ),
            lambda found: self._begin(row_id, *found),
            topic="outputs",
            first=True,
        )

    def _begin(self, asked_id: int, outputs: dict[Path, Path | DashcamCleanerError], among: int) -> None:
        """Start the clip that was asked about, if it still is the next one and may run."""
        session = self._session
        row = session.queue.next_waiting(wanted_only=not self.takes_all)
        if self.closed or not self.started or row is None:
            self.changed.emit()
            return
        output = row.own_output or outputs.get(row.source)
        if output is None or row.id != asked_id:
            session.files.forget("outputs")
            self.start_next()
            return
        if self.runs and not self._has_room(row, output, among):
            return  # the end of a run asks again
        session.queue.begin(row.id)
        if isinstance(output, DashcamCleanerError):
            self.happened.emit(row.id, Failed(output))
            self.start_next()
            return
        row.output = output
        self._run(row, output, among)
        self.start_next()

    def _has_room(self, row: Row, output: Path | DashcamCleanerError, among: int) -> bool:
        """Whether a clip may run beside those that run."""
        queue = self._session.queue
        if self.paused or self.stop_after_this or queue.next_audit() is not None:
            return False
        # Its own last run may be winding up, or another clip's result have the name that its result would have.
        running = [queue.get(row_id) for row_id in self.runs]
        meets = row in running or any(one is not None and one.output == output for one in running)
        return not meets and Fraction(1, among) <= self._spare

    def _run(self, row: Row, output: Path, among: int) -> None:
        row.settings = row.settings or self._session.form.settings
        settings = row.settings.replaced(overwrite=True) if row.overwrite else row.settings
        source, from_plan, engine, audit = row.source, row.from_plan, self._session.engine, self._session.audit_all

        def start() -> tuple[Any, Any]:
            from dashcamcleaner.pipeline.job import Job

            its = settings if from_plan is None else engine.settings_for_plan(from_plan, settings)
            return engine.start(Job(source, output, its, from_plan=from_plan, audit=audit), among=among)

        self._launch(row, start, among=among)

    def _run_audit(self, row: Row) -> None:
        assert row.summary is not None
        self._session.queue.begin_audit(row.id)
        source, output, plan, engine = row.source, Path(row.summary.output), row.plan, self._session.engine
        self._launch(row, lambda: engine.start_audit(source, output, plan))

    def _launch(self, row: Row, start: Callable[[], tuple[Any, Any]], *, among: int = 1) -> None:
        run = self.runs[row.id] = ClipRun(row.id, start, among=among, paused=self.paused, parent=self)
        run.setObjectName(f"dashcamcleaner-run-{row.id}")
        self.runs_changed.emit()
        run.happened.connect(self.happened)
        run.picture.connect(self.picture)
        run.ended.connect(self._run_ended)
        run.start()
        self._session.tell_changed(row.id)
        self.began.emit(row.id)

    def _run_ended(self, row_id: int) -> None:
        run = self.runs.pop(row_id, None)
        if run is None:
            return  # joined already
        run.wait()
        run.deleteLater()
        self.runs_changed.emit()
        if self.stop_after_this and not self.runs:
            self._start_nothing()
        self.start_next()
        if not self.started and not self.runs:
            self.stop_after_this = self.takes_all = False
            self.all_done.emit()
            self.changed.emit()
