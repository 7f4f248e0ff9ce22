"""Proofs: made only where finished detections enclose a frame, with all that is known when it leaves."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from fakes import frame_of

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.live.analysis import Analysis
from dashcamcleaner.live.delay import HeldFrame
from dashcamcleaner.live.release import CoverReason, Proof
from dashcamcleaner.pipeline.build import make_planner, rules_per_kind
from dashcamcleaner.pipeline.frames import FramePlanner
from dashcamcleaner.settings import SETTINGS, Settings

RATE = 20
SIZE = (320, 180)
PICTURE = frame_of(np.zeros((18, 32, 3), np.uint8))


def analysis(**settings: object) -> Analysis:
    asked = Settings(**settings)  # type: ignore[arg-type]
    rules = rules_per_kind(asked, recommended={})
    planner = make_planner(asked, upright_size=SIZE, rules=rules, max_waiting_frames=0, whole_clip=True)
    return Analysis(FramePlanner(planner), delay_s=asked.delay, carry_s=asked.carry)


def held(
    number: int, *, captured_s: float | None = None, source_s: float | None = None, delay_s: float = 1.0
) -> HeldFrame:
    at = number / RATE if captured_s is None else captured_s
    return HeldFrame(number, at, at + delay_s, None, 0, at if source_s is None else source_s)


def see(
    known: Analysis, index: int, *, number: int | None = None, at: float | None = None, skipped: bool = False,
    cut: bool = False, damaged: bool = False,
) -> None:  # fmt: skip
    """Hand in a frame in which one face stands at x = ``at``, or nothing."""
    rows = [] if at is None or skipped else [(at, 50.0, at + 30, 90.0, 0.9, "face")]
    motion = None if index == 0 else Motion.scene_cut() if cut else Motion.still()
    number = index if number is None else number
    time = FrameTime(number, Fraction(1, RATE))
    seen = Observation(index, time, Detections.from_rows(rows), motion, damaged, skipped=skipped)
    known.take(held(number), PICTURE, seen)


def test_a_frame_that_was_not_analysed_has_no_proof() -> None:
    known = analysis()
    assert known.prove(held(0), timeout_s=0) is CoverReason.LATE
    see(known, 0, at=40)
    assert isinstance(known.prove(held(0), timeout_s=0), Proof)
    assert known.prove(held(0), timeout_s=0) is CoverReason.LATE, "a proof is given once"
    assert known.prove(held(1), timeout_s=0) is CoverReason.LATE


def test_a_skipped_frame_needs_detections_on_both_sides_close_enough() -> None:
    known = analysis(carry=0.2)
    see(known, 0, at=40)
    see(known, 1, skipped=True)
    see(known, 2, skipped=True)
    assert isinstance(known.prove(held(0), timeout_s=0), Proof)
    assert known.prove(held(1), timeout_s=0) is CoverReason.LATE, "nothing is known of what comes after it"
    see(known, 3, at=46)
    carried = known.prove(held(2), timeout_s=0)
    assert isinstance(carried, Proof)
    assert (carried.detected_before_s, carried.detected_after_s) == (0.0, 3 / RATE)
    (region,) = carried.regions
    assert region.xyxy[0] < 44 < 74 < region.xyxy[2], "the track is carried on in between"
    for index in range(4, 9):
        see(known, index, skipped=True)
    see(known, 9, at=58)
    for number in range(4, 9):
        assert known.prove(held(number), timeout_s=0) is CoverReason.LATE, "0.3 s lie between the detections"


@pytest.mark.parametrize("backwards", [False, True])
def test_seconds_that_a_stream_brings_within_a_moment_are_no_shorter_for_that(backwards: bool) -> None:
    known = analysis(carry=0.2)
    frames = [held(i, captured_s=1 + 0.001 * i, source_s=(-i if backwards else i) / RATE) for i in range(12)]
    for index, frame in enumerate(frames):
        rows = [(40.0 + 4 * index, 50.0, 70.0 + 4 * index, 90.0, 0.9, "face")] if index in (0, 11) else []
        seen = Observation(
            index, FrameTime(index, Fraction(1, 1000)), Detections.from_rows(rows),
            Motion.still() if index else None, skipped=index not in (0, 11),
        )  # fmt: skip
        known.take(frame, PICTURE, seen)
    answers = [known.prove(frame, timeout_s=0) for frame in frames]
    assert isinstance(answers[0], Proof)
    assert all(answer is CoverReason.LATE for answer in answers[1:11]), "half a second of the scene lies between"
    assert isinstance(answers[11], Proof)


def test_nothing_is_carried_over_a_cut() -> None:
    for cut_at in (1, 2):
        known = analysis(carry=0.5)
        see(known, 0, at=40)
        see(known, 1, skipped=True, cut=cut_at == 1)
        see(known, 2, at=40, cut=cut_at == 2)
        assert known.prove(held(1), timeout_s=0) is CoverReason.LATE


def test_regions_are_made_with_what_came_up_to_now() -> None:
    known = analysis()
    for index in range(4):
        see(known, index)
    for index in range(4, 12):
        see(known, index, at=40)
    for number in range(4):
        led = known.prove(held(number), timeout_s=0)
        assert isinstance(led, Proof)
        assert led.regions, "the face is followed back before it was first seen"


def test_a_damaged_frame_is_covered_wholly_for_that_reason() -> None:
    known = analysis()
    see(known, 0, at=40)
    see(known, 1, damaged=True)
    known.prove(held(0), timeout_s=0)
    assert known.prove(held(1), timeout_s=0) is CoverReason.DAMAGED


def test_frames_that_were_passed_over_have_no_proof_and_those_after_them_do() -> None:
    known = analysis()
    see(known, 0, at=40)
    see(known, 1, number=5, at=50)
    assert isinstance(known.prove(held(0), timeout_s=0), Proof)
    for number in range(1, 5):
        assert known.prove(held(number), timeout_s=0) is CoverReason.LATE
    assert isinstance(known.prove(held(5), timeout_s=0), Proof)


def test_whoever_plans_for_too_long_gets_the_frame_covered() -> None:
    known = analysis()
    see(known, 0, at=40)
    with known._lock:
        assert known.prove(held(0), timeout_s=0.0) is CoverReason.LATE


@pytest.mark.parametrize("tracking", [True, False])
def test_memory_is_bounded_however_long_it_runs(tracking: bool) -> None:
    known = analysis(tracking=tracking, memory_before="3", memory_after="3")
    for index in range(600):
        see(known, index, at=40 + index % 50)
        if index >= RATE:
            assert isinstance(known.prove(held(index - RATE), timeout_s=0), Proof)
    assert len(known._seen) < 6 * RATE
    assert len(known._index_of) <= RATE + 1
    assert len(known._plans) <= RATE + 1


@pytest.mark.parametrize("row", ["minimum", "maximum"])
def test_frames_are_proven_whatever_delay_and_carry_are_set(row: str) -> None:
    dials = {name: getattr(SETTINGS[name], row) for name in ("delay", "carry")}
    known = analysis(**dials)
    late = int((dials["delay"] + 0.4) * RATE)  # a frame may be asked for a little after its time
    between = max(1, int(dials["carry"] * RATE))
    for index in range(2 * late + 3 * between):
        see(known, index, at=40, skipped=index % between != 0)
        if index >= late:
            assert isinstance(known.prove(held(index - late, delay_s=dials["delay"]), timeout_s=0), Proof)
    assert len(known._seen) < (dials["delay"] + 2) * RATE


def test_a_damaged_picture_is_no_detection_that_frames_beside_it_may_lean_on() -> None:
    known = analysis()
    see(known, 0)
    see(known, 1, skipped=True)
    see(known, 2, damaged=True)
    assert isinstance(known.prove(held(0), timeout_s=0), Proof)
    assert known.prove(held(1), timeout_s=0) is CoverReason.LATE
    assert known.prove(held(2), timeout_s=0) is CoverReason.DAMAGED
