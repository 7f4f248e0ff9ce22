"""Clips of a virtual camera over labelled pictures: to calibrate the evidence with, and to measure on.

    python benchmarks/pans.py RECIPE OUT --make-pans make_pans.py [--side training|held-out] [--only NAME,NAME]

``make_pans.py`` (it belongs to the measuring data, see CONTRIBUTING.md) pans, zooms and shakes over the pictures of one
folder and writes a clip and its truth. This script says of which pictures: RECIPE is a training recipe
(docs/recipes/nano-4.toml, copied beside a link `data` to the measuring data) and decides the split. The *training*
side takes what the recipe's ``[[folder]]`` rows take, so that calibrating sees nothing that figures are measured on;
the *held-out* side takes what its ``[[evaluate]]`` rows take. Pictures that are on both sides are refused.

Each truth says in ``made_of`` which folder and side its clip was made of, and names the kinds that are labelled there.
Seeds are fixed: the same pictures give the same clips.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashcamcleaner.errors import DashcamCleanerError, InputError
from dashcamcleaner.training.pictures import Picture
from dashcamcleaner.training.recipe import TrainingRecipe, read_recipe

TRAINING = "training"
HELD_OUT = "held-out"


@dataclass(frozen=True, slots=True)
class Pan:
    """One clip to make.

    Args:
        name: of the clip.
        folder: name of the labelled folder.
        shows: ``face``, ``plate``, or ``none`` where nothing is to be hidden.
        kinds: labelled in that folder.
        seed, scenes, frames: one scene a picture, so many frames each.
        min_objects: objects that a picture needs to be taken.
    """

    name: str
    folder: str
    shows: str
    kinds: tuple[str, ...]
    seed: int
    scenes: int
    frames: int
    min_objects: int = 2


FACE, PLATE, BOTH = ("face",), ("plate",), ("face", "plate")
PANS = {
    TRAINING: (
        Pan("faces_crowd", "wider_val_train_crowd", "face", FACE, 11, 14, 24),
        Pan("faces_mixed", "wider_val_train_mixed", "face", FACE, 11, 14, 24),
        Pan("faces_large", "wider_val_train_large", "face", FACE, 11, 14, 24, 1),
        Pan("plates_768", "openimages_plates_train_768", "plate", PLATE, 11, 14, 24, 1),
        Pan("plates_1024", "openimages_plates_small_1024", "plate", PLATE, 11, 14, 24, 1),
        Pan("plates_spain", "spain_street", "plate", PLATE, 11, 12, 24, 1),
        Pan("plates_nepal", "nepal_road", "plate", PLATE, 11, 14, 24, 1),
        Pan("plates_india", "india_traffic", "plate", PLATE, 11, 12, 24, 1),
        Pan("nothing_shops", "neg_shops_sg", "none", PLATE, 11, 14, 24),  # its faces are not labelled
        Pan("nothing_signs", "neg_signs_it", "none", BOTH, 11, 14, 24),
        Pan("nothing_slovenia", "slovenia_signs", "none", BOTH, 11, 14, 24),
    ),
    HELD_OUT: (
        Pan("validate_faces", "faces_street", "face", FACE, 77, 8, 50),
        Pan("validate_plates", "plates_street", "plate", PLATE, 78, 8, 50, 1),
        Pan("nothing_shops", "neg_shops_sg", "none", PLATE, 5, 12, 30),
        Pan("nothing_signs", "neg_signs_it", "none", BOTH, 5, 12, 30),
        Pan("nothing_slovenia", "slovenia_signs", "none", BOTH, 5, 12, 30),
        Pan("nothing_japan", "japan_road", "none", BOTH, 5, 12, 30),
        Pan("nothing_road_text", "road_text", "none", BOTH, 5, 12, 30),
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--make-pans", type=Path, required=True, metavar="make_pans.py")
    parser.add_argument("--side", choices=list(PANS), default=TRAINING)
    parser.add_argument("--only", default="", metavar="NAME,NAME")
    args = parser.parse_args()
    wanted = [pan for pan in PANS[args.side] if not args.only or pan.name in args.only.split(",")]
    try:
        sides = pictures_of(read_recipe(args.recipe))
        args.out.mkdir(parents=True, exist_ok=True)
        for pan in wanted:
            chosen = [p for p in sides[args.side] if p.folder == pan.folder]
            make(pan, chosen, args.out, side=args.side, make_pans=args.make_pans)
    except DashcamCleanerError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return error.exit_code
    return 0


def pictures_of(recipe: TrainingRecipe) -> dict[str, list[Picture]]:
    """The pictures of either side.

    Raises:
        InputError: a picture is on both.
    """
    training = list(recipe.pictures)
    held_out = [picture for one in recipe.evaluation for picture in one.pictures()]
    both = {os.path.realpath(p.path) for p in training} & {os.path.realpath(p.path) for p in held_out}
    if both:
        raise InputError(f"{len(both)} pictures are on both sides of the recipe's split, such as {min(both)}")
    return {TRAINING: training, HELD_OUT: held_out}


def make(pan: Pan, pictures: Sequence[Picture], out: Path, *, side: str, make_pans: Path) -> None:
    """Make one clip, unless it is there.

    Raises:
        InputError: no picture of its folder is on this side, or ``make_pans.py`` fails.
    """
    if (out / f"{pan.name}.json").exists():
        return
    if not pictures:
        raise InputError(f"the recipe takes no picture of {pan.folder} for the {side} side")
    chosen = out / "pictures" / pan.name
    gather(pictures, chosen)
    words = [str(chosen), pan.shows, str(out / pan.name), str(pan.seed), "--scenes", str(pan.scenes)]
    words += ["--frames", str(pan.frames), "--min-objects", str(pan.min_objects)]
    done = subprocess.run([sys.executable, str(make_pans), *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"{make_pans} failed for {pan.name}: {done.stderr.strip()[-400:]}")
    file = out / f"{pan.name}.json"
    truth = json.loads(file.read_text(encoding="utf-8"))
    truth |= {"kinds": list(pan.kinds), "made_of": {"folder": pan.folder, "side": side, "seed": pan.seed}}
    file.write_text(json.dumps(truth), encoding="utf-8")
    print(f"{pan.name}: {len(pictures)} pictures, {done.stdout.strip().splitlines()[-1]}", flush=True)


def gather(pictures: Sequence[Picture], folder: Path) -> None:
    """Copy pictures with their labels into a folder of their own, as ``make_pans.py`` takes whole folders."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("images", "labels", "ignore"):
        (folder / name).mkdir(parents=True)
    for picture in pictures:
        path = Path(picture.path)
        shutil.copy(path, folder / "images")
        for name in ("labels", "ignore"):
            text = path.parents[1] / name / f"{path.stem}.txt"
            if text.exists():
                shutil.copy(text, folder / name)


if __name__ == "__main__":
    sys.exit(main())
