"""Settings -> the planner's plain arguments. The one place that knows what a dial means per kind."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.plan import Planner
from dashcamcleaner.core.time import Span
from dashcamcleaner.detection.weights import find_weights
from dashcamcleaner.planning.planner import MemoryPlanner, TrackPlanner
from dashcamcleaner.planning.regions import Growth
from dashcamcleaner.settings import Settings
from dashcamcleaner.tracking.evidence import EvidenceModel
from dashcamcleaner.tracking.tracker import Tracker

__all__ = ["DEFAULT_GROWTH", "growth_per_kind", "make_planner", "probability_per_kind", "thresholds_per_kind"]

DEFAULT_THRESHOLD = 0.2
"""For weights that come without a recommendation: recall first."""

DEFAULT_PROBABILITY = 0.05
"""A track is hidden from this probability on: a missed object identifies a person, a false one costs a blurred patch.
Of large tracks more is asked, since they cost more (`planning.planner`)."""

DEFAULT_GROWTH: dict[str, Growth] = {"face": (1.65, 1.55), "plate": (1.4, 1.85)}
"""Width and height, measured on labelled clips (docs/tracking.md); detectors box faces tightly, and plates loosely
above and below. Other kinds: 1.3."""

_OTHER_GROWTH = 1.3


def thresholds_per_kind(settings: Settings, *, recommended: Mapping[str, float] | None = None) -> dict[str, float]:
    """The score that counts, per kind to hide.

    Args:
        settings: a kind's own threshold wins over the common one, that over the weights' recommendation.
        recommended: the recommended score per kind; looked up in the weights' metadata when None.
    """
    if recommended is None:
        recommended = {}
        for name in reversed(settings.weights.split(",")):
            recommended |= find_weights(name).thresholds
    own = {"face": settings.threshold_face, "plate": settings.threshold_plate}
    thresholds = {}
    for kind in settings.kinds():
        said = [own.get(kind), settings.threshold, recommended.get(kind), DEFAULT_THRESHOLD]
        thresholds[kind] = next(value for value in said if value is not None)
    return thresholds


def probability_per_kind(settings: Settings) -> dict[str, float]:
    """The probability from which a track is hidden, per kind: the user's thresholds, or the measured default."""
    own = {"face": settings.threshold_face, "plate": settings.threshold_plate}
    probability = {}
    for kind in settings.kinds():
        said = [own.get(kind), settings.threshold, DEFAULT_PROBABILITY]
        probability[kind] = next(value for value in said if value is not None)
    return probability


def growth_per_kind(settings: Settings) -> dict[str, Growth]:
    """Factor on each side's length, per kind to hide."""
    own = {"face": settings.growth_face, "plate": settings.growth_plate}
    growth = {}
    for kind in settings.kinds():
        said = [own.get(kind), settings.growth, DEFAULT_GROWTH.get(kind, _OTHER_GROWTH)]
        growth[kind] = next(value for value in said if value is not None)
    return growth


def make_planner(
    settings: Settings,
    *,
    upright_size: tuple[int, int],
    thresholds: Mapping[str, float],
    max_waiting_frames: int,
    edits: Edits | None = None,
    whole_clip: bool = False,
) -> Planner:
    """The planner that the settings ask for; with `whole_clip` it looks ahead to the end, as a thorough run does."""
    if not settings.tracking and edits is None:
        return MemoryPlanner(
            upright_size=upright_size,
            thresholds=thresholds,
            kinds=settings.kinds(),
            growth=growth_per_kind(settings),
            before=Span.parse(settings.memory_before),
            after=Span.parse(settings.memory_after),
            max_waiting_frames=max_waiting_frames,
        )
    return TrackPlanner(
        tracker=Tracker(upright_size=upright_size),
        upright_size=upright_size,
        thresholds=probability_per_kind(settings),
        kinds=settings.kinds(),
        growth=growth_per_kind(settings),
        look_ahead_s=math.inf if whole_clip else settings.look_ahead,
        fill_before_s=settings.fill_before,
        fill_after_s=settings.fill_after,
        drop_spurious=settings.drop_spurious,
        memory_before=Span.parse(settings.memory_before),
        memory_after=Span.parse(settings.memory_after),
        max_waiting_frames=sys.maxsize if whole_clip else max_waiting_frames,
        edits=edits,
        evidence=EvidenceModel.shipped(),
        max_region=settings.max_region,
    )
