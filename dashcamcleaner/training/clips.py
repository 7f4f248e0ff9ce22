"""The backend over labelled clips, nothing rendered: analysed and planned as a run would, then held against the truth.

Called by ``dashcamcleaner train evaluate --clips``, which compares weights, and by ``benchmarks/leaks.py``, which
compares dials. What counts as leaked is `training.leaks`' matter, what is hidden the planner's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.kinds import thresholds_of
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import FramePlan, Observation
from dashcamcleaner.core.planner import Planner
from dashcamcleaner.core.weak_spot import WeakSpot
from dashcamcleaner.detection.crop_check import CropChecker
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.detection.second_pass import SecondPass
from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.probe import probe
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline import build, context
from dashcamcleaner.pipeline.build import make_planner, rules_per_kind, shapes_per_kind
from dashcamcleaner.pipeline.frames import FramePlanner
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.planning.weak_spots import planned, thorough_plans
from dashcamcleaner.settings import Settings, resolve
from dashcamcleaner.training.leak_figures import LeakFigures
from dashcamcleaner.training.leaks import leaks
from dashcamcleaner.training.truth import ClipTruth, labelled_clips

__all__ = ["DryRun", "clip_figures", "figures_of"]

_WAITING_FRAMES = 1000


class DryRun:
    """The backend over one clip with nothing rendered. A context manager: leaving it gives the backend back.

    Args:
        clip: the file.
        settings: the settings of the run.
        cache: folder in which the observations are kept, by weights and dials; None keeps none. Not noticed there: a
            changed engine.
        detector: instead of the one that the settings ask for; no closer looks are taken then, unless `checker` is
            given, too.
        checker: instead of the one that the settings ask for.

    Raises:
        InputError: the clip cannot be read.
        BackendError: no backend, no weights, or a wanted kind that no weights know.
    """

    def __init__(
        self,
        clip: str | Path,
        settings: Settings,
        *,
        cache: Path | None = None,
        detector: FrameDetector | None = None,
        checker: CropChecker | None = None,
    ) -> None:
        self.clip = Path(clip)
        self.info: MediaInfo = probe(self.clip)
        self.settings = settings
        self.looks = 0
        self._cache = cache
        self._detector = detector
        self._checker = checker
        self._given = detector is not None
        self._models = ModelPool()
        self._observations: list[Observation] | None = None

    @property
    def detector(self) -> FrameDetector:
        """Opened when it is first needed: what is cached needs none."""
        if self._detector is None:
            self._detector = build.detector_for(self.settings, upright_size=self.info.upright_size, models=self._models)
        return self._detector

    def observations(self, planner: Planner | None = None) -> list[Observation]:
        """Detections, motion and closer looks of every frame, taken in the pass in which a run takes them.

        Args:
            planner: says where to look closer, instead of the run's own; then nothing is cached.
        """
        if planner is not None:
            return self._observe(planner)
        if self._observations is None:
            stored = self._cache_file()
            if stored is not None and stored.exists():
                lines = stored.read_text(encoding="utf-8").splitlines()
                self._observations = [FramePlan.from_line(line, time_base=self.info.time_base).seen for line in lines]
            else:
                self._observations = self._observe(self.planner())
                if stored is not None:
                    stored.parent.mkdir(parents=True, exist_ok=True)
                    lines = [FramePlan(seen).to_line() for seen in self._observations]
                    stored.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self._observations

    def plans(self, **dials: Any) -> list[FramePlan]:
        """The plans of all frames.

        Args:
            dials: settings that differ from the run's own, as in a replay: nothing is detected or looked at again.
        """
        settings = resolve(self.settings.overrides, dials) if dials else self.settings
        return planned(self.observations(), self.planner(settings))

    def thorough_plans(self) -> list[FramePlan]:
        """The plans of a thorough run: the whole clip is known, and weak places were looked at again."""
        return thorough_plans(
            self.observations(),
            upright_size=self.info.upright_size,
            thresholds=thresholds_of(rules_per_kind(self.settings)),
            make_planner=lambda: self.planner(whole_clip=True),
            second_pass=self._look_again,
        )

    def planner(self, settings: Settings | None = None, *, whole_clip: bool = False) -> Planner:
        """A fresh planner, by the run's settings or others."""
        settings = settings or self.settings
        return make_planner(
            settings,
            upright_size=self.info.upright_size,
            rules=rules_per_kind(settings),
            max_waiting_frames=_WAITING_FRAMES,
            whole_clip=whole_clip,
        )

    def _observe(self, planner: Planner) -> list[Observation]:
        detector = self.detector
        if self._checker is None and not self._given:
            self._checker = build.checker_for(self.settings, detector, self._models)
        source = context.live_source(self.settings, detector, log=None)
        looking = FramePlanner(planner, checker=self._checker, picture_size=detector.picture_size)
        found = []
        with open_clip(self.clip, info=self.info) as frames:
            for frame, seen in source.see(frames):
                looking.take(frame, seen)
                found.append(seen)
        return found

    def _look_again(self, spots: Sequence[WeakSpot]) -> Mapping[int, Detections]:
        again = SecondPass(self.detector.detector, upright_size=self.info.upright_size)
        by_index = {spot.index: spot for spot in spots}
        found = {}
        for frame in self.frames():
            spot = by_index.get(frame.index)
            if spot is not None:
                found[frame.index] = again.detect(frame.picture(self.info.upright_size), spot)
                self.looks += len(spot.windows) + 5 * spot.whole
        return found

    def frames(self) -> Iterator[Frame]:
        """The clip's frames once more."""
        with open_clip(self.clip, info=self.info) as frames:
            yield from frames

    def _cache_file(self) -> Path | None:
        """Where the observations are kept; its name depends on all that decides them."""
        if self._cache is None or self._given:
            return None
        settings = self.settings
        model = resources.files("dashcamcleaner.tracking").joinpath("evidence.json").read_bytes()
        decides = [
            str(self.clip.resolve()),
            [
                file.sha256 or file_sha256(file.path)
                for name in settings.weights.split(",")
                for file in find_weights(name).files
            ],
            [settings.tiles, settings.backend, settings.device, settings.precision, settings.batch],
            build.inference_size(settings, upright_size=self.info.upright_size),
            [settings.tracking, settings.crop_checks, settings.look_ahead > 0, settings.detect_every],
            sorted((kind, one.probability) for kind, one in rules_per_kind(settings).items()),
            hashlib.sha256(model).hexdigest(),
        ]
        key = hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:12]
        return self._cache / f"{self.clip.stem}.{key}.jsonl"

    def close(self) -> None:
        """Give the backend's memory back."""
        self._models.close()
        if self._given and self._detector is not None:
            self._detector.close()

    def __enter__(self) -> DryRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def figures_of(
    truth: ClipTruth, plans: Sequence[FramePlan], *, settings: Settings, thresholds: Mapping[str, float]
) -> LeakFigures:
    """A clip's figures, its regions painted in the shapes and with the soft edge that the settings ask for.

    Args:
        truth: what is there.
        plans: the plans of every frame.
        settings: the settings of the run.
        thresholds: score per kind from which a raw detection counts as a sighting.
    """
    return leaks(truth, plans, thresholds=thresholds, shapes=shapes_per_kind(settings), feather=settings.feather)


