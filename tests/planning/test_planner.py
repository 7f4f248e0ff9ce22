"""Planners: frame memory, and tracks whose gaps are filled both ways, on scenes whose truth is known."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edit_types import ClearZone, DrawnRegion, HiddenSpan, HiddenZone
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Observation, Origin
from dashcamcleaner.core.planner import Planner
from dashcamcleaner.core.time import FrameTime, Span
from dashcamcleaner.core.track_edits import DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.planning.memory import MemoryPlanner
from dashcamcleaner.planning.planner import TrackPlanner
from dashcamcleaner.planning.weak_spots import planned, thorough_plans, weak_spots, with_extra
from dashcamcleaner.tracking.evidence import FEATURES, EvidenceModel
from dashcamcleaner.tracking.tracker import Tracker
from dashcamcleaner.training.leak_figures import LeakFigures
from dashcamcleaner.training.leaks import leaks
from tests import scenes
from tests.scenes import Scene, Thing, even, random_scene

SIZE = (1920, 1080)


def observation(index, *rows, pts=None, damaged=False):
    time = FrameTime(index if pts is None else pts, Fraction(1, 30))
    return Observation(index, time, Detections.from_rows(rows), damaged=damaged)


def with_rules(*, thresholds, kinds, growth, **arguments):
    """Arguments of a planner; growth is one factor or one per side, 1 where a kind has none."""
    factors = {kind: growth.get(kind, 1.0) for kind in kinds}
    rules = {
        kind: dataclasses.replace(
            rules_of(kind),
            threshold=thresholds.get(kind, 0.0),
            probability=thresholds.get(kind, 0.0),
            growth=factor if isinstance(factor, tuple) else (factor, factor),
        )
        for kind, factor in factors.items()
    }
    return {"rules": rules, **arguments}


def memory(**changes):
    arguments = {
        "upright_size": SIZE,
        "thresholds": {"face": 0.3, "plate": 0.5},
        "kinds": ("face", "plate"),
        "growth": {"face": 1.0, "plate": 1.0},
        "before": Span(),
        "after": Span(),
        "max_waiting_frames": 1000,
    }
    return MemoryPlanner(**with_rules(**{**arguments, **changes}))


def run(planner: Planner, seen) -> list[FramePlan]:
    plans = [plan for one in seen for plan in planner.push(one)]
    return [*plans, *planner.finish()]


def frames_covered(plans, point):
    x, y = point
    return [
        plan.index
        for plan in plans
        if any(r.xyxy[0] <= x <= r.xyxy[2] and r.xyxy[1] <= y <= r.xyxy[3] for r in plan.regions)
    ]


FACE = (100, 100, 140, 150, 0.9, "face")


def test_a_region_covers_the_frames_around_it():
    seen = [observation(i, *([FACE] if i == 10 else [])) for i in range(20)]
    plans = run(memory(before=Span(3), after=Span(2)), seen)
    assert [plan.index for plan in plans] == list(range(20))
    assert frames_covered(plans, (120, 120)) == [7, 8, 9, 10, 11, 12]
    assert plans[10].regions[0].origin is Origin.DETECTED
    assert plans[8].regions[0].origin is Origin.HELD


def test_seconds_follow_the_frame_times_not_a_rate():
    pts = [0, 1, 2, 12, 13, 14, 15, 40]
    seen = [observation(i, *([FACE] if i == 3 else []), pts=p) for i, p in enumerate(pts)]
    plans = run(memory(before=Span.parse("0.3s"), after=Span.parse("100ms")), seen)
    assert frames_covered(plans, (120, 120)) == [3, 4, 5, 6]
    plans = run(memory(before=Span.parse("0.34s"), after=Span.parse("0s")), seen)
    assert frames_covered(plans, (120, 120)) == [2, 3]


def test_without_memory_nothing_waits():
    planner = memory()
    for i in range(3):
        assert [plan.index for plan in planner.push(observation(i, FACE))] == [i]
    assert planner.finish() == []


def test_thresholds_kinds_and_growth():
    rows = [FACE, (10, 10, 30, 20, 0.4, "plate"), (300, 300, 320, 310, 0.9, "plate"), (5, 5, 9, 9, 0.2, "face")]
    (plan,) = run(memory(growth={"face": 2.0}), [observation(0, *rows)])
    assert [r.kind for r in plan.regions] == ["face", "plate"]
    pad = 0.004 * 1920  # a detector's borders are good to some pixels, whatever the planner
    assert plan.regions[0].xyxy == pytest.approx((80 - pad, 75 - pad, 160 + pad, 175 + pad))
    (plan,) = run(memory(kinds=("plate",)), [observation(0, *rows)])
    assert [r.kind for r in plan.regions] == ["plate"]


def test_a_damaged_frame_is_covered_wholly_and_alone():
    seen = [observation(i, damaged=i == 3) for i in range(6)]
    plans = run(memory(before=Span(2), after=Span(2)), seen)
    assert [[r.kind for r in plan.regions] for plan in plans] == [[], [], [], [WHOLE_FRAME], [], []]
    assert plans[3].regions[0].xyxy == (0, 0, 1920, 1080)
    assert plans[3].regions[0].origin is Origin.DAMAGED


def test_a_shortened_memory_is_noticeable_and_keeps_the_bound():
    planner = memory(before=Span(10), max_waiting_frames=4)
    waiting = 0
    for i in range(30):
        waiting += 1 - len(planner.push(observation(i, FACE)))
        assert waiting <= 4
    assert planner.shortened
    planner = memory(before=Span(10), max_waiting_frames=10)
    run(planner, [observation(i) for i in range(30)])
    assert not planner.shortened


@given(
    st.lists(st.tuples(st.integers(1, 20), st.lists(st.integers(0, 40), max_size=3)), max_size=40),
    st.integers(0, 6),
    st.integers(0, 6),
)
def test_covers_all_that_the_memory_should(steps, before, after):
    pts, seen = 0, []
    for i, (gap, places) in enumerate(steps):
        pts += gap
        rows = [(40 * p, 100, 40 * p + 50, 150, 0.9, "face") for p in places]
        seen.append(observation(i, *rows, pts=pts))
    plans = run(memory(before=Span(before), after=Span(after)), seen)
    assert [plan.index for plan in plans] == list(range(len(seen)))
    for plan in plans:
        regions = np.array([r.xyxy for r in plan.regions]).reshape(-1, 4)
        wanted = [b for s in seen if plan.index - after <= s.index <= plan.index + before for b in s.detections.xyxy]
        for box in wanted:
            inside = (regions[:, :2] <= box[:2]).all(1) & (regions[:, 2:] >= box[2:]).all(1)
            assert inside.any()
        if not wanted:
            assert not plan.regions


def test_a_span_is_read_as_people_write_it():
    assert Span.parse("5") == Span.parse("5f") == Span(5)
    assert Span.parse("0.5s") == Span.parse("500 ms") == Span(0.5, in_seconds=True)
    for wrong in ("", "s", "0.5", "-1", "1 m", "nan"):
        with pytest.raises(ValueError):
            Span.parse(wrong)


THRESHOLDS = {"face": 0.2, "plate": 0.2}
ALL_SURE = EvidenceModel({"face": {"intercept": 30.0, "weights": dict.fromkeys(FEATURES, 0.0)}})
"""Whatever is seen is what it claims to be."""


def tracks(**changes):
    size = changes.pop("upright_size", scenes.SIZE)
    arguments = {
        "tracker": Tracker(upright_size=size),
        "upright_size": size,
        "thresholds": THRESHOLDS,
        "kinds": ("face", "plate"),
        "growth": {"face": 1.4, "plate": (1.3, 1.6)},
        "fill_before_s": 0.75,
        "fill_after_s": 0.75,
        "evidence": EvidenceModel.shipped(),
        "max_waiting_frames": 1000,
    }
    return TrackPlanner(**with_rules(**{**arguments, **changes}))


def figures(scene: Scene, observations, **changes) -> LeakFigures:
    return leaks(scene.truth(), planned(observations, tracks(**changes)), thresholds=THRESHOLDS)


def pooled(seeds, *, scene_of, **knocked) -> LeakFigures:
    total = LeakFigures()
    for seed in seeds:
        scene = scene_of(seed)
        total += figures(scene, scene.observations(**knocked))
    return total


@pytest.mark.parametrize("knocked", [{"knock_out": 0.3}, {"bursts": 1.5}, {"knock_out": 0.2, "bursts": 0.8}])
@pytest.mark.parametrize("kind_of", [{}, {"cuts": True}, {"vfr": True}], ids=["plain", "cuts", "vfr"])
def test_knocked_out_sightings_leave_99_percent_protected(knocked, kind_of):
    """How long a track is followed depends on how sure it is and on how much it was seen."""
    total = pooled(range(12), scene_of=lambda seed: random_scene(seed, **kind_of), **knocked)
    assert total.legible_frames > 3000
    assert total.leaked_share <= 0.01
    assert total.over_cover < 4


def test_the_detector_alone_would_leak_so_the_scenes_are_no_walk_over():
    scene = random_scene(1)
    observations = scene.observations(knock_out=0.3)
    alone = memory(upright_size=scenes.SIZE, thresholds=THRESHOLDS, growth={"face": 1.4, "plate": (1.3, 1.6)})
    assert leaks(scene.truth(), planned(observations, alone), thresholds=THRESHOLDS).leaked_share > 0.2


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    speed=st.floats(0, 5),
    zoom=st.floats(-0.25, 0.25),
    shake=st.floats(0, 10),
    rate=st.sampled_from([12.5, 25, 30, 60]),
)
@example(seed=0, speed=5.0, zoom=0.25, shake=10.0, rate=12.5)
def test_any_straight_way_is_followed_through_random_knock_outs(seed, speed, zoom, shake, rate):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi)
    things = [
        Thing(
            "face", (640 + rng.uniform(-200, 200), 360), speed=(50 * speed * np.cos(angle), 30 * speed * np.sin(angle))
        )
    ]
    scene = Scene(things, even(int(3 * rate), rate=rate), zoom=zoom, shake_px=shake, seed=seed)
    told = figures(scene, scene.observations(knock_out=0.3))
    assert told.leaked_frames <= max(1, 0.02 * told.legible_frames)


def test_crossing_occluded_and_accelerated():
    things = [
        Thing("face", (300, 300), speed=(220, 0)),
        Thing("face", (900, 310), speed=(-200, 0), size=(46, 56)),
        Thing("plate", (200, 500), acceleration=(250, 0), size=(90, 28)),
    ]
    scene = Scene(things, even(90), pan=(40, 0), shake_px=3)
    observations = scene.observations(clutter=0.5)
    for i in range(35, 55):  # all of them behind a pole for two thirds of a second
        faint = observations[i].detections.score < 0.2
        observations[i] = Observation(
            i, observations[i].time, observations[i].detections[faint], observations[i].motion
        )
    told = figures(scene, observations)
    assert told.leaked_share <= 0.01


def test_gaps_are_interpolated_and_ends_are_held():
    scene = Scene([Thing("face", (300, 300), speed=(100, 0))], even(90))
    observations = scene.observations(clutter=0, jitter=0)
    for i in [*range(20), *range(40, 50), *range(70, 90)]:
        observations[i] = Observation(i, observations[i].time, Detections.empty(), observations[i].motion)
    plans = planned(observations, tracks(evidence=ALL_SURE))
    origins = [plan.regions[0].origin if plan.regions else None for plan in plans]
    assert origins[30] is Origin.DETECTED
    assert set(origins[40:50]) == {Origin.INTERPOLATED}
    assert set(origins[:20]) == {Origin.HELD}
    assert set(origins[70:90]) == {Origin.HELD}
    assert {r.track for plan in plans for r in plan.regions} == {1}
    short = planned(observations, tracks(fill_before_s=0.2, fill_after_s=0.2, evidence=ALL_SURE))
    assert [plan.index for plan in short if plan.regions] == list(range(14, 76))


def test_no_track_outlives_a_cut():
    scene = Scene([Thing("face", (400, 350)), Thing("plate", (800, 350), size=(90, 30))], even(60), cuts=(30,))
    observations = [
        o if o.index < 28 else Observation(o.index, o.time, Detections.empty(), o.motion)
        for o in scene.observations(clutter=0)
    ]
    plans = planned(observations, tracks(fill_after_s=2.0))
    assert [bool(plan.regions) for plan in plans] == [i < 30 for i in range(60)]
    later = [
        o if o.index > 32 else Observation(o.index, o.time, Detections.empty(), o.motion)
        for o in scene.observations(clutter=0)
    ]
    plans = planned(later, tracks(fill_before_s=2.0))
    assert [bool(plan.regions) for plan in plans] == [i >= 30 for i in range(60)]


def test_a_wrong_link_does_not_paint_across_the_picture():
    still = [observation(i, (100, 100, 130, 130, 0.9, "face")) for i in range(10)]
    far = [observation(i, (900, 600, 930, 630, 0.9, "face")) for i in range(25, 35)]
    seen = [*still, *(observation(i) for i in range(10, 25)), *far]
    plans = planned(seen, tracks(upright_size=SIZE))
    for plan in plans:
        for region in plan.regions:
            x = (region.xyxy[0] + region.xyxy[2]) / 2
            assert x < 200 or x > 800


def test_a_track_is_hidden_from_its_first_frame_and_weak_sightings_count_once_one_is_strong():
    rows = [(400 + i, 300, 440 + i, 350, 0.6 if i == 12 else 0.08, "face") for i in range(25)]
    plans = planned([observation(i, row) for i, row in enumerate(rows)], tracks(upright_size=SIZE))
    assert all(len(plan.regions) == 1 and plan.regions[0].origin is Origin.DETECTED for plan in plans)
    weak = [observation(i, (*row[:4], 0.08, "face")) for i, row in enumerate(rows)]
    assert not any(plan.regions for plan in planned(weak, tracks(upright_size=SIZE)))


def test_a_single_sighting_is_hidden_unless_asked_otherwise():
    def seen(score):
        return [observation(i, *([(400, 300, 440, 350, score, "face")] if i == 10 else [])) for i in range(20)]

    assert planned(seen(0.25), tracks(upright_size=SIZE))[10].regions
    assert not any(p.regions for p in planned(seen(0.25), tracks(upright_size=SIZE, drop_spurious=True)))
    assert planned(seen(0.8), tracks(upright_size=SIZE, drop_spurious=True))[10].regions


@pytest.mark.parametrize("drop_spurious", [False, True])
def test_a_large_sighting_is_no_slip_only_where_it_is_plainer_than_a_small_one(drop_spurious):
    """A shop front scores more than a small slip does."""

    def hidden(side, *scores):
        seen = [observation(i, (300, 300, 300 + side, 300 + side / 2, one, "plate")) for i, one in enumerate(scores)]
        planner = tracks(upright_size=SIZE, evidence=ALL_SURE, drop_spurious=drop_spurious)
        return [bool(plan.regions) for plan in planned(seen, planner)]

    assert hidden(60, 0.45) == [True]
    assert hidden(600, 0.45) == [not drop_spurious]
    assert hidden(600, 0.65) == [True]
    assert hidden(600, 0.45, 0.45) == [True] * 2


def test_the_look_ahead_is_bounded_and_its_shortening_is_noticeable():
    scene = random_scene(3)
    observations = scene.observations()
    planner = tracks(look_ahead_s=0.5)
    most = waiting = 0
    for seen in observations:
        waiting += 1 - len(planner.push(seen))
        most = max(most, waiting)
    rate = 1 / (scene.times_s[1] - scene.times_s[0])
    assert most == math.ceil(0.5 * rate - 1e-6)
    assert not planner.shortened
    planner = tracks(look_ahead_s=5.0, max_waiting_frames=8)
    waiting = 0
    for seen in observations:
        waiting += 1 - len(planner.push(seen))
        assert waiting <= 8
    assert planner.shortened


def test_memory_stays_bounded():
    """What a planner keeps does not grow with the clip: sightings, steps and tracks are let go."""
    scene = Scene([Thing("face", (640, 360), weave_px=40)], even(900))
    planner = tracks()
    kept = []
    for seen in scene.observations(clutter=2):
        planner.push(seen)
        sightings = sum(len(track.sightings) for track, _ in planner._open)
        kept.append((len(planner._open), sightings, len(planner._motions)))
    early, late = np.array(kept[150:450]).max(0), np.array(kept[600:]).max(0)
    assert (late <= 1.5 * early + 5).all()


def test_a_replay_gives_the_same_regions_and_keeps_ids_at_other_dials():
    observations = random_scene(5).observations(knock_out=0.3, clutter=2)
    first = planned(observations, tracks())
    lines = [plan.to_line() for plan in first]
    stored = [FramePlan.from_line(line, time_base=scenes.TIME_BASE).seen for line in lines]
    assert [plan.to_line() for plan in planned(stored, tracks())] == lines
    ids = {}
    for changes in ({}, {"thresholds": {"face": 0.5, "plate": 0.5}}, {"look_ahead_s": math.inf}, {"growth": {}}):
        for plan in planned(stored, tracks(**changes)):
            for region in plan.regions:
                if region.origin is Origin.DETECTED:
                    x, y = (region.xyxy[0] + region.xyxy[2]) / 2, (region.xyxy[1] + region.xyxy[3]) / 2
                    ids.setdefault((plan.index, region.kind, round(x), round(y)), set()).add(region.track)
    assert all(len(found) == 1 for found in ids.values())


def test_damaged_frames_are_covered_wholly_and_bridged():
    scene = Scene([Thing("face", (400, 350), speed=(60, 0))], even(30))
    observations = scene.observations(clutter=0)
    observations[15] = Observation(15, observations[15].time, Detections.empty(), observations[15].motion, damaged=True)
    plans = planned(observations, tracks())
    assert plans[15].regions[0].kind == WHOLE_FRAME
    assert plans[15].regions[0].origin is Origin.DAMAGED
    assert all(plan.regions for plan in plans)


def test_tracks_and_frame_memory_together():
    seen = [observation(i, *([FACE] if i == 10 else [])) for i in range(40)]
    planner = tracks(upright_size=SIZE, fill_before_s=0, fill_after_s=0, memory_before=Span(3), memory_after=Span(5))
    plans = planned(seen, planner)
    assert [plan.index for plan in plans if plan.regions] == list(range(7, 16))


def edited(edits: Edits):
    things = [Thing("face", (300, 300), speed=(100, 0)), Thing("face", (800, 300), speed=(-100, 0), size=(60, 70))]
    scene = Scene(things, even(60))
    planner = tracks(edits=edits)
    plans = planned(scene.observations(clutter=0, knock_out=0.2), planner)
    return plans, planner


def test_a_track_is_kept_dropped_or_hidden_alone():
    plans, planner = edited(Edits())
    assert {r.track for plan in plans for r in plan.regions} == set(planner.tracks) == {1, 2}
    for edits, left in (
        (Edits.of(KeepTrack(1)), {2}),
        (Edits.of(DropTrack(2)), {1}),
        (Edits.of(OnlyTrack(2)), {2}),
    ):
        plans, planner = edited(edits)
        assert {r.track for plan in plans for r in plan.regions} == left
        assert set(planner.tracks) == {1, 2}


def test_where_a_hidden_region_overlaps_a_kept_one_hiding_wins():
    plans, _ = edited(Edits.of(KeepTrack(1)))
    everything, _ = edited(Edits())
    for kept, full in zip(plans, everything, strict=True):
        assert [r for r in full.regions if r.track == 2] == [r for r in kept.regions if r.track == 2]


def test_manual_fixed_and_excluded_areas():
    manual = DrawnRegion(((0.5, (100.0, 600.0, 200.0, 700.0)), (1.0, (300.0, 600.0, 400.0, 700.0))), "face")
    edits = Edits.of(
        manual,
        HiddenZone((0, 0, 400, 40)),
        ClearZone((0.0, 200.0, 1280.0, 400.0), from_s=1.0),
        HiddenSpan(from_s=1.5, to_s=1.6),
    )
    plans, _ = edited(edits)
    boxes = [[r.xyxy for r in plan.regions if r.kind == "face" and r.origin is Origin.MANUAL] for plan in plans]
    assert [bool(b) for b in boxes] == [15 <= i <= 30 for i in range(60)]
    assert boxes[15][0] == (100, 600, 200, 700)
    np.testing.assert_allclose(boxes[30][0], (300, 600, 400, 700), atol=0.1)
    assert boxes[22][0][0] == pytest.approx(100 + 200 * (22 / 30 - 0.5) / 0.5, abs=1)
    assert all((0, 0, 400, 40) in [r.xyxy for r in plan.regions] for plan in plans)
    assert all(any(r.track for r in plan.regions) == (plan.time.seconds < 1.0 - 1e-3) for plan in plans)
    assert [any(r.kind == WHOLE_FRAME for r in plan.regions) for plan in plans] == [45 <= i <= 48 for i in range(60)]


def test_weak_spots_lie_where_tracks_are_lost_and_a_second_look_fills_them():
    scene = Scene([Thing("face", (500, 300), speed=(60, 0)), Thing("plate", (300, 500), size=(60, 20))], even(120))
    full = scene.observations(clutter=0)
    first = [
        Observation(
            o.index,
            o.time,
            o.detections[o.detections.kind == "face"] if not 40 <= o.index < 100 else Detections.empty(),
            o.motion,
        )
        for o in full
    ]
    plans = planned(first, tracks(look_ahead_s=math.inf))
    assert leaks(scene.truth(), plans, thresholds=THRESHOLDS).objects_never_sighted == 1
    spots = weak_spots(plans, upright_size=scenes.SIZE, thresholds=THRESHOLDS)
    assert any(spot.windows for spot in spots if 42 <= spot.index < 60)
    for spot in spots:
        for x1, y1, x2, y2 in spot.windows:
            assert 0 <= x1 < x2 <= scenes.SIZE[0]
            assert 0 <= y1 < y2 <= scenes.SIZE[1]
    assert np.diff([spot.index for spot in spots if spot.whole]).max() <= 6
    asked = []

    def look(wanted):
        asked.extend(wanted)
        return {spot.index: full[spot.index].detections for spot in wanted}

    plans = thorough_plans(
        first,
        upright_size=scenes.SIZE,
        thresholds=THRESHOLDS,
        make_planner=lambda: tracks(look_ahead_s=math.inf),
        second_pass=look,
    )
    told = leaks(scene.truth(), plans, thresholds=THRESHOLDS)
    assert told.objects_never_sighted == 0
    assert told.leaked_share < 0.01
    assert len({spot.index for spot in asked}) < 100


def test_a_second_look_adds_no_noise_and_no_doubles():
    seen = observation(0, FACE, (500, 500, 540, 550, 0.1, "face"))
    (plan,) = planned([seen], tracks(upright_size=SIZE))
    more = Detections.from_rows(
        [
            (101, 101, 141, 151, 0.95, "face"),  # the same again, better
            (102, 99, 138, 149, 0.06, "face"),  # and worse
            (900, 900, 940, 950, 0.15, "face"),  # faint and alone: noise
            (1200, 600, 1240, 650, 0.6, "face"),  # alone, not plain to see: a head from behind, a hand
            (1200, 200, 1240, 250, 0.9, "face"),  # new
            (1500, 500, 1540, 550, 0.9, "other"),  # of a kind that is not to be hidden
        ]
    )
    (better,) = with_extra([plan], {0: more}, thresholds=THRESHOLDS)
    assert sorted(round(float(s), 2) for s in better.detections.score) == [0.1, 0.9, 0.95]


@pytest.mark.parametrize(("score", "taken"), [(0.12, False), (0.3, False), (0.5, True)])
def test_a_second_look_confirms_what_was_half_seen_with_less_than_what_stands_alone(score, taken):
    half_seen = (500, 500, 540, 550, 0.12, "face")
    (plan,) = planned([observation(0, half_seen)], tracks(upright_size=SIZE))
    for x, believed in ((500, taken), (1000, False)):
        more = Detections.from_rows([(x, 500, x + 40, 550, score, "face")])
        (seen,) = with_extra([plan], {0: more}, thresholds=THRESHOLDS)
        assert (seen.detections.score.max() > 0.13) == believed


def test_a_high_threshold_of_the_users_does_not_shut_out_the_second_look():
    (plan,) = planned([observation(0)], tracks(upright_size=SIZE))
    more = Detections.from_rows([(100, 100, 140, 150, 0.97, "face")])
    (seen,) = with_extra([plan], {0: more}, thresholds={"face": 0.9})
    assert len(seen.detections) == 1


def test_a_detectors_breathing_boxes_do_not_make_the_cover_breathe():
    rng = np.random.default_rng(0)
    rows = [(400, 300, 440 - 14 * rng.random(), 350 - 14 * rng.random(), 0.8, "face") for _ in range(60)]
    plans = planned([observation(i, row) for i, row in enumerate(rows)], tracks(upright_size=SIZE, growth={}))
    raw = np.array([row[2] - row[0] for row in rows])
    hidden = np.array([plan.regions[0].xyxy[2] - plan.regions[0].xyxy[0] for plan in plans])
    assert np.abs(np.diff(hidden)).mean() < 0.6 * np.abs(np.diff(raw)).mean()
    assert (hidden >= raw - 1e-3).all()


@pytest.mark.parametrize("camera_px", [0.0, -9.0], ids=["still", "panning"])
def test_a_detectors_jumping_boxes_do_not_make_the_cover_jump(camera_px):
    """Averaged where the picture's motion carries them, none of them left out of what is hidden."""
    rng = np.random.default_rng(1)
    pan = Motion(np.array([[1, 0, camera_px], [0, 1, 0]], np.float32))
    jumps = rng.uniform(-4, 4, (60, 2))
    seen, truth = [], []
    for i, (dx, dy) in enumerate(jumps):
        x = 900 + camera_px * i
        truth.append(x + 20)
        row = (x + dx, 300 + dy, x + 40 + dx, 350 + dy, 0.8, "face")
        seen.append(Observation(i, FrameTime(i, Fraction(1, 30)), Detections.from_rows([row]), pan))
    regions = [plan.regions[0].xyxy for plan in planned(seen, tracks(upright_size=SIZE))]
    off = np.array([(r[0] + r[2]) / 2 for r in regions]) - truth
    assert np.abs(off[2:-2]).mean() < 0.6 * np.abs(jumps[2:-2, 0]).mean()
    bare = [plan.regions[0].xyxy for plan in planned(seen, tracks(upright_size=SIZE, growth={}))]
    for region, one in zip(bare, seen, strict=True):
        x1, y1, x2, y2 = one.detections.xyxy[0]
        assert max(region[0] - x1, region[1] - y1, x2 - region[2], y2 - region[3]) <= 0.01


