"""A training recipe in one TOML file: which folders, what they label, how to look at them, how long to train.

Called by ``dashcamcleaner train fit`` and ``evaluate``; ``docs/training.md`` explains the keys. Paths are relative to
the file. Unknown keys are errors, because a misspelt one would silently train something else.

    start = "first.pt"             # checkpoint, or a .yaml of Ultralytics

    [[folder]]                     # repeated
    path = "faces/*"               # a folder with images/, or a pattern
    kinds = ["face"]               # what it labels completely; [] labels nothing: only a teacher's labels count
    teacher = "taught/{name}"      # folder written by ``train label``; {name} is the folder's own name
    share = 0.2                    # of all tiles; where it is missing, the rest is shared by picture count
    part = [0, 29]                 # only these pictures in name order, half open
    groups = ["drive_3"]           # only pictures of these groups (meta.json); "without" names those to leave out

    [[evaluate]]
    name = "street faces"
    path = "validate/faces_street"
    kinds = ["face"]
    negatives = false

    [fit]                          # fields of FitRecipe
    [views]                        # fields of ViewRecipe
    [late_views]                   # those of them that change when late_from of the budget is spent
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.side_files import read_bytes
from dashcamcleaner.training.evaluate import EvaluationSet
from dashcamcleaner.training.fit_recipe import FitRecipe
from dashcamcleaner.training.label_files import KINDS
from dashcamcleaner.training.pictures import Picture, list_folder, select
from dashcamcleaner.training.views import ViewRecipe

__all__ = ["TrainingRecipe", "read_recipe"]

_MOST_BYTES = 1 << 20

_FOLDER_KEYS = ("path", "kinds", "teacher", "share", "part", "groups", "without")
_FIT_KEYS = tuple(f.name for f in dataclasses.fields(FitRecipe) if f.name not in ("views", "late_views"))
_EVALUATE_KEYS = ("name", "path", "kinds", "negatives", "part", "groups", "without")


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """What a recipe file says, with patterns resolved."""

    pictures: tuple[Picture, ...]
    evaluation: tuple[EvaluationSet, ...]
    fit: FitRecipe
    start: Path | None


def read_recipe(path: str | Path) -> TrainingRecipe:
    """Read a recipe file and list its pictures.

    Raises:
        InputError: the file or a folder cannot be read, or a pattern matches nothing.
        SettingError: an unknown key or a value of the wrong kind.
    """
    path = Path(path)
    wrong = (tomllib.TOMLDecodeError, UnicodeDecodeError)
    with map_os_errors(path, what=msg("The recipe {path}", path=path), verb="read", to=InputError, also=wrong):
        data = tomllib.loads(
            read_bytes(path, what=msg("The recipe {path}", path=path), to=InputError, most=_MOST_BYTES).decode("utf-8")
        )
    _known(data, ("start", "folder", "evaluate", "fit", "views", "late_views"), where=str(path))
    for name in ("fit", "views", "late_views"):
        if not isinstance(data.get(name, {}), dict):
            raise SettingError(
                msg("the recipe's {name} is no table.", name=name), hint=msg("Begin it by {head}.", head=f"[{name}]")
            )
    base = path.parent
    shares: dict[str, float] = {}
    pictures: list[Picture] = []
    for row in _rows(data, "folder"):
        _check(row, _FOLDER_KEYS, where="[[folder]]")
        known = [KINDS.index(kind) for kind in _kinds(row)]
        for folder in _resolve(row, base):
            teacher = base / str(row["teacher"]).replace("{name}", folder.name) if "teacher" in row else None
            listed = list_folder(folder, known=known, teacher=teacher)
            pictures += select(listed, part=_range(row), groups=row.get("groups"), without=row.get("without", ()))
            if "share" in row:
                shares[folder.name] = shares.get(folder.name, 0.0) + float(row["share"])
    evaluation = []
    for row in _rows(data, "evaluate"):
        _check(row, _EVALUATE_KEYS, where="[[evaluate]]")
        evaluation.append(
            EvaluationSet(
                name=str(row.get("name", row["path"])),
                folders=tuple(_resolve(row, base)),
                kinds=tuple(_kinds(row)),
                negatives=bool(row.get("negatives", False)),
                part=_range(row),
                groups=tuple(row["groups"]) if "groups" in row else None,
                without=tuple(row.get("without", ())),
            )
        )
    drawn = {"folder_weights": shares, **data.get("views", {})}
    views = _fill(ViewRecipe, drawn, where="[views]")
    late = _fill(ViewRecipe, {**drawn, **data["late_views"]}, where="[late_views]") if "late_views" in data else None
    # Views have tables of their own: as keys of [fit] they would be taken for what those tables make.
    _known(data.get("fit", {}), _FIT_KEYS, where="[fit]")
    fit = _fill(FitRecipe, {"views": views, "late_views": late, **data.get("fit", {})}, where="[fit]")
    start = base / str(data["start"]) if "start" in data else None
    return TrainingRecipe(tuple(pictures), _merged(evaluation), fit, start)


def _rows(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The tables of a name that stands in double brackets."""
    rows = data.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SettingError(
            msg("the recipe's {name} is no list of tables.", name=name),
            hint=msg("Begin each by {head}.", head=f"[[{name}]]"),
        )
    return rows


