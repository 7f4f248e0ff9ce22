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
from dashcamcleaner.cli.people_choices import check_alone, numbers_of, with_choices, with_groups
from dashcamcleaner.cli.people_table import show
from dashcamcleaner.cli.person_flags import add_person_flags, known_persons_of, passphrase_of, request_of
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import CLEANED_SUFFIX

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.core.person_edits import PersonTrack
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
    from dashcamcleaner.people.grouping import people_as_told

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
    if len(args.inputs) > 1:
        check_alone(args)
    known = known_persons_of(args, request)
    jobs = [_job(text, args, settings) for text in args.inputs]
    files = [_edits_file(job, args) for job in jobs]
    found, references = _looked(jobs, args, request, known=known)
    edits = _who_is_who(found, files, again=args.again)
    numbers = _numbers(edits)
    edits = [with_groups(one, args, known=numbers) for one in edits]
    numbers = _numbers(edits)
    persons = people_as_told(
        [one for look in found for one in look.faces.seen], [one.person_tracks for one in edits]
    )  # over all clips, with what they look like
    edits = [
        with_choices(
            one, args, request, [person for person in persons if person.tracks(clip)], references, look, known=numbers
        )
        for clip, (look, one) in enumerate(zip(found, edits, strict=True))
    ]
    for job, file, one in zip(jobs, files, edits, strict=True):  # only now that nothing was refused
        if file is not None:
            # Beside a plan that was just made may lie what holds for any plan of the clip.
            more = file[0].read(missing_ok=True).without_tracks if job.from_plan is None else _no_edits()
            file[0].write(more.joined(one))
            if chooses and one.clear_note:
                say(msg("{clear_note} by {path}.", clear_note=one.clear_note, path=file[0].path), stream=sys.stderr)
    if args.save:
        _save(args, persons)
    show(jobs, list(zip(found, edits, strict=True)), args)
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
        return Job(path, path.with_name(path.stem + CLEANED_SUFFIX + path.suffix), settings)
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
    args: argparse.Namespace,
    request: PersonRequest,
    *,
    known: dict[str, tuple[Reference, ...]],
) -> tuple[list[ClipPeople], dict[str, Sequence[Reference]]]:
    """What each clip shows; whom the words of the request mean."""
    from dashcamcleaner.core.events import Warned
    from dashcamcleaner.detection.pool import shared_pool
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
    return found, references


def _who_is_who(
    found: Sequence[ClipPeople], files: Sequence[tuple[EditsFile, Edits] | None], *, again: bool
) -> list[Edits]:
    """The edits of all clips, which tell who is who by the same numbers.

    Args:
        found: what each clip shows.
        files: the edits that each clip has so far.
        again: what they tell of persons is forgotten.

    Raises:
        SettingError: the clips were not numbered together, and what was said of one's persons would be lost.
    """
    from dashcamcleaner.people.grouping import group_people

    edits = [file[1] if file is not None else _no_edits() for file in files]
    stored = all(file is not None and file[1].persons for file in files)
    if stored and len(found) == 1 and not again:
        return edits
    alone = [set(_rows(group_people(look.faces.seen), clip)) for clip, look in enumerate(found)]
    persons = group_people([one for look in found for one in look.faces.seen])
    if stored and not again and _numbered_alike(persons, edits):
        return edits
    for file, one, rows in zip(files, edits, alone, strict=True):
        if file is not None and not again and not set(one.about_persons.entries) <= rows:
            raise SettingError(
                msg("What {path} says of persons would be lost: these clips get numbers in common.", path=file[0].path),
                hint="Say --again to have it so, and what is to be chosen with it; or give one plan.",
            )
    return [one.without_persons.joined(type(one)(tuple(_rows(persons, clip)))) for clip, one in enumerate(edits)]


def _rows(persons: Sequence[Person], clip: int) -> list[PersonTrack]:
    return [row for person in persons for row in person.edits(clip)]


def _numbered_alike(persons: Sequence[Person], edits: Sequence[Edits]) -> bool:
    """Whether each of the persons has one number in the edits of all clips, and no two have the same."""
    of: dict[int, set[int]] = {}
    for clip, one in enumerate(edits):
        said = {(row.track, row.spans): row.person for rows in one.person_tracks.values() for row in rows}
        for row in _rows(persons, clip):
            of.setdefault(row.person, set()).add(said.pop((row.track, row.spans), 0))
        if said:
            return False
    numbers = [number for its in of.values() for number in its]
    return 0 not in numbers and len(numbers) == len(of) == len(set(numbers))


def _numbers(edits: Sequence[Edits]) -> frozenset[int]:
    return frozenset().union(*(one.persons for one in edits))


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
