"""``dashcamcleaner completion SHELL`` and ``completion man``: words for a shell's tab key, and the manual page.

Libraries (shtab, argparse-manpage) make both from the parser, and so from the settings table.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from dashcamcleaner.cli.short_help import EXIT_STATUSES
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import BackendMissing, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.settings import SETTINGS

__all__ = ["add_parser", "run"]

_SHELLS = ("bash", "zsh", "fish", "powershell")
_MACROS = {"TH", "SH", "SS", "TP", "RS", "RE", "PP", "nf", "fi", "br", "B", "I", "IP", "LP"}
"""What a line of the manual page may begin with, after a full stop, to be no text."""
_SET = "set_"
"""What stands before a setting's name in the parsers."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "completion",
        help="print a script for your shell's tab key, or the manual page",
        description=msg(
            "bash: dashcamcleaner completion bash > ~/.local/share/bash-completion/completions/dashcamcleaner"
        ),
    )
    parser.add_argument("what", metavar="|".join((*_SHELLS, "man")), choices=(*_SHELLS, "man"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from dashcamcleaner.cli import build_parser

    parser, _ = build_parser()
    try:
        if args.what == "man":
            from argparse_manpage.manpage import Manpage

            parser.man_short_description = "hide faces and number plates in clips and pictures"  # type: ignore[attr-defined]
            text = str(Manpage(parser, format="single-commands-section"))
            rows = "".join(f".TP\n{status}\n{meaning}\n" for status, meaning in EXIT_STATUSES.items())
            text = "\n".join(_manual_lines(f"{text.rstrip()}\n.SH EXIT STATUS\n{rows}"))
        else:
            import shtab

            offer_values(parser)
            text = shtab.complete(parser, args.what)
    except ImportError as error:
        raise BackendMissing(
            msg("{error} is not installed.", error=error.name),
            hint=extra_hint("completion"),
        ) from error
    say(*text.rstrip("\n").split("\n"))
    return 0


def offer_values(parser: argparse.ArgumentParser) -> None:
    """Let a parser name the values of settings, for completion: when words are read the settings table judges them."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for step in dict.fromkeys(action.choices.values()):
                offer_values(step)
        elif action.nargs != 0 and not isinstance(action, argparse.BooleanOptionalAction):
            row = SETTINGS.get(action.dest.removeprefix(_SET)) if action.dest.startswith(_SET) else None
            action.choices = action.choices or (row.choices if row is not None else None) or None


def _manual_lines(text: str) -> Iterator[str]:
    """The lines of a manual page, with a guard before text that begins as an order to its formatter would."""
    for line in text.split("\n"):
        word = line[1:].split(" ", 1)[0]
        is_order = line.startswith(".") and (word in _MACROS or word.startswith("\\"))
        yield line if is_order or not line.startswith((".", "'")) else f"\\&{line}"
