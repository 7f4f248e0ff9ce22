"""Rules: whom a user wants to see, turned into edits of a plan.

A user names persons by the number that ``people`` tells, by a picture, by a folder of pictures, or by a saved set
(``saved:NAME``). Naming somebody to keep hides everybody else; naming only somebody to hide keeps the others visible.
Who is unknown or doubtful is hidden in both modes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dashcamcleaner.core.edit_types import Edit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import counted, msg
from dashcamcleaner.people.grouping import ClipFaces, Person
from dashcamcleaner.people.references import Reference, persons_like

__all__ = ["PersonRequest", "check_known", "merged_persons", "rule_edits", "rules_of_numbers", "split_person"]

_Resolve = Callable[[str], Sequence[Reference]]


@dataclass(frozen=True, slots=True)
class PersonRequest:
    """What a user asked for: plain words, so that a job stays picklable and holds no embedding.

    Args:
        keep: who stays visible: numbers, paths or ``saved:NAME``.
        hide: who is hidden, in the same words.
        keep_unknown: faces of nobody stay visible, too.
    """

    keep: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    keep_unknown: bool = False

    def __bool__(self) -> bool:
        return bool(self.keep or self.hide)

    @property
    def key(self) -> str:
        """What tells this request from others, in hex, without its words; empty where nobody is named."""
        if not self:
            return ""
        return hashlib.sha256(repr((self.keep, self.hide, self.keep_unknown)).encode("utf-8", "replace")).hexdigest()

    @property
    def hides_only(self) -> bool:
        """Whether only those who are named are hidden."""
        return bool(self.hide) and not self.keep

    @property
    def numbers(self) -> frozenset[int]:
        """The persons named by number."""
        return frozenset(int(word) for word in (*self.keep, *self.hide) if word.isdecimal())

    @property
    def needs_faces(self) -> bool:
        """Whether somebody is named by a likeness, so that the clip's faces have to be looked at."""
        return any(not word.isdecimal() for word in (*self.keep, *self.hide))


def rules_of_numbers(request: PersonRequest, known: frozenset[int]) -> list[Edit]:
    """The edits of a request that names numbers alone.

    Args:
        request: what was asked for.
        known: the persons that there are.

    Raises:
        SettingError: there is no such person.
    """
    check_known(request.numbers, known)
    return _choices([(int(word), "") for word in request.keep], [(int(word), "") for word in request.hide], request)


def rule_edits(request: PersonRequest, persons: Sequence[Person], *, resolve: _Resolve) -> tuple[list[Edit], list[str]]:
    """The edits of a request: what becomes of whom.

    Who is named by a number and not among these persons is in another clip of those that are numbered together; the
    request counts all the same, so that to keep somebody who is not there hides everybody.

    Args:
        request: what was asked for.
        persons: those of the clip.
        resolve: word -> references.

    Returns:
        The edits, and a sentence for each who was named by a likeness and is not in the clip.

    Raises:
        InputError: a reference cannot be read.
    """
    notes: list[str] = []
    there = frozenset(person.number for person in persons)

    def chosen(words: Sequence[str], *, to_keep: bool) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for word in words:
            if word.isdecimal():
                found += [(int(word), "")] if int(word) in there else []
                continue
            for reference in resolve(word):
                like = persons_like(reference, persons, to_keep=to_keep)
                found += [
                    (person.number, msg("the reference {reference}", reference=reference.name)) for person in like
                ]
                if not like:
                    rest = msg("everybody is hidden") if to_keep else msg("look through the clip yourself")
                    notes.append(
                        msg(
                            "Nobody in the clip is surely like {reference}; {rest}.",
                            reference=reference.name,
                            rest=rest,
                        )
                    )
        return found

    keep, hide = chosen(request.keep, to_keep=True), chosen(request.hide, to_keep=False)
    return _choices(keep, hide, request), notes


