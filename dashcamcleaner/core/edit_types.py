"""The kinds of edits: each is one thing that a person, or ``--fix``, changed about a plan.

Frozen, checked when they are made, and read from and written to the rows of an edits file (`from_row`, `to_row`);
`core.edits` holds all of a clip and applies them, `pipeline.edits_file` is the file. Boxes are ``x1, y1, x2, y2`` in
upright full-size pixels, times are seconds of the clip's own clock (`core.edit_rows`).

An edit that can leave something clear says so by `uncovers`: that is the one place to ask.
"""

from __future__ import annotations

import bisect
import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import ClassVar, Self, TypeAlias

from dashcamcleaner.core.boxes import contains
from dashcamcleaner.core.edit_rows import (
    SAME_TIME_S,
    Box,
    KeyFrame,
    Row,
    RowEdit,
    as_list,
    box_of,
    check_box,
    key_frame,
    limits,
    needed,
    unknown_keys_of,
    whole_number,
)
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.core.review_edits import CheckedSpot, KeepSpan
from dashcamcleaner.core.track_edits import CheckedTrack, DropTrack, KeepTrack, NameTrack, OnlyTrack
from dashcamcleaner.core.vehicle_edits import TrackStyle, VehicleTrack
from dashcamcleaner.messages import msg

__all__ = [
    "EDIT_TYPES",
    "MANUAL",
    "ClearZone",
    "DrawnRegion",
    "Edit",
    "HandEdit",
    "HiddenSpan",
    "HiddenZone",
    "PersonRule",
    "UnknownEdit",
    "edit_from_row",
]

MANUAL = "manual"
"""Kind of a region that a person drew without saying what it shows."""


@dataclass(frozen=True, slots=True)
class DrawnRegion(RowEdit):
    """A region drawn along key frames; it is hidden from the first one's second to the last one's.

    Args:
        keys: one or more key frames in order of time, in seconds of the clip's own clock; between two of them the box
            moves evenly.
        kind: what it hides, for reports and looks.
        by: who drew it: ``audit`` for ``--fix``, empty for a person.
        round: the round of ``--fix``, counted from 1.

    Raises:
        ValueError: there is no key frame, two have the same time, or a box has no area.
    """

    row_name: ClassVar[str] = "region"
    row_keys: ClassVar[tuple[str, ...]] = ("keys", "kind", "by", "round")

    keys: tuple[KeyFrame, ...]
    kind: str = MANUAL
    by: str = dataclasses.field(default="", kw_only=True)
    round: int = dataclasses.field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if not self.keys or any(later[0] <= earlier[0] for earlier, later in pairwise(self.keys)):
            raise ValueError(msg("keys must be there, in order of time"))
        for time_s, box in self.keys:
            if not math.isfinite(time_s):
                raise ValueError(msg("a key frame needs a time"))
            check_box(box)

    @property
    def from_s(self) -> float:
        """When it begins."""
        return self.keys[0][0]

    @property
    def to_s(self) -> float:
        """When it ends."""
        return self.keys[-1][0]

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """From which second to which it is hidden, both included."""
        return ((self.from_s, self.to_s),)

    def later(self, seconds: float) -> DrawnRegion:
        """The same in a clock that tells this many seconds more."""
        return self.with_keys([(time_s + seconds, box) for time_s, box in self.keys])

    def at(self, time_s: float) -> Box | None:
        """The box at this time, None outside its span."""
        if not self.from_s - SAME_TIME_S <= time_s <= self.to_s + SAME_TIME_S:
            return None
        place = max(1, bisect.bisect_left(self.keys, time_s, key=itemgetter(0)))
        if place >= len(self.keys):
            return self.keys[-1][1]
        (start_s, a), (end_s, b) = self.keys[place - 1 : place + 1]
        part = min(1.0, max(0.0, (time_s - start_s) / max(1e-9, end_s - start_s)))
        return (
            a[0] + part * (b[0] - a[0]),
            a[1] + part * (b[1] - a[1]),
            a[2] + part * (b[2] - a[2]),
            a[3] + part * (b[3] - a[3]),
        )

    def nearest(self, time_s: float) -> Box:
        """The box at this time; outside its span that of the nearer end."""
        return self.at(time_s) or (self.keys[0][1] if time_s < self.from_s else self.keys[-1][1])

    def with_key(self, time_s: float, box: Box) -> DrawnRegion:
        """The same with this box at this time: moves the key frame that is there, or adds one."""
        others = [key for key in self.keys if abs(key[0] - time_s) > SAME_TIME_S]
        return self.with_keys(sorted([*others, (time_s, box)]))

    def with_keys(self, keys: Sequence[KeyFrame]) -> DrawnRegion:
        """The same along other key frames."""
        return dataclasses.replace(self, keys=tuple(keys))

    def lasting(self, from_s: float, to_s: float) -> DrawnRegion:
        """The same from one second to another, both included; beyond its ends their boxes stay."""
        inner = [key for key in self.keys if from_s + SAME_TIME_S < key[0] < to_s - SAME_TIME_S]
        last = [(to_s, self.nearest(to_s))] if to_s > from_s else []
        return self.with_keys([(from_s, self.nearest(from_s)), *inner, *last])

    def _values(self) -> dict[str, object]:
        values: dict[str, object] = {"keys": [[time_s, *box] for time_s, box in self.keys], "kind": self.kind}
        if self.by:
            values["by"] = self.by
        if self.round:
            values["round"] = self.round
        return values

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file; see `core.track_edits.TrackEdit.from_row`."""
        return cls(
            tuple(key_frame(as_list(key)) for key in as_list(needed(row, "keys"))),
            str(row.get("kind", MANUAL)),
            by=str(row.get("by", "")),
            round=whole_number(row, "round") if "round" in row else 0,
            unknown_keys=unknown_keys_of(row, cls.row_keys),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timed(RowEdit):
    """What lasts from one second to another.

    Args:
        from_s, to_s: seconds of the clip's own clock, both included; without limits it lasts the whole clip.

    Raises:
        ValueError: it ends before it begins.
    """

    from_s: float = -math.inf
    to_s: float = math.inf

    def __post_init__(self) -> None:
        if not (self.from_s <= self.to_s and self.from_s < math.inf and self.to_s > -math.inf):  # NaN fails, too
            raise ValueError(msg("it ends before it begins"))

    def holds(self, time_s: float) -> bool:
        """Whether it is in force at this time."""
        return self.from_s - SAME_TIME_S <= time_s <= self.to_s + SAME_TIME_S

    def lasting(self, from_s: float, to_s: float) -> Self:
        """The same from one second to another."""
        return dataclasses.replace(self, from_s=from_s, to_s=to_s)

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """From which second to which it is in force; empty where that is the whole clip."""
        return ((self.from_s, self.to_s),) if math.isfinite(self.from_s) or math.isfinite(self.to_s) else ()

    def later(self, seconds: float) -> Self:
        """The same in a clock that tells this many seconds more."""
        return self.lasting(self.from_s + seconds, self.to_s + seconds)

    def _values(self) -> dict[str, object]:
        ends = {"from_s": self.from_s, "to_s": self.to_s}
        return {name: limit for name, limit in ends.items() if math.isfinite(limit)}


@dataclass(frozen=True, slots=True)
class _Zone(_Timed):
    """An area over a span of time.

    Args:
        box: the box of the area.

    Raises:
        ValueError: the box has no area, or the zone ends before it begins.
    """

    row_keys: ClassVar[tuple[str, ...]] = ("box", "from_s", "to_s")

    box: Box

    def __post_init__(self) -> None:
        _Timed.__post_init__(self)
        check_box(self.box)

    def moved(self, box: Box) -> Self:
        """The same elsewhere."""
        return dataclasses.replace(self, box=box)

    def _values(self) -> dict[str, object]:
        return {"box": list(self.box), **_Timed._values(self)}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file; see `core.track_edits.TrackEdit.from_row`."""
        from_s, to_s = limits(row)
        box = box_of(as_list(needed(row, "box")))
        return cls(box, from_s=from_s, to_s=to_s, unknown_keys=unknown_keys_of(row, cls.row_keys))


