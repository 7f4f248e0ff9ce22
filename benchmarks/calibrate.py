"""Makes the numbers of the evidence model: ``dashcamcleaner/tracking/evidence.json``.

    mkdir WORK; cp docs/recipes/nano-4.toml WORK; ln -s "$PWD/../shared/data" WORK/data
    python benchmarks/pans.py WORK/nano-4.toml PANS --make-pans ../shared/tools/make_pans.py
    python benchmarks/calibrate.py PANS --out dashcamcleaner/tracking/evidence.json [--weights NAME] [--seen FOLDER]

PANS are clips of a virtual camera over the *training* side of the recipe, negatives among them; clips that do not say
that they are of it (``made_of`` in their truth) are refused, so that no figure is measured on what this was fitted to.
Calibrate anew whenever the weights change, since their scores mean something else then.

Each clip is observed with the weights as a run observes it, with one difference: the planner that says where to look
closer is unsure of every track, and there is budget for it, so that the fit knows what closer looks say of sure tracks,
too. Tracks are true where at least half of their sightings lie on a labelled object, false where at most a fifth does;
those between, and those in areas to be ignored, are left out. A track counts as it was known at several ages,
all of them together as one. A logistic regression per kind, with a little L2, is fitted to the features that help; the
rest keep a weight of 0.

Printed: log loss and area under the ROC curve, and the reliability of the probabilities, each clip judged by a model
fitted to the others. `--seen FOLDER` keeps the observations, from which the same numbers are made every time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.plan import FramePlan, Observation
from dashcamcleaner.detection.crop_check import CROP_SIZE_PX, CropChecker
from dashcamcleaner.detection.registry import open_detector
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.errors import DashcamCleanerError, InputError
from dashcamcleaner.planning.planner import TrackPlanner
from dashcamcleaner.settings import Settings, resolve
from dashcamcleaner.tracking.evidence import FEATURES, LEAST_CHECK, EvidenceModel
from dashcamcleaner.tracking.track import Association, Track
from dashcamcleaner.tracking.tracker import Tracker
from dashcamcleaner.training.clips import DryRun
from dashcamcleaner.training.truth import ClipTruth, LabelledClip, labelled_clips

USED = ("best", "top", "seen_share", "size", "size_top", "crop", "crop_known")
"""The features that are fitted. Leaving out each of the others (count, aspect, jitter, swell, height) changed the area
under the ROC curve of clips left out little, and mostly for the better."""
AGES = (0, 2, 5, 9, 14, 20, 29)
"""Frames since its first at which a track is looked at: decisions are made from the first second on."""
LOOKS_PER_FRAME = 4.0
L2 = 2.0
ITERATIONS = 40
SAME_IOU = 0.3
SAME_IOU_CENTRED = 0.12
"""A loosely boxed object is still itself when the detection is centred in its box."""
BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Example:
    """A track at one age.

    Args:
        clip, track: which.
        kind: what it claims to be.
        features: in the order of `tracking.evidence.FEATURES`.
        true: it is what it claims.
    """

    clip: str
    track: int
    kind: str
    features: tuple[float, ...]
    true: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pans", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the file with the numbers")
    parser.add_argument("--weights")
    parser.add_argument("--seen", type=Path, help="keep the observations here")
    args = parser.parse_args()
    try:
        settings = resolve({"weights": args.weights} if args.weights else {})
        clips = training_clips(args.pans)
        known: list[Example] = []
        for clip in clips:
            known += examples(clip.truth, observed(clip, settings, kept=args.seen))
            print(f"{clip.name}: {len(known)} examples so far", file=sys.stderr, flush=True)
        numbers = calibrated(known)
    except DashcamCleanerError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return error.exit_code
    weights = [find_weights(name) for name in settings.weights.split(",")]
    numbers["made"] = {
        "weights": {one.name: one.files[0].sha256 for one in weights},
        "clips": [clip.name for clip in clips],
    }
    args.out.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    return 0


def training_clips(folder: Path) -> list[LabelledClip]:
    """The clips of a folder, all made of the training side.

    Raises:
        InputError: none, or one that is of anything else.
    """
    clips = labelled_clips(folder)
    for clip in clips:
        truth = json.loads(clip.path.with_suffix(".json").read_text(encoding="utf-8"))
        if dict(truth.get("made_of") or {}).get("side") != "training":
            raise InputError(
                f"{clip.path} is not made of training pictures: figures on it would mean nothing afterwards",
                hint="Make clips for calibrating with benchmarks/pans.py.",
            )
    return clips


def observed(clip: LabelledClip, settings: Settings, *, kept: Path | None) -> list[Observation]:
    """A clip's observations, closer looks at all kinds of tracks included."""
    sha256 = "-".join((find_weights(name).files[0].sha256 or name)[:8] for name in settings.weights.split(","))
    file = kept / f"{clip.name}.{sha256}.jsonl" if kept is not None else None
    with DryRun(clip.path, settings) as run:
        if file is not None and file.exists():
            lines = file.read_text(encoding="utf-8").splitlines()
            return [FramePlan.from_line(line, time_base=run.info.time_base).seen for line in lines]
    engine = open_detector(weights=settings.weights, inference_size=CROP_SIZE_PX, aspect=(1, 1), floor=LEAST_CHECK)
    checker = CropChecker(engine, per_frame=LOOKS_PER_FRAME)
    with DryRun(clip.path, settings, checker=checker) as run:
        seen = run.observations(unsure_planner(Watched(clip.truth.size), clip.truth))
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(FramePlan(one).to_line() for one in seen) + "\n", encoding="utf-8")
    return seen


