"""``dashcamcleaner train harvest|label|fit|slim|evaluate|export|hazards``: weights of your own, step by step.

Each step reads and writes folders and goes on where it was killed. See docs/training.md for a worked example.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashcamcleaner.atomic_files import atomic_json
from dashcamcleaner.cli.train_flags import add_steps
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import InputError, OutputError, SettingError
from dashcamcleaner.messages import counted, msg
from dashcamcleaner.output_files import check_output

__all__ = ["add_parser", "run"]

_MOST_CALIBRATION = 200


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "train", help="make weights of your own: harvest, label, fit, slim, evaluate, export (extra [train])"
    )
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    add_steps(steps)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run one step."""
    for size_px in (getattr(args, "size", None), *getattr(args, "sizes", ())):
        if size_px is not None and not 32 <= size_px <= 4096:
            raise SettingError(msg("An inference size cannot be {size}: it takes 32 to 4096 px.", size=size_px))
    if getattr(args, "threads", 0) < 0:
        raise SettingError(msg("{name} cannot be {value}: that is out of range.", name="--threads", value=args.threads))
    steps: dict[str, Callable[[argparse.Namespace], int]] = {
        "harvest": _harvest,
        "label": _label,
        "fit": _fit,
        "slim": _slim,
        "evaluate": _evaluate,
        "export": _export,
        "hazards": _hazards,
    }
    return steps[args.step](args)


def _harvest(args: argparse.Namespace) -> int:
    from dashcamcleaner.detection.registry import open_detector
    from dashcamcleaner.jobs.folders import walk
    from dashcamcleaner.media.formats import format_of
    from dashcamcleaner.training.harvest import HarvestRecipe, harvest

    clips: list[Path] = []
    for given in map(Path, args.clips):
        clips += [path for path in walk(given)[0] if format_of(path) is not None] if given.is_dir() else [given]

    def opener(aspect: tuple[int, int]) -> Any:
        return open_detector(weights=args.weights, inference_size=args.long_side, aspect=aspect)

    result = harvest(
        clips,
        args.out,
        recipe=HarvestRecipe(per_clip=args.per_clip, long_side_px=args.long_side),
        opener=None if args.by_time else opener,
        progress=_ticker(msg("clips")),
    )
    for clip, reason in result.refused.items():
        say(msg("{clip}: {reason}", clip=clip, reason=reason), stream=sys.stderr)
    say(
        counted(
            "{n} picture written; clips done before: {done_before}, refused: {count}",
            "{n} pictures written; clips done before: {done_before}, refused: {count}",
            result.pictures,
            done_before=result.done_before,
            count=len(result.refused),
        )
    )
    return InputError.exit_code if result.refused else 0


def _label(args: argparse.Namespace) -> int:
    from dashcamcleaner.training.label import CENTERFACE, Teacher, label

    kinds = tuple(args.kind or (("face",) if args.teacher == CENTERFACE else ("face", "plate")))
    teacher = Teacher(
        weights=args.teacher,
        kinds=kinds,
        sure=args.sure,
        unsure=args.unsure,
        inference_size=args.size,
        read_plates=args.read_plates,
    )
    result = label(args.folder, args.out, teacher=teacher, progress=_ticker(msg("pictures")))
    say(
        counted(
            "{n} picture labelled (objects: {sure}, unsure: {unsure}); done before: {done_before}",
            "{n} pictures labelled (objects: {sure}, unsure: {unsure}); done before: {done_before}",
            result.pictures,
            sure=result.sure,
            unsure=result.unsure,
            done_before=result.done_before,
        )
    )
    return 0


