"""Which frames the detector looks at: told by times and motion alone, and by what two looks say of each other."""

from __future__ import annotations

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.motion import FrameMotion, Motion
from dashcamcleaner.tracking.detection_schedule import LONGEST_INTERVAL, DetectionSchedule, detections_agree

SIZE = (1280, 720)
STILL = Motion.still()
CUT = Motion.scene_cut()


def shifted(dx: float) -> Motion:
    return Motion(np.array([[1, 0, dx], [0, 1, 0]], np.float32))


def looked_at(interval: int | None, motions: list[Motion | None], *, fps: float = 30.0) -> list[int]:
    schedule = DetectionSchedule(interval=interval, upright_size=SIZE)
    found = []
    for index, motion in enumerate(motions):
        last = index + 1 == len(motions)
        if schedule.is_due(
            index / fps,
            motion,
            next_s=None if last else (index + 1) / fps,
            next_motion=None if last else motions[index + 1],
        ):
            found.append(index)
    return found


@pytest.mark.parametrize("interval", [1, 2, 3, 4, 5])
def test_every_kth_frame_and_always_the_first_and_the_last(interval: int) -> None:
    motions = [None, *[STILL] * 22]
    assert looked_at(interval, motions) == sorted({*range(0, 23, interval), 22})


@pytest.mark.parametrize("interval", [5, None])
def test_both_sides_of_a_cut_are_looked_at(interval: int | None) -> None:
    motions = [None, *[STILL] * 6, CUT, *[STILL] * 10]
    assert {6, 7} <= set(looked_at(interval, motions))


@pytest.mark.parametrize("interval", [5, None])
def test_two_looks_are_never_a_quarter_of_a_second_apart(interval: int | None) -> None:
    for fps in (4.0, 10.0, 15.0, 30.0, 60.0):
        frames = looked_at(interval, [None, *[STILL] * 40], fps=fps)
        assert max(np.diff(frames)) / fps <= max(0.25, 1 / fps) + 1e-9


def test_by_itself_it_is_less_often_the_less_moves() -> None:
    counts = [len(looked_at(None, [None, *[shifted(px)] * 60])) for px in (0.0, 20.0, 30.0, 70.0)]
    assert counts == sorted(counts)
    assert counts[0] == 1 + 60 // LONGEST_INTERVAL
    assert counts[-1] == 61  # more than a twentieth of the picture from frame to frame


def agree(first: list[tuple[float, ...]], second: list[tuple[float, ...]], *, dx: float = 0.0, frames: int = 4) -> bool:
    way = [FrameMotion(shifted(dx), seconds=1 / 30, size=SIZE)] * frames
    one, other = (Detections.from_rows([(*row, "face") for row in rows]) for rows in (first, second))
    return detections_agree(one, other, way=way, upright_size=SIZE)


def test_what_the_motion_carries_from_one_place_to_the_other_agrees() -> None:
    here, there = (100, 100, 130, 140, 0.8), (148, 100, 178, 140, 0.8)
    assert agree([here], [there], dx=12)
    assert not agree([here], [there])
    assert agree([], [])


def test_what_appears_or_is_lost_does_not_unless_it_is_noise() -> None:
    sure, noise = (100, 100, 130, 140, 0.5), (300, 300, 320, 320, 0.07)
    assert not agree([], [sure])
    assert not agree([sure], [])
    assert agree([sure, noise], [sure])
    assert agree([sure], [sure, noise])


def test_a_near_object_must_be_told_better() -> None:
    def moved(side: float) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
        off = 0.4 * side
        return [(100, 100, 100 + side, 100 + side, 0.9)], [(100 + off, 100, 100 + off + side, 100 + side, 0.9)]

    assert agree(*moved(40))
    assert not agree(*moved(200))


def test_nothing_agrees_across_a_cut_or_across_kinds() -> None:
    box = (100.0, 100.0, 130.0, 140.0, 0.8)
    one, other = Detections.from_rows([(*box, "face")]), Detections.from_rows([(*box, "plate")])
    way = [FrameMotion(STILL, seconds=1 / 30, size=SIZE)]
    assert not detections_agree(one, other, way=way, upright_size=SIZE)
    cut = [FrameMotion(CUT, seconds=1 / 30, size=SIZE)]
    assert not detections_agree(one, one, way=cut, upright_size=SIZE)