class Watched:
    """A tracker that remembers its tracks."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._tracker = Tracker(upright_size=size)
        self.latest: Association | None = None
        self.active: dict[int, tuple[Track, int]] = {}
        """Tracks that have not ended, and the frame in which each began."""

    def push(self, seen: Observation) -> Association:
        self.latest = self._tracker.push(seen)
        self.active = {n: held for n, held in self.active.items() if not held[0].ended}
        self.active |= {track.id: (track, seen.index) for track in self.latest.started}
        return self.latest


def unsure_planner(watched: Watched, truth: ClipTruth) -> TrackPlanner:
    """A planner that wants a closer look at every track of a labelled kind, whatever is known of it."""
    flat = {"intercept": 2.0, "weights": dict.fromkeys(FEATURES, 0.0)}  # midway: of large tracks more is asked
    return TrackPlanner(
        tracker=watched,
        upright_size=truth.size,
        rules={kind: replace(rules_of(kind), threshold=0.5, probability=0.5) for kind in truth.kinds},
        max_waiting_frames=1000,
        evidence=EvidenceModel(dict.fromkeys(truth.kinds, flat)),
    )


def examples(truth: ClipTruth, observations: Sequence[Observation]) -> list[Example]:
    """The tracks of a clip that are surely true or surely false, at several ages."""
    watched = Watched(truth.size)
    planner = unsure_planner(watched, truth)
    votes: dict[int, np.ndarray] = {}
    rows: list[tuple[int, str, tuple[float, ...]]] = []
    boxes: dict[tuple[int, str], list[tuple[float, float, float, float]]] = {}
    for track in truth.tracks:
        for index, box in track.boxes.items():
            boxes.setdefault((index, track.kind), []).append(box)
    for seen in observations:
        planner.push(seen)  # which links it, and gives its closer looks to the tracks
        assert watched.latest is not None
        found = seen.detections
        for which, track_id in enumerate(watched.latest.ids.tolist()):
            labelled = np.array(boxes.get((seen.index, str(found.kind[which])), []), np.float32).reshape(-1, 4)
            ignored = truth.ignore.get(seen.index, np.zeros((0, 4), np.float32))
            vote = (1, is_same(found.xyxy[which], labelled), centred(found.xyxy[which], ignored).any())
            votes[track_id] = votes.get(track_id, np.zeros(3)) + vote
        for known, first in watched.active.values():
            if seen.index - first in AGES and known.kind in truth.kinds:
                rows.append((known.id, known.kind, known.evidence.features()))
    return [
        Example(truth.clip, track_id, kind, features, bool(true))
        for track_id, kind, features in rows
        if (true := verdict(votes[track_id])) is not None
    ]


def is_same(box: np.ndarray, labelled: np.ndarray) -> bool:
    """A detection shows one of the labelled objects."""
    if not len(labelled):
        return False
    best = float(iou(box[None], labelled)[0].max())
    return best > SAME_IOU or (best > SAME_IOU_CENTRED and bool(centred(box, labelled).any()))


def centred(box: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """In which areas ``(n, 4)`` the centre of a box lies, ``(n,)``."""
    centre = (box[:2] + box[2:]) / 2
    return (centre >= areas[:, :2]).all(axis=1) & (centre <= areas[:, 2:]).all(axis=1)


def verdict(votes: np.ndarray) -> bool | None:
    """Of a track's sightings: all, on an object, in an area to be ignored. None where it cannot be told."""
    sightings, right, ignored = votes
    if right >= 0.5 * sightings:
        return True
    return False if right <= 0.2 * sightings and not ignored else None


