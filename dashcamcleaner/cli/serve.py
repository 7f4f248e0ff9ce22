"""``dashcamcleaner serve``: scores and clean pictures over HTTP."""

from __future__ import annotations

import argparse
from pathlib import Path

from dashcamcleaner.cli.options import add_rows
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import ExtraMissing, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.service.options import GROUPS, ROWS, ServiceOptions

__all__ = ["add_parser", "run"]

_PREFIX = "serve_"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "serve",
        help="score and clean pictures and clips over HTTP",
        description=msg(
            "Listens on this machine alone unless told otherwise, and prints the address when it "
            "is ready. GET /docs tells the routes; / is a page to drop pictures and clips on."
        ),
    )
    for group, title in GROUPS.items():
        add_rows(parser.add_argument_group(title), [row for row in ROWS if row.group == group], prefix=_PREFIX)
    parser.add_argument("--openapi", metavar="FILE", help="write the OpenAPI document and end")
    parser.add_argument("--verbose", action="store_true", help="log what happens inside")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C; gives the exit status."""
    said = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(args).items()
        if name.startswith(_PREFIX) and value is not None
    }
    options = ServiceOptions.of(said)
    try:
        from dashcamcleaner.service.server import serve, write_openapi
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            msg("The service needs the package {error}.", error=error.name), hint=extra_hint("serve")
        ) from error
    if args.openapi:
        write_openapi(Path(args.openapi))
        say(msg("wrote {openapi}", openapi=args.openapi))
        return 0
    return serve(options, models=args.models)
