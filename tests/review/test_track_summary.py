"""A plan seen from above: bars with their gaps, and doubts in the order of their harm."""

from __future__ import annotations

from fractions import Fraction

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.review.track_summary import Reason, review_items, track_summaries

FPS = 30
BOX = (100.0, 100.0, 160.0, 170.0)
Row = tuple[float, float, float, float, float, str]


def frame(index: int, *regions: tuple[int, Origin, float], found: tuple[Row, ...] = ()) -> FramePlan:
    seen = Observation(index, FrameTime(index, Fraction(1, FPS)), Detections.from_rows(found))
    return FramePlan(seen, tuple(Region(BOX, "face", score, origin, track) for track, origin, score in regions))


def test_spans_follow_origins_and_leave_gaps() -> None:
    seen, filled = Origin.DETECTED, Origin.INTERPOLATED
    plans = [
        frame(0, (1, seen, 0.5)),
        frame(1, (1, filled, 0.5)),
        frame(2, (1, filled, 0.5)),
        frame(3),
        frame(4, (1, seen, 0.9), (2, seen, 0.4)),
    ]
    first, second = track_summaries(plans)
    assert first.spans == [(0, 0, "detected"), (1, 2, "interpolated"), (4, 4, "detected")]
    assert (first.first, first.last, first.sightings, first.best_score, first.best_index) == (0, 4, 2, 0.9, 4)
    assert (second.track, second.first) == (2, 4)


def test_the_best_sighting_is_one_that_the_edge_does_not_cut() -> None:
    plans = [frame(0, (1, Origin.DETECTED, 0.9)), frame(1, (1, Origin.DETECTED, 0.8))]
    cut = Region((-30.0, 100.0, 60.0, 190.0), "face", 0.9, Origin.DETECTED, 1)
    plans[0] = FramePlan(plans[0].seen, (cut,))
    assert track_summaries(plans)[0].best_index == 0
    assert track_summaries(plans, upright_size=(1280, 720))[0].best_index == 1


def test_a_find_left_clear_comes_before_what_is_hidden_anyway() -> None:
    clear = (300.0, 300.0, 360.0, 370.0, 0.19, "face")
    plans = [frame(i, (1, Origin.DETECTED, 0.9), found=(clear,)) for i in range(20)]
    plans += [frame(20 + i, (1, Origin.HELD, 0.9)) for i in range(20)]
    spots = review_items(plans, summaries=track_summaries(plans), thresholds={"face": 0.2})
    assert [spot.reason for spot in spots] == [Reason.CLEAR, Reason.LONG_FILL]
    assert spots[0].box == (300.0, 300.0, 360.0, 370.0)
    assert (spots[0].index, spots[0].last) == (0, 19)  # one spot, not twenty


def test_what_is_far_below_the_threshold_or_covered_is_no_doubt() -> None:
    faint, inside = (300.0, 300.0, 360.0, 370.0, 0.06, "face"), (110.0, 110.0, 150.0, 160.0, 0.19, "face")
    other = (400.0, 10.0, 450.0, 60.0, 0.9, "dog")
    plans = [frame(i, (1, Origin.DETECTED, 0.9), found=(faint, inside, other)) for i in range(5)]
    assert review_items(plans, summaries=track_summaries(plans), thresholds={"face": 0.2}) == []


def test_single_and_low_sightings() -> None:
    plans = [frame(0, (1, Origin.DETECTED, 0.9), (2, Origin.DETECTED, 0.22)), frame(1, (2, Origin.DETECTED, 0.25))]
    spots = review_items(plans, summaries=track_summaries(plans), thresholds={"face": 0.2})
    assert {(spot.reason, spot.track) for spot in spots} == {(Reason.SINGLE, 1), (Reason.LOW_SCORE, 2)}


def test_what_an_audit_saw_comes_first() -> None:
    plans = [frame(i, found=((300.0, 300.0, 360.0, 370.0, 0.19, "face"),)) for i in range(5)]
    finding = {"first_frame": 3, "last_frame": 4, "severity": "fail", "harm": 0.1, "message": "A face is clear."}
    whole = {"first_frame": -1, "severity": "review", "message": "The sound is shifted."}
    spots = review_items(plans, summaries=[], thresholds={"face": 0.2}, findings=[finding, whole])
    assert [spot.reason for spot in spots] == [Reason.FINDING, Reason.CLEAR]
    assert (spots[0].index, spots[0].message) == (3, "A face is clear.")


def test_a_region_that_takes_much_of_the_picture_comes_before_all_else() -> None:
    plans = [frame(i, found=((300.0, 300.0, 360.0, 370.0, 0.19, "face"),)) for i in range(5)]
    large = Region((0.0, 0.0, 200.0, 300.0), "plate", 0.9, Origin.DETECTED, 4)
    plans[2] = FramePlan(plans[2].seen, (large,))
    finding = {"first_frame": 3, "last_frame": 4, "severity": "fail", "harm": 1.0, "message": "A face is clear."}
    spots = review_items(plans, summaries=[], thresholds={"face": 0.2}, findings=[finding], upright_size=(400, 400))
    assert [spot.reason for spot in spots] == [Reason.LARGE, Reason.FINDING, Reason.CLEAR]
    assert (spots[0].index, spots[0].track) == (2, 4)
    assert "track 4" in spots[0].message
