"""Atomic files: whatever is written grows beside its final name and is renamed once it is whole.

A file under a temporary name is a `work_files.WorkFile`, made by this module alone: `atomic_path`, `atomic_write` and
`atomic_json` are for what is written in one go, `GrowingFile` for what grows as a run goes, `new_work_file` and
`publish` for what a library writes. What keeps one from being written is told as `map_os_errors` does it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from dashcamcleaner.errors import OutputError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.work_files import WorkFile

__all__ = ["GrowingFile", "as_json", "atomic_json", "atomic_path", "atomic_write", "new_work_file", "publish"]

_ANYONE = 0o666  # narrowed by the umask, as all files are


def new_work_file(final: Path, *, what: str = "", hint: str = "", mode: int = _ANYONE) -> WorkFile:
    """A file of our own in which an output grows until `publish` gives it its name; see `work_files`.

    Args:
        final: the name that it is going to have.
        what: what it is called for people; its path when empty.
        hint: what to do if it cannot be made.
        mode: the mode of the file, which the umask narrows.

    Raises:
        DiskFull, OutputError: it cannot be made; see `map_os_errors`.
    """
    with map_os_errors(final, what=what, hint=hint):
        return WorkFile(final, mode=mode)


def publish(work: WorkFile, final: Path, *, overwrite: bool) -> None:
    """Give a finished file its final name, once its content is on the disk.

    Raises:
        OutputError: something has come to stand there meanwhile, or in the place of the work file, or it cannot be
            renamed.
        DiskFull: there is no room for it.
    """
    try:
        with map_os_errors(final, what="The result", verb=msg("given its name {final}", final=final)):
            work.publish(final, replace=overwrite, durable=True)
    except OutputError as error:
        if isinstance(error.__cause__, FileExistsError):
            raise OutputError(
                msg("The output {final} came into being during the run and is left alone.", final=final),
                hint="Choose another name, or add --overwrite; the analysis continues.",
            ) from error
        raise


@contextlib.contextmanager
def atomic_path(
    final: Path, *, what: str = "", hint: str = "", make_folder: bool = False, mode: int = _ANYONE
) -> Iterator[Path]:
    """Give a path beside ``final`` to write to; it gets the final name at the end, and goes if anything goes wrong.

    Args:
        final: the file, which is replaced if it exists; what is a device or a pipe is written into.
        what: what it is called for people; its path when empty.
        hint: what to do if it cannot be written.
        make_folder: make its folder where there is none.
        mode: the mode of the file, which the umask narrows.

    Raises:
        DiskFull, OutputError: see `map_os_errors`.
    """
    with map_os_errors(final, what=what, hint=hint):
        if make_folder:
            final.parent.mkdir(parents=True, exist_ok=True)
        work = WorkFile(final, mode=mode)
        try:
            yield work.path
            work.publish(final, replace=True)
        finally:
            work.discard()


def atomic_write(
    final: Path,
    content: str | bytes,
    *,
    what: str = "",
    hint: str = "",
    make_folder: bool = False,
    mode: int = _ANYONE,
) -> None:
    """Write a whole small file beside its name, text as UTF-8 with plain line ends, and rename it.

    Bytes of names that are no UTF-8 become escapes, which JSON reads back as they were.

    Raises:
        DiskFull, OutputError: see `map_os_errors`.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with map_os_errors(final, what=what, hint=hint):
        if make_folder:
            final.parent.mkdir(parents=True, exist_ok=True)
        work = WorkFile(final, mode=mode)
        try:
            work.write(data)
            work.publish(final, replace=True)
        finally:
            work.discard()


def atomic_json(final: Path, data: Any, *, what: str = "", make_folder: bool = False, mode: int = _ANYONE) -> None:
    """Write plain data as JSON, one space deep per level, as `atomic_write` does.

    Raises:
        DiskFull, OutputError: see `map_os_errors`.
    """
    atomic_write(final, as_json(data), what=what, make_folder=make_folder, mode=mode)


def as_json(data: Any) -> str:
    """Plain data as the JSON that this program writes."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


class GrowingFile:
    """A text file (UTF-8) that grows beside its final name as a run goes, and gets that name at the end.

    Args:
        final: the file, which is replaced if it exists; what is a device or a pipe is written into.
        what: what it is called for people; its path when empty.
        newline: the newline as `open` takes it; plain line ends by default.
        mode: the mode of the file, which the umask narrows.

    Raises:
        DiskFull, OutputError: it cannot be made; see `map_os_errors`. `write` and `finish` raise the same.
    """

    def __init__(self, final: Path, *, what: str = "", newline: str = "\n", mode: int = _ANYONE) -> None:
        self.final = final
        self._what = what
        with map_os_errors(final, what=what):
            self._work = WorkFile(final, mode=mode)
            self._file: IO[str] = self._work.open(newline=newline)

    def write(self, text: str) -> int:
        """Append a text; gives its length."""
        with map_os_errors(self.final, what=self._what):
            return self._file.write(text)

    def close(self) -> WorkFile:
        """All is written; gives the file, which still has to be published."""
        with map_os_errors(self.final, what=self._what):
            self._file.close()
        return self._work

    def finish(self) -> None:
        """Give the file its final name."""
        work = self.close()
        with map_os_errors(self.final, what=self._what):
            work.publish(self.final, replace=True)

    def abort(self) -> None:
        """Close and delete what was written; does nothing after `finish`."""
        with contextlib.suppress(OSError):  # what cannot be flushed is not wanted any more
            self._file.close()
        self._work.discard()
