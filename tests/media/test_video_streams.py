"""Which picture track is the film: by length and number of pictures, not by size alone; and the choice by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import bars, make
from rendering import frames_of, render

from dashcamcleaner.audit.container import examine
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.probe import probe

Track = tuple[tuple[int, int], int, int]
"""Size, number of pictures, pictures a second."""

FILM: Track = ((160, 96), 50, 25)


def _make(path: Path, *tracks: Track, level: tuple[int, ...] = ()) -> Path:
    """Tracks side by side; each is grey of its own level below its number bars."""
    with av.open(str(path), "w") as output:
        streams = []
        for size, _, rate in tracks:
            stream = output.add_stream(
                "libx264", rate=rate, width=size[0], height=size[1], options={"preset": "ultrafast"}
            )
            stream.pix_fmt = "yuv420p"
            streams.append(stream)
        pictures = sorted(
            (Fraction(number, rate), number, track)
            for track, (_, count, rate) in enumerate(tracks)
            for number in range(count)
        )
        for _, number, track in pictures:
            size, _, rate = tracks[track]
            luma = bars(number, size)
            luma[size[1] // 2 :] = level[track] if level else 60 + 60 * track
            frame = av.VideoFrame.from_ndarray(luma, format="gray").reformat(format="yuv420p", dst_color_range="MPEG")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            output.mux(streams[track].encode(frame))
        for stream in streams:
            output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("extension", ["mp4", "ts"])
@pytest.mark.parametrize(
    "other",
    [((640, 384), 1, 25), ((640, 384), 3, 25), ((640, 384), 4, 2), ((320, 192), 1, 1)],
    ids=["a still", "three pictures", "a slide show", "a thumbnail"],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_picture_beside_the_clip_is_not_the_clip(tmp_path: Path, extension: str, other: Track, first: bool) -> None:
    tracks = (FILM, other) if first else (other, FILM)
    source = _make(tmp_path / f"in.{extension}", *tracks)
    info = probe(source)
    assert info.size == FILM[0]
    assert info.video_track == (1 if first else 2)
    assert examine(source).video_streams[0] == info.video
    rendered = render(source, tmp_path / "out.mp4")
    assert len(rendered.times) == 50
    assert rendered.length_notes == []


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_front_and_rear_of_one_size(tmp_path: Path, extension: str) -> None:
    """Which one stays is told; the other one is taken when its number is given."""
    source = _make(tmp_path / f"in.{extension}", FILM, FILM)
    warning = probe(source).warnings[0]
    assert "2 video streams: 1 (h264, 160x96" in warning
    assert "2 (h264, 160x96" in warning
    assert "Number 1 is cleaned" in warning
    assert "--video-track" in warning
    for number, level in ((1, 60), (2, 120)):
        output = tmp_path / f"out{number}.mp4"
        rendered = render(source, output, video_track=number)
        assert rendered.info.video_track == number
        luma = frames_of(output)[3].planes[0]
        assert abs(float(luma[60:].mean()) - (16 + level * 219 / 255)) < 3
        assert sum(action.what.startswith("other video stream") for action in rendered.plan.actions) == 1
        with av.open(str(output)) as written:
            assert len(written.streams) == 1


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_track_that_is_not_there(tmp_path: Path, number: int) -> None:
    source = _make(tmp_path / "in.mp4", FILM, FILM)
    with pytest.raises(InputError, match=f"no video stream {number}") as caught:
        probe(source, video_track=number)
    assert "It has 2" in caught.value.hint


def test_covers_do_not_count(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", frames=3, cover=True)
    assert probe(made.path, video_track=1).size == made.size
    with pytest.raises(InputError, match="no video stream 2"):
        probe(made.path, video_track=2)
    assert not np.isnan(float(probe(made.path).duration_s or 0))
