"""Sound for listening: from any second on, in step with the picture, and how loud it is over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.errors import InputError
from dashcamcleaner.media.sound_reader import CHANNELS, RATE, read_sound, sound_levels
from tests.clips import Sound, clicks_s, make


def samples(path: Path, from_s: float = 0.0) -> np.ndarray:
    return np.frombuffer(b"".join(read_sound(path, from_s=from_s)), "<i2").reshape(-1, CHANNELS)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("sound") / "clip.mp4", frames=75, sounds=(Sound(),)).path


def test_a_click_is_heard_in_its_second(clip: Path) -> None:
    heard = np.abs(samples(clip).astype(float)).max(axis=1)
    for click in (one for one in clicks_s(clip) if one < 2.3):
        around = heard[max(0, round((click - 0.02) * RATE)) : round((click + 0.03) * RATE)]
        assert around.max() > 0.5 * heard.max()


def test_it_begins_at_any_second(clip: Path) -> None:
    whole, late = samples(clip), samples(clip, 1.0)
    assert abs(len(whole) - len(late) - RATE) < RATE * 0.05
    clicks = [click - 1.0 for click in clicks_s(clip) if click > 1.05]
    loud = np.abs(late.astype(float)).max(axis=1)
    for click in clicks:
        assert loud[max(0, round((click - 0.02) * RATE)) : round((click + 0.03) * RATE)].max() > 0.5 * loud.max()


def test_levels_show_where_it_is_loud(clip: Path) -> None:
    levels = sound_levels(clip, end_s=2.0, buckets=40)
    assert len(levels) == 40
    assert 0 <= min(levels) <= max(levels) <= 1
    clicks = {min(39, int(click * 20)) for click in clicks_s(clip) if click < 2.0}
    assert max(levels) == max(levels[place] for near in clicks for place in range(max(0, near - 1), min(40, near + 2)))
    assert not any(sound_levels(clip, end_s=2.0, cancelled=lambda: True))


def test_silence_and_what_is_no_clip(tmp_path: Path) -> None:
    mute = make(tmp_path / "mute.mp4", frames=10).path
    assert not list(read_sound(mute))
    assert sound_levels(mute, end_s=1.0) == []
    (tmp_path / "none.mp4").write_text("no clip")
    with pytest.raises(InputError, match="cannot be read"):
        list(read_sound(tmp_path / "none.mp4"))
