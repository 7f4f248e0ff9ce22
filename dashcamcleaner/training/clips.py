"""Leak figures of weights on labelled clips: analysed and planned as a run would, nothing rendered.

Called by ``dashcamcleaner train evaluate --clips``. What counts as leaked is `training.leaks`' matter, what is hidden
is the planner's; `benchmarks/leaks.py` compares planners, this compares weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.registry import open_detector
from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.errors import InputError
from dashcamcleaner.files import map_os_errors
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.formats import MediaKind, suffixes
from dashcamcleaner.media.probe import probe
from dashcamcleaner.pipeline.build import make_planner
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.planning.weak_spots import planned
from dashcamcleaner.settings import resolve
from dashcamcleaner.tracking.camera_motion import MotionEstimator
from dashcamcleaner.training.leaks import ClipTruth, LeakFigures, leaks

__all__ = ["clip_figures"]


def clip_figures(
    weights: str,
    folder: str | Path,
    *,
    thresholds: Mapping[str, float],
    inference_sizes: Sequence[int],
    backend: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    opener: Callable[[int, tuple[int, int]], Detector] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, dict[str, Any]]:
    """Leaks per inference size, of all labelled clips of a folder together and per kind.

    Args:
        weights: as `detection.registry.open_detector` takes them.
        folder: holds ``NAME.json`` (the truth) beside ``NAME.mp4`` or the like.
        thresholds: per kind.
        inference_sizes: long sides of the network input.
        opener: ``(inference size, upright size) -> detector``, instead of by ``weights``.
        progress: called with a sentence, clips done and in all.

    Raises:
        InputError: no labelled clip in there, or a truth that cannot be read.
    """
    pairs = [(truth, clip) for truth in sorted(Path(folder).glob("*.json")) if (clip := _clip_of(truth)) is not None]
    if not pairs:
        raise InputError(
            f"{folder} holds no labelled clip", hint="A labelled clip is NAME.mp4 with NAME.json beside it."
        )
    result: dict[str, dict[str, Any]] = {}
    for size in inference_sizes:
        pooled = LeakFigures()
        for number, (truth_file, clip) in enumerate(pairs, 1):
            what = f"The truth {truth_file} of a labelled clip"
            with map_os_errors(truth_file, what=what, verb="read", to=InputError, also=(ValueError,)):
                truth = ClipTruth.from_json(json.loads(truth_file.read_text(encoding="utf-8")))
            info = probe(clip)
            if opener is not None:
                engine = opener(size, info.upright_size)
            else:
                engine = open_detector(
                    weights=weights,
                    backend=backend,
                    device=device,
                    inference_size=size,
                    precision=precision,
                    aspect=info.upright_size,
                )
            settings = resolve({"inference_size": size})
            detector = FrameDetector(engine, upright_size=info.upright_size)
            meter = MotionEstimator(upright_size=info.upright_size)
            try:
                with open_clip(clip, info=info) as frames:
                    seen = [one for _, one in LiveObservationSource(detector, motion=meter, log=None).see(frames)]
            finally:
                detector.close()
            planner = make_planner(
                settings, upright_size=info.upright_size, thresholds=thresholds, max_waiting_frames=1000
            )
            pooled += leaks(truth, planned(seen, planner), thresholds=thresholds)
            if progress is not None:
                progress(f"clips at {size} px", number, len(pairs))
        kinds = sorted({one.kind for one in pooled.objects})
        result[str(size)] = {kind: _row(pooled.of_kind(kind)) for kind in kinds}
    return result


def _clip_of(truth: Path) -> Path | None:
    return next((path for suffix in suffixes(MediaKind.CLIP) if (path := truth.with_suffix(suffix)).is_file()), None)


def _row(figures: LeakFigures) -> dict[str, Any]:
    return {
        "objects": len(figures.objects),
        "never_detected": figures.objects_never_sighted,
        "legible_object_frames": figures.legible_frames,
        "not_covered": figures.leaked_frames,
        "not_covered_share": round(figures.leaked_share, 4),
        "not_covered_share_of_detected": round(figures.sighted.leaked_share, 4),
        "longest_exposure_frames": figures.longest_exposure_frames,
        "over_cover": round(figures.over_cover, 3),
        "needless_share": round(figures.needless_share, 5),
    }