def test_motion_carries_a_held_region_with_the_camera():
    swing = Motion(np.array([[1, 0, -12.0], [0, 1, 5.0]], np.float32))
    seen = [
        Observation(i, FrameTime(i, Fraction(1, 30)), Detections.from_rows([FACE] if i == 5 else []), swing)
        for i in range(12)
    ]
    plans = planned(seen, tracks(upright_size=SIZE))
    for plan in plans:
        (region,) = plan.regions
        x, y = (region.xyxy[0] + region.xyxy[2]) / 2, (region.xyxy[1] + region.xyxy[3]) / 2
        assert x == pytest.approx(120 - 12 * (plan.index - 5), abs=0.1)
        assert y == pytest.approx(125 + 5 * (plan.index - 5), abs=0.1)


odd_sides = st.sampled_from([0.0, 0.004, 1.0, 30.0, 5000.0])


@pytest.mark.parametrize("kind", ["face", "plate"])
@pytest.mark.parametrize("frames", [1, 10])
def test_whatever_its_size_a_plain_object_is_hidden(kind, frames):
    """Of large sightings more is asked, but a face that fills the picture is plain to the detector, and hidden."""

    def hidden(share, score):
        side = share * scenes.SIZE[0]
        seen = [observation(i, (100, 50, 100 + side, 50 + side * 0.4, score, kind)) for i in range(frames)]
        planner = tracks(thresholds={kind: 0.05}, max_region=0.05)
        return [bool(plan.regions) for plan in planned(seen, planner)]

    for share in (0.02, 0.1, 0.35, 0.8):
        assert hidden(share, 0.95) == [True] * frames
    assert hidden(0.35, 0.3) == [False] * frames


