"""Burned-in text of a clip within a run: looked for in a few pictures before anything is seen, told, and covered.

The first frame is written with the covers in place, so the search comes first: four pictures a minute, key frames
where there are any, at most 1280 px on their long side. What the text says is read to tell a position from a date, and
thrown away.
"""

from __future__ import annotations

import bisect
import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.core.burned_in import BurnedIn, burned_in_sentence, place_words
from dashcamcleaner.core.edit_rows import Box
from dashcamcleaner.core.edit_types import HiddenZone
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.detection.burned_in import (
    SeenText,
    anything_stands,
    content_of,
    is_line,
    sample_places,
    standing_text,
    stands,
)
from dashcamcleaner.detection.ocr import TextReader
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DetectorFailed, ExtraMissing, InputError
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.frame_times import frame_times_and_keys
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import read_header

__all__ = ["BurnedInText", "covered", "find_burned_in", "look_for_burned_in"]

_LONGEST_SIDE_PX = 1280
_READ_IN = 3
"""Pictures in which a line is read."""
_SHORTEST_S = 2.0
"""In shorter clips nobody looks unasked: what stands there need not be burned in."""
_UNTIMED_EVERY = 150
"""Of a clip without times every so many frames are looked at."""
_OFF_STEPS = 1 / 3
"""How far a picture may be from its place, in distances between two places."""
_ENOUGH_KEYS, _FARTHEST_STEPS = 6, 2.0
"""So many key frames are looked at rather than frames at even distances, if none of those is further from a key frame
than this many distances: a frame far from one costs the decoding of all between."""
_MOST_KEPT = 12
"""Pictures that are kept for a second look; of more, the clip is read again."""


@dataclass(frozen=True, slots=True)
class BurnedInText:
    """What was found of a clip, and what becomes of it.

    Args:
        found: the places; None: nobody looked.
        wanted: what is to be hidden: ``none``, ``position`` or ``all``.
        size: ``(width, height)`` of the upright picture.
        problem: why it could not be looked for, a sentence; empty: it could.
    """

    found: tuple[BurnedIn, ...] | None
    wanted: str
    size: tuple[int, int]
    problem: str = ""

    @property
    def hidden(self) -> tuple[BurnedIn, ...]:
        """Those that are to be covered."""
        return tuple(one for one in self.found or () if self._is_hidden(one))

    def _is_hidden(self, one: BurnedIn) -> bool:
        return self.wanted == "all" or (self.wanted == "position" and one.has_position)

    @property
    def zones(self) -> tuple[HiddenZone, ...]:
        """The edits that cover them over the whole clip."""
        return tuple(HiddenZone(one.box) for one in self.hidden)

    def rows(self) -> list[dict[str, Any]]:
        """For the report: box, what it holds, where that is, and whether it is hidden."""
        return [
            {**one.as_dict(), "place": place_words(one.box, self.size), "hidden": self._is_hidden(one)}
            for one in self.found or ()
        ]

    def sentences(self) -> Iterator[tuple[str, str]]:
        """What is to be told, each with a hint, which may be empty."""
        if self.problem:
            yield self.problem, ""
        if self.found is None:
            return
        hidden = self.hidden
        if hidden:
            yield msg("Burned-in text is hidden over the whole clip: {places}.", places=self._places(hidden)), ""
        elif self.wanted != "none":
            yield (
                (
                    msg("No burned-in position was found; look at the clip yourself before you publish it.")
                    if self.wanted == "position"
                    else msg("No burned-in text was found; look at the clip yourself before you publish it.")
                ),
                "",
            )
        left = [one for one in self.found if not self._is_hidden(one) and (one.sure or one.holds != ("text",))]
        if left:
            # Those with a position are hidden already where they were asked for, and elsewhere there may be none.
            position = any(one.has_position for one in left)
            flags = "--hide-overlay position, or all" if position else "--hide-overlay all"
            yield (
                msg("Burned-in text stays visible: {places}.", places=self._places(left)),
                msg("Hide it with {flags}.", flags=flags),
            )

    def _places(self, some: Sequence[BurnedIn]) -> str:
        places = burned_in_sentence(some, size=self.size)
        if all(one.sure for one in some):
            return places
        return msg("{places} (perhaps a sign: the camera stands still)", places=places)


