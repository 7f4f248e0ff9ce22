"""One run at a time on one output: a lock file beside it tells who works there, and what was about to be published.

``.dashcamcleaner-HASH.lock`` names its owner, host and process. The system's own lock on it ends with the process, so
what a killed run left is known as such; runs on other machines touch it every minute. Before a run gives its files
their names it notes them there: what such a run had published already is its own, and the next run of the job may
replace it, or finds that nothing was missing but the end.
"""

from __future__ import annotations

import contextlib
import functools
import getpass
import hashlib
import json
import os
import stat
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import InputError, OutputError, PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import make_output_folder
from dashcamcleaner.people.references import Reference
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PLAN_ENDING, tracks_key
from dashcamcleaner.pipeline.workers import join_thread
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.report.data import is_report_of, read_report, report_path, summary_of
from dashcamcleaner.report.html import is_page
from dashcamcleaner.seals import is_seal_of, seal_of
from dashcamcleaner.settings import Settings
from dashcamcleaner.work_files import WorkFile, hold, host_name, identity, is_alive, remove_leftovers

__all__ = ["OutputLock", "lock_path"]

_TOUCH_EVERY_S = 60.0
_STALE_S = 600.0
_LONGEST = 1 << 20
_TRIES = 20

Written = tuple[int, int, int]
"""Device, number and size of a file that was about to be published."""


def lock_path(output: Path) -> Path:
    """Where the lock of an output stands; names that some file system takes for the same have the same."""
    name = unicodedata.normalize("NFC", output.name).casefold()
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return output.parent.resolve() / f".dashcamcleaner-{digest}.lock"


class OutputLock:
    """A context manager that holds the locks of all files that a job was told to write; makes their folders.

    Args:
        job: the job.

    Raises:
        OutputError: another run works on one of them, or a lock cannot be made.
        DiskFull: there is no room for a lock.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._held: dict[Path, int] = {}
        self._left: dict[str, Written] = {}
        self._left_job = ""
        self._ending = threading.Event()
        self._toucher: threading.Thread | None = None

    def __enter__(self) -> OutputLock:
        job = self._job
        try:
            for output in (job.output, job.export_detections, job.export_mask, job.export_mask_colored):
                if output is not None:
                    make_output_folder(output.parent)
                    self._take(lock_path(output), output)
            self._toucher = threading.Thread(target=self._keep_fresh, name="dashcamcleaner-lock", daemon=True)
            self._toucher.start()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _take(self, path: Path, output: Path) -> None:
        if path in self._held:
            return
        with map_os_errors(path, what=msg("The lock {path}", path=path), verb="made"):
            for _ in range(_TRIES):
                if self._take_over(path, output) and self._make(path, output):
                    remove_leftovers(output.parent)
                    return
        raise OutputError(
            msg("The lock {path} cannot be made: others take it at the same time.", path=path), hint="Try again."
        )

    def _take_over(self, path: Path, output: Path) -> bool:
        """Remove the lock of a run that has ended, keeping its notes; False if it changed meanwhile."""
        try:
            handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            return True
        try:
            found = os.fstat(handle)
            held = _hold(handle)
            said = _read(handle, found)
            if said is None:
                raise OutputError(
                    msg("{path} is in the way: it is no lock of this program, or not yours.", path=path),
                    hint="Remove it.",
                )
            if held is False or not _has_ended(said, found, path, sure=held is True):
                raise OutputError(_told(output, said), hint="Wait for it, or choose another name with -o.")
            if identity(os.lstat(path)) != identity(found):
                return False
            if output == self._job.output and is_seal_of(said.get("seal"), "lock", _noted(said)):
                self._left_job = str(said.get("job", ""))
                for name, *numbers in said.get("publishing", []):
                    self._left[str(name)] = (int(numbers[0]), int(numbers[1]), int(numbers[2]))
            path.unlink()
            return True
        except (FileNotFoundError, ValueError, TypeError, IndexError):
            return False
        finally:
            os.close(handle)

    def _make(self, path: Path, output: Path) -> bool:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            handle = os.open(path, flags, 0o644)
        except FileExistsError:
            return False
        try:
            if _hold(handle) is False or identity(os.lstat(path)) != identity(os.fstat(handle)):
                os.close(handle)
                return False
            _write(handle, {**_owner(), "output": output.name})
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(handle)
            raise
        self._held[path] = handle
        return True

    def note(self, files: Sequence[tuple[WorkFile, Path]]) -> None:
        """Write down what is about to be published; from now on a killed run's files are known as its own.

        Raises:
            DiskFull, OutputError: it cannot be written.
        """
        publishing = [
            [str(final.absolute()), *work.identity, os.stat(work.path, follow_symlinks=False).st_size]
            for work, final in files
        ]
        said = {**_owner(), "output": self._job.output.name, "job": _digest(self._job), "publishing": publishing}
        said["seal"] = seal_of("lock", _noted(said))
        path = lock_path(self._job.output)
        with map_os_errors(path, what=msg("The lock {path}", path=path)):
            _write(self._held[path], said)
        self._left = {}

    def may_replace(self, path: Path) -> bool:
        """Whether a killed run of this output had published what stands there."""
        written = self._left.get(str(path.absolute()))
        if written is None:
            return False
        if _is_there(path, written):
            return True
        # An audit writes the reports once more.
        if path.name.endswith(".report.html"):
            return is_page(path)
        return path == report_path(self._job.output) and _report_of(self._job) is not None

    def finished(self) -> RunSummary | None:
        """The summary of a killed run of this very job that had published everything; None for anything less."""
        job = self._job
        if not self._left or self._left_job != _digest(job) or not self.may_replace(job.output):
            return None
        if not all(self.may_replace(Path(name)) for name in self._left):
            return None
        data = _report_of(job)
        try:
            if data is None or not is_report_of(data, source=job.source, output=job.output):
                return None
            return summary_of(data)
        except (OSError, KeyError, TypeError, ValueError, AttributeError):
            return None

    def _keep_fresh(self) -> None:
        while not self._ending.wait(_TOUCH_EVERY_S):
            for path, handle in list(self._held.items()):
                with contextlib.suppress(OSError):
                    os.utime(path if sys.platform == "win32" else handle)

    def _release(self) -> None:
        self._ending.set()
        if self._toucher is not None:
            join_thread(self._toucher)
        while self._held:
            path, handle = self._held.popitem()
            with contextlib.suppress(OSError):
                mine = identity(os.lstat(path)) == identity(os.fstat(handle))
                if sys.platform == "win32":
                    os.close(handle)
                    handle = -1
                if mine:
                    path.unlink()
            if handle >= 0:
                os.close(handle)


def _hold(handle: int) -> bool | None:
    """True: the file is locked now; False: another process has it; None: the file system has no locks."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, 1 << 30, os.SEEK_SET)  # far behind what is read
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    return hold(handle)


