"""How large regions are, and how long a track is followed beside a cut."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.kinds import BUILT_IN, KindRules
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import Observation, Origin
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.pipeline.build import rules_per_kind
from dashcamcleaner.planning.growth import around, grown
from dashcamcleaner.planning.planner import TrackPlanner
from dashcamcleaner.planning.weak_spots import planned
from dashcamcleaner.settings import Settings
from dashcamcleaner.tracking.evidence import EvidenceModel
from dashcamcleaner.tracking.interpolation import TrackPosition
from dashcamcleaner.tracking.tracker import Tracker

SIZE = (1280, 720)
RULES = KindRules(kind="face", noun="face", plural="faces", growth=(1.4, 1.2), large_less=0.5, unsure_less=0.75)


def growth_of(
    side_px: float, *, score: float = 0.9, rules: KindRules = RULES, sureness: float = 1.0
) -> tuple[float, float]:
    """By what factors the width and the height of a square in the middle of the picture grow."""
    x, y = SIZE[0] / 2, SIZE[1] / 2
    half = side_px / 2
    place = TrackPosition((x - half, y - half, x + half, y + half), score, Origin.DETECTED)
    x1, y1, x2, y2 = grown(place, rules=rules, upright_size=SIZE, sureness=sureness)
    return (x2 - x1) / side_px, (y2 - y1) / side_px


def test_small_objects_get_the_same_pixels_on_top_as_others() -> None:
    extra = [side * (growth_of(side)[0] - 1.4) for side in (8, 20, 60)]
    assert extra == pytest.approx([extra[0]] * 3)
    assert 4 < extra[0] < 16


def test_a_large_object_that_is_plain_to_see_gets_less_growth() -> None:
    pixels = 8 * (growth_of(8)[0] - 1.4)
    wider, higher = growth_of(400)
    assert (wider - pixels / 400, higher - pixels / 400) == pytest.approx((1.2, 1.1))
    assert growth_of(400, score=0.15)[0] > 1.4, "a large weak one may be boxed half beside itself"
    assert growth_of(180)[0] > growth_of(300)[0]


def test_doubt_hides_little() -> None:
    pixels = 8 * (growth_of(8)[0] - 1.4)
    sides = [growth_of(40, sureness=sureness) for sureness in (0.0, 0.5, 1.0)]
    assert [wider - pixels / 40 for wider, _ in sides] == pytest.approx([1.1, 1.25, 1.4])
    assert [higher - pixels / 40 for _, higher in sides] == pytest.approx([1.05, 1.125, 1.2])


def test_faint_sightings_get_more_where_the_picture_is_seen_small() -> None:
    def faint(**asked: Any) -> float:
        return growth_of(40, score=0.0, rules=rules_per_kind(Settings(**asked), recommended={})["face"])[0]

    sizes = [faint(inference_size=size) for size in (320, 640, 960, 1280, 1600)]
    assert sizes[0] == sizes[1] > sizes[2] > sizes[3] == sizes[4]
    assert faint(inference_size=640, tiles=2) == sizes[3]
    small = rules_per_kind(Settings(inference_size=640), recommended={})["face"]
    assert growth_of(40, score=0.6, rules=small) == growth_of(40, score=0.9, rules=small), "plain to see"
    assert growth_of(40, score=0.0, rules=small, sureness=0.0)[0] < sizes[4], "and only for what is sure to be there"


@pytest.mark.parametrize("kind", list(BUILT_IN))
def test_who_names_a_factor_gets_it_whatever_the_size_and_the_doubt(kind: str) -> None:
    own = rules_per_kind(Settings(growth=2.0), recommended={})[kind]
    pixels = 8 * (growth_of(8, rules=own)[0] - 2.0)
    for sureness in (0.0, 1.0):
        assert growth_of(400, rules=own, sureness=sureness)[0] - pixels / 400 == pytest.approx(2.0)
    usual = rules_per_kind(Settings(), recommended={})[kind]
    assert min(usual.large_less, usual.unsure_less) > 0


def regions(
    *, cut_at: int, seen_in: range, frames: int = 90, score: float = 0.15, **changes: float
) -> dict[int, tuple[float, float, float, float]]:
    """Where a face is hidden, by frame, that stands still and is seen in some frames of a second scene."""
    still = Motion.still()
    seen = [
        dataclasses.replace(
            Observation(
                i,
                FrameTime(i, Fraction(1, 30)),
                Detections.from_rows([(400, 300, 440, 350, score, "face")] if i in seen_in else []),
            ),
            motion=Motion.scene_cut() if i == cut_at else still,
        )
        for i in range(frames)
    ]
    rules = {"face": dataclasses.replace(BUILT_IN["face"], threshold=0.05, probability=0.05)}
    planner = TrackPlanner(
        tracker=Tracker(upright_size=SIZE),
        upright_size=SIZE,
        rules=rules,
        max_waiting_frames=1000,
        evidence=EvidenceModel.shipped(),
        **{"look_ahead_s": 1.0, "fill_before_s": 0.75, "fill_after_s": 0.75, **changes},
    )
    return {plan.index: plan.regions[0].xyxy for plan in planned(seen, planner) if plan.regions}


def covered(**scene: Any) -> list[int]:
    """The frames in which such a face is hidden."""
    return list(regions(**scene))


def test_the_region_of_a_track_grows_with_what_is_known_of_it() -> None:
    def area(**scene: Any) -> float:
        region = x1, y1, x2, y2 = regions(cut_at=1, **scene)[45]
        assert around(region, (400, 300, 440, 350)) == region, "never less than the detector's own box"
        return (x2 - x1) * (y2 - y1) / (40 * 50)

    glimpsed, faint, plain = (
        area(seen_in=range(45, 46), score=0.15),
        area(seen_in=range(45, 50), score=0.15),
        area(seen_in=range(45, 60), score=0.9),
    )
    assert 1.4 < glimpsed < faint < plain
    assert area(seen_in=range(45, 46), score=0.9) < plain, "seen once"
    live = {"look_ahead_s": 0.0, "fill_before_s": 0.0}
    assert area(seen_in=range(45, 60), score=0.9, **live) == pytest.approx(plain), "there nobody can wait for more"


def test_what_is_followed_nearly_to_a_cut_is_followed_up_to_it() -> None:
    seen_in = range(45, 50)
    far = covered(cut_at=1, seen_in=seen_in)
    assert 28 < far[0] < 43, "weak: followed for a part of the time"
    for short_of in (1, 4, 6):
        cut = far[0] - short_of
        assert covered(cut_at=cut, seen_in=seen_in)[0] == cut, "nothing appears just after a cut"
        cut = far[-1] + 1 + short_of
        assert covered(cut_at=cut, seen_in=seen_in)[-1] == cut - 1, "nothing goes just before one"
        assert covered(cut_at=1, seen_in=seen_in, frames=cut)[-1] == cut - 1, "nor just before the clip's end"
    assert covered(cut_at=far[0] - 12, seen_in=seen_in)[0] == far[0]
    assert covered(cut_at=far[-1] + 13, seen_in=seen_in)[-1] == far[-1]


def test_a_glimpse_is_followed_for_a_part_of_the_time_however_sure_it_is() -> None:
    def each_side(seen_in: range, score: float) -> tuple[int, int]:
        hidden = covered(cut_at=1, seen_in=seen_in, score=score)
        return seen_in.start - hidden[0], hidden[-1] - seen_in.stop + 1

    assert each_side(range(40, 50), 0.9) == (22, 22), "the full 0.75 s"
    for score in (0.9, 0.5, 0.2):
        before, after = each_side(range(45, 46), score)
        assert 2 <= before <= 3 + 8 * score, "seen once"
        assert before == after
    assert each_side(range(45, 46), 0.5) < each_side(range(45, 47), 0.5) < each_side(range(45, 50), 0.5)


def test_the_fill_times_are_bounds_beside_a_cut_too() -> None:
    near = covered(cut_at=40, seen_in=range(45, 50), fill_before_s=0.1, fill_after_s=0.1)
    assert near[0] == 42
