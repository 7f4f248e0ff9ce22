"""The delay buffer: what waits, what is given up, what is thrown away."""

from __future__ import annotations

import numpy as np
from fakes import frame_of

from dashcamcleaner.live.delay import DelayBuffer, HeldFrame
from dashcamcleaner.live.ports import CapturedFrame, CapturedSound

PICTURE = np.zeros((10, 20, 3), np.uint8)
BYTES = 200


def put(buffer: DelayBuffer, captured_s: float) -> HeldFrame | None:
    return buffer.put(CapturedFrame(frame_of(PICTURE), captured_s))


def test_frames_leave_in_order_after_the_delay() -> None:
    buffer = DelayBuffer(delay_s=1.0, most_bytes=10**6)
    for captured_s in (0.5, 0.7):
        put(buffer, captured_s)
    assert buffer.next_due_s() == 1.5
    head = buffer.head()
    assert head is not None
    assert (head.number, head.due_s) == (0, 1.5)
    assert buffer.pop() is head
    assert buffer.pop().number == 1
    assert buffer.head() is None
    assert buffer.next_due_s() is None
    assert buffer.empty


def test_no_more_pictures_wait_than_there_is_memory_for() -> None:
    buffer = DelayBuffer(delay_s=0.1, most_bytes=3 * BYTES)
    taken = [put(buffer, i / 10) is not None for i in range(5)]
    assert taken == [True, True, True, False, False]
    buffer.pop()
    assert put(buffer, 0.9) is not None


def test_where_a_delay_s_worth_finds_no_room_frames_are_left_out_evenly() -> None:
    buffer = DelayBuffer(delay_s=3.0, most_bytes=45 * BYTES)
    taken = []
    for i in range(30 * 9):
        at = i / 30
        while (head := buffer.head()) is not None and head.due_s <= at:
            buffer.pop()
        if put(buffer, at) is not None:
            taken.append(at)
    steps = np.diff(taken)
    assert steps.max() < 4 / 30
    assert 0.95 * 15 < 1 / steps.mean() <= 15


def test_frames_that_find_room_are_all_taken_whatever_their_pace() -> None:
    buffer = DelayBuffer(delay_s=1.0, most_bytes=32 * BYTES)
    random = np.random.default_rng(7)
    for i in range(300):
        at = i / 30 + float(random.uniform(0, 0.02))
        while (head := buffer.head()) is not None and head.due_s <= at:
            buffer.pop()
        assert put(buffer, at) is not None


def test_a_single_picture_fits_whatever_its_size() -> None:
    assert put(DelayBuffer(delay_s=1.0, most_bytes=1), 0.0) is not None


def test_analysis_goes_on_ahead_of_frames_that_it_cannot_reach_in_time() -> None:
    buffer = DelayBuffer(delay_s=1.0, most_bytes=10**6)
    for i in range(20):
        put(buffer, i / 10)
    first = buffer.next_unseen(0.5)
    assert first is not None
    assert first.number == 0
    found = buffer.next_unseen(1.85)  # frames up to 0.85 s are past their time, and up to 0.95 s nearly so
    assert found is not None
    assert found.due_s - 1.85 >= 0.7
    assert buffer.next_unseen(1.85) is not None


def test_what_left_is_not_analysed_any_more() -> None:
    buffer = DelayBuffer(delay_s=1.0, most_bytes=10**6)
    for i in range(3):
        put(buffer, i / 10)
    buffer.pop()
    found = buffer.next_unseen(0.0)
    assert found is not None
    assert found.number == 1


def test_blanking_throws_pixels_and_sound_away_and_keeps_the_frames_places() -> None:
    buffer = DelayBuffer(delay_s=0.1, most_bytes=2 * BYTES)
    for i in range(2):
        put(buffer, i / 10)
    buffer.put_sound(CapturedSound(None, 0.0))
    assert buffer.blank() == 2
    assert buffer.next_unseen(0.0) is None
    assert buffer.sounds_due(9.0) == []
    assert put(buffer, 0.2) is not None, "their memory is free again"
    first = buffer.pop()
    assert first.frame is None
    assert first.blanked


def test_sound_leaves_after_the_same_delay() -> None:
    buffer = DelayBuffer(delay_s=1.0, most_bytes=10**6)
    for i in range(3):
        buffer.put_sound(CapturedSound(i, i / 10))
    assert [sound.native for sound in buffer.sounds_due(1.15)] == [0, 1]
    assert buffer.next_due_s() == 1.2


def test_sound_is_waited_for_to_its_time_and_frames_to_a_little_before() -> None:
    buffer = DelayBuffer(delay_s=1.0, most_bytes=10**6)
    put(buffer, 0.3)
    assert buffer.next_due_s(lead_s=0.1) == 1.3 - 0.1
    buffer.put_sound(CapturedSound(0, 0.25))
    assert buffer.next_due_s(lead_s=0.1) == 1.3 - 0.1
    buffer.pop()
    assert buffer.next_due_s(lead_s=0.1) == 1.25, "whoever woke earlier would look again and again until then"
