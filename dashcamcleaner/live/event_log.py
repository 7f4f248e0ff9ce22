"""The log of a live run: a line of JSON for every change, with the time of day; no pictures, nothing of what was seen.

It is appended to and written out line by line, so that a killed run leaves all that it told; that is why
`atomic_files.atomic_write` does not write it, and all that this short module is for.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from dashcamcleaner.core.events import Event, event_as_dict
from dashcamcleaner.core.plain_text import json_line
from dashcamcleaner.errors import OutputError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE

__all__ = ["EventLog"]


class EventLog:
    """An open log; a context manager. Only its owner may read a new one.

    Args:
        path: the file; an older log is appended to.

    Raises:
        OutputError: it cannot be written, is no file, or holds something that is no log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.exists() and not path.is_file():
            raise OutputError(msg("{path} is no file that could be a log.", path=path))
        with map_os_errors(path):
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, PRIVATE)
            begins = os.read(self._file, 1)
        if begins not in (b"", b"{"):
            os.close(self._file)
            raise OutputError(
                msg("{path} is no log of live runs; nothing is appended to it.", path=path), hint="Give another name."
            )

    def write(self, event: Event) -> None:
        """Append an event.

        Raises:
            OutputError: it cannot be written.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = f"{json_line({'at': now, **event_as_dict(event)})}\n".encode()
        with map_os_errors(self._path):
            while line:  # a disk that is nearly full takes a part of it, and refuses the rest
                line = line[os.write(self._file, line) :]

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)
