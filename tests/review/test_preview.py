"""Single frames of a clip: the very one asked for, hidden at these settings, painted as often as is wanted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.errors import InputError
from dashcamcleaner.review.follow import follow_box, thinned
from dashcamcleaner.review.preview import ClipPreview, first_picture
from dashcamcleaner.settings import resolve
from tests.clips import make, read_number, vfr_pts
from tests.fakes import ScriptedDetector, pool

ROWS = [(100.0, 40.0, 140.0, 90.0, 0.9, "face"), (200.0, 120.0, 250.0, 140.0, 0.15, "plate")]


@pytest.fixture()
def detector() -> ScriptedDetector:
    return ScriptedDetector(lambda *_: ROWS, script_size=(320, 180))


def test_the_very_frame_in_any_order_of_a_variable_frame_rate(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=40, pts=vfr_pts(40), b_frames=2)
    with ClipPreview(made.path) as clip:
        assert clip.times == made.pts
        for place in (17, 18, 3, 39, 0, 1, 20):
            frame = clip.frame(made.pts[place])
            assert frame.time.pts == made.pts[place]
            assert read_number(frame.planes[0]) == place
        assert clip.nearest(made.pts[7] + 1) == made.pts[7]
        with pytest.raises(InputError):
            clip.frame(made.pts[7] + 1)


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.avi", "a.ts"])
def test_containers_seek_alike(tmp_path: Path, name: str) -> None:
    made = make(tmp_path / name, frames=40, gop=10)
    with ClipPreview(made.path) as clip:
        assert len(clip.times) == 40
        for place in (33, 5, 12):
            assert read_number(clip.frame(clip.times[place]).planes[0]) == place


def test_the_first_picture_without_keeping_the_clip_open(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=12)
    assert first_picture(made.path, longest_side_px=160).shape == (90, 160, 3)
    with pytest.raises(InputError):
        first_picture(tmp_path / "gone.mp4", longest_side_px=160)


def test_painting_again_starts_from_the_clean_frame(tmp_path: Path, detector: ScriptedDetector) -> None:
    made = make(tmp_path / "a.mp4", frames=4)
    with ClipPreview(made.path, models=pool(detector)) as clip:
        pts = clip.times[2]
        first = clip.preview(pts, settings=resolve({"style": "solid"}))
        again = clip.preview(pts, settings=resolve({"style": "solid"}))
        low = clip.preview(pts, settings=resolve({"style": "solid", "threshold": 0.1}))
        nothing = clip.preview(pts, settings=resolve({"threshold": 0.95}))
        assert (first.obscured == again.obscured).all()
        assert (first.original == low.original).all()
        assert (nothing.obscured == nothing.original).all()
        assert (first.counts, low.counts, nothing.counts) == ({"face": 1}, {"face": 1, "plate": 1}, {})
        assert detector.seen == 1  # detected once, painted four times
        with ClipPreview(made.path) as fresh:
            assert (clip.frame(pts).planes[0] == fresh.frame(pts).planes[0]).all()


def test_regions_from_a_plan_need_no_detector(tmp_path: Path, detector: ScriptedDetector) -> None:
    from dashcamcleaner.core.plan import Origin, Region

    made = make(tmp_path / "a.mp4", frames=4)
    region = Region((10.0, 10.0, 90.0, 90.0), "face", 0.9, Origin.HELD, 3)
    with ClipPreview(made.path, models=pool(detector)) as clip:
        seen = clip.preview(clip.times[1], settings=resolve(), regions=[region])
    assert detector.seen == 0
    changed = np.abs(seen.original.astype(int) - seen.obscured).max(axis=2) > 8
    assert changed.any()
    assert not changed[:, 130:].any()


def test_a_turned_clip_is_upright(tmp_path: Path, detector: ScriptedDetector) -> None:
    made = make(tmp_path / "a.mp4", frames=3, clockwise=90)
    with ClipPreview(made.path, models=pool(detector)) as clip:
        seen = clip.preview(clip.times[0], settings=resolve(), longest_side_px=160)
    assert seen.upright_size == (180, 320)
    assert seen.original.shape == (160, 90, 3)


def test_following_needs_a_frame_that_exists(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=3)
    with ClipPreview(made.path) as clip, pytest.raises(InputError):
        follow_box(clip, 7, (0, 0, 10, 10))


def test_following_stops_when_it_is_told_to(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=20)
    with ClipPreview(made.path) as clip:
        keys = follow_box(clip, made.pts[10], (100, 40, 140, 90), cancelled=lambda: True)
    assert len(keys) == 1
    assert keys[0][1] == pytest.approx((100, 40, 140, 90))


def test_thinning_keeps_every_box_within_reach() -> None:
    keys = [(i / 30, (float(i * i) / 10, 0.0, float(i * i) / 10 + 50, 40.0)) for i in range(60)]
    few = thinned(keys, keep_s=1.0)
    assert len(few) < 25
    assert any(abs(key[0] - 1.0) < 1e-6 for key in few)
    for second, box in keys:
        before = max((key for key in few if key[0] <= second), key=lambda key: key[0])
        after = min((key for key in few if key[0] >= second), key=lambda key: key[0])
        part = 0.0 if after[0] == before[0] else (second - before[0]) / (after[0] - before[0])
        between = [a + part * (b - a) for a, b in zip(before[1], after[1], strict=True)]
        assert between == pytest.approx(box, abs=1.5)
