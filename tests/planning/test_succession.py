"""Two tracks that show one object, one after the other: what is followed beyond its sightings, and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import FramePlan, Observation, Origin
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.planning.planner import TrackPlanner
from dashcamcleaner.planning.weak_spots import planned
from dashcamcleaner.tracking.evidence import EvidenceModel
from dashcamcleaner.tracking.tracker import Tracker

SIZE = (1280, 720)
FPS = 30
POST = (600.0, 624.0)
HEIGHT, WIDTH = 50.0, 40.0

Boxes = list[tuple[float, float, float, float]]


def plans_of(boxes_at: Callable[[int], Boxes], *, frames: int = 90, look_ahead_s: float = 1.0) -> list[FramePlan]:
    planner = TrackPlanner(
        tracker=Tracker(upright_size=SIZE),
        upright_size=SIZE,
        rules={"face": rules_of("face")},
        look_ahead_s=look_ahead_s,
        fill_before_s=0.75,
        fill_after_s=0.75,
        max_waiting_frames=1000,
        evidence=EvidenceModel.shipped(),
    )
    seen = [
        Observation(
            index,
            FrameTime(index, Fraction(1, FPS)),
            Detections.from_rows([(*box, 0.8, "face") for box in boxes_at(index)]),
            motion=Motion.still() if index else None,
        )
        for index in range(frames)
    ]
    return planned(seen, planner)


def parts_beside_a_post(index: int) -> Boxes:
    """What a detector sees of a face that walks behind a post from left to right, a little at first."""
    left = 480.0 + 3 * index
    parts = [(left, min(left + WIDTH, POST[0])), (max(left, POST[1]), left + WIDTH)]
    return [(x1, 300.0, x2, 300.0 + HEIGHT) for x1, x2 in parts if x2 - x1 >= 9]


def followed(plans: Iterable[FramePlan]) -> dict[int, list[int]]:
    """Frames in which each track is followed beyond its sightings."""
    found: dict[int, list[int]] = {}
    for plan in plans:
        for region in plan.regions:
            if region.origin is Origin.HELD and region.track is not None:
                found.setdefault(region.track, []).append(plan.index)
    return found


def test_a_face_that_passes_behind_a_post_hides_no_more_than_is_seen_of_it() -> None:
    plans = plans_of(parts_beside_a_post)
    assert len({region.track for plan in plans for region in plan.regions}) == 2, "seen as two"
    both_unseen = {index for index in range(90) if not parts_beside_a_post(index)}
    assert {index for frames in followed(plans).values() for index in frames} <= both_unseen
    for plan in plans:
        for x1, y1, x2, y2 in parts_beside_a_post(plan.index):
            assert any(
                r.xyxy[0] <= x1 and r.xyxy[1] <= y1 and r.xyxy[2] >= x2 and r.xyxy[3] >= y2 for r in plan.regions
            )


def side_by_side(*, first_until: int, second_from: int, apart: float = 20.0) -> Callable[[int], Boxes]:
    """Two people beside each other; the left one is seen up to a frame, the right one from a frame on."""
    left = (500.0, 300.0, 500.0 + WIDTH, 300.0 + HEIGHT)
    right = (500.0 + WIDTH + apart, 300.0, 500.0 + 2 * WIDTH + apart, 300.0 + HEIGHT)
    return lambda index: [left] * (index <= first_until) + [right] * (index >= second_from)


@pytest.mark.parametrize(("first_until", "second_from"), [(44, 20), (44, 30)])
def test_two_people_beside_each_other_are_followed_each(first_until: int, second_from: int) -> None:
    found = followed(plans_of(side_by_side(first_until=first_until, second_from=second_from)))
    after = [index for index in range(90) if first_until < index <= first_until + 0.75 * FPS]
    before = [index for index in range(90) if second_from - 0.75 * FPS <= index < second_from]
    assert sorted(found.values()) == sorted([after, before])


def test_of_another_size_or_further_away_is_somebody_else() -> None:
    far = side_by_side(first_until=40, second_from=41, apart=1.5 * HEIGHT)
    assert sorted(len(frames) for frames in followed(plans_of(far)).values()) == [22, 22]

    def small(index: int) -> Boxes:
        if index <= 40:
            return [(545.0, 310.0, 557.0, 325.0)]
        return [(560.0, 300.0, 560.0 + WIDTH, 300.0 + HEIGHT)]

    assert sorted(len(frames) for frames in followed(plans_of(small)).values()) == [22, 22]


def test_who_may_still_come_back_is_followed() -> None:
    """A live run knows little of what comes: who was lost a moment ago is not over yet."""
    seen = side_by_side(first_until=40, second_from=35)
    found = followed(plans_of(seen, look_ahead_s=0.1))
    first = min(found)
    assert found[first][:5] == [41, 42, 43, 44, 45]
    assert first not in followed(plans_of(seen))
