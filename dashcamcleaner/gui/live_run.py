"""A live run in a thread of its own; its events cross to the window as signals."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QThread, pyqtSignal

from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.messages import msg, said

if TYPE_CHECKING:
    from dashcamcleaner.live.preview_sink import PreviewSink
    from dashcamcleaner.live.session import LiveSession

__all__ = ["LiveRun"]

log = logging.getLogger(__name__)


class LiveRun(QThread):
    """A run.

    Args:
        open_session: gives the session and its preview; called in this thread, so that the engine is imported here.
        panic_key: a key of the whole desktop that covers everything; empty: none.

    Signals:
        opened: the preview, once the session stands.
        happened: each event.
        failed: what ended the run, if it did not end by itself.
    """

    opened = pyqtSignal(object)
    happened = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(
        self,
        open_session: Callable[[], tuple[LiveSession, PreviewSink | None]],
        *,
        panic_key: str = "",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("dashcamcleaner-live-run")
        self._open_session, self._panic_key = open_session, panic_key
        self._session: LiveSession | None = None
        self._stopped = False

    def stop(self) -> None:
        """End the run soon."""
        self._stopped = True
        session = self._session
        if session is not None:
            session.stop()

    def panic(self) -> None:
        """Cover everything; before the session stands there is nothing to cover, since nothing leaves."""
        session = self._session
        if session is not None:
            session.panic()

    def run(self) -> None:
        try:
            session, preview = self._open_session()
            self._session = session
            if self._stopped:  # while the engine was still being imported
                return
            self.opened.emit(preview)
            with contextlib.ExitStack() as stack:
                if self._panic_key:
                    from dashcamcleaner.live.panic import desktop_key

                    stack.enter_context(desktop_key(session.panic, self._panic_key))
                for event in stack.enter_context(contextlib.closing(session.run())):
                    self.happened.emit(event)
        except Exception as error:  # whatever dies here is told in the tab and never takes the window along
            if not isinstance(error, DashcamCleanerError):
                log.exception("the live run died")
                error = DashcamCleanerError(
                    msg(
                        "An internal fault stopped the live run: {kind}: {error}.",
                        kind=type(error).__name__,
                        error=said(error),
                    ),
                    hint="Nothing was passed through unhidden. Help > Log file tells more.",
                )
            self.failed.emit(error)
