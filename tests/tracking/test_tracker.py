"""Linking: who is who over time, told by scenes whose truth is known."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections, iou
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.tracking.tracker import Tracker, relink
from tests.scenes import SIZE, TIME_BASE, Scene, Thing, even, random_scene, uneven


def ids_of(scene: Scene, observations) -> dict[int, list[int]]:
    """Track ids that each thing was given, in order of frames."""
    tracker = Tracker(upright_size=SIZE)
    given = defaultdict(list)
    for seen in observations:
        linked = tracker.push(seen)
        for n, box in scene.boxes[seen.index].items():
            overlap = iou(seen.detections.xyxy, box[None])[:, 0] if len(seen.detections) else np.zeros(0)
            if len(overlap) and overlap.max() > 0.4:
                given[n].append(int(linked.ids[overlap.argmax()]))
    return given


def purity(given: dict[int, list[int]]) -> float:
    """Share of sightings that carry their thing's most frequent id."""
    return sum(Counter(ids).most_common(1)[0][1] for ids in given.values()) / sum(map(len, given.values()))


@pytest.mark.parametrize("times", [even(90), even(45, rate=12.5), uneven(90)])
def test_a_thing_keeps_its_id(times):
    things = [
        Thing("face", (300, 300), speed=(90, 10)),
        Thing("plate", (800, 500), speed=(-150, 0), size=(90, 28), swell_per_s=0.3),
        Thing("face", (600, 200), acceleration=(120, 30), size=(24, 30)),
    ]
    scene = Scene(things, times, pan=(60, -20), zoom=0.05, shake_px=4)
    given = ids_of(scene, scene.observations(knock_out=0.2, clutter=1.0))
    assert all(len(set(ids)) == 1 for ids in given.values())
    assert len({ids[0] for ids in given.values()}) == len(things)


def test_crossing_things_keep_their_ids():
    things = [Thing("face", (300, 300), speed=(200, 0)), Thing("face", (900, 310), speed=(-200, 0), size=(46, 56))]
    scene = Scene(things, even(90))
    given = ids_of(scene, scene.observations(jitter=0.02, clutter=0))
    assert purity(given) == 1.0


def test_a_track_survives_an_occlusion_under_a_moving_camera():
    scene = Scene([Thing("face", (400, 350), speed=(120, 0))], even(120), pan=(150, 30), shake_px=3)
    observations = scene.observations(clutter=0.5)
    for i in range(50, 80):  # a second behind a lorry
        weak = observations[i].detections.score < 0.2
        observations[i] = Observation(i, observations[i].time, observations[i].detections[weak], observations[i].motion)
    given = ids_of(scene, observations)
    strong = given[0]
    assert strong[0] == strong[-1]


def test_kinds_are_never_mixed():
    scene = Scene([Thing("face", (400, 350)), Thing("plate", (402, 350), size=(44, 44))], even(30))
    given = ids_of(scene, scene.observations(clutter=0, jitter=0.0))
    tracker = Tracker(upright_size=SIZE)
    for seen in scene.observations(clutter=0, jitter=0.0):
        linked = tracker.push(seen)
    assert len(set(linked.ids.tolist())) == 2
    assert given


def test_a_cut_ends_every_track():
    scene = Scene([Thing("face", (400, 350), size=(300, 300))], even(60), cuts=(30,))
    tracker = Tracker(upright_size=SIZE)
    tracks = {}
    before, after = set(), set()
    for seen in scene.observations(clutter=0):
        linked = tracker.push(seen)
        tracks |= {track.id: track for track in linked.started}
        (before if seen.index < 30 else after).update(linked.ids.tolist())
        if seen.index == 30:
            assert all(tracks[i].ended for i in before)
    assert before
    assert after
    assert not before & after


def test_an_unseen_track_ends():
    tracker = Tracker(upright_size=SIZE)
    row = (100, 100, 150, 150, 0.9, "face")
    (track,) = tracker.push(Observation(0, FrameTime(0, Fraction(1, 10)), Detections.from_rows([row]))).started
    for i in range(1, 40):
        tracker.push(Observation(i, FrameTime(i, Fraction(1, 10)), Detections.empty()))
        assert track.ended == (i > 20)


