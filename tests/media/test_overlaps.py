"""Texts that overlap keep their times where one sample is shown at a time."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import make
from hypothesis import given
from hypothesis import strategies as st
from rendering import fate, render

from dashcamcleaner.media.overlaps import Piece, TimedTexts


def _pieces(*texts: tuple[int, int, str]) -> list[Piece]:
    joiner = TimedTexts(longest=5000)
    return [*(piece for text in texts for piece in joiner.add(*text)), *joiner.finish()]


def test_texts_apart_stay_as_they_are() -> None:
    assert _pieces((0, 10, "a"), (20, 30, "b")) == [Piece(0, 10, ("a",)), Piece(20, 30, ("b",))]


def test_overlapping_texts_are_shown_together() -> None:
    assert _pieces((200, 1500, "long"), (800, 1200, "short"), (1600, 1900, "last")) == [
        Piece(200, 800, ("long",)),
        Piece(800, 1200, ("long", "short")),
        Piece(1200, 1500, ("long",)),
        Piece(1600, 1900, ("last",)),
    ]


def test_a_text_without_an_end_is_shown_until_the_next() -> None:
    assert _pieces((0, 0, "a"), (700, 0, "b")) == [Piece(0, 700, ("a",)), Piece(700, 5700, ("b",))]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), min_size=1, max_size=12))
def test_at_every_moment_the_same_is_shown(spans: list[tuple[int, int]]) -> None:
    texts = [(start, start + length, str(number)) for number, (start, length) in enumerate(sorted(spans))]
    pieces = _pieces(*texts)
    assert all(before.end <= after.start for before, after in itertools.pairwise(pieces))
    for moment in range(110):
        wanted = tuple(text for start, end, text in texts if start <= moment < end)
        shown = next((piece.texts for piece in pieces if piece.start <= moment < piece.end), ())
        assert shown == wanted


@pytest.mark.parametrize("extension", ["mp4", "mov"])
def test_no_text_drifts(tmp_path: Path, extension: str) -> None:
    spoken = ((0.2, 1.5, "please turn left"), (0.8, 1.2, "mind the dog"), (1.6, 1.9, "we are there"))
    source = make(
        tmp_path / "in.mkv", frames=60, subtitles=spoken, time_base=Fraction(1, 1000), rate=25, pts=range(0, 2400, 40)
    )
    rendered = render(source.path, tmp_path / f"out.{extension}")
    assert fate(rendered.plan, "subtitles 1") == "converted"
    found = []
    with av.open(str(tmp_path / f"out.{extension}")) as written:
        stream = written.streams.subtitles[0]
        for packet in written.demux(stream):
            text = bytes(packet)[2:].decode()
            if text:
                times = [round(float(value * stream.time_base), 3) for value in (packet.pts, packet.duration)]
                found.append((*times, text))
    expected = [
        (0.2, 0.6, "please turn left"),
        (0.8, 0.4, "please turn left\nmind the dog"),
        (1.2, 0.3, "please turn left"),
        (1.6, 0.3, "we are there"),
    ]
    assert [text for *_, text in found] == [text for *_, text in expected]
    for one, other in zip(found, expected, strict=True):
        assert one[:2] == pytest.approx(other[:2], abs=0.0015)
