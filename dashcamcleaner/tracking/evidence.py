"""Evidence: how likely a track is what it claims to be, from everything that is known of it.

A `TrackEvidence` grows with its track, frame by frame: scores of the sightings, frames in which the track was looked
for and not seen (never those that the detector skipped), size and shape, how steadily it moves, whether it rests in the
picture like a burned-in logo while the scene moves, and what a second look at an enlarged crop said. An
`EvidenceModel` turns it into a calibrated probability: a logistic regression per kind over the features below, fitted
on labelled clips, its numbers in ``evidence.json``. Pure arithmetic; tracks are fed by `tracking.tracker`, decisions
are made by `planning.planner`.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from dashcamcleaner.core.kinds import rules_of

__all__ = ["FEATURES", "LEAST_CHECK", "EvidenceModel", "TrackEvidence", "logit", "probability"]

FEATURES = (
    "best",
    "top",
    "count",
    "seen_share",
    "size",
    "size_top",
    "aspect",
    "jitter",
    "swell",
    "height",
    "crop",
    "crop_known",
)
"""Names of the features, in the order of `TrackEvidence.features`."""

LEAST_CHECK = 0.003
"""The score of a closer look that finds nothing: far below what detectors give out, since that says something, too."""

_TOP = 3
"""Best scores that are averaged; a track seen less often is filled up with the floor, so that one hit counts less."""
_FLOOR = 0.05
_MOST_COUNT = 32
_TYPICAL_SIZE = 0.03
"""Share of the picture's long side that most faces and plates have: there the size says nothing."""
_STILL_PX = 0.0012
"""A burned-in text is found again within this share of the picture's long side of its mean place; what rests on a car
ahead shakes by more."""
_MOVED = 0.04
"""The scene must have moved by this share of the long side before resting in the picture means anything."""
_RESTS_S = 0.5
_RESTS_LOGIT = 4.0
"""What is taken off the log odds of something that surely rests in the picture, where burned-in letters are taken for
its kind (`core.kinds.KindRules.taken_for_text`)."""


def logit(p: float) -> float:
    """Log odds of a probability or score, kept finite."""
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def probability(log_odds: float) -> float:
    """The inverse of `logit`."""
    return 1 / (1 + math.exp(-min(max(log_odds, -30.0), 30.0)))