def _fit(args: argparse.Namespace) -> int:
    import dataclasses

    from dashcamcleaner.training.fit import fit
    from dashcamcleaner.training.pictures import pack
    from dashcamcleaner.training.recipe import read_recipe

    recipe = read_recipe(args.recipe)
    plan = recipe.fit
    if args.minutes is not None:
        plan = dataclasses.replace(plan, budget_s=args.minutes * 60)
    if args.device:
        plan = dataclasses.replace(plan, device=args.device)
    rank, ranks = _rank(args.rank)
    plan = dataclasses.replace(plan, rank=rank, ranks=ranks)
    start = args.start or recipe.start
    if start is None:
        raise InputError("there is nothing to start from.", hint="Give --start, or start = ... in the recipe.")
    out = Path(args.out)
    say(counted("{n} picture", "{n} pictures", len(recipe.pictures)))
    if rank == 0:
        pack(recipe.pictures, out / "cache", progress=_ticker(msg("pictures packed")))
    elif not (out / "cache" / "index.json").exists():
        raise InputError(
            msg("{out} holds no packed pictures yet.", out=out), hint="Start --rank 0/N first; it packs them."
        )
    result = fit(out / "cache", out, start=start, recipe=plan, progress=_shown_now_and_then())
    if math.isnan(result.last_loss):
        say(msg("The run in {out} has had its time; it goes on with more of it (--minutes).", out=out))
        say(msg("checkpoint: {checkpoint}", checkpoint=result.checkpoint))
        return 0
    say(
        counted(
            "{n} step in {spent_s:.1f} min, loss {first_loss:.3f} -> {last_loss:.3f}",
            "{n} steps in {spent_s:.1f} min, loss {first_loss:.3f} -> {last_loss:.3f}",
            result.steps,
            spent_s=result.spent_s / 60,
            first_loss=result.first_loss,
            last_loss=result.last_loss,
        )
    )
    say(msg("checkpoint: {checkpoint}", checkpoint=result.checkpoint))
    return 0


def _slim(args: argparse.Namespace) -> int:
    from dashcamcleaner.training.slim import slim

    if Path(args.out).exists():
        raise OutputError(msg("{out} exists.", out=args.out), hint="Give another --out.")
    made = slim(args.checkpoint, args.out, most_gflops=args.gflops)
    say(
        msg(
            "{gflops_before:.1f} -> {gflops_after:.2f} GFLOPs at 640x640, {parameters:.2f} "
            "million parameters: {checkpoint}",
            gflops_before=made.gflops_before,
            gflops_after=made.gflops_after,
            parameters=made.parameters / 1000000.0,
            checkpoint=made.checkpoint,
        ),
        msg("Train it on: dashcamcleaner train fit RECIPE --start {checkpoint} -o FOLDER", checkpoint=made.checkpoint),
    )
    return 0


def _rank(text: str) -> tuple[int, int]:
    rank, _, ranks = text.partition("/")
    if not (rank.isdecimal() and ranks.isdecimal() and int(rank) < int(ranks)):
        raise SettingError(msg("--rank looks like 0/2 or 1/2, not {text}.", text=repr(text)))
    return int(rank), int(ranks)


def _evaluate(args: argparse.Namespace) -> int:
    from dashcamcleaner.training.evaluate import EvaluationSet, evaluate, table

    sets: list[EvaluationSet] = []
    if args.recipe:
        from dashcamcleaner.training.recipe import read_recipe

        sets += read_recipe(args.recipe).evaluation
    for name, folders, kinds in (
        ("faces", args.faces, ("face",)),
        ("plates", args.plates, ("plate",)),
        ("negatives", args.negatives, ("face", "plate")),
    ):
        if folders:
            sets.append(EvaluationSet(name, tuple(map(Path, folders)), kinds=kinds, negatives=name == "negatives"))
    if not sets and not args.clips:
        raise InputError(
            "there is nothing to measure on.", hint="Give --recipe, --faces, --plates, --negatives or --clips."
        )
    if args.json and args.json != "-":  # its former figures may go, what it measures may not
        read = [Path(name) for name in (args.weights, args.recipe) if name]
        check_output(Path(args.json), sources=[*read, *(path.with_suffix(".json") for path in read)], overwrite=True)
    result = evaluate(
        args.weights,
        sets=sets,
        inference_sizes=args.sizes,
        thresholds=_thresholds(args.threshold),
        backend=args.backend,
        device=args.device,
        precision=args.precision,
        threads=args.threads,
        trust_weights=args.trust_weights,
        progress=_sentence_ticker(),
    )
    if args.clips:
        from dashcamcleaner.training.clips import clip_figures

        result.clips = clip_figures(
            args.weights,
            args.clips,
            thresholds=result.thresholds,
            inference_sizes=args.sizes,
            backend=args.backend,
            device=args.device,
            precision=args.precision,
            trust_weights=args.trust_weights,
            progress=_sentence_ticker(),
        )
    if args.json == "-":
        say(*json.dumps(result.as_dict(), indent=1).splitlines())
        return 0
    say(*table(result))
    if args.json:
        atomic_json(Path(args.json), result.as_dict())
    return 0


def _hazards(args: argparse.Namespace) -> int:
    from dashcamcleaner.training.hazards import train_hazards

    street = [Path(folder) for folder in args.street]
    train_hazards(Path(args.data), street=street, out=Path(args.out), name=args.name)
    return 0


