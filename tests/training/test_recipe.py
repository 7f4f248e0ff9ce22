"""The recipe file: folders by pattern, parts, evaluation sets, and complaints that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.training.recipe import read_recipe
from tests.training.synthetic import draw_folder

GOOD = """
start = "first.pt"
[[folder]]
path = "sets/*"
kinds = ["face"]
share = 0.4
part = [0, 2]
[[evaluate]]
name = "held out"
path = "sets/a"
part = [2, 3]
[[evaluate]]
name = "held out"
path = "sets/b"
[fit]
budget_s = 60
batch = 4
[views]
size_px = 128
scale = [0.5, 1]
"""


def _write(tmp_path: Path, text: str) -> Path:
    for seed, name in enumerate(("a", "b")):
        if not (tmp_path / "sets" / name).exists():
            draw_folder(tmp_path / "sets" / name, pictures=3, seed=seed)
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_what_it_says(tmp_path: Path) -> None:
    recipe = read_recipe(_write(tmp_path, GOOD))
    assert [p.folder for p in recipe.pictures] == ["a", "a", "b", "b"]
    assert recipe.pictures[0].known == [0]
    assert recipe.fit.budget_s == 60.0
    assert recipe.fit.views.scale == (0.5, 1.0)
    assert recipe.fit.views.folder_weights == {"a": 0.4, "b": 0.4}
    assert recipe.start == tmp_path / "first.pt"
    (held_out,) = recipe.evaluation
    assert [Path(p.path).parent.parent.name + "/" + Path(p.path).stem for p in held_out.pictures()] == [
        "a/p02", "b/p00", "b/p01", "b/p02",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("[fit]\nbudget = 3\n", "unknown key 'budget'"),
        ("[views]\nmosaics = 0.3\n", "unknown key 'mosaics'"),
        ("[fit]\nbatch = 'many'\n", "batch cannot be 'many'"),
        ("[[folder]]\npath = 'sets/a'\nkinds = ['car']\n", "kind 'car'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, wrong: str, complaint: str) -> None:
    with pytest.raises(SettingError, match=complaint):
        read_recipe(_write(tmp_path, wrong))


def test_a_pattern_without_folders_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="matches no folder"):
        read_recipe(_write(tmp_path, "[[folder]]\npath = 'set/*'\n"))
