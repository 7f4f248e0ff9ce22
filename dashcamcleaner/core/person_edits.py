"""Edits about persons: which tracks show whom, who is kept visible, and who is hidden.

A row says that a track shows a person, and in which seconds that is sure; others say what becomes of a person. Persons
are numbers within a plan; nothing of a face stands in any row. `core.edits` applies them: hiding wins wherever it is
not sure whom a region shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from dashcamcleaner.core.edit_rows import (
    SAME_TIME_S,
    Row,
    RowEdit,
    as_list,
    checked_whole,
    needed,
    number,
    unknown_keys_of,
    whole_number,
)
from dashcamcleaner.core.styles import STYLES
from dashcamcleaner.messages import msg

__all__ = [
    "LARGEST_SQUARE_PX",
    "HidePerson",
    "KeepPerson",
    "KeepUnknown",
    "OnlyPersons",
    "PersonEdit",
    "PersonStyle",
    "PersonTrack",
    "check_look",
    "listed_spans",
    "look_of",
    "look_values",
]

Span = tuple[float, float]
"""From one second to another, both included."""
LARGEST_SQUARE_PX = 512
_LONGEST_PATH = 1000
_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class PersonEdit(RowEdit):
    """What is said about a person.

    Args:
        person: the person's number within the plan, from 1.

    Raises:
        ValueError: that is no such number.
    """

    row_keys: ClassVar[tuple[str, ...]] = ("person",)

    person: int

    def __post_init__(self) -> None:
        if isinstance(self.person, bool) or not isinstance(self.person, int) or self.person < 1:
            raise ValueError(msg("a person is a whole number from 1"))

    def _values(self) -> dict[str, object]:
        return {"person": self.person}


@dataclass(frozen=True, slots=True)
class PersonTrack(PersonEdit):
    """A track shows this person.

    Args:
        track: the track's id within the plan.
        spans: the seconds of the clip's own clock in which that is sure, in order; where empty, the track is hidden in
            any case.

    Raises:
        ValueError: a number is none, or a span ends before it begins.
    """

    row_name: ClassVar[str] = "person"
    row_keys: ClassVar[tuple[str, ...]] = ("person", "track", "spans")

    track: int
    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        PersonEdit.__post_init__(self)
        checked_whole(self.track, "track")
        if any(not first <= last for first, last in self.spans):  # NaN fails, too
            raise ValueError(msg("a span ends before it begins"))

    def holds(self, time_s: float) -> bool:
        """Whether the track surely shows the person at this time."""
        return any(first - SAME_TIME_S <= time_s <= last + SAME_TIME_S for first, last in self.spans)

    def later(self, seconds: float) -> PersonTrack:
        """The same in a clock that tells this many seconds more."""
        spans = tuple((first + seconds, last + seconds) for first, last in self.spans)
        return PersonTrack(self.person, self.track, spans, unknown_keys=self.unknown_keys)

    def of(self, person: int) -> PersonTrack:
        """The same for another person."""
        return PersonTrack(person, self.track, self.spans, unknown_keys=self.unknown_keys)

    def _values(self) -> dict[str, object]:
        return {"person": self.person, "track": self.track, "spans": [list(span) for span in self.spans]}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file.

        Raises:
            ValueError: it lacks something, or holds what cannot be.
        """
        return cls(
            whole_number(row, "person"),
            whole_number(row, "track"),
            tuple(_span(value) for value in as_list(needed(row, "spans"))),
            unknown_keys=unknown_keys_of(row, cls.row_keys),
        )


