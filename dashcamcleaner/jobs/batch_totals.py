"""How far a batch is: clips done of all, and the time left.

A clip's length is known only when its turn comes, so the time left goes by the bytes of the sources: those of clips
that are done, and of those under way the part that their frames tell. It is told when a fiftieth of the work is done:
before that, opening weights and caches rules.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from dashcamcleaner.core.events import Event, Failed, Finished, Progress
from dashcamcleaner.pipeline.job import Job

__all__ = ["BatchTotals"]

_TOLD_FROM = 0.02


class BatchTotals:
    """Counts a batch's events.

    Args:
        jobs: all of the batch.
        clock: monotonic seconds.

    Attributes:
        done: jobs that have finished or failed.
    """

    def __init__(self, jobs: Sequence[Job], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._bytes = {str(job.source): _bytes(job) for job in jobs}
        self._parts: dict[str, float] = {}
        self._jobs = len(jobs)
        self._begun = clock()
        self.done = 0

    def add(self, job: Job, event: Event) -> None:
        """Count one event of a job."""
        source = str(job.source)
        if isinstance(event, Finished | Failed):
            self.done += 1
            self._parts[source] = 1.0
        elif isinstance(event, Progress) and event.frames and event.phase in ("clean", "render"):
            self._parts[source] = min(1.0, event.frames_done / event.frames)

    @property
    def left_s(self) -> float | None:
        """Seconds until all are done, as fast as so far; None while too little is known."""
        whole = sum(self._bytes.values())
        done = sum(self._bytes.get(source, 0) * part for source, part in self._parts.items())
        if not whole or done < _TOLD_FROM * whole:
            return None
        return (self._clock() - self._begun) * (whole - done) / done

    def sentence(self) -> str:
        """E.g. ``7 of 40, 2 h left``."""
        left_s = self.left_s
        return f"{self.done} of {self._jobs}" + ("" if left_s is None else f", {_spoken(left_s)} left")


def _bytes(job: Job) -> int:
    try:
        return job.source.stat().st_size
    except OSError:  # whoever opens it tells
        return 0


def _spoken(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
