"""Flags that become edits: what they take, and the sentence where they do not."""

from __future__ import annotations

import argparse

import pytest

from dashcamcleaner.cli.edit_flags import add_edit_flags, edits_of
from dashcamcleaner.core.edit_types import ClearZone, HiddenZone
from dashcamcleaner.core.track_edits import DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.errors import SettingError


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_edit_flags(parser.add_argument_group("Edits"))
    return parser.parse_args(words)


def test_flags_become_edits() -> None:
    words = ["--keep-track=3,7", "--drop-track=1", "--only-track=2", "--cover=0,0,50,50@1-2.5", "--exclude=-1,2,3,4"]
    assert edits_of(parsed(*words)) == (
        KeepTrack(3),
        KeepTrack(7),
        DropTrack(1),
        OnlyTrack(2),
        HiddenZone((0, 0, 50, 50), from_s=1, to_s=2.5),
        ClearZone((-1, 2, 3, 4)),
    )
    assert edits_of(parsed()) == ()


@pytest.mark.parametrize("ids", ["a", "1,", "1.5", "1;2"])
def test_what_is_no_track_is_told(ids: str) -> None:
    with pytest.raises(SettingError, match="--drop-track cannot be"):
        edits_of(parsed(f"--drop-track={ids}"))


@pytest.mark.parametrize(
    "box",
    ["1,2,3", "1,2,3,4,5", "9,0,1,1", "a,b,c,d", "0,0,nan,1", "0,0,1,1@3", "0,0,1,1@3-2", "0,0,1,1@-", "0,0,inf,1"],
)
def test_what_is_no_box_is_told(box: str) -> None:
    with pytest.raises(SettingError, match="is no box"):
        edits_of(parsed(f"--cover={box}"))
