"""``dashcamcleaner tracks PLAN``: who and what was found, for choosing whom to keep clear or to remove."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg, translated

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
            "{track:>6}  {kind:<12}{begins:>10}{ends:>10}{frames:>8}{seen:>6}{best:>6}",
            track=msg("track"),
            kind=msg("kind"),
            begins=msg("from"),
            ends=msg("to"),
            frames=msg("frames"),
            seen=msg("seen"),
            best=msg("best"),
        )
    )
    for entry in entries:
        span = f"{format_seconds(entry.first_time.seconds):>10}{format_seconds(entry.last_time.seconds):>10}"
        row = f"{entry.track:>6}  {translated(entry.kind):<12}{span}{entry.frames:>8}{entry.sightings:>6}"
        say(msg("{row}{best:>6.2f}", row=row, best=entry.best_score))
    if args.sheet:
        # Without faces and plates nobody can be told apart by it; who may see them is for the user to say.
        clear = "" if args.clear else msg(" (faces and plates are obscured; --clear shows them)")
        say(msg("contact sheet: {sheet}{note}", sheet=args.sheet, note=clear))
    return 0
