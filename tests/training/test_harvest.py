"""Pictures out of clips: spread over time, chosen by doubt, resumed, and groups by clip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.errors import InputError
from dashcamcleaner.training.harvest import HarvestRecipe, doubt, harvest
from tests.clips import make
from tests.fakes import ScriptedDetector


def test_even_over_time_and_resumed(tmp_path: Path) -> None:
    clip = make(tmp_path / "a.mp4", frames=30).path
    recipe = HarvestRecipe(per_clip=3)
    result = harvest([clip], tmp_path / "out", recipe=recipe)
    assert result.pictures == 3
    names = sorted(p.stem for p in (tmp_path / "out" / "images").iterdir())
    assert names == ["a_000005", "a_000015", "a_000025"]
    assert set(json.loads((tmp_path / "out" / "meta.json").read_text())["groups"].values()) == {"a"}
    again = harvest([clip], tmp_path / "out", recipe=recipe)
    assert (again.pictures, again.done_before) == (0, 1)


def test_doubt_chooses_within_a_span(tmp_path: Path) -> None:
    clip = make(tmp_path / "a.mp4", frames=24).path

    def opener(_size: tuple[int, int]) -> ScriptedDetector:
        # The third candidate of every four is the one that the weights are unsure of.
        return ScriptedDetector(
            lambda number, _picture: [(0.0, 0.0, 9.0, 9.0, 0.29 if number % 4 == 2 else 0.95, "face")]
        )

    harvest([clip], tmp_path / "out", recipe=HarvestRecipe(per_clip=2, candidates=4), opener=opener)
    assert sorted(p.stem for p in (tmp_path / "out" / "images").iterdir()) == ["a_000007", "a_000019"]


def test_doubt_is_highest_in_the_middle() -> None:
    def one(score: float) -> float:
        return doubt(Detections.from_rows([(0, 0, 9, 9, score, "face")]), between=(0.1, 0.5))

    assert one(0.3) > one(0.2) > one(0.1) == one(0.6) == 0


def test_broken_clips_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = make(tmp_path / "a.mp4", frames=6).path
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no clip")
    result = harvest([bad, good], tmp_path / "out", recipe=HarvestRecipe(per_clip=1))
    assert list(result.refused) == [str(bad)]
    assert result.pictures == 1
    with pytest.raises(InputError, match="none of the clips"):
        harvest([bad], tmp_path / "out2", recipe=HarvestRecipe(per_clip=1))
