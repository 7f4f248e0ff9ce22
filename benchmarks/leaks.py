"""What of labelled clips would still be seen, in four modes, each leak told by its cause.

    python benchmarks/leaks.py FOLDER [--weights NAME] [--profile publish] [--set inference_size=960 ...]
        [--modes detector,memory,default,thorough] [--clips NAME,NAME] [--cache FOLDER] [--worst N]

FOLDER holds clips (NAME.mp4) with their truth (NAME.json). Each clip is analysed once per weights and size; raw
detections and motion are cached, so that planners are compared without detecting again. Printed, per clip and over
all of them:

    unprotected   legible object-frames of which less than 95 % of the true box is hidden: of all objects, and of those
                  that the detector saw at least once in their life
    objects       leaked at all / never detected / all
    longest       exposure of an object that was detected, in frames
    over-cover    area of the regions that hide a legible object, over the area of those objects
    needless      share of the picture that is hidden where nothing of that kind is labelled
    toggles       of protection, per object
    never, gap, cover   leaked object-frames by cause: object never detected, gap in time, cover too small or late
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import FramePlan, Observation, Planner, WeakSpot
from dashcamcleaner.core.time import Span
from dashcamcleaner.detection.second_pass import SecondPass
from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.detection.weights import find_weights
from dashcamcleaner.files import file_sha256
from dashcamcleaner.media import probe
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.pipeline.build import growth_per_kind, make_planner, thresholds_per_kind
from dashcamcleaner.pipeline.context import detector_for, inference_size
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.planning.planner import MemoryPlanner
from dashcamcleaner.planning.weak_spots import planned, thorough_plans
from dashcamcleaner.settings import Settings, resolve
from dashcamcleaner.tracking.camera_motion import MotionEstimator
from dashcamcleaner.training.leaks import ClipTruth, LeakFigures, leaks

MODES = {
    "detector": "detector only",
    "memory": "frame memory 5 + 5",
    "default": "look-ahead (default)",
    "thorough": "thorough",
}
HEAD = (
    "| clip | mode | unprotected | of detected | objects | longest | over-cover | needless | toggles "
    "| never | gap | cover |"
)


class ClipDetector:
    """The detector of a run, opened when it is needed; what it saw is cached."""

    def __init__(self, clip: Path, settings: Settings, cache: Path | None) -> None:
        self.clip = clip
        self.info: MediaInfo = probe.probe(clip)
        self.settings = settings
        self._cache = cache
        self._detector: FrameDetector | None = None
        self.second_passes = 0

    @property
    def detector(self) -> FrameDetector:
        if self._detector is None:
            self._detector = detector_for(self.settings, upright_size=self.info.upright_size)
        return self._detector

    def observe(self) -> list[Observation]:
        """Raw detections and motion of every frame."""
        stored = None
        if self._cache is not None:
            hashes = [
                [f.sha256 or file_sha256(f.path) for f in find_weights(w).files]
                for w in self.settings.weights.split(",")
            ]
            seeing = [hashes, self.settings.tiles, self.settings.backend, self.settings.precision]
            key = hashlib.sha256(json.dumps(seeing).encode()).hexdigest()[:10]
            size = inference_size(self.settings, upright_size=self.info.upright_size)
            stored = self._cache / f"{self.clip.stem}.{size}.{key}.jsonl"
            if stored.exists():
                lines = stored.read_text(encoding="utf-8").splitlines()
                return [FramePlan.from_line(line, time_base=self.info.time_base).seen for line in lines]
        meter = MotionEstimator(upright_size=self.info.upright_size)
        with open_clip(self.clip, info=self.info) as frames:
            seen = [one for _, one in LiveObservationSource(self.detector, motion=meter, log=None).see(frames)]
        if stored is not None:
            stored.parent.mkdir(parents=True, exist_ok=True)
            stored.write_text("\n".join(FramePlan(one).to_line() for one in seen), encoding="utf-8")
        return seen

    def second_pass(self, spots: Sequence[WeakSpot]) -> Mapping[int, Detections]:
        """The second look of a thorough run."""
        rechecker = SecondPass(self.detector.detector, upright_size=self.info.upright_size)
        by_index = {spot.index: spot for spot in spots}
        extra = {}
        with open_clip(self.clip, info=self.info) as frames:
            for frame in frames:
                spot = by_index.get(frame.index)
                if spot is not None:
                    extra[frame.index] = rechecker.detect(frame.picture(self.info.upright_size), spot)
                    self.second_passes += len(spot.windows) + 5 * spot.whole
        return extra

    def close(self) -> None:
        if self._detector is not None:
            self._detector.close()


def plans_of(
    mode: str, detector: ClipDetector, observations: Sequence[Observation], thresholds: Mapping[str, float]
) -> list[FramePlan]:
    """A clip's plans in one mode."""
    settings, size = detector.settings, detector.info.upright_size
    if mode in ("detector", "memory"):
        span = Span(5 if mode == "memory" else 0)
        planner = MemoryPlanner(
            upright_size=size,
            thresholds=thresholds,
            kinds=settings.kinds(),
            growth=growth_per_kind(settings),
            before=span,
            after=span,
            max_waiting_frames=1000,
        )
        return planned(observations, planner)

    def make(whole_clip: bool) -> Planner:
        return make_planner(
            settings, upright_size=size, thresholds=thresholds, max_waiting_frames=1000, whole_clip=whole_clip
        )

    if mode == "default":
        return planned(observations, make(False))
    return thorough_plans(
        observations,
        upright_size=size,
        thresholds=thresholds,
        make_planner=lambda: make(True),
        second_pass=detector.second_pass,
    )


