"""One clip's run in its own thread: `clean(job)` is iterated here, its events cross to the window as signals."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from PyQt5.QtCore import QObject, QThread, pyqtSignal
from PyQt5.QtGui import QImage

from dashcamcleaner.core.events import Audited, Event, Failed, Finished, Progress
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.messages import msg, said

__all__ = ["ClipRun"]

log = logging.getLogger(__name__)


class ClipRun(QThread):
    """A run.

    Args:
        row_id: the row whose events these are.
        start_run: gives the generator of events and the control of a new run; called in this thread, so that the
            engine is imported here.
        among: among how many runs the machine is shared out: this one has one part of so many.
        paused: it begins held.

    Signals:
        happened: row id and event; the last one is `Finished`, `Audited` or `Failed`.
        picture: row id, the current obscured frame as a QImage, its time in seconds.
        ended: row id, behind the last event: nothing more comes of this run.
    """

    happened = pyqtSignal(int, object)
    picture = pyqtSignal(int, QImage, float)
    ended = pyqtSignal(int)

    def __init__(
        self,
        row_id: int,
        start_run: Callable[[], tuple[Iterator[Event], Any]],
        *,
        among: int = 1,
        paused: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.row_id, self.among = row_id, among
        self._start_run = start_run
        self._control: Any = None
        self._cancelled = False
        self._paused = paused
        self.watched_px = 0

    def pause(self, paused: bool) -> None:
        """Hold the run, or let it go on."""
        self._paused = paused
        if self._control is not None:
            (self._control.pause if paused else self._control.resume)()

    def cancel(self) -> None:
        """End the run soon; `Failed` with `Cancelled` follows."""
        self._cancelled = True
        if self._control is not None:
            self._control.cancel()

    def show_live(self, longest_side_px: int) -> None:
        """Show the current frame a few times a second, at this size; 0 stops that."""
        self.watched_px = longest_side_px

    def run(self) -> None:
        ended = False
        try:
            events, self._control = self._start_run()
            # What was asked for while the engine was still being imported.
            if self._paused:
                self._control.pause()
            if self._cancelled:
                self._control.cancel()
            for event in events:
                ended = isinstance(event, Finished | Audited | Failed)
                if isinstance(event, Progress):
                    self._show()
                self.happened.emit(self.row_id, event)
            if not ended:
                raise DashcamCleanerError("The run ended without saying how.", hint="Please report it.")
        except Exception as error:  # whatever dies here becomes the row's error and never takes the window along
            if not isinstance(error, DashcamCleanerError):
                log.exception("the run of row %d died", self.row_id)
                error = DashcamCleanerError(
                    msg(
                        "An internal fault stopped the run: {kind}: {error}.",
                        kind=type(error).__name__,
                        error=said(error),
                    ),
                    hint="Nothing was passed through unhidden. Help > Log file tells more.",
                )
            if not ended:
                self.happened.emit(self.row_id, Failed(error))
        # Not Qt's own `finished`: this one stands in the window's line behind what happened, whoever asks meanwhile.
        self.ended.emit(self.row_id)

    def _show(self) -> None:
        from dashcamcleaner.gui.pictures import to_image

        taken = self._control.take_frame()
        if taken is not None:
            time, picture = taken
            self.picture.emit(self.row_id, to_image(picture), time.seconds)
        if self.watched_px:
            self._control.ask_for_frame(self.watched_px)
