"""One clip, its detection shared out: parts of it are looked at in other processes or on other machines.

    the clip ─┬─ part 1, part 2, ... ─► workers: decode, detect ─┐
              └─► one run as ever: decode, motion, track, plan, paint, encode ◄─ detections of each part

Only what is most of the work is shared out, and it knows no neighbouring frames. Tracks, look-ahead and closer looks
are those of the one run over the whole clip, so there are no seams in them. Detections are taken for a frame only
where a worker has seen the same picture under the same number and time; whatever is missing, because a worker
died or decoded something else, the run detects by itself.
"""

from __future__ import annotations

import contextlib
import threading
import zlib
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.events import Event, Failed, Finished, Warned
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media.decoder import Decoder, open_clip
from dashcamcleaner.media.frame_times import frame_times_and_keys
from dashcamcleaner.media.image_file import is_picture_file
from dashcamcleaner.media.probe import probe
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.build import detection_schedule, detector_for
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.settings import Settings

__all__ = ["Part", "PartRunner", "PartsAhead", "clean_split", "detect_part", "parts_of", "picture_key"]

_LEAST_S, _MOST_S = 2.0, 20.0
"""A part's length: opening a clip and seeking must cost little of it, and a lost one must not cost much."""
_PARTS_EACH = 4
"""So many parts for each worker, at least: the last ones end about together."""
_MORE_UNDER_WAY = 2
"""Parts that are asked for ahead of those at work: memory stays bounded however long the clip."""
_TRIES = 2
_LOOK_EVERY_S = 0.05
_FETCH_S = 60.0
"""For the result of a part that is done to come over the network. Asking for it with a short time limit again and again
loses results on a busy machine: Dask breaks the transfer off each time."""
_ROWS = 4
"""Every fourth row of a picture is enough to tell whether two decoders gave the same one."""

PictureKey = tuple[int, int, int]


def picture_key(frame: Frame, *, index: int) -> PictureKey:
    """What tells a picture from all others of its clip: its number, its pts and a sum over its samples."""
    total = 0
    for plane in frame.planes:
        total = zlib.crc32(np.ascontiguousarray(plane[::_ROWS]).tobytes(), total)
    return index, frame.time.pts, total


@dataclass(frozen=True, slots=True)
class Part:
    """Frames of a clip that one worker looks at: plain data.

    Args:
        source: the path of the clip.
        settings: the settings of the run.
        first: the index of the first frame.
        pts: the pts of each frame, in order of presentation.
        video_track: the number of the video stream.
    """

    source: Path
    settings: Settings
    first: int
    pts: tuple[int, ...]
    video_track: int | None


def parts_of(job: Job, *, info: MediaInfo, times: Sequence[int], keys: Sequence[int], workers: int) -> list[Part]:
    """A clip in parts, each beginning at a key frame; one part where it cannot be cut.

    Args:
        job: what is asked.
        info: what the clip holds.
        times: the pts of all frames, in order.
        keys: those of its key frames.
        workers: how many look at parts at the same time.
    """
    if not times:
        return []
    whole_s = float((times[-1] - times[0]) * info.time_base)
    length = min(_MOST_S, max(_LEAST_S, whole_s / (_PARTS_EACH * workers)))
    places = {pts: place for place, pts in enumerate(times)}
    starts = [0]
    for key in keys:
        if float((key - times[starts[-1]]) * info.time_base) >= length:
            starts.append(places[key])
    return [
        Part(job.source, job.settings, first, tuple(times[first:end]), info.video_track)
        for first, end in pairwise([*starts, len(times)])
    ]


def detect_part(
    part: Part, models: ModelPool, *, stopped: Callable[[], bool] = lambda: False
) -> list[tuple[PictureKey, Detections]]:
    """Look at the frames of a part; gives what was seen in each, up to the first that is not what it should be.

    Args:
        part: which frames.
        models: gives the detector.
        stopped: says that nobody waits for the result any more.

    Raises:
        DashcamCleanerError: the clip cannot be read, or nothing can look at it.
    """
    info = probe(part.source, video_track=part.video_track)
    detector = detector_for(part.settings, upright_size=info.upright_size, models=models, shown_size=info.shown_size)
    source = LiveObservationSource(detector, motion=None, log=None, batch=part.settings.batch or detector.batch)
    found = []
    with open_clip(part.source, info=info, threads=part.settings.workers) as decoder:
        for place, (frame, seen) in enumerate(source.see(_frames(decoder, part))):
            found.append((picture_key(frame, index=part.first + place), seen.detections))
            if stopped():
                break
    return found


def _frames(decoder: Decoder, part: Part) -> Iterator[Frame]:
    yield decoder.seek(part.pts[0])
    for due, frame in zip(part.pts[1:], decoder, strict=False):
        if frame.time.pts != due:
            return
        yield frame


class PartRunner(Protocol):
    """Does parts somewhere; what it gives for each is a future, as Python's own executors and Dask have them."""

    workers: int

    def submit(self, part: Part) -> Any:
        """Start a part; the future's result is that of `detect_part`."""


