"""Which weights may be run: a ``.pt`` can run code, and any can be made blind, so that a person is asked once.

What is remembered is the hash of each file, in ``trusted-weights.json`` of the user's settings folder.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashcamcleaner.atomic_files import atomic_json
from dashcamcleaner.detection.weights import WeightsFile, digest_of, parts_of, read_sidecar
from dashcamcleaner.detection.weights_search import find_weights, lent_weights, shipped_folders, weights_folders
from dashcamcleaner.errors import OutputError, WeightsError, WeightsUntrusted
from dashcamcleaner.messages import msg
from dashcamcleaner.side_files import read_json
from dashcamcleaner.user_folders import user_folder

__all__ = ["check_trust", "is_vouched", "remember_trust"]


def check_trust(path: Path, *, trust: bool) -> None:
    """Let a ``.pt`` pass if it is the program's own, was trusted before, or is trusted now (which is remembered).

    Raises:
        WeightsUntrusted: nobody has said yes to this file.
    """
    digest = digest_of(path)
    ours = {file.sha256 for folder in shipped_folders() for file in _files_in(folder)}
    ours |= {file.sha256 for weights in lent_weights() for file in weights.files}
    if digest in ours or digest in _trusted():
        return
    if not trust:
        raise WeightsUntrusted(
            msg("{path} is a pickle from elsewhere, which can run any code when it is loaded.", path=path),
            hint="If you trust where it came from, say so once with --trust-weights; an .onnx export needs no trust.",
        )
    _remember({digest: path.name})


def is_vouched(names: str) -> bool:
    """Whether a file (a plan, a settings file) may name these weights: a person has put them where weights lie.

    Their files lie in one of `weights_folders`, or a person has said yes to the hash of each by ``--trust-weights``.

    Args:
        names: the value of the setting ``weights``, several separated by commas.

    Raises:
        WeightsError: there are no such weights.
    """
    folders = {folder.resolve() for folder in weights_folders()}
    trusted = _trusted()
    return all(
        file.path.parent.resolve() in folders or all(digest_of(one) in trusted for one in parts_of(file.path))
        for name in names.split(",")
        for file in find_weights(name).files
    )


def remember_trust(names: str) -> None:
    """A person has named these weights and said yes to them: their hashes are remembered.

    Raises:
        WeightsError: there are no such weights, or they cannot be read.
    """
    parts = [one for name in names.split(",") for file in find_weights(name).files for one in parts_of(file.path)]
    _remember({digest_of(one): one.name for one in parts})


def _trust_record() -> Path:
    return user_folder("config") / "trusted-weights.json"


def _trusted() -> dict[str, Any]:
    """What a person has said yes to: SHA-256 -> name."""
    try:
        trusted = read_json(_trust_record(), what="The record of trusted weights", to=WeightsError)
    except (WeightsError, ValueError):
        return {}
    return trusted if isinstance(trusted, dict) else {}


def _remember(digests: Mapping[str, str]) -> None:
    with contextlib.suppress(OutputError):  # a read-only home: trusted for this run, asked again at the next
        atomic_json(_trust_record(), {**_trusted(), **digests}, make_folder=True)


def _files_in(folder: Path) -> list[WeightsFile]:
    files: list[WeightsFile] = []
    for path in folder.glob("*.json"):
        try:
            files += read_sidecar(path).files
        except WeightsError:
            continue
    return files
