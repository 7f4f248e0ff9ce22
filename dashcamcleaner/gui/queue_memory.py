"""What of the queue outlives the window: every row with what became of it, as plain JSON.

The file lies in the user's folder and anybody's program may write there: what does not fit is left out, one entry at a
time, and nothing in it starts anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.queue_row import Row, State
from dashcamcleaner.message_data import texts_of, with_texts

__all__ = ["RememberedRow", "recalled", "remembered"]

_MOST_ROWS = 5000


@dataclass(frozen=True, slots=True)
class RememberedRow:
    """A row of an earlier day.

    Args:
        source: the clip.
        root: the folder it came with.
        output: where its result stood, if it had one.
        own_output: a name that the user chose for it.
        error: why it failed, if it did.
    """

    source: Path
    root: Path | None = None
    output: Path | None = None
    own_output: Path | None = None
    error: DashcamCleanerError | None = None


def remembered(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as JSON."""
    return [_entry(row) for row in rows][:_MOST_ROWS]


def _entry(row: Row) -> dict[str, Any]:
    entry: dict[str, Any] = {"source": str(row.source)}
    for name, path in (("root", row.root), ("own_output", row.own_output)):
        if path is not None:
            entry[name] = str(path)
    if row.summary is not None:  # it stands, even where rendering it again has failed
        entry["output"] = row.summary.output
    elif row.state is State.FAILED and row.error is not None:
        entry["failed"] = {"message": row.error.message, "hint": row.error.hint}
        if texts := texts_of(entry["failed"]):  # the next window may speak another language
            entry["failed"]["texts"] = texts
    return entry


def recalled(entries: object) -> list[RememberedRow]:
    """The rows of an earlier day; what is no row is left out."""
    found = []
    for entry in (entries if isinstance(entries, list) else [])[:_MOST_ROWS]:
        with contextlib.suppress(TypeError, ValueError, KeyError):
            found.append(_row(entry))
    return found


def _row(entry: Any) -> RememberedRow:
    if not isinstance(entry, dict):  # of versions up to 0.9: clip and folder of what was unfinished
        source, root = entry
        return RememberedRow(Path(source), root=Path(root) if root else None)
    failed, paths = entry.get("failed"), {}
    for name in ("root", "output", "own_output"):
        paths[name] = Path(entry[name]) if entry.get(name) else None
    return RememberedRow(Path(entry["source"]), error=None if failed is None else _error(failed), **paths)


def _error(failed: Any) -> DashcamCleanerError:
    told = with_texts({name: str(failed[name]) for name in ("message", "hint")}, failed.get("texts"))
    return DashcamCleanerError(told["message"], hint=told["hint"])
