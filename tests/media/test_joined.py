"""Recordings joined into one file: the clock starts again or leaps; intact pictures stay, and sound stays in sync."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Sound, clicks_s, flashes_s, make, read_number
from rendering import frames_of, render

from dashcamcleaner.audit.container import examine
from dashcamcleaner.media.picture_length import length_difference_s

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


@pytest.mark.parametrize(
    ("second", "inner"),
    [
        ({"size": (320, 180)}, (0, 30, 320, 210)),
        ({"size": (160, 180)}, (53, 0, 267, 240)),
        ({"size": (640, 480)}, (0, 0, 320, 240)),
        ({"size": (160, 240), "sample_aspect": Fraction(2)}, (0, 0, 320, 240)),
        ({"size": (320, 240), "sample_aspect": Fraction(4, 3)}, (0, 30, 320, 210)),
    ],
    ids=["wider", "narrower", "larger", "other samples", "same size, wider"],
)
@pytest.mark.parametrize("ten_bits", [False, True])
def test_a_joined_recording_of_another_shape_is_not_squeezed(
    tmp_path: Path, second: dict[str, Any], inner: tuple[int, int, int, int], ten_bits: bool
) -> None:
    joined = tmp_path / "in.ts"
    more = {"time_base": MPEG, "frames": 8, "pix_fmt": "yuv420p10le" if ten_bits else "yuv420p"}
    first = make(tmp_path / "a.ts", size=(320, 240), **more).path.read_bytes()
    joined.write_bytes(first + make(tmp_path / "b.ts", start_pts=8 * 3000, **more, **second).path.read_bytes())
    rendered = render(joined, tmp_path / "out.mp4")
    assert len(rendered.times) == 16
    assert (rendered.damaged, rendered.partial) == (0, False)
    x1, y1, x2, y2 = inner
    for number, frame in enumerate(frames_of(tmp_path / "out.mp4")):
        luma = frame.planes[0].astype(int) >> (2 if ten_bits else 0)
        own = luma if number < 8 else luma[y1:y2, x1:x2]
        assert read_number(own) == number % 8
        if number >= 8:
            outside = np.ones(luma.shape, bool)
            outside[max(y1 - 2, 0) : y2 + 2, max(x1 - 2, 0) : x2 + 2] = False
            assert not outside.any() or luma[outside].mean() < 19
    assert any("changes within the clip" in problem for problem in rendered.problems)


@pytest.mark.parametrize(("extension", "told"), [("mkv", False), ("mp4", True)])
def test_the_run_in_of_sound_stays_in_mkv_or_is_told(extension: str, told: bool, tmp_path: Path) -> None:
    clock = {"time_base": Fraction(1, 1000), "rate": 25} if extension == "mkv" else {}
    source = make(tmp_path / f"in.{extension}", sounds=(Sound(),), **clock).path
    rendered = render(source, tmp_path / "out.mkv")
    counts = []
    for path in (source, tmp_path / "out.mkv"):
        with av.open(str(path)) as container:
            counts.append(sum(bool(packet.size) for packet in container.demux(container.streams.audio[0])))
    assert counts[0] - counts[1] == int(told)
    assert any("run-in" in problem for problem in rendered.problems) is told
    assert rendered.times[0] == 0


@pytest.mark.parametrize("overlap_s", [Fraction(1, 5), Fraction(1, 2), Fraction(6, 5)])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_recordings_that_overlap_follow_one_another(tmp_path: Path, overlap_s: Fraction, b_frames: int) -> None:
    """Cameras that film in a loop begin each file a moment before the last one ends."""
    parts = []
    for start_s in (Fraction(0), 2 - overlap_s):
        made = make(
            tmp_path / "part.ts", frames=60, gop=30, time_base=MPEG, start_pts=int(start_s * 90_000), size=(160, 96),
            b_frames=b_frames, sounds=(Sound(start_s=float(start_s), seconds=2),),
        )  # fmt: skip
        parts.append(made.path.read_bytes())
    joined, output = tmp_path / "in.ts", tmp_path / "out.mp4"
    joined.write_bytes(b"".join(parts))
    rendered = render(joined, output)
    shown = [read_number(frame.planes[0]) for frame in frames_of(output)]
    assert shown == [*range(60), *range(60)]
    assert (rendered.damaged, rendered.partial) == (0, False)
    assert rendered.length_notes == []
    steps = {float(b - a) for a, b in itertools.pairwise(rendered.times)}
    assert max(steps) == pytest.approx(1 / 30, abs=1e-4) == min(steps)
    before, after = examine(joined).length, examine(output).length  # as an audit measures both
    assert before is not None
    assert after is not None
    assert length_difference_s(before, after) == 0
    flashes = flashes_s(output)
    assert len(flashes) >= 3
    for click in clicks_s(output):
        assert min(abs(click - flash) for flash in flashes) < 0.04
