"""Lossless cuts of clips whose groups of pictures are open: every frame of what was written is decoded and compared."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import bars, read_number

from dashcamcleaner import cli
from dashcamcleaner.media.joins import GroupJoiner
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.sampler import sample_pictures
from dashcamcleaner.scenes.cut import cut_plan_path

SIZE = (160, 96)
RATE = 30
GOP = 24
X26 = f"open-gop=1:keyint={GOP}:min-keyint={GOP}:bframes=3:b-adapt=0:scenecut=0"
OPTIONS = {
    "libx264": {"preset": "ultrafast", "x264-params": X26 + ":b-pyramid=none"},
    "libx265": {"preset": "ultrafast", "x265-params": X26 + ":log-level=none"},
    "mpeg2video": {},
}


def make_open(path: Path, codec: str, *, frames: int) -> dict[int, np.ndarray]:
    """A clip of open groups of 24 pictures; gives the grey pictures as they decode, by number."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=RATE, width=SIZE[0], height=SIZE[1], options=OPTIONS[codec])
        stream.pix_fmt = "yuv420p"
        if codec == "mpeg2video":
            stream.codec_context.gop_size, stream.codec_context.max_b_frames = GOP, 2
            stream.bit_rate = 2_000_000
        texture = np.random.default_rng(1).integers(0, 60, (12, 20), np.uint8).repeat(8, 0).repeat(8, 1)
        for number in range(frames):
            grey = bars(number, SIZE)
            grey[SIZE[1] // 2 :] = 90 + np.roll(texture, number * 3, axis=1)[: SIZE[1] // 2, : SIZE[0]]
            frame = av.VideoFrame.from_ndarray(np.repeat(grey[..., None], 3, axis=2), format="rgb24")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return dict(pictures_of(path))


def pictures_of(path: Path) -> list[tuple[int, np.ndarray]]:
    """Number and grey picture of every frame that comes out, in order; none is marked as damaged."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            assert not frame.is_corrupt
            grey = frame.to_ndarray(format="gray")
            found.append((read_number(grey), grey))
    return found


def times_of(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def cut(clip: Path, *stretches: tuple[float, float], more: tuple[str, ...] = ()) -> int:
    tag = clip.with_suffix(".tag")
    rows = "".join(f"a, {start}, {end}\n" for start, end in stretches)
    tag.write_text(f"clip, a, b\n100, 0, 0\n{rows}")
    return cli.main(["scenes", str(clip), "--cut", str(tag), "-t", "a", "--lossless", *more])


def check(written: Path, source: dict[int, np.ndarray], wanted: list[tuple[float, float]]) -> None:
    """Every frame is a frame of the source, whole and in order; what was told is what is there, and holds the wish."""
    found = pictures_of(written)
    numbers = [number for number, _ in found]
    kept = json.loads(cut_plan_path(written).read_text())["kept"]
    told = [n for row in kept for n in range(round(row["from_s"] * RATE), round(row["to_s"] * RATE))]
    assert numbers == told, "the times that are told are those of the frames that are there"
    for start, end in wanted:
        assert {n for n in source if start <= n / RATE < end} <= set(numbers)
    for number, grey in found:
        off = np.abs(grey.astype(int) - source[number])
        assert off.mean() < 1, f"frame {number} is not what it was"
    assert [time * RATE for time in times_of(written)] == pytest.approx(list(range(len(told))), abs=0.1)


@pytest.mark.parametrize(("codec", "ending"), [("libx265", "mp4"), ("libx265", "mkv"), ("mpeg2video", "mkv")])
def test_open_groups_are_joined_whole(tmp_path: Path, codec: str, ending: str) -> None:
    clip = tmp_path / f"clip.{ending}"
    source = make_open(clip, codec, frames=170)
    wanted = [(1.0, 1.4), (2.6, 3.05), (4.1, 4.78)]
    assert cut(clip, *wanted) == 0
    check(tmp_path / f"clip.cut.{ending}", source, wanted)


def test_hevc_is_joined_over_more_than_its_count_can_tell(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    source = make_open(clip, "libx265", frames=330)
    assert cut(clip, (0.1, 1.1), (8.1, 9.0)) == 0
    check(tmp_path / "clip.cut.mp4", source, [(0.1, 1.1), (8.1, 9.0)])


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_h264_gives_whole_pieces_and_no_broken_joint(
    tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / f"clip.{ending}"
    source = make_open(clip, "libx264", frames=170)
    wanted = [(1.0, 1.59), (4.1, 4.78)]
    assert cut(clip, *wanted) == 2
    assert "groups of pictures are open" in capsys.readouterr().err
    assert not (tmp_path / f"clip.cut.{ending}").exists()
    assert cut(clip, *wanted, more=("-c",)) == 0
    for number, stretch in enumerate(wanted):
        check(tmp_path / f"clip.cut.{number}.{ending}", source, [stretch])


def test_one_stretch_of_open_h264_is_whole_up_to_the_leading_pictures(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    source = make_open(clip, "libx264", frames=100)
    assert cut(clip, (1.0, 1.59)) == 0
    check(tmp_path / "clip.cut.mp4", source, [(1.0, 1.59)])
    numbers = [number for number, _ in pictures_of(tmp_path / "clip.cut.mp4")]
    assert numbers[0] == GOP
    assert numbers[-1] >= 2 * GOP, "leading pictures in the wish ask for the next group"


@pytest.mark.parametrize(
    ("codec", "ending"), [("libx264", "mp4"), ("libx265", "mkv"), ("mpeg2video", "ts"), ("libx264", "ts")]
)
def test_key_frames_of_open_groups_are_decoded_several_at_once(tmp_path: Path, codec: str, ending: str) -> None:
    clip = tmp_path / f"clip.{ending}"
    source = make_open(clip, codec, frames=450)
    info = probe(clip)
    samples = list(sample_pictures(clip, info=info, step_s=Fraction(1, 2), size=SIZE, key_frames=True, threads=2))
    assert [sample.time_s for sample in samples] == [Fraction(number, 2) for number in range(30)]
    numbers = [read_number(sample.picture[..., 0]) for sample in samples]
    first = 0 if ending != "ts" else numbers[0]  # B-frames may be shown before the first key frame
    assert numbers == [max(first, (15 * number) // GOP * GOP) for number in range(30)] or all(
        number == 15 * place for place, number in enumerate(numbers)
    ), "the key frame before each time; a clip that begins before its first is read straight"
    for sample, number in zip(samples, numbers, strict=True):
        assert not sample.damaged
        assert np.abs(sample.picture[..., 0].astype(int) - source[number]).mean() < 12


def test_units_are_found_in_both_forms() -> None:
    cra, slice_ = bytes([21 << 1, 1, 0x80]), bytes([1 << 1, 1, 0x80])
    extradata = bytes([1]) + bytes(20) + bytes([3, 0])
    data = b"".join(len(unit).to_bytes(4, "big") + unit for unit in (cra, slice_))
    assert GroupJoiner("hevc", extradata).joined(data)[4] == 18 << 1
    assert GroupJoiner("hevc").joined(b"\0\0\0\1" + cra + b"\0\0\1" + slice_)[4] == 18 << 1
    for same in (slice_, b"", b"\0\0\1"):
        assert GroupJoiner("hevc").joined(same) is same
    assert GroupJoiner("h264").may_join(b"\0\0\0\1\x65\x88")
    assert not GroupJoiner("h264").may_join(b"\0\0\0\1\x41\x88")
    assert not GroupJoiner("h264", bytes([1, 66, 0, 30, 0xFF, 0xE1, 0])).may_join(b"\0\0\0\2\x41\x88")
    assert GroupJoiner("mpeg2video").may_join(b"")
