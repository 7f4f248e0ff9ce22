"""What of labelled clips would still be seen, and what of them is hidden for nothing: real runs with nothing rendered.

    python benchmarks/leaks.py FOLDER [--thorough] [--plain] [--curve] [--json FILE] [--worst N]
        [--weights NAME] [--profile publish] [--set inference_size=960 ...]
        [--clips NAME,NAME] [--nothing face,plate] [--cache FOLDER]

FOLDER holds clips (NAME.mp4) with their truth (NAME.json). Each is analysed as a run analyses it, by the default
settings unless you say otherwise, closer looks included, and printed as a row of Markdown, with all clips pooled in the
last one:

    unprotected         legible object-frames of which less than 95 % of the true box is hidden: of all objects, and of
                        those that the detector saw at least once in their life
    longest             exposure in frames that follow each other: of all objects, and of those detected
    half covered        legible object-frames of which less than half is hidden
    painted / true      painted area within the grown boxes of legible objects, over the area of their true boxes
    hidden for nothing  share of the picture painted outside of all grown boxes, labelled or to be ignored; mean over
                        the frames. Boxes are grown to twice their width and height about their centres
    objects             leaked at all / never detected / all
    never, gap, cover   unprotected object-frames by cause: object never detected, gap in time, cover too small or late

`--thorough` adds a row for a thorough run, `--plain` rows for the detector alone and for frame memory without tracks.
`--curve` adds a table with one row per threshold: a clip is analysed once, with the settings given, and planned anew
for each value, as a replay of its plan would be. `--nothing KINDS` takes clips without a truth in, too: nothing of
these kinds is to be hidden in them. The page goes to standard output, so that

    python benchmarks/leaks.py ../shared/data/clips/truth --thorough --curve > docs/figures/leaks.md

makes the page of figures. `--cache FOLDER` keeps what was seen: planners are then compared without detecting again;
delete it when the engine has changed.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import platform
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dashcamcleaner
from dashcamcleaner.core.kinds import thresholds_of
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.core.time import Span
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.errors import DashcamCleanerError, InputError
from dashcamcleaner.media.probe import probe
from dashcamcleaner.pipeline.build import rules_per_kind
from dashcamcleaner.planning.memory import MemoryPlanner
from dashcamcleaner.planning.weak_spots import planned
from dashcamcleaner.settings import Settings, resolve
from dashcamcleaner.training.clips import DryRun, figures_of
from dashcamcleaner.training.leak_figures import LeakFigures
from dashcamcleaner.training.truth import CLIP_SUFFIXES, ClipTruth, LabelledClip, labelled_clips

MODES = {
    "detector": "detector only",
    "memory": "frame memory 5 + 5",
    "default": "default",
    "thorough": "thorough",
}
CURVE = "0.01,0.02,0.03,0.05,0.08,0.12,0.2,0.3,0.5"
HEAD = (
    "| clip | mode | unprotected | of detected | longest | of detected | half covered | painted / true "
    "| hidden for nothing | objects | never | gap | cover |"
)
CURVE_HEAD = (
    "| threshold | unprotected | of detected | longest | half covered | painted / true | hidden for nothing "
    "| in the worst clip |"
)


def main() -> int:
    args = parsed()
    try:
        settings = settings_of(args)
        clips = clips_of(args)
        result = measured(clips, settings, args)
    except DashcamCleanerError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return error.exit_code
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", default="", metavar="NAME,NAME", help="only these")
    parser.add_argument("--nothing", default="", metavar="KINDS", help="kinds of which clips without truth show none")
    parser.add_argument("--weights")
    parser.add_argument("--profile")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
    parser.add_argument("--thorough", action="store_true", help="a thorough run, too")
    parser.add_argument("--plain", action="store_true", help="the detector alone and frame memory, too")
    parser.add_argument("--curve", nargs="?", const=CURVE, metavar="VALUES", help=f"thresholds; without any {CURVE}")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--worst", type=int, default=0, help="list this many objects with most unprotected frames")
    parser.add_argument("--cache", type=Path)
    return parser.parse_args()


def settings_of(args: argparse.Namespace) -> Settings:
    said = dict(item.split("=", 1) for item in args.set)
    said |= {name: value for name in ("weights", "profile") if (value := getattr(args, name))}
    return resolve(said)


def clips_of(args: argparse.Namespace) -> list[LabelledClip]:
    """The labelled clips of the folder; with ``--nothing`` those without a truth as well."""
    names = args.clips.split(",") if args.clips else []
    kinds = tuple(args.nothing.split(",")) if args.nothing else ()
    if not kinds:
        return labelled_clips(args.folder, names=names)
    bare = []
    for path in sorted(args.folder.iterdir()):
        if (
            path.suffix in CLIP_SUFFIXES
            and not path.with_suffix(".json").exists()
            and (not names or path.stem in names)
        ):
            info = probe(path)
            bare.append(LabelledClip(path, ClipTruth(path.name, info.frames or 0, info.upright_size, kinds, (), {})))
    others = [name for name in names if name not in {one.name for one in bare}]
    if others or not names:
        with contextlib.suppress(InputError) if bare and not names else contextlib.nullcontext():
            bare += labelled_clips(args.folder, names=others)
    return sorted(bare, key=lambda clip: clip.name)


def measured(clips: Sequence[LabelledClip], settings: Settings, args: argparse.Namespace) -> dict[str, Any]:
    """Measure, printing as it goes; the figures as JSON."""
    thresholds = thresholds_of(rules_per_kind(settings))
    modes = ["thorough" if settings.thorough else "default"]
    modes = [*(["detector", "memory"] if args.plain else []), *modes]
    modes += ["thorough"] if args.thorough and "thorough" not in modes else []
    values = [float(value) for value in args.curve.split(",")] if args.curve else []
    pooled = {mode: LeakFigures() for mode in modes}
    curve: dict[float, dict[str, LeakFigures]] = {value: {} for value in values}
    result: dict[str, Any] = about(settings)
    result["clips"] = {}
    print(title(result, settings) + "\n\n" + HEAD + "\n" + "|---" * (HEAD.count("|") - 1) + "|")
    for clip in clips:
        told = result["clips"][clip.name] = {}
        with DryRun(clip.path, settings, cache=args.cache) as run:
            for mode in modes:
                begun = time.process_time()
                figures = figures_of(clip.truth, plans_of(mode, run), settings=settings, thresholds=thresholds)
                pooled[mode] += figures
                told[mode] = with_causes(figures)
                print(row(clip.name, mode, figures), flush=True)
                spent = time.process_time() - begun
                looks = f", {run.looks} further looks" if mode == "thorough" else ""
                print(f"{clip.name}, {MODES[mode]}: {spent:.0f} s CPU{looks}", file=sys.stderr, flush=True)
            for value in values:
                dials = dict.fromkeys(("threshold", "threshold_face", "threshold_plate"), value)
                figures = figures_of(clip.truth, run.plans(**dials), settings=settings, thresholds=thresholds)
                curve[value][clip.name] = figures
    for mode in modes:
        print(row("**all**", mode, pooled[mode]))
    result["all"] = {mode: with_causes(figures) for mode, figures in pooled.items()}
    if values:
        result["curve"] = list(curve_rows(curve))
    for mode in modes if args.worst else ():
        print_worst(pooled[mode], mode=mode, most=args.worst)
    return result


def plans_of(mode: str, run: DryRun) -> list[FramePlan]:
    """A clip's plans in one mode."""
    if mode == "thorough":
        return run.thorough_plans()
    if mode == "default":
        return run.plans()
    span = Span(5 if mode == "memory" else 0)
    planner = MemoryPlanner(
        upright_size=run.info.upright_size,
        rules=rules_per_kind(run.settings),
        before=span,
        after=span,
        max_waiting_frames=1000,
    )
    return planned(run.observations(), planner)


