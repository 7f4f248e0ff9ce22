"""Jobs from the queue into processes, one each; their events into the store; what is over, away.

A job's process dies with the server (its standard input ends), and the next server starts the job again: the run goes
on where its log of what was seen ends. A result gets its name when it is whole, and the job is ``done`` after that.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dashcamcleaner
from dashcamcleaner import errors
from dashcamcleaner.errors import DashcamCleanerError, DiskFull, InputError, OutputError, TooLarge, TooMany
from dashcamcleaner.message_data import from_carried
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.report.data import html_path, report_path
from dashcamcleaner.service.job_store import DONE, ENDED, FAILED, QUEUED, RUNNING, JobRecord, JobStore, is_id, now
from dashcamcleaner.service.metrics import Metrics
from dashcamcleaner.service.options import TOKEN_VARIABLE, ServiceOptions
from dashcamcleaner.service.problems import all_without_paths, no_room, problem_of
from dashcamcleaner.service.webhook import tell

__all__ = ["JobQueue"]

log = logging.getLogger("dashcamcleaner.service")

_MOST_ATTEMPTS = 5
_STOP_S = 15.0
_STORE_EVERY_S = 2.0
"""How long to wait before what could not be kept is kept again."""
_CLOCK_S = 60.0
"""By so much an end may lie ahead of now before it counts as told by a wrong clock."""
_PROGRESS_EVERY_S = 0.5
_LAST_EVENTS = ("finished", "audited", "labelled", "failed")
_MOST_WARNINGS = 100


class JobQueue:
    """Runs the jobs of a store.

    Args:
        options: limits, and how long jobs are kept.
        store: where jobs are kept.
        folder: holds one folder for each job.
        metrics: counts what ended.
    """

    def __init__(self, options: ServiceOptions, *, store: JobStore, folder: Path, metrics: Metrics) -> None:
        self._options = options
        self._store = store
        self._folder = folder
        self._metrics = metrics
        self._secret = options.webhook_secret()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._reserved = 0
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._killers: dict[str, threading.Timer] = {}
        self._taken: set[str] = set()
        self._dropped: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._webhooks = ThreadPoolExecutor(2, thread_name_prefix="dashcamcleaner-webhook")

    def start(self) -> None:
        """Put what a killed server left in order, and begin to work."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = {record.id for record in self._store.all()}
        for path in self._folder.iterdir():
            if is_id(path.name) and path.name not in known:  # whatever else lies there is somebody's
                shutil.rmtree(path, ignore_errors=True)
        for record in self._store.all():
            if record.state == RUNNING:
                record.state = QUEUED
                with contextlib.suppress(OutputError):  # it is begun again all the same
                    self._store.put(record)
            elif record.state in ENDED:
                self._tidy(record)
                self._tell(record)
        names = [("job", self._work)] * self._options.job_processes + [("retention", self._forget_old)]
        for number, (name, target) in enumerate(names):
            thread = threading.Thread(target=target, name=f"dashcamcleaner-{name}-{number}")
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End all processes and threads; what was running waits in the store for the next server."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
            for job in self._running:
                self._stop_process(job)
        for thread in self._threads:
            thread.join()
        self._webhooks.shutdown(wait=True, cancel_futures=True)

    @property
    def waiting(self) -> int:
        """How many jobs wait or run."""
        return len(self._store.all(states=(QUEUED, RUNNING)))

    def folder_of(self, job: str) -> Path:
        """The folder of a job."""
        return self._folder / job

    @contextlib.contextmanager
    def place(self, job: str) -> Iterator[Path]:
        """Reserve a place in the queue and make the job's folder, for as long as its files come in.

        Raises:
            TooMany: as many jobs as may are waiting or running.
        """
        with self._changed:
            if self.waiting + self._reserved >= self._options.job_queue:
                raise TooMany("As many jobs are waiting as may wait.", hint="Send it again later.")
            self._reserved += 1
        folder = self.folder_of(job)
        try:
            folder.mkdir(mode=0o700)
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            with self._changed:
                self._reserved -= 1

    def add(self, record: JobRecord) -> None:
        """Queue a job whose files lie in its folder."""
        record.created = now()
        self._store.put(record)
        with self._changed:
            self._changed.notify_all()

    def remove(self, job: str) -> None:
        """Stop a job, if it runs, and forget it with all its files.

        Raises:
            DiskFull, OutputError: its files are deleted, and it is still known: it can be removed again.
        """
        with self._changed:
            self._dropped.add(job)
            if job in self._running:
                self._stop_process(job)
            taken = job in self._taken
            if not taken:  # else whoever works on it does that
                shutil.rmtree(self.folder_of(job), ignore_errors=True)  # first: a full disk has room for the row then
            self._store.remove(job)
            if not taken:
                self._dropped.discard(job)

    # --- in the threads

    def _work(self) -> None:
        while (record := self._next()) is not None:
            try:
                self._run(record)
            except Exception:
                log.exception("job %s could not be run", record.id)
                self._end(record, FAILED, error=DashcamCleanerError("An internal fault ended the job."))
            finally:
                with self._changed:
                    gone = record.id in self._dropped
                    if gone:
                        shutil.rmtree(self.folder_of(record.id), ignore_errors=True)
                    self._taken.discard(record.id)
                    self._dropped.discard(record.id)

    def _next(self) -> JobRecord | None:
        with self._changed:
            while not self._stopping.is_set():
                for record in self._store.all(states=(QUEUED, RUNNING)):
                    if record.id not in self._taken:
                        self._taken.add(record.id)
                        return record
                self._changed.wait()
        return None

    def _run(self, record: JobRecord) -> None:
        record.attempts += 1
        record.state, record.started = RUNNING, now()
        if record.attempts > _MOST_ATTEMPTS:
            self._end(record, FAILED, error=InputError("The job's server ended again and again while it ran."))
            return
        folder = self.folder_of(record.id)
        if not self._keep(record):
            return
        with self._changed:
            if record.id in self._dropped or self._stopping.is_set():
                return
            process = self._running[record.id] = self._process(folder, language=record.language)
        late = threading.Event()

        def too_late() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._options.max_job_time, too_late)
        timer.start()
        last: dict[str, Any] | None = None
        try:
            last = self._follow(record, process, folder)
        finally:
            timer.cancel()
            timer.join()
            _close(process)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
            with self._changed:
                del self._running[record.id]
                if killer := self._killers.pop(record.id, None):
                    killer.cancel()
        if late.is_set():
            late_error = TooLarge(
                msg("The job ran for the {max_job_time:g} s that a job may.", max_job_time=self._options.max_job_time)
            )
            self._end(record, FAILED, error=late_error)
        elif last is not None and not (last["event"] == "failed" and last["error"] == "Cancelled"):
            self._conclude(record, last, folder)
        elif not self._stopping.is_set():
            error = DashcamCleanerError("The job's process ended by itself.", hint="It may have lacked memory.")
            self._end(record, FAILED, error=error)

    def _stop_process(self, job: str) -> None:
        """Let a job's process end, and end it where it does not: one that is suspended hears nothing."""
        process = self._running[job]
        _close(process)
        if job not in self._killers:
            killer = self._killers[job] = threading.Timer(_STOP_S, process.kill)
            killer.daemon = True
            killer.start()

    def _process(self, folder: Path, *, language: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
        package = str(Path(dashcamcleaner.__file__).parents[1])
        places = [str(Path(place).absolute()) for place in environment.get("PYTHONPATH", "").split(os.pathsep) if place]
        environment["PYTHONPATH"] = os.pathsep.join([package, *places])
        environment["DASHCAMCLEANER_SEEN"] = str(folder / "seen")
        if home := environment.get("DASHCAMCLEANER_HOME"):
            environment["DASHCAMCLEANER_HOME"] = str(Path(home).absolute())
        if language:
            environment["LANGUAGE"] = language  # of the report's page
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "dashcamcleaner.service.worker"],  # -P: nothing is imported from the folder
            cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip

    def _follow(self, record: JobRecord, process: subprocess.Popen[str], folder: Path) -> dict[str, Any] | None:
        """Pass the process its job and keep its events; gives the last one, None if it never came."""
        asked = {
            "kind": record.kind, "settings": record.settings, "inputs": record.inputs, "output": record.output,
            "audit": record.audit, "model": record.model, "targets": record.targets,
            "linked": record.linked, "folders": [str(Path(one).absolute()) for one in self._options.allow_folder],
            "most_pixels": self._options.max_megapixels * 1e6,
            "most_s": self._options.max_duration,
        }  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):  # it may have been stopped already
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
        last: dict[str, Any] | None = None
        told_at = -_PROGRESS_EVERY_S
        for line in process.stdout:
            event = from_carried(json.loads(line))
            names = {str(folder): msg("the job's folder")}
            if event["event"] in ("warned", "failed"):  # sentences; elsewhere names are those of files in the folder
                names |= record.sent_names
            event = all_without_paths(event, names)
            if event["event"] == "progress":
                if time.monotonic() - told_at < _PROGRESS_EVERY_S:
                    continue
                told_at = time.monotonic()
                record.progress = event
            elif event["event"] == "warned" and len(record.warnings) < _MOST_WARNINGS:
                warning = {"message": event["message"], "hint": event["hint"]}
                if warning not in record.warnings:  # an attempt before this one may have told it
                    record.warnings.append(warning)
            if event["event"] in _LAST_EVENTS:
                last = event
            else:
                with contextlib.suppress(OutputError):  # the run goes on; its end is kept, whatever it takes
                    self._save(record, event=event)
        return last

    def _conclude(self, record: JobRecord, last: dict[str, Any], folder: Path) -> None:
        if last["event"] == "failed":
            kind = getattr(errors, str(last["error"]), DashcamCleanerError)
            full = issubclass(kind, DiskFull)  # it names the worker's own folder
            self._end(record, FAILED, error=no_room() if full else kind(last["message"], hint=last["hint"]))
            return
        outcome = dict(last.get("summary") or {"audit": last.get("audit")})
        for name in ("source", "output", "plan", "report", "source_sha256", "seal"):
            outcome.pop(name, None)
        record.outcome = outcome
        more = last.get("more_files") or {}
        output = folder / (record.inputs[1] if record.kind == "audit" else record.output or more.get("result", "none"))
        report = report_path(output)
        beside = {"plan": plan_path(output), "report": report, "page": html_path(report)}
        names = {"result": record.output, **{word: path.name for word, path in beside.items()}, **more}
        record.files = {word: name for word, name in names.items() if name and (folder / name).is_file()}
        if record.kind == "audit":
            record.files.pop("plan", None)
        self._end(record, DONE)

    def _end(self, record: JobRecord, state: str, *, error: DashcamCleanerError | None = None) -> None:
        record.state, record.ended, record.sent_names = state, now(), {}
        event: dict[str, Any] = {"event": "finished", "state": state}
        if error is not None:
            record.error = problem_of(error)
            event = {"event": "failed", "state": state, "problem": record.error}
        if self._keep(record, event=event):
            self._metrics.count_job(record.kind, state)
            log.info("job %s: %s", record.id, state)
            self._tidy(record)
            self._tell(record)

    def _save(self, record: JobRecord, *, event: dict[str, Any] | None) -> bool:
        with self._changed:
            if record.id in self._dropped:
                return False
            self._store.put(record)
            if event is not None:
                self._store.add_event(record.id, event)
            return True

    def _keep(self, record: JobRecord, *, event: dict[str, Any] | None = None) -> bool:
        """Save what must not be lost: as long as it cannot be, wait; False where the job or the server is no more."""
        told = False
        while True:
            try:
                return self._save(record, event=event)
            except OutputError as error:
                if not told:
                    told = True
                    log.warning("job %s waits: %s", record.id, error.message)
            if self._stopping.wait(_STORE_EVERY_S):
                return False

    def _tidy(self, record: JobRecord) -> None:
        """Delete what only the run needed: the files that were sent, above all."""
        folder = self.folder_of(record.id)
        kept = set(record.files.values())
        with contextlib.suppress(OSError):
            for path in folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.name not in kept:
                    path.unlink()

    def _tell(self, record: JobRecord) -> None:
        if not record.webhook or record.told:
            return

        def told() -> None:
            taken = tell(record, secret=self._secret, stopping=self._stopping)
            if taken or not self._stopping.is_set():
                record.told = True
                with self._changed:
                    if record.id not in self._dropped and self._store.find(record.id) is not None:
                        self._store.put(record)

        self._webhooks.submit(told)

    def _forget_old(self) -> None:
        kept_s = self._options.keep_hours * 3600
        while not self._stopping.wait(min(60.0, max(0.2, kept_s / 10))):
            for record in self._store.all(states=ENDED):
                try:
                    if record.ended > now() + _CLOCK_S:  # the clock was wrong then; it is not kept for as long as that
                        record.ended = now()
                        self._save(record, event=None)
                    elif record.ended + kept_s < now():
                        self.remove(record.id)
                except OutputError as error:
                    log.warning("job %s could not be forgotten yet: %s", record.id, error.message)


def _close(process: subprocess.Popen[str]) -> None:
    """Let the process know that it is to end."""
    if process.stdin is not None:
        with contextlib.suppress(OSError, ValueError):
            process.stdin.close()
