"""The sound of the review: pieces reach the output in order, and a system without sound plays silently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.gui.sound import SoundPlayer
from dashcamcleaner.media.sound_reader import read_sound
from tests.clips import Sound, make


class _Output:
    """Takes samples as a sound card would: a little at a time."""

    def __init__(self) -> None:
        self.heard, self.room = b"", 5000

    def start(self) -> _Output:
        return self

    def stop(self) -> None:
        pass

    def bytesFree(self) -> int:  # noqa: N802 - Qt's name
        return self.room

    def write(self, data: bytes) -> int:
        self.heard += data[:1001]
        return min(len(data), 1001)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("sound") / "clip.mp4", frames=15, sounds=(Sound(),)).path


def test_all_samples_are_heard_once_and_in_order(clip: Path, qtbot: Any) -> None:
    player, output = SoundPlayer(), _Output()
    player._output = output
    wanted = b"".join(read_sound(clip))
    player.play(clip, 0.0)
    qtbot.waitUntil(lambda: len(output.heard) >= len(wanted))
    player.stop()
    assert output.heard == wanted
    assert not player.playing


def test_it_stops_at_once_while_nobody_takes_samples(clip: Path, qtbot: Any) -> None:
    player, output = SoundPlayer(), _Output()
    player._output, output.room = output, 0
    player.play(clip, 0.0)
    assert player.playing
    player.stop()
    assert not player.playing
    assert output.heard == b""


def test_without_a_sound_output_it_says_why(clip: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PyQt5.QtMultimedia", None)
    player = SoundPlayer()
    player.play(clip, 0.0)
    assert not player.playing
    assert player.why_silent
    player.stop()
