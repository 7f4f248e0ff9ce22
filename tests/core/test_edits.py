"""Edits at work: what stays clear, what is hidden, and where something is when it was drawn."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edit_types import EDIT_TYPES, ClearZone, DrawnRegion, Edit, HiddenSpan, HiddenZone, UnknownEdit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.core.plan import Observation, Origin, Region
from dashcamcleaner.core.review_edits import CheckedSpot, KeepSpan
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.core.track_edits import CheckedTrack, DropTrack, KeepTrack, NameTrack, OnlyTrack
from dashcamcleaner.core.vehicle_edits import TrackStyle, VehicleTrack
from dashcamcleaner.errors import PlanError

BOX = (10.0, 10.0, 20.0, 20.0)


def at(milliseconds):
    return Observation(0, FrameTime(milliseconds, Fraction(1, 1000)), Detections.empty())


def region(track, box=BOX):
    return Region(box, "face", 0.9, Origin.DETECTED, track)


def test_nothing_edited_is_false():
    assert not Edits()
    assert Edits.of(KeepTrack(1))
    assert not Edits.of(UnknownEdit('{"edit": "tint"}', "tint"))  # it does nothing here


@pytest.mark.parametrize(
    "make",
    [
        lambda: KeepTrack("1"),
        lambda: DropTrack(True),
        lambda: NameTrack(1.5, "Ann"),
        lambda: DrawnRegion(()),
        lambda: DrawnRegion(((1.0, BOX), (1.0, BOX))),
        lambda: DrawnRegion(((2.0, BOX), (1.0, BOX))),
        lambda: DrawnRegion(((math.inf, BOX),)),
        lambda: DrawnRegion(((1.0, (0.0, 0.0, 0.0, 9.0)),)),
        lambda: HiddenZone((0.0, 0.0, math.inf, 9.0)),
        lambda: HiddenZone((9.0, 0.0, 0.0, 9.0)),
        lambda: ClearZone(BOX, from_s=2.0, to_s=1.0),
        lambda: ClearZone(BOX, from_s=math.nan),
        lambda: HiddenSpan(from_s=4.0, to_s=3.0),
        lambda: HiddenSpan(from_s=math.inf),
        lambda: KeepSpan(1, 2.0, 1.0),
        lambda: KeepSpan(1, 0.0, math.inf),
        lambda: KeepSpan("1", 0.0, 1.0),
        lambda: CheckedSpot((9.0, 0.0, 0.0, 9.0), 0.0, 1.0),
        lambda: CheckedSpot(BOX, math.nan, 1.0),
        lambda: VehicleTrack("1", 2),
        lambda: VehicleTrack(1, True),
        lambda: TrackStyle(1, "blur"),
        lambda: TrackStyle(1, "picture"),
        lambda: TrackStyle(1, "solid", picture="a.png"),
        lambda: TrackStyle(1, "mosaic", 9999),
        lambda: PersonStyle(1, "picture", picture="a" * 1001),
        lambda: PersonStyle(1, "picture", picture="a\0b"),
    ],
)
def test_what_cannot_be_is_not_made(make):
    with pytest.raises(ValueError):
        make()


def test_edits_that_can_leave_something_clear_say_so():
    uncovering = {name for name, kind in EDIT_TYPES.items() if kind.uncovers}
    assert uncovering == {
        "keep", "drop", "only", "exclude", "keep-person", "only-persons", "keep-unknown", "keep-span",
    }  # fmt: skip
    edits = Edits.of(KeepTrack(1), HiddenZone(BOX), ClearZone(BOX), CheckedTrack(1), UnknownEdit("{}", "x"))
    assert edits.uncovering == (KeepTrack(1), ClearZone(BOX))
    assert edits.hiding == Edits.of(HiddenZone(BOX))


def test_no_edit_that_does_not_say_so_leaves_a_region_out():
    every = [
        KeepTrack(1), DropTrack(1), OnlyTrack(2), NameTrack(1, "Ann"), CheckedTrack(1), DrawnRegion(((0.0, BOX),)),
        HiddenZone(BOX), ClearZone((0.0, 0.0, 99.0, 99.0)), HiddenSpan(), UnknownEdit('{"edit": "keep"}', "keep"),
        PersonTrack(1, 1, ((0.0, 9.0),)), KeepPerson(1), HidePerson(2), OnlyPersons(), KeepUnknown(),
        PersonStyle(1, "solid"), KeepSpan(1, 0.0, 9.0), CheckedSpot(BOX, 0.0, 9.0, "face"),
        VehicleTrack(1, 1), TrackStyle(1, "solid"),
    ]  # fmt: skip
    assert {type(edit) for edit in every} == {*EDIT_TYPES.values(), UnknownEdit}
    for edit in every:
        who = [PersonTrack(1, 1, ((0.0, 9.0),))] if isinstance(edit, KeepPerson | OnlyPersons) else []
        assert (region(1) in Edits.of(*who, edit).apply([region(1)], seen=at(0))) is not edit.uncovers


def test_an_unknown_track_is_an_error_that_lists_those_that_exist():
    edits = Edits.of(KeepTrack(7), OnlyTrack(2))
    edits.check_tracks([1, 2, 7])
    with pytest.raises(PlanError, match="no track 7; it has: 1, 2, 12"):
        edits.check_tracks([12, 1, 2])
    with pytest.raises(PlanError, match="it has: none"):
        edits.check_tracks([])


def test_tracks_are_kept_dropped_and_singled_out():
    regions = [region(1), region(2), region(3), region(None)]
    assert [r.track for r in Edits.of(KeepTrack(1), DropTrack(3)).apply(regions, seen=at(0))] == [2, None]
    assert [r.track for r in Edits.of(OnlyTrack(2), OnlyTrack(3)).apply(regions, seen=at(0))] == [2, 3]


def test_a_drawn_region_moves_evenly_between_its_keys():
    drawn = DrawnRegion(((1.0, (0, 0, 10, 10)), (2.0, (100, 0, 110, 20)), (4.0, (100, 100, 120, 120))))
    assert drawn.at(0.9) is None
    assert drawn.at(1.0) == (0, 0, 10, 10)
    assert drawn.at(1.5) == (50, 0, 60, 15)
    assert drawn.at(3.0) == (100, 50, 115, 70)
    assert drawn.at(4.0) == (100, 100, 120, 120)
    assert drawn.at(4.1) is None
    assert drawn.nearest(0.0) == (0, 0, 10, 10)
    assert drawn.nearest(9.0) == (100, 100, 120, 120)
    (found,) = Edits.of(drawn).apply([], seen=at(1500))
    assert found.origin is Origin.MANUAL
    assert found.score == 1


def test_a_single_key_hides_one_moment():
    drawn = DrawnRegion(((1.0, (0, 0, 10, 10)),))
    assert drawn.at(1.0) == (0, 0, 10, 10)
    assert drawn.at(1.02) is None


def test_a_drawn_region_that_is_cut_short_at_a_key_frame_stays_in_order():
    drawn = DrawnRegion(tuple((i / 10, (i, 0, i + 10, 10)) for i in range(11)))
    cut = drawn.lasting(0.2 + 4e-6, 0.8 - 4e-6)
    assert (cut.from_s, cut.to_s, len(cut.keys)) == (0.2 + 4e-6, 0.8 - 4e-6, 7)
    assert cut.lasting(0.5, 0.5).keys == ((0.5, (5, 0, 15, 10)),)


def test_a_clear_zone_takes_only_what_lies_wholly_inside():
    edits = Edits.of(ClearZone((0, 0, 100, 100), from_s=1.0))
    inside, across = region(1), region(2, (90.0, 10.0, 110.0, 20.0))
    assert [r.track for r in edits.apply([inside, across], seen=at(1000))] == [2]
    assert [r.track for r in edits.apply([inside, across], seen=at(900))] == [1, 2]


def test_drawn_regions_are_hidden_whatever_is_kept_or_left_clear():
    edits = Edits.of(OnlyTrack(99), ClearZone((0, 0, 100, 100)), HiddenZone(BOX), DrawnRegion(((0.0, BOX),)))
    assert [r.origin for r in edits.apply([region(1)], seen=at(0))] == [Origin.MANUAL, Origin.MANUAL]


def test_a_vehicle_is_the_tracks_that_are_said_to_be_one() -> None:
    edits = Edits.of(VehicleTrack(40, 9), VehicleTrack(40, 3), VehicleTrack(5, 5))
    assert edits.vehicle_tracks == {3: (3, 9)}  # by the least of its tracks, whatever number the rows have
    assert [edits.vehicle_of(track) for track in (3, 9, 5, 77)] == [3, 3, 5, 77]
    assert edits.tracks == {3, 5, 9}


def test_a_track_has_a_look_of_its_own() -> None:
    edits = Edits.of(TrackStyle(3, "solid"), TrackStyle(3, "mosaic", 24), PersonTrack(1, 4), PersonStyle(1, "solid"))
    assert edits.style_of(3) == TrackStyle(3, "mosaic", 24)
    assert edits.style_of(4) == PersonStyle(1, "solid")
    assert edits.style_of(5) is None
    assert edits.has_styles
    assert not Edits.of(KeepTrack(1)).has_styles


def test_a_picture_that_is_laid_on_needs_a_yes_where_edits_come_from_elsewhere() -> None:
    edits = Edits.of(TrackStyle(3, "picture", picture="/a.png"), PersonStyle(1, "picture", picture="/a.png"))
    assert edits.needs_yes
    assert edits.yes_note == "1 picture of this machine laid on"
    assert edits.joined(Edits.of(KeepTrack(9))).yes_note == "1 track left clear and 1 picture of this machine laid on"
    assert not edits.without_uncovering.needs_yes
    assert not Edits.of(TrackStyle(3, "solid")).needs_yes, "nothing hides more than a plain fill"


@pytest.mark.parametrize(
    ("edit", "note"),
    [
        (PersonTrack(2, 1, ((0.0, 1.0),)), "1 track said to be somebody's"),
        (TrackStyle(1, "mosaic", 1), "1 look of its own"),
        (TrackStyle(1, "gaussian"), "1 look of its own"),
        (PersonStyle(1, "mosaic", 4), "1 look of its own"),
    ],
)
def test_what_says_who_is_who_or_may_show_more_needs_a_yes(edit: Edit, note: str) -> None:
    edits = Edits.of(edit)
    assert edits.needs_yes
    assert edits.yes_note == note
    assert not edits.without_uncovering.needs_yes


def test_vehicles_need_a_yes_where_they_join_tracks() -> None:
    assert not Edits.of(VehicleTrack(5, 5)).needs_yes
    joined = Edits.of(VehicleTrack(2, 2), VehicleTrack(2, 5), VehicleTrack(2, 7))
    assert joined.needs_yes
    assert joined.yes_note == "3 tracks said to be somebody's"
