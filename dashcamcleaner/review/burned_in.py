"""Burned-in text: what a dashcam writes into the picture (place, speed, date, driver). It stands still over the clip.

Text is looked for in a few pictures spread over the clip; what is found at the same place in most of them is burned in.
A camera that stands still shows signs at the same place, too: a person decides. What it says is not read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.edit_rows import Box
from dashcamcleaner.core.edit_types import HiddenZone
from dashcamcleaner.core.edits import Edits

__all__ = ["PICTURES", "covered", "place_words", "sampled", "standing_boxes"]

PICTURES = 8
"""So many pictures are looked at."""
_SAME = 0.5
_MOST_OF = 0.6
_AROUND = 0.2
"""Part of its height by which an area is larger than its text on every side: outlines and shadows belong to it."""


def sampled(frames: int) -> list[int]:
    """The indices of the pictures to look at, spread evenly over a clip."""
    return sorted({int((at + 0.5) * frames / PICTURES) for at in range(PICTURES)}) if frames else []


def standing_boxes(found: Sequence[Sequence[Box]]) -> list[Box]:
    """The places at which most of the pictures show text; a digit that changes may make it wider or narrower.

    Args:
        found: the boxes of text in each picture, upright full-size pixels.

    Returns:
        For each place the box that holds all that was found there, grown a little.
    """
    groups: list[list[tuple[int, Box]]] = []
    for number, boxes in enumerate(found):
        for box in boxes:
            near = [
                group for group in groups if iou(np.array([box]), np.array([group[-1][1]]))[0, 0] >= _SAME
            ]  # fmt: skip
            if near:
                near[0].append((number, box))
            else:
                groups.append([(number, box)])
    least = max(2, _MOST_OF * len(found))
    return [_around([box for _, box in group]) for group in groups if len({number for number, _ in group}) >= least]


def _around(boxes: Sequence[Box]) -> Box:
    x1, y1 = min(box[0] for box in boxes), min(box[1] for box in boxes)
    x2, y2 = max(box[2] for box in boxes), max(box[3] for box in boxes)
    more = _AROUND * (y2 - y1)
    return (round(x1 - more, 1), round(y1 - more, 1), round(x2 + more, 1), round(y2 + more, 1))


def covered(edits: Edits, boxes: Sequence[Box]) -> Edits:
    """The edits with these places hidden over the whole clip; what is hidden already stays as it is."""
    there = {zone.box for zone in edits.hidden_zones}
    return Edits((*edits.entries, *(HiddenZone(box) for box in boxes if box not in there)))


def place_words(box: Box, size: tuple[int, int]) -> str:
    """Where in the picture a box lies: ``upper left``, ``lower middle``, and so on.

    Args:
        box: upright full-size pixels.
        size: ``(width, height)`` of the picture.
    """
    x, y = (box[0] + box[2]) / 2 / size[0], (box[1] + box[3]) / 2 / size[1]
    return ("upper " if y < 0.5 else "lower ") + ("left" if x < 1 / 3 else "middle" if x < 2 / 3 else "right")