@pytest.mark.parametrize("kind", ["face", "plate"])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.35, 0.8])
def test_a_plain_object_of_any_size_in_one_frame_alone_is_hidden_in_it(kind, share):
    """As a face that fills the picture for one frame between two cuts."""
    side = share * scenes.SIZE[0]
    seen = [observation(i, *([(100, 50, 100 + side, 50 + side * 0.4, 0.9, kind)] * (i == 4))) for i in range(10)]
    planner = tracks(thresholds={kind: 0.05}, max_region=0.05)
    assert planned(seen, planner)[4].regions


@pytest.mark.parametrize("share", [0.1, 0.2, 0.35])
def test_a_face_that_rests_in_the_picture_while_the_scene_moves_is_hidden(share):
    """A driver's, from inside the car: what rests is burned-in text only where text is taken for the kind."""
    side = share * scenes.SIZE[0]
    moving = Motion(np.array([[1, 0, 12], [0, 1, 0]], np.float32))
    seen = [
        dataclasses.replace(observation(i, (100, 50, 100 + side, 50 + side, 0.9, "face")), motion=moving)
        for i in range(60)
    ]
    planner = tracks(thresholds={"face": 0.05}, max_region=0.05)
    assert all(plan.regions for plan in planned(seen, planner))


odd_rows = st.lists(
    st.tuples(
        st.floats(-2000, 4000, width=32),
        st.floats(-2000, 4000, width=32),
        odd_sides,
        odd_sides,
        st.floats(0.05, 1),
        st.booleans(),
    ),
    max_size=5,
)
odd_motions = st.sampled_from(
    [
        None,
        Motion.still(),
        Motion.scene_cut(),
        Motion(np.array([[1.02, 0.01, 300], [-0.01, 0.98, -200]], np.float32)),
        Motion(np.zeros((2, 3), np.float32)),
        Motion(np.array([[1, 0, 0], [0, 1, 0]], np.float32), np.full((18, 32, 2), np.nan, np.float32)),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9000), odd_rows, odd_motions, st.booleans()), max_size=12))
