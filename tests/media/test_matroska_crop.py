"""Edges that a Matroska file cuts off: told, and kept where the output can say so."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from clips import make
from hypothesis import given
from hypothesis import strategies as st
from rendering import fate, render

from dashcamcleaner.media.matroska_crop import aperture_of, crops_of
from dashcamcleaner.media.mp4_boxes import read_boxes
from dashcamcleaner.media.probe import probe


def _grown(data: bytearray, place: int, more: int) -> int:
    """Make the length at a place greater, and give where it ends."""
    width = 9 - data[place].bit_length()
    mark = 1 << 7 * width
    length = (int.from_bytes(data[place : place + width], "big") & (mark - 1)) + more
    data[place : place + width] = (length | mark).to_bytes(width, "big")
    return place + width


def _cropped(path: Path, *, left: int, bottom: int) -> Path:
    """A clip whose picture's element tells its edges, at its end."""
    data = bytearray(make(path, frames=3, time_base=Fraction(1, 1000), rate=25).path.read_bytes())
    more = b"\x54\xcc\x81" + bytes([left]) + b"\x54\xaa\x81" + bytes([bottom])
    tracks = data.rindex(b"\x16\x54\xae\x6b")
    entry = data.index(b"\xae\x01\0\0", tracks + 4)
    video = data.index(b"\xe0", data.index(b"\x83\x81\x01\x23", entry) + 10)
    _grown(data, tracks + 4, len(more))
    _grown(data, entry + 1, len(more))
    start = _grown(data, video + 1, len(more))
    end = start + (data[video + 1] & 0x7F) - len(more)
    data[end:end] = more
    path.write_bytes(bytes(data))
    return path


def test_what_is_cut_off_is_kept_or_told(tmp_path: Path) -> None:
    source = _cropped(tmp_path / "in.mkv", left=8, bottom=20)
    assert crops_of(source) == [(8, 0, 0, 20)]
    assert [mark.name for mark in probe(source).marks] == ["clean aperture"]
    assert fate(render(source, tmp_path / "out.mkv").plan, "clean aperture") == "dropped"
    assert fate(render(source, tmp_path / "out.mp4").plan, "clean aperture") == "copied"
    data = (tmp_path / "out.mp4").read_bytes()
    found = read_boxes(lambda offset, length: data[offset : offset + length], size=len(data))
    assert list(found.apertures.values()) == [aperture_of((8, 0, 0, 20), (320, 180))]


def test_whole_pictures_have_no_mark(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mkv", frames=3, time_base=Fraction(1, 1000), rate=25).path
    assert crops_of(source) == [(0, 0, 0, 0)]
    assert probe(source).marks == ()
    assert crops_of(make(tmp_path / "in.mp4", frames=3).path) == []


@pytest.mark.parametrize(
    ("crop", "content"),
    [((0, 0, 0, 0), (320, 1, 180, 1, 0, 2, 0, 2)), ((8, 2, 4, 0), (308, 1, 178, 1, 4, 2, 2, 2))],
)
def test_the_middle_is_moved_by_half_of_what_lacks(crop: tuple[int, int, int, int], content: tuple[int, ...]) -> None:
    assert aperture_of(crop, (320, 180)) == b"".join(number.to_bytes(4, "big") for number in content)
    assert aperture_of((200, 0, 200, 0), (320, 180)) == b""


@given(data=st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.mkv"
    segment = b"\x18\x53\x80\x67\x01" + b"\xff" * 7
    for start in (b"", b"\x80", b"\x80" + segment, b"\x80" + segment + b"\x16\x54\xae\x6b"):
        path.write_bytes(b"\x1a\x45\xdf\xa3" + start + data)
        assert all(len(crop) == 4 for crop in crops_of(path))
