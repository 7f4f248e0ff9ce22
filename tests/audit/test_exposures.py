"""Sightings become exposures: one object, one exposure, however it moves between samples."""

from __future__ import annotations

import numpy as np

from dashcamcleaner.audit.exposures import CROPS_KEPT, AuditDetection, Exposure, ExposureTracker, legibility
from dashcamcleaner.audit.scoring import ExposureScorer
from dashcamcleaner.core.findings import Severity


def seen(frame: int, x: float, *, size: float = 40.0, kind: str = "face", **scores: float) -> AuditDetection:
    return AuditDetection(
        frame, frame / 30, (x, 100.0, x + size, 100.0 + size), kind, scores or {"own": 0.7, "faces": 0.8}
    )


def linked(sightings: dict[int, list[AuditDetection]]) -> list[Exposure]:
    tracker = ExposureTracker()
    for frame in sorted(sightings):
        tracker.push(sightings[frame], seconds=frame / 30)
    return tracker.drain() + tracker.finish()


def test_one_that_moves_by_its_own_size_between_samples_stays_one() -> None:
    made = linked({frame: [seen(frame, 10.0 * frame)] for frame in range(0, 60, 4)})
    assert len(made) == 1
    assert len(made[0].sightings) == 15


def test_two_beside_each_other_stay_two_and_kinds_do_not_mix() -> None:
    made = linked({f: [seen(f, 0.0), seen(f, 200.0), seen(f, 0.0, kind="plate")] for f in range(0, 30, 3)})
    assert sorted((e.kind, len(e.sightings)) for e in made) == [("face", 10), ("face", 10), ("plate", 10)]


def test_after_a_long_gap_it_is_another() -> None:
    assert len(linked({0: [seen(0, 0.0)], 60: [seen(60, 0.0)]})) == 2


def test_only_the_largest_crops_are_kept() -> None:
    exposure = Exposure("face")
    for size in (10, 50, 20, 40, 30):
        one = seen(size, 0.0, size=size)
        one.crop = np.zeros((4, 4, 3), np.uint8)
        exposure.add(one)
    kept = [s.size_px[0] for s in exposure.sightings if s.crop is not None]
    assert sorted(kept) == [30, 40, 50]
    assert len(kept) == CROPS_KEPT


def test_legibility_rises_with_size() -> None:
    values = [legibility("face", height_px=h) for h in (5, 12, 24, 40, 200)]
    assert values == sorted(values)
    assert values[0] < 0.1
    assert values[-1] == 1.0


def scorer(*, closer: dict[str, float], as_one: bool = False, read: float = 0.0) -> ExposureScorer:
    return ExposureScorer("faces", "own", lambda e: closer, lambda e: read, lambda e: as_one)


def test_a_face_that_both_views_see_near_and_far_fails() -> None:
    exposure = Exposure("face", [seen(f, 0.0) for f in range(0, 12, 3)])
    finding = scorer(closer={"own": 0.8, "faces": 0.8}).score_exposure(exposure)
    assert finding is not None
    assert finding.severity is Severity.FAIL
    assert (finding.first_frame, finding.last_frame) == (0, 9)


def test_a_poster_is_to_review() -> None:
    exposure = Exposure("face", [seen(f, 0.0) for f in range(0, 30, 3)])
    finding = scorer(closer={"own": 0.8, "faces": 0.8}, as_one=True).score_exposure(exposure)
    assert finding is not None
    assert finding.severity is Severity.REVIEW
    assert "poster" in finding.message


def test_what_one_view_alone_sees_faintly_and_once_is_dropped() -> None:
    assert scorer(closer={"own": 0.1, "faces": 0.0}).score_exposure(Exposure("face", [seen(0, 0.0, own=0.3)])) is None


def test_what_nobody_could_recognise_is_dropped() -> None:
    tiny = Exposure("face", [seen(f, 0.0, size=7.0) for f in range(5)])
    assert scorer(closer={"own": 0.9, "faces": 0.9}).score_exposure(tiny) is None


def test_a_plate_that_can_be_read_weighs_more() -> None:
    plate = Exposure("plate", [seen(f, 0.0, kind="plate", own=0.45) for f in range(3)])
    plain = scorer(closer={"own": 0.3}).score_exposure(plate)
    read = scorer(closer={"own": 0.3}, read=0.95).score_exposure(plate)
    assert read is not None
    assert plain is None or read.doubt > plain.doubt
