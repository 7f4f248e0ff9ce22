"""Recordings joined into one file: the clock starts again or leaps; intact pictures stay, and sound stays in sync."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from clips import Sound, clicks_s, flashes_s, make
from rendering import render

MPEG = Fraction(1, 90_000)


def _part(path: Path, *, start_s: int = 0, sound: str = "aac", b_frames: int = 0) -> bytes:
    made = make(
        path, frames=50, gop=25, time_base=MPEG, start_pts=start_s * 90_000, b_frames=b_frames,
        sounds=(Sound(sound, start_s=start_s),),
    )  # fmt: skip
    return made.path.read_bytes()


@pytest.mark.parametrize(
    ("starts", "word"),
    [((0, 0), "jumps back"), ((0, 0, 0, 0), "jumps back"), ((0, 2), ""), ((0, 3600), "jumps forward"),
     ((0, 3600, 0), "jumps"), ((500, 40), "jumps"), ((0, 100, 4000), "jumps forward")],
    ids=["again", "four", "going on", "an hour", "there and back", "an earlier one", "twice"],
)  # fmt: skip
def test_joined_recordings(tmp_path: Path, starts: tuple[int, ...], word: str) -> None:
    joined = tmp_path / "in.ts"
    joined.write_bytes(b"".join(_part(tmp_path / "part.ts", start_s=start, b_frames=2) for start in starts))
    output = tmp_path / "out.mp4"
    rendered = render(joined, output)
    assert len(rendered.times) == 50 * len(starts)
    assert (rendered.damaged, rendered.partial) == (0, False)
    assert any(word in problem for problem in rendered.problems)
    assert rendered.length_notes == []
    assert rendered.times[-1] - rendered.times[0] < 2 * len(starts)
    clicks, flashes = clicks_s(output), flashes_s(output)
    assert len(flashes) == 2 * len(starts)
    for flash in flashes:
        assert min(abs(click - flash) for click in clicks) < 0.03


def test_converted_sound_follows_too(tmp_path: Path) -> None:
    joined = tmp_path / "in.ts"
    joined.write_bytes(b"".join(_part(tmp_path / "part.ts", start_s=start, sound="mp2") for start in (0, 3600, 0)))
    output = tmp_path / "out.webm"
    render(joined, output)
    clicks = clicks_s(output)
    for flash in flashes_s(output):
        assert min(abs(click - flash) for click in clicks) < 0.03


def test_a_hole_inside_a_group_is_still_damage(tmp_path: Path) -> None:
    """Only where a key frame follows at once is a hole believed to lie between recordings."""
    made = make(tmp_path / "a.ts", frames=60, gop=20, busy=True, time_base=MPEG, size=(160, 96))
    data = made.path.read_bytes()
    hole = len(data) // 188 // 2 * 188
    made.path.write_bytes(data[:hole] + data[hole + 188 * 12 :])
    rendered = render(made.path, tmp_path / "out.mp4")
    assert rendered.partial
    assert rendered.damaged
