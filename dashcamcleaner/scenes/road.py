"""Labels of a road clip without any safety model: standing or driving, day, night or tunnel, and shots.

*parked* is the share of the picture's structured places that are where they were in the picture before, *driving* the
rest. Places are measured as for tracking (`tracking.camera_motion`): one counts as still if its structure is found
again within a pixel of a picture 320 wide. A bonnet or a burned-in clock stands still in either case, so that it is the
share that counts. *night* and *tunnel* are dark pictures; a dark stretch with daylight close before or after it is a
tunnel.

Both are rules with thresholds set by eye, not trained models: `card_of` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from dashcamcleaner.messages import msg
from dashcamcleaner.scenes.classify.port import ModelCard
from dashcamcleaner.tracking.camera_motion import CELL_LEVELS, MotionEstimator, fine_structure, per_cell

__all__ = [
    "LIGHT_LABELS",
    "MOTION_LABELS",
    "SHOTS_CARD",
    "LightMeter",
    "MotionMeter",
    "ShotFinder",
    "card_of",
]

MOTION_LABELS = ("driving", "parked")
LIGHT_LABELS = ("day", "night", "tunnel")

SHOTS_CARD = ModelCard(
    msg("cut detection"), msg("the tracking's own, over brightness and motion"), "AGPL-3.0-only",
    msg("not measured on labelled clips"),
)  # fmt: skip


def card_of(labels: tuple[str, ...]) -> ModelCard:
    """What is known of the rules that tell these labels."""
    return ModelCard(
        msg("road rules"), msg("rules of our own over motion and brightness"), "AGPL-3.0-only",
        msg("not measured on labelled clips; thresholds were set by eye"), labels,
    )  # fmt: skip


_WIDTH_PX, _HEIGHT_PX = 320, 180
_STILL_PX = 1.0
_HALF_STILL = 0.5
"""From this share of still places on a picture counts as parked: traffic passes before a parked car, too."""
_LEAST_PLACES = 8
_DARK, _SPREAD = 70.0, 12.0
"""Mean grey level at which day turns to night, and how many levels blur it."""
_TUNNEL_EDGE = 3
"""So many pictures may lie between daylight and a tunnel's darkness: dusk takes longer."""
_LONGEST_TUNNEL = 900


def _grey(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA)


class MotionMeter:
    """Scores for `MOTION_LABELS`, picture by picture, in the order of the clip."""

    def __init__(self) -> None:
        self._estimator = MotionEstimator(upright_size=(_WIDTH_PX, _HEIGHT_PX))
        self._before: np.ndarray | None = None

    def score(self, picture: np.ndarray) -> np.ndarray:
        """``(2,)`` float32 for a uint8 RGB picture; the first one is judged like the second (`settle`)."""
        small = cv2.resize(picture, (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA)
        motion = self._estimator.measure(small)
        fine = fine_structure(_grey(picture))
        before, self._before = self._before, fine
        if motion is None or before is None:
            return np.array([np.nan, np.nan], np.float32)
        structured = per_cell(before * before) > CELL_LEVELS**2
        if structured.sum() < _LEAST_PLACES:  # black, fog: nothing tells
            return np.array([0.5, 0.5], np.float32)
        still = 0.0
        if motion.grid is not None and motion.grid.shape[:2] == structured.shape:
            moved = np.hypot(motion.grid[..., 0], motion.grid[..., 1])
            still = float(((moved < _STILL_PX) & structured).sum() / structured.sum())
        parked = min(1.0, still * 0.5 / _HALF_STILL)
        return np.array([1 - parked, parked], np.float32)

    @staticmethod
    def settle(scores: np.ndarray) -> np.ndarray:
        """All scores of a clip ``(n, 2)``; what has none yet takes that of the next."""
        filled = scores.copy()
        for index in range(len(filled) - 2, -1, -1):
            if np.isnan(filled[index]).any():
                filled[index] = filled[index + 1]
        return np.nan_to_num(filled, nan=0.5)


class LightMeter:
    """Scores for `LIGHT_LABELS`; tunnels show only in the whole (`settle`)."""

    def score(self, picture: np.ndarray) -> np.ndarray:
        """``(3,)`` float32 for a uint8 RGB picture; its last is 0 until `settle`."""
        level = float(_grey(picture).mean())
        day = 1 / (1 + np.exp(-(level - _DARK) / _SPREAD))
        return np.array([day, 1 - day, 0], np.float32)

    @staticmethod
    def settle(scores: np.ndarray) -> np.ndarray:
        """All scores of a clip ``(n, 3)``: dark stretches that daylight turns into within a moment are tunnels."""
        settled = scores.copy()
        dark = scores[:, 1] > 0.5
        edges = np.flatnonzero(np.diff(np.concatenate([[False], dark, [False]]).astype(np.int8)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            before, after = scores[max(0, start - _TUNNEL_EDGE) : start, 0], scores[end : end + _TUNNEL_EDGE, 0]
            bright = max(before.max(initial=0), after.max(initial=0)) > 0.9
            if bright and end - start <= _LONGEST_TUNNEL:
                settled[start:end, 2], settled[start:end, 1] = scores[start:end, 1], scores[start:end, 2]
        return settled


class ShotFinder:
    """Where scenes are cut, from every picture of a clip."""

    def __init__(self) -> None:
        self._estimator = MotionEstimator(upright_size=(_WIDTH_PX, _HEIGHT_PX))

    def starts(self, pictures: Iterable[np.ndarray]) -> Sequence[int]:
        """The numbers of the pictures with which a shot begins; the first among them."""
        found = []
        for number, picture in enumerate(pictures):
            motion = self._estimator.measure(cv2.resize(picture, (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA))
            if motion is None or motion.cut:
                found.append(number)
        return found
