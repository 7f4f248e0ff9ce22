"""Finding burned-in text: what stands at one place in many pictures of a clip, and what kind of content it is. Pure.

A text finder tells where each of a few pictures shows text (`detection.ocr`). Lines at the same place in many of them
are one, whatever they say: a clock has another digit each second, a position may gain one, and a finder may see a line
whole in one picture and in two halves in the next. A sign stands still as well while the camera does; such a line is
told as not sure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from dashcamcleaner.core.burned_in import CONTENTS, POSITION, BurnedIn
from dashcamcleaner.core.edit_rows import Box

__all__ = ["SeenText", "anything_stands", "content_of", "is_line", "sample_places", "standing_text", "stands"]

_A_MINUTE = 4
_LEAST, _MOST = 6, 60
"""So many pictures are looked at: four a minute, within bounds."""
_PART_OF, _PART_OF_TEXT = 0.4, 0.6
"""Found at a place in so many of the pictures, text stands there: fewer are enough where it holds a position, a speed,
a date or a time (a position may be written only once a satellite is heard), more where it may be a road marking."""
_SAME_ROW, _SAME_SPAN = 0.65, 0.5
"""Two boxes are one line's where they share this part of their heights, and of the shorter one's width."""
_STEADY_PX, _STEADY = 3.0, 0.1
"""Pixels, or part of its height, by which the sides of a text that does not change are off at most, as finders go."""
_AROUND = 0.25
"""Part of its height by which a place is larger than its text on every side: outlines and shadows belong to it."""
_GRID = (9, 16)
_FLAT, _MOVED, _MOST_BLOCKS = 6.0, 8.0, 0.6
"""Of the blocks of a grid whose values (0-255) spread by so much, this part differs by so much on average from picture
to picture: then the camera moves, and what stands was written by it."""
_HIGHEST = 0.12
"""Part of the picture's height beyond which letters are a sign's, or a lorry's."""
_EDGE_LEVELS = 25
"""Grey levels from which an edge counts: letters are made to be read."""
_STROKES = 0.1
"""Share of a window that lies on edges of strokes which stand, from which it may hold text; see `anything_stands`."""
_WINDOWS_PX = ((48, 12), (96, 24))
"""Width and height of the windows, in a picture of 1280 pixels: some letters of a small and of a large line."""

_NUMBER = r"\d{1,3}[.,·°º'’\s]{1,2}\d{2}"
_POSITION = re.compile(
    rf"(?<![A-Z])[NSEWO][:\s.]{{0,2}}[-+]?{_NUMBER}"  # N48.1371, W: 122 24
    rf"|{_NUMBER}[\d.,°º'’\"\s]{{0,12}}[NSEWO](?![A-Z])"  # 48°08'13"N
    r"|[-+]?\d{1,3}[.,]\d{3,}\s*[,;/\s]\s*[-+]?\d{1,3}[.,]\d{3,}"  # 48.1371, 11.5754
    r"|\b(?:LAT|LON|LONG|LATITUDE|LONGITUDE|GPS)\b"
    r"|[NS]\d{4,}[EWO]?\d*|[EWO]\d{5,}",  # whatever the reader left out between digits
    re.IGNORECASE,
)
_SPEED = re.compile(r"\d{1,3}\s*(?:KM\s*/?\s*H|KPH|KMPH|MPH|KNOTS?|KN\b|M/S)", re.IGNORECASE)
_DATE = re.compile(r"\d{2,4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,4}|(?<!\d)20\d{6}(?!\d)")
_TIME = re.compile(r"\d{1,2}\s*[:.]\s*\d{2}(?:\s*[:.]\s*\d{2})?(?!\d)|\d{1,2}:\d{2}")


@dataclass(frozen=True, slots=True)
class SeenText:
    """A line of text in one picture.

    Args:
        picture: the number of the picture.
        box: where, upright full-size pixels.
    """

    picture: int
    box: Box


