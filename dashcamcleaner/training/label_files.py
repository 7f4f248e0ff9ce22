"""Label files of the training: YOLO text, a line ``class cx cy w h`` for each object, in parts of the picture's size.

Anybody's tool may have written them. What cannot be a box is refused with file and line, since boxes at wrong places
would be trained on without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.errors import InputError
from dashcamcleaner.messages import msg
from dashcamcleaner.side_files import read_bytes

__all__ = ["KINDS", "read_boxes", "write_boxes"]

KINDS = ("face", "plate")
"""Class numbers in label files: 0 = face, 1 = plate."""

_BEYOND = 0.5
"""Boxes may be drawn, or found, past the edge; pixels are far beyond it."""


def read_boxes(path: str | Path, *, size: tuple[int, int]) -> list[list[float]]:
    """Rows ``[class, x1, y1, x2, y2]`` in pixels from a YOLO text file; empty where the file is absent.

    Further columns (a teacher's score) are ignored.

    Raises:
        InputError: a line that is not ``class cx cy w h``.
    """
    path = Path(path)
    if not path.exists():
        return []
    content = read_bytes(path, what=msg("The labels {path}", path=path), to=InputError)
    width, height = size
    rows = []
    for number, line in enumerate(content.decode("utf-8-sig", "replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            cls, cx, cy, w, h = _label(line)
        except ValueError as e:
            raise InputError(
                msg(
                    "{path}, line {number}: expected 'class cx cy w h', found {line}.",
                    path=path,
                    number=number,
                    line=repr(line[:40]),
                ),
                hint="Classes are 0 (face) and 1 (plate); the rest are parts of the picture's size, 0 to 1.",
            ) from e
        rows.append([cls, (cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height])
    return rows


def _label(line: str) -> tuple[float, float, float, float, float]:
    """The numbers of a line, if they can be a label: outlines and pixels would be boxes somewhere else."""
    words = line.split()
    if len(words) not in (5, 6):
        raise ValueError("an outline, or no label")
    cls, cx, cy, w, h = (float(word) for word in words[:5])
    if cls not in range(len(KINDS)):
        raise ValueError("no such class")
    if not all(-_BEYOND <= v <= 1 + _BEYOND for v in (cx, cy)) or not all(0 <= v <= 1 + 2 * _BEYOND for v in (w, h)):
        raise ValueError("not in the picture")  # NaN fails, too
    return cls, cx, cy, w, h


def write_boxes(path: str | Path, rows: Iterable[Sequence[float]], *, size: tuple[int, int]) -> None:
    """The inverse of `read_boxes`, written beside and renamed, so that a kill leaves no half file."""
    path = Path(path)
    width, height = size
    lines = []
    for cls, x1, y1, x2, y2, *rest in rows:
        values = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height, *rest)
        lines.append(f"{int(cls)} " + " ".join(f"{v:.6f}" for v in values) + "\n")
    atomic_write(path, "".join(lines), make_folder=True)