def clip_figures(
    weights: str,
    folder: str | Path,
    *,
    thresholds: Mapping[str, float],
    inference_sizes: Sequence[int],
    backend: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    trust_weights: bool = False,
    opener: Callable[[int, tuple[int, int]], Detector] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, dict[str, Any]]:
    """Leaks per inference size, of all labelled clips of a folder together and per kind.

    Args:
        weights: the weights as `detection.registry.open_detector` takes them.
        folder: holds ``NAME.json`` (the truth) beside ``NAME.mp4`` or the like.
        thresholds: score per kind from which a raw detection counts as a sighting.
        inference_sizes: long sides of the network input.
        backend: the same as the setting of that name.
        device: the same as the setting of that name.
        precision: the same as the setting of that name.
        trust_weights: the same as the setting of that name.
        opener: ``(inference size, upright size) -> detector``, instead of by ``weights``; without closer looks.
        progress: called with a sentence, clips done and in all.

    Raises:
        InputError: no labelled clip in there, or a truth that cannot be read.
    """
    clips = labelled_clips(folder)
    result: dict[str, dict[str, Any]] = {}
    for size in inference_sizes:
        said = {"inference_size": size, "backend": backend, "device": device, "precision": precision}
        if opener is None:
            said |= {"weights": weights, "trust_weights": trust_weights}
        settings = resolve(said)
        pooled = LeakFigures()
        for number, clip in enumerate(clips, 1):
            detector = None
            if opener is not None:
                upright_size = probe(clip.path).upright_size
                detector = FrameDetector(opener(size, upright_size), upright_size=upright_size)
            with DryRun(clip.path, settings, detector=detector) as run:
                pooled += figures_of(clip.truth, run.plans(), settings=settings, thresholds=thresholds)
            if progress is not None:
                progress(msg("clips at {size} px", size=size), number, len(clips))
        kinds = sorted({one.kind for one in pooled.objects})
        result[str(size)] = {kind: pooled.of_kind(kind).as_dict() for kind in kinds}
    return result
