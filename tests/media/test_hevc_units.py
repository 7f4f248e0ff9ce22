"""HEVC pictures that are not to be shown are no losses: leading ones behind a cut, and those that say so themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import bars, read_number
from hypothesis import given
from hypothesis import strategies as st
from rendering import frames_of, render

from dashcamcleaner.audit.container import examine
from dashcamcleaner.media.frame_times import frame_times
from dashcamcleaner.media.hevc_units import HevcOutput
from dashcamcleaner.media.probe import probe

SIZE = (160, 96)
Coded = list[tuple[int, int, bool, bytes]]


def _open_groups() -> Coded:
    """Forty pictures in open groups: ``(pts, dts, key, data)``."""
    context = av.CodecContext.create("libx265", "w")
    context.width, context.height = SIZE
    context.pix_fmt, context.time_base, context.framerate = "yuv420p", Fraction(1, 25), Fraction(25)
    params = (
        "log-level=none:pools=none:frame-threads=1:bframes=3:b-adapt=0:open-gop=1:keyint=12:min-keyint=12:scenecut=0"
    )
    context.options = {"preset": "ultrafast", "x265-params": f"{params}:repeat-headers=1"}
    packets = []
    for number in range(40):
        frame = av.VideoFrame.from_ndarray(bars(number, SIZE), format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += context.encode(frame)
    packets += context.encode(None)
    return [(p.pts, p.dts, p.is_keyframe, bytes(p)) for p in packets]


def _write(path: Path, packets: Coded) -> Path:
    """As a transport stream, and from there, with the codec's own data, into other containers."""
    stream_path = path.with_suffix(".ts")
    with av.open(str(stream_path), "w") as output:
        stream = output.add_stream("libx265", rate=25, width=SIZE[0], height=SIZE[1], time_base=Fraction(1, 25))
        stream.codec_context.pix_fmt = "yuv420p"
        for pts, dts, key, data in packets:
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts, packet.dts, packet.is_keyframe = pts, dts, key
            output.mux_one(packet)
    if path != stream_path:
        with av.open(str(stream_path)) as source, av.open(str(path), "w") as output:
            stream = output.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(source.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    output.mux_one(packet)
    return path


def _kinds(data: bytes) -> list[int]:
    return [data[at + 3] >> 1 & 63 for at in range(len(data) - 4) if data[at : at + 3] == b"\0\0\1"]


def _cut(path: Path) -> tuple[Path, list[int]]:
    """The clip from its second group on, as a recorder splits it; and the numbers that can be shown."""
    packets = _open_groups()
    start = [at for at, packet in enumerate(packets) if packet[2]][1]
    kept = packets[start:]
    assert 21 in _kinds(kept[0][3]), "a clean random access point"
    leading = [packet[0] for packet in kept if set(_kinds(packet[3])) & {8, 9} and packet[0] < kept[0][0]]
    assert leading
    return _write(path, kept), sorted({packet[0] for packet in kept} - set(leading))


@pytest.mark.parametrize("extension", ["mkv", "mp4", "ts"])
def test_leading_pictures_behind_a_cut_are_no_losses(tmp_path: Path, extension: str) -> None:
    source, numbers = _cut(tmp_path / f"in.{extension}")
    rendered = render(source, tmp_path / "out.mp4")
    assert (rendered.damaged, rendered.partial) == (0, False)
    assert not [problem for problem in rendered.problems if "decoded" in problem or "damaged" in problem]
    assert rendered.length_notes == []
    assert [read_number(frame.planes[0]) for frame in frames_of(tmp_path / "out.mp4")] == numbers
    assert len(frame_times(source, info=probe(source))) == len(numbers)
    length = examine(source).length
    assert length is not None
    assert length.pictures == len(numbers)


def test_a_lost_picture_is_still_found(tmp_path: Path) -> None:
    packets = _open_groups()
    pts, dts, key, data = packets[5]
    packets[5] = (pts, dts, key, data[:8] + bytes(len(data) - 8))
    path = _write(tmp_path / "in.mkv", packets)
    rendered = render(path, tmp_path / "out.mp4")
    assert rendered.damaged or rendered.partial


def _unit(kind: int, bits: str) -> bytes:
    bits += "1" + "0" * (-(len(bits) + 1) % 8)
    return bytes([kind << 1, 1]) + int(bits, 2).to_bytes(len(bits) // 8, "big") + bytes(4)


def _pps(*, flagged: bool, extra_bits: int = 0) -> bytes:
    return _unit(34, f"11{0}{int(flagged)}{extra_bits:03b}")


def _slice(kind: int, *, shown: bool, extra_bits: int = 0) -> bytes:
    prior = "0" if 16 <= kind < 24 else ""
    return _unit(kind, f"1{prior}1{'0' * extra_bits}011{int(shown)}")


def _stream(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


@pytest.mark.parametrize("extra_bits", [0, 2])
@pytest.mark.parametrize("kind", [1, 19, 21])
def test_a_picture_may_say_that_it_is_not_shown(kind: int, extra_bits: int) -> None:
    output = HevcOutput()
    head = _pps(flagged=True, extra_bits=extra_bits)
    assert output.shows(_stream(head, _slice(kind, shown=True, extra_bits=extra_bits)))
    assert not output.shows(_stream(_slice(kind, shown=False, extra_bits=extra_bits)))
    assert output.shows(_stream(_pps(flagged=False), _slice(kind, shown=False)))


def test_leading_pictures_count_where_their_references_are_there() -> None:
    output = HevcOutput()
    assert output.shows(_stream(_slice(21, shown=True)))
    assert not output.shows(_stream(_slice(9, shown=True)))
    assert output.shows(_stream(_slice(1, shown=True)))
    assert output.shows(_stream(_slice(21, shown=True)))
    assert output.shows(_stream(_slice(8, shown=True))), "the group before is there"
    for end in (b"\0\0\1\x48\1", b"\0\0\0\2\x4a\1"):
        assert output.shows(_stream(_slice(1, shown=True)) + end)
        assert output.shows(_stream(_slice(21, shown=True)))
        assert not output.shows(_stream(_slice(9, shown=True))), "the sequence ended before"
    assert output.shows(_stream(_slice(16, shown=True)))
    assert not output.shows(_stream(_slice(8, shown=True))), "the link was broken on purpose"


@given(data=st.binary(max_size=80), extradata=st.binary(max_size=60))
def test_any_bytes_are_judged(data: bytes, extradata: bytes) -> None:
    for start in (b"", b"\1" + bytes(22)):
        output = HevcOutput(start + extradata)
        assert output.shows(data) in (True, False)
        assert output.shows(b"\0\0\1" + data) in (True, False)
