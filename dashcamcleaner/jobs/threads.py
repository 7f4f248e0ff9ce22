"""Several jobs at once in one process, which share one model: for a GPU, whose memory and work one model fills.

Each job runs in a thread of its own with the pool of all; the model takes turns, and while one clip's pictures are
inferred, the others decode, plan and encode. On CPUs processes do better (`jobs.parallel`), since there models gain
nothing from being shared.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import replace

from dashcamcleaner.core.events import Event, Failed, Finished
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.jobs.parallel import shared_out
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.os_errors import as_our_error
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.workers import join_thread

__all__ = ["run_in_threads"]


def run_in_threads(
    jobs: Sequence[Job], *, at_once: int, models: ModelPool, control: Control | None = None
) -> Generator[tuple[Job, Event], None, None]:
    """Run jobs in several threads; every event comes with its job, as the caller gave it.

    Events of several jobs are mixed, those of one job are in order. Closing the generator cancels all jobs under way.

    Args:
        jobs: what to run, begun in this order.
        at_once: how many run at the same time.
        models: the pool that they share.
        control: pauses, cancels, starts no further job.
    """
    control = control or Control()
    waiting = deque(jobs)
    taking = threading.Lock()
    told: queue.SimpleQueue[tuple[Job, Event] | None] = queue.SimpleQueue()

    def work() -> None:
        while True:
            with taking:
                if not waiting or control.stopping_after_this:
                    break
                job = waiting.popleft()
            try:
                given = replace(job, settings=shared_out(job.settings, among=at_once))
                with contextlib.closing(clean(given, models=models, control=control)) as events:  # type: ignore[type-var]
                    for event in events:
                        told.put((job, event))
            except Exception as error:  # the border of the thread: nobody else would hear of it
                told.put((job, Failed(as_our_error(error, source=job.source))))
        told.put(None)

    threads = [
        threading.Thread(target=work, name=f"dashcamcleaner-job-{number}") for number in range(min(at_once, len(jobs)))
    ]
    left, ended = len(threads), 0
    try:
        for thread in threads:
            thread.start()
        while left:
            found = told.get()
            if found is None:
                left -= 1
                continue
            ended += isinstance(found[1], Finished | Failed)
            yield found
    finally:
        if ended < len(jobs) and left:
            control.cancel()
        for thread in threads:
            join_thread(thread)
