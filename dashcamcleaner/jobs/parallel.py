"""Several jobs at once, each in a process of its own: cores and memory shared out, one stream of events.

A worker process is given one job after the other, opens its weights once and sends its events back. A job that fails,
and even a worker that is killed, costs that job alone. When the process that started them goes, for whatever reason,
the workers see their connection close, cancel and end: nothing half done stays under a final name.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from typing import Any

from dashcamcleaner.core.events import Event, Failed, Finished
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.errors import WorkerLost
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import SETTINGS, Settings

__all__ = ["parallel_jobs", "run_in_processes", "safe_path", "shared_out", "shares_model", "spawn_context"]

_CORES_EACH = 2
"""A run keeps two cores busy by itself (decoding and detecting overlap with encoding); more clips side by side than
cores in pairs only wait for each other."""
_MEMORY_EACH = 1_500_000_000
"""Bytes that a 1080p run takes at its peak at 1280 px (`benchmarks/cost.py`: 0.65 GB), twice over for 4K clips."""
_LOOK_EVERY_S = 0.2
_ENDING_S = 30.0
"""How long a cancelled worker may take to put its files away before it is terminated."""


def parallel_jobs(settings: Settings, *, jobs: int) -> int:
    """How many jobs run at once: as set, or by cores and memory; never more than there are.

    Args:
        settings: the settings of the batch.
        jobs: how many there are.
    """
    asked: int = settings.parallel
    if asked == 0:
        asked = min(_cores() // _CORES_EACH, _memory_bytes() // _MEMORY_EACH)
    return max(1, min(asked, jobs))


def shares_model(settings: Settings) -> bool:
    """Whether jobs at once run in threads that share one model, rather than in processes with one each."""
    return settings.device not in ("auto", "cpu")


def shared_out(settings: Settings, *, among: int) -> Settings:
    """The settings of each of several runs at once: threads and memory that nobody set are shared out."""
    if among == 1:
        return settings
    changes: dict[str, Any] = {}
    if settings.workers == 0:
        changes["workers"] = max(1, _cores() // among)
    if "max_look_ahead_mb" not in settings.overrides:
        least = int(SETTINGS["max_look_ahead_mb"].minimum or 0)
        changes["max_look_ahead_mb"] = max(least, settings.max_look_ahead_mb // among)
    return settings.replaced(**changes)


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_bytes() -> int:
    """Memory of the machine, as far as the system tells; else enough for one run a core."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return _cores() * _MEMORY_EACH


@contextlib.contextmanager
def safe_path() -> Iterator[None]:
    """Processes begun in here import nothing from the working folder; the process of a caller stays as it is."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


class _SafeProcess(SpawnProcess):
    """A process of its own Python, begun with a safe path."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:  # noqa: N802 (Python names it)
        with safe_path():
            return SpawnProcess._Popen(process_obj)


class _SafeContext(SpawnContext):
    Process = _SafeProcess


def spawn_context() -> SpawnContext:
    """What starts processes anew: a fork would copy the threads' locks of the backends.

    Python begins them with the working folder as the first place to import from, where clips of others lie, and
    modules; it is told not to. So is the process by which Python watches over locks, begun with the first of them.
    """
    if sys.platform != "win32":
        with safe_path():
            resource_tracker.ensure_running()
    return _SafeContext()


@dataclass(slots=True, eq=False)
class _Worker:
    """A process and the end of its connection that is ours.

    Attributes:
        job: what it works on.
        paused: whether the control of that job was told to wait.
    """

    process: Any
    connection: Connection
    job: Job | None = None
    paused: bool = False
    cancelled: bool = field(default=False)

    def send(self, message: Any) -> None:
        with contextlib.suppress(OSError, ValueError):  # its end is noticed where its events are read
            self.connection.send(message)