def check_known(numbers: Iterable[int], known: frozenset[int]) -> None:
    """Whether there are persons of these numbers.

    Raises:
        SettingError: there is none of one of them; the sentence lists those that there are.
    """
    missing = sorted(set(numbers) - known)
    if missing:
        listed = ", ".join(map(str, sorted(known))) or "nobody"
        raise SettingError(
            msg("There is no person {names}; there is: {listed}.", names=", ".join(map(str, missing)), listed=listed),
            hint="List them with: dashcamcleaner people PLAN --source CLIP.",
        )


def _choices(keep: Sequence[tuple[int, str]], hide: Sequence[tuple[int, str]], request: PersonRequest) -> list[Edit]:
    edits: list[Edit] = [KeepPerson(number, by) for number, by in dict(reversed(keep)).items()]
    edits += [HidePerson(number, by) for number, by in dict(reversed(hide)).items()]
    if request.hides_only:
        edits.append(OnlyPersons())
    if request.keep_unknown:
        edits.append(KeepUnknown())
    return edits


def merged_persons(edits: Edits, numbers: Sequence[int], *, known: frozenset[int] | None = None) -> Edits:
    """Several persons as one, who takes the least number; what was chosen about any of them holds for that one.

    Args:
        edits: say who is who.
        numbers: the persons.
        known: those of all clips that are numbered together; None: those of the edits.

    Raises:
        SettingError: fewer than two, or one that there is not.
    """
    check_known(numbers, edits.persons if known is None else known)
    if len(set(numbers)) < 2:
        raise SettingError("To merge takes two persons or more.", hint="For example --merge 2,5.")
    one = min(numbers)
    return _renumbered(edits, dict.fromkeys(numbers, one))


def split_person(edits: Edits, number: int) -> Edits:
    """Each track of a person as a person of its own: the first keeps the number and what was chosen about it.

    Who was hidden stays so in each part: where only those who are named are hidden, a part would be left clear.

    Raises:
        SettingError: there is no such person, or only one track shows them.
    """
    check_known([number], edits.persons)
    tracks = sorted({edit.track for edit in edits.entries if isinstance(edit, PersonTrack) and edit.person == number})
    if len(tracks) < 2:
        raise SettingError(
            msg("Person {number} is shown by one track alone; there is nothing to split.", number=number)
        )
    free = max(edits.persons) + 1
    new = {track: number if place == 0 else free + place - 1 for place, track in enumerate(tracks)}
    found: list[Edit] = []
    for edit in edits.entries:
        if isinstance(edit, PersonTrack) and edit.person == number:
            edit = edit.of(new[edit.track])
        found.append(edit)
        if isinstance(edit, HidePerson) and edit.person == number:
            found += [replace(edit, person=part) for part in new.values() if part != number]
    return Edits(tuple(found))


def _renumbered(edits: Edits, new: Mapping[int, int]) -> Edits:
    found: list[Edit] = []
    for edit in edits.entries:
        if isinstance(edit, PersonTrack | KeepPerson | HidePerson | PersonStyle):
            edit = replace(edit, person=new.get(edit.person, edit.person))
            if edit in found:
                continue
        found.append(edit)
    return Edits(tuple(found))


def unknown_note(faces: ClipFaces, *, kept: bool) -> str:
    """The sentence about faces that are nobody's; empty where there are none."""
    if not faces.unknown:
        return ""
    count, where = len(faces.unknown), counted("in {n} frame", "in {n} frames", faces.unknown_frames)
    if kept:
        return counted(
            "{n} unknown face stays visible, as asked for ({where}).",
            "{n} unknown faces stay visible, as asked for ({where}).",
            count,
            where=where,
        )
    return counted(
        "{n} unknown face stays hidden: too small, blurred or turned away to tell whose ({where}).",
        "{n} unknown faces stay hidden: too small, blurred or turned away to tell whose ({where}).",
        count,
        where=where,
    )
