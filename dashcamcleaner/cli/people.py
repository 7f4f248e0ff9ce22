"""``dashcamcleaner people CLIP|PLAN``: who is seen, by likeness; whom to keep visible or to hide; saved sets."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashcamcleaner.cli.edit_flags import accepted_of, add_accept_flags
from dashcamcleaner.cli.options import add_settings, settings_of
from dashcamcleaner.cli.people_choices import numbers_of, with_choices
from dashcamcleaner.cli.people_table import show
from dashcamcleaner.cli.person_flags import add_person_flags, known_persons_of, passphrase_of, request_of
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.messages import msg

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.people.grouping import Person
    from dashcamcleaner.people.references import Reference
    from dashcamcleaner.people.rules import PersonRequest
    from dashcamcleaner.pipeline.edits_file import EditsFile
    from dashcamcleaner.pipeline.job import Job
    from dashcamcleaner.pipeline.people_run import ClipPeople

__all__ = ["add_parser", "run"]

_FORGET = "forget"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "people",
        help="list the persons of clips or a plan, and choose who stays visible",
        description=msg(
            "Groups faces by likeness and gives each person a number. Nobody is named or judged. "
            "With a plan, what is chosen is written into the edits beside it. `people forget "
            "[SET]` removes saved sets of persons."
        ),
    )
    parser.add_argument("inputs", nargs="+", metavar="CLIP|PLAN", help="clips, or plans (NAME.plan.jsonl)")
    parser.add_argument("--source", metavar="CLIP", help="the clip that the plan is of (default: beside it)")
    parser.add_argument("--plan", metavar="FILE", help="of one clip: write a plan here, for its numbers")
    parser.add_argument("--sheet", metavar="FILE", help="draw the persons into this .png or .jpg")
    parser.add_argument("--clear", action="store_true", help="show faces in the sheet as they are")
    parser.add_argument("--json", action="store_true", help="the list as JSON")
    choice = parser.add_argument_group("Who stays visible (written into the plan's edits)")
    add_person_flags(choice)
    choice.add_argument("--merge", metavar="NUMBERS", action="append", default=[], help="these are one person: 2,5")
    choice.add_argument("--split", metavar="NUMBER", type=int, action="append", default=[],
                        help="each track of this person is a person of its own")  # fmt: skip
    choice.add_argument("--person-style", metavar="NUMBER=STYLE", action="append", default=[],
                        help="how this person's regions look: 2=solid, 2=gaussian, 2=mosaic, 2=mosaic:24 "
                             "(squares of 24 x 24 pixels) or 2=picture:smile.png (your own, laid on)")  # fmt: skip
    choice.add_argument("--keep-vehicle", metavar="TRACKS", help="leave the plates of these vehicles visible: 12,15")
    choice.add_argument("--hide-vehicle", metavar="TRACKS", help="hide these vehicles' plates and no others")
    choice.add_argument("--merge-vehicle", metavar="TRACKS", action="append", default=[],
                        help="these are one vehicle: 12,15")  # fmt: skip
    choice.add_argument("--split-vehicle", metavar="TRACK", type=int, action="append", default=[],
                        help="each track of this vehicle is a vehicle of its own")  # fmt: skip
    choice.add_argument("--vehicle-style", metavar="TRACK=STYLE", action="append", default=[],
                        help="how this vehicle's plates look, as for --person-style: 12=solid")  # fmt: skip
    choice.add_argument("--again", action="store_true", help="group anew: merges, splits and choices are forgotten")
    choice.add_argument("--save", metavar="SET:NUMBERS", help="save these persons as an encrypted set: family:2,5")
    add_accept_flags(choice)
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List, choose, save or forget."""
    if args.inputs[0] == _FORGET and not Path(_FORGET).exists():
        return _forget(args.inputs[1:])
    settings = settings_of(args)
    request = request_of(args)
    chooses = bool(request or args.merge or args.split or args.keep_vehicle or args.hide_vehicle or args.again)
    chooses = chooses or bool(args.person_style or args.merge_vehicle or args.split_vehicle or args.vehicle_style)
    plans = [text.endswith(".jsonl") for text in args.inputs]
    if args.plan and (len(args.inputs) > 1 or plans[0]):
        raise SettingError("--plan makes the plan of one clip.", hint="Give one clip.")
    if chooses and not (all(plans) or args.plan):
        raise SettingError(
            "A choice is written into a plan's edits.", hint="Give a plan, or have one made with --plan FILE."
        )
    known = known_persons_of(args, request)
    jobs = [_job(text, args, settings) for text in args.inputs]
    files = [_edits_file(job, args) for job in jobs]
    regroup = bool(request.needs_faces or args.again or len(jobs) > 1)
    found, persons, references = _looked(jobs, files, args, request, known=known, regroup=regroup)
    described: list[tuple[ClipPeople, Edits]] = []
    for clip, (look, file) in enumerate(zip(found, files, strict=True)):
        edits = file[1] if file is not None else _no_edits()
        if persons is not None:
            edits = _grouped(edits, persons, clip=clip)
        edits = with_choices(edits, args, request, persons or [], references, look, clip=clip, alone=len(jobs) == 1)
        if file is not None:
            # Beside a plan that was just made may lie what holds for any plan of the clip.
            more = file[0].read(missing_ok=True).without_tracks if jobs[clip].from_plan is None else _no_edits()
            file[0].write(more.joined(edits))
            if chooses and edits.clear_note:
                say(msg("{clear_note} by {path}.", clear_note=edits.clear_note, path=file[0].path), stream=sys.stderr)
        described.append((look, edits))
    if args.save:
        from dashcamcleaner.people.grouping import people_as_told

        (look, edits), *_ = described
        _save(args, people_as_told(look.faces.seen, edits.person_tracks) if persons is None else persons)
    show(jobs, described, args)
    return 0


