"""A batch on a Dask cluster: tasks out, events back, in one stream as `jobs.batch.run_batch` gives it.

The scheduler gives a task whose worker died to another one. Every task ends as one `Finished` or `Failed`, whatever
dies on the way; nothing is published twice, since a final name is taken by the first writer only.
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import queue
import secrets
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashcamcleaner.cluster.connection import MOST_LOCAL, connected
from dashcamcleaner.cluster.parcels import delivery, has_received, parcel_of, weights_of
from dashcamcleaner.cluster.parts import ClusterParts, resources_of
from dashcamcleaner.cluster.scratch import remove_scratch
from dashcamcleaner.cluster.tasks import ClusterJob, done_already
from dashcamcleaner.cluster.work import Task, run_task, version_fault
from dashcamcleaner.core.events import Event, Failed, Finished, Warned
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.errors import (
    BackendError,
    Cancelled,
    DashcamCleanerError,
    SettingError,
    WorkerLost,
)
from dashcamcleaner.jobs.parallel import shared_out
from dashcamcleaner.jobs.places import is_url
from dashcamcleaner.jobs.split import clean_split
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.context import versions
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import Settings

__all__ = ["run_on_cluster"]

_LOOK_EVERY_S = 0.5
_SILENT_S = 20.0
"""A worker that tells nothing of itself for so long, while others do every few seconds, is asked nothing."""


def run_on_cluster(
    jobs: Sequence[ClusterJob],
    *,
    address: str,
    control: Control | None = None,
    open_models: Callable[[], ModelPool] = shared_pool,
) -> Generator[tuple[Job, Event], None, None]:
    """Run jobs on a cluster; every event comes with its job. A failed job does not stop the others.

    Closing the generator, or a control that cancels, takes back what no worker has begun and waits for nothing more; a
    clip under way on a distant worker is finished there, those of ``local:N`` end with their processes. A control that
    stops after this file takes back what no worker has begun, too, and the rest is waited for.

    Args:
        jobs: what to run.
        address: ``tcp://host:8786`` of a scheduler, or ``local:N`` for N worker processes on this machine.
        control: cancels, starts no further job.
        open_models: gives a worker's pool of models; a function of a module.

    Raises:
        ExtraMissing: Dask's ``distributed`` is not installed.
        BackendError: no scheduler answers there, or it has no workers.
        SettingError: no such address, or a worker of another version.
    """
    control = control or Control()
    waiting = []
    for one in jobs:
        summary = None if one.job.settings.overwrite else done_already(one)
        if summary is None:
            waiting.append(one)
        else:
            yield (
                one.job,
                Warned(msg("{output} stands already, made of this source; it is not made again.", output=one.output)),
            )
            yield one.job, Finished(summary, earlier=True)
    if not waiting:
        return
    # What is behind a URL only the worker that fetched it could look at: those clips are not shared out.
    split = [one for one in waiting if one.job.settings.split_clips and not (is_url(one.source) or is_url(one.output))]
    whole = [one for one in waiting if one not in split]
    with contextlib.ExitStack() as stack:
        client, at_once = stack.enter_context(connected(address, at_most=MOST_LOCAL if split else len(waiting)))
        _check_versions(client)
        _check_resources(client, waiting[0].job.settings)
        stack.enter_context(_weights_everywhere(client, waiting[0].job.settings))
        if whole:
            lately, silent = _heard(client)
            preferred = {"workers": lately, "allow_other_workers": True} if silent else {}
            yield from _results(
                client, whole, at_once=at_once, control=control, open_models=open_models, preferred=preferred
            )
        for one in split:
            if control.stopping_after_this:
                return
            runner = ClusterParts(client, one.job.settings, at_once=at_once, open_models=open_models)
            job = replace(one.job, source=Path(one.source), output=Path(one.output))
            job.output.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(clean_split(job, runner, models=open_models(), control=control)) as events:
                for event in events:
                    yield one.job, event


def _results(
    client: Any,
    waiting: Sequence[ClusterJob],
    *,
    at_once: int,
    control: Control,
    open_models: Callable[[], ModelPool],
    preferred: Mapping[str, Any],
) -> Iterator[tuple[Job, Event]]:
    token = secrets.token_hex(16)
    told: queue.SimpleQueue[tuple[int, Event | None]] = queue.SimpleQueue()
    begun = set[int]()

    def take(message: tuple[Any, Any]) -> None:
        number, event = pickle.loads(message[1])  # whoever may write there runs our code on the workers as well
        begun.add(number)
        if event is not None:
            told.put((number, event))

    client.subscribe_topic(token, take)
    futures = {}
    ours = versions()
    weights = weights_of(waiting[0].job.settings)
    for number, one in enumerate(waiting):
        settings = shared_out(one.job.settings, among=at_once)
        task = Task(one.source, one.output, settings, one.job.audit, ours, weights, token)
        needed = resources_of(settings)
        futures[number] = client.submit(
            _work, number, task, open_models, key=f"clean-{token}-{number}", pure=False, retries=0, resources=needed,
            **preferred,
        )  # fmt: skip
        futures[number].add_done_callback(lambda _, number=number: told.put((number, None)))
    left = dict(enumerate(waiting))
    try:
        while left:
            if control.cancelled:
                return
            if control.stopping_after_this and not begun.issuperset(left):
                taken_back = [number for number in left if number not in begun]
                client.cancel([futures[number] for number in taken_back], force=True)
                for number in taken_back:
                    del left[number]
                continue
            try:
                number, event = told.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                continue
            if number not in left:
                continue  # a late word of a clip that is done
            one = left[number]
            if event is None:
                del left[number]
                yield one.job, _last(futures[number])
            else:
                yield one.job, event
    finally:
        client.unsubscribe_topic(token)
        client.cancel([futures[number] for number in left], force=True)


def _work(number: int, task: Task, open_models: Callable[[], ModelPool]) -> Finished | Failed:
    """Runs on a worker."""
    from distributed import get_worker

    worker = get_worker()

    def tell(event: Event) -> None:
        worker.log_event(task.token, pickle.dumps((number, event)))

    worker.log_event(task.token, pickle.dumps((number, None)))  # it has begun: its first event may take a while
    return run_task(task, tell, who=worker.address, open_models=open_models)


def _last(future: Any) -> Finished | Failed:
    """What became of a task."""
    if future.cancelled():
        return Failed(Cancelled("The cluster gave the clip up.", hint="The same command continues there."))
    error = future.exception()
    if error is None:
        result: Finished | Failed = future.result()
        return result
    return Failed(
        WorkerLost(
            msg(
                "No worker of the cluster could do it: {name}, {splitlines}.",
                name=type(error).__name__,
                splitlines=str(error).splitlines()[0].rstrip("."),
            ),
            hint="Look into the workers' logs; the same command tries again.",
        )
    )


def _check_versions(client: Any) -> None:
    """Refuse a cluster whose workers have other versions, or none, of this program; sweep what killed ones left."""
    ours = versions()
    theirs = _asked(client, versions)
    for who, found in sorted(theirs.items()):
        if isinstance(found, Exception):  # a worker without this program raises what it likes
            raise SettingError(
                msg("A worker of the cluster cannot run this program: {name}.", name=type(found).__name__),
                hint="Install the same version of dashcamcleaner on every worker.",
            ) from found
        fault = version_fault(ours, found, who=who)
        if fault:
            raise SettingError(fault, hint="Install the same version everywhere.")
    _asked(client, remove_scratch)


def _asked(client: Any, function: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """What a function gives on each worker that answers, or raises there.

    One that is suspended, or whose network is cut, would hold up everybody until the scheduler gives it up, which takes
    minutes. Whatever is asked here each task asks once more where it runs.
    """

    def ask(workers: list[str], into: dict[str, Any]) -> None:
        into.update(client.run(function, *args, workers=workers, on_error="return"))

    answers: dict[str, Any] = {}
    lately, _ = _heard(client)
    while lately and not _all_but_silent(client, functools.partial(ask, lately, answers), among=lately):
        lately, _ = _heard(client)  # one of them has become silent since
    return {who: answer for who, answer in answers.items() if not isinstance(answer, OSError)}  # it has just died


def _all_but_silent(
    client: Any, ask: Callable[[], Any], *, among: Sequence[str] = (), is_done: Callable[[], bool] = lambda: True
) -> bool:
    """Ask what Dask asks of all workers, and stop waiting where only silent ones keep the answer back.

    Args:
        client: the client of the cluster.
        ask: asks; it goes on in its thread where it is not waited for.
        among: workers whose silence ends the waiting; none: any.
        is_done: whether those that are not silent have done it.

    Returns:
        Whether all have answered.
    """
    raised: list[Exception] = []

    def work() -> None:
        try:
            ask()
        except Exception as error:  # raised again by whoever waits
            raised.append(error)

    thread = threading.Thread(target=work, name="dashcamcleaner-ask", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK_EVERY_S)
        if thread.is_alive():
            _, silent = _heard(client)
            if any(one in silent for one in among or silent) and is_done():
                return False
    if raised:
        raise raised[0]
    return True


def _heard(client: Any) -> tuple[list[str], list[str]]:
    """The workers that the scheduler has heard of lately, and those that are silent."""
    heard = {who: worker["last_seen"] for who, worker in client.scheduler_info(n_workers=-1)["workers"].items()}
    lately = [who for who, at in heard.items() if at > max(heard.values()) - _SILENT_S]
    return lately, [who for who in heard if who not in lately]


def _check_resources(client: Any, settings: Settings) -> None:
    """Refuse what no worker could ever be given: it would wait for one without a word."""
    needed = resources_of(settings)
    if not needed:
        return
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    for name, count in needed.items():
        if all(worker.get("resources", {}).get(name, 0) < count for worker in workers):
            raise SettingError(
                msg("No worker of the cluster was started with {name}={count}.", name=name, count=count),
                hint=msg('Start them with --resources "{name}={count}", or say --device cpu.', name=name, count=count),
            )


@contextlib.contextmanager
def _weights_everywhere(client: Any, settings: Settings) -> Iterator[None]:
    """Send the run's weights where a worker has not the same; take away at the end what is no longer needed there."""
    ours = weights_of(settings)
    theirs = _asked(client, _weights_here, settings)
    run = ""
    try:
        if any(found != ours for found in theirs.values()):
            run = secrets.token_hex(8)
            try:
                plugin = delivery(parcel_of(settings), run=run)
                _all_but_silent(
                    client,
                    lambda: client.register_plugin(plugin),
                    is_done=lambda: False not in _asked(client, has_received, run).values(),
                )
            except DashcamCleanerError:
                raise
            except Exception as error:  # whatever befell a worker comes back as it was raised there
                raise BackendError(
                    msg("The weights cannot be sent to the workers: {what}.", what=type(error).__name__),
                    hint="Look into the workers' logs, and at the room in their folders for temporary files.",
                ) from error
        yield
    finally:
        # The network may be what ended the run: then a worker's scratch folders go with the next run or task.
        with contextlib.suppress(Exception):
            if client.status == "running":
                if run:
                    name = f"dashcamcleaner-weights-{run}"
                    _all_but_silent(
                        client,
                        lambda: client.unregister_worker_plugin(name),
                        is_done=lambda: (
                            not any(answer is True for answer in _asked(client, has_received, run).values())
                        ),
                    )
                _asked(client, remove_scratch)


def _weights_here(settings: Settings) -> dict[str, str]:
    """Runs on a worker."""
    try:
        return weights_of(settings)
    except DashcamCleanerError:
        return {}
