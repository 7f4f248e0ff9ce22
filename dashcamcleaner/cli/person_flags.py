"""The flags about persons that ``clean`` and ``people`` share, and the passphrase of saved sets."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.messages import msg

if TYPE_CHECKING:
    from dashcamcleaner.people.references import Reference
    from dashcamcleaner.people.rules import PersonRequest

__all__ = ["SAVED", "add_person_flags", "known_persons_of", "passphrase_of", "request_of"]

SAVED = "saved:"
"""Words that begin so name a saved set, or a person of one: ``saved:family``, ``saved:family/ann``."""


def add_person_flags(group: argparse._ActionsContainer) -> None:
    """Add the flags to a group of a command's."""
    who = msg("a number that `people` told, a picture, a folder of pictures, or saved:SET; may be given again")
    group.add_argument(
        "--keep-person", metavar="WHO", action="append", default=[],
        help=msg("leave this person visible and hide everybody else: {who}", who=who),
    )  # fmt: skip
    group.add_argument(
        "--hide-person", metavar="WHO", action="append", default=[],
        help=msg("hide this person; without --keep-person all others who are known stay visible: {who}", who=who),
    )  # fmt: skip
    group.add_argument(
        "--unknown", choices=("hide", "keep"), default="hide",
        help="what becomes of faces that are nobody's: too small, blurred or turned away [default hide]",
    )  # fmt: skip
    group.add_argument(
        "--passphrase-file", metavar="FILE", help="read the passphrase of saved sets here instead of asking for it"
    )


def request_of(args: argparse.Namespace) -> PersonRequest:
    """What the flags ask for.

    Raises:
        SettingError: a word is empty, or ``--unknown`` is said without naming anybody.
    """
    from dashcamcleaner.people.rules import PersonRequest

    keep, hide = _words(args.keep_person), _words(args.hide_person)
    if args.unknown == "keep" and not (keep or hide):
        raise SettingError(
            "--unknown keep needs a rule to go with.", hint="Name somebody with --keep-person or --hide-person."
        )
    return PersonRequest(keep, hide, keep_unknown=args.unknown == "keep")


def _words(given: list[str]) -> tuple[str, ...]:
    words: list[str] = []
    for text in given:
        numbers = text.split(",")
        words += [one.strip() for one in numbers] if all(one.strip().isdecimal() for one in numbers) else [text]
    if not all(words):
        raise SettingError("A person is named by a number, a picture, a folder or saved:SET.")
    return tuple(words)


def known_persons_of(args: argparse.Namespace, request: PersonRequest) -> dict[str, tuple[Reference, ...]]:
    """The persons of the saved sets that a request names, by its words.

    Raises:
        InputError: a set cannot be opened, or does not hold the person.
    """
    found: dict[str, tuple[Reference, ...]] = {}
    for word in (*request.keep, *request.hide):
        if not word.startswith(SAVED) or word in found:
            continue
        from dashcamcleaner.people.saved import find_set, load_set

        name, _, label = word.removeprefix(SAVED).partition("/")
        find_set(name)  # before anybody types a passphrase
        persons = load_set(name, passphrase=passphrase_of(args, name))
        chosen = tuple(one for one in persons if not label or one.name == label)
        if not chosen:
            listed = ", ".join(one.name for one in persons)
            raise InputError(
                msg(
                    "The saved set {name} has nobody called {label}; it has: {listed}.",
                    name=name,
                    label=repr(label),
                    listed=listed,
                )
            )
        found[word] = chosen
    return found


def passphrase_of(args: argparse.Namespace, name: str) -> str:
    """The passphrase of a set: from the file that was named, or asked for at the terminal.

    Raises:
        InputError: the file cannot be read.
        SettingError: there is neither a file nor a terminal.
    """
    if args.passphrase_file:
        path = Path(args.passphrase_file)
        try:
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(msg("The passphrase file {path} cannot be read.", path=path)) from error
    if not sys.stdin.isatty():
        raise SettingError("A saved set needs its passphrase.", hint="Name a file with --passphrase-file.")
    return getpass.getpass(msg("Passphrase of the set {name}: ", name=name))