def test_whatever_is_seen_every_frame_gets_finite_regions_that_hide_its_sightings(frames):
    """Boxes without area, far outside, beyond all size; times that stand still; motion that no camera makes."""
    seen, pts = [], 0
    for i, (gap, rows, motion, damaged) in enumerate(frames):
        pts += gap
        found = Detections.from_rows(
            [(x, y, x + w, y + h, s, "face" if face else "plate") for x, y, w, h, s, face in rows]
        )
        seen.append(Observation(i, FrameTime(pts, scenes.TIME_BASE), found, motion, damaged))
    for evidence in (EvidenceModel.shipped(), ALL_SURE):
        plans = planned(seen, tracks(look_ahead_s=0.3, evidence=evidence))
        assert [plan.index for plan in plans] == list(range(len(seen)))
        for plan in plans:
            boxes = np.array([r.xyxy for r in plan.regions]).reshape(-1, 4)
            assert np.isfinite(boxes).all()
            for box in plan.seen.detections.xyxy if evidence is ALL_SURE else ():
                inside = (boxes[:, :2] <= box[:2] + 0.01).all(1) & (boxes[:, 2:] >= box[2:] - 0.01).all(1)
                assert inside.any()


def skipping(observations, *, every):
    """The observations of a run that looks at every so many frames, and at the first and last of each scene."""
    found = []
    for at, seen in enumerate(observations):
        ends = at + 1 == len(observations) or (
            observations[at + 1].motion is not None and observations[at + 1].motion.cut
        )
        begins = seen.motion is None or seen.motion.cut
        if at % every and not begins and not ends:
            seen = dataclasses.replace(seen, detections=Detections.empty(), skipped=True)
        found.append(seen)
    return found


