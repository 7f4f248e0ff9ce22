"""The choices of ``people``: flags that merge, split, keep, hide or style persons and vehicles, into edits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg

if TYPE_CHECKING:
    from dashcamcleaner.core.edit_types import Edit
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.people.grouping import Person
    from dashcamcleaner.people.references import Reference
    from dashcamcleaner.people.rules import PersonRequest
    from dashcamcleaner.pipeline.people_run import ClipPeople

__all__ = ["numbers_of", "with_choices"]


def with_choices(
    edits: Edits,
    args: argparse.Namespace,
    request: PersonRequest,
    persons: Sequence[Person],
    references: dict[str, Sequence[Reference]],
    look: ClipPeople,
    *,
    clip: int,
    alone: bool,
) -> Edits:
    """The edits of one clip with merges, splits and choices.

    Args:
        edits: what was said before.
        args: the command's flags.
        request: who is to stay visible and who is not.
        persons: the persons over all clips; empty where the edits tell them already.
        references: per word of the request, whom it names.
        look: what this clip shows.
        clip: its number among the clips, from 0.
        alone: there is no other clip.

    Raises:
        SettingError: a flag cannot be read, or names nobody.
    """
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.core.person_edits import PersonStyle, PersonTrack
    from dashcamcleaner.people.rules import (
        PersonRequest,
        merged_persons,
        rule_edits,
        rules_of_numbers,
        split_person,
        unknown_note,
    )

    for text in args.merge:
        edits = merged_persons(edits, numbers_of(text, flag="--merge"))
    for number in args.split:
        edits = split_person(edits, number)
    if request:
        mine = request
        if not alone:  # a number that another clip has
            keep, hide = (
                tuple(word for word in words if not word.isdecimal() or int(word) in edits.persons)
                for words in (request.keep, request.hide)
            )
            mine = PersonRequest(keep, hide, keep_unknown=request.keep_unknown)
        who = tuple(edit for edit in edits.entries if isinstance(edit, PersonTrack | PersonStyle))
        if mine.needs_faces:
            ours = [person for person in persons if person.tracks(clip)]
            rules, notes = rule_edits(mine, ours, resolve=lambda word: references[word], clip=clip)
            for note in notes:
                say(msg("note: {note}", note=note), stream=sys.stderr)
            edits = edits.without_persons.joined(Edits(tuple(rules)))
        elif mine:
            rules = rules_of_numbers(mine, edits.persons)
            edits = edits.without_persons.joined(Edits((*who, *rules)))
        if note := unknown_note(look.faces, kept=request.keep_unknown):
            say(msg("note: {note}", note=note), stream=sys.stderr)
    for text in args.person_style:
        number, style, square_px, picture = _look(text, flag="--person-style")
        if number not in edits.persons:
            raise SettingError(msg("There is no person {number}.", number=number))
        edits = edits.added(PersonStyle(number, style, square_px, picture))  # of two the later one counts
    return _vehicles(edits, args, look=look)


def _vehicles(edits: Edits, args: argparse.Namespace, *, look: ClipPeople) -> Edits:
    """The edits with what is said of vehicles."""
    from dashcamcleaner.core.edit_types import KeepTrack
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.core.vehicle_edits import TrackStyle, VehicleTrack
    from dashcamcleaner.review.person_summary import vehicle_summaries

    def tracks_of(numbers: Sequence[int]) -> set[int]:
        vehicles = {one.track: one.tracks for one in vehicle_summaries(look.plans, edits, upright_size=size)}
        known = {track: tracks for tracks in vehicles.values() for track in tracks}
        if missing := sorted(set(numbers) - set(known)):
            listed = ", ".join(map(str, sorted(vehicles))) or "none"
            raise SettingError(
                msg(
                    "There is no vehicle {names}; there is: {listed}.",
                    names=", ".join(map(str, missing)),
                    listed=listed,
                )
            )
        return {track for number in numbers for track in known[number]}

    size = look.header.upright_size

    def without(kind: type[KeepTrack | VehicleTrack], tracks: set[int]) -> tuple[Edit, ...]:
        return tuple(edit for edit in edits.entries if not (isinstance(edit, kind) and edit.track in tracks))

    for text in args.merge_vehicle:
        tracks = tracks_of(numbers_of(text, flag="--merge-vehicle"))
        if len(tracks) < 2:
            raise SettingError("To merge takes two vehicles or more.", hint="For example --merge-vehicle 12,15.")
        edits = Edits((*without(VehicleTrack, tracks), *(VehicleTrack(min(tracks), one) for one in sorted(tracks))))
    for number in args.split_vehicle:
        tracks = tracks_of([number])
        if len(tracks) < 2:
            raise SettingError(
                msg("Vehicle {number} is shown by one track alone; there is nothing to split.", number=number)
            )
        edits = Edits(without(VehicleTrack, tracks))
    for text in args.vehicle_style:
        number, style, square_px, picture = _look(text, flag="--vehicle-style")
        for track in sorted(tracks_of([number])):
            edits = edits.added(TrackStyle(track, style, square_px, picture))
    if args.keep_vehicle or args.hide_vehicle:
        kept = tracks_of(numbers_of(args.keep_vehicle, flag="--keep-vehicle")) if args.keep_vehicle else set()
        if args.hide_vehicle:
            hidden = tracks_of(numbers_of(args.hide_vehicle, flag="--hide-vehicle"))
            every = {one.track for one in vehicle_summaries(look.plans, edits, upright_size=size)}
            kept = (kept | tracks_of(sorted(every))) - hidden
        edits = Edits((*without(KeepTrack, kept), *(KeepTrack(track) for track in sorted(kept))))
    return edits


def _look(text: str, *, flag: str) -> tuple[int, str, int, str]:
    """Number, style, side of squares and picture from ``2=mosaic:24`` or ``2=picture:smile.png``.

    Raises:
        SettingError: it says something else, or the picture cannot be read.
    """
    from dashcamcleaner.core.person_edits import check_look

    number, _, look = text.partition("=")
    style, _, rest = look.partition(":")
    picture = str(Path(rest).expanduser().absolute()) if style == "picture" and rest else ""
    try:
        square_px = int(rest) if rest and not picture else 0
        found = int(number), style, square_px, picture
        check_look(style, square_px, picture)
    except ValueError:
        raise SettingError(
            msg("{flag} cannot be {text}.", flag=flag, text=repr(text)),
            hint="For example 2=solid, 2=gaussian, 2=mosaic, 2=mosaic:24 or 2=picture:smile.png.",
        ) from None
    if picture:
        from dashcamcleaner.obscure.overlay import read_picture

        read_picture(Path(picture))
    return found


def numbers_of(text: str, *, flag: str) -> list[int]:
    """The numbers of a list like ``2,5``.

    Raises:
        SettingError: it is none.
    """
    try:
        return [int(one) for one in text.split(",")]
    except ValueError:
        raise SettingError(
            msg("{flag} cannot be {text}: it takes numbers like 2,5.", flag=flag, text=repr(text))
        ) from None
