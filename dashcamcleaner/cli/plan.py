"""``dashcamcleaner plan export`` and ``plan import``: a plan and its edits, from one machine of a person to another.

Each machine (and each user of one) has a seal of its own, so what is carried over has to be accepted there, once, by
its SHA-256. The export tells the hashes, in the very command that is to be typed on the other machine.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from dashcamcleaner.cli.edit_flags import accepted_of, add_accept_flags
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import NotAccepted, OutputError
from dashcamcleaner.messages import counted, msg

__all__ = ["add_parser"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("plan", help="carry a plan and its edits to another machine of yours")
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    export = steps.add_parser("export", help="copy a plan of yours, and tell how to take it over elsewhere")
    take = steps.add_parser("import", help="take over a plan from another machine of yours: seal it here")
    for step, run in ((export, run_export), (take, run_import)):
        step.add_argument("plan", metavar="PLAN", help="NAME.plan.jsonl; NAME.edits.jsonl beside it goes with it")
        step.add_argument("--overwrite", action="store_true", help="replace what exists")
        step.set_defaults(run=run)
    export.add_argument("-o", "--output", metavar="FILE", required=True, help="where the copy goes: NAME.plan.jsonl")
    take.add_argument("-o", "--output", metavar="FILE", help="where the plan goes (default: it stays where it is)")
    take.add_argument("--source", metavar="CLIP", help="the clip that it is of; needed for a plan of version 0.1.0")
    add_accept_flags(take)


def run_export(args: argparse.Namespace) -> int:
    """Copy the plan and its edits; print what to type on the other machine."""
    from dashcamcleaner.atomic_files import atomic_write
    from dashcamcleaner.output_files import mode_like
    from dashcamcleaner.pipeline.edits_file import EditsFile
    from dashcamcleaner.pipeline.plan_check import examine_plan
    from dashcamcleaner.pipeline.plan_file import PlanReader
    from dashcamcleaner.plain_files import file_sha256

    plan, target = Path(args.plan), Path(args.output)
    with PlanReader(plan):
        state = examine_plan(plan)
    if not (state.sealed and state.whole):
        raise NotAccepted(
            msg("The plan {plan} was not made here, or was changed since.", plan=plan),
            hint=msg(
                "If you know it: dashcamcleaner plan import {quote} --accept-plan {sha256}.",
                quote=shlex.quote(str(plan)),
                sha256=state.sha256,
            ),
        )
    edits, edits_target = EditsFile.beside(plan), EditsFile.beside(target).path
    there = edits.read(missing_ok=True)
    if edits.is_misfit:
        edits.require_accepted(there)
    if edits.is_foreign:
        raise NotAccepted(
            msg("The edits {path} were not made here.", path=edits.path),
            hint=msg(
                "If you know them: dashcamcleaner plan import {quote} --accept-edits {sha256}.",
                quote=shlex.quote(str(plan)),
                sha256=edits.sha256,
            ),
        )
    _check_free(target, sources=(plan, edits.path), overwrite=args.overwrite)
    words = ["dashcamcleaner", "plan", "import", target.name]
    atomic_write(target, plan.read_bytes(), what=msg("The plan {target}", target=target), mode=mode_like(plan))
    words += ["--accept-plan", file_sha256(target)]
    if edits.sha256:
        _check_free(edits_target, sources=(plan, edits.path), overwrite=args.overwrite)
        what = msg("The edits {edits_target}", edits_target=edits_target)
        atomic_write(edits_target, edits.path.read_bytes(), what=what, mode=mode_like(edits.path))
        words += ["--accept-edits", file_sha256(edits_target)]
    say(
        msg("plan: {target}", target=target)
        + (msg(" and {edits_target}", edits_target=edits_target.name) if edits.sha256 else "")
    )
    say(msg("on the other machine: {words}", words=shlex.join(words)))
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Seal a plan and its edits here, if a person has named their hashes."""
    from dashcamcleaner.pipeline.edits_file import EditsFile
    from dashcamcleaner.pipeline.outlived_edits import outlived_edits
    from dashcamcleaner.pipeline.plan_check import take_over

    plan = Path(args.plan)
    target = Path(args.output) if args.output else plan
    accepted = accepted_of(args)
    file = EditsFile.beside(plan)
    file.accept(*accepted)
    edits = file.read(missing_ok=True)
    file.require_accepted(edits)
    taken = EditsFile.beside(target)
    if target != plan:
        _check_free(target, sources=(plan, file.path), overwrite=args.overwrite)
        if edits.entries:
            _check_free(taken.path, sources=(plan, file.path), overwrite=args.overwrite)
    outlived = None if edits.entries or target == plan else outlived_edits(target, new=plan)
    frames = take_over(plan, target, accepted=accepted, source=Path(args.source) if args.source else None)
    if edits.entries:
        taken.write(edits)
    elif outlived is not None:
        say(msg("note: {note}", note=outlived.put_aside() or outlived.note), stream=sys.stderr)
    say(
        counted("plan: {target}, {n} frame", "plan: {target}, {n} frames", frames, target=target)
        + (msg(", and {path}", path=taken.path.name) if edits.entries else "")
    )
    return 0


def _check_free(target: Path, *, sources: tuple[Path, ...], overwrite: bool) -> None:
    from dashcamcleaner.output_files import check_output

    if not target.name.endswith(".jsonl"):
        raise OutputError(
            msg("A plan cannot be written as {target}.", target=target.name), hint="End its name in .plan.jsonl."
        )
    check_output(target, sources=sources, overwrite=overwrite)