@dataclass(frozen=True, slots=True)
class _Choice(PersonEdit):
    """What somebody chose about a person.

    Args:
        by: how, for reports: for instance ``a reference picture``; empty for a number that was typed.
    """

    row_keys: ClassVar[tuple[str, ...]] = ("person", "by")

    by: str = ""

    def _values(self) -> dict[str, object]:
        return {"person": self.person, **({"by": self.by} if self.by else {})}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file; see `PersonTrack.from_row`."""
        by = str(row.get("by", ""))[:_LONGEST_WORDS]
        return cls(whole_number(row, "person"), by, unknown_keys=unknown_keys_of(row, cls.row_keys))


@dataclass(frozen=True, slots=True)
class KeepPerson(_Choice):
    """The person stays visible wherever a track surely shows them."""

    row_name: ClassVar[str] = "keep-person"
    uncovers: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class HidePerson(_Choice):
    """The person is hidden, whatever else is said of the tracks that show them."""

    row_name: ClassVar[str] = "hide-person"


@dataclass(frozen=True, slots=True)
class _Whole(RowEdit):
    """What holds for the whole clip; the row has no keys of its own."""

    row_keys: ClassVar[tuple[str, ...]] = ()
    uncovers: ClassVar[bool] = True

    def _values(self) -> dict[str, object]:
        return {}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file."""
        return cls(unknown_keys=unknown_keys_of(row, cls.row_keys))


@dataclass(frozen=True, slots=True)
class OnlyPersons(_Whole):
    """Of all persons only those of `HidePerson` are hidden; who is unknown stays hidden."""

    row_name: ClassVar[str] = "only-persons"


@dataclass(frozen=True, slots=True)
class KeepUnknown(_Whole):
    """Faces of tracks that were not found to show anybody stay visible, too."""

    row_name: ClassVar[str] = "keep-unknown"


@dataclass(frozen=True, slots=True)
class PersonStyle(PersonEdit):
    """How a person's regions look.

    Args:
        style: one of `STYLES`.
        square_px: the side of a mosaic's squares in pixels, which never get smaller than a run's finest; 0: untold.
        picture: the path of the picture that the style ``picture`` lays on, on the machine that renders.

    Raises:
        ValueError: there is no such style, or something is out of range.
    """

    row_name: ClassVar[str] = "style"
    row_keys: ClassVar[tuple[str, ...]] = ("person", "style", "square_px", "picture")

    style: str
    square_px: int = 0
    picture: str = ""

    def __post_init__(self) -> None:
        PersonEdit.__post_init__(self)
        check_look(self.style, self.square_px, self.picture)

    def _values(self) -> dict[str, object]:
        return {"person": self.person, **look_values(self.style, self.square_px, self.picture)}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file; see `PersonTrack.from_row`."""
        return cls(whole_number(row, "person"), *look_of(row), unknown_keys=unknown_keys_of(row, cls.row_keys))


def check_look(style: str, square_px: int, picture: str) -> None:
    """Whether a look of somebody's own can be.

    Raises:
        ValueError: there is no such style, or something is out of range.
    """
    if style not in STYLES:
        raise ValueError(f"a style is {', '.join(STYLES)}")
    if isinstance(square_px, bool) or not 0 <= square_px <= LARGEST_SQUARE_PX:
        raise ValueError(f"a square has 0 to {LARGEST_SQUARE_PX} pixels")
    if (style == "picture") != bool(picture):
        raise ValueError("a picture goes with the style picture, and that with a picture")
    if len(picture) > _LONGEST_PATH or "\0" in picture:
        raise ValueError("a picture is a file's path")


def look_values(style: str, square_px: int, picture: str) -> dict[str, object]:
    """A look as values of a row."""
    size: dict[str, object] = {"square_px": square_px} if square_px else {}
    return {"style": style, **size, **({"picture": picture} if picture else {})}


def look_of(row: Row) -> tuple[str, int, str]:
    """The look of a row: style, side of squares, path of the picture.

    Raises:
        ValueError: it lacks something, or holds what cannot be.
    """
    square_px = whole_number(row, "square_px") if "square_px" in row else 0
    return str(needed(row, "style")), square_px, str(row.get("picture", ""))


def _span(value: object) -> Span:
    values = as_list(value)
    if len(values) != 2:
        raise ValueError(msg("a span is two seconds"))
    return number(values[0]), number(values[1])


def listed_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, as they are written: to a tenth of a millisecond, outwards rounding left out."""
    return tuple(sorted((round(first, 4), round(last, 4)) for first, last in spans))
