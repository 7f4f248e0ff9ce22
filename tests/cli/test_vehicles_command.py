"""Vehicles on the command line: listed by the tracks of their plates, merged, split, styled and kept."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.cli import main
from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.plan import Observation, Origin, Region
from dashcamcleaner.core.review_edits import KeepSpan
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.core.track_edits import DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.core.vehicle_edits import TrackStyle, VehicleTrack
from dashcamcleaner.pipeline.edits_file import EditsFile
from tests import clips, fakes
from tests.people.street import ColourDescriber


def two_plates(number: int, _: object) -> list[fakes.Row]:
    """They move: what stands still in a moving picture is taken for burned-in text."""
    return [
        (x + 3 * number, 60.0 + 40 * at, x + 60 + 3 * number, 80.0 + 40 * at, 0.9, "plate")
        for at, x in enumerate((20.0, 160.0))
    ]


def people(capsys: pytest.CaptureFixture[str], *words: Any, status: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    models = fakes.pool(fakes.ScriptedDetector(two_plates, script_size=(320, 180)))
    models._open_describer = lambda **_: ColourDescriber()
    assert main(["people", *map(str, words)], models=models) == status
    told = capsys.readouterr()
    return told.out, told.err


@pytest.fixture()
def plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    source = clips.make(tmp_path / "in.mp4", frames=10, size=(320, 180), rate=10).path
    path = tmp_path / "in.plan.jsonl"
    people(capsys, source, "--plan", path)
    return path


def listed(capsys: pytest.CaptureFixture[str], plan: Path, *words: Any) -> list[dict[str, Any]]:
    out, _ = people(capsys, plan, "--json", *words)
    return list(json.loads(out)[0]["vehicles"])


def test_vehicles_are_merged_kept_styled_and_split(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (one["track"] for one in listed(capsys, plan))
    (one,) = listed(capsys, plan, "--merge-vehicle", f"{first},{second}")
    assert (one["track"], one["tracks"], one["frames"]) == (first, [first, second], 20)
    edits = EditsFile.beside(plan)
    assert set(edits.read().entries) == {VehicleTrack(first, first), VehicleTrack(first, second)}
    listed(capsys, plan, "--vehicle-style", f"{first}=solid")
    assert edits.read().style_of(second) == TrackStyle(second, "solid")
    (one,) = listed(capsys, plan, "--keep-vehicle", second)  # any of its tracks names it
    assert one["choice"] == "kept"
    assert edits.read().keep == {first, second}
    assert len(listed(capsys, plan, "--split-vehicle", first)) == 2
    out, _ = people(capsys, plan)
    assert "kept" in out


def test_hiding_one_vehicle_keeps_the_others(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (one["track"] for one in listed(capsys, plan))
    listed(capsys, plan, "--hide-vehicle", first)
    assert EditsFile.beside(plan).read().keep == {second}


def test_what_makes_no_sense_is_one_sentence(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, _ = (one["track"] for one in listed(capsys, plan))
    for flag, value, said in (
        ("--merge-vehicle", first, "two vehicles or more"),
        ("--merge-vehicle", f"{first},99", "There is no vehicle 99"),
        ("--split-vehicle", first, "nothing to split"),
        ("--vehicle-style", f"{first}=blur", "--vehicle-style cannot be"),
        ("--vehicle-style", "99=solid", "There is no vehicle 99"),
    ):
        assert said in people(capsys, plan, flag, value, status=2)[1]
    assert not EditsFile.beside(plan).path.exists()


def test_who_was_kept_before_is_hidden_when_that_is_said(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (one["track"] for one in listed(capsys, plan))
    file = EditsFile.beside(plan)
    for before in (KeepTrack(first), KeepSpan(first, 0.0, 0.5), DropTrack(first), OnlyTrack(second)):
        file.write(Edits.of(before))
        listed(capsys, plan, "--hide-vehicle", first)
        edits = file.read()
        regions = [Region((0, 0, 9, 9), "plate", 0.9, Origin.DETECTED, track) for track in (first, second)]
        seen = Observation(0, FrameTime(0, Fraction(1, 10)), Detections.empty())
        assert [one.track for one in edits.apply(regions, seen=seen)] == [first], before
