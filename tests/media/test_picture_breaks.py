"""Damage that no decoder reports is met, whole pictures and cuts are left alone."""

from __future__ import annotations

import contextlib
import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dashcamcleaner.core.frame import PixelLayout
from dashcamcleaner.media import probe
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.picture_breaks import PictureBreaks

YUV = PixelLayout("yuv420p")
SIZE = (320, 192)


def scene(number: int, *, seed: int = 1) -> list[np.ndarray]:
    """A picture of moving, soft structure in three planes; another seed is another scene."""
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    luma = 110 + 50 * np.sin((x + 3 * number) / (7.0 + seed)) + 40 * np.sin((y + number) / (9.0 + 2 * seed))
    blue = 100 + 12 * seed + 10 * np.sin((x[::2, ::2] + 3 * number) / 21)
    red = 150 - 9 * seed + 10 * np.sin(y[::2, ::2] / 17)
    return [np.clip(plane, 16, 235).astype(np.uint8) for plane in (luma, blue, red)]


def judged(pictures: list[list[np.ndarray]], layout: PixelLayout = YUV) -> list[int]:
    breaks = PictureBreaks(layout)
    found = [*(told for picture in pictures for told in breaks.add(picture)), *breaks.finish()]
    return [number for number, damaged in enumerate(found) if damaged]


def garbage(picture: list[np.ndarray], plane: int, *, rows: slice, seed: int = 0) -> list[np.ndarray]:
    torn = [part.copy() for part in picture]
    noise = np.random.default_rng(seed).integers(0, 256, torn[plane].shape).astype(np.uint8)
    torn[plane][rows] = noise[rows]
    return torn


def test_moving_pictures_and_cuts_are_left_alone() -> None:
    assert judged([scene(n) for n in range(20)]) == []
    assert judged([scene(n, seed=1 if n < 8 else 4) for n in range(16)]) == []
    dark = [np.full_like(plane, 16 if number == 0 else 128) for number, plane in enumerate(scene(0))]
    assert judged([*(scene(n) for n in range(4)), dark, dark, *(scene(n) for n in range(4))]) == []


@pytest.mark.parametrize("at", [0, 1, 6, 11])
@pytest.mark.parametrize("plane", [0, 1, 2])
def test_a_torn_plane_is_met_wherever_it_stands(at: int, plane: int) -> None:
    pictures = [scene(n) for n in range(12)]
    pictures[at] = garbage(pictures[at], plane, rows=slice(40, None))
    assert judged(pictures) == [at]


@pytest.mark.parametrize("value", [0, 255])
def test_colour_that_is_gone_is_damage_for_as_long_as_it_lasts(value: int) -> None:
    pictures = [scene(n) for n in range(12)]
    for number in range(5, 9):
        pictures[number][1][:] = value
        pictures[number][2][:] = value
    assert judged(pictures) == [5, 6, 7, 8]


def test_damage_that_goes_on_from_picture_to_picture_is_met_until_it_ends() -> None:
    pictures = [scene(n) for n in range(12)]
    for number in range(4, 8):
        pictures[number] = garbage(pictures[number], 0, rows=slice(64, 128), seed=7)
    assert judged(pictures) == [4, 5, 6, 7]


def test_deep_and_grey_pictures_are_judged_alike() -> None:
    deep = [[plane.astype(np.uint16) * 4 for plane in scene(n)] for n in range(8)]
    deep[3][0][60:] = np.random.default_rng(1).integers(0, 1024, deep[3][0][60:].shape)
    assert judged(deep, PixelLayout("yuv420p10le", depth=10)) == [3]
    grey = [scene(n)[:1] for n in range(8)]
    grey[5] = garbage(grey[5], 0, rows=slice(90, None))
    assert judged(grey, PixelLayout("gray", chroma_shift=(0, 0))) == [5]
    small = [[plane[:3, :2] for plane in scene(n)] for n in range(4)]
    assert judged(small) == []