def about(settings: Settings) -> dict[str, Any]:
    """What was measured, on what."""
    cpu, info = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    weights = [find_weights(name) for name in settings.weights.split(",")]
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{cpu}, {os.cpu_count()} cores",
        "version": dashcamcleaner.__version__,
        "weights": ",".join(one.name for one in weights),
        "weights_sha256": {one.name: one.files[0].sha256 for one in weights},
        "settings": {name: list(v) if isinstance(v, tuple) else v for name, v in settings.overrides.items()},
        "thresholds": {kind: one.probability for kind, one in rules_per_kind(settings).items()},
    }


def title(result: Mapping[str, Any], settings: Settings) -> str:
    own = ", ".join(f"{name} {value}" for name, value in result["settings"].items()) or "all settings as they come"
    probability = ", ".join(f"{kind} {value:g}" for kind, value in result["thresholds"].items())
    words = " ".join(shlex.quote(word) for word in told_words(sys.argv[1:]))
    return (
        f"# Leaks, and what is hidden for nothing\n\n"
        f"Made by `python benchmarks/leaks.py {words}` on {result['date']}: version {result['version']}, weights "
        f"{result['weights']} at {settings.inference_size} px, {own}, a track hidden from these probabilities on: "
        f"{probability}. {result['machine']}. [docs/tracking.md](../tracking.md) explains the columns."
    )