def _no_edits() -> Edits:
    from dashcamcleaner.core.edits import Edits

    return Edits()


def _job(text: str, args: argparse.Namespace, settings: Any) -> Job:
    """A job that is never rendered: the clip, and its plan if that was named."""
    from dashcamcleaner.pipeline.job import Job
    from dashcamcleaner.pipeline.plan_file import read_header

    path = Path(text)
    if not text.endswith(".jsonl"):
        return Job(path, path.with_name(path.stem + "_cleaned" + path.suffix), settings)
    source = Path(args.source) if args.source else path.with_name(Path(read_header(path).source).name)
    if not source.is_file():
        raise InputError(
            msg("The clip of the plan {path} is not beside it.", path=path.name), hint="Name it with --source CLIP."
        )
    output = path.with_name("unused" + source.suffix)
    return Job(source, output, settings, from_plan=path, accepted=accepted_of(args))


def _edits_file(job: Job, args: argparse.Namespace) -> tuple[EditsFile, Edits] | None:
    """The edits beside the plan, and what stands there; None where there will be no plan.

    Raises:
        NotAccepted: they were not made here, leave something clear, and nobody has said yes to them.
    """
    from dashcamcleaner.pipeline.edits_file import EditsFile

    plan = job.from_plan or (Path(args.plan) if args.plan else None)
    if plan is None:
        return None
    file = EditsFile.beside(plan)
    if job.from_plan is None:
        return file, _no_edits()
    file.accept(*accepted_of(args))
    edits = file.read(missing_ok=True)
    file.require_accepted(edits, how=msg("say so for this very file by"))
    return file, edits


def _looked(
    jobs: Sequence[Job],
    files: Sequence[tuple[EditsFile, Edits] | None],
    args: argparse.Namespace,
    request: PersonRequest,
    *,
    known: dict[str, tuple[Reference, ...]],
    regroup: bool,
) -> tuple[list[ClipPeople], list[Person] | None, dict[str, Sequence[Reference]]]:
    """What each clip shows; the persons over all of them, or None where the edits tell them already."""
    from dashcamcleaner.core.events import Warned
    from dashcamcleaner.detection.pool import shared_pool
    from dashcamcleaner.people.grouping import group_people
    from dashcamcleaner.people.references import read_reference
    from dashcamcleaner.pipeline.control import Control
    from dashcamcleaner.pipeline.people_run import look_at_people

    models = args.models or shared_pool()
    references: dict[str, Sequence[Reference]] = dict(known)
    for word in (*request.keep, *request.hide):
        if not word.isdecimal() and word not in references:
            references[word] = read_reference(Path(word), describer=models.describer())
    found = []
    for clip, job in enumerate(jobs):
        plan = Path(args.plan) if args.plan else None
        looking = look_at_people(job, control=Control(), models=models, clip=clip, plan=plan)
        with contextlib.closing(looking):
            try:
                while True:
                    event = next(looking)
                    if isinstance(event, Warned):
                        say(msg("note: {note}", note=event.message), stream=sys.stderr)
            except StopIteration as done:
                found.append(done.value)
    stored = all(file is not None and file[1].persons for file in files)
    if stored and not regroup:
        return found, None, references
    return found, group_people([one for look in found for one in look.faces.seen]), references


def _grouped(edits: Edits, persons: Sequence[Person], *, clip: int) -> Edits:
    """The edits with who is who anew, and nothing chosen."""
    from dashcamcleaner.core.edits import Edits

    who = tuple(edit for person in persons for edit in person.edits(clip))
    return edits.without_persons.joined(Edits(who))


def _save(args: argparse.Namespace, persons: Sequence[Person]) -> None:
    from dashcamcleaner.people.saved import save_set

    name, _, text = args.save.partition(":")
    wanted = numbers_of(text, flag="--save")
    chosen = {person.number: person for person in persons}
    if missing := sorted(set(wanted) - set(chosen)):
        raise SettingError(msg("There is no person {names}.", names=", ".join(map(str, missing))))
    content = {str(number): [one.embedding for one in chosen[number].seen] for number in wanted}
    path = save_set(name, content, passphrase=passphrase_of(args, name))
    say(msg("saved: {path}", path=path), stream=sys.stderr)


def _forget(names: Sequence[str]) -> int:
    from dashcamcleaner.people.saved import forget

    removed = [one for name in names for one in forget(name)] if names else forget()
    say(msg("forgotten: {removed}", removed=", ".join(removed) or "there was no saved set"))
    return 0