def sample_places(seconds: float) -> list[float]:
    """When to look, as parts of a clip's length, 0-1: four times a minute, spread evenly.

    Args:
        seconds: the clip's length.
    """
    pictures = round(min(_MOST, max(_LEAST, seconds / 60 * _A_MINUTE)))
    return [(at + 0.5) / pictures for at in range(pictures)]


def content_of(readings: Sequence[str]) -> tuple[str, ...]:
    """What a line holds, by what a reader makes of it in several pictures; a position that is read once is one.

    Args:
        readings: the line as read, with its marks; nothing of it is kept.
    """
    found = set()
    for reading in readings:
        line = reading
        for what, pattern in ((POSITION, _POSITION), ("speed", _SPEED), ("date", _DATE), ("time", _TIME)):
            line, hits = pattern.subn(" ", line)
            if hits:
                found.add(what)
    return tuple(what for what in CONTENTS if what in found) or ("text",)


def anything_stands(pictures: Iterable[np.ndarray]) -> bool:
    """Whether there may be burned-in text at all: whether letters' edges stand at one place in enough of the pictures.

    An edge stands where it runs the same way, from dark to light, in as many pictures as `stands` asks for. Letters
    have left and right edges, and upper or lower ones, side by side; a bonnet or a pillar has one or the other. The
    steady gradients of many pictures are what watermarks are found by (Dekel et al., "On the Effectiveness of Visible
    Watermarks", 2017). Of a camera that stands still much else stands, too: then the text finder has to tell.

    Args:
        pictures: uint8 RGB ``(h, w, 3)``, all of one size; each is let go before the next one is asked for.
    """
    counts: np.ndarray | None = None
    number = 0
    for picture in pictures:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        # The Sobel operator gives four times the step between two even areas.
        x, y = cv2.Sobel(grey, cv2.CV_16S, 1, 0, ksize=3), cv2.Sobel(grey, cv2.CV_16S, 0, 1, ksize=3)
        across = np.abs(x) >= np.abs(y)
        if counts is None:
            counts = np.zeros((4, *grey.shape), np.uint16)
        least = 4 * _EDGE_LEVELS
        for count, edges in zip(
            counts, (across & (x > least), across & (x < -least), ~across & (y > least), ~across & (y < -least)),
            strict=True,
        ):  # fmt: skip
            count += edges
        number += 1
    if counts is None:
        return False
    left, right, upper, lower = (counts >= max(2, math.ceil(_PART_OF * number))).astype(np.float32)
    for window in _WINDOWS_PX:
        shares = [cv2.blur(edges, window) for edges in (left, right, upper, lower)]
        if np.minimum(np.minimum(shares[0], shares[1]), np.maximum(shares[2], shares[3])).max() >= _STROKES:
            return True
    return False


def is_line(box: Box, *, height_px: float) -> bool:
    """Whether a text is of a size in which cameras write, in a picture of this height."""
    return box[3] - box[1] <= _HIGHEST * height_px


def stands(holds: Sequence[str], lines: Sequence[SeenText], *, pictures: int) -> bool:
    """Whether a place was found in enough of the pictures, for what it holds.

    Of mere text the ends stand still as well, since nothing in it changes; a sign that is driven towards grows.
    """
    found_in = len({line.picture for line in lines})
    if tuple(holds) != ("text",):
        return found_in >= max(min(2, pictures), _PART_OF * pictures)
    boxes = np.array([line.box for line in lines], np.float64)
    height = float(np.median(boxes[:, 3] - boxes[:, 1]))
    off = np.abs(boxes - np.median(boxes, axis=0)).max(axis=1)
    steady = {line.picture for line, far in zip(lines, off, strict=True) if far <= max(_STEADY_PX, _STEADY * height)}
    return len(steady) >= max(min(2, pictures), _PART_OF_TEXT * pictures)