def _export(args: argparse.Namespace) -> int:
    from dashcamcleaner.training.evaluate import evaluate, table
    from dashcamcleaner.training.export import export, export_int8, recommended_thresholds, write_sidecar

    out = Path(args.out)
    if not args.name or Path(args.name).name != args.name or args.name.startswith("."):
        raise SettingError(msg("{name} cannot be a name of weights.", name=repr(args.name)), hint="For example mine-1.")
    chosen = _thresholds(args.threshold)
    calibration = _calibration(args.int8) if args.int8 else []
    if (out / f"{args.name}.json").exists():
        raise OutputError(
            msg("{out} already holds weights named {args}.", out=out, args=args.name), hint="Give another --name."
        )
    files = export(args.checkpoint, out, name=args.name)
    thresholds = {"face": 0.25, "plate": 0.25}
    figures: dict[str, Any] = {}
    data: list[str] = []
    trained_size_px = 512
    if args.recipe:
        from dashcamcleaner.training.recipe import read_recipe

        recipe = read_recipe(args.recipe)
        trained_size_px = recipe.fit.views.size_px
        data = sorted({picture.folder for picture in recipe.pictures})
        measured = evaluate(
            str(files["onnx"]), sets=recipe.evaluation, inference_sizes=[args.size], progress=_sentence_ticker()
        )
        negatives = next((one.name for one in recipe.evaluation if one.negatives), None)
        if negatives is not None:
            thresholds |= recommended_thresholds(measured.as_dict(), size=args.size, negatives=negatives)
        figures = measured.as_dict()
        say(*table(measured))
    thresholds |= chosen
    written = [files["onnx"], files["torch"]]
    if calibration:
        written.append(export_int8(files["onnx"], pictures=calibration))
    sidecar = write_sidecar(
        out,
        name=args.name,
        files=written,
        thresholds=thresholds,
        trained_size_px=trained_size_px,
        summary=args.summary or f"Detector of faces and number plates, trained from {Path(args.checkpoint).name}.",
        origin=f"dashcamcleaner train export of {Path(args.checkpoint).name}",
        data=data,
        figures=figures,
        rank=args.rank,
    )
    say(
        msg(
            "written: {names}; thresholds {thresholds}",
            names=", ".join(path.name for path in (*written, sidecar)),
            thresholds=thresholds,
        )
    )
    return 0


def _calibration(folder: str) -> list[str]:
    """The pictures that int8 is calibrated on; asked for before anything is written."""
    from dashcamcleaner.training.pictures import list_folder, refuse_validation

    refuse_validation(folder)
    pictures = [picture.path for picture in list_folder(folder, known=[])]
    if not pictures:
        raise InputError(
            msg("{folder} holds no pictures to calibrate int8 on.", folder=folder),
            hint="Put some hundred into images/.",
        )
    return pictures[:: max(1, len(pictures) // _MOST_CALIBRATION)][:_MOST_CALIBRATION]


def _thresholds(given: list[str]) -> dict[str, float]:
    from dashcamcleaner.side_files import within
    from dashcamcleaner.training.label_files import KINDS

    chosen = {}
    for text in given:
        kind, _, score = text.partition("=")
        try:
            chosen[kind.strip()] = within(score, 0, 1, what=kind)
            KINDS.index(kind.strip())
        except ValueError:
            raise SettingError(msg("a threshold looks like face=0.25, not {text}.", text=repr(text))) from None
    return chosen


def _ticker(what: str) -> Callable[[int, int], None]:
    last = [0.0]

    def tick(done: int, total: int) -> None:
        if time.monotonic() - last[0] > 5 or done == total:
            last[0] = time.monotonic()
            say(msg("  {done} of {total} {what}", done=done, total=total, what=what), stream=sys.stderr)

    return tick


def _sentence_ticker() -> Callable[[str, int, int], None]:
    last = [0.0]

    def tick(sentence: str, done: int, total: int) -> None:
        if time.monotonic() - last[0] > 5 or done == total:
            last[0] = time.monotonic()
            say(msg("  {sentence}: {done} of {total}", sentence=sentence, done=done, total=total), stream=sys.stderr)

    return tick


def _shown_now_and_then() -> Callable[[dict[str, Any]], None]:
    def tell(row: dict[str, Any]) -> None:
        say(
            msg(
                "  step {step}, {spent_s} s, learning rate {lr}, loss: boxes {box}, kinds {cls}, distances {l1}; "
                "{views_per_s} views a second",
                step=row["step"],
                spent_s=row["spent_s"],
                lr=row["lr"],
                box=row["box"],
                cls=row["cls"],
                l1=row["l1"],
                views_per_s=row["views_per_s"],
            ),
            stream=sys.stderr,
        )

    return tell
