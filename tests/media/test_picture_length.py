"""Length and number of pictures: of source and output, compared after every run."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import Sound, make, vfr_pts
from hypothesis import given
from hypothesis import strategies as st
from rendering import render

from dashcamcleaner.errors import OutputError
from dashcamcleaner.media import encoder as encoder_module
from dashcamcleaner.media.picture_length import PictureLength, length_difference_s, length_notes
from dashcamcleaner.media.probe import probe

TICK = Fraction(1, 1000)


def _length(times: list[int | None], *, rate: Fraction | None = Fraction(25)) -> PictureLength:
    length = PictureLength(time_base=TICK, rate=rate)
    for time in times:
        length.add(time)
    return length


def test_from_the_first_picture_to_the_end_of_the_last() -> None:
    assert _length([0, 40, 80]).seconds == Fraction(12, 100)
    assert _length([100, 140, 180]).seconds == Fraction(12, 100)
    assert _length([0, 120, 40, 80]).seconds == Fraction(16, 100)


def test_without_times_the_rate_tells() -> None:
    assert _length([None] * 50).seconds == 2
    assert _length([None] * 50, rate=None).seconds is None


def test_a_clock_that_starts_again_counts_once() -> None:
    assert _length([0, 40, 80, 9_000_000, 9_000_040]).seconds == Fraction(20, 100)
    assert _length([50_000, 50_040, 0, 40]).seconds == Fraction(16, 100)


@given(steps=st.lists(st.integers(1, 900), min_size=2, max_size=60), data=st.data())
def test_the_order_of_decoding_does_not_matter(steps: list[int], data: st.DataObject) -> None:
    times: list[int | None] = [0]
    for step in steps[:16]:
        times.append((times[-1] or 0) + step // 16 + 1)
    shuffled = [times[0], *data.draw(st.permutations(times[1:]))]
    assert _length(shuffled).seconds == _length(times).seconds


def test_what_differs_is_told() -> None:
    source = _length([number * 40 for number in range(100)])
    assert length_notes(source, _length([number * 40 for number in range(100)])) == []
    fast = _length(list(range(100)))
    assert "last 4.000 s, the output's 0.1" in length_notes(source, fast)[0]
    assert length_difference_s(source, fast) == Fraction(-39, 10)
    assert "100 pictures, the output 90" in length_notes(source, _length([n * 40 for n in range(90)]))[0]
    assert "not told" in length_notes(_length([None] * 5, rate=None), source)[-1]


@pytest.mark.parametrize(
    "recipe",
    [
        ("in.mp4", {"pts": vfr_pts(40), "b_frames": 3}),
        ("in.mkv", {"time_base": TICK, "rate": 25}),
        ("in.ts", {"time_base": Fraction(1, 90_000), "b_frames": 2, "start_pts": 900_000}),
        ("in.h264", {"time_base": Fraction(1, 30), "b_frames": 2}),
        ("in.hevc", {"codec": "libx265", "time_base": Fraction(1, 30)}),
        ("in.avi", {"codec": "mpeg4", "options": {}, "time_base": Fraction(1, 30)}),
        (
            "in.mjpeg",
            {"codec": "mjpeg", "pix_fmt": "yuvj420p", "options": {}, "time_base": Fraction(1, 25), "rate": 25},
        ),
        ("in.m2v", {"codec": "mpeg2video", "options": {}, "time_base": Fraction(1, 30)}),
        ("in.flv", {"time_base": TICK, "rate": 25}),
    ],
    ids=lambda recipe: recipe[0],
)
def test_no_length_changes(tmp_path: Path, recipe: tuple[str, dict[str, object]]) -> None:
    name, changes = recipe
    made = make(tmp_path / name, **{"frames": 40, **changes})
    rendered = render(made.path, tmp_path / "out.mp4")
    assert rendered.length_notes == []
    assert len(rendered.times) == 40
    with av.open(str(tmp_path / "out.mp4")) as written:
        stream = written.streams.video[0]
        assert stream.frames == 40
        assert float(stream.duration * stream.time_base) == pytest.approx(
            float(made.times[-1] - made.times[0]) * 40 / 39, rel=0.06
        )


@pytest.mark.parametrize(("rate", "name"), [(30, "in.h264"), (50, "in.h264"), (24, "in.hevc")])
def test_pictures_without_times_run_at_the_streams_own_rate(tmp_path: Path, rate: int, name: str) -> None:
    """Elementary streams: the reader makes up 25 a second, the stream itself says otherwise."""
    codec = "libx265" if name.endswith("hevc") else "libx264"
    made = make(tmp_path / name, frames=50, rate=rate, time_base=Fraction(1, rate), codec=codec)
    rendered = render(made.path, tmp_path / "out.mp4")
    assert rendered.info.frame_rate == rate
    assert rendered.times[-1] - rendered.times[0] == pytest.approx(Fraction(49, rate), abs=1e-5)
    assert not any("assumed" in warning for warning in rendered.info.warnings)


def test_a_rate_that_is_assumed_is_told(tmp_path: Path) -> None:
    made = make(tmp_path / "in.obu", codec="libsvtav1", options={"preset": "10"}, frames=3)
    assert any("25 pictures a second are assumed" in warning for warning in probe(made.path).warnings)


def test_an_output_that_is_not_what_was_written_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that loses what it was given: the run fails, and nothing is left."""

    class Forgetful(PictureLength):
        def add(self, pts: int | None) -> None:
            super().add(None if pts is None else pts * 2)

    made = make(tmp_path / "in.mp4", frames=40, sounds=(Sound(),))
    monkeypatch.setattr(encoder_module, "PictureLength", Forgetful)
    told: list[PictureLength] = []
    monkeypatch.setattr(encoder_module, "length_notes", lambda asked, written: told.append(asked) or ["It differs."])
    with pytest.raises(OutputError, match="not what was written: It differs"):
        render(made.path, tmp_path / "out.mp4")
    assert told[0].pictures == 40


def test_a_clock_that_stands_still_tells_no_length() -> None:
    """Pictures last as long as the rate says; a length that fits is none the worse for it, another one is untold."""
    stuck = _length([500] * 100)
    assert stuck.stuck == 98
    assert length_difference_s(stuck, _length([number * 40 for number in range(100)])) == 0
    assert length_difference_s(_length([500] * 100, rate=None), _length([n * 40 for n in range(100)])) is None
    halfway = _length([*range(0, 2000, 40), *([2000] * 50)])
    assert halfway.seconds == pytest.approx(4, abs=0.1)
    caught_up = _length([*range(0, 2000, 40), *([2000] * 50), *range(4000, 6000, 40)])
    assert length_difference_s(caught_up, _length([n * 40 for n in range(150)])) is None
    assert "not told" in length_notes(caught_up, _length([n * 40 for n in range(150)]))[-1]
    assert _length([0, 40, 40, 80]).stuck == 0
