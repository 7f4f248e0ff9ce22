"""The tracks of a plan as a list: what each is, when it is there, and where it is seen best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashcamcleaner.core.plan import FramePlan, Origin, Region
from dashcamcleaner.core.timing import FrameTime

__all__ = ["TrackEntry", "roster"]


@dataclass(slots=True)
class TrackEntry:
    """One track of a plan.

    Args:
        track: its id within the plan.
        kind: what it is.
        first, last: times of its first and last region.
        frames: frames with a region of it.
        sightings: those in which it was detected; the rest was filled.
        best_score: of its sightings.
        best_time: of the frame that shows it best: sure and large.
        best_region: its region there.
    """

    track: int
    kind: str
    first: FrameTime
    last: FrameTime
    frames: int = 0
    sightings: int = 0
    best_score: float = 0.0
    best_time: FrameTime | None = None
    best_region: Region | None = None
    _worth: float = -1.0


def roster(plans: Iterable[FramePlan], *, upright_size: tuple[int, int]) -> list[TrackEntry]:
    """All tracks in the order of their ids.

    Args:
        plans: of a clip, in order.
        upright_size: ``(width, height)``: what reaches past the picture counts less.
    """
    found: dict[int, TrackEntry] = {}
    width, height = upright_size
    for plan in plans:
        for region in plan.regions:
            if region.track is None:
                continue
            entry = found.setdefault(region.track, TrackEntry(region.track, region.kind, plan.time, plan.time))
            entry.last = plan.time
            entry.frames += 1
            sighted = region.origin == Origin.DETECTED
            entry.sightings += sighted
            if sighted:
                entry.best_score = max(entry.best_score, region.score)
            x1, y1, x2, y2 = region.xyxy
            inside = max(0.0, min(x2, width) - max(x1, 0)) * max(0.0, min(y2, height) - max(y1, 0))
            # Size matters most for telling who it is; an unsure large box must not beat a sure smaller one.
            worth = inside**0.5 * region.score**2 * (1.0 if sighted else 0.1)
            if worth > entry._worth:
                entry._worth, entry.best_time, entry.best_region = worth, plan.time, region
    return [found[track] for track in sorted(found)]