@dataclass(frozen=True, slots=True)
class HiddenZone(_Zone):
    """An area that is hidden whatever is found there: a burned-in text, a reflection."""

    row_name: ClassVar[str] = "fixed"


@dataclass(frozen=True, slots=True)
class ClearZone(_Zone):
    """An area that leaves clear what is found wholly inside."""

    row_name: ClassVar[str] = "exclude"
    uncovers: ClassVar[bool] = True

    def contains(self, xyxy: Box) -> bool:
        """Whether a box lies wholly inside."""
        return contains(self.box, xyxy)


@dataclass(frozen=True, slots=True)
class HiddenSpan(_Timed):
    """A span over which whole frames are hidden."""

    row_name: ClassVar[str] = "frames"
    row_keys: ClassVar[tuple[str, ...]] = ("from_s", "to_s")

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file; see `core.track_edits.TrackEdit.from_row`."""
        from_s, to_s = limits(row)
        return cls(from_s=from_s, to_s=to_s, unknown_keys=unknown_keys_of(row, cls.row_keys))


@dataclass(frozen=True, slots=True)
class UnknownEdit:
    """A row of a newer version, or of a kind that this one does not know: never applied, and never lost.

    Args:
        line: the line as it stands in the file, without its line break; it is written again byte for byte.
        row_name: the kind that it claims to be of.
    """

    uncovers: ClassVar[bool] = False

    line: str
    row_name: str


HandEdit: TypeAlias = DrawnRegion | HiddenZone | ClearZone | HiddenSpan
"""What a person added by hand."""
PersonRule: TypeAlias = PersonTrack | KeepPerson | HidePerson | OnlyPersons | KeepUnknown | PersonStyle
"""Who is who, and who is hidden."""
_TrackEdit: TypeAlias = KeepTrack | DropTrack | OnlyTrack | CheckedTrack | NameTrack
_KnownEdit: TypeAlias = _TrackEdit | HandEdit | PersonRule | KeepSpan | CheckedSpot | VehicleTrack | TrackStyle
Edit: TypeAlias = _KnownEdit | UnknownEdit

EDIT_TYPES: Mapping[str, type[_KnownEdit]] = {
    known.row_name: known
    for known in (
        KeepTrack, DropTrack, OnlyTrack, NameTrack, CheckedTrack, DrawnRegion, HiddenZone, ClearZone, HiddenSpan,
        PersonTrack, KeepPerson, HidePerson, OnlyPersons, KeepUnknown, PersonStyle,
        KeepSpan, CheckedSpot, VehicleTrack, TrackStyle,
    )
}  # fmt: skip
"""What a row's ``edit`` says -> the type."""


def edit_from_row(row: Row) -> _KnownEdit:
    """The edit of a row whose kind stands in `EDIT_TYPES`.

    Raises:
        KeyError: this version does not know its kind.
        ValueError: it lacks something, or holds what cannot be.
    """
    return EDIT_TYPES[str(row["edit"])].from_row(row)
