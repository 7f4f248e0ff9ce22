"""Where an object is and how it moves by itself, beyond the camera's motion.

It is moved from frame to frame through `core.motion.FrameMotion`s, ahead or back in time, by the tracker's prediction
as by the planner's filling, so that both mean the same.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

from dashcamcleaner.core.motion import FrameMotion

__all__ = ["MotionModel"]

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
class MotionModel:
    """Where an object is and how it moves by itself.

    Args:
        x, y: centre.
        width, height: size of its box.
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
    """Displacement of the latest prediction, camera included."""
    _camera_x: float = math.nan
    _camera_y: float = math.nan
    """The latest sighting's centre, moved by the camera alone: what velocity is measured against."""

    @classmethod
    def at(cls, xyxy: Sequence[float], *, direction: int = 1) -> MotionModel:
        """A course that begins at a sighting."""
        x1, y1, x2, y2 = xyxy
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        return cls(x, y, x2 - x1, y2 - y1, direction, _camera_x=x, _camera_y=y)

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """The box, in upright full-size pixels."""
        half_w, half_h = self.width / 2, self.height / 2
        return self.x - half_w, self.y - half_h, self.x + half_w, self.y + half_h

    def copy(self) -> MotionModel:
        """A model of its own with the same state."""
        return copy.copy(self)

    def predict(self, motion: FrameMotion) -> None:
        """One frame on in the model's direction, by the camera's motion and its own."""
        seconds = motion.seconds
        if self.direction > 0:
            x, y = motion.ahead(self.x, self.y)
            self._camera_x, self._camera_y = motion.ahead(self._camera_x, self._camera_y)
            scale = motion.scale
            seen = motion.own(self.x, self.y, width=self.width, height=self.height)
        else:
            x, y = motion.back(self.x, self.y)
            self._camera_x, self._camera_y = motion.back(self._camera_x, self._camera_y)
            scale = 1 / motion.scale
            seen = motion.own(x, y, width=self.width, height=self.height)
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

    def update(self, xyxy: Sequence[float], *, score: float) -> None:
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