def standing_text(seen: Sequence[SeenText], *, pictures: Sequence[np.ndarray]) -> list[tuple[BurnedIn, list[SeenText]]]:
    """The places at which pictures show text, each with its lines; what they hold is not told yet.

    A place may yet turn out to have too few of them: `stands` tells, once it is known what it holds.

    Args:
        seen: the lines of all pictures.
        pictures: each picture small and grey, ``(h, w)`` uint8, all of one size.

    Returns:
        Places from top to bottom; the box holds all that was found there, grown a little.
    """
    found = []
    for group in _grouped(seen):
        lines = _in_one_row(group)
        if not stands(CONTENTS, lines, pictures=len(pictures)):
            continue
        numbers = sorted({line.picture for line in lines})
        # Over the whole clip as well: two who pass close by can fill most of a few pictures.
        moves = _scene_moves(pictures) and _scene_moves([pictures[number] for number in numbers])
        found.append((BurnedIn(_around([line.box for line in lines]), sure=moves), lines))
    return sorted(found, key=lambda pair: (pair[0].box[1], pair[0].box[0]))


def _in_one_row(lines: Sequence[SeenText]) -> list[SeenText]:
    """Those that stand to the pixel: their rows are that of most. What moves along leaves it."""
    rows = np.array([(line.box[1], line.box[3]) for line in lines], np.float64)
    top, bottom = np.median(rows, axis=0)
    common = np.minimum(rows[:, 1], bottom) - np.maximum(rows[:, 0], top)
    whole = np.maximum(rows[:, 1], bottom) - np.minimum(rows[:, 0], top)
    return [line for line, part in zip(lines, common / whole, strict=True) if part >= _SAME_ROW]


def _scene_moves(pictures: Sequence[np.ndarray]) -> bool:
    """Whether the camera moves: most of what has any structure changes. Where it stands, a few who pass do."""
    changed = []
    for earlier, later in pairwise(pictures):
        before, after = _blocks(earlier), _blocks(later)
        structured = np.maximum(before.std(axis=2), after.std(axis=2)) >= _FLAT
        moved = np.abs(after - before).mean(axis=2) >= _MOVED
        changed.append(float(moved[structured].mean()) if structured.any() else 0.0)
    return bool(changed) and float(np.median(changed)) >= _MOST_BLOCKS


def _blocks(picture: np.ndarray) -> np.ndarray:
    """A grid of blocks, ``(rows, columns, values)`` float32."""
    rows, columns = _GRID
    height, width = (picture.shape[0] // rows) * rows, (picture.shape[1] // columns) * columns
    cut = picture[:height, :width].astype(np.float32).reshape(rows, height // rows, columns, width // columns)
    return cut.transpose(0, 2, 1, 3).reshape(rows, columns, -1)


def _grouped(seen: Sequence[SeenText]) -> list[list[SeenText]]:
    """Lines that lie at one place: linked from box to box (union-find)."""
    if not seen:
        return []
    x1, y1, x2, y2 = np.array([line.box for line in seen], np.float64).T
    parent = list(range(len(seen)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for one in range(len(seen)):
        rows = np.minimum(y2[one], y2) - np.maximum(y1[one], y1)
        spans = np.minimum(x2[one], x2) - np.maximum(x1[one], x1)
        same = (rows >= _SAME_ROW * np.maximum(y2[one] - y1[one], y2 - y1)) & (
            spans >= _SAME_SPAN * np.minimum(x2[one] - x1[one], x2 - x1)
        )
        for other in np.flatnonzero(same):
            parent[root(int(other))] = root(one)
    groups: dict[int, list[SeenText]] = {}
    for one, line in enumerate(seen):
        groups.setdefault(root(one), []).append(line)
    return list(groups.values())


def _around(boxes: Sequence[Box]) -> Box:
    x1, y1 = min(box[0] for box in boxes), min(box[1] for box in boxes)
    x2, y2 = max(box[2] for box in boxes), max(box[3] for box in boxes)
    more = _AROUND * (y2 - y1)
    return (round(x1 - more, 1), round(y1 - more, 1), round(x2 + more, 1), round(y2 + more, 1))
