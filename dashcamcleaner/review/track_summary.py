"""A plan seen from above: one bar per track, and what in each deserves a look; `review.item_list` makes one list of it.

Frame plans come in; the window's timeline and cards show what goes out. Pure: no files, no pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashcamcleaner.audit.exposures import legibility
from dashcamcleaner.core.boxes import area_within
from dashcamcleaner.core.painted import painted_share
from dashcamcleaner.core.plan import FramePlan, Origin, Region
from dashcamcleaner.core.shapes import DEFAULT_SHAPES
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.planning.hidden_share import HiddenShare

__all__ = [
    "Box",
    "Reason",
    "ReviewItem",
    "TrackSummary",
    "findings_as_items",
    "is_covered",
    "large_regions",
    "track_items",
    "track_summaries",
]

_LONG_FILL_S = 0.4
"""A track that nobody saw for longer than this may have gone elsewhere."""
_COVERED = 0.6
_CUT_WORTH = 0.3
_FILL_WORTH = 0.01
_LOW_SCORE_MARGIN = 0.1
_HIDDEN_SINGLE, _HIDDEN_LOW = 0.1, 0.05
"""What is hidden for nothing harms nobody's privacy, only the picture."""
_LARGE_HARM = 3.0
"""Above every other: a region that hides a fifth of the picture spoils it, and is seen to be right or wrong at once."""

Box = tuple[float, float, float, float]


class Reason:
    """Why a spot is weak; the values are for programs, the window has words for them."""

    FINDING = "finding"
    CLEAR = "clear"
    LONG_FILL = "long-fill"
    SINGLE = "single"
    LOW_SCORE = "low-score"
    LARGE = "large"


@dataclass(slots=True)
class TrackSummary:
    """One track over the clip: when it is there, and where it is seen best.

    Args:
        track: its id within the plan.
        kind: the kind of the object.
        first_time, last_time: times of the frames of its first and last region.
        spans: ``(first index, last index, origin)``, in order; what lies between two of them is a gap.
        frames: frames with a region of it.
        sightings: the sightings in which it was detected; the rest was filled.
        best_score: highest score of a sighting, 0 without any.
        best_index, best_time: frame that shows it best: sure, large and not cut by the picture's edge.
        best_box: its region there.
        places: frame and region of every sighting, in order.
        worth: how well the best sighting shows it, to compare.
    """

    track: int
    kind: str
    first_time: FrameTime
    last_time: FrameTime
    spans: list[tuple[int, int, str]] = field(default_factory=list)
    frames: int = 0
    sightings: int = 0
    best_score: float = 0.0
    best_index: int = 0
    best_time: FrameTime | None = None
    best_box: Box = (0.0, 0.0, 0.0, 0.0)
    places: list[tuple[int, Box]] = field(default_factory=list)
    worth: float = -1.0

    @property
    def first(self) -> int:
        """Index of the first frame in which the track has a region."""
        return self.spans[0][0]

    @property
    def last(self) -> int:
        """Index of the last frame in which the track has a region."""
        return self.spans[-1][1]

    def add(self, plan: FramePlan, region: Region, *, upright_size: tuple[int, int] | None = None) -> None:
        """The track's region in the next frame in which it has one."""
        index, origin = plan.index, region.origin.value
        if self.spans and self.spans[-1][1] == index - 1 and self.spans[-1][2] == origin:
            self.spans[-1] = (self.spans[-1][0], index, origin)
        elif not self.spans or self.spans[-1][1] < index:
            self.spans.append((index, index, origin))
        self.last_time = plan.time
        self.frames += 1
        sighted = region.origin is Origin.DETECTED
        if sighted:
            self.sightings += 1
            self.best_score = max(self.best_score, region.score)
            self.places.append((index, region.xyxy))
        worth = _worth(region, upright_size) * (1.0 if sighted else _FILL_WORTH)
        if worth > self.worth:
            self.worth, self.best_index, self.best_time, self.best_box = worth, index, plan.time, region.xyxy


