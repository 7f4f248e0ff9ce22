"""A plan seen from above: bars with their gaps, and items in the order of their harm."""

from __future__ import annotations

from fractions import Fraction

from dashcamcleaner.core import shapes
from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.review.track_summary import (
    Reason,
    findings_as_items,
    is_covered,
    large_regions,
    track_items,
    track_summaries,
)

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


def test_single_and_low_sightings() -> None:
    plans = [frame(0, (1, Origin.DETECTED, 0.9), (2, Origin.DETECTED, 0.22)), frame(1, (2, Origin.DETECTED, 0.25))]
    spots = track_items(track_summaries(plans), plans=plans, thresholds={"face": 0.2})
    assert {(spot.reason, spot.track) for spot in spots} == {(Reason.SINGLE, 1), (Reason.LOW_SCORE, 2)}


def test_what_an_audit_saw_about_frames_is_taken() -> None:
    finding = {"first_frame": 3, "last_frame": 4, "severity": "fail", "harm": 0.1, "message": "A face is clear."}
    whole = {"first_frame": -1, "severity": "review", "message": "The sound is shifted."}
    (spot,) = findings_as_items([finding, whole], frames=5)
    assert (spot.reason, spot.index, spot.message) == (Reason.FINDING, 3, "A face is clear.")


def test_a_region_that_takes_much_of_the_picture_is_told() -> None:
    large = Region((0.0, 0.0, 200.0, 300.0), "plate", 0.9, Origin.DETECTED, 4)
    plans = [frame(i) for i in range(5)]
    plans[2] = FramePlan(plans[2].seen, (large,))
    (spot,) = large_regions(plans, upright_size=(400, 400))
    assert (spot.reason, spot.index, spot.track) == (Reason.LARGE, 2, 4)
    assert "track 4" in spot.message


def test_a_box_at_the_corner_of_a_round_region_is_not_covered() -> None:
    region = Region((100.0, 100.0, 200.0, 200.0), "face", 0.9, Origin.DETECTED, 1)
    corner = (100.0, 100.0, 116.0, 116.0)
    assert not is_covered(corner, [region])
    assert is_covered(corner, [region], shapes={"face": shapes.BOX})
    assert is_covered((110.0, 110.0, 190.0, 190.0), [region])