def run_in_processes(
    jobs: Sequence[Job],
    *,
    at_once: int,
    control: Control | None = None,
    open_models: Callable[[], ModelPool] = shared_pool,
) -> Generator[tuple[Job, Event], None, None]:
    """Run jobs in several processes; every event comes with its job, as the caller gave it.

    Events of several jobs are mixed, those of one job are in order. Closing the generator cancels all jobs under way.

    Args:
        jobs: what to run, begun in this order.
        at_once: how many run at the same time.
        control: pauses, cancels, starts no further job.
        open_models: makes a worker's pool of models, once per process; a function of a module.
    """
    control = control or Control()
    waiting = deque(jobs)
    context = spawn_context()
    workers: list[_Worker] = []

    def hand_out() -> None:
        """Give every worker a job, and start those that are missing, as long as there is anything to begin."""
        while waiting and not (control.paused or control.stopping_after_this):
            idle = [worker for worker in workers if worker.job is None]
            if not idle and len(workers) == at_once:
                return
            if not idle:
                idle.append(_start(context, open_models))
                workers.append(idle[0])
            _give(idle[0], waiting.popleft(), at_once)

    try:
        hand_out()
        while True:
            busy = [worker for worker in workers if worker.job is not None]
            if not busy and (not waiting or control.stopping_after_this):
                break
            _pass_on(busy, control)
            if not busy:  # paused between two jobs
                time.sleep(_LOOK_EVERY_S)
            for connection in wait([worker.connection for worker in busy], timeout=_LOOK_EVERY_S) if busy else ():
                worker = next(worker for worker in busy if worker.connection is connection)
                job = worker.job
                assert job is not None
                try:
                    event: Event = worker.connection.recv()
                except (EOFError, OSError):
                    workers.remove(worker)
                    event = Failed(_lost(worker))
                if isinstance(event, Finished | Failed):
                    worker.job = None
                yield job, event
            hand_out()
    finally:
        _end(workers)


def _start(context: Any, open_models: Callable[[], ModelPool]) -> _Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, open_models), name="dashcamcleaner-worker", daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _give(worker: _Worker, job: Job, at_once: int) -> None:
    worker.job = job
    worker.paused = False  # each job has a control of its own there, which was told nothing yet
    worker.send(replace(job, settings=shared_out(job.settings, among=at_once)))


def _pass_on(workers: Sequence[_Worker], control: Control) -> None:
    for worker in workers:
        if control.cancelled and not worker.cancelled:
            worker.cancelled = True
            worker.send("cancel")
        if control.paused != worker.paused:
            worker.paused = control.paused
            worker.send("pause" if worker.paused else "resume")


def _lost(worker: _Worker) -> WorkerLost:
    """What is said of a worker whose connection broke; it is put away."""
    worker.connection.close()
    _put_away(worker.process)
    code = worker.process.exitcode
    how = (
        msg("by signal {value}", value=-code) if code is not None and code < 0 else msg("with status {code}", code=code)
    )
    return WorkerLost(
        msg("The process that worked on it ended {how}.", how=how),
        hint="Where memory was short, --parallel with a smaller number helps; the same command continues there.",
    )


def _end(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.send("cancel")
        worker.send(None)
    for worker in workers:
        # Its last events must be taken, or it would wait for room in the pipe.
        with contextlib.suppress(EOFError, OSError):
            while worker.connection.poll(_ENDING_S):
                worker.connection.recv()
        _put_away(worker.process)
        worker.connection.close()


def _put_away(process: Any) -> None:
    """Wait for a process that was told to end; one that does not is terminated."""
    process.join(_ENDING_S)
    if process.is_alive():
        process.terminate()
        process.join()


def _work(connection: Connection, open_models: Callable[[], ModelPool]) -> None:
    """A worker process: jobs in, events out, until there are no more or the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the process that asked decides
    todo: queue.SimpleQueue[tuple[Job, Control] | None] = queue.SimpleQueue()
    latest = Control()

    def listen() -> None:
        nonlocal latest
        with contextlib.suppress(EOFError, OSError):
            while (message := connection.recv()) is not None:
                if isinstance(message, Job):
                    latest = Control()
                    todo.put((message, latest))
                else:
                    getattr(latest, message)()
        latest.cancel()
        todo.put(None)

    threading.Thread(target=listen, name="dashcamcleaner-listen", daemon=True).start()
    models = open_models()
    with contextlib.suppress(OSError):
        while (given := todo.get()) is not None:
            job, control = given
            with contextlib.closing(clean(job, models=models, control=control)) as events:  # type: ignore[type-var]
                for event in events:
                    connection.send(event)
    connection.close()
    # The libraries of the backends have threads of their own, which would be met by the interpreter winding up.
    os._exit(0)
