"""Projection, two eyes, clean aperture, mastering display: kept where the container takes them, else listed."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import make
from rendering import fate, frames_of, render

from dashcamcleaner.media.mp4_boxes import boxes_of
from dashcamcleaner.media.picture_marks import add_marks, clean_aperture, picture_marks
from dashcamcleaner.media.probe import probe

EQUIRECTANGULAR = struct.pack("=I3i5I", 0, 90 << 16, -5 << 16, 1 << 16, 1, 2, 3, 4, 0)
CUBEMAP = struct.pack("=I3i5I", 1, 0, 0, 0, 0, 0, 0, 0, 7)
SIDE_BY_SIDE, TOP_BOTTOM = (struct.pack("=Ii7I", kind, 0, *[0] * 7) for kind in (1, 2))
APERTURE = struct.pack(">8I", 300, 1, 160, 1, 0, 1, 0, 1)
MARKS = {
    "equirectangular": picture_marks({"SPHERICAL": EQUIRECTANGULAR}),
    "cubemap": picture_marks({"SPHERICAL": CUBEMAP}),
    "side by side": picture_marks({"STEREO3D": SIDE_BY_SIDE}),
    "both": picture_marks({"SPHERICAL": EQUIRECTANGULAR, "STEREO3D": TOP_BOTTOM}),
    "aperture": [clean_aperture(APERTURE)],
}


def _marked(path: Path, name: str) -> Path:
    """A clip with its index at the end and these marks."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=30, width=320, height=180, time_base=Fraction(1, 15360))
        stream.pix_fmt = "yuv420p"
        for number in range(5):
            frame = av.VideoFrame(320, 180, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.pts, frame.time_base = number * 512, Fraction(1, 15360)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    add_marks(path, b"".join(mark.box for mark in MARKS[name]))
    return path


def _side(path: Path) -> dict[str, bytes]:
    """What the picture's own side data are, as FFmpeg reads them from the file."""
    with av.open(str(path)) as container:
        return {data.type.name: bytes(data) for data in next(container.decode(video=0)).side_data}


@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize("extension", ["mp4", "mov"])
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_marks_of_the_picture_stay(tmp_path: Path, name: str, extension: str, codec: str) -> None:
    source = _marked(tmp_path / f"in.{extension}", name)
    assert [mark.box for mark in probe(source).marks] == [mark.box for mark in MARKS[name]]
    output = tmp_path / f"out.{extension}"
    rendered = render(source, output, codec=codec)
    assert [mark.box for mark in probe(output).marks] == [mark.box for mark in MARKS[name]]
    assert all(fate(rendered.plan, f"mark: {mark.name}") == "copied" for mark in MARKS[name])
    assert not any("mark" in warning for warning in rendered.plan.warnings)
    assert len(frames_of(output)) == 5
    before, after = _side(source), _side(output)
    for kind in ("SPHERICAL", "STEREO3D"):
        assert before.get(kind, b"")[:8] == after.get(kind, b"")[:8]
    assert before.get("SPHERICAL") == after.get("SPHERICAL")


@pytest.mark.parametrize("extension", ["mkv", "webm"])
def test_what_a_container_does_not_take_is_listed(tmp_path: Path, extension: str) -> None:
    rendered = render(_marked(tmp_path / "in.mp4", "both"), tmp_path / f"out.{extension}")
    assert fate(rendered.plan, "mark: 360-degree") == fate(rendered.plan, "mark: arrangement") == "dropped"
    assert sum("mark" in warning for warning in rendered.plan.warnings) == 2


def test_what_has_no_word_in_the_container_is_listed() -> None:
    fisheye = struct.pack("=I3i5I", 5, *[0] * 8)
    inverted = struct.pack("=Ii7I", 1, 1, *[0] * 7)
    marks = picture_marks({"SPHERICAL": fisheye, "STEREO3D": inverted, "AMBIENT_VIEWING_ENVIRONMENT": b""})
    assert [mark.box for mark in marks] == [b"", b"", b""]
    assert clean_aperture(b"short").box == b""


def test_nothing_else_of_the_file_moves(tmp_path: Path) -> None:
    plain = make(tmp_path / "in.mp4", frames=3).path
    with av.open(str(plain)) as source, av.open(str(tmp_path / "end.mp4"), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux_one(packet)
    path = tmp_path / "end.mp4"
    before = path.read_bytes()
    add_marks(path, clean_aperture(APERTURE).box)
    after = path.read_bytes()
    start = before.index(b"moov") - 4
    assert after[:start] == before[:start]
    assert len(after) == len(before) + 40
    assert [name for name, _ in boxes_of(after)] == [name for name, _ in boxes_of(before)]
    with pytest.raises(ValueError, match="not at the end"):
        add_marks(plain, b"")


@pytest.mark.parametrize("codec", ["h265", "h264"])
def test_mastering_display_and_light_stay(tmp_path: Path, codec: str) -> None:
    volume = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    source = make(
        tmp_path / "in.mkv", codec="libx265", pix_fmt="yuv420p10le", frames=4,
        options={"x265-params": f"master-display={volume}:max-cll=1000,400"},
        color={"color_primaries": 9, "color_trc": 16, "colorspace": 9},
    ).path  # fmt: skip
    for extension in ("mp4", "mkv"):
        render(source, tmp_path / f"out.{extension}", codec=codec)
        color = probe(tmp_path / f"out.{extension}").color
        assert (color["mastering_display"], color["content_light"]) == (volume, "1000,400")
