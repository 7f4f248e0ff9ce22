"""Sightings of the audit and their linking to exposures: what is still seen in an output, over time. Pure.

`audit.search` makes sightings of sampled frames, the `ExposureTracker` joins those of one object, and out come
`Exposure`s, which `audit.audit` weighs and tells as findings. Frames are sampled, so an object may have moved by its
own size between two sightings: they are linked by where the object should be by now, not by overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dashcamcleaner.core.kinds import rules_of

__all__ = ["CROPS_KEPT", "AuditDetection", "Exposure", "ExposureTracker", "legibility"]

CROPS_KEPT = 3
"""Crops per exposure that wait for a second opinion: a crowd of thousands of sightings must fit in memory."""

_REACH = 1.0
"""An object may lie this many of its own sizes off where it was expected, plus `_REACH_PER_S` for every second."""

_REACH_PER_S = 2.0


def legibility(kind: str, *, height_px: float) -> float:
    """0-1: how readable an object of this height would be if it were sharp; rises evenly between the kind's limits."""
    rules = rules_of(kind)
    low, high = rules.illegible_px, rules.legible_px
    return float(np.clip((height_px - low) / (high - low), 0.05, 1.0))


@dataclass(slots=True, eq=False)
class AuditDetection:
    """One object seen in one frame of the output, not hidden.

    Args:
        frame, seconds: index and time of the frame.
        xyxy: upright full-size pixels.
        kind: what it seems to be.
        scores: the score of each detector that saw it.
        hidden: share of the box that regions hide.
        crop: uint8 RGB of it and its surroundings, for a second opinion; dropped before anything is reported.
        crop_xyxy: where the crop lies.
    """

    frame: int
    seconds: float
    xyxy: tuple[float, float, float, float]
    kind: str
    scores: dict[str, float]
    hidden: float = 0.0
    crop: np.ndarray | None = None
    crop_xyxy: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def score(self) -> float:
        """The best of the scores that the detectors gave it."""
        return max(self.scores.values())

    @property
    def size_px(self) -> tuple[float, float]:
        """Width and height of the box, upright full-size pixels."""
        return self.xyxy[2] - self.xyxy[0], self.xyxy[3] - self.xyxy[1]


@dataclass(slots=True, eq=False)
class Exposure:
    """Sightings of what seems one object.

    Args:
        kind: the object's kind.
        sightings: the sightings in order of time.
    """

    kind: str
    sightings: list[AuditDetection] = field(default_factory=list)

    @property
    def best(self) -> dict[str, float]:
        """The best score of each detector."""
        best: dict[str, float] = {}
        for sighting in self.sightings:
            for name, score in sighting.scores.items():
                best[name] = max(score, best.get(name, 0.0))
        return best

    @property
    def largest(self) -> AuditDetection:
        """The detection with the largest box."""
        return max(self.sightings, key=lambda s: s.size_px[0] * s.size_px[1])

    @property
    def legible(self) -> float:
        """Of the largest sighting."""
        return legibility(self.kind, height_px=self.largest.size_px[1])

    def add(self, sighting: AuditDetection) -> None:
        """The next sighting; of the crops only those of the largest few are kept."""
        self.sightings.append(sighting)
        with_crops = [s for s in self.sightings if s.crop is not None]
        if len(with_crops) > CROPS_KEPT:
            min(with_crops, key=lambda s: s.size_px[0] * s.size_px[1]).crop = None

    def expected(self, seconds: float) -> np.ndarray:
        """Where its box should be by then: the last one, moved on as it moved last."""
        last = np.array(self.sightings[-1].xyxy)
        if len(self.sightings) < 2:
            return last
        before = self.sightings[-2]
        span = self.sightings[-1].seconds - before.seconds
        if span <= 0:
            return last
        step = (last - np.array(before.xyxy)) / span * (seconds - self.sightings[-1].seconds)
        centre_step = (step[:2] + step[2:]) / 2
        return last + np.concatenate([centre_step, centre_step])


class ExposureTracker:
    """Joins sightings, pushed frame by frame, to exposures.

    Args:
        most_gap_s: an object unseen for longer is another one when it comes back.
    """

    def __init__(self, *, most_gap_s: float = 0.8) -> None:
        self._most_gap_s = most_gap_s
        self._open: list[Exposure] = []
        self._done: list[Exposure] = []

    def push(self, sightings: Sequence[AuditDetection], *, seconds: float) -> None:
        """The sightings of the next sampled frame."""
        still: list[Exposure] = []
        for exposure in self._open:
            old = seconds - exposure.sightings[-1].seconds > self._most_gap_s
            (self._done if old else still).append(exposure)
        self._open = still
        pairs = []
        for j, exposure in enumerate(self._open):
            box = exposure.expected(seconds)
            size = float(np.sqrt(max(1.0, (box[2] - box[0]) * (box[3] - box[1]))))
            wait = seconds - exposure.sightings[-1].seconds
            for i, sighting in enumerate(sightings):
                if sighting.kind != exposure.kind:
                    continue
                other = np.array(sighting.xyxy)
                off = float(np.hypot(*((box[:2] + box[2:] - other[:2] - other[2:]) / 2))) / size
                ratio = float(np.sqrt(max(1.0, sighting.size_px[0] * sighting.size_px[1]))) / size
                if off <= _REACH + _REACH_PER_S * wait and 0.5 < ratio < 2:
                    pairs.append((off + abs(np.log(ratio)), i, j))
        taken_i: set[int] = set()
        taken_j: set[int] = set()
        for _, i, j in sorted(pairs):
            if i not in taken_i and j not in taken_j:
                taken_i.add(i)
                taken_j.add(j)
                self._open[j].add(sightings[i])
        for i, sighting in enumerate(sightings):
            if i not in taken_i:
                self._open.append(Exposure(sighting.kind, [sighting]))

    def drain(self) -> list[Exposure]:
        """The exposures that have ended since the last call; they hold pictures and are not kept here."""
        ended, self._done = self._done, []
        return ended

    def finish(self) -> list[Exposure]:
        """The exposures that are left, ended or not."""
        left, self._open, self._done = self._done + self._open, [], []
        return left
