"""Tracks: one object over time. What `tracking.tracker` links and `planning.planner` fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from dashcamcleaner.core.motion import FrameMotion
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.tracking.evidence import TrackEvidence
from dashcamcleaner.tracking.motion_model import MotionModel

__all__ = ["LARGE_LESS_SURE", "Association", "Sighting", "Track", "TrackerProtocol", "large_share"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A track's detection in one frame.

    Args:
        index, time_s: index and time in seconds of the frame.
        xyxy, score: box and score as detected.
        motion_model: where the track is expected next, as of this sighting; copied before it is moved.
    """

    index: int
    time_s: float
    xyxy: tuple[float, float, float, float]
    score: float
    motion_model: MotionModel


_LARGE_FROM = 0.08
_LARGE_FULL = 0.2
"""Shares of the picture's long side."""

LARGE_LESS_SURE = 0.2
"""A face or plate that fills a fifth of the picture is seen in every detail: of those in the validation pictures none
scored below 0.45, while most of what was taken for one (a shop front, a wall of windows) scored less than 0.4 and would
hide half a street."""


def large_share(xyxy: Sequence[float], upright_size: tuple[int, int]) -> float:
    """0 for a box up to 8 % of the picture's long side, 1 from 20 % on."""
    share = max(xyxy[2] - xyxy[0], xyxy[3] - xyxy[1]) / max(upright_size)
    return min(1.0, max(0.0, (share - _LARGE_FROM) / (_LARGE_FULL - _LARGE_FROM)))


@dataclass(slots=True, eq=False)
class Track:
    """One object over time, growing while frames come in.

    Args:
        id: the id within the plan; depends on the raw detections and motion alone, never on a dial.
        kind: what it is.
        sightings: the sightings in order of time; a planner drops those that it is done with.
        best: highest score so far.
        surest: the same, large sightings counted `LARGE_LESS_SURE` less: by this a single sighting is taken for a slip.
        count: sightings so far, dropped ones included.
        seen_s: time in sight, in seconds, each look weighed by its score: how much it was seen in all.
        missed_s: seconds since its last sighting, of frames in which it was looked for; skipped ones do not count.
        ended: no sighting will follow (a cut, or unseen for too long).
        evidence: what speaks for it and against it.
    """

    id: int
    kind: str
    sightings: list[Sighting] = field(default_factory=list)
    best: float = 0.0
    surest: float = 0.0
    count: int = 0
    seen_s: float = 0.0
    missed_s: float = 0.0
    ended: bool = False
    evidence: TrackEvidence = field(default_factory=lambda: TrackEvidence("", upright_size=(1, 1)))


@dataclass(frozen=True, slots=True, eq=False)
class Association:
    """What linking one frame gave.

    Args:
        motion: the way from the previous frame.
        started: tracks that begin here, in order of their ids.
        ids: track id of every detection of the frame.
    """

    motion: FrameMotion
    started: tuple[Track, ...]
    ids: np.ndarray


class TrackerProtocol(Protocol):
    """Links detections over time; `tracking.tracker` holds the implementation, planners are given one."""

    def push(self, seen: Observation) -> Association:
        """Take the next frame; tracks that go on grow."""
