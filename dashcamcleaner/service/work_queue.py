"""Where work on pictures waits: as many threads as cores, and a bounded line before them."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from dashcamcleaner.detection.yolo import cpu_count
from dashcamcleaner.errors import ServiceBusy, TooMany
from dashcamcleaner.messages import msg

__all__ = ["WorkQueue"]

T = TypeVar("T")


class WorkQueue:
    """Runs calls in threads, a bounded number of them waiting.

    Args:
        most_waiting: how many may wait beyond those that run.
        patience_s: how long an asker waits for an answer.
        threads: how many run at once; 0: as many as there are cores.
    """

    def __init__(self, *, most_waiting: int, patience_s: float, threads: int = 0) -> None:
        self.threads = threads or cpu_count()
        self._most = most_waiting + self.threads
        self._patience_s = patience_s
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="dashcamcleaner-picture")
        self._lock = threading.Lock()
        self._inside = 0

    @property
    def inside(self) -> int:
        """How many wait or run."""
        return self._inside

    async def run(self, work: Callable[..., T], *args: Any, **named: Any) -> T:
        """The call's answer. What is under way when the asker's patience ends goes on, and keeps its place until then.

        Raises:
            TooMany: as many as may are waiting.
            ServiceBusy: the answer did not come in time.
        """
        with self._lock:
            if self._inside >= self._most:
                raise TooMany("As many pictures are waiting as may wait.", hint="Send it again a little later.")
            self._inside += 1
        future = self._pool.submit(functools.partial(work, *args, **named))
        future.add_done_callback(self._left)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._patience_s)
        except TimeoutError:
            if not future.done() or future.cancelled():
                raise ServiceBusy(
                    msg("There was no answer within {patience_s:g} s.", patience_s=self._patience_s),
                    hint="Send fewer or smaller pictures at once.",
                ) from None
            raise

    def _left(self, _future: object) -> None:
        with self._lock:
            self._inside -= 1

    def close(self) -> None:
        """Wait for what runs, drop what waits."""
        self._pool.shutdown(wait=True, cancel_futures=True)
