"""What is known of the frames that wait: the pipeline's own stages, asked when a frame leaves.

The thread that sees hands in observations (`Analysis.take`); the thread that lets frames leave asks for proofs
(`Analysis.prove`) and gets one only where finished detections enclose the frame. Until a frame leaves its regions may
change: the planner knows all that came up to then, which is the delay's worth of look-ahead.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Observation
from dashcamcleaner.live.delay import HeldFrame
from dashcamcleaner.live.release import CoverReason, Proof
from dashcamcleaner.pipeline.frames import FramePlanner

__all__ = ["Analysis"]

_MARGIN_S = 1.0
"""Frames are asked for later than their time by less than this: those further behind are left out (`live.leave`)."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is remembered of a frame that was analysed."""

    index: int
    captured_s: float
    source_s: float
    skipped: bool
    cut: bool


class Analysis:
    """Observations in, proofs out; may be used by two threads.

    Args:
        planner: decides what is hidden; looks ahead as far as it is let.
        delay_s: how long after its capture a frame is asked for.
        carry_s: how far two detections may lie apart for the frames between them to be proven.
    """

    def __init__(self, planner: FramePlanner, *, delay_s: float, carry_s: float) -> None:
        self._planner = planner
        self._kept_s = delay_s + carry_s + _MARGIN_S
        self._carry_s = carry_s
        self._lock = threading.Lock()
        self._seen: deque[_Seen] = deque()
        self._index_of: dict[int, int] = {}
        self._plans: dict[int, FramePlan] = {}

    def take(self, held: HeldFrame, frame: Frame, seen: Observation) -> None:
        """What was seen in a frame; frames come in order, with consecutive indexes as far as they were seen.

        Raises:
            DetectorFailed: a closer look failed.
        """
        with self._lock:
            for plan in self._planner.take(frame, seen):
                self._plans[plan.index] = plan
            cut = seen.motion is None or seen.motion.cut
            # In a damaged picture nobody can tell what is there: it is no detection that others may lean on.
            unlooked = seen.skipped or seen.damaged
            self._seen.append(_Seen(seen.index, held.captured_s, held.source_s, unlooked, cut))
            self._index_of[held.number] = seen.index
            while self._seen[0].captured_s < held.captured_s - self._kept_s:
                self._seen.popleft()

    def prove(self, held: HeldFrame, *, timeout_s: float) -> Proof | CoverReason:
        """The proof that a frame may leave, made with all that is known now; else why there is none.

        Frames are asked for in order; once one was asked for, nothing more can be known of it.

        Args:
            held: the frame.
            timeout_s: how long to wait for the thread that sees, should it be planning.
        """
        if not self._lock.acquire(timeout=max(0.0, timeout_s)):
            return CoverReason.LATE
        try:
            return self._proof(held)
        finally:
            self._lock.release()

    def _proof(self, held: HeldFrame) -> Proof | CoverReason:
        index = self._index_of.pop(held.number, None)
        for number in [number for number in self._index_of if number < held.number]:
            del self._index_of[number]
        if index is None:
            return CoverReason.LATE
        for plan in self._planner.give(through=index):
            self._plans[plan.index] = plan
        found = self._plans.pop(index, None)
        for older in [other for other in self._plans if other < index]:
            del self._plans[older]
        if found is None:
            return CoverReason.LATE
        if any(region.kind == WHOLE_FRAME for region in found.regions):
            return CoverReason.DAMAGED
        before, after = self._detections_around(index)
        if before is None or after is None or after - before > self._carry_s:
            return CoverReason.LATE
        return Proof(held.number, held.captured_s, found.regions, before, after, self._carry_s)

    def _detections_around(self, index: int) -> tuple[float | None, float | None]:
        """Times of the detections that enclose a frame, with no cut between them; None where there is none.

        They are told by the clock of captures; where they lie further from the frame by the source's own clock (which
        may bring seconds within a moment), that distance counts.
        """
        at = index - self._seen[0].index if self._seen else -1
        if not 0 <= at < len(self._seen):
            return None, None
        back = at
        while back >= 0 and self._seen[back].skipped:
            back = -1 if self._seen[back].cut else back - 1
        on = at
        while on < len(self._seen) and self._seen[on].skipped:
            on += 1
            if on < len(self._seen) and self._seen[on].cut:
                on = len(self._seen)
        frame = self._seen[at]
        before = self._seen[back] if back >= 0 else None
        after = self._seen[on] if on < len(self._seen) else None
        return (
            None if before is None else _distant(frame, before, sign=-1),
            None if after is None else _distant(frame, after, sign=1),
        )


def _distant(frame: _Seen, other: _Seen, *, sign: int) -> float | None:
    """When another frame was captured, by the larger of both clocks' distances; None: they are out of order."""
    apart_s = sign * (other.source_s - frame.source_s)
    if apart_s < 0:
        return None
    return frame.captured_s + sign * max(apart_s, sign * (other.captured_s - frame.captured_s))
