"""Edits about persons: rows that come back, and what becomes of a region under them."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edit_types import ClearZone, Edit, edit_from_row
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.core.plan import Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.core.track_edits import DropTrack, KeepTrack, OnlyTrack

BOX = (10.0, 10.0, 30.0, 40.0)
ANN, BEN = PersonTrack(1, 7, ((0.0, 2.0),)), PersonTrack(2, 8, ((0.0, 1.0), (3.0, 4.0)))


def left(*edits: Edit, at_s: int = 0, kind: str = "face") -> set[int | None]:
    """The tracks that stay hidden, of Ann's (7), Ben's (8), one of nobody's (9) and one that was not linked."""
    regions = [Region(BOX, kind, 0.9, Origin.DETECTED, track) for track in (7, 8, 9, None)]
    seen = Observation(0, FrameTime(at_s, Fraction(1)), Detections.empty())
    return {region.track for region in Edits(edits).apply(regions, seen=seen)}


@pytest.mark.parametrize(
    "edit",
    [
        ANN, BEN, PersonTrack(3, 1), KeepPerson(1), KeepPerson(2, "the reference ann.jpg"), HidePerson(4),
        OnlyPersons(), KeepUnknown(), PersonStyle(1, "mosaic", 24),
    ],
)  # fmt: skip
def test_rows_come_back(edit: Edit) -> None:
    row = edit.to_row()  # type: ignore[union-attr]
    assert edit_from_row(row) == edit
    more = edit_from_row({**row, "later": 1})
    assert more.to_row()["later"] == 1


@pytest.mark.parametrize(
    "row",
    [
        {"edit": "person", "person": 0, "track": 1, "spans": []},
        {"edit": "person", "person": 1, "track": "1", "spans": []},
        {"edit": "person", "person": 1, "track": 1},
        {"edit": "person", "person": 1, "track": 1, "spans": [[2, 1]]},
        {"edit": "person", "person": 1, "track": 1, "spans": [[1]]},
        {"edit": "person", "person": 1, "track": 1, "spans": [["nan", 1]]},
        {"edit": "keep-person", "person": True},
        {"edit": "keep-person"},
        {"edit": "hide-person", "person": -1},
        {"edit": "style", "person": 1, "style": "picture"},
        {"edit": "style", "person": 1, "style": "mosaic", "square_px": 100000},
        {"edit": "style", "person": 1, "style": "mosaic", "square_px": -1},
    ],
)
def test_what_cannot_be_is_refused(row: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError)):
        edit_from_row(row)


def test_who_is_kept_is_visible_and_nobody_else() -> None:
    assert left(ANN, BEN) == {7, 8, 9, None}
    assert left(ANN, BEN, KeepPerson(1)) == {8, 9, None}


def test_who_is_hidden_only_leaves_the_known_others_visible() -> None:
    assert left(ANN, BEN, HidePerson(1), OnlyPersons()) == {7, 9, None}
    assert left(ANN, BEN, HidePerson(1)) == {7, 8, 9, None}  # without the mode, it uncovers nothing


def test_a_person_is_visible_only_where_the_track_is_surely_theirs() -> None:
    keep = KeepPerson(2)
    assert [8 not in left(ANN, BEN, keep, at_s=at) for at in (0, 1, 2, 3, 4, 5)] == [
        True,
        True,
        False,
        True,
        True,
        False,
    ]
    others = (HidePerson(1), OnlyPersons(), KeepUnknown())
    assert 8 in left(ANN, BEN, *others, at_s=2)  # not surely theirs: not nobody's either


def test_unknown_faces_are_hidden_in_both_modes_unless_asked_for() -> None:
    assert 9 in left(ANN, KeepPerson(1))
    assert 9 in left(ANN, HidePerson(1), OnlyPersons())
    assert 9 not in left(ANN, KeepPerson(1), KeepUnknown())
    assert 9 not in left(ANN, HidePerson(1), OnlyPersons(), KeepUnknown())
    assert None in left(ANN, KeepPerson(1), KeepUnknown())  # what was never linked is nobody's for sure


def test_hiding_wins_over_all_that_keeps() -> None:
    assert 7 in left(ANN, KeepPerson(1), HidePerson(1))
    assert 7 in left(ANN, KeepTrack(7), HidePerson(1))
    assert 7 in left(ANN, OnlyTrack(8), HidePerson(1))
    assert left(ANN, ClearZone((0.0, 0.0, 99.0, 99.0)), HidePerson(1)) == {7}
    assert 7 not in left(ANN, DropTrack(7), HidePerson(1))  # no face at all


def test_unknown_and_doubtful_faces_are_hidden_where_tracks_alone_are_named() -> None:
    assert left(OnlyTrack(7)) == {7}  # nobody was told apart
    assert left(ANN, BEN, OnlyTrack(7)) == {7, 9, None}
    assert left(ANN, BEN, OnlyTrack(7), at_s=2) == {7, 8, 9, None}  # Ben's track, not surely his now
    assert left(ANN, BEN, OnlyTrack(7), KeepUnknown()) == {7}
    assert left(ANN, BEN, OnlyTrack(7), kind="plate") == {7}


def test_a_track_of_two_persons_is_each_ones_in_their_time() -> None:
    first, second = PersonTrack(1, 7, ((0, 1),)), PersonTrack(2, 7, ((3, 4),))
    assert [7 not in left(first, second, KeepPerson(1), at_s=at) for at in (0, 2, 3)] == [True, False, False]
    both = PersonTrack(2, 7, ((0, 1),))
    assert 7 in left(first, both, KeepPerson(1))  # a file that says both: hidden


def test_rules_speak_of_faces_alone() -> None:
    assert left(ANN, BEN, KeepPerson(1), KeepUnknown(), kind="plate") == {7, 8, 9, None}


def test_what_they_leave_clear_is_told() -> None:
    assert Edits.of(ANN, KeepPerson(1)).clear_note == "1 person left clear"
    assert Edits.of(ANN, BEN, HidePerson(1), OnlyPersons()).clear_note == "all but 1 person left clear"
    assert "unknown faces" in Edits.of(ANN, KeepPerson(1), KeepUnknown()).clear_note
    assert Edits.of(ANN, BEN, OnlyPersons()).clear_note == "all who are known left clear"
    assert Edits.of(ANN, BEN).clear_note == ""
    assert not Edits.of(ANN, BEN, HidePerson(1)).uncovering
    assert Edits.of(ANN, KeepPerson(1)).without_uncovering == Edits()


def test_tracks_of_persons_belong_to_a_plan() -> None:
    assert Edits.of(ANN, BEN).tracks == {7, 8}
    assert Edits.of(ANN, BEN, KeepTrack(3)).without_persons == Edits.of(KeepTrack(3))
    assert Edits.of(ANN, KeepTrack(3)).about_persons == Edits.of(ANN)
    style = PersonStyle(1, "solid")
    said = (KeepPerson(1), HidePerson(2), OnlyPersons(), KeepUnknown())
    assert Edits.of(ANN, KeepTrack(3), style, *said).without_choices == Edits.of(ANN, KeepTrack(3), style)


def test_an_endless_span_holds_always() -> None:
    assert PersonTrack(1, 1, ((-math.inf, math.inf),)).holds(1e9)


def test_a_style_is_of_a_track_that_shows_one_person_alone() -> None:
    style = PersonStyle(1, "solid")
    assert Edits.of(ANN, BEN, style).style_of(7) == style
    assert Edits.of(ANN, BEN, style).style_of(8) is None
    assert Edits.of(ANN, PersonTrack(2, 7), style).style_of(7) is None
    assert Edits.of(ANN, style).style_of(None) is None
