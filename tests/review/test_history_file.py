"""Undo survives reopening, and never brings back what somebody else planted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashcamcleaner.core.edit_types import UnknownEdit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.review_edits import CheckedSpot, KeepSpan
from dashcamcleaner.core.track_edits import KeepTrack
from dashcamcleaner.review.history_file import HistoryFile

ONE, TWO = Edits.of(KeepTrack(1)), Edits.of(KeepTrack(1), KeepSpan(2, 0.5, 1.5))
SPOT = Edits.of(
    CheckedSpot((1.0, 2.0, 30.0, 40.0), 0.5, 1.0, "face"), UnknownEdit('{"edit":"tint","of":"a b"}', "tint")
)
STATES = [Edits(), ONE, TWO, SPOT]


@pytest.fixture()
def file(tmp_path: Path) -> HistoryFile:
    return HistoryFile(tmp_path / "clip.mp4.plan.jsonl")


def test_all_states_are_read_again_with_the_one_in_force(file: HistoryFile) -> None:
    file.write(STATES, 2)
    assert file.path.name == "clip.mp4.history.jsonl"
    assert file.read(TWO) == (STATES, 2)
    assert file.path.stat().st_mode & 0o077 == 0


def test_edits_that_were_changed_elsewhere_are_one_more_step(file: HistoryFile) -> None:
    file.write(STATES, 1)
    other = Edits.of(KeepTrack(9))
    assert file.read(other) == ([Edits(), ONE, other], 2)


@pytest.mark.parametrize("change", [b"keep|drop", b'"at": 2|"at": 3', b'"seal"|"xeal"', b"}|", b"[|{"])
def test_what_was_not_written_here_is_left_alone(file: HistoryFile, change: bytes) -> None:
    file.write(STATES, 2)
    old, new = change.split(b"|")
    before = file.path.read_bytes()
    file.path.write_bytes(before.replace(old, new))
    assert file.path.read_bytes() != before
    assert file.read(TWO) == ([TWO], 0)


def test_a_planted_history_without_a_seal_is_left_alone(file: HistoryFile) -> None:
    header = {"history": "dashcamcleaner", "version": [1, 0], "at": 0, "seal": ""}
    file.path.write_text(json.dumps(header) + '\n["{\\"edit\\":\\"keep\\",\\"track\\":1}"]\n')
    assert file.read(Edits()) == ([Edits()], 0)


def test_one_state_needs_no_file_and_many_make_room(file: HistoryFile) -> None:
    file.write(STATES, 2)
    file.write([Edits()], 0)
    assert not file.path.exists()
    many = [Edits.of(KeepTrack(number)) for number in range(500)]
    file.write(many, 499)
    states, at = file.read(many[499])
    assert (len(states), at, states[-1]) == (200, 199, many[499])
    file.write(many, 10)
    assert file.read(many[10]) == (many[10:210], 0)
