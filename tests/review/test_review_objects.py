"""Objects of a review: one per person or vehicle, sorted, filtered, and spoken of several at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.core.plan import FramePlan, Observation, Origin, Region
from dashcamcleaner.core.review_edits import KeepSpan
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.core.track_edits import CheckedTrack, DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.core.vehicle_edits import TrackStyle
from dashcamcleaner.errors import SettingError
from dashcamcleaner.review import object_edits
from dashcamcleaner.review.review_objects import (
    ObjectFilter,
    ObjectOrder,
    ReviewObject,
    key_of_track,
    rarely_seen,
    review_objects,
    shown,
)
from dashcamcleaner.review.track_summary import TrackSummary, track_summaries

FPS = 10
# Track -> kind, first and last frame, score, height
SEEN = {
    1: ("face", 0, 20, 0.9, 60.0),
    2: ("face", 30, 50, 0.9, 80.0),
    3: ("face", 5, 45, 0.8, 50.0),
    4: ("plate", 0, 50, 0.9, 30.0),
    5: ("face", 10, 10, 0.21, 12.0),
    6: ("plate", 12, 13, 0.22, 6.0),
}
WHO = Edits.of(PersonTrack(1, 1, ((0.0, 2.0),)), PersonTrack(1, 2, ((3.0, 4.0),)), PersonTrack(2, 3, ((0.5, 4.5),)))


def seconds(index: int) -> float:
    return index / FPS


def tracks() -> list[TrackSummary]:
    plans = []
    for index in range(51):
        regions = tuple(
            Region((100.0 * track, 100.0, 100.0 * track + 40, 100.0 + height), kind, score, Origin.DETECTED, track)
            for track, (kind, first, last, score, height) in SEEN.items()
            if first <= index <= last
        )
        time = FrameTime(index, Fraction(1, FPS))
        plans.append(FramePlan(Observation(index, time, Detections.from_rows(())), regions))
    return track_summaries(plans)


def objects(edits: Edits = WHO) -> dict[tuple[str, int], ReviewObject]:
    found = review_objects(tracks(), edits, thresholds={"face": 0.2, "plate": 0.2}, seconds=seconds)
    return {one.key: one for one in found}


def test_a_person_has_one_card_and_all_else_one_per_track() -> None:
    found = objects()
    assert set(found) == {("person", 1), ("person", 2), ("track", 4), ("track", 5), ("track", 6)}
    one = found["person", 1]
    assert (one.first, one.last, one.sightings, one.best.track) == (0, 50, 42, 2)
    assert one.sureness == pytest.approx((21 + 21 / 2) / 42)
    assert one.is_there(10)
    assert not one.is_there(25)


def test_crops_are_spread_over_all_tracks() -> None:
    places = [index for index, _ in objects()["person", 1].crops()]
    assert places == sorted(places)
    assert len(places) == 12
    assert places[0] == 0
    assert places[-1] > 40


def test_a_track_of_two_persons_belongs_to_both_and_a_click_means_who_is_there() -> None:
    edits = Edits.of(PersonTrack(1, 3, ((0.5, 2.0),)), PersonTrack(2, 3, ((2.5, 4.5),)))
    found = objects(edits)
    assert {("person", 1), ("person", 2)} <= set(found)
    assert key_of_track(found.values(), 4) == ("track", 4)
    assert key_of_track(objects().values(), 2, index=40) == ("person", 1)
    assert key_of_track([], 9) == ("track", 9)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ([ObjectFilter.FACES], {("person", 1), ("person", 2), ("track", 5)}),
        ([ObjectFilter.PLATES], {("track", 4), ("track", 6)}),
        ([ObjectFilter.FACES, ObjectFilter.PLATES, ObjectFilter.SHORT], {("track", 5), ("track", 6)}),
        ([ObjectFilter.LARGE], {("person", 1), ("person", 2), ("track", 4)}),
        ([ObjectFilter.UNSURE, ObjectFilter.FACES], {("track", 5)}),
    ],
)
def test_filters_hold_together(filters: list[ObjectFilter], left: set[tuple[str, int]]) -> None:
    assert {one.key for one in shown(objects().values(), filters=filters)} == left


def test_only_unseen_leaves_out_whom_somebody_looked_at_or_chose() -> None:
    edits = Edits((*WHO.entries, KeepPerson(1), CheckedTrack(4), DropTrack(5)))
    assert {one.key for one in shown(objects(edits).values(), filters=[ObjectFilter.UNSEEN])} == {
        ("person", 2),
        ("track", 6),
    }


def test_sorting() -> None:
    found = list(objects().values())
    assert [one.key for one in shown(found, order=ObjectOrder.SIZE)][:2] == [("person", 1), ("person", 2)]
    assert next(one.key for one in shown(found, order=ObjectOrder.COUNT)) == ("track", 4)
    assert next(one.key for one in shown(found, order=ObjectOrder.UNSURE)) == ("track", 5)
    assert [one.first for one in shown(found)] == sorted(one.first for one in found)


def test_several_are_kept_and_hidden_again() -> None:
    found = objects()
    two = [found["person", 1], found["track", 4]]
    kept = object_edits.kept(WHO, two)
    assert set(kept.entries) - set(WHO.entries) == {KeepPerson(1, object_edits.BY), KeepTrack(4)}
    assert object_edits.kept(kept, two) == WHO
    hidden = object_edits.hidden(kept, two)
    assert hidden.hide_persons.keys() == {1}
    assert not hidden.keep
    assert object_edits.verdict(hidden, found["person", 1]) == "hide"


def test_only_this_person_hides_no_other_person() -> None:
    found = objects()
    only = object_edits.only_hidden(WHO, [found["person", 2]])
    assert [type(edit) for edit in only.entries[len(WHO.entries) :]] == [HidePerson, OnlyPersons]
    assert only.shown_persons == {1}
    assert object_edits.verdict(only, found["person", 1]) == "keep"
    assert object_edits.only_hidden(only, [found["person", 2]]) == WHO
    again = object_edits.kept(only, [found["person", 1]])  # who is shown by the rule is hidden by the same key
    assert again.hide_persons.keys() == {1, 2}
    assert OnlyTrack(4) in object_edits.only_hidden(WHO, [found["track", 4]]).entries


def left_clear(edits: Edits, *, index: int = 15) -> set[int]:
    """The tracks that nothing hides in a frame."""
    seen = Observation(index, FrameTime(index, Fraction(1, FPS)), Detections.empty())
    regions = [Region((0.0, 0.0, 9.0, 9.0), SEEN[track][0], 0.9, Origin.DETECTED, track) for track in SEEN]
    return set(SEEN) - {region.track for region in edits.apply(regions, seen=seen)}


def test_who_alone_was_hidden_and_is_then_kept_leaves_nobody_else_clear() -> None:
    found = objects()
    only = object_edits.only_hidden(WHO, [found["person", 2]])
    kept = object_edits.kept(only, [found["person", 2]])
    assert kept.shown_persons == {2}
    assert left_clear(kept) == {3}
    two = object_edits.only_hidden(WHO, [found["person", 1], found["person", 2]])
    assert object_edits.kept(two, [found["person", 2]]).shown_persons == {2}, "1 is hidden still"


def test_hidden_in_any_case_means_so_where_others_alone_are_hidden() -> None:
    alone = objects(Edits())
    only = object_edits.only_hidden(Edits(), [alone["track", 3], alone["track", 5]])
    assert left_clear(only) == {1, 2, 4, 6}
    for number in (3, 4):  # one of those, and one that is clear
        assert number not in left_clear(object_edits.hidden(only, [alone["track", number]]))
    assert object_edits.verdict(only, alone["track", 4]) == "keep"
    assert 4 not in left_clear(object_edits.kept(only, [alone["track", 4]])), "the same key takes it back"
    part = object_edits.kept_for_span(only, [alone["track", 4]], from_s=0.0, to_s=1.0, seconds=seconds)
    assert left_clear(part) == set()
    assert left_clear(part, index=5) == {4}


def test_a_face_of_nobody_stays_hidden_where_others_alone_are_and_can_be_hidden_where_unknown_ones_are_not() -> None:
    found = objects()
    only = object_edits.only_hidden(WHO, [found["track", 4]])
    assert left_clear(only) == {1, 3, 6}  # of the known whoever is sure now
    assert object_edits.verdict(only, found["track", 5]) == ""
    unknown = Edits((*WHO.entries, KeepPerson(1), KeepUnknown()))
    assert object_edits.verdict(unknown, found["track", 5]) == "keep"
    assert 5 in left_clear(unknown)
    assert 5 not in left_clear(object_edits.hidden(unknown, [found["track", 5]]))


def test_when_an_object_is_clear_is_told_per_track() -> None:
    found = objects()
    kept = object_edits.kept(WHO, [found["person", 1], found["track", 4]])
    assert object_edits.clear_spans(kept, found["person", 1]) == {1: ((0.0, 2.0),), 2: ((3.0, 4.0),)}
    assert object_edits.clear_spans(kept, found["track", 4]) == {4: ((-math.inf, math.inf),)}
    assert object_edits.clear_spans(kept, found["person", 2]) == {}
    part = object_edits.kept_for_span(WHO, [found["track", 4]], from_s=0.0, to_s=1.0, seconds=seconds)
    assert object_edits.clear_spans(part, found["track", 4]) == {4: ((0.0, 1.0),)}


def test_the_rarely_seen_are_removed_at_once_but_not_whom_somebody_chose() -> None:
    found = objects()
    rare = rarely_seen(found.values())
    assert {one.key for one in rare} == {("track", 5), ("track", 6)}
    assert object_edits.removed(WHO, rare).drop == {5, 6}
    checked = WHO.added(CheckedTrack(5))
    assert {one.key for one in rarely_seen(objects(checked).values())} == {("track", 6)}


def test_a_person_is_kept_for_a_part_only_where_a_track_is_surely_theirs() -> None:
    one = objects()["person", 1]
    edits = object_edits.kept_for_span(WHO, [one], from_s=1.5, to_s=3.5, seconds=seconds)
    assert edits.keep_spans == {1: (KeepSpan(1, 1.5, 2.0),), 2: (KeepSpan(2, 3.0, 3.5),)}
    assert object_edits.verdict(edits, one) == "keep-span"
    region = Region((0.0, 0.0, 10.0, 10.0), "face", 0.9, Origin.DETECTED, 1)
    left = {
        index
        for index in range(51)
        if not edits.apply([region], seen=Observation(index, FrameTime(index, Fraction(1, FPS)), Detections.empty()))
    }
    assert left == set(range(15, 21))
    away = edits.added(HidePerson(1))
    time = FrameTime(16, Fraction(1, FPS))
    assert away.apply([region], seen=Observation(16, time, Detections.empty())) == (region,)


def test_merge_and_split() -> None:
    found = objects()
    one = object_edits.merged(WHO, [found["person", 1], found["person", 2], found["track", 5]], seconds=seconds)
    assert set(one.person_tracks) == {1, 2, 3, 5}
    assert one.persons == {1}
    (card,) = [card for card in objects(one).values() if card.key[0] == "person"]
    apart = object_edits.split(one, card)
    assert apart.persons == {1, 2, 3, 4}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda found: object_edits.merged(WHO, [found["person", 1]], seconds=seconds),
        lambda found: object_edits.merged(WHO, [found["person", 1], found["track", 4]], seconds=seconds),
        lambda found: object_edits.split(WHO, found["track", 4]),
        lambda found: object_edits.split(WHO, found["person", 2]),
    ],
)
def test_what_makes_no_sense_is_one_sentence(wrong: Callable[[dict[tuple[str, int], ReviewObject]], Edits]) -> None:
    with pytest.raises(SettingError, match=r"\.$"):
        wrong(objects())


def test_a_style_belongs_to_a_person_or_to_a_track_and_can_be_taken_back() -> None:
    found = objects()
    several = [found["person", 1], found["track", 4], found["track", 5]]
    styled = object_edits.styled(WHO, several, "mosaic", 24)
    assert styled.style_of(1) == PersonStyle(1, "mosaic", 24)
    assert [styled.style_of(track) for track in (4, 5)] == [TrackStyle(track, "mosaic", 24) for track in (4, 5)]
    laid = object_edits.styled(styled, several, "picture", picture="/smile.png")
    assert len(laid.entries) == len(styled.entries)  # another style takes the place of the one before
    assert laid.style_of(4) == TrackStyle(4, "picture", picture="/smile.png")
    assert object_edits.styled(laid, several, "") == WHO


def test_tracks_of_plates_become_one_vehicle_and_are_parted_again() -> None:
    found = objects()
    plates = [one for one in found.values() if one.kind == "plate"]
    assert len(plates) == 2
    one = object_edits.merged(WHO, plates, seconds=seconds)
    tracks = sorted(summary.track for card in plates for summary in card.tracks)
    (card,) = [card for card in objects(one).values() if card.kind == "plate"]
    assert card.key == ("track", tracks[0])
    assert sorted(summary.track for summary in card.tracks) == tracks
    assert card.sightings == sum(plate.sightings for plate in plates)
    assert object_edits.kept(one, [card]).keep == set(tracks)  # own car, by one card
    assert object_edits.verdict(object_edits.kept(one, [card]), card) == "keep"
    styled = object_edits.styled(one, [card], "solid")
    assert [styled.style_of(track) for track in tracks] == [TrackStyle(track, "solid") for track in tracks]
    assert object_edits.split(one, card) == WHO


def test_looking_is_said_and_taken_back() -> None:
    found = objects()
    looked = object_edits.looked_at(WHO, [found["person", 1], found["track", 4]])
    assert looked.checked == {1, 2, 4}
    assert object_edits.looked_at(looked, [found["track", 4]]).checked == {1, 2}
