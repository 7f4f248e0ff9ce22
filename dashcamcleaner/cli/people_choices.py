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

__all__ = ["check_alone", "numbers_of", "with_choices", "with_groups"]


def check_alone(args: argparse.Namespace) -> None:
    """Whether what is said can be said of several clips at once.

    Raises:
        SettingError: it speaks of numbers that each clip has for itself.
    """
    if args.split:
        raise SettingError("Persons are split in one clip at a time.", hint="Give one plan.")
    if args.keep_vehicle or args.hide_vehicle or args.merge_vehicle or args.split_vehicle or args.vehicle_style:
        raise SettingError("Vehicles have numbers in each clip for itself.", hint="Give one plan.")


def with_groups(edits: Edits, args: argparse.Namespace, *, known: frozenset[int]) -> Edits:
    """The edits of one clip with persons merged and split.

    Args:
        edits: say who is who.
        args: the command's flags.
        known: the persons of all clips.

    Raises:
        SettingError: a flag cannot be read, or names nobody.
    """
    from dashcamcleaner.people.rules import merged_persons, split_person

    for text in args.merge:
        edits = merged_persons(edits, numbers_of(text, flag="--merge"), known=known)
    for number in args.split:
        edits = split_person(edits, number)
    return edits


def with_choices(
    edits: Edits,
    args: argparse.Namespace,
    request: PersonRequest,
    persons: Sequence[Person],
    references: dict[str, Sequence[Reference]],
    look: ClipPeople,
    *,
    known: frozenset[int],
) -> Edits:
    """The edits of one clip with what was chosen.

    Args:
        edits: say who is who.
        args: the command's flags.
        request: who is to stay visible and who is not.
        persons: those of the clip.
        references: per word of the request, whom it names.
        look: what this clip shows.
        known: the persons of all clips: who is named must be one of them, in whichever clip.

    Raises:
        SettingError: a flag cannot be read, or names nobody.
    """
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.core.person_edits import PersonStyle
    from dashcamcleaner.people.rules import check_known, rule_edits, unknown_note

    if request:
        check_known(request.numbers, known)
        rules, notes = rule_edits(request, persons, resolve=lambda word: references[word])
        edits = edits.without_choices.joined(Edits(tuple(rules)))
        if note := unknown_note(look.faces, kept=request.keep_unknown):
            notes.append(note)
        for note in notes:
            say(msg("note: {note}", note=note), stream=sys.stderr)
    for text in args.person_style:
        number, style, square_px, picture = _look(text, flag="--person-style")
        check_known([number], known)
        if number in edits.persons:
            edits = edits.added(PersonStyle(number, style, square_px, picture))  # of two the later one counts
    return _vehicles(edits, args, look=look)


def _vehicles(edits: Edits, args: argparse.Namespace, *, look: ClipPeople) -> Edits:
    """The edits with what is said of vehicles."""
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.core.review_edits import KeepSpan
    from dashcamcleaner.core.track_edits import DropTrack, KeepTrack, OnlyTrack
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

    def without(
        kinds: tuple[type[KeepTrack | DropTrack | KeepSpan | VehicleTrack], ...], tracks: set[int]
    ) -> list[Edit]:
        return [edit for edit in edits.entries if not (isinstance(edit, kinds) and edit.track in tracks)]

    for text in args.merge_vehicle:
        tracks = tracks_of(numbers_of(text, flag="--merge-vehicle"))
        if len(tracks) < 2:
            raise SettingError("To merge takes two vehicles or more.", hint="For example --merge-vehicle 12,15.")
        edits = Edits((*without((VehicleTrack,), tracks), *(VehicleTrack(min(tracks), one) for one in sorted(tracks))))
    for number in args.split_vehicle:
        tracks = tracks_of([number])
        if len(tracks) < 2:
            raise SettingError(
                msg("Vehicle {number} is shown by one track alone; there is nothing to split.", number=number)
            )
        edits = Edits(tuple(without((VehicleTrack,), tracks)))
    for text in args.vehicle_style:
        number, style, square_px, picture = _look(text, flag="--vehicle-style")
        for track in sorted(tracks_of([number])):
            edits = edits.added(TrackStyle(track, style, square_px, picture))
    if args.keep_vehicle or args.hide_vehicle:
        kept = tracks_of(numbers_of(args.keep_vehicle, flag="--keep-vehicle")) if args.keep_vehicle else set()
        hidden: set[int] = set()
        if args.hide_vehicle:
            hidden = tracks_of(numbers_of(args.hide_vehicle, flag="--hide-vehicle"))
            every = {one.track for one in vehicle_summaries(look.plans, edits, upright_size=size)}
            kept = (kept | tracks_of(sorted(every))) - hidden
        said: list[Edit] = [KeepTrack(track) for track in sorted(kept)]
        if edits.only:  # nothing else is hidden
            said += [OnlyTrack(track) for track in sorted(hidden - edits.only)]
        # What was said of them before holds no more, by whichever row it was left clear.
        edits = Edits((*without((KeepTrack, KeepSpan, DropTrack), kept | hidden), *said))
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
