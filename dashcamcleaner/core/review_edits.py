"""Edits that a review makes beside those of whole tracks: kept clear for a part of the span, and answered spots.

Both are rows of their own, not keys of older ones: a version that does not know them leaves them undone, and hides.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import ClassVar, Self

from dashcamcleaner.core.edit_rows import (
    SAME_TIME_S,
    Box,
    Row,
    RowEdit,
    as_list,
    box_of,
    check_box,
    checked_whole,
    needed,
    number,
    unknown_keys_of,
    whole_number,
)
from dashcamcleaner.messages import msg

__all__ = ["CheckedSpot", "KeepSpan"]

_LONGEST_KIND = 60


@dataclass(frozen=True, slots=True)
class KeepSpan(RowEdit):
    """The track stays clear from one second to another, both included, and is hidden in all others.

    Args:
        track: its id within the plan.
        from_s, to_s: seconds of the clip's own clock, both finite.

    Raises:
        ValueError: a number is none, or the span ends before it begins.
    """

    row_name: ClassVar[str] = "keep-span"
    row_keys: ClassVar[tuple[str, ...]] = ("track", "from_s", "to_s")
    uncovers: ClassVar[bool] = True

    track: int
    from_s: float
    to_s: float

    def __post_init__(self) -> None:
        checked_whole(self.track, "track")
        _check_span(self.from_s, self.to_s)

    def holds(self, time_s: float) -> bool:
        """Whether the track stays clear at this time."""
        return self.from_s - SAME_TIME_S <= time_s <= self.to_s + SAME_TIME_S

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """From which second to which the track stays clear."""
        return ((self.from_s, self.to_s),)

    def later(self, seconds: float) -> Self:
        """The same in a clock that tells this many seconds more."""
        return dataclasses.replace(self, from_s=self.from_s + seconds, to_s=self.to_s + seconds)

    def _values(self) -> dict[str, object]:
        return {"track": self.track, "from_s": self.from_s, "to_s": self.to_s}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file.

        Raises:
            ValueError: it lacks something, or holds what cannot be.
        """
        from_s, to_s = number(needed(row, "from_s")), number(needed(row, "to_s"))
        return cls(whole_number(row, "track"), from_s, to_s, unknown_keys=unknown_keys_of(row, cls.row_keys))


@dataclass(frozen=True, slots=True)
class CheckedSpot(RowEdit):
    """Somebody looked at a place of the picture and answered; nothing that is hidden changes.

    Args:
        box: where, upright full-size pixels.
        from_s, to_s: when, seconds of the clip's own clock, both finite.
        kind: what might have been there.

    Raises:
        ValueError: the box has no area, or the span ends before it begins.
    """

    row_name: ClassVar[str] = "checked-spot"
    row_keys: ClassVar[tuple[str, ...]] = ("box", "from_s", "to_s", "kind")

    box: Box
    from_s: float
    to_s: float
    kind: str = ""

    def __post_init__(self) -> None:
        check_box(self.box)
        _check_span(self.from_s, self.to_s)

    def later(self, seconds: float) -> Self:
        """The same in a clock that tells this many seconds more."""
        return dataclasses.replace(self, from_s=self.from_s + seconds, to_s=self.to_s + seconds)

    def _values(self) -> dict[str, object]:
        return {"box": list(self.box), "from_s": self.from_s, "to_s": self.to_s, "kind": self.kind}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file; see `KeepSpan.from_row`."""
        box = box_of(as_list(needed(row, "box")))
        from_s, to_s = number(needed(row, "from_s")), number(needed(row, "to_s"))
        kind = str(row.get("kind", ""))[:_LONGEST_KIND]
        return cls(box, from_s, to_s, kind, unknown_keys=unknown_keys_of(row, cls.row_keys))


def _check_span(from_s: float, to_s: float) -> None:
    if not (math.isfinite(from_s) and math.isfinite(to_s) and from_s <= to_s):
        raise ValueError(msg("a span has two seconds, and ends after it begins"))
