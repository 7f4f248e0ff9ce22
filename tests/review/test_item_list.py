"""Review items: one per object, weighed by the harm to be expected, no more than can be answered, each settled once."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dashcamcleaner.core.boxes import Detections, contains
from dashcamcleaner.core.edit_types import ClearZone, HiddenSpan
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonTrack
from dashcamcleaner.core.plan import CropCheck, FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.core.track_edits import CheckedTrack, DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.review.item_answers import Answer, answered, is_settled
from dashcamcleaner.review.item_list import PER_MINUTE, ItemList, item_list
from dashcamcleaner.review.track_summary import Reason, ReviewItem, track_summaries

FPS = 30
SIZE = (1280, 720)
BOX = (100.0, 100.0, 160.0, 170.0)
FAINT = (300.0, 300.0, 360.0, 370.0, 0.19, "face")
Row = tuple[float, float, float, float, float, str]


def frame(index: int, *regions: tuple[int, Origin, float], found: tuple[Row, ...] = ()) -> FramePlan:
    seen = Observation(index, FrameTime(index, Fraction(1, FPS)), Detections.from_rows(found))
    return FramePlan(seen, tuple(Region(BOX, "face", score, origin, track) for track, origin, score in regions))


def items_of(plans: list[FramePlan], **more: object) -> ItemList:
    given: dict[str, object] = {"summaries": track_summaries(plans), "thresholds": {"face": 0.2}, "upright_size": SIZE}
    return item_list(plans, **{**given, **more})  # type: ignore[arg-type]


def seconds(index: int) -> float:
    return index / FPS


def settled(edits: Edits, item: ReviewItem) -> bool:
    return is_settled(edits, item, seconds=seconds, size=SIZE)


def answer(edits: Edits, item: ReviewItem, what: Answer) -> Edits:
    return answered(edits, item, what, seconds=seconds, size=SIZE)


def test_all_sightings_of_one_object_are_one_item_even_after_a_pause() -> None:
    plans = [frame(i, found=() if 10 <= i < 20 else (FAINT,)) for i in range(60)]
    (item,) = items_of(plans).items
    assert (item.reason, item.last, len(item.places)) == (Reason.CLEAR, 59, 50)


def test_harm_grows_with_the_seconds_and_falls_with_a_closer_look() -> None:
    short, long = ([frame(i, found=(FAINT,)) for i in range(frames)] for frames in (15, 45))
    assert abs(items_of(long).items[0].harm / items_of(short).items[0].harm - 3) < 0.05
    looked = [frame(i, found=(FAINT,)) for i in range(45)]
    for plan in looked:
        plan.seen.checks.append(CropCheck(FAINT[:4], "face", 0.1))
    assert items_of(looked).items[0].harm < items_of(long).items[0].harm / 5


def test_a_find_left_clear_comes_before_what_is_hidden_anyway() -> None:
    plans = [frame(i, (7, Origin.DETECTED, 0.9), found=(FAINT,)) for i in range(60)]
    plans += [frame(60 + i, (7, Origin.HELD, 0.9)) for i in range(20)]
    assert [item.reason for item in items_of(plans).items] == [Reason.CLEAR]
    both = items_of(plans, per_minute=100)
    assert [item.reason for item in both.items] == [Reason.CLEAR, Reason.LONG_FILL]


def test_the_list_is_cut_at_so_many_a_minute_and_counts_the_rest() -> None:
    faint: list[Row] = [(60.0 * x, 300.0, 60.0 * x + 40, 350.0, 0.19, "face") for x in range(21)]
    plans = [frame(i, found=tuple(faint)) for i in range(6 * FPS)]
    found = items_of(plans)
    assert (len(found.items), found.left_out) == (PER_MINUTE // 10, 21 - PER_MINUTE // 10)


def test_what_an_audit_found_is_never_cut() -> None:
    plans = [frame(i, found=(FAINT,)) for i in range(30)]
    findings = [
        {"first_frame": n, "last_frame": n, "severity": "fail", "boxes": {}, "message": "A face is clear."}
        for n in range(5)
    ]
    found = items_of(plans, findings=findings)
    assert [item.reason for item in found.items] == [Reason.FINDING] * 5
    assert found.left_out == 1


def test_what_an_audit_found_comes_worst_first_and_before_the_plans_own_doubts() -> None:
    plans = [frame(i, found=(FAINT,)) for i in range(30)]
    found = [("little harm", "review", 0.1), ("open but small", "fail", 0.05), ("likely a poster", "review", 0.9),
             ("open and legible", "fail", 0.8)]  # fmt: skip
    findings = [
        {"first_frame": n, "last_frame": n, "severity": severity, "harm": harm, "boxes": {}, "message": message}
        for n, (message, severity, harm) in enumerate(found)
    ]
    items = items_of(plans, findings=findings).items
    told = [item.message for item in items if item.reason == Reason.FINDING]
    assert told == ["open and legible", "open but small", "likely a poster", "little harm"]
    assert [item.reason for item in items[:4]] == [Reason.FINDING] * 4
    pytest.importorskip("PyQt5")
    from dashcamcleaner.gui.review_items import ItemsAtHand

    at_hand = ItemsAtHand(items)
    by_key = [at_hand.step(1, Edits()) for _ in range(4)]
    assert [item.message for item in by_key if item] == told, "the key N goes that way, too"


def test_nobody_is_asked_about_a_clip_without_frames_or_doubts() -> None:
    assert items_of([]) == ItemList()
    assert items_of([frame(i, (1, Origin.DETECTED, 0.9)) for i in range(30)]) == ItemList()


def test_hide_covers_every_place_that_was_seen_and_nothing_covers_none() -> None:
    plans = [frame(i, found=((300.0 + 4 * i, 300.0, 360.0 + 4 * i, 370.0, 0.19, "face"),)) for i in range(45)]
    (item,) = items_of(plans).items
    hidden = answer(Edits(), item, Answer.HIDE)
    for index, box in item.places:
        place = hidden.regions[0].at(seconds(index))
        assert place is not None
        assert place[0] <= box[0]
        assert place[2] >= box[2]
        assert place[1] < box[1]
    nothing = answer(Edits(), item, Answer.NOTHING)
    assert not nothing.regions
    assert not nothing.uncovering
    assert settled(hidden, item)
    assert settled(nothing, item)
    assert not settled(Edits(), item)


def test_nothing_takes_away_only_what_may_be_no_object() -> None:
    single = ReviewItem(3, 3, Reason.SINGLE, 0.1, BOX, "face", 4)
    filled = ReviewItem(3, 9, Reason.LONG_FILL, 0.1, None, "face", 4)
    assert answer(Edits(), single, Answer.NOTHING).drop == {4}
    assert not answer(Edits(), filled, Answer.NOTHING).uncovering
    back = answer(Edits.of(DropTrack(4)), single, Answer.HIDE)
    assert back == Edits.of(CheckedTrack(4))


def test_an_item_is_settled_by_hand_by_looking_and_by_choosing_its_person() -> None:
    filled = ReviewItem(30, 39, Reason.LONG_FILL, 0.1, BOX, "face", 4)
    other = ReviewItem(90, 99, Reason.LONG_FILL, 0.1, BOX, "face", 5)
    assert settled(Edits.of(CheckedTrack(4)), filled)
    assert settled(Edits.of(HiddenSpan(from_s=0.5, to_s=1.5)), filled)
    who = Edits.of(PersonTrack(1, 4, ((0.0, 3.0),)))
    assert not settled(who, filled)
    chosen = who.added(KeepPerson(1))
    assert settled(chosen, filled)
    assert not settled(chosen, other)


@pytest.mark.parametrize(
    "before",
    [
        Edits.of(OnlyTrack(9)),
        Edits.of(KeepTrack(7)),
        Edits.of(PersonTrack(1, 7, ((0.0, 9.0),)), PersonTrack(2, 8, ((0.0, 9.0),)), HidePerson(2), OnlyPersons()),
        Edits.of(PersonTrack(1, 7, ((0.0, 9.0),)), KeepPerson(1)),
        Edits.of(PersonTrack(1, 8, ((0.0, 9.0),)), KeepPerson(1), KeepUnknown()),
        Edits.of(ClearZone((0.0, 0.0, 640.0, 360.0))),
    ],
)
def test_what_is_to_be_hidden_is_hidden_by_whatever_rule_it_was_left_clear(before: Edits) -> None:
    plan = frame(0, (7, Origin.DETECTED, 0.9))
    item = ReviewItem(index=0, last=0, reason=Reason.LOW_SCORE, harm=0.1, box=BOX, kind="face", track=7)
    assert not before.apply(plan.regions, seen=plan.seen)
    hidden = answer(before, item, Answer.HIDE).apply(plan.regions, seen=plan.seen)
    assert any(contains(region.xyxy, BOX) for region in hidden)
