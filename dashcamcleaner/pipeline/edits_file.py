"""The edits file, ``NAME.edits.jsonl`` beside the plan: the one reader and writer of its rows.

A header and one JSON object per line, versioned like the plan. The window writes it, ``--fix`` appends to it, people
write it by hand; runs, audits and reviews read it.

    {"edits": "dashcamcleaner", "version": [1, 0]}
    {"edit": "keep", "track": 12}                     stays clear: somebody who agreed
    {"edit": "drop", "track": 7}                      is no face or plate: a false hit
    {"edit": "only", "track": 3}                      of all tracks, hide only those so named
    {"edit": "name", "track": 12, "name": "Ann"}      for people
    {"edit": "checked", "track": 12}                  somebody looked at it; changes nothing
    {"edit": "region", "keys": [[1.5, 10, 20, 90, 80], [2.0, 30, 20, 110, 80]], "kind": "face"}
                                                      hidden from the first key's second to the last's, moved evenly
                                                      from key to key; "by": "audit" where --fix wrote it
    {"edit": "fixed", "box": [0, 1000, 600, 1080]}    hidden throughout, or "from_s" to "to_s": a burned-in text
    {"edit": "exclude", "box": [0, 900, 1920, 1080]}  finds wholly inside are left clear, as for "fixed"
    {"edit": "frames", "from_s": 3.0, "to_s": 4.5}    hidden wholly

A row that this version does not know becomes an `UnknownEdit` and is written again byte for byte; keys that it does not
know are written again, too. `Edits.warnings` tells of both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from dashcamcleaner.core.edit_types import EDIT_TYPES, Edit, UnknownEdit, edit_from_row
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.errors import PlanError
from dashcamcleaner.files import atomic_write, map_os_errors
from dashcamcleaner.pipeline.plan_file import plan_of_0_1_0

__all__ = ["EDITS_VERSION", "EditsFile", "edits_as_text", "edits_from_text"]

EDITS_VERSION = (1, 0)
"""Major, minor. A newer major version is refused; of a newer minor one, what is unknown is kept and told."""
_HEADER = json.dumps({"edits": "dashcamcleaner", "version": list(EDITS_VERSION)}, separators=(",", ":"))
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What comes of a line that is no row: it may have been written by anybody."""


def _edits_path(plan: Path) -> Path:
    return plan.with_name(plan.name.removesuffix(".jsonl").removesuffix(".plan") + ".edits.jsonl")


class EditsFile:
    """An edits file, which need not be there yet.

    Args:
        path: its place.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._header = _HEADER

    @classmethod
    def beside(cls, plan: Path) -> EditsFile:
        """The edits of a plan: ``clip.mp4.plan.jsonl`` -> ``clip.mp4.edits.jsonl``.

        Where there are none, but version 0.1.0 left ``clip.edits.jsonl`` with a plan of the same footage, it is these.
        """
        path = _edits_path(plan)
        if not path.exists() and (older := plan_of_0_1_0(plan)) is not None and _edits_path(older).is_file():
            return cls(_edits_path(older))
        return cls(path)

    def read(self, *, missing_ok: bool = False) -> Edits:
        """What stands in the file; its header is the one that `write` will write.

        Args:
            missing_ok: where there is no file, or an empty one, there are no edits.

        Raises:
            PlanError: it cannot be read, is no edits file, or of a newer major version.
        """
        text = self._text(missing_ok=missing_ok)
        if missing_ok and not text.strip():
            self._header = _HEADER
            return Edits()
        try:
            self._header, edits = edits_from_text(text)
        except PlanError as error:
            raise PlanError(f"{self.path}: {error.message}", hint=error.hint) from error
        return edits

    def write(self, edits: Edits) -> None:
        """Put these edits into the file instead of all that stands there; without any the file is removed.

        Raises:
            DiskFull, OutputError: it cannot be written; what stood there still does.
        """
        what = f"The edits {self.path}"
        if edits.entries:
            atomic_write(self.path, edits_as_text(edits, header=self._header), what=what)
            return
        with map_os_errors(self.path, what=what):
            self.path.unlink(missing_ok=True)

    def append(self, added: Iterable[Edit]) -> None:
        """Add edits at the end; what stands there stays as it is, byte for byte.

        Raises:
            PlanError: what stands there cannot be read, or is of a newer major version.
            DiskFull, OutputError: the file cannot be written.
        """
        self.read(missing_ok=True)
        text = self._text(missing_ok=True)
        text = text if text.strip() else self._header
        lines = "".join(_line(edit) + "\n" for edit in added)
        atomic_write(self.path, text + ("" if text.endswith("\n") else "\n") + lines, what=f"The edits {self.path}")

    def _text(self, *, missing_ok: bool) -> str:
        if not self.path.exists():
            if missing_ok:
                return ""
            raise PlanError(f"There is no edits file {self.path}.")
        try:
            with map_os_errors(self.path, what=f"The edits file {self.path}", verb="read", to=PlanError):
                # Bytes, not text: line ends stay as they are.
                return self.path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise PlanError(f"{self.path} is not an edits file of this program.") from error


def edits_as_text(edits: Edits, *, header: str = _HEADER) -> str:
    """The content of an edits file with these edits."""
    return "".join(line + "\n" for line in (header, *map(_line, edits.entries)))


def edits_from_text(text: str) -> tuple[str, Edits]:
    """The inverse of `edits_as_text`: the header as it stands, and the edits. Blank lines are skipped.

    Raises:
        PlanError: not an edits file, of a newer major version, or with a line that cannot be read.
    """
    # At line feeds alone: a name may hold any other of the characters at which `splitlines` breaks.
    rows = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    header = rows[0][1] if rows else ""
    newer = _version(header) > EDITS_VERSION
    return header, Edits(tuple(_edit(number, line, newer=newer) for number, line in rows[1:]))


def _version(header: str) -> tuple[int, int]:
    try:
        data = json.loads(header)
        if data["edits"] != "dashcamcleaner":
            raise ValueError("another program's file")
        major, minor = int(data["version"][0]), int(data["version"][1])
    except _UNREADABLE as error:
        raise PlanError(
            "The file holds no edits of this program.",
            hint='Its first line is {"edits": "dashcamcleaner", "version": [1, 0]}.',
        ) from error
    if major > EDITS_VERSION[0]:
        raise PlanError(
            f"The edits have version {major}.{minor}, this program reads up to {EDITS_VERSION[0]}.x.",
            hint="Update DashcamCleaner; the file is left as it is.",
        )
    return major, minor


def _edit(number: int, line: str, *, newer: bool) -> Edit:
    """One row. Of a newer file, one that cannot be read is unknown, not wrong."""
    try:
        row = json.loads(line)
        name = row["edit"]
        if not isinstance(name, str):
            raise ValueError('"edit" is a word')
        if name not in EDIT_TYPES:
            return UnknownEdit(line, name)
        try:
            return edit_from_row(row)
        except ValueError:
            if newer:
                return UnknownEdit(line, name)
            raise
    except _UNREADABLE as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise PlanError(
            f"Line {number} of the edits cannot be read: {line.strip()[:60]!r} ({why}).",
            hint=f'Each line is one JSON object with an "edit" of {", ".join(EDIT_TYPES)}.',
        ) from error


def _line(edit: Edit) -> str:
    if isinstance(edit, UnknownEdit):
        return edit.line
    row = edit.to_row()
    line = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold and UTF-8 cannot
        return json.dumps(row, separators=(",", ":"))
    return line
