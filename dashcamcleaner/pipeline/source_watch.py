"""Watches a source while it is read: a report must not tell the hash of what was put there later."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import TracebackType

from dashcamcleaner.core.events import Warned
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.errors import InputError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.workers import join_thread
from dashcamcleaner.plain_files import file_sha256

__all__ = ["SourceWatch"]

_LOOK_EVERY_S = 0.5
_CHUNK = 1 << 20
_ASK_EVERY_S = 0.2
_TOLD_AFTER_S = 10.0
"""A reading that takes longer is told; each time after that it has to have taken twice as long."""


class SourceWatch:
    """A context manager: takes the hash of a source from the first moment on, beside the run, and notices changes.

    Args:
        path: the source.

    Raises:
        InputError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with map_os_errors(path, verb="read", to=InputError):
            self._first = os.stat(path)
        self._looked = time.monotonic()
        self._hash = ""
        self._read_bytes = 0
        self._stopping = False
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._take_hash, name="dashcamcleaner-hash", daemon=True)
        self._thread.start()

    def __enter__(self) -> SourceWatch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        join_thread(self._thread)

    def _take_hash(self) -> None:
        digest = hashlib.sha256()
        try:
            with self._path.open("rb") as file:
                while not self._stopping and (data := file.read(_CHUNK)):
                    digest.update(data)
                    self._read_bytes += len(data)
            self._hash = digest.hexdigest()
        except OSError as error:
            self._failure = error

    def look(self, *, now: bool = False) -> None:
        """Called as frames go by, and with ``now`` at the end.

        Raises:
            InputError: the source is another, was changed, or is gone.
        """
        if not now and time.monotonic() - self._looked < _LOOK_EVERY_S:
            return
        self._looked = time.monotonic()
        try:
            found = os.stat(self._path)
        except OSError:
            self._gone()
        else:
            if _state(found) != _state(self._first):
                self._changed()

    def fingerprint(self) -> str:
        """What `pipeline.plan_file.fingerprint` gives for the source; it is read once for this and the hash.

        Raises:
            InputError: the source was changed since the beginning, or cannot be read.
        """
        self._wait()
        self.look(now=True)
        return f"{self._first.st_size}-{self._hash}"

    def read_through(self, control: Control) -> Generator[Warned]:
        """Wait until all of the source was read, which takes hours for the largest; tells how far it is.

        Args:
            control: cancels; the reading goes on in a pause, which holds the run at its first frame.

        Raises:
            Cancelled: the run is to end.
        """
        begun, due_s = time.monotonic(), _TOLD_AFTER_S
        while self._thread.is_alive():
            control.check_cancelled()
            self._thread.join(_ASK_EVERY_S)
            taken_s, whole = time.monotonic() - begun, self._first.st_size
            if taken_s >= due_s and 0 < self._read_bytes < whole:
                due_s = 2 * taken_s
                left_s = taken_s * (whole - self._read_bytes) / self._read_bytes
                yield Warned(
                    msg(
                        "{name} is read through first, so that it is known again: {done:.1f} of {whole:.1f} GB, "
                        "{left} left.",
                        name=self._path.name,
                        done=self._read_bytes / 1e9,
                        whole=whole / 1e9,
                        left=format_seconds(left_s).split(".")[0],
                    )
                )

    def _wait(self) -> None:
        join_thread(self._thread)
        if self._failure is not None:
            with map_os_errors(self._path, verb="read", to=InputError):
                raise self._failure

    def finish(self) -> str:
        """The SHA-256 of what was read.

        Raises:
            InputError: the source was changed since the beginning, or cannot be read.
        """
        self._wait()
        self.look(now=True)
        with map_os_errors(self._path, verb="read", to=InputError):
            # The date of change can be set back; a new link or right changes this mark, too, and is no harm.
            if os.stat(self._path).st_ctime_ns != self._first.st_ctime_ns and file_sha256(self._path) != self._hash:
                self._changed()
        return self._hash

    def _gone(self) -> None:
        raise InputError(
            msg("The source {path} was moved or deleted while it was read; nothing was written.", path=self._path),
            hint="Put it back to where it was, or plug its drive in again, and start again.",
        )

    def _changed(self) -> None:
        raise InputError(
            msg("The source {path} was changed while it was read; nothing was written.", path=self._path),
            hint="Start again when nothing writes to it any more.",
        )


def _state(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
