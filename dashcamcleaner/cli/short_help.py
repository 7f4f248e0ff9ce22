"""``--help`` of a command with many flags: a short page with examples; ``--help-all`` shows all of them.

Under 100 lines because argparse does the rest: the short page is its own page with the rarer flags left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from typing import Any

from dashcamcleaner.core.plain_text import say
from dashcamcleaner.messages import localized, msg, translated

__all__ = ["EXIT_STATUSES", "add_short_help"]

EXIT_STATUSES: dict[int, str] = {
    0: "every input was cleaned",
    2: "a setting is wrong",
    3: "a source cannot be used",
    4: "an output cannot be written",
    5: "detection cannot run",
    6: "a plan does not fit",
    7: "cleaned as far as a damaged source could be decoded",
    8: "an extra is not installed",
    9: "somebody has to look: the audit asks for a review, or a file from elsewhere waits for a yes",
    10: "the audit found a leak",
    11: "a process that did the work was killed",
    130: "stopped",
}
"""What a status of the command line means, for help, man page and README."""


def add_short_help(
    parser: argparse.ArgumentParser, *, usage: str, examples: Sequence[tuple[str, str]], shown: Collection[str]
) -> None:
    """Give a parser the two pages.

    Args:
        parser: made with ``add_help=False``; all flags are added.
        usage: the usage line of the short page, without the word usage.
        examples: commands, each with what it does.
        shown: the ``dest`` of the flags that stand on the short page; positional arguments always do.
    """
    width = max(len(command) for command, _ in examples)
    lines = [f"  {command:<{width}}   {localized(what)}" for command, what in examples]
    statuses = [f"  {status:<4} {translated(meaning)}" for status, meaning in EXIT_STATUSES.items()]
    parser.formatter_class = _Page
    parser.epilog = "\n".join([translated("examples:"), *lines, "", translated("exit status:"), *statuses])
    options = parser.add_argument_group(translated("Help"))
    options.add_argument("-h", "--help", action=_Help, usage=usage, shown=frozenset(shown), help="this page")
    options.add_argument("--help-all", action=_Help, usage=None, shown=None, help="every flag")


class _Page(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the examples."""


class _Help(argparse.Action):
    """Shows a page and ends.

    Args:
        usage: the usage line; None: argparse's own.
        shown: the ``dest`` of what stands on the page; None: everything.
    """

    def __init__(self, *, usage: str | None, shown: frozenset[str] | None, **options: Any) -> None:
        options["dest"] = options["default"] = argparse.SUPPRESS
        super().__init__(nargs=0, **options)
        self._usage, self._shown = usage, shown

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Show the page; the parser is as before afterwards, for callers who catch the end."""
        hidden: list[tuple[argparse.Action, str | None]] = []
        whole = parser.usage
        if self._shown is not None:
            for action in parser._actions:
                if action.option_strings and action.dest not in self._shown and not isinstance(action, _Help):
                    hidden.append((action, action.help))
                    action.help = argparse.SUPPRESS
            parser.usage = self._usage
        try:
            page = parser.format_help()
        finally:
            parser.usage = whole
            for action, text in hidden:
                action.help = text
        if hidden:
            page += localized(msg("\n{count} more flags: {prog} --help-all\n", count=len(hidden), prog=parser.prog))
        say(*page.rstrip("\n").split("\n"))
        parser.exit()
