"""A batch: the run over several jobs, one after another or several at once. One bad file does not stop it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Generator, Iterator, Sequence

from dashcamcleaner.core.events import Event, Finished, Warned
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.errors import SettingError
from dashcamcleaner.jobs.earlier import finished_before
from dashcamcleaner.jobs.parallel import parallel_jobs, run_in_processes, shares_model
from dashcamcleaner.jobs.part_processes import PartProcesses
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.jobs.split import clean_split
from dashcamcleaner.jobs.threads import run_in_threads
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.plain_files import size_of

__all__ = ["run_batch"]

_MOST_AT_ONCE = 256


def run_batch(
    jobs: Sequence[Job],
    *,
    models: ModelPool | None = None,
    control: Control | None = None,
    skip_finished: bool = False,
) -> Generator[tuple[Job, Event], None, None]:
    """Run jobs one after another, or several at once; every event comes with its job.

    A failed job does not stop the others. One after another they share one pool of models: the one handed in, or the
    process's own. Several at once (`settings.Settings.parallel`) run in processes with a pool each, on a GPU in threads
    that share the one pool, and only where no pool is handed in; then events of several jobs are mixed. With
    `settings.Settings.split_clips` clips come one after another, and those processes look at parts of each.

    The generator ends early only if the control says so (cancel, or stop after this file).

    Args:
        jobs: what to run, in this order.
        models: the pool that they share; None: the process's own.
        control: pauses, cancels; may be None.
        skip_finished: a job that an earlier run finished, with the same settings, gives its `Finished` at once.
    """
    control = control or Control()
    if len(jobs) > 1:
        if any(job.from_plan or job.export_detections or job.export_mask or job.export_mask_colored for job in jobs):
            raise SettingError("A plan, an export or a mask belongs to one clip.", hint="Give one input.")
        for warning in _check_space_for_all(jobs):
            yield jobs[0], warning
    split = bool(jobs) and jobs[0].settings.split_clips
    at_once = parallel_jobs(jobs[0].settings, jobs=len(jobs)) if jobs and models is None and not split else 1
    if at_once > 1:
        left = []
        for job in jobs:
            earlier = finished_before(job) if skip_finished else None
            if earlier is None:
                left.append(job)
            else:
                yield job, Finished(earlier, earlier=True)
        if shares_model(jobs[0].settings):
            yield from run_in_threads(left, at_once=at_once, models=shared_pool(), control=control)
        else:
            yield from run_in_processes(left, at_once=at_once, control=control)
        return
    with contextlib.ExitStack() as stack:
        runner = None
        if split and models is None:
            at_once = parallel_jobs(jobs[0].settings, jobs=_MOST_AT_ONCE)
            runner = stack.enter_context(PartProcesses(at_once)) if at_once > 1 else None
        for job in jobs:
            earlier = finished_before(job) if skip_finished else None
            if earlier is not None:
                yield job, Finished(earlier, earlier=True)
                continue
            run = clean(job, models=models, control=control)
            if runner is not None:
                run = clean_split(job, runner, control=control)
            with contextlib.closing(run) as events:  # type: ignore[type-var]
                for event in events:
                    yield job, event
            if control.stopping_after_this:
                return


def _check_space_for_all(jobs: Sequence[Job]) -> Iterator[Warned]:
    """Outputs are about as large as their sources: tell early if a folder's will hardly fit."""
    needed = sum(size_of(job.source) for job in jobs)
    folder = jobs[0].output.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        yield Warned(
            msg(
                "{folder} has {free:.0f} MB free, and the {count} sources take {needed:.0f} MB.",
                folder=folder,
                free=free / 1000000.0,
                count=len(jobs),
                needed=needed / 1000000.0,
            ),
            hint=msg("Each clip is checked again before it starts."),
        )
