"""Tracks: one object over time. What `stages.track` links and `stages.plan` fills.

A `Course` is where an object is and how it moves by itself, beyond the camera's motion; it is moved from frame to
frame through `core.motion.Step`s, ahead or back in time, by the linker's prediction as by the planner's filling, so
that both mean the same.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from dashcamcleaner.core.evidence import TrackEvidence
from dashcamcleaner.core.motion import Step
from dashcamcleaner.core.plan import Observation

__all__ = ["LARGE_LESS_SURE", "Course", "Linked", "Linking", "Sighting", "Track", "large_share"]

_VELOCITY_S = 0.15
_WEAK_VELOCITY_S = 0.5
_GROWTH_S = 0.5
"""Time constants over which own velocity and growth are learnt: short enough for a turn, long enough for jitter,
which weak sightings have more of."""
_SURE_SCORE = 0.3
_PICTURE_GAIN = 0.1
"""Part by which a step of the picture that agrees with the velocity corrects it."""
_MOST_GROWTH = 1.5
"""Natural logarithms a second; faster growth than that is jitter."""
_STEADY_S = 0.5
"""How long an unseen object is trusted to keep its velocity; after that it fades."""
_SIZE_GAIN = 0.4


@dataclass(slots=True)
class Course:
    """Where an object is and how it moves by itself.

    Args:
        x, y: centre.
        width, height: of its box.
        direction: 1 ahead in time, -1 back; velocities are per second in that direction.
    """

    x: float
    y: float
    width: float
    height: float
    direction: int = 1
    vx: float = 0.0
    vy: float = 0.0
    growth: float = 0.0
    sightings: int = 1
    unseen_s: float = 0.0
    moved_px: tuple[float, float] = (0.0, 0.0)
    """Displacement of the latest step, camera included."""
    _camera_x: float = math.nan
    _camera_y: float = math.nan
    """The latest sighting's centre, moved by the camera alone: what velocity is measured against."""

    @classmethod
    def at(cls, xyxy: Sequence[float], *, direction: int = 1) -> Course:
        """A course that begins at a sighting."""
        x1, y1, x2, y2 = xyxy
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        return cls(x, y, x2 - x1, y2 - y1, direction, _camera_x=x, _camera_y=y)

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        half_w, half_h = self.width / 2, self.height / 2
        return self.x - half_w, self.y - half_h, self.x + half_w, self.y + half_h

    def copy(self) -> Course:
        return copy.copy(self)

    def move(self, step: Step) -> None:
        """One frame on in the course's direction, by the camera's motion and its own."""
        seconds = step.seconds
        if self.direction > 0:
            x, y = step.ahead(self.x, self.y)
            self._camera_x, self._camera_y = step.ahead(self._camera_x, self._camera_y)
            scale = step.scale
            seen = step.own(self.x, self.y, width=self.width, height=self.height)
        else:
            x, y = step.back(self.x, self.y)
            self._camera_x, self._camera_y = step.back(self._camera_x, self._camera_y)
            scale = 1 / step.scale
            seen = step.own(x, y, width=self.width, height=self.height)
            seen = None if seen is None else (-seen[0], -seen[1])
        fade = 1.0 if self.unseen_s <= _STEADY_S else math.exp((_STEADY_S - self.unseen_s) / _STEADY_S)
        own_x, own_y = self.vx * seconds * fade, self.vy * seconds * fade
        if seen is not None and seconds > 0:
            off = math.hypot(seen[0] - own_x, seen[1] - own_y)
            size = math.sqrt(max(0.0, self.width * self.height))
            if self.sightings < 3:
                # Hardly known yet: believe what the picture does there.
                own_x, own_y = seen
                self.vx += 0.5 * (seen[0] / seconds - self.vx)
                self.vy += 0.5 * (seen[1] / seconds - self.vy)
            elif off <= 0.06 * size + 0.5 * math.hypot(own_x, own_y):
                # Agrees with the course so far. What does not is something that passes in front.
                own_x, own_y = seen
                self.vx += _PICTURE_GAIN * (seen[0] / seconds - self.vx)
                self.vy += _PICTURE_GAIN * (seen[1] / seconds - self.vy)
        self.moved_px = (x + own_x - self.x, y + own_y - self.y)
        self.x, self.y = x + own_x, y + own_y
        factor = scale * math.exp(self.growth * seconds * fade)
        self.width *= factor
        self.height *= factor
        self.unseen_s += seconds

    def sight(self, xyxy: Sequence[float], *, score: float) -> None:
        """The object was seen here, in the frame that the course has been moved to."""
        x1, y1, x2, y2 = xyxy
        x, y, width, height = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1
        if self.unseen_s > 0:
            # Weak sightings are boxed loosely, and their jitter is no velocity.
            constant_s = _VELOCITY_S if score >= _SURE_SCORE else _WEAK_VELOCITY_S
            gain = max(0.6 / self.sightings, 1 - math.exp(-self.unseen_s / constant_s))
            self.vx += gain * ((x - self._camera_x) / self.unseen_s - self.vx)
            self.vy += gain * ((y - self._camera_y) / self.unseen_s - self.vy)
            if self.width > 0 and self.height > 0 and width > 0 and height > 0:
                beyond = math.log(width * height / (self.width * self.height)) / 2 / self.unseen_s
                gain = 1 - math.exp(-self.unseen_s / _GROWTH_S)
                self.growth = min(_MOST_GROWTH, max(-_MOST_GROWTH, self.growth + gain * _SIZE_GAIN * beyond))
        self.x, self.y = x, y
        self.width += _SIZE_GAIN * (width - self.width)
        self.height += _SIZE_GAIN * (height - self.height)
        self._camera_x, self._camera_y = x, y
        self.sightings += 1
        self.unseen_s = 0.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """A track's detection in one frame.

    Args:
        index, time_s: of the frame.
        xyxy, score: as detected.
        course: the track's course ahead as of this sighting; copied before it is moved.
    """

    index: int
    time_s: float
    xyxy: tuple[float, float, float, float]
    score: float
    course: Course


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
        id: within the plan; depends on the raw detections and motion alone, never on a dial.
        kind: what it is.
        sightings: in order of time; a planner drops those that it is done with.
        best: highest score so far.
        surest: the same, large sightings counted `LARGE_LESS_SURE` less: what thresholds are held against.
        count: sightings so far, dropped ones included.
        ended: no sighting will follow (a cut, or unseen for too long).
        evidence: what speaks for it and against it.
    """

    id: int
    kind: str
    sightings: list[Sighting] = field(default_factory=list)
    best: float = 0.0
    surest: float = 0.0
    count: int = 0
    ended: bool = False
    evidence: TrackEvidence = field(default_factory=lambda: TrackEvidence("", upright_size=(1, 1)))


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """What linking one frame gave.

    Args:
        step: the way from the previous frame.
        started: tracks that begin here, in order of their ids.
        ids: track id of every detection of the frame.
    """

    step: Step
    started: tuple[Track, ...]
    ids: np.ndarray


class Linking(Protocol):
    """Links detections over time; `stages.track` holds the implementation, planners are given one."""

    def push(self, seen: Observation) -> Linked:
        """Take the next frame; tracks that go on grow."""
