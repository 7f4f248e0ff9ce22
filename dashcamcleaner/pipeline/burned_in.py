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
from dashcamcleaner.detection.burned_in import SeenText, content_of, is_line, sample_places, standing_text, stands
from dashcamcleaner.detection.ocr import TextReader
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DetectorFailed, ExtraMissing, InputError
from dashcamcleaner.media.decoder import frame_times_and_keys, open_clip
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
            flags = "--hide-overlay all" if self.wanted == "position" else "--hide-overlay position, or all"
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
        found = find_burned_in(job.source, info=info, reader=models.text_reader(), look=control.wait_while_paused)
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
    width, height = info.upright_size
    scale = min(1.0, _LONGEST_SIDE_PX / max(width, height))
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    seen: list[SeenText] = []
    crops: dict[SeenText, np.ndarray] = {}
    small: list[np.ndarray] = []
    for number, frame in enumerate(_pictures(source, info)):
        look()
        picture = frame.picture(size)
        small.append(picture[::4, ::4].mean(axis=2).astype(np.uint8))
        for box in reader.find(picture):
            line = SeenText(number, _scaled(box, width / size[0], height / size[1]))
            if not is_line(line.box, height_px=height):
                continue
            seen.append(line)
            crops[line] = _cut(picture, box)
        frame.forget_pictures()
    found = []
    for one, lines in standing_text(seen, pictures=small):
        step = max(1, len(lines) // _READ_IN)
        readings = reader.read([crops[line] for line in lines[::step][:_READ_IN]])
        holds = content_of([reading.line or reading.text for reading in readings])
        if stands(holds, lines, pictures=len(small)):
            found.append(replace(one, holds=holds, sure=one.sure or holds != ("text",)))
    return tuple(found)


def _pictures(source: Path, info: MediaInfo) -> Iterator[Frame]:
    """The frames to look at, in order: key frames near the places where one is cheap, else the very frames."""
    times, keys = frame_times_and_keys(source, info=info)
    with open_clip(source, info=info) as decoder:
        if not times:
            yield from (frame for frame in decoder if frame.index % _UNTIMED_EVERY == 0)
            return
        seconds = float((times[-1] - times[0]) * info.time_base)
        places = sample_places(seconds)
        near = (times[-1] - times[0]) / (4 * len(places))
        wanted = []
        for place in places:
            pts = times[min(len(times) - 1, int(place * len(times)))]
            key = _nearest(keys, pts)
            wanted.append(key if key is not None and abs(key - pts) <= near else pts)
        for pts in sorted(set(wanted)):
            with contextlib.suppress(InputError):  # a damaged place: the others tell
                yield decoder.seek(pts)


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
