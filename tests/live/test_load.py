"""Load: detections are skipped first, as far as tracks may be carried, then the picture gets smaller."""

from __future__ import annotations

import itertools

from dashcamcleaner.live.load import LoadControl, size_steps

STEP_S = 1 / 30


def drive(control: LoadControl, *, cost_s: float, from_s: float, seconds: float) -> tuple[list[float], float]:
    """Let a detector of this cost work on 30 frames a second: capture times of detected frames, and the lag at the
    end."""
    now = from_s
    detected: list[float] = []
    frames = int(seconds / STEP_S)
    for number in range(frames):
        captured_s = from_s + number * STEP_S
        now = max(now, captured_s)
        if not control.skips(captured_s, captured_s, now_s=now):
            detected.append(captured_s)
            now += cost_s
        now += 0.002
    return detected, now - (from_s + frames * STEP_S)


def control(*, carry_s: float = 0.2) -> LoadControl:
    return LoadControl(delay_s=1.0, carry_s=carry_s, sizes=(640, 480, 320))


def test_a_quick_detector_sees_every_frame() -> None:
    detected, _ = drive(control(), cost_s=0.02, from_s=0, seconds=3)
    assert len(detected) == 90


def test_a_slower_one_sees_every_other_frame_and_keeps_up() -> None:
    load = control()
    detected, lag_s = drive(load, cost_s=0.05, from_s=0, seconds=5)
    assert 0.4 < len(detected) / 150 < 0.7
    assert lag_s < 0.1
    assert load.size == 640


def test_detections_never_lie_further_apart_than_tracks_are_carried() -> None:
    for cost_s in (0.05, 0.1, 0.18, 0.5, 3.0):
        detected, _ = drive(control(), cost_s=cost_s, from_s=0, seconds=4)
        assert max(b - a for a, b in itertools.pairwise(detected)) <= 0.2 + 1e-6


def test_where_skipping_is_not_enough_the_picture_gets_smaller_and_larger_again_after_a_while() -> None:
    load = control()
    _, lag_s = drive(load, cost_s=0.4, from_s=0, seconds=6)
    assert load.size == 320
    assert lag_s > 0
    drive(load, cost_s=0.01, from_s=30, seconds=65)
    assert load.size == 640


def test_a_larger_size_that_was_tried_in_vain_is_tried_again_only_later() -> None:
    load = control()
    drive(load, cost_s=0.4, from_s=0, seconds=3)
    tries = 0
    at = 10.0
    for _ in range(12):
        before = load.step
        drive(load, cost_s=0.01, from_s=at, seconds=22)
        at += 22
        if load.step < before:
            tries += 1
            drive(load, cost_s=0.4, from_s=at, seconds=3)
            at += 13
    assert 1 <= tries < 6


def test_after_a_failure_the_next_frame_is_detected() -> None:
    load = control(carry_s=2.0)
    assert not load.skips(0.0, 0.0, now_s=0.0)
    assert load.skips(0.03, 0.03, now_s=0.5)
    load.forget()
    assert not load.skips(0.06, 0.06, now_s=0.6)


def test_sizes_go_down_in_whole_strides_and_end() -> None:
    assert size_steps(640) == (640, 480, 320)
    assert size_steps(960) == (960, 736, 480) or size_steps(960) == (960, 704, 480)
    assert size_steps(256) == (256,)
    assert all(size % 32 == 0 for size in size_steps(1280)[1:])


def test_a_burst_is_detected_by_the_source_s_own_clock() -> None:
    load = control()
    detected = [i for i in range(30) if not load.skips(2 + 0.001 * i, i / 30, now_s=2.9)]
    assert max(b - a for a, b in itertools.pairwise(detected)) <= 6, "0.2 s of the scene at most"
    assert not load.skips(2.1, 0.0, now_s=2.9), "a clock that jumps back tells no distance"
