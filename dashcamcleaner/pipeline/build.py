"""Settings -> the plain arguments of planner and detector. The one place that knows what a dial means per kind."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Mapping

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import BUILT_IN, KindRules, rules_of
from dashcamcleaner.core.planner import Planner
from dashcamcleaner.core.time import Span
from dashcamcleaner.detection.crop_check import CROP_SIZE_PX, CropChecker
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.detection.tiling import FrameDetector, check_kinds
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.errors import SettingError
from dashcamcleaner.planning.memory import MemoryPlanner
from dashcamcleaner.planning.planner import TrackPlanner
from dashcamcleaner.settings import Settings
from dashcamcleaner.tracking.detection_schedule import DetectionSchedule
from dashcamcleaner.tracking.evidence import LEAST_CHECK, EvidenceModel
from dashcamcleaner.tracking.tracker import Tracker

__all__ = [
    "checker_for",
    "detection_schedule",
    "detector_for",
    "inference_size",
    "make_planner",
    "rules_per_kind",
    "shapes_per_kind",
]

_MOST_ENLARGED = 1.5
_WEAK_MORE, _SMALL_PX = 0.2, 640
"""How much larger regions of the faintest sightings get where the network sees the picture this small; from twice as
large on nothing: there it protected nothing."""


def rules_per_kind(settings: Settings, *, recommended: Mapping[str, float] | None = None) -> dict[str, KindRules]:
    """The rules of the kinds to hide, with the user's settings in their place.

    A kind's own setting wins over the common one. The threshold is the probability of a track, and without tracking
    the score of a detection; there it wins over the weights' recommendation, and that over the kind's default.

    Args:
        settings: the settings of the run.
        recommended: threshold per kind; looked up in the weights' metadata when None.

    Raises:
        WeightsError: `recommended` is None and there are no such weights.
    """
    if recommended is None:
        recommended = {}
        for name in reversed(settings.weights.split(",")):
            recommended |= find_weights(name).thresholds
    return {kind: _rules(settings, kind, recommended) for kind in settings.kinds()}


def _rules(settings: Settings, kind: str, recommended: Mapping[str, float]) -> KindRules:
    rules, own = rules_of(kind), settings.for_kind(kind)
    threshold = own.threshold if own.threshold is not None else settings.threshold
    growth = own.growth if own.growth is not None else settings.growth
    score = recommended.get(kind, rules.threshold)
    # Of a run with tracks the user's threshold is a track's probability: what a detection's score must be is another
    # number, and stays the weights' own.
    return dataclasses.replace(
        rules,
        threshold=score if threshold is None or settings.tracking else threshold,
        probability=rules.probability if threshold is None else threshold,
        growth=(growth, growth) if growth is not None else rules.growth,
        large_less=0.0 if growth is not None else rules.large_less,  # who names a factor gets it
        unsure_less=0.0 if growth is not None else rules.unsure_less,
        weak_more=_WEAK_MORE * min(1.0, max(0.0, 2 - settings.inference_size * settings.tiles / _SMALL_PX)),
        shape=own.shape or rules.shape,
    )


def shapes_per_kind(settings: Settings) -> dict[str, str]:
    """The shape of a region, per kind: of the built-in kinds and of the others to hide.

    What is painted may stem from an older plan, so this goes beyond the kinds that are to be hidden now.
    """
    return {kind: _rules(settings, kind, {}).shape for kind in (*BUILT_IN, *settings.other_kinds)}


def detection_schedule(settings: Settings, *, upright_size: tuple[int, int]) -> DetectionSchedule | None:
    """Which frames the detector looks at; None: at all of them.

    A thorough run looks at all, since it looks at some of them twice; and so does one without tracking, which has
    nothing that could be carried over a frame.
    """
    if settings.detect_every == "1" or settings.thorough or not settings.tracking:
        return None
    interval = None if settings.detect_every == "auto" else int(settings.detect_every)
    return DetectionSchedule(interval=interval, upright_size=upright_size)


def make_planner(
    settings: Settings,
    *,
    upright_size: tuple[int, int],
    rules: Mapping[str, KindRules],
    max_waiting_frames: int,
    edits: Edits | None = None,
    whole_clip: bool = False,
) -> Planner:
    """The planner that the settings ask for.

    Args:
        settings: the settings of the run.
        upright_size: ``(width, height)`` of the full-size picture.
        rules: the rules of the kinds to hide, from `rules_per_kind`.
        max_waiting_frames: most frames that may wait for what comes after them.
        edits: what a person changed.
        whole_clip: look ahead to the end, as a thorough run does.

    Raises:
        SettingError: the edits speak of tracks, and the run has none.
    """
    waiting = sys.maxsize if whole_clip else max_waiting_frames
    if not settings.tracking:
        if edits is not None and edits.tracks:
            raise SettingError(
                "without tracking there are no tracks, so that nothing can be said of single ones.",
                hint="Leave --no-tracking out, or the edits of tracks.",
            )
        return MemoryPlanner(
            upright_size=upright_size,
            rules=rules,
            before=Span.parse(settings.memory_before),
            after=Span.parse(settings.memory_after),
            max_waiting_frames=waiting,
            edits=edits,
        )
    return TrackPlanner(
        tracker=Tracker(upright_size=upright_size),
        upright_size=upright_size,
        rules=rules,
        look_ahead_s=math.inf if whole_clip else settings.look_ahead,
        fill_before_s=settings.fill_before,
        fill_after_s=settings.fill_after,
        drop_spurious=settings.drop_spurious,
        memory_before=Span.parse(settings.memory_before),
        memory_after=Span.parse(settings.memory_after),
        max_waiting_frames=waiting,
        edits=edits,
        evidence=EvidenceModel.shipped(),
        max_region=settings.max_region,
    )


def checker_for(settings: Settings, detector: FrameDetector, models: ModelPool) -> CropChecker | None:
    """Closer looks by the run's own weights; None where tracks are not judged by evidence, or shapes by the picture."""
    if not (settings.tracking and settings.crop_checks) or detector.shown_size is not None:
        return None
    network = models.detector(
        weights=settings.weights,
        backend=detector.description.backend,
        device=settings.device,
        inference_size=CROP_SIZE_PX,
        precision=settings.precision,
        aspect=(1, 1),
        threads=settings.workers,
        trust_weights=settings.trust_weights,
        floor=LEAST_CHECK,
    )
    # A look costs the same whatever the inference size: less is spent where a frame costs less.
    return CropChecker(network, per_frame=min(1.0, max(detector.picture_size) / 1280))


