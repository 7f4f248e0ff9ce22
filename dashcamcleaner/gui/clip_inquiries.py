"""What the session asks of files, off the window's thread: facts of a clip, its thumbnail, results of earlier days."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PyQt5.QtGui import QImage

from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.background_worker import BackgroundWorker
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.queue_model import Queue
from dashcamcleaner.gui.queue_row import ClipFacts, Row, State
from dashcamcleaner.messages import msg

__all__ = ["Asking", "ClipInquiries"]


class Asking(Protocol):
    """What of a session is needed to ask."""

    engine: EngineFacade
    files: BackgroundWorker
    form: FormModel
    queue: Queue

    @property
    def output_folder(self) -> Path | None:
        """The folder for results; None puts each beside its clip."""

    @property
    def result_suffix(self) -> str:
        """What a result's name has after its source's."""

    def tell_changed(self, row_id: int) -> None:
        """A row is another now."""

    def remember(self) -> None:
        """Write the queue down."""


class ClipInquiries:
    """Asks, and puts the answers into the session's queue.

    Args:
        session: the session whose rows it asks about.
    """

    def __init__(self, session: Asking) -> None:
        self._session = session

    def earlier(self) -> None:
        """Find the results of earlier days: they can be reviewed, and are not made again unasked."""
        session = self._session
        asked = [row for row in session.queue if row.state is State.WAITING and not row.asked_again]
        clips = [(row.source, row.root) for row in asked]
        known = {row.source: own for row in asked if (own := row.own_output or row.output) is not None}
        folder, settings, engine = session.output_folder, session.form.settings, session.engine
        suffix = session.result_suffix

        def find_results() -> dict[Path, RunSummary]:
            outputs = engine.outputs(clips, folder=folder, settings=settings, suffix=suffix) | known
            return engine.earlier({source: one for source, one in outputs.items() if isinstance(one, Path)})

        def took(results: dict[Path, RunSummary]) -> None:
            for row in session.queue:
                if row.source in results and row.state is State.WAITING and not row.asked_again:
                    session.queue.found_done(row.id, results[row.source])
                    self.cleaned_thumbnail(row)
                    session.tell_changed(row.id)
            session.remember()

        if clips:
            session.files.ask(find_results, took, first=True)

    def facts(self, row: Row) -> None:
        """Read a row's length and size, and draw its thumbnail."""
        session = self._session
        row_id, source = row.id, row.source

        def took(facts: ClipFacts) -> None:
            if (known := session.queue.get(row_id)) is not None:
                known.facts = facts
                if known.state in (State.DONE, State.PARTIAL):
                    self.cleaned_thumbnail(known)
                session.tell_changed(row_id)

        def failed(error: Exception) -> None:
            if session.queue.get(row_id) is not None:
                if not isinstance(error, DashcamCleanerError):
                    error = DashcamCleanerError(msg("{path} cannot be read: {error}.", path=source.name, error=error))
                session.queue.cannot_be_read(row_id, error)
                session.tell_changed(row_id)
                session.remember()

        session.files.ask(lambda: session.engine.facts(source), took, failed=failed)

    def cleaned_thumbnail(self, row: Row) -> None:
        """Draw the thumbnail of a row's result, which need not be blurred."""
        session = self._session
        row_id, output = row.id, row.output
        assert output is not None

        def took(thumbnail: QImage) -> None:
            known = session.queue.get(row_id)
            if known is not None and known.facts is not None:
                facts = known.facts
                known.facts = ClipFacts(facts.duration_s, facts.size, facts.frames, facts.file_bytes, thumbnail)
                session.tell_changed(row_id)

        # A result that cannot be read back keeps its blurred thumbnail; the audit is what judges results.
        session.files.ask(lambda: session.engine.cleaned_thumbnail(output), took, failed=lambda _: None)
