"""Frame memory: what was found in a frame is hidden in some frames before and after it, too.

The plain dial beside tracks: `MemoryPlanner` stands behind the port `core.planner.Planner` by itself, and `FrameMemory`
adds the same to the plans of `planning.planner`. Bounded in frames.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Mapping, Sequence

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import KindRules, shapes_of
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Observation
from dashcamcleaner.core.time import Span
from dashcamcleaner.planning.regions import merged, sighted_regions, whole_frame, without_excess

__all__ = ["FrameMemory", "MemoryPlanner"]


class MemoryPlanner:
    """Frame memory that looks both ways: a region found in frame *i* also covers the frames around it.

    Args:
        upright_size: ``(width, height)`` of the full-size picture.
        rules: the rules of the kinds to hide, by kind: the lowest score that counts, and how far a region is grown.
        before: how far a region reaches back before its sighting (this is what has to wait).
        after: how far it reaches on.
        max_waiting_frames: most frames kept waiting; where `before` asks for more, it is shortened.
        edits: what a person changed, tracks apart: nothing is told of single tracks here.

    Attributes:
        shortened: `before` could not be had in full; the caller warns.
    """

    def __init__(
        self,
        *,
        upright_size: tuple[int, int],
        rules: Mapping[str, KindRules],
        before: Span,
        after: Span,
        max_waiting_frames: int,
        edits: Edits | None = None,
    ) -> None:
        self._upright_size = upright_size
        self._rules = dict(rules)
        self._edits = edits
        self._memory = FrameMemory(
            before=before, after=after, max_waiting_frames=max_waiting_frames, shapes=shapes_of(self._rules)
        )

    @property
    def shortened(self) -> bool:
        """Whether fewer frames could wait than the memory settings ask for."""
        return self._memory.shortened

    def push(self, seen: Observation) -> Sequence[FramePlan]:
        """Take the next frame; give those that are finished now, in order."""
        regions = sighted_regions(seen, rules=self._rules, upright_size=self._upright_size)
        if self._edits:
            regions = without_excess(self._edits.apply(regions, seen=seen), upright_size=self._upright_size)
        if seen.damaged:
            regions = (whole_frame(self._upright_size), *regions)
        return self._memory.push(FramePlan(seen, regions))

    def give(self, *, through: int) -> Sequence[FramePlan]:
        """See `core.planner.HurriedPlanner`."""
        return self._memory.give(through=through)

    def finish(self) -> Sequence[FramePlan]:
        """The clip has ended: give the rest, in order."""
        return self._memory.finish()


class FrameMemory:
    """Lets the regions of frame plans also cover the frames around them. Bounded in frames.

    Args:
        before: how far a region reaches back.
        after: how far it reaches on.
        max_waiting_frames: most frames kept waiting; where `before` asks for more, it is shortened.
        shapes: the shape that regions are painted in, by kind.

    Attributes:
        shortened: `before` could not be had in full.
    """

    def __init__(self, *, before: Span, after: Span, max_waiting_frames: int, shapes: Mapping[str, str]) -> None:
        self._before = before
        self._after = after
        self._shapes = shapes
        self._max_waiting_frames = max(0, max_waiting_frames)
        self._waiting: deque[FramePlan] = deque()
        self._past: deque[FramePlan] = deque()
        self.shortened = False

    def push(self, plan: FramePlan) -> list[FramePlan]:
        """Take the next frame's plan; give those that are finished now, in order."""
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

    def give(self, *, through: int) -> list[FramePlan]:
        """See `core.planner.HurriedPlanner`."""
        done = []
        while self._waiting and self._waiting[0].index <= through:
            done.append(self._emit())
        return done

    def finish(self) -> list[FramePlan]:
        """The clip has ended: give the rest, in order."""
        return self.give(through=sys.maxsize)

    def _emit(self) -> FramePlan:
        plan = self._waiting.popleft()
        while self._past and not self._reaches(self._after, self._past[0], plan):
            self._past.popleft()
        held = [r for past in self._past for r in past.regions]
        held += [r for later in self._waiting if self._reaches(self._before, plan, later) for r in later.regions]
        self._past.append(plan)
        # A whole-frame region tells of one frame only.
        held = [r for r in held if r.kind != WHOLE_FRAME]
        return FramePlan(plan.seen, merged(plan.regions, held, shapes=self._shapes)) if held else plan

    @staticmethod
    def _reaches(span: Span, first: FramePlan, second: FramePlan) -> bool:
        frames, seconds = _apart(first, second)
        return span.reaches(frames=frames, seconds=seconds)


def _apart(first: FramePlan, second: FramePlan) -> tuple[int, float]:
    """Frames and seconds from the first to the second."""
    return second.index - first.index, second.time.seconds - first.time.seconds
