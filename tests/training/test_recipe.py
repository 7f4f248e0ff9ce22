"""The recipe file: folders by pattern, parts, evaluation sets, and complaints that name the key."""

from __future__ import annotations

from dataclasses import replace
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


def test_late_views_change_what_they_name(tmp_path: Path) -> None:
    late = "late_from = 0.6\n[late_views]\nmosaic = 0.1\n"
    fit = read_recipe(_write(tmp_path, GOOD.replace("batch = 4\n", f"batch = 4\n{late}"))).fit
    assert fit.views_at(0.59) is fit.views
    assert fit.views_at(0.6) == replace(fit.views, mosaic=0.1)
    fit = read_recipe(_write(tmp_path, GOOD)).fit
    assert fit.views_at(1.0) is fit.views


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("[fit]\nbudget = 3\n", "unknown key 'budget'"),
        ("[fit]\nlate_views = 3\n", "unknown key 'late_views'"),
        ("[views]\nmosaics = 0.3\n", "unknown key 'mosaics'"),
        ("[late_views]\nmosaics = 0.3\n", r"\[late_views\] has the unknown key 'mosaics'"),
        ("[fit]\nbatch = 'many'\n", "batch cannot be 'many'"),
        ("[[folder]]\npath = 'sets/a'\nkinds = ['car']\n", "kind 'car'"),
        ("[[folder]]\npath = 'sets/a'\nkinds = 'face'\n", "kinds cannot be 'face'"),
        ("[[folder]]\npath = 'sets/a'\nshare = 'much'\n", "share cannot be 'much'"),
        ("[[folder]]\npath = 'sets/a'\nshare = -1\n", "share cannot be -1"),
        ("[[folder]]\npath = 'sets/a'\npart = 5\n", "part cannot be 5"),
        ("[[folder]]\npath = 'sets/a'\npart = [0]\n", r"part cannot be \[0\]"),
        ("[[folder]]\nkinds = ['face']\n", "names no path"),
        ("[[evaluate]]\nname = 'x'\n", "names no path"),
        ("folder = 'sets/a'\n", "folder is no list of tables"),
        ("fit = 3\n", "fit is no table"),
        ("[fit]\nmax_steps = 'a'\n", "max_steps cannot be 'a'"),
        ("[fit]\nthreads = -1\n", "threads cannot be -1"),
        ("[views]\nsize_px = 100\n", "size_px is 100"),
        ("[views]\nscale = 'a'\n", "scale cannot be 'a'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, wrong: str, complaint: str) -> None:
    with pytest.raises(SettingError, match=complaint):
        read_recipe(_write(tmp_path, wrong))


def test_a_pattern_without_folders_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="matches no folder"):
        read_recipe(_write(tmp_path, "[[folder]]\npath = 'set/*'\n"))
