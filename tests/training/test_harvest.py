"""Pictures out of clips: spread over time, chosen by doubt, resumed, and groups by clip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.errors import InputError, SettingError, WeightsError
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


def test_clips_of_one_name_stay_apart_and_are_known_by_content(tmp_path: Path) -> None:
    for folder in ("front", "rear"):
        (tmp_path / folder).mkdir()
    front = make(tmp_path / "front" / "0001.mp4", frames=10).path
    rear = make(tmp_path / "rear" / "0001.mp4", frames=12).path
    third = make(tmp_path / "rear" / "0001.mkv", frames=14).path
    recipe, out = HarvestRecipe(per_clip=2), tmp_path / "out"
    result = harvest([front, rear, third], out, recipe=recipe)
    assert (result.pictures, result.done_before) == (6, 0)
    assert len(list((out / "images").iterdir())) == 6
    groups = json.loads((out / "meta.json").read_text())["groups"]
    assert sorted(set(groups.values())) == ["0001", "0001-2", "0001-3"]
    moved = rear.rename(tmp_path / "later.mp4")
    assert harvest([front, moved, third], out, recipe=recipe).done_before == 3


def test_an_index_without_hashes_knows_clips_by_name(tmp_path: Path) -> None:
    clip = make(tmp_path / "a.mp4", frames=6).path
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "meta.json").write_text('{"clips": {"a.mp4": []}, "groups": {}}')
    assert harvest([clip], tmp_path / "out", recipe=HarvestRecipe(per_clip=1)).done_before == 1


def test_what_gives_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no clips"):
        harvest([], tmp_path / "out", recipe=HarvestRecipe())
    with pytest.raises(SettingError, match="--per-clip"):
        HarvestRecipe(per_clip=0)
    with pytest.raises(SettingError, match="--long-side"):
        HarvestRecipe(long_side_px=0)


def test_weights_that_are_missing_are_no_fault_of_the_clips(tmp_path: Path) -> None:
    clip = make(tmp_path / "a.mp4", frames=6).path

    def opener(_size: tuple[int, int]) -> ScriptedDetector:
        raise WeightsError("there are no weights.")

    with pytest.raises(WeightsError):
        harvest([clip], tmp_path / "out", recipe=HarvestRecipe(per_clip=1), opener=opener)
