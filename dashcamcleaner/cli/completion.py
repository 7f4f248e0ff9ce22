"""``dashcamcleaner completion SHELL`` and ``completion man``: words for a shell's tab key, and the manual page.

Under 60 lines because libraries (shtab, argparse-manpage) make both from the parser, and so from the settings table.
"""

from __future__ import annotations

import argparse

from dashcamcleaner.cli.short_help import EXIT_STATUSES
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import BackendMissing
from dashcamcleaner.messages import msg

__all__ = ["add_parser", "run"]

_SHELLS = ("bash", "zsh", "fish", "powershell")


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
            text = f"{text.rstrip()}\n.SH EXIT STATUS\n{rows}"
        else:
            import shtab

            text = shtab.complete(parser, args.what)
    except ImportError as error:
        raise BackendMissing(
            msg("{error} is not installed.", error=error.name),
            hint='pip install "dashcamcleaner[completion]", or: pip install shtab.',
        ) from error
    say(*text.rstrip("\n").split("\n"))
    return 0
