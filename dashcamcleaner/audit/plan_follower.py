"""What a plan hides in each frame of a clip that is being audited. Used by `audit.frame_audit`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.plan import FramePlan, Region
from dashcamcleaner.pipeline.plan_file import PlanReader

__all__ = ["PlanFollower"]

_EXTRA_SHARE = 0.25
"""Of all frames, at most so many more are looked at because a track begins, ends or has a gap there."""


class PlanFollower:
    """Reads a plan along with the source's frames.

    Args:
        plan: the file.

    Attributes:
        unplanned: frames that the plan says nothing of, so far.
        detections: what the plan says was seen in the frame that was asked for last; None where it does not tell.
        doubtful: indices of frames just before a track begins, just after it ends, and within its gaps: where an object
            may stand clear.

    Raises:
        PlanError: it cannot be read.
    """

    def __init__(self, plan: Path) -> None:
        self.unplanned = 0
        self.detections: Detections | None = None
        self.doubtful = _doubtful_frames(plan)
        self._reader = PlanReader(plan)
        self._plans: Iterator[FramePlan] = iter(self._reader)
        self._next: FramePlan | None = next(self._plans, None)

    def regions_of(self, source: Frame) -> Sequence[Region] | None:
        """What is hidden in a frame of the source; None where the plan does not tell. Frames come in order of time."""
        while self._next is not None and self._next.time.exact() < source.time.exact():
            self._next = next(self._plans, None)
        if self._next is None or self._next.time.exact() != source.time.exact():
            self.unplanned += 1
            self.detections = None
            return None
        seen = self._next.seen
        self.detections = None if seen.skipped else seen.detections  # the detector did not look
        return self._next.regions

    def close(self) -> None:
        """Close the file."""
        self._reader.close()


def _doubtful_frames(plan: Path) -> frozenset[int]:
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    wanted: set[int] = set()
    count = 0
    with PlanReader(plan) as reader:
        for frame in reader:
            count += 1
            for region in frame.regions:
                if region.track is None:
                    continue
                if region.track not in first:
                    first[region.track] = frame.index
                    wanted.add(frame.index - 1)
                elif frame.index - last[region.track] > 1:
                    wanted.update((last[region.track] + 1, frame.index - 1))
                last[region.track] = frame.index
    wanted.update(index + 1 for index in last.values())
    wanted = {index for index in wanted if 0 <= index < count}
    most = round(_EXTRA_SHARE * count)
    if len(wanted) > most:
        ordered = sorted(wanted)
        wanted = {ordered[i * len(ordered) // most] for i in range(most)} if most else set()
    return frozenset(wanted)