def told_words(words: Sequence[str]) -> Iterator[str]:
    """The command's words, without those that only say where files go."""
    left = iter(words)
    for word in left:
        if word in ("--cache", "--json"):
            next(left, None)
        else:
            yield word


def row(clip: str, mode: str, figures: LeakFigures) -> str:
    seen, causes = figures.sighted, figures.causes
    cells = (
        clip,
        MODES[mode],
        *exposure(figures),
        f"{figures.longest_exposure_frames}",
        f"{seen.longest_exposure_frames}",
        f"{figures.half_covered_frames}",
        painted(figures),
        f"{figures.needless_share:.2%}",
        f"{figures.objects_leaked} / {figures.objects_never_sighted} / {len(figures.objects)}",
        *(str(causes[cause]) for cause in causes),
    )
    return "| " + " | ".join(cells) + " |"


def exposure(figures: LeakFigures) -> Iterator[str]:
    """Unprotected of all objects and of those detected; a clip without objects has neither."""
    for one in (figures, figures.sighted):
        yield f"{one.leaked_share:.2%}" if one.legible_frames else "-"


def painted(figures: LeakFigures) -> str:
    return f"{figures.over_cover:.2f}" if any(figures.true_px2.values()) else "-"


def with_causes(figures: LeakFigures) -> dict[str, Any]:
    return figures.as_dict() | {"causes": figures.causes, "toggles_per_object": round(figures.toggles_per_object, 3)}


def curve_rows(curve: Mapping[float, Mapping[str, LeakFigures]]) -> Iterator[dict[str, Any]]:
    """Print the curve, and give its points."""
    print("\n## By threshold\n\nAll clips pooled; the probability from which a track is hidden, of every kind.\n")
    print(CURVE_HEAD + "\n" + "|---" * (CURVE_HEAD.count("|") - 1) + "|")
    for value, of_clips in sorted(curve.items()):
        figures = sum(of_clips.values(), LeakFigures())
        worst = max(of_clips, key=lambda name: of_clips[name].needless_share)
        cells = (
            f"{value:g}",
            *exposure(figures),
            f"{figures.longest_exposure_frames}",
            f"{figures.half_covered_frames}",
            painted(figures),
            f"{figures.needless_share:.2%}",
            f"{of_clips[worst].needless_share:.2%} ({worst})",
        )
        print("| " + " | ".join(cells) + " |")
        yield {
            "threshold": value,
            "all": figures.as_dict(),
            "clips": {name: one.as_dict() for name, one in of_clips.items()},
        }


def print_worst(figures: LeakFigures, *, mode: str, most: int) -> None:
    print(f"\nWorst, {MODES[mode]}:\n")
    for o in sorted(figures.objects, key=lambda o: -len(o.leaked))[:most]:
        if o.leaked:
            causes = ", ".join(sorted(set(o.leaked.values())))
            print(
                f"- {o.clip} {o.kind} {o.id}: {len(o.leaked)} of {o.legible_frames}, "
                f"longest {o.longest_exposure_frames}, frames {min(o.leaked)}-{max(o.leaked)}, {causes}"
            )


if __name__ == "__main__":
    sys.exit(main())