def look_for_burned_in(job: Job, *, info: MediaInfo, models: ModelPool, control: Control) -> BurnedInText:
    """The burned-in text of a job's clip: from its plan where that tells it, else looked for.

    Without ``--hide-overlay`` it is told where the extra that finds text is installed, and never stops a run.

    Raises:
        ExtraMissing: it is to be hidden, and the extra that finds text is not installed.
        DetectorFailed, InputError: it is to be hidden, and cannot be looked for.
        Cancelled: the run is to end.
        PlanError: the plan cannot be read.
    """
    wanted = job.settings.hide_overlay
    result = BurnedInText(None, wanted, info.upright_size)
    if job.from_plan is not None:
        known = read_header(job.from_plan).burned_in
        if known is not None or wanted == "none":
            return replace(result, found=known)
    unasked = wanted == "none"
    if unasked and (not job.detect or (info.duration_s or 0.0) < _SHORTEST_S):
        return result
    try:
        pictures = _SampledPictures(job.source, info=info, look=control.wait_while_paused)
        # Unasked it is only told, and most clips hold none: where nothing rests in the picture no text does, and the
        # text finder, which costs ten times more, need not be opened.
        found = () if unasked and not anything_stands(pictures) else _found_in(pictures, models.text_reader())
    except ExtraMissing as error:
        if unasked:
            return result
        raise ExtraMissing("Burned-in text cannot be found: its extra is not installed.", hint=error.hint) from error
    except (DetectorFailed, InputError) as error:
        if unasked:
            return replace(result, problem=msg("Burned-in text could not be looked for: {error}", error=error.message))
        raise
    return replace(result, found=found)


def find_burned_in(
    source: Path, *, info: MediaInfo, reader: TextReader, look: Callable[[], None] = lambda: None
) -> tuple[BurnedIn, ...]:
    """The places at which text stands over a clip, from top to bottom.

    Args:
        source: the clip.
        info: what it holds.
        reader: finds and reads text.
        look: called before each picture; may raise to end the search.

    Raises:
        InputError: the clip cannot be read.
        DetectorFailed: the text finder failed.
    """
    return _found_in(_SampledPictures(source, info=info, look=look), reader)