class PartsAhead:
    """What workers see in the parts of a clip, in order, while the run asks for it frame by frame.

    Args:
        parts: the clip.
        runner: does them.
        cancelled: says that the run is to end.

    Attributes:
        taken: frames whose detections came from a worker.
        missed: frames that the run had to look at itself.
        faults: why parts failed, a sentence each, without repeats.
    """

    def __init__(self, parts: Sequence[Part], runner: PartRunner, *, cancelled: Callable[[], bool]) -> None:
        self.taken = self.missed = 0
        self.faults: list[str] = []
        self._parts = parts
        self._runner = runner
        self._cancelled = cancelled
        self._starts = [part.first for part in parts]
        self._futures: dict[int, Any] = {}
        self._tries: dict[int, int] = {}
        self._at = -1
        self._seen: dict[PictureKey, Detections] = {}
        self._closed = threading.Event()

    def take(self, frame: Frame) -> Detections | None:
        """See `pipeline.observations.DetectionsAhead`; frames are asked for in order."""
        number = bisect_right(self._starts, frame.index) - 1
        if number != self._at:
            self._at, self._seen = number, self._result(number)
        seen = self._seen.pop(picture_key(frame, index=frame.index), None)
        self.taken += seen is not None
        self.missed += seen is None
        return seen

    def close(self) -> None:
        """Nobody asks any more; parts that were not begun are taken back."""
        self._closed.set()
        for future in self._futures.values():
            future.cancel()
        self._futures.clear()

    def _result(self, number: int) -> dict[PictureKey, Detections]:
        for old in [other for other in self._futures if other < number]:
            self._futures.pop(old).cancel()
        while not (self._closed.is_set() or self._cancelled()):
            last = min(len(self._parts), number + self._runner.workers + _MORE_UNDER_WAY)
            for ahead in range(number, last):
                if ahead not in self._futures and self._tries.get(ahead, 0) < _TRIES:
                    self._tries[ahead] = self._tries.get(ahead, 0) + 1
                    self._futures[ahead] = self._runner.submit(self._parts[ahead])
            future = self._futures.get(number)
            if future is None:
                return {}
            if not future.done():
                self._closed.wait(_LOOK_EVERY_S)
                continue
            try:
                return dict(future.result(timeout=_FETCH_S))
            except Exception as error:  # a worker's fault, or its end, whatever it was
                del self._futures[number]
                self._note(error)
        return {}

    def _note(self, error: Exception) -> None:
        why = error.message if isinstance(error, DashcamCleanerError) else type(error).__name__
        if why not in self.faults:
            self.faults.append(why)


def clean_split(
    job: Job, runner: PartRunner, *, models: ModelPool | None = None, control: Control | None = None
) -> Generator[Event, None, None]:
    """As `jobs.run.clean`, the clip's detection shared out; what cannot be split is cleaned as ever.

    Args:
        job: what is asked.
        runner: looks at parts.
        models: where the run's own detectors come from.
        control: pauses, cancels, shows the current frame.
    """
    control = control or Control()
    parts, why = _planned_parts(job, workers=runner.workers)
    if len(parts) < 2:
        if why:
            yield Warned(msg("{source} is not shared out: {why}.", source=job.source.name, why=why))
        yield from clean(job, models=models, control=control)
        return
    ahead = PartsAhead(parts, runner, cancelled=lambda: control.cancelled)
    events = clean(job, models=models, control=control, ahead=ahead)
    with contextlib.ExitStack() as stack:
        stack.callback(events.close)  # type: ignore[attr-defined]
        stack.callback(ahead.close)  # first, or the run's threads would wait for a part that nobody wants
        for event in events:
            if isinstance(event, Finished | Failed) and ahead.missed:
                whose = f": {'; '.join(fault.rstrip('.') for fault in ahead.faults)}" if ahead.faults else ""
                yield Warned(
                    msg(
                        "Of {taken} frames {missed} were looked at by the run itself{whose}.",
                        taken=ahead.taken + ahead.missed,
                        missed=ahead.missed,
                        whose=whose,
                    )
                )
            yield event


def _planned_parts(job: Job, *, workers: int) -> tuple[list[Part], str]:
    """The parts of a job's clip; or none, and why: of what has to be told, and is no fault of the clip."""
    if job.from_plan is not None or not job.looks:
        return [], msg("nothing is detected")
    try:
        if is_picture_file(job.source):
            return [], ""
        info = probe(job.source, video_track=job.settings.video_track)
        if detection_schedule(job.settings, upright_size=info.upright_size) is not None:
            return [], msg(
                "the detector is asked in some frames only, by what it saw before (--detect-every 1 asks in all)"
            )
        times, keys = frame_times_and_keys(job.source, info=info)
    except DashcamCleanerError:
        return [], ""  # the run tells what is wrong
    parts = parts_of(job, info=info, times=times, keys=keys, workers=workers)
    return parts, "" if len(parts) > 1 else msg("it is too short, or has no key frames to part it at")
