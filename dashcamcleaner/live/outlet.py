"""One sink with a thread and a queue of its own: a slow or broken sink holds up neither the others nor the gate."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.live.clock import Backoff, Clock
from dashcamcleaner.live.ports import FrameSink, StreamFormat
from dashcamcleaner.live.release import ReleasedFrame, ReleasedSound
from dashcamcleaner.messages import joined, msg

__all__ = ["Outlet"]

_MOST_WAITING = 60
_LONGEST_RETRY_S = 8.0


class Outlet:
    """Feeds one sink, and opens it again when it fails.

    Args:
        sink: used by the thread that calls `run` alone.
        clock: the session's.
        tell: takes ``(what, sentence)``: the sink was lost or found.
        drop: told of each frame that the sink had no time for.

    Attributes:
        failure: why the sink takes nothing now; None while it works.
    """

    def __init__(
        self, sink: FrameSink, *, clock: Clock, tell: Callable[[str, str], None], drop: Callable[[], None]
    ) -> None:
        self.sink = sink
        self._clock = clock
        self._tell = tell
        self._drop = drop
        self._changed = threading.Condition()
        self._waiting: deque[ReleasedFrame | ReleasedSound] = deque()
        self._ended = False
        self.failure: DashcamCleanerError | None = None

    def put(self, item: ReleasedFrame | ReleasedSound) -> None:
        """Hand over what left; never waits. The oldest goes where the sink is too slow."""
        with self._changed:
            if self._ended:
                return
            self._waiting.append(item)
            if len(self._waiting) > _MOST_WAITING and isinstance(self._waiting.popleft(), ReleasedFrame):
                self._drop()
            self._changed.notify_all()

    def blank(self) -> None:
        """Throw away what the sink has not taken yet and was not covered: somebody wants it seen by nobody."""
        with self._changed:
            kept = [item for item in self._waiting if isinstance(item, ReleasedFrame) and item.covered]
            self._waiting = deque(kept)

    def end(self) -> None:
        """Nothing more will come; the rest is written."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def run(self, form: StreamFormat) -> None:
        """The thread's work: until `end`."""
        retry = Backoff(self._clock, longest_s=_LONGEST_RETRY_S)
        try:
            while not (self._ended and not self._waiting):
                try:
                    if not self.sink.open(form):
                        self._forget()
                        continue
                    if self.failure is not None:
                        self._tell("sink", msg("{description} works again.", description=self.sink.description))
                        self.failure = None
                    while (item := self._take()) is not None:
                        self.sink.write(item)
                        retry.worked()
                except DashcamCleanerError as error:
                    if self.failure is None:
                        self.failure = error
                        self._tell("sink", joined([text for text in (error.message, error.hint) if text]))
                    self.sink.close()
                    with self._changed:
                        retry.wait(self._changed, ended=lambda: self._ended)
                    self._forget()
                else:
                    break
        finally:
            self.sink.close()

    def _take(self) -> ReleasedFrame | ReleasedSound | None:
        with self._changed:
            while not self._waiting and not self._ended:
                self._clock.wait(self._changed, None)
            return self._waiting.popleft() if self._waiting else None

    def _forget(self) -> None:
        """Before the next try: what left meanwhile is not kept."""
        with self._changed:
            self._waiting.clear()