def _found_in(pictures: _SampledPictures, reader: TextReader) -> tuple[BurnedIn, ...]:
    (width, height), size = pictures.upright_size, pictures.size
    seen: list[SeenText] = []
    crops: dict[SeenText, np.ndarray] = {}
    small: list[np.ndarray] = []
    for number, picture in enumerate(pictures):
        small.append(picture[::4, ::4].mean(axis=2).astype(np.uint8))
        for box in reader.find(picture):
            line = SeenText(number, _scaled(box, width / size[0], height / size[1]))
            if not is_line(line.box, height_px=height):
                continue
            seen.append(line)
            crops[line] = _cut(picture, box)
    found = []
    for one, lines in standing_text(seen, pictures=small):
        step = max(1, len(lines) // _READ_IN)
        readings = reader.read([crops[line] for line in lines[::step][:_READ_IN]])
        holds = content_of([reading.line or reading.text for reading in readings])
        if stands(holds, lines, pictures=len(small)):
            found.append(replace(one, holds=holds, sure=one.sure or holds != ("text",)))
    return tuple(found)


class _SampledPictures:
    """The pictures of a clip that are looked at, in order, RGB ``(h, w, 3)``; may be gone through more than once.

    Args:
        source: the clip.
        info: what it holds.
        look: called before each picture; may raise to end the search.

    Attributes:
        upright_size: ``(width, height)`` of the clip's own pictures.
        size: ``(width, height)`` of those given.
    """

    def __init__(self, source: Path, *, info: MediaInfo, look: Callable[[], None]) -> None:
        self._source, self._info, self._look = source, info, look
        self.upright_size = width, height = info.upright_size
        scale = min(1.0, _LONGEST_SIDE_PX / max(width, height))
        self.size = (max(2, round(width * scale)), max(2, round(height * scale)))
        self._kept: list[np.ndarray] | None = None

    def __iter__(self) -> Iterator[np.ndarray]:
        if self._kept is not None:
            for picture in self._kept:
                self._look()
                yield picture
            return
        kept: list[np.ndarray] = []
        for frame in _pictures(self._source, self._info):
            self._look()
            picture = frame.picture(self.size)
            frame.forget_pictures()
            if len(kept) <= _MOST_KEPT:
                kept.append(picture)
            yield picture
        if len(kept) <= _MOST_KEPT:
            self._kept = kept


def _pictures(source: Path, info: MediaInfo) -> Iterator[Frame]:
    """The frames to look at, in order: key frames where they are spread well enough, else the very frames."""
    times, keys = frame_times_and_keys(source, info=info)
    with open_clip(source, info=info) as decoder:
        if not times:
            yield from (frame for frame in decoder if frame.index % _UNTIMED_EVERY == 0)
            return
        latest: int | None = None
        for pts in _wanted(times, keys, seconds=float((times[-1] - times[0]) * info.time_base)):
            # A jump begins at a key frame: where none lies between, going on decodes less than jumping back.
            goes_on = latest is not None and bisect.bisect_right(keys, latest) == bisect.bisect_right(keys, pts)
            with contextlib.suppress(InputError):  # a damaged place: the others tell
                frame = next((f for f in decoder if f.time.pts >= pts), None) if goes_on else decoder.seek(pts)
                if frame is not None:
                    latest = frame.time.pts
                    if latest == pts:
                        yield frame


def _wanted(times: Sequence[int], keys: Sequence[int], *, seconds: float) -> list[int]:
    """The pts of the frames to look at."""
    places = [times[min(len(times) - 1, int(place * len(times)))] for place in sample_places(seconds)]
    step = (times[-1] - times[0]) / len(places)
    nearest = [_nearest(keys, pts) for pts in places]
    if len(keys) >= _ENOUGH_KEYS and all(
        key is not None and abs(key - pts) <= _FARTHEST_STEPS * step for key, pts in zip(nearest, places, strict=True)
    ):
        chosen = set(keys) if len(keys) <= len(places) else set(nearest)
        if len(chosen) >= _ENOUGH_KEYS:
            return sorted(pts for pts in chosen if pts is not None)
    spread: set[int] = set()
    for pts in places:
        # As early as may be, or at the key frame within reach: what lies between it and a key frame is decoded as well.
        first = bisect.bisect_left(times, pts - _OFF_STEPS * step)
        key = bisect.bisect_left(keys, times[first])
        near = key < len(keys) and keys[key] <= pts + _OFF_STEPS * step
        spread.add(keys[key] if near else times[first])
    return sorted(spread)


def _nearest(values: Sequence[int], wanted: int) -> int | None:
    place = bisect.bisect_left(values, wanted)
    return min(values[max(0, place - 1) : place + 1], key=lambda value: abs(value - wanted), default=None)


def _scaled(box: Box, x: float, y: float) -> Box:
    return (round(box[0] * x, 1), round(box[1] * y, 1), round(box[2] * x, 1), round(box[3] * y, 1))


def _cut(picture: np.ndarray, box: Box) -> np.ndarray:
    x1, y1, x2, y2 = box
    return picture[max(0, int(y1) - 2) : int(y2) + 3, max(0, int(x1) - 2) : int(x2) + 3].copy()


def covered(edits: Edits, boxes: Iterable[Box]) -> Edits:
    """The edits with these places hidden over the whole clip; what is hidden already stays as it is."""
    there = {zone.box for zone in edits.hidden_zones}
    return Edits((*edits.entries, *(HiddenZone(box) for box in boxes if box not in there)))
