"""Edits about whole tracks: which stay clear, are no object, are hidden alone, were looked at, or have a name.

What is said of a track by way of its person or its vehicle stands in `core.person_edits` and `core.vehicle_edits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from dashcamcleaner.core.edit_rows import Row, RowEdit, checked_whole, needed, unknown_keys_of, whole_number

__all__ = ["CheckedTrack", "DropTrack", "KeepTrack", "NameTrack", "OnlyTrack", "TrackEdit"]


@dataclass(frozen=True, slots=True)
class TrackEdit(RowEdit):
    """What was said about a track.

    Args:
        track: its id within the plan.

    Raises:
        ValueError: that is no whole number.
    """

    row_keys: ClassVar[tuple[str, ...]] = ("track",)

    track: int

    def __post_init__(self) -> None:
        checked_whole(self.track, "track")

    def _values(self) -> dict[str, object]:
        return {"track": self.track}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file.

        Raises:
            ValueError: it lacks something, or holds what cannot be.
        """
        return cls(whole_number(row, "track"), unknown_keys=unknown_keys_of(row, cls.row_keys))


@dataclass(frozen=True, slots=True)
class KeepTrack(TrackEdit):
    """The track stays clear: somebody who agreed."""

    row_name: ClassVar[str] = "keep"
    uncovers: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class DropTrack(TrackEdit):
    """The track is no object at all: a false hit, which stays clear."""

    row_name: ClassVar[str] = "drop"
    uncovers: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class OnlyTrack(TrackEdit):
    """Of all tracks, only those so named are hidden."""

    row_name: ClassVar[str] = "only"
    uncovers: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CheckedTrack(TrackEdit):
    """Somebody looked at the track; nothing that is hidden changes."""

    row_name: ClassVar[str] = "checked"


@dataclass(frozen=True, slots=True)
class NameTrack(TrackEdit):
    """A track's name, for people.

    Args:
        name: any text.
    """

    row_name: ClassVar[str] = "name"
    row_keys: ClassVar[tuple[str, ...]] = ("track", "name")

    name: str

    def _values(self) -> dict[str, object]:
        return {"track": self.track, "name": self.name}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file; see `TrackEdit.from_row`."""
        track = whole_number(row, "track")
        return cls(track, str(needed(row, "name")), unknown_keys=unknown_keys_of(row, cls.row_keys))
