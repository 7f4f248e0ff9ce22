"""Which weights a name means: the folders they are looked for in, and what was lent to this process.

A name (``interim-n``), ``auto`` or a path comes in; a `detection.weights.Weights` goes out. Runs, ``doctor``, training
and packaging call this.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from dashcamcleaner.detection.weights import FORMATS, Weights, WeightsFile, read_sidecar
from dashcamcleaner.errors import WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.user_folders import user_folder

__all__ = [
    "available_weights",
    "find_weights",
    "lent",
    "lent_weights",
    "shipped_folders",
    "unreadable_sidecars",
    "weights_folders",
]

_PACKAGE = Path(__file__).resolve().parent.parent

_lent: dict[str, tuple[Weights, int]] = {}
_lending = threading.Lock()


def shipped_folders() -> list[Path]:
    """Where the program's own weights lie: in the checkout, or inside the installed package."""
    checkout = _PACKAGE.parent / "weights"
    found = [checkout] if (_PACKAGE.parent / "setup.cfg").is_file() or (_PACKAGE.parent / ".git").exists() else []
    return [folder for folder in (*found, _PACKAGE / "_weights") if folder.is_dir()]


def weights_folders() -> list[Path]:
    """All folders in which a name is looked up, first one wins: the program's own, then the user's."""
    own = user_folder("data") / "weights"
    return [*shipped_folders(), *([own] if own.is_dir() else [])]


def available_weights() -> dict[str, Weights]:
    """All weights with a readable sidecar and at least one file, by name, best rank first."""
    found: dict[str, Weights] = {}
    for folder in weights_folders():
        for path in sorted(folder.glob("*.json")):
            try:
                weights = read_sidecar(path)
            except WeightsError:
                continue  # a stranger's JSON in the user's folder must not stop a run; naming it does (find_weights)
            if weights.name not in found and any(os.path.isfile(file.path) for file in weights.files):
                found[weights.name] = weights
    return dict(sorted(found.items(), key=lambda item: (-item[1].rank, item[0])))


def unreadable_sidecars() -> tuple[str, ...]:
    """A sentence for each JSON in the user's weights folder that is no sidecar: passed over, no reason to stop."""
    told = []
    shipped = shipped_folders()
    for folder in weights_folders():
        for path in sorted(folder.glob("*.json")) if folder not in shipped else ():
            try:
                read_sidecar(path)
            except WeightsError as error:
                told.append(msg("{error}; these weights are passed over.", error=error.message.rstrip(".")))
    return tuple(told)


@contextlib.contextmanager
def lent(given: Mapping[str, Weights]) -> Iterator[None]:
    """Within it these names mean these weights, in the whole process and whatever lies in its folders.

    For a worker that was sent the weights of whoever asks. A ``.pt`` among them counts as trusted: who sent it was
    asked. Several may lend the same at a time.

    Args:
        given: weights by the name, path or ``auto`` that a setting gives.

    Raises:
        WeightsError: somebody else has lent other weights under such a name, and still does.
    """
    with _lending:
        for name, weights in given.items():
            if name in _lent and _lent[name][0] != weights:
                raise WeightsError(
                    msg("other weights are in use as {name} in this process.", name=repr(name)), hint="Try again later."
                )
        for name, weights in given.items():
            _lent[name] = (weights, _lent[name][1] + 1 if name in _lent else 1)
    try:
        yield
    finally:
        with _lending:
            for name, weights in given.items():
                holders = _lent[name][1] - 1
                if holders:
                    _lent[name] = (weights, holders)
                else:
                    del _lent[name]


def lent_weights() -> tuple[Weights, ...]:
    """All that are `lent` at the moment."""
    with _lending:
        return tuple(weights for weights, _ in _lent.values())


def find_weights(name: str = "auto") -> Weights:
    """The weights of a name, of a path, or the best ones there are; those that are `lent` first.

    Args:
        name: ``auto``, a name in one of `weights_folders`, or the path of a ``.onnx``, ``.xml`` or ``.pt`` file (or
            of a folder with an OpenVINO export). A file with a sidecar that names it gets the sidecar's metadata.

    Raises:
        WeightsError: nothing of that name; the message tells the nearest one.
    """
    name = name.strip() or "auto"
    with _lending:
        if name in _lent:
            return _lent[name][0]
    path = Path(name)
    if name != "auto" and (path.suffix.lower() in FORMATS or os.path.isdir(path)):
        return _weights_of_path(path)
    known = available_weights()
    if name == "auto":
        best = next((weights for weights in known.values() if weights.rank > 0), None)
        if best is None:
            folders = ", ".join(str(folder) for folder in weights_folders()) or "no folder"
            raise WeightsError(
                msg("no weights were found ({folders}).", folders=folders), hint="Give a file with --weights PATH."
            )
        return best
    if name in known:
        return known[name]
    for folder in weights_folders():
        broken = folder / f"{name}.json"
        if os.path.isfile(broken):
            weights = read_sidecar(broken)  # raises with the reason, or lists files that are all missing
            raise WeightsError(
                msg("the files of the weights {name} are missing: {path}.", name=repr(name), path=weights.files[0].path)
            )
        for suffix in FORMATS:
            if os.path.isfile(folder / f"{name}{suffix}"):
                return _weights_of_path(folder / f"{name}{suffix}")
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
    raise WeightsError(
        msg("there are no weights named {name}", name=repr(name))
        + (msg("; the nearest is {near}.", near=repr(near[0])) if near else "."),
        hint=msg("Known: {known}. Or give the path of a .onnx or .pt file.", known=", ".join(known) or "none"),
    )


def _weights_of_path(path: Path) -> Weights:
    if os.path.isdir(path):
        inside = sorted(path.glob("*.xml"))
        if len(inside) != 1:
            raise WeightsError(
                msg(
                    "{path} is a folder with {count} OpenVINO models (.xml), one is needed.",
                    path=path,
                    count=len(inside),
                )
            )
        path = inside[0]
    if not os.path.isfile(path):
        near = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*")], n=1, cutoff=0.3)
        raise WeightsError(
            msg("there is no file {path}", path=path)
            + (msg("; the nearest name there is {near}.", near=near[0]) if near else ".")
        )
    for sidecar in sorted(path.parent.glob("*.json")):
        try:
            weights = read_sidecar(sidecar)
        except WeightsError:
            if sidecar.stem == path.stem:
                raise
            continue
        mine = tuple(file for file in weights.files if file.path.name == path.name)
        if mine:  # the very file that was named, not a sibling in another format
            return replace(weights, files=mine)
    return Weights(name=path.stem, files=(WeightsFile(path=path, format=FORMATS[path.suffix.lower()]),))
