"""What a worker of the cluster does with one clip. Plain data in, plain data out.

A clip in a folder that the worker sees is cleaned there, as on one machine: locks, work files and publication are those
of any run, and the analysis that a killed worker leaves is gone on with where it is the same user's. What is behind a
URL is fetched to a scratch folder that only its user may enter, cleaned there and published; the scratch folder goes
with the task, and what a killed worker left goes when the next one begins on that machine.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.audit.audit import audit_run
from dashcamcleaner.cluster.claims import claimed
from dashcamcleaner.cluster.names import KnownNames
from dashcamcleaner.cluster.parcels import right_weights
from dashcamcleaner.cluster.publication import complete_result, publish_result
from dashcamcleaner.cluster.scratch import remove_scratch, scratch_folder
from dashcamcleaner.cluster.storage import ClipStore, open_store
from dashcamcleaner.core.events import Event, Failed, Finished
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.errors import InputError, OutputError, PlanError, SettingError
from dashcamcleaner.jobs.earlier import does_the_same, earlier_result
from dashcamcleaner.jobs.places import is_url
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import as_our_error
from dashcamcleaner.pipeline.context import versions
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import is_plan_of, read_header
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.report.data import read_report, summary_of
from dashcamcleaner.settings import Settings

__all__ = ["Task", "dask_setup", "run_task", "version_fault"]

_SAME = ("dashcamcleaner", "av", "openvino", "numpy")
"""What plans and pictures depend on: it has to be the same on every worker."""


@dataclass(frozen=True, slots=True)
class Task:
    """One clip for a worker.

    Args:
        source: path or URL of the clip.
        output: path or URL of the result.
        settings: the settings of the run.
        audit: look at the output again when it is written.
        versions: those of the machine that asks.
        weights: what tells the weights there, see `cluster.parcels.weights_of`; empty where they are not compared.
        token: names this run of the cluster.
    """

    source: str
    output: str
    settings: Settings
    audit: bool
    versions: dict[str, str]
    weights: dict[str, str]
    token: str


def dask_setup(worker: Any) -> None:  # noqa: ARG001  # Dask's own signature
    """Dask calls this in a worker of this machine that begins: Ctrl-C is for the process that asked, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def version_fault(ours: dict[str, str], theirs: dict[str, str], *, who: str) -> str:
    """In what a worker's versions differ, as a sentence; empty where they do not."""
    wrong = [
        msg("{name} {get} instead of {ours}", name=name, get=theirs.get(name, "not at all"), ours=ours[name])
        for name in _SAME
        if name in ours and theirs.get(name) != ours[name]
    ]
    return msg("The worker {who} has {wrong}.", who=who, wrong=", ".join(wrong)) if wrong else ""


def run_task(
    task: Task,
    tell: Callable[[Event], None],
    *,
    who: str = "here",
    open_models: Callable[[], ModelPool] = shared_pool,
) -> Finished | Failed:
    """Do one clip; events but the last go to `tell`, the last is given.

    Args:
        task: what to do.
        tell: takes events as they come.
        who: names the worker.
        open_models: gives the worker's pool of models.
    """
    try:
        fault = version_fault(task.versions, versions(), who=who)
        if fault:
            raise SettingError(fault, hint="Install the same version everywhere.")
        with right_weights(task.weights, who=who):
            if is_url(task.source) or is_url(task.output):
                return _in_scratch(task, tell, open_models)
            return _run_here(Path(task.source), Path(task.output), task, tell, open_models)
    except Exception as error:  # the border: the asker gets one object, whatever it was
        return Failed(as_our_error(error, source=Path(task.source)))


def _run_here(
    source: Path, output: Path, task: Task, tell: Callable[[Event], None], open_models: Callable[[], ModelPool]
) -> Finished | Failed:
    """Into a folder: what stands there of this very source is done, since a worker may die before it could say so.

    Where it died before its audit came to an end, the audit is done now.
    """
    done = None if task.settings.overwrite or not output.is_file() else earlier_result(source, output)
    if done is None or not does_the_same(done, Job(source, output, task.settings)):
        return _run(source, output, task, tell, open_models)
    if task.audit and done.audit is None:
        for event in audit_run(done, settings=task.settings, models=open_models(), control=Control()):
            tell(event)
    return Finished(done, earlier=True)


def _run(
    source: Path, output: Path, task: Task, tell: Callable[[Event], None], open_models: Callable[[], ModelPool]
) -> Finished | Failed:
    output.parent.mkdir(parents=True, exist_ok=True)
    last: Event | None = None
    for event in clean(Job(source, output, task.settings, audit=task.audit), models=open_models()):
        last = event
        if not isinstance(event, Finished | Failed):
            tell(event)
    assert isinstance(last, Finished | Failed)
    return last