@pytest.mark.parametrize("seed", range(5))
def test_ids_hang_on_what_was_seen_alone_and_survive_the_plan_file(seed):
    observations = random_scene(seed).observations(knock_out=0.3, clutter=2)
    lines = [FramePlan(seen).to_line() for seen in observations]
    stored = [FramePlan.from_line(line, time_base=TIME_BASE).seen for line in lines]
    again = [FramePlan.from_line(FramePlan(seen).to_line(), time_base=TIME_BASE).seen for seen in stored]
    first, second = Tracker(upright_size=SIZE), Tracker(upright_size=SIZE)
    for a, b in zip(stored, again, strict=True):
        np.testing.assert_array_equal(first.push(a).ids, second.push(b).ids)


def test_motion_brings_a_small_fast_thing_back_to_its_track():
    """A camera that swings by 60 px a frame: without its motion a 20 px face is nowhere near."""
    swing = Motion(np.array([[1, 0, -60.0], [0, 1, 0]], np.float32))
    tracker = Tracker(upright_size=SIZE)
    ids = set()
    for i in range(12):
        x = 1000 - 60 * i
        found = Detections.from_rows([(x, 300, x + 20, 324, 0.8, "face")])
        time = FrameTime(i, Fraction(1, 30))
        ids.update(tracker.push(Observation(i, time, found, motion=swing if i else None)).ids.tolist())
    assert len(ids) == 1


def test_a_replay_knows_when_ids_mean_something_else():
    scene = random_scene(2)
    tracker = Tracker(upright_size=SIZE)
    plans, wrong = [], []
    for seen in scene.observations(clutter=1):
        ids = tracker.push(seen).ids
        found = zip(ids.tolist(), seen.detections.xyxy.tolist(), seen.detections.kind.tolist(), strict=True)
        regions = tuple(Region(tuple(box), kind, 0.9, Origin.DETECTED, track) for track, box, kind in found)
        plans.append(FramePlan(seen, regions))
        wrong.append(FramePlan(seen, tuple(replace(r, track=r.track + 1) for r in regions)))
    every, moved = relink(plans, upright_size=SIZE)
    assert every == {r.track for plan in plans for r in plan.regions}
    assert not moved
    assert relink(wrong, upright_size=SIZE)[1]


@pytest.mark.parametrize("score", [0.1, 0.6])
def test_a_track_ends_by_looks_that_missed_it_and_not_by_frames_that_were_skipped(score):
    def looked_until_ended(every: int) -> int:
        tracker = Tracker(upright_size=SIZE)
        row = (100.0, 100.0, 140.0, 150.0, score, "face")
        (track,) = tracker.push(observation_of(0, [row])).started
        looks = 0
        for index in range(1, 200):
            skipped = index % every != 0
            tracker.push(observation_of(index, [], skipped=skipped))
            looks += not skipped
            if track.ended:
                return looks
        raise AssertionError("it never ended")

    plain = looked_until_ended(1)
    assert looked_until_ended(2) == (plain if score < 0.5 else plain // 2)  # an established one also by time


@pytest.mark.parametrize(("fps", "every"), [(30, 1), (60, 1), (15, 1), (30, 4)])
def test_what_a_track_was_seen_counts_by_time_and_score_whatever_the_rate_of_frames_and_looks(fps, every):
    tracker = Tracker(upright_size=SIZE)
    row = (100.0, 100.0, 140.0, 150.0, 0.4, "face")
    tracks = []
    for index in range(fps + 1):
        skipped = index % every != 0
        tracks += tracker.push(observation_of(index, [] if skipped else [row], skipped=skipped, fps=fps)).started
    (track,) = tracks
    assert track.seen_s == pytest.approx(0.4 * (fps // every + 1) * every / fps)


def test_a_face_of_the_first_frame_alone_counts_as_long_as_one_of_any_other():
    row = (100.0, 100.0, 140.0, 150.0, 0.9, "face")
    times = []
    for at in (0, 1, 5):
        tracker = Tracker(upright_size=SIZE)
        (track,) = [t for i in range(10) for t in tracker.push(observation_of(i, [row] if i == at else [])).started]
        times.append(track.seen_s)
    assert times[0] > 0
    assert times == pytest.approx(times[:1] * 3)


def test_a_frozen_clip_does_not_make_one_look_count_for_seconds():
    tracker = Tracker(upright_size=SIZE)
    tracker.push(observation_of(0, []))
    (track,) = tracker.push(observation_of(300, [(100.0, 100.0, 140.0, 150.0, 1.0, "face")])).started
    assert track.seen_s <= 0.25


def observation_of(index, rows, *, skipped=False, fps=30):
    time = FrameTime(index, Fraction(1, fps))
    return Observation(
        index, time, Detections.from_rows(rows), motion=Motion.still() if index else None, skipped=skipped
    )
