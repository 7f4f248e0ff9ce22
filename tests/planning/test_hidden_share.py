"""How much is hidden: told where it is much, silent where it is little or was asked for."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.planning.hidden_share import HiddenShare

SIZE = (1000, 500)
HALF = (0.0, 0.0, 500.0, 500.0)


def frame(index: int, *regions: Region) -> FramePlan:
    return FramePlan(Observation(index, FrameTime(index, Fraction(1, 10)), Detections.from_rows([])), regions)


def face(box: tuple[float, float, float, float], *, track: int | None = 1, origin: Origin = Origin.DETECTED) -> Region:
    return Region(box, "face", 0.9, origin, track)


def share_of(*plans: FramePlan) -> HiddenShare:
    share = HiddenShare(upright_size=SIZE)
    for plan in plans:
        share.add(plan)
    return share


def test_the_mean_counts_what_overlaps_once_and_what_reaches_past_the_picture_not_at_all() -> None:
    past = face((-500.0, -500.0, 500.0, 250.0), track=2)
    assert share_of(frame(0, face(HALF), past), frame(1)).mean == pytest.approx(0.25, abs=0.005)


def test_a_large_region_is_told_with_its_track_and_time() -> None:
    small = face((0.0, 0.0, 50.0, 50.0))
    share = share_of(frame(0, small), frame(10, face((0.0, 0.0, 300.0, 500.0))), frame(20, face(HALF)), frame(30))
    (one,) = share.large
    assert (one.track, one.index, one.first_s, one.last_s) == (1, 20, 1.0, 2.0)
    (told,) = share.sentences(warn_from=0.3)
    assert "face, track 1" in told
    assert "50%" in told
    assert "0:01.000 to 0:02.000" in told
    assert told.endswith(".")


@pytest.mark.parametrize(("large_from", "told"), [(0.2, 1), (0.45, 1), (0.55, 0), (1.0, 0)])
def test_from_which_size_on_a_region_is_told_is_asked(large_from: float, told: int) -> None:
    share = HiddenShare(upright_size=SIZE, large_from=large_from)
    share.add(frame(0, face(HALF)))
    assert len(share.sentences(warn_from=1.0)) == told


def test_the_mean_is_told_from_the_asked_share_on_and_first() -> None:
    share = share_of(frame(0, face(HALF)), frame(1))
    assert share.sentences(warn_from=0.2)[0].startswith("25% of the picture")
    assert len(share.sentences(warn_from=0.25)) == 1


def test_what_was_drawn_or_came_damaged_is_not_counted() -> None:
    drawn = face(HALF, origin=Origin.MANUAL, track=None)
    damaged = Region((0.0, 0.0, 1000.0, 500.0), WHOLE_FRAME, 1.0, Origin.DETECTED)
    share = share_of(frame(0, drawn, damaged))
    assert share.mean == 0
    assert share.sentences(warn_from=0.1) == []
