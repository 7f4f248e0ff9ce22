"""What ``people`` shows: the persons and vehicles of clips as a table, as JSON and on a contact sheet."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dashcamcleaner.core.plain_text import say
from dashcamcleaner.messages import counted, msg, translated

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.pipeline.job import Job
    from dashcamcleaner.pipeline.people_run import ClipPeople

__all__ = ["show"]

_CHOICES = {"kept": msg("kept"), "hidden": msg("hidden"), "part": msg("in part")}
"""What was chosen, as `review.person_summary` calls it, in the user's words."""


def show(jobs: Sequence[Job], described: Sequence[tuple[ClipPeople, Edits]], args: argparse.Namespace) -> None:
    """Print the persons and vehicles of clips, and draw the sheet if it is asked for."""
    from dashcamcleaner.review.people_sheet import write_people_sheet
    from dashcamcleaner.review.person_summary import person_summaries, vehicle_summaries

    listed = []
    for job, (look, edits) in zip(jobs, described, strict=True):
        size = look.header.upright_size
        people = person_summaries(look.plans, edits, upright_size=size)
        listed.append((job, look, people, vehicle_summaries(look.plans, edits, upright_size=size)))
    if args.sheet:
        sheets = [(job.source, people, look.plans) for job, look, people, _ in listed]
        tracks = {job.source: look.header.video_track for job, look, _, _ in listed}
        write_people_sheet(
            Path(args.sheet), sheets, clear=args.clear, overwrite=bool(args.set_overwrite), video_tracks=tracks
        )
    if args.json:
        rows = [
            {
                "source": str(job.source),
                "persons": [
                    {
                        "person": one.person, "from_s": round(one.first_s, 3), "to_s": round(one.last_s, 3),
                        "frames": one.frames, "sure": round(one.sureness, 3), "tracks": sorted(one.best),
                        "choice": one.choice,
                    }
                    for one in people
                ],
                "vehicles": [
                    {
                        "track": one.track, "from_s": round(one.first_s, 3), "to_s": round(one.last_s, 3),
                        "frames": one.frames, "best_score": round(one.score, 4), "tracks": sorted(one.tracks),
                        "choice": one.choice,
                    }
                    for one in vehicles
                ],
                "unknown_tracks": len(look.faces.unknown),
            }
            for job, look, people, vehicles in listed
        ]  # fmt: skip
        say(*json.dumps(rows, indent=1).splitlines())
        return
    for job, look, people, vehicles in listed:
        if len(listed) > 1:
            say(f"{job.source}")
        say(msg("{heads}  choice", heads=_heads(msg("person"), sureness=msg("sure"))))
        for one in people:
            row = _row(one.person, one.first_s, one.last_s, one.frames)
            say(f"{row}{one.sureness:>6.0%}  {_choice(one.choice)}")
        if vehicles:
            say(msg("{heads}  choice  tracks", heads=_heads(msg("vehicle"), sureness=msg("best"))))
        for car in vehicles:
            its = ", ".join(map(str, sorted(car.tracks)))
            row = _row(car.track, car.first_s, car.last_s, car.frames)
            say(f"{row}{car.score:>6.2f}  {_choice(car.choice):<8}  {its}")
        say(
            counted(
                "unknown: {n} face, too small, blurred or turned away to tell whose",
                "unknown: {n} faces, too small, blurred or turned away to tell whose",
                len(look.faces.unknown),
            )
        )
    if args.sheet:
        say(msg("contact sheet: {sheet}", sheet=args.sheet))


def _heads(who: str, *, sureness: str) -> str:
    """The heads of the columns that persons and vehicles share, above those of `_row`."""
    return msg(
        "{who:>8}{begins:>10}{ends:>10}{frames:>8}{sureness:>6}",
        who=who, begins=msg("from"), ends=msg("to"), frames=msg("frames"), sureness=sureness,
    )  # fmt: skip


def _row(number: int, first_s: float, last_s: float, frames: int) -> str:
    from dashcamcleaner.core.time import format_seconds

    return f"{number:>8}{format_seconds(first_s):>10}{format_seconds(last_s):>10}{frames:>8}"


def _choice(word: str) -> str:
    return translated(_CHOICES[word]) if word else "-"
