"""Tests of regions become findings per track and span."""

from __future__ import annotations

import pytest

from dashcamcleaner.audit.region_checks import RegionCheck, RegionCheckLog
from dashcamcleaner.core.findings import Severity
from dashcamcleaner.core.plan import Origin, Region


def region(track: int | None = 1) -> Region:
    return Region((10.0, 10.0, 70.0, 80.0), "face", 0.9, Origin.DETECTED, track)


def log_of(*tests: tuple[int, RegionCheck]) -> RegionCheckLog:
    log = RegionCheckLog()
    for frame, test in tests:
        log.push(frame, frame / 30, [test])
    return log


HIDDEN = RegionCheck(region(), True, gain=0.02, likeness=0.1)
CLEAR = RegionCheck(region(), True, gain=0.97, likeness=0.99, clear_share=0.99)
WEAK = RegionCheck(region(), True, gain=0.45, likeness=0.75)
SHIFTED = RegionCheck(region(), True, gain=0.3, likeness=0.5, clear_share=0.3, clear_side=1.0)
STRIP_ONCE = RegionCheck(region(), True, gain=0.1, likeness=0.2, clear_share=0.1, clear_side=0.8)


def test_hidden_regions_say_nothing() -> None:
    log = log_of(*((i, HIDDEN) for i in range(30)))
    assert list(log.findings()) == []
    assert (log.regions, log.tested, log.faulty) == (30, 30, 0)


def test_a_single_clear_frame_is_one_finding_there() -> None:
    (found,) = log_of(*((i, CLEAR if i == 7 else HIDDEN) for i in range(20))).findings()
    assert (found.code, found.severity) == ("region-clear", Severity.FAIL)
    assert (found.first_frame, found.last_frame, found.track) == (7, 7, 1)


def test_two_spans_of_one_track_are_two_findings() -> None:
    log = log_of(*((i, CLEAR if i in (3, 4, 15) else HIDDEN) for i in range(20)))
    assert [(f.first_frame, f.last_frame) for f in log.findings()] == [(3, 4), (15, 15)]
    assert log.faulty == 3


def test_weak_and_shifted_regions_are_told_apart() -> None:
    (weak,) = log_of(*((i, WEAK) for i in range(5))).findings()
    (shifted,) = log_of(*((i, SHIFTED) for i in range(5))).findings()
    assert (weak.code, shifted.code) == ("region-weak", "region-partly")
    assert weak.severity is shifted.severity is Severity.FAIL


def test_one_frame_with_a_strip_of_chance_texture_is_nothing() -> None:
    log = log_of((4, STRIP_ONCE))
    assert list(log.findings()) == []
    assert log.faulty == 0, "no check counts what no finding tells"


def test_a_region_without_detail_counts_as_untested() -> None:
    log = log_of((0, RegionCheck(region(), False)))
    assert (log.regions, log.tested) == (1, 0)


def test_a_little_that_is_left_in_every_frame_is_to_review() -> None:
    little = RegionCheck(region(), True, gain=0.09, likeness=0.46)
    (found,) = log_of(*((i, little) for i in range(12))).findings()
    assert (found.code, found.severity, found.first_frame, found.last_frame) == ("region-weak", Severity.REVIEW, 0, 11)
    assert list(log_of(*((i, little if i % 3 == 0 else HIDDEN) for i in range(12))).findings()) == []


@pytest.mark.parametrize(("gain", "likeness", "weak"), [(0.45, 0.75, True), (0.9, 0.79, True), (1.08, 0.62, False)])
def test_edges_of_cells_over_a_smooth_region_are_not_taken_for_its_detail(
    gain: float, likeness: float, weak: bool
) -> None:
    assert RegionCheck(region(), True, gain=gain, likeness=likeness).is_weak == weak
    always = [(frame, RegionCheck(region(), True, gain=gain, likeness=likeness)) for frame in range(8)]
    assert bool(list(log_of(*always).findings())) == weak