@pytest.mark.parametrize("every", [2, 3, 5])
@pytest.mark.parametrize("kind_of", [{}, {"cuts": True}, {"vfr": True}], ids=["plain", "cuts", "vfr"])
def test_skipped_frames_are_as_protected_as_those_that_were_looked_at(every, kind_of):
    total = LeakFigures()
    for seed in range(4):
        scene = random_scene(seed, frames=100, **kind_of)
        total += figures(scene, skipping(scene.observations(), every=every))
    assert total.legible_frames > 800
    assert total.leaked_share <= 0.01
    assert total.over_cover < 5


def unsure_and_skipped(*sighted, frames=16, every=5, fps=30, **changes):
    """The frames in which something barely sure is hidden that the looks in `sighted` saw at one place."""
    row = (600.0, 300.0, 640.0, 350.0, 0.21, "face")
    seen = [
        Observation(
            index,
            FrameTime(index, Fraction(1, fps)),
            Detections.from_rows([row] if index in sighted else []),
            motion=Motion.still() if index else None,
            skipped=index % every != 0,
        )
        for index in range(frames)
    ]
    return frames_covered(planned(seen, tracks(fill_before_s=0.0, fill_after_s=0.0, **changes)), (620, 325))


def test_from_look_to_look_a_track_is_followed_whatever_the_fill_times():
    assert unsure_and_skipped(5) == list(range(1, 10))
    assert unsure_and_skipped(5, 10) == list(range(1, 15))
    assert unsure_and_skipped(0) == list(range(5))
    assert unsure_and_skipped(15) == list(range(11, 16))
    assert unsure_and_skipped(5, fps=4) == list(range(1, 10))


def test_a_skipped_frame_waits_for_the_look_after_it_however_short_the_look_ahead():
    assert unsure_and_skipped(5, look_ahead_s=0.0) == list(range(1, 10))