class TrackEvidence:
    """What is known of one track.

    Args:
        kind: what the track claims to be.
        upright_size: ``(width, height)`` of the full-size picture.

    Attributes:
        version: grows with every change, so that a probability needs to be computed only once.
    """

    __slots__ = (
        "_aspect",
        "_best",
        "_checks",
        "_jitter",
        "_looked",
        "_mean_x",
        "_mean_y",
        "_picture",
        "_rest_s",
        "_scene_px",
        "_seen_at",
        "_size",
        "_spread",
        "_swell",
        "_taken_for_text",
        "_typical_aspect",
        "_updates",
        "_y",
        "count",
        "version",
    )

    def __init__(self, kind: str, *, upright_size: tuple[int, int]) -> None:
        rules = rules_of(kind)
        self._typical_aspect = None if rules.aspect is None else math.log(rules.aspect)
        self._taken_for_text = rules.taken_for_text
        self._picture = upright_size
        self._best: list[float] = []
        self._checks: list[float] = []
        self.count = 0
        self._looked = 0
        self._seen_at = 0
        self._size = self._aspect = self._y = 0.0
        self._jitter = self._swell = 0.0
        self._updates = 0
        self._mean_x = self._mean_y = self._spread = 0.0
        self._scene_px = self._rest_s = 0.0
        self.version = 0

    def advance(self, *, scene_px: float, seconds: float, skipped: bool = False) -> None:
        """One frame on: a frame in which the track was looked for, unless it was skipped.

        Args:
            scene_px: how far the camera's motion moved the scene at the track's place.
            seconds: since the frame before.
            skipped: the detector did not look at the frame, so that not being seen in it does not count.
        """
        self._looked += not skipped
        self._scene_px += scene_px
        self._rest_s += seconds
        self.version += 1

    def update(
        self, xyxy: Sequence[float], *, score: float, expected: tuple[float, float, float, float] | None = None
    ) -> None:
        """The track was seen in the frame last looked at (or begins).

        Args:
            xyxy: the box in upright full-size pixels.
            score: the score of the detection.
            expected: centre, width and height as predicted; None at the first sighting.
        """
        x1, y1, x2, y2 = xyxy
        x, y, width, height = (x1 + x2) / 2, (y1 + y2) / 2, max(1.0, x2 - x1), max(1.0, y2 - y1)
        self._best = sorted([*self._best, logit(score)], reverse=True)[:_TOP]
        self.count += 1
        self._seen_at = self._looked
        gain = max(1 / self.count, 0.1)
        self._size += gain * (math.log(max(width, height) / max(self._picture)) - self._size)
        self._aspect += gain * (math.log(width / height) - self._aspect)
        self._y += gain * (y / self._picture[1] - self._y)
        if expected is not None:
            ex, ey, ew, eh = expected
            side = math.sqrt(max(1.0, ew * eh))
            gain = max(1 / (self._updates + 1), 0.1)
            self._jitter += gain * (min(1.0, math.hypot(x - ex, y - ey) / side) - self._jitter)
            swell = min(1.0, abs(math.log(width * height / max(1.0, ew * eh))) / 2)
            self._swell += gain * (swell - self._swell)
            self._updates += 1
        # Running mean and spread of the place in the picture (Welford), over about a second's sightings.
        gain = max(1 / self.count, 1 / 30)
        off_x, off_y = x - self._mean_x, y - self._mean_y
        if self.count == 1:
            self._mean_x, self._mean_y = x, y
        else:
            self._mean_x += gain * off_x
            self._mean_y += gain * off_y
            self._spread = (1 - gain) * (self._spread + gain * (off_x * off_x + off_y * off_y))
        self.version += 1

    def check(self, score: float) -> None:
        """What a second look at an enlarged crop gave the track: a score, the floor where nothing was found."""
        self._checks.append(logit(max(score, LEAST_CHECK)))
        self.version += 1

    @property
    def checks(self) -> int:
        """How many crops were looked at."""
        return len(self._checks)

    @property
    def log_size(self) -> float:
        """Natural logarithm of the longer side's share of the picture's long side, averaged over the sightings."""
        return self._size

    @property
    def typical_score(self) -> float:
        """Mean of its best scores, 0 to 1: of three, or of as many as there were frames in which it could be seen."""
        wanted = min(_TOP, self._looked + 1)
        return sum(probability(one) for one in self._best[:wanted]) / wanted

    @property
    def best_score(self) -> float:
        """The best score of all sightings, 0 to 1; 0 without any."""
        return probability(self._best[0]) if self._best else 0.0

    @property
    def rests(self) -> float:
        """0 to 1: how surely it rests in the picture while the scene moves, as a burned-in text does."""
        if self.count < 4 or self._rest_s < _RESTS_S:
            return 0.0
        long_side = max(self._picture)
        steady = min(1.0, max(0.0, 2 - math.sqrt(self._spread) / (_STILL_PX * long_side)))
        moved = min(1.0, max(0.0, self._scene_px / (_MOVED * long_side) - 1))
        return steady * moved * min(1.0, self._rest_s / (2 * _RESTS_S))

    @property
    def burned_in(self) -> float:
        """0 to 1: how surely it is burned-in text, where text is taken for its kind.

        The face of a driver rests in the picture of a camera inside the car, too.
        """
        return self.rests if self._taken_for_text else 0.0

    def features(self) -> tuple[float, ...]:
        """Numbers for an `EvidenceModel`, in the order of `FEATURES`."""
        floor = logit(_FLOOR)
        top = (sum(self._best) + floor * (_TOP - len(self._best))) / _TOP
        size = self._size - math.log(_TYPICAL_SIZE)
        # Frames after the last sighting count half: an object that left is no less of an object.
        looked = self._seen_at + 0.5 * (self._looked - self._seen_at)
        known = min(len(self._checks), 4)
        return (
            self._best[0] if self._best else floor,
            top,
            math.log2(min(max(self.count, 1), _MOST_COUNT)),
            self.count / (looked + 1) if self.count else 0.0,
            size,
            size * (top - floor),
            0.0 if self._typical_aspect is None else abs(self._aspect - self._typical_aspect),
            self._jitter,
            self._swell,
            self._y - 0.5,
            sum(self._checks) / len(self._checks) + 2.0 if self._checks else 0.0,
            math.sqrt(known),
        )


@dataclass(frozen=True, slots=True)
class _Regression:
    intercept: float
    weights: tuple[float, ...]


class EvidenceModel:
    """Evidence -> probability.

    Args:
        regressions: one row per kind, ``{"intercept": ..., "weights": {feature: ...}}``; kinds that are not named use
            the mean of the others, so that foreign weights' kinds are judged, too.

    Raises:
        ValueError: a row lacks its intercept or its weights, or one of them is no number.
    """

    def __init__(self, regressions: Mapping[str, Mapping[str, Any]]) -> None:
        self._of: dict[str, _Regression] = {}
        for kind, row in regressions.items():
            weights = tuple(float(row["weights"][name]) for name in FEATURES)
            self._of[str(kind)] = _Regression(float(row["intercept"]), weights)
        if not self._of or not all(math.isfinite(v) for r in self._of.values() for v in (r.intercept, *r.weights)):
            raise ValueError("not the numbers of an evidence model")

    @classmethod
    @functools.cache
    def shipped(cls) -> EvidenceModel:
        """The model that comes with the program."""
        text = resources.files("dashcamcleaner.tracking").joinpath("evidence.json").read_text(encoding="utf-8")
        return cls(json.loads(text)["kinds"])

    def log_odds(self, kind: str, evidence: TrackEvidence) -> float:
        """Log odds that a track is an object of its kind."""
        features = evidence.features()
        known = [self._of[kind]] if kind in self._of else list(self._of.values())
        total = sum(
            row.intercept + sum(w * f for w, f in zip(row.weights, features, strict=True)) for row in known
        ) / len(known)
        return total - _RESTS_LOGIT * evidence.burned_in
