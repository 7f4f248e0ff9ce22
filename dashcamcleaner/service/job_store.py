"""Jobs and their events on disk, in SQLite: what a killed server finds again.

One server has a storage folder for itself: the file is locked for as long as it runs, and a second server is refused.
An id is 128 random bits, so none that was ever given is given again; nothing is kept to know that.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from dashcamcleaner.errors import DiskFull, OutputError, SettingError
from dashcamcleaner.message_data import carrying_texts, from_carried
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE

__all__ = ["ENDED", "JobRecord", "JobStore", "is_id"]

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
ENDED = (DONE, FAILED)

_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, state TEXT NOT NULL, ended REAL, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (job TEXT NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL,
                                   PRIMARY KEY (job, seq));
"""


@dataclass(slots=True)
class JobRecord:
    """What the service knows of a job.

    Args:
        id: 128 random bits, as text.
        owner: the caller who asked for it.
        kind: ``clean``, ``scenes`` or ``audit``.
        state: ``queued``, ``running``, ``done`` or ``failed``.
        settings: what was said of settings.
        inputs: names of the files in the job's folder, in their order.
        linked: whole paths of those inputs that stay where they are, by name; never shown.
        sent_names: what the caller calls the inputs, by name in the job's folder; those without a name are left out.
        output: the name of the result in the job's folder; empty where there is none.
        audit: the output is looked at again.
        model: what tells scenes apart.
        targets: the labels that are kept; none: nothing is cut.
        webhook: who is told at the end; empty: nobody.
        told: the webhook was told, or was given up.
        created: seconds since 1970, when the job was asked for.
        started: seconds since 1970 of the latest start, 0 before.
        ended: seconds since 1970, 0 before.
        attempts: how often it was started.
        progress: the latest event of progress.
        warnings: what was told meanwhile.
        error: the problem document of a failure.
        outcome: what came of it: numbers of the summary, status of the audit.
        files: what can be fetched, word -> name in the job's folder.
        language: the language of whoever asked for it; empty: the server's.
    """

    id: str
    owner: str
    kind: str
    state: str = QUEUED
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    linked: dict[str, str] = field(default_factory=dict)
    sent_names: dict[str, str] = field(default_factory=dict)
    output: str = ""
    audit: bool = False
    model: str = ""
    targets: list[str] = field(default_factory=list)
    webhook: str = ""
    told: bool = False
    created: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    attempts: int = 0
    progress: dict[str, Any] = field(default_factory=dict)
    warnings: list[dict[str, str]] = field(default_factory=list)
    error: dict[str, Any] = field(default_factory=dict)
    outcome: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    language: str = ""


def new_id() -> str:
    """An id that nobody can guess, and that was never given before."""
    return secrets.token_hex(16)


def is_id(name: str) -> bool:
    """Whether a name looks as `new_id` makes it."""
    return re.fullmatch("[0-9a-f]{32}", name) is not None


class JobStore:
    """The jobs of one server; any thread may call it.

    Args:
        file: the database; made where there is none, for its owner alone.

    Raises:
        SettingError: another server has it, or it is no database.
    """

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        with map_os_errors(file, what=msg("The storage {parent}", parent=file.parent)):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, PRIVATE))
        self._db = sqlite3.connect(file, timeout=1.0, check_same_thread=False, isolation_level=None)
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=TRUNCATE")
            self._db.execute("PRAGMA secure_delete=ON")  # what was deleted is not kept in free pages
            self._db.executescript(_TABLES)
            self._db.execute("BEGIN EXCLUSIVE")
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._db.close()
            if _code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise _our_error(error) from error
            raise SettingError(
                msg("The storage {parent} is in use by another server.", parent=file.parent),
                hint="Name another one: --storage FOLDER.",
            ) from error
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise SettingError(
                msg("{file} is no database of jobs.", file=file), hint="Take it away, or name another --storage."
            ) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise _our_error(error) from error
                raise

    def put(self, record: JobRecord) -> None:
        """Keep a job as it is now.

        Raises:
            DiskFull, OutputError: it cannot be kept; what was known before still is.
        """
        with self._transaction() as db:
            db.execute(
                "INSERT INTO jobs VALUES (?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET state=excluded.state, "
                "ended=excluded.ended, record=excluded.record",
                (record.id, record.state, record.ended, _as_json(asdict(record))),
            )

    def find(self, job: str, *, owner: str | None = None) -> JobRecord | None:
        """A job by its id; None where there is none, or it is another owner's."""
        with self._lock:
            row = self._db.execute("SELECT record FROM jobs WHERE id = ?", (job,)).fetchone()
        record = _record(row[0]) if row else None
        return record if record is not None and owner in (None, record.owner) else None

    def all(self, *, states: tuple[str, ...] = (), owner: str | None = None) -> list[JobRecord]:
        """Jobs in the order in which they were asked for.

        Args:
            states: those that count; none: all do.
            owner: the caller whose jobs count; None: everybody's.
        """
        with self._lock:
            rows = self._db.execute("SELECT record FROM jobs ORDER BY rowid").fetchall()
        records = [_record(row[0]) for row in rows]
        return [
            one for one in records if (not states or one.state in states) and (owner is None or one.owner == owner)
        ]  # fmt: skip

    def remove(self, job: str) -> None:
        """Forget a job and its events; see `put`."""
        with self._transaction() as db:
            db.execute("DELETE FROM events WHERE job = ?", (job,))
            db.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def add_event(self, job: str, event: dict[str, Any]) -> None:
        """Append an event; one of progress takes the place of the one before it. See `put`."""
        with self._transaction() as db:
            last = db.execute(
                "SELECT seq, event FROM events WHERE job = ? ORDER BY seq DESC LIMIT 1", (job,)
            ).fetchone()
            if last and event.get("event") == "progress" and json.loads(last[1]).get("event") == "progress":
                db.execute("DELETE FROM events WHERE job = ? AND seq = ?", (job, last[0]))
            number = last[0] + 1 if last else 1
            db.execute("INSERT INTO events VALUES (?, ?, ?)", (job, number, _as_json(event)))

    def events(self, job: str, *, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
        """A job's events behind a number, with their numbers."""
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, event FROM events WHERE job = ? AND seq > ? ORDER BY seq", (job, after)
            ).fetchall()
        return [(number, _from_json(text)) for number, text in rows]

    def close(self) -> None:
        """Close the file; the next server may have it."""
        with self._lock:
            self._db.close()


def _code(error: sqlite3.Error) -> int:
    """SQLite's own number of an error, without what it says of the place."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _our_error(error: sqlite3.Error) -> OutputError:
    if _code(error) == sqlite3.SQLITE_FULL:
        return DiskFull("The disk of the jobs is full.", hint="Free some space, or name another --storage.")
    return OutputError(msg("The jobs cannot be kept: {error}.", error=error), hint="Look at the disk of the storage.")


def _as_json(data: dict[str, Any]) -> str:
    """Data as text, with what JSON forgets of its messages beside it."""
    return json.dumps(carrying_texts(data))


def _from_json(text: str) -> dict[str, Any]:
    return from_carried(json.loads(text))


_NAMES = {one.name for one in fields(JobRecord)}


def _record(text: str) -> JobRecord:
    return JobRecord(**{name: value for name, value in _from_json(text).items() if name in _NAMES})


def now() -> float:
    """Seconds since 1970."""
    return time.time()
