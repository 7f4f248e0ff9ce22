"""Files of labels: their formats by name, and reading one that anybody may have written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.labels import coco, cvat, mot, yolo
from dashcamcleaner.labels.clip_labels import ClipLabels
from dashcamcleaner.messages import msg
from dashcamcleaner.side_files import UNREADABLE, read_bytes, reason_of

__all__ = ["FORMATS", "LabelFormat", "find_format", "read_labels"]

_MOST_BYTES = 512 << 20
"""Two million boxes of CVAT, with their ends; what is made of them is counted by each format as it is read."""


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """One format.

    Args:
        name: what ``--format`` calls it.
        title: the name for people.
        ending: what file names end in; from it alone the format is known.
        write: the labels as the file's bytes.
        module: reads it.
        knows_scores: a detection that is not sure can say so.
    """

    name: str
    title: str
    ending: str
    write: Callable[[ClipLabels], bytes]
    module: ModuleType
    knows_scores: bool = False


FORMATS = (
    LabelFormat("coco", "COCO", ".coco.json", coco.to_bytes, coco, knows_scores=True),
    LabelFormat("yolo", "YOLO", ".zip", yolo.to_bytes, yolo),
    LabelFormat("mot", "MOT Challenge", ".txt", mot.to_bytes, mot),
    LabelFormat("cvat", "CVAT for video 1.1", ".xml", cvat.to_bytes, cvat),
)


def find_format(path: Path, name: str = "") -> LabelFormat:
    """The format called so, or the one that the file's name ends in.

    Raises:
        OutputError: the name tells none.
    """
    for known in FORMATS:
        if known.name == name or (not name and path.name.lower().endswith(known.ending)):
            return known
    endings = ", ".join(f"{known.ending} ({known.title})" for known in FORMATS)
    raise OutputError(
        msg("{path} does not tell the format of its labels.", path=path.name),
        hint=msg("Use a name ending in {endings}.", endings=endings),
    )


def read_labels(path: Path, *, size: tuple[int, int], kinds: tuple[str, ...], name: str = "") -> ClipLabels:
    """Read a file of labels.

    Args:
        path: the file.
        size: the size of the clip's upright picture, for formats that do not tell it.
        kinds: names of the kinds, for formats that have numbers alone.
        name: the format; without it the file's name tells.

    Raises:
        InputError: the file cannot be read, is too large or not in its format.
        OutputError: the name tells no format.
    """
    known = find_format(path, name)
    content = read_bytes(path, what=msg("The labels {path}", path=path), to=InputError, most=_MOST_BYTES)
    try:
        labels: ClipLabels = known.module.from_bytes(content, size=size, kinds=kinds)
    except UNREADABLE as error:
        raise InputError(
            msg(
                "{path} holds no labels of {known} that can be read: {why}.",
                path=path,
                known=known.title,
                why=reason_of(error),
            ),
            hint="If it is of another format, name it with --format.",
        ) from error
    return labels
