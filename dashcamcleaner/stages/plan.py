"""Observations -> FramePlans: what is hidden in each frame.

Planners are pushed and drained (`core.plan.Planner`): no files, no clock, no pixels. `run` feeds them, on a live
run as on a replay of a stored plan; both give the same regions. Two planners stand behind the port:

- `MemoryPlanner`, the plain dial: what was found in a frame also covers some frames before and after it;
- `TrackPlanner`, the default: detections linked to tracks, their gaps filled along their motion.

Both hide what was sighted in the very frame whatever else they know, and a damaged frame wholly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from dashcamcleaner.core.boxes import grow, iou
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Observation, Origin, Region
from dashcamcleaner.core.timing import Span

__all__ = ["MemoryPlanner"]

_MERGE_IOU = 0.5
"""Held regions that overlap this much are hidden as one: fewer rectangles to obscure, little more area."""


class MemoryPlanner:
    """Frame memory that looks both ways: a region found in frame *i* also covers the frames around it.

    Args:
        upright_size: ``(width, height)`` of the full-size picture.
        thresholds: lowest score that counts, per kind; a kind without one takes every detection.
        kinds: what is to be hidden.
        growth: factor on each side's length, per kind; 1 where absent.
        before: how far a region reaches back before its sighting (this is what has to wait).
        after: how far it reaches on.
        max_waiting_frames: most frames kept waiting; where `before` asks for more, it is shortened.

    Attributes:
        shortened: `before` could not be had in full; the caller warns.
    """

    def __init__(
        self,
        *,
        upright_size: tuple[int, int],
        thresholds: Mapping[str, float],
        kinds: Collection[str],
        growth: Mapping[str, float],
        before: Span,
        after: Span,
        max_waiting_frames: int,
    ) -> None:
        self._upright_size = upright_size
        self._thresholds = dict(thresholds)
        self._kinds = frozenset(kinds)
        self._growth = dict(growth)
        self._memory = _Memory(before=before, after=after, max_waiting_frames=max_waiting_frames)

    @property
    def shortened(self) -> bool:
        return self._memory.shortened

    def push(self, seen: Observation) -> Sequence[FramePlan]:
        """Take the next frame; give those that are finished now, in order."""
        regions = sighted_regions(seen, thresholds=self._thresholds, kinds=self._kinds, growth=self._growth)
        if seen.damaged:
            regions = (whole_frame(self._upright_size), *regions)
        return self._memory.push(FramePlan(seen, regions))

    def finish(self) -> Sequence[FramePlan]:
        """The clip has ended: give the rest, in order."""
        return self._memory.finish()


def whole_frame(upright_size: tuple[int, int], *, origin: Origin = Origin.DAMAGED) -> Region:
    """The region that hides all of a frame."""
    return Region((0.0, 0.0, float(upright_size[0]), float(upright_size[1])), WHOLE_FRAME, 1.0, origin)


def sighted_regions(
    seen: Observation, *, thresholds: Mapping[str, float], kinds: Collection[str], growth: Mapping[str, float]
) -> tuple[Region, ...]:
    """The grown regions of a frame's own detections, each by itself."""
    found = seen.detections
    wanted = [
        i
        for i in range(len(found))
        if str(found.kind[i]) in kinds and float(found.score[i]) >= thresholds.get(str(found.kind[i]), 0.0)
    ]
    if not wanted:
        return ()
    factors = np.array([growth.get(str(found.kind[i]), 1.0) for i in wanted], np.float32)
    boxes = grow(found.xyxy[wanted], factors)
    return tuple(
        Region(as_box(box), str(found.kind[i]), float(found.score[i]), Origin.DETECTED)
        for i, box in zip(wanted, boxes, strict=True)
    )


def as_box(xyxy: Sequence[float] | np.ndarray) -> tuple[float, float, float, float]:
    """Four plain floats."""
    x1, y1, x2, y2 = (float(v) for v in xyxy)
    return (x1, y1, x2, y2)


class _Memory:
    """Lets the regions of frame plans also cover the frames around them. Bounded in frames."""

    def __init__(self, *, before: Span, after: Span, max_waiting_frames: int) -> None:
        self._before = before
        self._after = after
        self._max_waiting_frames = max(0, max_waiting_frames)
        self._waiting: deque[FramePlan] = deque()
        self._past: deque[FramePlan] = deque()
        self.shortened = False

    def push(self, plan: FramePlan) -> list[FramePlan]:
        self._waiting.append(plan)
        done = []
        while self._waiting:
            frames, seconds = _apart(self._waiting[0], plan)
            if not self._before.is_passed(frames=frames, seconds=seconds):
                if len(self._waiting) <= self._max_waiting_frames:
                    break
                self.shortened = True
            done.append(self._emit())
        return done

    def finish(self) -> list[FramePlan]:
        done = []
        while self._waiting:
            done.append(self._emit())
        return done

    def _emit(self) -> FramePlan:
        plan = self._waiting.popleft()
        while self._past and not self._reaches(self._after, self._past[0], plan):
            self._past.popleft()
        held = [r for past in self._past for r in past.regions]
        held += [r for later in self._waiting if self._reaches(self._before, plan, later) for r in later.regions]
        self._past.append(plan)
        # A whole-frame region tells of one frame only.
        held = [r for r in held if r.kind != WHOLE_FRAME]
        return FramePlan(plan.seen, merged(plan.regions, held)) if held else plan

    @staticmethod
    def _reaches(span: Span, first: FramePlan, second: FramePlan) -> bool:
        frames, seconds = _apart(first, second)
        return span.reaches(frames=frames, seconds=seconds)


def _apart(first: FramePlan, second: FramePlan) -> tuple[int, float]:
    """Frames and seconds from the first to the second."""
    return second.index - first.index, second.time.seconds - first.time.seconds


def merged(own: Sequence[Region], held: Sequence[Region]) -> tuple[Region, ...]:
    """A frame's own regions and those held from other frames; the held ones among themselves as few as is cheap.

    Own regions stay as they are. A held one that lies within another of its kind is left out; held ones that
    overlap much become one box around both: the area covered never shrinks.
    """
    result: list[Region] = []
    for region in sorted(held, key=_area, reverse=True):
        if any(kept.kind == region.kind and _contains(kept.xyxy, region.xyxy) for kept in (*own, *result)):
            continue
        for i, kept in enumerate(result):
            if kept.kind == region.kind and _overlap(kept, region) > _MERGE_IOU:
                a, b = kept.xyxy, region.xyxy
                hull = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
                result[i] = Region(hull, kept.kind, max(kept.score, region.score), Origin.HELD, kept.track)
                break
        else:
            result.append(Region(region.xyxy, region.kind, region.score, Origin.HELD, region.track))
    return (*own, *result)


def _area(region: Region) -> float:
    x1, y1, x2, y2 = region.xyxy
    return (x2 - x1) * (y2 - y1)


def _contains(outer: Sequence[float], inner: Sequence[float]) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _overlap(a: Region, b: Region) -> float:
    return float(iou(np.array([a.xyxy]), np.array([b.xyxy]))[0, 0])
