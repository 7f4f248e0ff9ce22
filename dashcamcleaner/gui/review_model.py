"""What the review knows without a widget: the edits as lines, with unlimited undo and redo, and their file.

A state is the tuple of the edits file's lines (without its header), so undo is a step along a list of states and what
is saved is what is shown. Every change gives a new state; the file is written at once, beside first.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dashcamcleaner.core.edits import EDITS_VERSION, Edits
from dashcamcleaner.files import PRIVATE, atomic_write, map_os_errors

__all__ = ["EditStack", "Verdict"]

Box = tuple[float, float, float, float]
Key = tuple[float, Box]
State = tuple[str, ...]

HEADER = json.dumps({"edits": "dashcamcleaner", "version": list(EDITS_VERSION)}, separators=(",", ":"))
BY_HAND = ("region", "fixed", "exclude", "frames")


class Verdict:
    """What a person said about a track; the words are those of the edits file."""

    KEEP = "keep"
    DROP = "drop"
    ONLY = "only"
    CHECKED = "checked"


class EditStack:
    """Edits with their past and future.

    Args:
        path: of the edits file.
        lines: of that file, its header included; empty for none.

    Raises:
        PlanError: the lines cannot be read.
    """

    def __init__(self, path: Path, lines: Sequence[str] = ()) -> None:
        self.path = path
        body = tuple(line.strip() for line in lines if line.strip())
        if body:
            Edits.from_lines(body)
        self._states: list[State] = [body[1:]]
        self._at = 0
        self.saved: State = self.state
        self.rendered: State | None = self.state
        """The state that the result shows; None where it is of none of these."""

    @property
    def state(self) -> State:
        """The lines in force."""
        return self._states[self._at]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The lines in force, read. The list is the caller's own, its rows are shared and stay as they are."""
        return list(_read(self.state))

    @property
    def edits(self) -> Edits:
        """The lines in force, as planners take them."""
        return _edits(self.state)

    # --- past and future

    @property
    def can_undo(self) -> bool:
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        return self._at < len(self._states) - 1

    def undo(self) -> None:
        """One step back."""
        self._at = max(0, self._at - 1)

    def redo(self) -> None:
        """One step on again."""
        self._at = min(len(self._states) - 1, self._at + 1)

    def _push(self, state: State) -> None:
        if state != self.state:
            self._states[self._at + 1 :] = [state]
            self._at += 1

    def _put(self, rows: Sequence[dict[str, Any]]) -> None:
        self._push(tuple(_line(row) for row in rows))

    # --- tracks

    def tracks_with(self, verdict: str) -> set[int]:
        """The tracks about which this was said."""
        return {int(row["track"]) for row in self.rows if row["edit"] == verdict}

    def toggle(self, verdict: str, track: int) -> None:
        """Say something about a track, or take it back. Keeping and removing exclude each other."""
        rows = self.rows
        said = any(row["edit"] == verdict and row.get("track") == track for row in rows)
        apart = {Verdict.KEEP, Verdict.DROP, Verdict.ONLY} if verdict != Verdict.CHECKED else {verdict}
        rows = [row for row in rows if not (row["edit"] in apart and row.get("track") == track)]
        if not said:
            rows.append({"edit": verdict, "track": track})
        self._put(rows)

    def rename(self, track: int, name: str) -> None:
        """Give a track a name; an empty one takes it away."""
        rows = [row for row in self.rows if not (row["edit"] == "name" and row["track"] == track)]
        if name.strip():
            rows.append({"edit": "name", "track": track, "name": name.strip()})
        self._put(rows)

    # --- by hand

    def by_hand(self) -> list[tuple[int, dict[str, Any]]]:
        """What was added by hand: place among the lines, and the line."""
        return [(place, row) for place, row in enumerate(self.rows) if row["edit"] in BY_HAND]

    def add_region(self, keys: Sequence[Key], *, kind: str = "manual") -> int:
        """Hide a drawn box along its key frames; gives its place."""
        self._put([*self.rows, {"edit": "region", "keys": _keys(keys), "kind": kind}])
        return len(self.state) - 1

    def extend_region(self, before: State, place: int, keys: Sequence[Key]) -> bool:
        """Give a region that was just drawn the keys along which it was followed, as part of the same step.

        Args:
            before: the state in which it was drawn; where that is not the latest any more, nothing happens.
            place: of the region.
            keys: in order of time.
        """
        if self.state is not before or not keys:
            return False
        rows = self.rows
        rows[place] = {**rows[place], "keys": _keys(keys)}
        self._states[self._at] = tuple(_line(row) for row in rows)
        return True

    def set_key(self, place: int, time_s: float, box: Box) -> None:
        """Set a drawn region's box at a time: moves the key that is there, or adds one."""
        rows = self.rows
        if rows[place]["edit"] in ("fixed", "exclude"):
            rows[place] = {**rows[place], "box": _rounded(box)}
        else:
            keys = [key for key in rows[place]["keys"] if abs(key[0] - time_s) > 1e-4]
            keys = sorted([*keys, [round(time_s, 5), *_rounded(box)]], key=lambda key: key[0])
            rows[place] = {**rows[place], "keys": keys}
        self._put(rows)

    def trim(self, place: int, from_s: float, to_s: float) -> None:
        """Let what was added by hand last from one second to another, both included."""
        rows = self.rows
        row = rows[place]
        if row["edit"] == "region":
            manual = Edits.from_lines([HEADER, _line(row)]).regions[0]
            first, last = manual.keys[0], manual.keys[-1]
            start = manual.at(from_s) or (first[1] if from_s < first[0] else last[1])
            end = manual.at(to_s) or (last[1] if to_s > last[0] else first[1])
            inner = [key for key in manual.keys if from_s < key[0] < to_s]
            ends = [(from_s, start), *inner] + ([(to_s, end)] if to_s > from_s else [])
            rows[place] = {**row, "keys": _keys(ends)}
        else:
            rows[place] = {**row, "from_s": round(from_s, 5), "to_s": round(to_s, 5)}
        self._put(rows)

    def add_zone(self, what: str, *, box: Box | None, from_s: float | None = None, to_s: float | None = None) -> int:
        """A fixed area, an area to leave clear, or (without a box) whole frames; gives its place."""
        row: dict[str, Any] = {"edit": what}
        if box is not None:
            row["box"] = _rounded(box)
        if from_s is not None and to_s is not None:
            row |= {"from_s": round(from_s, 5), "to_s": round(to_s, 5)}
        self._put([*self.rows, row])
        return len(self.state) - 1

    def remove(self, place: int) -> None:
        """Take back what was added by hand."""
        self._put([row for at, row in enumerate(self.rows) if at != place])

    # --- the file

    def save(self) -> None:
        """Write the lines in force; a file without edits is removed.

        Raises:
            OutputError: it cannot be written.
        """
        write_edits(self.path, self.state)
        self.saved = self.state


def write_edits(path: Path, state: State) -> None:
    """Write an edits file, beside first; without any edit there is none.

    Raises:
        OutputError: it cannot be written.
    """
    if state:
        atomic_write(path, "\n".join([HEADER, *state]) + "\n", what=f"The edits {path}", mode=PRIVATE)
        return
    with map_os_errors(path, what=f"The edits {path}"):
        path.unlink(missing_ok=True)


@functools.lru_cache(maxsize=8)
def _read(state: State) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in state)


@functools.lru_cache(maxsize=8)
def _edits(state: State) -> Edits:
    return Edits.from_lines([HEADER, *state])


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False)


def _rounded(box: Sequence[float]) -> list[float]:
    return [round(float(v), 2) for v in box]


def _keys(keys: Sequence[Key]) -> list[list[float]]:
    return [[round(time_s, 5), *_rounded(box)] for time_s, box in keys]
