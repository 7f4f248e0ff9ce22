"""Classifiers are files with metadata: found by name among the weights, or by path, with their labels.

A sidecar ``NAME.json`` beside the weights of detectors describes a classifier if it says ``"task": "classify"``; else
its fields are those of `detection.weights` with these:

    labels        what each output means, in order
    input         "fit" (see `scenes.classify.preparation.FITS`), "size" [w, h], "resized", "order", "mean", "scale"
    output        see `scenes.classify.network.OUTPUTS`
    experimental  labels that are weak or were not measured
    card          the figures in one sentence

A file without a sidecar takes its labels from a text file, a name a line, or from itself (Ultralytics writes them).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.detection.weights import SCHEMA, WeightsFile
from dashcamcleaner.detection.weights_search import weights_folders
from dashcamcleaner.errors import WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.scenes.classify.port import ModelCard
from dashcamcleaner.side_files import UNREADABLE, parse_json, read_bytes, reason_of

__all__ = ["ClassifierFiles", "available_classifiers", "find_classifier", "read_labels"]

_MOST_BYTES = 1 << 20
_MOST_LABELS = 20_000
_FORMATS = {".onnx": "onnx", ".xml": "openvino", ".pt": "torch", ".caffemodel": "caffe"}


@dataclass(frozen=True, slots=True)
class ClassifierFiles:
    """What there is of one classifier.

    Args:
        name: the name in messages, plans and reports.
        file: the weights.
        labels: None where the file itself has to tell.
        metadata: its sidecar; empty for a file without one.
        definition: a Caffe model's ``.prototxt``.
        mean: a Caffe model's mean picture, ``.binaryproto``; None for the means of its usual training pictures.
    """

    name: str
    file: WeightsFile
    labels: tuple[str, ...] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    definition: Path | None = None
    mean: Path | None = None


def read_labels(path: Path) -> tuple[str, ...]:
    """The names of a labels file, a line each; empty lines at its end do not count.

    Raises:
        WeightsError: unreadable, no text, empty, or names a label twice.
    """
    what = msg("The labels file {path}", path=path)
    with map_os_errors(path, what=what, verb="read", to=WeightsError, also=(UnicodeDecodeError,)):
        text = read_bytes(path, what=what, to=WeightsError, most=_MOST_BYTES).decode("utf-8-sig")
    labels = tuple(visible(line.strip()) for line in text.rstrip().splitlines())
    if len(labels) > _MOST_LABELS:
        raise WeightsError(
            msg("The labels file {path} is too long.", path=path), hint="One name on each line is wanted."
        )
    if not labels or "" in labels:
        raise WeightsError(
            msg("The labels file {path} has an empty line.", path=path), hint="One name on each line is wanted."
        )
    if len(set(labels)) < len(labels):
        raise WeightsError(
            msg("The labels file {path} names a label twice.", path=path), hint="One name on each line is wanted."
        )
    return labels


def available_classifiers() -> dict[str, ClassifierFiles]:
    """All classifiers with a readable sidecar and a file, by name, sorted."""
    found: dict[str, ClassifierFiles] = {}
    for folder in weights_folders():
        for path in sorted(folder.glob("*.json")):
            try:
                files = _read_sidecar(path)
            except WeightsError:
                continue  # a stranger's JSON must not stop a run
            if files is not None and files.name not in found and os.path.isfile(files.file.path):
                found[files.name] = files
    return dict(sorted(found.items()))


def find_classifier(
    name: str, *, labels: Path | None = None, definition: Path | None = None, mean: Path | None = None
) -> ClassifierFiles:
    """The classifier of a name or a path.

    Args:
        name: a name among the weights, or the path of an ``.onnx``, ``.xml``, ``.pt`` or ``.caffemodel``.
        labels: its labels file; None looks for ``NAME.labels.txt`` and ``labels.txt`` beside it.
        definition: a Caffe model's ``.prototxt``; None looks for ``NAME.prototxt`` and ``deploy.prototxt`` beside it.
        mean: a Caffe model's mean picture.

    Raises:
        WeightsError: nothing of that name, or what belongs to it is missing.
    """
    path = Path(name)
    if path.suffix.lower() not in _FORMATS:
        known = available_classifiers()
        if name in known:
            return known[name]
        raise WeightsError(
            msg("there is no classifier named {name}.", name=repr(name)),
            hint=msg(
                "Known: {known}. Or give the path of a .onnx, .xml, .pt or .caffemodel file.",
                known=", ".join(known) or "none",
            ),
        )
    if not os.path.isfile(path):
        raise WeightsError(msg("there is no file {path}.", path=path), hint="Check the spelling of the path.")
    form = _FORMATS[path.suffix.lower()]
    sidecar = path.with_suffix(".json")
    described = _read_sidecar(sidecar) if os.path.isfile(sidecar) else None
    if described is not None and described.file.path == path and labels is None:
        return described
    beside = labels or _first_there(path.with_suffix(".labels.txt"), path.parent / "labels.txt")
    if form == "caffe":
        definition = definition or _first_there(path.with_suffix(".prototxt"), path.parent / "deploy.prototxt")
        if definition is None:
            raise WeightsError(
                msg("{path} comes without its definition.", path=path.name), hint="Name the .prototxt with -p."
            )
        if beside is None:
            raise WeightsError(
                msg("{path} comes without labels.", path=path.name), hint="Name the labels file with -l."
            )
    return ClassifierFiles(
        name=path.stem,
        file=WeightsFile(path=path, format=form),
        labels=read_labels(beside) if beside else None,
        definition=definition,
        mean=mean,
    )


def _first_there(*paths: Path) -> Path | None:
    return next((path for path in paths if os.path.isfile(path)), None)


def _read_sidecar(path: Path) -> ClassifierFiles | None:
    """What a sidecar describes; None where it describes no classifier."""
    hint = msg("See docs/scenes.md for its fields.")
    content = read_bytes(path, what=msg("The sidecar {path}", path=path), to=WeightsError, most=_MOST_BYTES)
    try:
        metadata = parse_json(content)
        if not isinstance(metadata, dict) or metadata.get("task") != "classify":
            return None
        if int(metadata["schema"]) > SCHEMA:
            raise WeightsError(
                msg("the sidecar {path} is newer than this program.", path=path.name), hint="Update DashcamCleaner."
            )
        if not isinstance(metadata["labels"], list) or len(metadata["labels"]) > _MOST_LABELS:
            raise ValueError(msg("labels is no list, or too long"))
        labels = tuple(str(label) for label in metadata["labels"])
        ModelCard.from_sidecar(metadata)  # what is wrong in its card is told here, and not in the middle of a run
        row = metadata["files"][0]
        name = str(row["file"])
        if Path(name).name != name or not labels or len(set(labels)) < len(labels):
            raise ValueError(msg("a file elsewhere, no labels, or one twice"))
        file = WeightsFile(
            path=path.parent / name,
            format=str(row.get("format") or _FORMATS[Path(name).suffix.lower()]),
            precision=str(row.get("precision", "")),
            sha256=str(row.get("sha256", "")),
        )
        return ClassifierFiles(name=str(metadata["name"]), file=file, labels=labels, metadata=metadata)
    except UNREADABLE as error:
        raise WeightsError(
            msg("The sidecar {path} cannot be read ({error}).", path=path, error=reason_of(error)), hint=hint
        ) from error
