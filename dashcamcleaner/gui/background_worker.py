"""A thread for everything quick that is not a run: probing, thumbnails, folders, previews. Questions in, answers out.

The window asks with a function and what to do with its result; the function runs here, the rest on the window's own
thread. A newer question on the same topic replaces an older one, so that a dragged slider never queues up work.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import QObject, QThread, pyqtSignal

__all__ = ["BackgroundWorker", "ReviewWorkers"]


@dataclass(slots=True, eq=False)
class _Request:
    work: Callable[[], Any]
    then: Callable[[Any], None] | None
    failed: Callable[[Exception], None] | None
    topic: str
    first: bool = False
    stale: bool = False


class BackgroundWorker(QThread):
    """One background thread with a line of questions.

    Signals:
        unclaimed: an exception whose asker did not say what to do with it.
    """

    unclaimed = pyqtSignal(object)
    _answered = pyqtSignal(object, object, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._line: deque[_Request] = deque()
        self._topics: dict[str, _Request] = {}
        self._ready = threading.Condition()
        self._closing = False
        self._busy = False
        self._answered.connect(self._deliver)

    def ask(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None] | None = None,
        *,
        failed: Callable[[Exception], None] | None = None,
        topic: str = "",
        first: bool = False,
    ) -> None:
        """Have ``work`` done here and its result given to ``then`` on the window's thread.

        Args:
            work: runs in this thread.
            then: gets its result.
            failed: gets what it raised; without it, `unclaimed` does.
            topic: an older question on this topic is dropped, also if its answer is under way.
            first: this request goes before all that wait.
        """
        question = _Request(work, then, failed, topic, first)
        with self._ready:
            if self._closing:
                return
            if topic:
                old = self._topics.get(topic)
                if old is not None:
                    old.stale = True
                self._topics[topic] = question
                self._line = deque(waiting for waiting in self._line if not waiting.stale)
            if first:  # behind those that were put first before it: what is asked in order is answered in order
                place = next((i for i, other in enumerate(self._line) if not other.first), len(self._line))
                self._line.insert(place, question)
            else:
                self._line.append(question)
            self._ready.notify()
        if not self.isRunning():
            self.start()

    def forget(self, topic: str) -> None:
        """Drop what waits on a topic, and the answer under way."""
        with self._ready:
            old = self._topics.pop(topic, None)
            if old is not None:
                old.stale = True

    @property
    def idle(self) -> bool:
        """Nothing waits or runs (for tests)."""
        with self._ready:
            return not self._line and not self._busy

    def run(self) -> None:
        while True:
            with self._ready:
                self._busy = False
                while not self._line and not self._closing:
                    self._ready.wait()
                if self._closing:
                    return
                question = self._line.popleft()
                self._busy = True
            if question.stale:
                continue
            result: Any = None
            error: Exception | None = None
            try:
                result = question.work()
            except Exception as raised:  # crosses to the asker; a question may not take the thread along
                error = raised
            self._answered.emit(question, result, error)

    def _deliver(self, question: _Request, result: Any, error: Exception | None) -> None:
        if question.stale or self._closing:
            return
        if error is None:
            if question.then is not None:
                question.then(result)
        elif question.failed is not None:
            question.failed(error)
        else:
            self.unclaimed.emit(error)

    def close(self) -> None:
        """Drop what waits, let the current question end, and join the thread."""
        with self._ready:
            self._closing = True
            self._line.clear()
            self._ready.notify()
        self.wait()


@dataclass(frozen=True, slots=True)
class ReviewWorkers:
    """The threads in which a review works.

    Args:
        sight: reads the frames that are looked at.
        planning: makes plans anew after an edit.
        files: makes thumbnails, and saves.
    """

    sight: BackgroundWorker
    planning: BackgroundWorker
    files: BackgroundWorker
