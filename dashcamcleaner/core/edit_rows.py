"""A row of an edits file, and what all kinds of edits do with it: values are taken out and checked here.

Seconds of edits are those of the clip's own clock, in which its plan tells the frames: a frame is shown at its ``pts``
times the time base. It begins at 0 in most clips, and later in streams that were cut from longer ones.

Rows come from files that anybody may have written. Whatever is wrong with one is a `ValueError` of a few words, which
`pipeline.edits_text` puts into a sentence with the line.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, TypeAlias

from dashcamcleaner.core.boxes import FARTHEST_PX
from dashcamcleaner.messages import msg
from dashcamcleaner.side_files import parse_json

__all__ = [
    "SAME_TIME_S",
    "Box",
    "KeyFrame",
    "Row",
    "RowEdit",
    "as_list",
    "box_of",
    "check_box",
    "checked_whole",
    "key_frame",
    "limits",
    "needed",
    "number",
    "rounded_box",
    "unknown_keys_of",
    "whole_number",
]

SAME_TIME_S = 1e-4
"""Seconds are written for people; a tenth of a millisecond decides no frame."""
Box: TypeAlias = tuple[float, float, float, float]
KeyFrame: TypeAlias = tuple[float, Box]
"""A second, and the box at that second."""
Row: TypeAlias = Mapping[str, object]
"""A line of an edits file, as JSON reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEdit:
    """What all edits have.

    Args:
        unknown_keys: keys of the row that this version does not know, each with its value as JSON. They change
            nothing here, and are written again.
    """

    row_name: ClassVar[str]
    row_keys: ClassVar[tuple[str, ...]]
    uncovers: ClassVar[bool] = False
    """It can leave something clear that would be hidden without it."""

    unknown_keys: tuple[tuple[str, str], ...] = ()

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """From which second to which it does something, both included; empty where that is the whole clip."""
        return ()

    def later(self, _seconds: float) -> Self:
        """The same in a clock that tells this many seconds more."""
        return self

    def to_row(self) -> dict[str, object]:
        """The row of the edits file; `edit_from_row` is the inverse."""
        unknown = {key: parse_json(value) for key, value in self.unknown_keys}
        return {"edit": self.row_name, **self._values(), **unknown}

    def _values(self) -> dict[str, object]:
        raise NotImplementedError


def unknown_keys_of(row: Row, known: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The keys of a row beside ``edit`` and the known ones, each with its value as JSON."""
    return tuple((key, json.dumps(value)) for key, value in row.items() if key != "edit" and key not in known)


def needed(row: Row, key: str) -> object:
    """The value of a key that must be there."""
    if key not in row:
        raise ValueError(msg('it lacks "{key}"', key=key))
    return row[key]


def whole_number(row: Row, key: str) -> int:
    """The whole number under a key that must be there."""
    return checked_whole(needed(row, key), key)


def checked_whole(value: object, key: str) -> int:
    """The value of a key, which must be a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(msg("a {key} is a whole number", key=key))
    return value


def number(value: object) -> float:
    """A number, which may be infinite; written as text it is one, too."""
    if not isinstance(value, int | float | str):
        raise ValueError(msg("{value:.40} is no number", value=repr(value)))
    try:
        found = float(value)
    except OverflowError as error:
        raise ValueError(msg("a number is too large")) from error
    if math.isnan(found):
        raise ValueError(msg("not a number"))
    return found


def as_list(value: object) -> Sequence[object]:
    """A list, which may be empty."""
    if not isinstance(value, list):
        raise ValueError(msg("{value:.40} is no list", value=repr(value)))
    return value


def box_of(values: Sequence[object]) -> Box:
    """Four numbers; whether they are a box is for `check_box`."""
    if len(values) != 4:
        raise ValueError(msg("a box is x1, y1, x2, y2"))
    x1, y1, x2, y2 = (number(value) for value in values)
    return (x1, y1, x2, y2)


def key_frame(values: Sequence[object]) -> KeyFrame:
    """A second and the four numbers of a box."""
    if not values:
        raise ValueError(msg("a key frame is seconds, x1, y1, x2, y2"))
    return number(values[0]), box_of(values[1:])


def check_box(box: Box) -> None:
    """Whether a box has an area, and lies within what a plan can hold."""
    x1, y1, x2, y2 = box
    if not (x2 > x1 and y2 > y1):  # NaN fails, too
        raise ValueError(msg("a box is x1, y1, x2, y2 with x2 > x1 and y2 > y1"))
    if not max(map(abs, box)) <= FARTHEST_PX:
        raise ValueError(msg("a box is out of range"))


def rounded_box(box: Sequence[float]) -> Box:
    """A box as it is written: finer than a mouse can draw is only noise in the file."""
    x1, y1, x2, y2 = (round(float(value), 2) for value in box)
    return (x1, y1, x2, y2)


def limits(row: Row) -> tuple[float, float]:
    """From when to when a row is in force; infinite where it does not say."""
    return number(row.get("from_s", -math.inf)), number(row.get("to_s", math.inf))
