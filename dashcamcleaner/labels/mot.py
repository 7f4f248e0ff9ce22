"""The format of the MOT Challenge: a text file with a line for each box.

``frame, id, left, top, width, height, confidence, class, visibility``, frames and classes counted from 1, as in
https://arxiv.org/abs/1603.00831, table 5. Confidence is the score. A class is a number alone, in the order of the
kinds of the weights; -1 stands for an id or a class that is not known.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from dashcamcleaner.labels.clip_labels import ClipLabels, ObjectLabel, check_count
from dashcamcleaner.messages import msg

__all__ = ["from_bytes", "to_bytes"]

_LEAST_COLUMNS = 6


def to_bytes(clip: ClipLabels) -> bytes:
    """The file's content."""
    number = {kind: place for place, kind in enumerate(clip.kinds, start=1)}
    lines = []
    for label in clip.labels:
        x1, y1, x2, y2 = label.xyxy
        track = -1 if label.track is None else label.track
        box = ",".join(f"{v:.2f}" for v in (x1, y1, x2 - x1, y2 - y1))
        lines.append(f"{label.frame + 1},{track},{box},{label.score:.4f},{number[label.kind]},1\n")
    return "".join(lines).encode("ascii")


def _rows(content: bytes) -> Iterator[list[str]]:
    """The rows, decoded part by part: one strange letter would make a text of the whole four times as large."""
    try:
        yield from csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""))
    except csv.Error as error:  # a line without end
        raise ValueError(msg("a line is too long")) from error


def from_bytes(content: bytes, *, size: tuple[int, int], kinds: tuple[str, ...]) -> ClipLabels:
    """The inverse of `to_bytes`; columns from the seventh on may be missing.

    Args:
        content: what the file holds.
        size: the size of the clip's upright picture.
        kinds: names of the kinds in the order of their numbers.

    Raises:
        ValueError: the content is not in this format, or has a class that `kinds` lacks.
    """
    labels = []
    for row in _rows(content):
        if not row:
            continue
        if len(row) < _LEAST_COLUMNS:
            raise ValueError(msg("the line {row} has too few columns", row=repr(",".join(row)[:60])))
        frame, track = int(float(row[0])), int(float(row[1]))
        left, top, width, height = (float(v) for v in row[2:6])
        score = float(row[6]) if len(row) > 6 else 1.0
        kind = int(float(row[7])) if len(row) > 7 else -1
        if kind > len(kinds) or (kind < 1 and len(kinds) != 1):
            raise ValueError(
                msg(
                    "the class {kind} is none of 1 to {count} ({kinds})",
                    kind=kind,
                    count=len(kinds),
                    kinds=", ".join(kinds),
                )
            )
        # Results of trackers have a confidence of -1, labels have 0 for what is to be ignored.
        score = 1.0 if score < 0 else min(1.0, score)
        box = (round(left, 2), round(top, 2), round(left + width, 2), round(top + height, 2))
        labels.append(ObjectLabel(frame - 1, box, kinds[max(1, kind) - 1], score, None if track < 0 else track))
        check_count(len(labels))
    labels.sort(key=lambda label: label.frame)
    return ClipLabels("", size, (), kinds, tuple(labels))