def _owner() -> dict[str, Any]:
    try:
        owner = getpass.getuser()
    except (OSError, KeyError, ImportError):
        owner = "somebody"
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"dashcamcleaner": "lock", "owner": owner, "host": host_name(), "boot": _boot(), "pid": os.getpid(),
            "since": now}  # fmt: skip


@functools.cache
def _boot() -> str:
    """Tells one start of a machine from all others, whatever its containers call themselves; empty where unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _noted(said: dict[str, Any]) -> bytes:
    """What a lock's seal is over: anybody may write a lock, but only this user's own notes let a file be replaced."""
    return json.dumps([said.get("output"), said.get("job"), said.get("publishing")]).encode("utf-8")


def _write(handle: int, said: dict[str, Any]) -> None:
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, (json.dumps(said) + "\n").encode("utf-8"))


def _read(handle: int, found: os.stat_result) -> dict[str, Any] | None:
    """What a lock says; empty for one that was killed while it was made; None for a file that is none of ours."""
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        return None
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        text = os.read(handle, _LONGEST)
    except OSError:
        return {}  # locked by another process on Windows
    if not text:
        return {}
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and said.get("dashcamcleaner") == "lock" else None


def _has_ended(said: dict[str, Any], found: os.stat_result, path: Path, *, sure: bool) -> bool:
    """Whether the run that a lock tells of works no more.

    Args:
        said: what the lock says.
        found: the lock file.
        path: its place.
        sure: the system's own lock on it is free, which tells all about this machine.
    """
    if not said:
        return sure or time.time() - found.st_mtime > _STALE_S
    if said.get("host") == host_name() or (said.get("boot") and said.get("boot") == _boot()):
        return sure or not is_alive(int(said.get("pid") or 0))
    # Clocks differ between machines: a new file tells what the file system's own is.
    probe = WorkFile(path)
    try:
        return os.stat(probe.path).st_mtime - found.st_mtime > _STALE_S
    finally:
        probe.discard()


def _told(output: Path, said: dict[str, Any]) -> str:
    if not said:
        return msg("The output {output} is being written by another run.", output=output)
    since = str(said.get("since", ""))[11:16]
    return msg(
        "The output {output} is being written by another run: {owner} on {host}, process {pid}, since {since}.",
        output=output,
        owner=said.get("owner"),
        host=said.get("host"),
        pid=said.get("pid"),
        since=since,
    )


def _is_there(path: Path, written: Written) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return (*identity(found), found.st_size) == written


def _report_of(job: Job) -> dict[str, Any] | None:
    try:
        data = read_report(report_path(job.output))
    except InputError:
        return None
    return data if Path(str(data.get("output", ""))).name == job.output.name else None


_COMES_AFTER = frozenset({"audit"})
"""What a job asks for that leaves the files of the run as they are: an audit looks at them when they are finished."""


def _digest(job: Job) -> str:
    """Tells one job from all others: by all that it asks for, and by what the side files say that it reads."""
    said = [f"{one.name}={_said(getattr(job, one.name))}" for one in fields(job) if one.name not in _COMES_AFTER]
    said += [f"{path.name} {_content(path)}" for path in _side_files(job)]
    return hashlib.sha256("\0".join(said).encode("utf-8", "surrogateescape")).hexdigest()


def _said(value: object) -> str:
    """A value of a job, the same for the same wish."""
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, Settings):
        return repr(sorted((name, repr(one)) for name, one in value.overrides.items() if name != "overwrite"))
    if isinstance(value, Mapping):
        return repr(sorted((word, [_said(one) for one in persons]) for word, persons in value.items()))
    if isinstance(value, Reference):
        return repr([value.name, *(one.tobytes() for one in value.embeddings)])
    return repr(value)


def _side_files(job: Job) -> Iterator[Path]:
    """What a job reads that decides what is hidden, and how; but for the source, whose hash its report tells."""
    if job.from_plan is not None:
        yield job.from_plan
    if job.edits is not None:
        yield job.edits
    elif job.from_plan is not None:
        yield EditsFile.beside(job.from_plan).path
    for named in (*job.persons.keep, *job.persons.hide, job.settings.picture):
        if named and Path(named).is_file():
            yield Path(named)


def _content(path: Path) -> str:
    """What tells a side file's content; of a plan its tracks alone, for a run may write it anew. Empty for no file."""
    try:
        return tracks_key(path) if path.name.endswith(PLAN_ENDING) else file_sha256(path)
    except (OSError, PlanError):
        return ""
