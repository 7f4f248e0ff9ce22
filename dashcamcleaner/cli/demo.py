"""``dashcamcleaner demo``: makes a clip on the spot, cleans it, and says where the result lies."""

from __future__ import annotations

import argparse
from pathlib import Path

from dashcamcleaner.cli.options import add_settings
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.messages import msg

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("demo", help="make a demo clip and clean it")
    parser.add_argument("folder", nargs="?", default="demo", metavar="FOLDER", help="where to put it (default: demo)")
    parser.add_argument("--only-make", action="store_true", help="make the clip, do not clean it")
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the clip and hand it to ``clean``."""
    from dashcamcleaner.demo.clip import is_demo, make_demo

    folder = Path(args.folder)
    overwrite = bool(getattr(args, "set_overwrite", None)) or is_demo(folder / "demo.mp4")
    source = make_demo(folder, overwrite=overwrite)
    say(msg("made {source}", source=source))
    if args.only_make:
        return 0
    from dashcamcleaner.cli import build_parser, clean

    output = folder / "demo_cleaned.mp4"
    # Where there was a demo clip, its cleaned copy is the demo's own, too.
    words = ["clean", str(source), "-o", str(output), *(["--overwrite"] if overwrite else [])]
    cleaning = build_parser()[0].parse_args(words)
    for name, value in vars(args).items():
        if (name.startswith("set_") or name == "settings") and value is not None:
            setattr(cleaning, name, value)
    cleaning.models = args.models
    return clean.run(cleaning)