def calibrated(known: Sequence[Example]) -> dict[str, Any]:
    """Fit and judge every kind; the file's content.

    Raises:
        InputError: a kind has no true or no false track.
    """
    kinds, judged = {}, {}
    for kind in sorted({one.kind for one in known}):
        mine = [one for one in known if one.kind == kind]
        x, y, weight = arrays(mine)
        if len(set(y.tolist())) < 2:
            raise InputError(f"the clips hold no true or no false track of the kind {kind}")
        intercept, weights = fit(x, y, weight)
        kinds[kind] = {
            "intercept": round(intercept, 4),
            "weights": {name: round(float(value), 4) for name, value in zip(FEATURES, weights, strict=True)},
        }
        judged[kind] = judge(mine)
    return {"kinds": kinds, "judged": judged}


def arrays(known: Sequence[Example]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features ``(n, f)``, truth ``(n,)`` and weights ``(n,)``: a track counts as one, at however many ages."""
    tracks = [(one.clip, one.track) for one in known]
    counts = Counter(tracks)
    weight = np.array([1 / counts[track] for track in tracks])
    return np.array([one.features for one in known]), np.array([float(one.true) for one in known]), weight


def fit(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, np.ndarray]:
    """Logistic regression by Newton's method, L2 on standardised features; intercept and weights, 0 where not used."""
    used = np.array([name in USED for name in FEATURES])
    mean, spread = x[:, used].mean(axis=0), x[:, used].std(axis=0) + 1e-6
    z = np.c_[np.ones(len(x)), (x[:, used] - mean) / spread]
    ridge = np.diag([1e-6, *([L2] * int(used.sum()))])
    beta = np.zeros(z.shape[1])
    for _ in range(ITERATIONS):
        p = sigmoid(z @ beta)
        slope = z.T @ (weight * (p - y)) + ridge @ beta
        curvature = (z * (weight * p * (1 - p))[:, None]).T @ z + ridge
        beta = beta - np.linalg.solve(curvature, slope)
    weights = np.zeros(len(FEATURES))
    weights[used] = beta[1:] / spread
    return float(beta[0] - weights[used] @ mean), weights


def judge(known: Sequence[Example]) -> dict[str, Any]:
    """How good the probabilities of clips are by a model of the others; printed, too."""
    x, y, weight = arrays(known)
    clips = np.array([one.clip for one in known])
    p = np.full(len(y), np.average(y, weights=weight))
    for clip in sorted(set(clips.tolist())):
        others = clips != clip
        if len(set(y[others].tolist())) == 2:
            intercept, weights = fit(x[others], y[others], weight[others])
            p[~others] = sigmoid(x[~others] @ weights + intercept)
    told: dict[str, Any] = {
        "tracks": round(float(weight.sum())),
        "true_tracks": round(float(weight[y == 1].sum())),
        "log_loss": round(log_loss(p, y, weight), 4),
        "log_loss_of_the_share_alone": round(log_loss(np.full(len(y), np.average(y, weights=weight)), y, weight), 4),
        "roc_auc": round(roc_auc(p, y), 4),
        "reliability": reliability(p, y, weight),
    }
    print(f"{known[0].kind}: " + ", ".join(f"{name} {value}" for name, value in list(told.items())[:-1]))
    print("| probability | tracks | mean probability | true |\n|---|---|---|---|")
    for one in told["reliability"]:
        print(f"| {one['from']:g}-{one['to']:g} | {one['tracks']:g} | {one['mean']:.3f} | {one['true']:.3f} |")
    return told


def reliability(p: np.ndarray, y: np.ndarray, weight: np.ndarray) -> list[dict[str, float]]:
    """Per bin of probability: tracks, mean probability and share of true ones."""
    rows = []
    for low, high in itertools.pairwise(BINS):
        here = (p >= low) & ((p < high) | (high == BINS[-1]))
        if here.any():
            mean, true = (float(np.average(v[here], weights=weight[here])) for v in (p, y))
            tracks = round(float(weight[here].sum()), 1)
            rows.append({"from": low, "to": high, "tracks": tracks, "mean": round(mean, 4), "true": round(true, 4)})
    return rows


def log_loss(p: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return float(np.average(-(y * np.log(p) + (1 - y) * np.log(1 - p)), weights=weight))


def roc_auc(p: np.ndarray, y: np.ndarray) -> float:
    """The chance that a true example is given more than a false one, ties counting half."""
    true, false = np.sort(p[y == 1]), np.sort(p[y == 0])
    below = np.searchsorted(false, true, side="left") + np.searchsorted(false, true, side="right")
    return float(below.mean() / 2 / len(false))


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))


if __name__ == "__main__":
    sys.exit(main())
