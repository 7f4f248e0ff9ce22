"""``benchmarks/pans.py``: the recipe's split holds, and clips say what they were made of."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from dashcamcleaner.errors import InputError
from dashcamcleaner.training.recipe import read_recipe
from tests.training.synthetic import draw_folder

_PATH = Path(__file__).resolve().parents[1] / "benchmarks" / "pans.py"
_SPEC = importlib.util.spec_from_file_location("pans", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
pans = importlib.util.module_from_spec(_SPEC)
sys.modules["pans"] = pans
_SPEC.loader.exec_module(pans)

RECIPE = """
[[folder]]
path = "street"
kinds = ["face"]
part = [0, 5]
[[evaluate]]
name = "held out"
path = "street"
kinds = ["face"]
part = [{first}, 8]
"""

# Stands where make_pans.py does: it takes the same words and lists the pictures that it was given.
CAMERA = """
import json, pathlib, sys
folder, shows, out, seed, *options = sys.argv[1:]
names = sorted(path.name for path in (pathlib.Path(folder) / "images").iterdir())
labels = sorted(path.name for path in (pathlib.Path(folder) / "labels").iterdir())
pathlib.Path(out + ".json").write_text(json.dumps({"pictures": names, "labels": labels, "kinds": ["face", "plate"]}))
print("made", len(names))
"""


def recipe(folder: Path, *, first: int):
    if not (folder / "street").exists():
        draw_folder(folder / "street")
    file = folder / "recipe.toml"
    file.write_text(RECIPE.format(first=first), encoding="utf-8")
    return read_recipe(file)


def test_each_side_takes_its_own_pictures_and_the_truth_says_which(tmp_path: Path) -> None:
    sides = pans.pictures_of(recipe(tmp_path, first=5))
    camera = tmp_path / "camera.py"
    camera.write_text(CAMERA, encoding="utf-8")
    pan = pans.Pan("a", "street", "face", ("face",), 3, 2, 10)
    for side, count in ((pans.TRAINING, 5), (pans.HELD_OUT, 3)):
        out = tmp_path / side
        out.mkdir()
        pans.make(pan, sides[side], out, side=side, make_pans=camera)
        truth = json.loads((out / "a.json").read_text(encoding="utf-8"))
        assert len(truth["pictures"]) == len(truth["labels"]) == count
        assert truth["kinds"] == ["face"]
        assert truth["made_of"] == {"folder": "street", "side": side, "seed": 3}


def test_pictures_on_both_sides_and_folders_that_a_side_lacks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 pictures are on both sides"):
        pans.pictures_of(recipe(tmp_path, first=4))
    pan = pans.Pan("a", "elsewhere", "face", ("face",), 3, 2, 10)
    with pytest.raises(InputError, match="takes no picture of elsewhere"):
        pans.make(pan, [], tmp_path, side=pans.TRAINING, make_pans=tmp_path / "absent.py")


def test_names_are_unique_and_validation_folders_are_held_out() -> None:
    for side, wanted in pans.PANS.items():
        assert len({pan.name for pan in wanted}) == len(wanted), side
    assert not {pan.folder for pan in pans.PANS[pans.TRAINING]} & {"faces_street", "plates_street"}
