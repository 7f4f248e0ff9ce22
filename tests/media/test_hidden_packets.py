"""Packets that show nothing are no losses: pictures that are only referred to, as packets of their own."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from clips import bars, read_number
from hypothesis import given
from hypothesis import strategies as st
from rendering import frames_of, render

from dashcamcleaner.media.frame_times import frame_times
from dashcamcleaner.media.hidden_packets import shows_picture
from dashcamcleaner.media.probe import probe

SIZE = (160, 96)
STEP_MS = 40


def _coded(encoder: str, *, frames: int, options: dict[str, str], gop: int) -> list[bytes]:
    context = av.CodecContext.create(encoder, "w")
    context.width, context.height = SIZE
    context.pix_fmt, context.time_base, context.framerate = "yuv420p", Fraction(1, 25), Fraction(25)
    context.options, context.gop_size = options, gop
    packets = []
    for number in range(frames):
        frame = av.VideoFrame.from_ndarray(bars(number, SIZE), format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += context.encode(frame)
    return [bytes(packet) for packet in [*packets, *context.encode(None)]]


def _write(path: Path, encoder: str, packets: list[tuple[int, bytes]]) -> Path:
    with av.open(str(path), "w") as output:
        stream = output.add_stream(encoder, rate=25, width=SIZE[0], height=SIZE[1], time_base=Fraction(1, 1000))
        stream.pix_fmt = "yuv420p"
        for number, (time, data) in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = time
            packet.is_keyframe = number == 0
            output.mux_one(packet)
    return path


def _vp9(path: Path) -> Path:
    """Every third picture is sent hidden and shown by a packet of one byte (show_existing_frame)."""
    packets: list[tuple[int, bytes]] = []
    for number, data in enumerate(
        _coded("libvpx-vp9", frames=30, options={"deadline": "realtime", "cpu-used": "8"}, gop=1)
    ):
        time = number * STEP_MS
        if number % 3 == 1:
            assert data[0] == 0x82  # a key frame that is shown
            packets += [(time - 1, b"\x80" + data[1:]), (time, b"\x88")]
        else:
            packets.append((time, data))
    return _write(path, "libvpx-vp9", packets)


def _av1(path: Path) -> Path:
    """Each frame of a temporal unit in a packet of its own."""
    whole = _coded("libsvtav1", frames=30, options={"preset": "10"}, gop=250)
    packets: list[tuple[int, bytes]] = []
    with av.open(io.BytesIO(), "w", format="matroska") as scratch:
        stream = scratch.add_stream("libsvtav1", rate=25, width=SIZE[0], height=SIZE[1])
        stream.pix_fmt = "yuv420p"
        split = BitStreamFilterContext("av1_frame_split", stream)
        for number, data in enumerate(whole):
            packet = av.Packet(data)
            packet.pts = packet.dts = number
            parts = [bytes(part) for part in split.filter(packet)]
            packets += [(number * STEP_MS - (len(parts) - 1 - at), part) for at, part in enumerate(parts)]
    assert len(packets) > 35
    return _write(path, "libsvtav1", packets)


@pytest.mark.parametrize("maker", [_vp9, _av1])
@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_hidden_references_of_their_own_are_no_damage(tmp_path: Path, maker: object, extension: str) -> None:
    source = maker(tmp_path / f"in.{extension}")  # type: ignore[operator]
    rendered = render(source, tmp_path / "out.mp4")
    assert (rendered.damaged, rendered.partial, rendered.problems) == (0, False, [])
    assert rendered.length_notes == []
    assert [round(float(time) * 1000) for time in rendered.times] == [number * STEP_MS for number in range(30)]
    assert [read_number(frame.planes[0]) for frame in frames_of(tmp_path / "out.mp4")] == list(range(30))
    assert len(frame_times(source, info=probe(source))) == 30


def test_a_lost_picture_is_still_found(tmp_path: Path) -> None:
    coded = _coded("libvpx-vp9", frames=30, options={"deadline": "realtime", "cpu-used": "8"}, gop=250)
    packets = [(number * STEP_MS, data) for number, data in enumerate(coded)]
    packets[10] = (packets[10][0], b"\x86" + b"\xff" * 12)  # shown, by its first byte, and no picture
    rendered = render(_write(tmp_path / "in.mkv", "libvpx-vp9", packets), tmp_path / "out.mp4")
    assert rendered.partial
    assert rendered.damaged


def test_superframes_show_if_one_of_theirs_does() -> None:
    hidden, shown = b"\x84\x00" + bytes(8), b"\x86\x00" + bytes(8)
    index = bytes([0xC1, 10, 10, 0xC1])
    assert not shows_picture("vp9", hidden)
    assert shows_picture("vp9", shown)
    assert shows_picture("vp9", hidden + shown + index)
    assert not shows_picture("vp9", hidden + hidden + index)
    assert shows_picture("vp8", b"\x10\x00\x00")
    assert not shows_picture("vp8", b"\x00\x00\x00")
    assert shows_picture("h264", b"")


@given(data=st.binary(max_size=64), codec=st.sampled_from(["vp8", "vp9", "av1", "hevc"]))
def test_any_bytes_are_judged(data: bytes, codec: str) -> None:
    assert shows_picture(codec, np.frombuffer(data, np.uint8)) in (True, False)
