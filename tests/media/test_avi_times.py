"""AVI tells no times but the order of its packets: picture and sound begin together, whatever the codec's order is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from clips import Sound, clicks_s, flashes_s, make, read_number
from rendering import frames_of, render

from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.frame_times import frame_times
from dashcamcleaner.media.probe import probe

KINDS = {
    "h264": {"codec": "libx264"},
    "h264 b-frames": {"codec": "libx264", "b_frames": 2},
    "h264 pyramid": {"codec": "libx264", "b_frames": 3},
    "h264 interlaced": {"codec": "libx264", "b_frames": 2, "interlaced": True},
    "mpeg-4": {"codec": "mpeg4"},
    "mpeg-4 b-frames": {"codec": "mpeg4", "b_frames": 2},
    "mpeg-2": {"codec": "mpeg2video"},
    "mpeg-2 b-frames": {"codec": "mpeg2video", "b_frames": 2},
    "mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
}


def _clip(path: Path, kind: str) -> Path:
    options = {"crf": "12", "preset": "veryfast"} if "h264" in kind else {"qscale": "2"}
    more = {"frames": 75, "gop": 25, "rate": 25, "time_base": Fraction(1, 25), "options": options, "size": (320, 192)}
    return make(path / "in.avi", sounds=(Sound("pcm_s16le"),), **{**more, **KINDS[kind]}).path


@pytest.mark.parametrize("kind", list(KINDS))
def test_picture_and_sound_begin_together(kind: str, tmp_path: Path) -> None:
    source = _clip(tmp_path, kind)
    rendered = render(source, tmp_path / "out.mp4")
    assert rendered.times == [Fraction(number, 25) for number in range(75)]
    assert (rendered.damaged, rendered.partial, rendered.length_notes) == (0, False, [])
    assert [read_number(frame.planes[0]) for frame in frames_of(tmp_path / "out.mp4")] == list(range(75))
    clicks, flashes = clicks_s(tmp_path / "out.mp4"), flashes_s(tmp_path / "out.mp4")
    assert clicks == pytest.approx([0, 1, 2], abs=0.01)
    assert flashes == pytest.approx([0, 1, 2], abs=0.001)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_sought_picture_is_the_one_that_was_read(kind: str, tmp_path: Path) -> None:
    source = _clip(tmp_path, kind)
    info = probe(source)
    assert frame_times(source, info=info) == tuple(range(75))
    with open_clip(source, info=info) as decoder:
        for number in (60, 24, 3, 74, 26):
            assert read_number(decoder.seek(number).planes[0]) == number
