"""What may leave, and the proof that it may.

`ReleasedFrame` is all that sinks are given. It cannot be made of a frame without either a `Proof` that belongs to this
very frame or a reason for which the whole of it is covered, and a `Proof` cannot be made without finished detections
around the frame. `gate.Gate` is the one place that makes both pixels and object (a test holds all other modules to
that).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dashcamcleaner.core.plan import WHOLE_FRAME, Region

__all__ = ["WHY_COVERED", "CoverReason", "Proof", "ReleasedFrame", "ReleasedSound"]

_SLACK_S = 1e-6


class CoverReason(StrEnum):
    """Why a frame was covered wholly."""

    LOADING = "loading"
    """The weights were not loaded yet."""
    LATE = "late"
    """Its analysis was not finished when its time had come."""
    FAILED = "failed"
    """Its analysis, or its painting, failed."""
    STALLED = "stalled"
    """The source gave no frame; this one stands for those that are missing."""
    DAMAGED = "damaged"
    """The decoder could not vouch for it."""
    PANIC = "panic"
    """A person asked for it."""
    LABEL = "label"
    """A label's rule asked for it."""


WHY_COVERED: dict[CoverReason, str] = {
    CoverReason.LOADING: "loading",
    CoverReason.LATE: "late",
    CoverReason.FAILED: "failed",
    CoverReason.STALLED: "stalled",
    CoverReason.DAMAGED: "damaged",
    CoverReason.PANIC: "panic",
    CoverReason.LABEL: "label",
}
"""The same in words for people."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That a frame was analysed, and what is to be hidden in it.

    Args:
        number: the number of the frame within the session.
        captured_s: when it was captured, seconds of the session's clock.
        regions: what is to be hidden.
        detected_before_s: capture time of the latest frame up to this one (this one included) on which the detector
            has finished, with no cut in between.
        detected_after_s: the same of the earliest frame from this one on.
        carry_s: how far these two may lie apart.

    Raises:
        ValueError: the detections do not enclose the frame, or lie too far apart; a region hides a whole frame (which
            is no proof of anything).
    """

    number: int
    captured_s: float
    regions: tuple[Region, ...]
    detected_before_s: float
    detected_after_s: float
    carry_s: float

    def __post_init__(self) -> None:
        before, after = self.detected_before_s, self.detected_after_s
        if not all(map(math.isfinite, (self.captured_s, before, after, self.carry_s))):
            raise ValueError("a proof's times are no numbers")
        if not before <= self.captured_s <= after:
            raise ValueError(f"frame {self.number} does not lie between finished detections")
        if after - before > self.carry_s + _SLACK_S:
            raise ValueError(f"the detections around frame {self.number} lie {after - before:.3f} s apart")
        if any(region.kind == WHOLE_FRAME for region in self.regions):
            raise ValueError(f"frame {self.number} is to be covered wholly")


@dataclass(frozen=True, slots=True, eq=False)
class ReleasedFrame:
    """A frame that left: with its regions hidden, or covered wholly.

    Args:
        number: the number of the frame within the session; -1 where it stands for frames that did not come.
        captured_s: when it was captured, seconds of the session's clock: the time that sinks write down.
        native: the picture, already covered, in the session's layout; opaque to everyone but sinks.
        proof: why it may be seen; None where it is covered wholly.
        reason: why it is covered wholly; None where it may be seen.
        labels: score by label, of those that were asked for, around this frame.
        hits: labels whose rules are at work.

    Raises:
        ValueError: neither or both of proof and reason are given, or the proof is another frame's.
    """

    number: int
    captured_s: float
    native: Any
    proof: Proof | None = None
    reason: CoverReason | None = None
    labels: tuple[tuple[str, float], ...] = ()
    hits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.proof is None) == (self.reason is None):
            raise ValueError("a frame leaves with a proof or covered wholly, one of the two")
        if self.proof is not None and (self.proof.number, self.proof.captured_s) != (self.number, self.captured_s):
            raise ValueError(f"frame {self.number} has the proof of frame {self.proof.number}")

    @property
    def covered(self) -> bool:
        """Whether nothing of the picture can be seen."""
        return self.proof is None


@dataclass(frozen=True, slots=True, eq=False)
class ReleasedSound:
    """A block of sound that left.

    Args:
        captured_s: when its first sample was captured, seconds of the session's clock.
        native: its samples; opaque to everyone but sinks.
        muted: the samples are silence.
    """

    captured_s: float
    native: Any
    muted: bool = False
