"""``dashcamcleaner tracks PLAN``: who and what was found, for choosing whom to keep clear or to remove."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("tracks", help="list the tracks of a plan, or draw a contact sheet of them")
    parser.add_argument("plan", metavar="PLAN", help="NAME.plan.jsonl, as it lies beside an output")
    parser.add_argument("--sheet", metavar="FILE", help="draw one thumbnail per track into this .png or .jpg")
    parser.add_argument("--source", metavar="CLIP", help="the clip that the plan is of; needed for a sheet")
    parser.add_argument("--clear", action="store_true", help="show faces and plates in the sheet as they are")
    parser.add_argument("--overwrite", action="store_true", help="replace the sheet if it exists")
    parser.add_argument("--json", action="store_true", help="the list as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List, and draw if asked to."""
    from dashcamcleaner.core.time import format_seconds
    from dashcamcleaner.review.contact_sheet import read_tracks, write_sheet

    if args.sheet and not args.source:
        raise SettingError("A contact sheet needs the clip.", hint="Name it with --source CLIP.")
    entries = read_tracks(Path(args.plan))
    if args.sheet:
        write_sheet(Path(args.source), Path(args.plan), Path(args.sheet), clear=args.clear, overwrite=args.overwrite)
    if args.json:
        rows = [
            {
                "track": entry.track,
                "kind": entry.kind,
                "from_s": entry.first_time.seconds,
                "to_s": entry.last_time.seconds,
                "frames": entry.frames,
                "sightings": entry.sightings,
                "best_score": round(entry.best_score, 4),
            }
            for entry in entries
        ]
        say(*json.dumps(rows, indent=1).splitlines())
        return 0
    say(
        msg(
            "{value:>6}  {value2:<8}{value3:>10}{value4:>10}{value5:>8}{value6:>6}{value7:>6}",
            value="track",
            value2="kind",
            value3="from",
            value4="to",
            value5="frames",
            value6="seen",
            value7="best",
        )
    )
    for entry in entries:
        span = msg(
            "{time:>10}{time2:>10}",
            time=format_seconds(entry.first_time.seconds),
            time2=format_seconds(entry.last_time.seconds),
        )
        counts = msg(
            "{frames:>8}{sightings:>6}{best_score:>6.2f}",
            frames=entry.frames,
            sightings=entry.sightings,
            best_score=entry.best_score,
        )
        say(msg("{track:>6}  {kind:<8}{span}{counts}", track=entry.track, kind=entry.kind, span=span, counts=counts))
    if args.sheet:
        say(msg("contact sheet: {sheet}", sheet=args.sheet))
    return 0
