"""``dashcamcleaner labels export`` and ``labels import``: what was found, for annotation tools, and back."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from dashcamcleaner.cli.edit_flags import accepted_of, add_accept_flags
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.messages import counted, msg

__all__ = ["add_parser"]

_NAMES = ("coco", "yolo", "mot", "cvat")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "labels", help="exchange boxes and tracks with annotation tools (COCO, YOLO, MOT, CVAT)"
    )
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    export = steps.add_parser("export", help="write what a plan hides as labels")
    take = steps.add_parser("import", help="take corrected labels as edits of the plan")
    for step in (export, take):
        step.add_argument("plan", metavar="PLAN", help="NAME.plan.jsonl, as it lies beside an output")
        step.add_argument(
            "--format", choices=_NAMES, default="", help="the format, where the file's name does not tell"
        )
    export.add_argument(
        "-o", "--output", metavar="FILE", required=True,
        help="NAME.coco.json, NAME.zip (YOLO), NAME.txt (MOT) or NAME.xml (CVAT for video)",
    )  # fmt: skip
    export.add_argument("--all", action="store_true", help="raw detections that are not hidden, too (COCO has scores)")
    export.add_argument("--overwrite", action="store_true", help="replace what exists")
    export.set_defaults(run=run_export)
    take.add_argument("labels", metavar="LABELS", help="the file that the tool wrote")
    take.add_argument("--drop-missing", action="store_true", help="leave clear the tracks that have no label any more")
    add_accept_flags(take)
    take.set_defaults(run=run_import)


def run_export(args: argparse.Namespace) -> int:
    """Write the labels; gives the exit status."""
    from dashcamcleaner.atomic_files import atomic_write
    from dashcamcleaner.labels.clip_labels import labels_of
    from dashcamcleaner.labels.files import find_format
    from dashcamcleaner.output_files import PRIVATE, check_output
    from dashcamcleaner.pipeline.plan_file import PlanReader

    plan, target = Path(args.plan), Path(args.output)
    form = find_format(target, args.format)
    with PlanReader(plan) as reader:
        header = reader.header
        found = labels_of(reader, name=header.source, size=header.upright_size, kinds=header.kinds, everything=args.all)
    check_output(target, sources=(plan,), overwrite=args.overwrite)
    atomic_write(target, form.write(found), what=msg("The labels {target}", target=target), mode=PRIVATE)
    tracks = len({label.track for label in found.labels} - {None})
    say(
        msg(
            "labels: {target}, {boxes} of {tracks} in {frames} ({form})",
            target=target,
            boxes=counted("{n} box", "{n} boxes", len(found.labels)),
            tracks=counted("{n} track", "{n} tracks", tracks),
            frames=counted("{n} frame", "{n} frames", len(found.times_s)),
            form=form.title,
        )
    )
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Append the edits that the labels ask for; gives the exit status."""
    from dashcamcleaner.core.kinds import BUILT_IN
    from dashcamcleaner.core.track_edits import DropTrack
    from dashcamcleaner.errors import InputError, OutputError
    from dashcamcleaner.labels.as_edits import edits_from_labels
    from dashcamcleaner.labels.files import find_format, read_labels
    from dashcamcleaner.pipeline.build import shapes_per_kind
    from dashcamcleaner.pipeline.edits_file import EditsFile
    from dashcamcleaner.pipeline.plan_file import PlanReader
    from dashcamcleaner.pipeline.plan_settings import settings_for_rendering
    from dashcamcleaner.settings import resolve

    try:
        find_format(Path(args.labels), args.format)
    except OutputError as error:  # it is asked of a file that is written, for the most part
        raise InputError(error.message, hint=error.hint) from error
    plan = Path(args.plan)
    file = EditsFile.beside(plan)
    file.accept(*accepted_of(args))
    before = file.read(missing_ok=True)
    file.require_accepted(before)
    with PlanReader(plan) as reader:
        header = reader.header
        frames = list(reader)
    found = read_labels(
        Path(args.labels), size=header.upright_size, kinds=header.kinds or tuple(BUILT_IN), name=args.format
    )
    shapes = shapes_per_kind(settings_for_rendering(plan, wanted=resolve()))
    wanted = edits_from_labels(frames, found, size=header.upright_size, shapes=shapes)
    edits = [one for one in wanted if one not in before.entries]
    drops = [one for one in edits if isinstance(one, DropTrack)]
    taken = [one for one in edits if args.drop_missing or not isinstance(one, DropTrack)]
    if taken:
        file.append(taken)
        regions = len(edits) - len(drops)
        say(counted("edits: {path}, {n} region to hide", "edits: {path}, {n} regions to hide", regions, path=file.path))
    else:
        say(msg("no edits: nothing in {labels} changes what the plan hides", labels=args.labels))
    if drops and args.drop_missing:
        say(msg("left clear: {count} without a label", count=_count(drops)))
    elif drops:
        # A file from elsewhere uncovers nothing by itself.
        say(msg("still hidden: {count} without a label; --drop-missing leaves them clear", count=_count(drops)))
    return 0


def _count(drops: Sequence[object]) -> str:
    return counted("{n} track", "{n} tracks", len(drops))