def _worth(region: Region, upright_size: tuple[int, int] | None) -> float:
    """How well a region shows its object: the one ranking, of window and contact sheet alike."""
    x1, y1, x2, y2 = region.xyxy
    w, h = upright_size or (np.inf, np.inf)
    inside = area_within(region.xyxy, (w, h))
    cut = upright_size is not None and (x1 < 0 or y1 < 0 or x2 > w or y2 > h)
    # Size matters most for telling who it is; an unsure large box must not beat a sure smaller one.
    return float(inside**0.5 * region.score**2 * (_CUT_WORTH if cut else 1.0))


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A place worth a person's look; `planning.weak_spots` is about looking again by machine.

    Args:
        index: frame to show.
        last: the last frame concerned.
        reason: why it deserves a look, see `Reason`.
        harm: seconds, times how legible, times how doubtful: what the list is sorted by. Of a finding or a large
            region it is 1 or more.
        box: where to look, None for the whole frame.
        kind: the kind of the object.
        track: concerned, None where there is none.
        message: the audit's sentence, else empty.
        places: frame and box of each sighting that is not hidden, in order; for `Reason.CLEAR` of one object.
    """

    index: int
    last: int
    reason: str
    harm: float
    box: Box | None = None
    kind: str = ""
    track: int | None = None
    message: str = ""
    places: tuple[tuple[int, Box], ...] = ()


def track_summaries(plans: Iterable[FramePlan], *, upright_size: tuple[int, int] | None = None) -> list[TrackSummary]:
    """The tracks of a plan, by their first frame.

    Args:
        plans: the plans of all frames, in order.
        upright_size: ``(width, height)``; known, the best sighting is rather one that the picture shows wholly.
    """
    found: dict[int, TrackSummary] = {}
    for plan in plans:
        for region in plan.regions:
            if region.track is not None:
                summary = found.get(region.track)
                if summary is None:
                    summary = found[region.track] = TrackSummary(region.track, region.kind, plan.time, plan.time)
                summary.add(plan, region, upright_size=upright_size)
    return sorted(found.values(), key=lambda summary: (summary.first, summary.track))


def findings_as_items(findings: Iterable[Mapping[str, Any]], *, frames: int) -> list[ReviewItem]:
    """An audit's findings about frames, as they stand in a report; `frames` is how many the clip has."""
    spots = []
    for finding in findings:
        index = int(finding.get("first_frame", -1))
        if not 0 <= index < frames:
            continue
        boxes = finding.get("boxes") or {}
        box = next(iter(boxes.values()), None)
        serious = finding.get("severity") == "fail"
        spots.append(
            ReviewItem(
                index=index,
                last=min(frames - 1, max(index, int(finding.get("last_frame", index)))),
                reason=Reason.FINDING,
                # What an independent look saw outweighs what the plan itself is unsure of.
                harm=1.0 + float(finding.get("harm", 0.5)) + (1.0 if serious else 0.0),
                box=None if box is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
                kind=str(finding.get("kind", "")),
                track=finding.get("track"),
                message=str(finding.get("message", "")),
            )
        )
    return spots


def large_regions(plans: Iterable[FramePlan], *, upright_size: tuple[int, int]) -> list[ReviewItem]:
    """Regions that hide so much of the picture that they spoil it if they are wrong."""
    share = HiddenShare(upright_size=upright_size)
    for plan in plans:
        share.add(plan)
    return [
        ReviewItem(
            one.index, one.index, Reason.LARGE, _LARGE_HARM + one.share, None, one.kind, one.track, one.sentence()
        )
        for one in share.large
    ]


def track_items(
    summaries: Sequence[TrackSummary], *, plans: Sequence[FramePlan], thresholds: Mapping[str, float]
) -> list[ReviewItem]:
    """Where a track that is hidden may be none, or may be hidden in the wrong place; several for one track."""
    spots = []
    frame_s = (plans[-1].time.seconds - plans[0].time.seconds) / max(1, len(plans) - 1) if plans else 0.0
    for summary in summaries:
        legible = legibility(summary.kind, height_px=summary.best_box[3] - summary.best_box[1])
        seconds = summary.frames * frame_s
        if summary.sightings <= 1:
            harm = _HIDDEN_SINGLE * legible * seconds
            spots.append(_spot(summary, summary.best_index, summary.best_index, Reason.SINGLE, harm))
        elif summary.best_score < thresholds.get(summary.kind, 0.0) + _LOW_SCORE_MARGIN:
            harm = _HIDDEN_LOW * legible * seconds
            spots.append(_spot(summary, summary.best_index, summary.best_index, Reason.LOW_SCORE, harm))
        for first, last in _fills(summary):
            seconds = plans[last].time.seconds - plans[first].time.seconds
            if seconds >= _LONG_FILL_S:
                harm = min(0.9, 0.4 + 0.3 * seconds) * legible * seconds
                spots.append(_spot(summary, (first + last) // 2, last, Reason.LONG_FILL, harm))
    return spots


def _spot(summary: TrackSummary, index: int, last: int, reason: str, harm: float) -> ReviewItem:
    box = summary.best_box if index == summary.best_index else None
    return ReviewItem(index, last, reason, harm, box, summary.kind, summary.track)


def _fills(summary: TrackSummary) -> list[tuple[int, int]]:
    """Unbroken spans in which no sighting backs the track's region."""
    fills: list[tuple[int, int]] = []
    for first, last, origin in summary.spans:
        if origin == Origin.DETECTED:
            continue
        if fills and fills[-1][1] == first - 1:
            fills[-1] = (fills[-1][0], last)
        else:
            fills.append((first, last))
    return fills


def is_covered(box: Sequence[float], regions: Sequence[Region], *, shapes: Mapping[str, str] = DEFAULT_SHAPES) -> bool:
    """Whether what regions paint hides most of a box.

    Args:
        box: upright full-size pixels.
        regions: those of its frame.
        shapes: shape per kind, as the run paints them.
    """
    return painted_share(box, regions, shapes=shapes) >= _COVERED