def _merged(sets: Iterable[EvaluationSet]) -> tuple[EvaluationSet, ...]:
    """Rows of one name are one set, so that a set may take different parts of several folders."""
    merged: dict[str, EvaluationSet] = {}
    for one in sets:
        if one.name in merged:
            first = merged[one.name]
            one = dataclasses.replace(first, more=(*first.more, one))
        merged[one.name] = one
    return tuple(merged.values())


def _resolve(row: dict[str, Any], base: Path) -> list[Path]:
    pattern = str(row["path"])
    anchored = Path(pattern)
    if pattern == anchored.anchor:
        found = [anchored]
    elif anchored.is_absolute():
        found = [Path(p) for p in sorted(Path(anchored.anchor).glob(str(anchored.relative_to(anchored.anchor))))]
    else:
        found = sorted(base.glob(pattern)) if not pattern.startswith("..") else _above(base, pattern)
    found = [folder for folder in found if (folder / "images").is_dir()]
    if not found:
        raise InputError(
            msg(
                "the recipe's path {pattern} matches no folder with images/ (looked from {base}).",
                pattern=repr(pattern),
                base=base.resolve(),
            )
        )
    return found


def _above(base: Path, pattern: str) -> list[Path]:
    """`Path.glob` refuses patterns that climb."""
    while pattern.startswith("../"):
        base, pattern = base.resolve().parent, pattern[3:]
    return sorted(base.glob(pattern))


def _kinds(row: dict[str, Any]) -> list[str]:
    kinds = list(row.get("kinds", KINDS))
    for kind in kinds:
        if kind not in KINDS:
            raise SettingError(
                msg("the recipe names the kind {kind}.", kind=repr(kind)),
                hint=msg("Kinds: {kinds}.", kinds=", ".join(KINDS)),
            )
    return kinds


def _range(row: dict[str, Any]) -> tuple[int, int] | None:
    return (int(row["part"][0]), int(row["part"][1])) if row.get("part") else None


def _known(row: dict[str, Any], keys: Iterable[str], *, where: str) -> None:
    keys = list(keys)
    for key in row:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            raise SettingError(
                msg("{where} has the unknown key {key}.", where=where, key=repr(key)),
                hint=msg("Did you mean {near}?", near=repr(near[0]))
                if near
                else msg("Keys: {keys}.", keys=", ".join(keys)),
            )


def _check(row: dict[str, Any], keys: Iterable[str], *, where: str) -> None:
    """Whether a row has a path, keys that are known, and values of their kinds."""
    _known(row, keys, where=where)
    if "path" not in row:
        raise SettingError(msg("{where} names no path.", where=where))

    def words(value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)

    like: dict[str, tuple[Any, Callable[[Any], bool]]] = {
        "path": ("faces/*", lambda value: isinstance(value, str)),
        "name": ("street", lambda value: isinstance(value, str)),
        "teacher": ("taught/{name}", lambda value: isinstance(value, str)),
        "kinds": (["face"], words),
        "groups": (["drive_3"], words),
        "without": (["drive_3"], words),
        "negatives": (True, lambda value: isinstance(value, bool)),
        "share": (0.2, lambda value: type(value) in (int, float) and 0 < value <= 1),
        "part": ([0, 29], lambda value: _numbers(value, 2, int)),
    }
    for key, value in row.items():
        example, fits = like[key]
        if not fits(value):
            raise SettingError(
                msg(
                    "{where} {name} cannot be {value}: it is like {wanted}.",
                    where=where, name=key, value=repr(value), wanted=repr(example),
                )
            )  # fmt: skip


def _numbers(value: Any, count: int, *kinds: type) -> bool:
    """Whether it is a list of so many numbers; a bool, which Python takes for an int, is none."""
    return isinstance(value, list) and len(value) == count and all(type(one) in kinds for one in value)


def _fill(kind: Any, values: dict[str, Any], *, where: str) -> Any:
    fields = {f.name: f for f in dataclasses.fields(kind)}
    _known(values, fields, where=where)
    default = kind()
    filled: dict[str, Any] = {}
    for name, value in values.items():
        wanted = getattr(default, name)
        mixed = isinstance(wanted, bool) != isinstance(value, bool)  # a bool is an int, too
        if isinstance(wanted, tuple) and _numbers(value, len(wanted), int, float):
            value = tuple(float(v) for v in value)
        elif isinstance(wanted, float) and isinstance(value, int | float) and not mixed:
            value = float(value)
        elif wanted is not None and (mixed or not isinstance(value, type(wanted))):
            raise SettingError(
                msg(
                    "{where} {name} cannot be {value}: it is like {wanted}.",
                    where=where,
                    name=name,
                    value=repr(value),
                    wanted=repr(wanted),
                )
            )
        filled[name] = value
    return kind(**filled)
