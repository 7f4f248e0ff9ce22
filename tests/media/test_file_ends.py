"""Files whose end is no part of a clip: a fragment's header that is cut off, zeros of a recorder that reserves room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import make, read_number
from rendering import frames_of, render

from dashcamcleaner.audit.container import examine
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.file_ends import broken_fragment_at, end_before_zeros
from dashcamcleaner.media.mp4_boxes import box_header
from dashcamcleaner.media.packets import open_source
from dashcamcleaner.media.probe import probe


def _fragmented(path: Path) -> bytes:
    """Four fragments of ten pictures each."""
    made = make(path.with_suffix(".mkv"), frames=40, gop=10)
    with av.open(str(made.path)) as source, av.open(
        str(path), "w", container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    ) as output:  # fmt: skip
        target = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = target
                output.mux(packet)
    return path.read_bytes()


def _fragments(data: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at + 8 <= len(data):
        length, name, _ = box_header(data[at : at + 16], rest=len(data) - at)
        if name == b"moof":
            yield at, length
        at += length


@pytest.mark.parametrize("left", [4, 8, 30, -1], ids=["of its length", "its name alone", "a part", "all but a byte"])
def test_fragments_before_a_broken_one_are_cleaned_and_the_loss_is_told(left: int, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    data = _fragmented(source)
    at, length = list(_fragments(data))[2]
    source.write_bytes(data[: at + left % length])
    rendered = render(source, tmp_path / "out.mp4")
    assert len(rendered.times) == 20
    assert rendered.partial
    assert any("ends early" in problem for problem in rendered.problems)
    assert [read_number(frame.planes[0]) for frame in frames_of(tmp_path / "out.mp4")] == list(range(20))
    assert broken_fragment_at(source) == at
    examine(source)  # the audit reads it, too


def test_whole_fragments_and_padding_are_no_break(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    data = _fragmented(source)
    for end in (b"", bytes(5)):
        source.write_bytes(data + end)
        assert broken_fragment_at(source) is None
        assert not probe(source).cut


def test_a_file_whose_first_fragment_is_broken_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    data = _fragmented(source)
    at, length = next(_fragments(data))
    source.write_bytes(data[: at + length // 2])
    with pytest.raises(InputError):
        probe(source)


@pytest.mark.parametrize("extension", ["mkv", "avi", "flv", "mpg", "ts", "m2ts"])
def test_zeros_behind_a_clip_are_not_searched(extension: str, tmp_path: Path) -> None:
    clock = {"avi": Fraction(1, 25), "flv": Fraction(1, 1000)}.get(extension, Fraction(1, 90_000))
    source = make(tmp_path / f"in.{extension}", frames=20, rate=25, time_base=clock).path
    size, before = source.stat().st_size, len(frames_of(source))
    os.truncate(source, 200 << 20)
    end = end_before_zeros(source)
    assert end is not None
    assert size - 188 < end <= size + (64 << 20)
    with open_source(source) as container:
        assert container.size == end
    if extension in ("ts", "m2ts", "mkv"):
        with open_clip(source, info=probe(source)) as decoder:
            assert len(list(decoder)) == before == 20
        assert not decoder.partial


def test_what_follows_zeros_is_read(tmp_path: Path) -> None:
    """A hole is no end: what lies behind it may show somebody."""
    source = make(tmp_path / "in.mkv", frames=20).path
    os.truncate(source, 100 << 20)
    with source.open("ab") as file:
        file.write(b"\x1f\x43\xb6\x75")
    assert end_before_zeros(source) is None


@pytest.mark.parametrize(("zeros_mb", "told"), [(60, False), (90, True)])
def test_zeros_that_may_be_a_black_picture_are_kept(zeros_mb: int, told: bool, tmp_path: Path) -> None:
    source = tmp_path / "in.mkv"
    source.write_bytes(b"\x1a\x45\xdf\xa3 and what follows")
    size = source.stat().st_size
    os.truncate(source, size + (zeros_mb << 20))
    end = end_before_zeros(source)
    assert (end is not None) is told
    assert end is None or end >= size + (64 << 20)