def detector_for(
    settings: Settings,
    *,
    upright_size: tuple[int, int],
    models: ModelPool,
    shown_size: tuple[int, int] | None = None,
) -> FrameDetector:
    """The detection stage that the settings ask for, over the backend that they ask for; the pool's, not to be closed.

    Args:
        settings: the settings of the run.
        upright_size: ``(width, height)`` of the full-size picture.
        models: gives the network.
        shown_size: the size that players give it, `MediaInfo.shown_size`; the network takes the picture in both shapes.

    Raises:
        BackendError: no backend, no weights, or a wanted kind that no weights know.
    """
    room = (
        upright_size
        if shown_size is None
        else (max(upright_size[0], shown_size[0]), max(upright_size[1], shown_size[1]))
    )
    network = models.detector(
        weights=settings.weights,
        backend=settings.backend,
        device=settings.device,
        inference_size=inference_size(settings, upright_size=room),
        precision=settings.precision,
        aspect=room,
        batch=settings.batch,
        threads=settings.workers,
        trust_weights=settings.trust_weights,
    )
    check_kinds(network, settings.kinds())
    return FrameDetector(network, upright_size=upright_size, kinds=None, tiles=settings.tiles, shown_size=shown_size)


def inference_size(settings: Settings, *, upright_size: tuple[int, int]) -> int:
    """The long side that the network sees: as set, but a small picture is not blown up beyond what it holds.

    Enlarged half again, small faces are found better; enlarged more, blur begins to look like large faces.
    """
    return max(160, min(settings.inference_size, round(max(upright_size) * _MOST_ENLARGED)))
