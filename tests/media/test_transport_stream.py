"""Data on packet identifiers that appear late, or that no table announces: listed as dropped, and no damage."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from clips import Made, Sound, make
from hypothesis import given
from hypothesis import strategies as st
from rendering import render

from dashcamcleaner.audit.container import examine
from dashcamcleaner.media import transport_stream
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.transport_stream import packets_by_pid

GPS = b"$GPRMC,121314,A,5231.12,N,01324.55,E*11"


def _packet(pid: int, *, count: int, stream: int = 0xBF) -> bytes:
    """A transport packet that begins a private PES packet."""
    pes = b"\x00\x00\x01" + bytes([stream]) + (170).to_bytes(2, "big") + GPS
    return (bytes([0x47, 0x40 | pid >> 8, pid & 0xFF, 0x10 | count & 15]) + pes).ljust(188, b"\xff")


def _with_pid(made: Made, pid: int, *, places: tuple[float, ...], stream: int = 0xBF) -> Path:
    data = made.path.read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    for count, place in enumerate(places):
        packets.insert(round(place * len(packets)), _packet(pid, count=count, stream=stream))
    made.path.write_bytes(b"".join(packets))
    return made.path


def _clip(path: Path) -> Made:
    return make(path, frames=60, time_base=Fraction(1, 90_000), sounds=(Sound(),), busy=True, size=(160, 96))


@pytest.mark.parametrize("stream", [0xBD, 0xBF, 0xE0, 0xC0], ids=["private 1", "private 2", "as video", "as sound"])
@pytest.mark.parametrize("places", [(0.5, 0.7, 0.9), (0.99,), (0.05, 0.5)], ids=["late", "at the end", "early"])
def test_late_identifiers_are_no_damage(tmp_path: Path, stream: int, places: tuple[float, ...]) -> None:
    source = _with_pid(_clip(tmp_path / "in.ts"), 0x300, places=places, stream=stream)
    output = tmp_path / "out.mp4"
    rendered = render(source, output)
    assert (rendered.partial, rendered.damaged, rendered.problems) == (False, 0, [])
    assert len(rendered.times) == 60
    told = [action for action in rendered.plan.actions if "0x300" in action.what or "data" in action.what]
    assert [action.action for action in told] == ["dropped"]
    assert b"GPRMC" not in output.read_bytes()
    # The sound goes on behind the place where the identifier appears.
    assert len(examine(output).audio[0].packets) == len(examine(source).audio[0].packets)


def test_a_clip_without_them_tells_nothing(tmp_path: Path) -> None:
    made = _clip(tmp_path / "in.ts")
    assert not [stream for stream in probe(made.path).streams if stream.type == "pid"]
    assert set(packets_by_pid(made.path)) == {0x100, 0x101}


@pytest.mark.parametrize("size", [192, 204])
def test_other_packet_sizes(tmp_path: Path, size: int) -> None:
    made = _clip(tmp_path / "in.ts")
    path = _with_pid(made, 0x321, places=(0.5,))
    data = path.read_bytes()
    rows = [data[at : at + 188] for at in range(0, len(data), 188)]
    path.write_bytes(b"".join(bytes(4) + row if size == 192 else row + bytes(16) for row in rows))
    assert packets_by_pid(path)[0x321] == 1


def test_windows_meet_without_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _clip(tmp_path / "in.ts")
    made.path.write_bytes(b"\x00" * 7 + made.path.read_bytes())  # packets do not begin where windows do
    whole = packets_by_pid(made.path)
    monkeypatch.setattr(transport_stream, "_WINDOW_BYTES", 188 * 40)
    monkeypatch.setattr(transport_stream, "_MOST_WINDOWS", 10_000)
    parts = packets_by_pid(made.path)
    assert {pid: count for pid, count in parts.items() if pid in whole} == pytest.approx(whole, rel=0.1)


@given(data=st.binary(max_size=2000))
def test_any_bytes_are_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "x.ts"
    path.write_bytes(data)
    assert isinstance(packets_by_pid(path), dict)
    path.write_bytes((b"\x47" + data[:187]).ljust(188, b"\x00") * 6)
    assert isinstance(packets_by_pid(path), dict)
