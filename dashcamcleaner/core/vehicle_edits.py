"""Edits about vehicles: which tracks of plates are one vehicle's, and how a track's regions look.

A vehicle is told by the tracks of its plates alone; no row holds what a plate says. What becomes of a vehicle is said
of its tracks (`core.track_edits`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from dashcamcleaner.core.edit_rows import Row, RowEdit, checked_whole, unknown_keys_of, whole_number
from dashcamcleaner.core.person_edits import check_look, look_of, look_values

__all__ = ["TrackStyle", "VehicleTrack"]


@dataclass(frozen=True, slots=True)
class VehicleTrack(RowEdit):
    """A track shows a plate of this vehicle.

    Args:
        vehicle: the vehicle's number within the plan; by custom the least of its tracks.
        track: the track's id within the plan.

    Raises:
        ValueError: a number is none.
    """

    row_name: ClassVar[str] = "vehicle"
    row_keys: ClassVar[tuple[str, ...]] = ("vehicle", "track")

    vehicle: int
    track: int

    def __post_init__(self) -> None:
        checked_whole(self.vehicle, "vehicle")
        checked_whole(self.track, "track")

    def _values(self) -> dict[str, object]:
        return {"vehicle": self.vehicle, "track": self.track}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file.

        Raises:
            ValueError: it lacks something, or holds what cannot be.
        """
        vehicle, track = whole_number(row, "vehicle"), whole_number(row, "track")
        return cls(vehicle, track, unknown_keys=unknown_keys_of(row, cls.row_keys))


@dataclass(frozen=True, slots=True)
class TrackStyle(RowEdit):
    """How a track's regions look, where that is not told by a person.

    Args:
        track: the track's id within the plan.
        style: one of `core.styles.STYLES`.
        square_px: the side of a mosaic's squares in pixels; 0: untold.
        picture: the path of the picture that the style ``picture`` lays on.

    Raises:
        ValueError: there is no such style, or something is out of range.
    """

    row_name: ClassVar[str] = "track-style"
    row_keys: ClassVar[tuple[str, ...]] = ("track", "style", "square_px", "picture")

    track: int
    style: str
    square_px: int = 0
    picture: str = ""

    def __post_init__(self) -> None:
        checked_whole(self.track, "track")
        check_look(self.style, self.square_px, self.picture)

    def _values(self) -> dict[str, object]:
        return {"track": self.track, **look_values(self.style, self.square_px, self.picture)}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """From a row of the edits file; see `VehicleTrack.from_row`."""
        return cls(whole_number(row, "track"), *look_of(row), unknown_keys=unknown_keys_of(row, cls.row_keys))
