"""``dashcamcleaner settings``: the table, a profile's values, or a TOML file to start from."""

from __future__ import annotations

import argparse

from dashcamcleaner.cli.options import add_settings, settings_of
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.messages import as_message, msg
from dashcamcleaner.settings import GROUPS, PROFILES, ROWS, markdown_table, shown

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("settings", help="show all settings, or write them as TOML")
    parser.add_argument("--toml", action="store_true", help="the overrides given here as a TOML settings file")
    parser.add_argument("--markdown", action="store_true", help="the table as it stands in the docs")
    add_settings(parser, without=())
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was asked for."""
    if args.markdown:
        say(*markdown_table().splitlines())
        return 0
    settings = settings_of(args)
    if args.toml:
        import tomli_w

        said = {name: value for name, value in settings.overrides.items() if value is not None}
        said.pop("trust_weights", None)  # no file gives trust
        say(*tomli_w.dumps({name: list(v) if isinstance(v, tuple) else v for name, v in said.items()}).splitlines())
        return 0
    values = settings.as_dict()
    for group, title in GROUPS.items():
        say(as_message(title))
        for row in (row for row in ROWS if row.group == group):
            mark = "*" if row.name in settings.overrides else " "
            say(
                msg(
                    " {mark}{row:<20}{shown:<14}{describe_range}",
                    mark=mark,
                    row=row.name.replace("_", "-"),
                    shown=shown(values[row.name]),
                    describe_range=row.describe_range(),
                )
            )
    say(msg("Profiles: {profiles}. * marks what you changed.", profiles=", ".join(PROFILES)))
    return 0
