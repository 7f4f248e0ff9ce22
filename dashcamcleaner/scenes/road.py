"""Labels of a road clip without any safety model: standing or driving, day, night or tunnel, and shots.

*parked* is the share of the picture's structured places that are where they were about a second before, *driving* the
rest. Places are measured as for tracking (`tracking.camera_motion`): one counts as still if its structure is found
again within a pixel of a picture 320 wide. A bonnet or a burned-in clock stands still in either case, so that it is the
share that counts. *night* and *tunnel* are dark pictures; a dark stretch with daylight close before or after it is a
tunnel.

Both are rules with thresholds set by eye, not trained models: `card_of` says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from fractions import Fraction

import cv2
import numpy as np

from dashcamcleaner.core.motion import Motion
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
_TUNNEL_EDGE_S = 3
"""So long may the way from daylight to a tunnel's darkness take: dusk takes longer."""
_LONGEST_TUNNEL_S = 900
_MOST_A_SECOND = 10
"""More comparisons than that tell nothing."""
_LEAST_APART_S = 1
"""Pictures are compared over this long at least: from one frame to the next much stands still on any drive."""


def _grey(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA)


class MotionMeter:
    """Scores for `MOTION_LABELS`, picture by picture, in the order of the clip.

    Args:
        step_s: seconds from one picture to the next.
    """

    def __init__(self, step_s: Fraction = Fraction(1)) -> None:
        self._apart = max(1, round(_LEAST_APART_S / step_s))
        self._stride = max(1, self._apart // _MOST_A_SECOND)
        self._number = 0
        self._last: np.ndarray | None = None
        self._earlier: deque[tuple[int, np.ndarray, np.ndarray]] = deque()
        self._estimator = MotionEstimator(upright_size=(_WIDTH_PX, _HEIGHT_PX))
        self._measured: np.ndarray | None = None

    def score(self, picture: np.ndarray) -> np.ndarray:
        """``(2,)`` float32 for a uint8 RGB picture.

        NaN, for `settle`, where it is not told: of the first ones, of most where there are very many, and of the same
        array given once more, by which the sampler says that the clip had no picture since (as between key frames).
        """
        number, self._number = self._number, self._number + 1
        if picture is self._last or number % self._stride:
            return np.array([np.nan, np.nan], np.float32)
        self._last = picture
        small = cv2.resize(picture, (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA)
        self._earlier.append((number, small, fine_structure(_grey(picture))))
        while len(self._earlier) > 1 and number - self._earlier[1][0] >= self._apart:
            self._earlier.popleft()
        before, earlier, fine = self._earlier[0]
        if number - before < self._apart:
            return np.array([np.nan, np.nan], np.float32)
        structured = per_cell(fine * fine) > CELL_LEVELS**2
        if structured.sum() < _LEAST_PLACES:  # black, fog: nothing tells
            return np.array([0.5, 0.5], np.float32)
        motion = self._between(earlier, small)
        still = 0.0
        if motion is not None and motion.grid is not None and motion.grid.shape[:2] == structured.shape:
            moved = np.hypot(motion.grid[..., 0], motion.grid[..., 1])
            still = float(((moved < _STILL_PX) & structured).sum() / structured.sum())
        parked = min(1.0, still * 0.5 / _HALF_STILL)
        return np.array([1 - parked, parked], np.float32)

    def _between(self, earlier: np.ndarray, later: np.ndarray) -> Motion | None:
        """How the picture moved; the estimator knows the one that it was given last."""
        if self._measured is not earlier:
            self._estimator = MotionEstimator(upright_size=(_WIDTH_PX, _HEIGHT_PX))
            self._estimator.measure(earlier)
        self._measured = later
        return self._estimator.measure(later)

    @staticmethod
    def settle(scores: np.ndarray) -> np.ndarray:
        """All scores of a clip ``(n, 2)``; what has none takes that of the next, at the end of the one before."""
        filled = scores.copy()
        known = np.flatnonzero(~np.isnan(filled).any(axis=1))
        if len(known):
            following = np.searchsorted(known, np.arange(len(filled)))
            filled = filled[known[np.minimum(following, len(known) - 1)]]
        return np.nan_to_num(filled, nan=0.5)


class LightMeter:
    """Scores for `LIGHT_LABELS`; tunnels show only in the whole (`settle`)."""

    def score(self, picture: np.ndarray) -> np.ndarray:
        """``(3,)`` float32 for a uint8 RGB picture; its last is 0 until `settle`."""
        level = float(_grey(picture).mean())
        day = 1 / (1 + np.exp(-(level - _DARK) / _SPREAD))
        return np.array([day, 1 - day, 0], np.float32)

    @staticmethod
    def settle(scores: np.ndarray, *, step_s: Fraction = Fraction(1)) -> np.ndarray:
        """All scores of a clip ``(n, 3)``: dark stretches that daylight turns into within a moment are tunnels."""
        edge = max(1, round(_TUNNEL_EDGE_S / step_s))
        settled = scores.copy()
        dark = scores[:, 1] > 0.5
        edges = np.flatnonzero(np.diff(np.concatenate([[False], dark, [False]]).astype(np.int8)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            before, after = scores[max(0, start - edge) : start, 0], scores[end : end + edge, 0]
            bright = max(before.max(initial=0), after.max(initial=0)) > 0.9
            if bright and (end - start) * step_s <= _LONGEST_TUNNEL_S:
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