def row(clip: str, mode: str, figures: LeakFigures) -> str:
    seen = figures.sighted
    causes = figures.causes
    return (
        f"| {clip} | {MODES[mode]} | {figures.leaked_share:.2%} | {seen.leaked_share:.2%} | "
        f"{figures.objects_leaked} / {figures.objects_never_sighted} / {len(figures.objects)} | "
        f"{seen.longest_exposure_frames} | {figures.over_cover:.2f} | {figures.needless_share:.2%} | "
        f"{figures.toggles_per_object:.2f} | " + " | ".join(str(causes[cause]) for cause in causes) + " |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights")
    parser.add_argument("--profile")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--clips", default="")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--worst", type=int, default=0, help="list this many objects with most leaked frames per mode")
    args = parser.parse_args()
    said = dict(item.split("=", 1) for item in args.set)
    said |= {k: v for k, v in (("weights", args.weights), ("profile", args.profile)) if v}
    settings = resolve(said)
    thresholds = thresholds_per_kind(settings)
    names = args.clips.split(",") if args.clips else sorted(path.stem for path in args.folder.glob("*.json"))
    modes = args.modes.split(",")
    pooled = {mode: LeakFigures() for mode in modes}
    print(
        f"weights {settings.weights}, {settings.inference_size} px, tiles {settings.tiles}, thresholds {thresholds}, "
        f"growth {growth_per_kind(settings)}, look-ahead {settings.look_ahead:g} s, "
        f"fill {settings.fill_before:g} s before and {settings.fill_after:g} s after\n"
    )
    print(HEAD + "\n" + "|---" * (HEAD.count("|") - 1) + "|")
    for name in names:
        truth = ClipTruth.from_json(json.loads((args.folder / f"{name}.json").read_text(encoding="utf-8")))
        detector = ClipDetector(args.folder / f"{name}.mp4", settings, args.cache)
        try:
            observations = detector.observe()
            for mode in modes:
                begun = time.process_time()
                figures = leaks(truth, plans_of(mode, detector, observations, thresholds), thresholds=thresholds)
                pooled[mode] += figures
                print(row(name, mode, figures), flush=True)
                if mode == "thorough":
                    print(
                        f"{name}: {detector.second_passes} further looks for {len(observations)} frames, "
                        f"{time.process_time() - begun:.0f} s CPU",
                        file=sys.stderr,
                    )
        finally:
            detector.close()
    for mode in modes:
        print(row("**all**", mode, pooled[mode]))
    if "detector" in modes:
        base = pooled["detector"].sighted.leaked_frames
        for mode in modes:
            gone = 1 - pooled[mode].sighted.leaked_frames / max(1, base)
            print(
                f"\n{MODES[mode]}: {gone:.1%} of the leaks of detected objects gone against the detector only", end=""
            )
        print()
    for mode in modes if args.worst else ():
        print(f"\nWorst, {MODES[mode]}:")
        for o in sorted(pooled[mode].objects, key=lambda o: -len(o.leaked))[: args.worst]:
            if o.leaked:
                causes = ", ".join(sorted(set(o.leaked.values())))
                print(
                    f"  {o.clip} {o.kind} {o.id}: {len(o.leaked)} of {o.legible_frames}, "
                    f"longest {o.longest_exposure_frames}, frames {min(o.leaked)}-{max(o.leaked)}, {causes}"
                )


if __name__ == "__main__":
    main()
