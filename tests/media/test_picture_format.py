"""Brightness and colour come out as they went in, whatever samples and tags the source has."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from clips import make
from rendering import frames_of, render

from dashcamcleaner.media.picture_format import conformed, picture_format
from dashcamcleaner.media.probe import probe

SIZE = (128, 96)
LEVELS = (16, 80, 128, 200, 235)

CASES: list[tuple[str, str, str, int]] = [
    # container, encoder, pixel format, range tag (0 none, 1 limited, 2 full)
    ("mov", "png", "rgb24", 2),
    ("mov", "png", "rgba", 2),
    ("mov", "png", "gray", 2),
    ("mov", "qtrle", "rgb24", 0),
    ("mp4", "libx264rgb", "rgb24", 2),
    ("mp4", "libx264rgb", "rgb24", 0),
    ("mkv", "ffv1", "gray", 0),
    ("mkv", "ffv1", "gray", 2),
    ("mkv", "ffv1", "gray16le", 0),
    ("mkv", "ffv1", "bgr0", 0),
    ("mkv", "ffv1", "yuv411p", 1),
    ("mkv", "ffv1", "yuv440p", 2),
    ("mkv", "ffv1", "yuv410p", 0),
    ("mp4", "libx264", "gray", 1),
    ("mp4", "libx264", "gray", 0),
    ("avi", "mjpeg", "yuvj420p", 2),
    ("avi", "rawvideo", "gray", 0),
    ("avi", "rawvideo", "bgr24", 0),
    ("mp4", "libx264", "yuv420p", 1),
    ("mp4", "libx264", "yuv420p", 2),
    ("mp4", "libx264", "yuv420p", 0),
    ("mp4", "libx264", "yuv422p", 2),
    ("mp4", "libx265", "yuv444p10le", 2),
    ("gif", "gif", "rgb8", 0),
]


def _brightness(full: bool, sample: np.ndarray, depth: int) -> np.ndarray:
    """Luma samples as parts of white."""
    whole = (1 << depth) - 1
    if full:
        return sample / whole
    return (sample / (1 << depth - 8) - 16) / 219


def _make(path: Path, encoder: str, pixels: str, tag: int) -> tuple[Path, list[float]]:
    """Five grey bars; gives the brightness that they are stored with."""
    rgb = pixels.startswith(("rgb", "bgr"))
    full = (
        rgb
        or tag == 2
        or pixels.startswith("yuvj")
        or (pixels.startswith("gray") and tag == 0 and encoder != "libx264")
    )
    width = SIZE[0] // len(LEVELS)
    bars = np.full((SIZE[1], SIZE[0]), LEVELS[-1], np.uint8)
    for number, level in enumerate(LEVELS):
        bars[:, number * width : (number + 1) * width] = level
    with av.open(str(path), "w") as output:
        stream = output.add_stream(
            encoder,
            rate=25,
            width=SIZE[0],
            height=SIZE[1],
            options={"crf": "1", "preset": "ultrafast"} if "libx" in encoder else {},
        )
        stream.pix_fmt = pixels
        if tag:
            stream.codec_context.color_range = tag
        for number in range(3):
            if rgb:
                frame = av.VideoFrame.from_ndarray(np.repeat(bars[:, :, None], 3, 2), format="rgb24").reformat(
                    format=pixels
                )
            else:
                frame = av.VideoFrame(*SIZE, pixels)
                for index, plane in enumerate(frame.planes):
                    deep = np.dtype("<u2") if pixels.endswith("le") else np.dtype("u1")
                    depth = 16 if pixels == "gray16le" else 10 if pixels.endswith("10le") else 8
                    rows = np.frombuffer(plane, deep).reshape(plane.height, plane.line_size // deep.itemsize)
                    rows[:] = 128 << depth - 8
                    if index == 0:
                        rows[:, : SIZE[0]] = bars.astype(deep) << depth - 8
            frame.pts, frame.time_base = number, Fraction(1, 25)
            if tag:
                frame.color_range = tag
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path, [float(_brightness(full, np.array(level), 8)) for level in LEVELS]


@pytest.mark.parametrize(
    ("extension", "encoder", "pixels", "tag"), CASES, ids=["-".join(map(str, case)) for case in CASES]
)
@pytest.mark.parametrize("keep_chroma", [False, True])
def test_brightness_stays(
    tmp_path: Path, extension: str, encoder: str, pixels: str, tag: int, keep_chroma: bool
) -> None:
    try:
        source, stored = _make(tmp_path / f"in.{extension}", encoder, pixels, tag)
    except (av.error.FFmpegError, ValueError) as error:
        pytest.skip(f"not made here: {error}")
    rendered = render(source, tmp_path / "out.mp4", keep_chroma=keep_chroma)
    worked = frames_of(source)[1]
    written = frames_of(tmp_path / "out.mp4")[1]
    with av.open(str(tmp_path / "out.mp4")) as output:
        tagged_full = next(output.decode(video=0)).color_range == 2
    assert tagged_full == rendered.info.layout.full_range == written.layout.full_range
    for frame in (worked, written):
        luma = frame.planes[0].astype(float)
        shown = [
            float(
                _brightness(
                    frame.layout.full_range, luma[20:-20, at * 25 + 8 : at * 25 + 18], frame.layout.depth
                ).mean()
            )
            for at in range(len(LEVELS))
        ]
        assert shown == pytest.approx(stored, abs=0.012)
    assert abs(float(written.planes[1].mean()) / (1 << written.layout.depth - 8) - 128) < 2


@pytest.mark.parametrize("height", [96, 720])
def test_colours_stay(tmp_path: Path, height: int) -> None:
    """RGB is written with the matrix that its tag names, so that every player turns it back alike."""
    colour = np.array([200, 60, 30], np.uint8)
    source = tmp_path / "in.mov"
    with av.open(str(source), "w") as output:
        stream = output.add_stream("png", rate=25, width=128, height=height)
        stream.pix_fmt = "rgb24"
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(np.tile(colour, (height, 128, 1)), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    render(source, tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").color["space"] == ("bt709" if height >= 720 else "smpte170m")
    with av.open(str(tmp_path / "out.mp4")) as written:
        shown = next(written.decode(video=0)).to_ndarray(format="rgb24")[10:-10, 10:-10].mean(axis=(0, 1))
    assert shown == pytest.approx(colour, abs=3)


@pytest.mark.parametrize(("matrix", "name"), [(8, "ycgco"), (10, "bt2020c"), (14, "ictcp")])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p"])
def test_matrices_that_the_scaler_does_not_know(tmp_path: Path, matrix: int, name: str, pix_fmt: str) -> None:
    source = make(tmp_path / "in.mp4", frames=3, pix_fmt=pix_fmt, color={"colorspace": matrix}).path
    render(source, tmp_path / "out.mp4")
    before, after = frames_of(source), frames_of(tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").color["space"] == name
    for one, other in zip(before, after, strict=True):
        assert abs(one.planes[0].astype(int) - other.planes[0]).mean() < 2
        seen = one.scale((64, 48))
        assert seen.std() > 5
        assert (seen[..., 0] == seen[..., 1]).all() == (name != "bt2020c")


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize(
    ("name", "red", "green", "blue"),
    [
        ("rgb444", 0xF00, 0x0F0, 0x00F),
        ("bgr444", 0x00F, 0x0F0, 0xF00),
        ("rgb555", 0x7C00, 0x03E0, 0x001F),
        ("bgr555", 0x001F, 0x03E0, 0x7C00),
        ("rgb565", 0xF800, 0x07E0, 0x001F),
        ("bgr565", 0x001F, 0x07E0, 0xF800),
    ],
)
def test_few_bits_a_colour_reach_from_black_to_white(name: str, order: str, red: int, green: int, blue: int) -> None:
    """The scaler makes 248 or 240 of their white."""
    frame = av.VideoFrame(32, 8, name + order)
    frame.pts, frame.time_base = 7, Fraction(1, 25)
    words = np.repeat(np.array([0, red, green, blue, red | green, red | green | blue, 0, 0], np.uint16), 4)
    rows = np.frombuffer(frame.planes[0], "<u2" if order == "le" else ">u2").reshape(8, -1)
    rows[:, :32] = words
    wanted = picture_format(frame, codec="rawvideo", side={})
    shown = conformed(frame, layout=wanted.layout, size=(32, 8), converter=VideoReformatter())
    assert (shown.pts, shown.time_base) == (7, Fraction(1, 25))
    colours = shown.reformat(format="rgb24", src_colorspace=5, dst_color_range=2).to_ndarray()[4, 2::4]
    full = [(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 255, 255)]
    assert np.abs(colours[:6].astype(int) - full).max() <= 2
