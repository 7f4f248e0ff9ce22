"""A plan seen from above: one bar per track, and the spots a careful person looks at first.

Frame plans come in; the window's timeline and its "next weak spot" show what goes out. Pure: no files, no pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashcamcleaner.audit.exposures import legibility
from dashcamcleaner.core.boxes import area_within
from dashcamcleaner.core.plan import FramePlan, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.planning.hidden_share import HiddenShare

__all__ = ["Reason", "ReviewItem", "TrackSummary", "review_items", "track_summaries"]

_LONG_FILL_S = 0.4
"""A track that nobody saw for longer than this may have gone elsewhere."""
_NEAR_MISS = 0.5
"""A detection at this part of its threshold or more, in the clear, is worth a look."""
_SAME_SPOT_S = 1.0
_COVERED = 0.6
_CUT_WORTH = 0.3
_FILL_WORTH = 0.01
_LOW_SCORE_MARGIN = 0.1
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
    _worth: float = -1.0

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
        worth = _worth(region, upright_size) * (1.0 if sighted else _FILL_WORTH)
        if worth > self._worth:
            self._worth, self.best_index, self.best_time, self.best_box = worth, index, plan.time, region.xyxy


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
        harm: 0-1, legible times doubtful: what the list is sorted by.
        box: where to look, None for the whole frame.
        kind: the kind of the object.
        track: concerned, None where there is none.
        message: the audit's sentence, else empty.
    """

    index: int
    last: int
    reason: str
    harm: float
    box: Box | None = None
    kind: str = ""
    track: int | None = None
    message: str = ""


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


def review_items(
    plans: Sequence[FramePlan],
    *,
    summaries: Sequence[TrackSummary],
    thresholds: Mapping[str, float],
    findings: Iterable[Mapping[str, Any]] = (),
    upright_size: tuple[int, int] | None = None,
) -> list[ReviewItem]:
    """What to look at first: regions that take much of the picture, then the rest, most harmful first.

    Args:
        plans: all frames, with the regions that are hidden.
        summaries: the summaries of the tracks of the same plans.
        thresholds: the thresholds per kind that is hidden.
        findings: an audit's findings, as they stand in a report.
        upright_size: ``(width, height)``, pixels; without it, large regions are not listed.
    """
    spots = [
        *([] if upright_size is None else _large_regions(plans, upright_size=upright_size)),
        *_from_findings(findings, frames=len(plans)),
        *_in_the_clear(plans, thresholds=thresholds),
        *_from_tracks(summaries, plans=plans, thresholds=thresholds),
    ]
    return sorted(spots, key=lambda spot: (-spot.harm, spot.index))


def _from_findings(findings: Iterable[Mapping[str, Any]], *, frames: int) -> list[ReviewItem]:
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


def _large_regions(plans: Iterable[FramePlan], *, upright_size: tuple[int, int]) -> list[ReviewItem]:
    share = HiddenShare(upright_size=upright_size)
    for plan in plans:
        share.add(plan)
    return [
        ReviewItem(
            one.index, one.index, Reason.LARGE, _LARGE_HARM + one.share, None, one.kind, one.track, one.sentence()
        )
        for one in share.large
    ]


def _in_the_clear(plans: Sequence[FramePlan], *, thresholds: Mapping[str, float]) -> list[ReviewItem]:
    """Detections just below the threshold that no region covers, those of one place and second as one."""
    spots: list[ReviewItem] = []
    fresh: list[tuple[int, float]] = []  # place in spots, second of its latest frame
    for plan in plans:
        found = plan.seen.detections
        if not len(found):
            continue
        now = plan.time.seconds
        fresh = [(at, since) for at, since in fresh if now - since <= _SAME_SPOT_S]
        for box, score, kind in zip(found.xyxy.tolist(), found.score.tolist(), found.kind.tolist(), strict=True):
            threshold = thresholds.get(kind)
            if threshold is None or score < _NEAR_MISS * threshold or _covered(box, plan.regions):
                continue
            doubt = min(1.0, score / threshold) if threshold else 1.0
            harm = legibility(kind, height_px=box[3] - box[1]) * doubt
            spot = ReviewItem(plan.index, plan.index, Reason.CLEAR, harm, (box[0], box[1], box[2], box[3]), kind)
            for place, (at, _) in enumerate(fresh):
                if spots[at].kind == kind and _near(spots[at].box, spot.box):
                    worst = spot if harm > spots[at].harm else spots[at]
                    spots[at] = ReviewItem(worst.index, plan.index, Reason.CLEAR, worst.harm, worst.box, kind)
                    fresh[place] = (at, now)
                    break
            else:
                fresh.append((len(spots), now))
                spots.append(spot)
    return spots


def _from_tracks(
    summaries: Sequence[TrackSummary], *, plans: Sequence[FramePlan], thresholds: Mapping[str, float]
) -> list[ReviewItem]:
    spots = []
    for summary in summaries:
        legible = legibility(summary.kind, height_px=summary.best_box[3] - summary.best_box[1])
        if summary.sightings <= 1:
            spots.append(_spot(summary, summary.best_index, summary.best_index, Reason.SINGLE, 0.35 * legible))
        elif summary.best_score < thresholds.get(summary.kind, 0.0) + _LOW_SCORE_MARGIN:
            spots.append(_spot(summary, summary.best_index, summary.best_index, Reason.LOW_SCORE, 0.25 * legible))
        for first, last in _fills(summary):
            seconds = plans[last].time.seconds - plans[first].time.seconds
            if seconds >= _LONG_FILL_S:
                harm = min(0.9, 0.4 + 0.3 * seconds) * legible
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


def _covered(box: Sequence[float], regions: Sequence[Region]) -> bool:
    area = max(1e-9, (box[2] - box[0]) * (box[3] - box[1]))
    for region in regions:
        x1, y1, x2, y2 = region.xyxy
        w, h = min(x2, box[2]) - max(x1, box[0]), min(y2, box[3]) - max(y1, box[1])
        if w > 0 and h > 0 and w * h >= _COVERED * area:
            return True
    return False


def _near(a: Box | None, b: Box | None) -> bool:
    if a is None or b is None:
        return False
    centres = np.hypot((a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2)
    return bool(centres <= 1.5 * max(a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]))