def written(path: Path, *, codec: str, options: dict[str, str], hit: int | None, seed: int = 0) -> Path:
    """A clip without checksums, whose packet ``hit`` has a few wrong bytes."""
    chooser = random.Random(seed)
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=30, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv422p" if codec == "huffyuv" else "yuv420p"
        stream.codec_context.gop_size = 1
        packets = []
        for number in range(12):
            luma, blue, red = scene(number)
            planar = np.vstack([luma, blue.reshape(-1, SIZE[0]), red.reshape(-1, SIZE[0])])
            frame = av.VideoFrame.from_ndarray(planar, format="yuv420p")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, 30)
            packets += stream.encode(frame)
        packets += stream.encode(None)
        for number, packet in enumerate(packets):
            if number == hit:
                data = bytearray(bytes(packet))
                begin = len(data) // 4
                data[begin : begin + 60] = bytes(chooser.randrange(256) for _ in range(60))
                changed = av.Packet(bytes(data))
                changed.pts, changed.dts, changed.time_base = packet.pts, packet.dts, packet.time_base
                changed.duration, changed.is_keyframe, changed.stream = packet.duration, packet.is_keyframe, stream
                packet = changed
            output.mux(packet)
    return path


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mkv", "ffv1", {"level": "1"}),
        ("b.mkv", "ffv1", {"level": "3", "slicecrc": "0", "slices": "4"}),
        ("c.avi", "huffyuv", {}),
        ("d.avi", "ffvhuff", {}),
    ],
)
def test_clips_of_codecs_without_checksums(tmp_path: Path, name: str, codec: str, options: dict[str, str]) -> None:
    whole = written(tmp_path / name, codec=codec, options=options, hit=None)
    with open_clip(whole, info=probe.probe(whole)) as decoder:
        assert [frame.index for frame in decoder if frame.damaged] == []
        assert not decoder.partial
    torn = written(tmp_path / f"torn{name}", codec=codec, options=options, hit=6)
    with open_clip(torn, info=probe.probe(torn)) as decoder:
        damaged = [frame.index for frame in decoder if frame.damaged]
        assert decoder.partial
        assert decoder.problems
    assert damaged == [6]


@pytest.mark.parametrize(
    ("size", "rate", "codec"), [("320x240", 25, "mjpeg"), ("160x120", 15, "ffv1"), ("352x288", 20, "ffv1")]
)
def test_test_patterns_are_whole(tmp_path: Path, size: str, rate: int, codec: str) -> None:
    pattern = av.filter.Graph()
    source = pattern.add("testsrc2", f"s={size}:r={rate}:d=1.6")
    form = pattern.add("format", "yuv420p" if codec == "ffv1" else "yuvj420p")
    sink = pattern.add("buffersink")
    source.link_to(form)
    form.link_to(sink)
    pattern.configure()
    clip = tmp_path / "pattern.mkv"
    with av.open(str(clip), "w") as out:
        stream = out.add_stream(codec, rate=rate)
        stream.pix_fmt = "yuv420p" if codec == "ffv1" else "yuvj420p"
        stream.width, stream.height = map(int, size.split("x"))
        with contextlib.suppress(av.error.EOFError):
            while True:
                out.mux(stream.encode(pattern.pull()))
        out.mux(stream.encode(None))
    with open_clip(clip, info=probe.probe(clip)) as frames:
        assert [frame.index for frame in frames if frame.damaged] == []
        assert not frames.partial


def test_a_torn_picture_of_a_restless_clip_is_met() -> None:
    """What is usual is told by the first pictures; much more than that is damage even there."""
    rng = np.random.default_rng(3)
    pictures = [scene(n) for n in range(20)]
    for picture in pictures:
        for _ in range(3):
            y, x = rng.integers(0, 80), rng.integers(0, 140)
            picture[1][y : y + 16, x : x + 20] = rng.choice([40, 215])
    assert judged(pictures) == []
    pictures[14] = garbage(pictures[14], 0, rows=slice(40, None))
    assert judged(pictures) == [14]
