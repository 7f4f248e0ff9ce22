"""Sound that is announced and begins late, or never, in a file whose head does not tell its form."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import Sound, clicks_s, flashes_s, make
from rendering import fate, render

MPEG = Fraction(1, 90_000)


def _slow_clip(path: Path, *, seconds: int, sounds: tuple[Sound, ...]) -> bytes:
    """Five pictures a second, so that many seconds are few pictures."""
    made = make(path, frames=5 * seconds, rate=5, gop=5, size=(160, 96), time_base=MPEG, sounds=sounds)
    return made.path.read_bytes()


def _without_sound_packets(data: bytes) -> bytes:
    """A transport stream whose tables announce sound, and that holds none."""
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    return b"".join(one for one in packets if (one[1] & 31) << 8 | one[2] != 0x101)


@pytest.mark.parametrize("codec", ["aac", "ac3", "mp2"])
@pytest.mark.parametrize("extension", [".mp4", ".mkv", ".webm"])
def test_sound_that_begins_late_is_whole(tmp_path: Path, codec: str, extension: str) -> None:
    source = tmp_path / "in.ts"
    _slow_clip(source, seconds=12, sounds=(Sound(codec, start_s=8),))
    output = tmp_path / f"out{extension}"
    rendered = render(source, output)
    assert len(rendered.times) == 60
    clicks = clicks_s(output)
    assert len(clicks) == 4
    for flash in flashes_s(output)[8:]:
        assert min(abs(click - flash) for click in clicks) < 0.03
    if extension != ".webm":
        assert fate(rendered.plan, "sound") == "copied"


@pytest.mark.parametrize("start_s", [3, 3600])
def test_sound_of_the_second_recording_alone_is_whole(tmp_path: Path, start_s: int) -> None:
    """The tables at the file's head do not announce it."""
    silent = make(tmp_path / "a.ts", frames=90, gop=30, time_base=MPEG, size=(160, 96))
    heard = make(
        tmp_path / "b.ts", frames=60, gop=30, time_base=MPEG, size=(160, 96), start_pts=start_s * 90_000,
        sounds=(Sound(start_s=start_s),),
    )  # fmt: skip
    joined = tmp_path / "in.ts"
    joined.write_bytes(silent.path.read_bytes() + heard.path.read_bytes())
    output = tmp_path / "out.mp4"
    rendered = render(joined, output)
    assert len(rendered.times) == 150
    assert fate(rendered.plan, "sound") == "copied"
    flashes, clicks = flashes_s(output), clicks_s(output)
    assert len(flashes) == 5
    assert len(clicks) == 2
    for click in clicks:
        assert min(abs(click - flash) for flash in flashes) < 0.03
    with av.open(str(output)) as written:
        assert float(written.duration) / av.time_base < 5.2


@pytest.mark.parametrize("codec", ["aac", "ac3"])
def test_announced_sound_that_never_comes_is_told_and_does_not_end_the_run(tmp_path: Path, codec: str) -> None:
    """A microphone that is switched off."""
    source = tmp_path / "in.ts"
    source.write_bytes(_without_sound_packets(_slow_clip(source, seconds=3, sounds=(Sound(codec),))))
    output = tmp_path / "out.mp4"
    rendered = render(source, output)
    assert len(rendered.times) == 15
    assert fate(rendered.plan, "sound") == "dropped"
    with av.open(str(output)) as written:
        assert [stream.type for stream in written.streams] == ["video"]