def _in_scratch(task: Task, tell: Callable[[Event], None], open_models: Callable[[], ModelPool]) -> Finished | Failed:
    with _scratch() as folder:
        places = ((folder / "in", task.source), (folder / "out", task.output))
        names = KnownNames({str(place): url.rpartition("/")[0] for place, url in places})
        try:
            last = _fetched(task, folder, names, lambda event: tell(names.event(event)), open_models)
        except Exception as error:
            last = Failed(as_our_error(error, source=Path(task.source)))
        names.event(last)
        return last


def _fetched(
    task: Task,
    folder: Path,
    names: KnownNames,
    tell: Callable[[Event], None],
    open_models: Callable[[], ModelPool],
) -> Finished | Failed:
    """See `_in_scratch`; ``folder`` is the scratch folder."""
    source = Path(task.source)
    if is_url(task.source):
        base, _, name = task.source.rpartition("/")
        source = folder / "in" / _plain(name)
        source.parent.mkdir()
        open_store(base).fetch(name, source)
    if not is_url(task.output):
        if task.settings.overwrite:
            folder_url = f"file://{os.path.dirname(task.output)}"
            _refuse_the_source(open_store(folder_url), os.path.basename(task.output), source=source, task=task)
        return _renamed(_run_here(source, Path(task.output), task, tell, open_models), task)
    base, _, name = task.output.rpartition("/")
    output, store = folder / "out" / _plain(name), open_store(base)
    with claimed(store, output.name, token=task.token) as claim:
        if not task.settings.overwrite and store.size(output.name) is not None:
            return Finished(_standing(store, output.name, source=source, task=task), earlier=True)
        if task.settings.overwrite:
            _refuse_the_source(store, output.name, source=source, task=task)
        last = _run(source, output, task, tell, open_models)
        if isinstance(last, Finished):
            names.report(Path(last.summary.report or ""))
            claim.check()
            if not publish_result(store, output, overwrite=task.settings.overwrite, writer=claim.holder, folder=folder):
                return Finished(_standing(store, output.name, source=source, task=task), earlier=True)
    return _renamed(last, task)


def _refuse_the_source(store: ClipStore, name: str, *, source: Path, task: Task) -> None:
    """Make sure that what is to be replaced is not the source, by another name of its machine or folder.

    A clip or picture in which there was nothing to do may be its source byte for byte: then a report tells of it.

    Raises:
        OutputError: it is the source, as far as its bytes tell.
    """
    if store.size(name) != source.stat().st_size:
        return
    with _scratch() as folder:
        standing, report = folder / "standing", folder / "report.json"
        store.fetch(name, standing)
        digest = file_sha256(standing)
        if digest != file_sha256(source):
            return
        with contextlib.suppress(InputError, KeyError):
            store.fetch(f"{name}.report.json", report)
            if read_report(report)["output_sha256"] == digest:
                return
    raise OutputError(
        msg("The output {output} is a source; a source is never overwritten.", output=task.output),
        hint="Give another folder with -o.",
    )


def _standing(store: ClipStore, name: str, *, source: Path, task: Task) -> RunSummary:
    """The summary of the output that stands there already; its worker may have died before its last file went up.

    Raises:
        OutputError: it was not made of this source, or nothing tells.
    """
    with _scratch() as folder:
        complete_result(store, name, writer=secrets.token_hex(8), folder=folder)
        report = folder / "report.json"
        try:
            store.fetch(f"{name}.report.json", report)
            said = read_report(report)
            if not said["source_sha256"]:  # the report was to tell nothing of it; the plan knows it
                store.fetch(f"{name}.plan.jsonl", folder / "plan")
                is_its = is_plan_of(read_header(folder / "plan"), source)
            else:
                is_its = said["source_sha256"] == file_sha256(source)
            if not is_its or said["output_bytes"] != store.size(name):
                raise _taken(task.output)
            summary = summary_of(said)
            if not does_the_same(summary, Job(source, Path(name), task.settings)):
                raise _taken(task.output)
            if task.audit and summary.audit is None:
                raise _taken(task.output)
        except (InputError, PlanError, KeyError, TypeError, ValueError, AttributeError):
            raise _taken(task.output) from None
    _rename(summary, task)
    return summary


def _taken(output: str) -> OutputError:
    return OutputError(
        msg("{output} is there already.", output=output), hint="Clean into another place, or say --overwrite."
    )


def _renamed(last: Finished | Failed, task: Task) -> Finished | Failed:
    """The result with the names that the asker knows, in place of the scratch folder's."""
    if isinstance(last, Finished):
        _rename(last.summary, task)
    return last


def _rename(summary: RunSummary, task: Task) -> None:
    base = task.output.rpartition("/")[0]
    for side in ("plan", "report"):
        path = getattr(summary, side)
        if path and is_url(task.output):
            setattr(summary, side, f"{base}/{Path(path).name}")
    summary.source, summary.output = task.source, task.output


def _plain(name: str) -> str:
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise SettingError(msg("{name} is no name of a file.", name=repr(name)), hint="Name a file in a folder.")
    return name


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A private folder of this process, removed whatever happens."""
    remove_scratch()
    folder = scratch_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
