"""How many keys a review takes: the weak spots of plans, answered one after the other as a user would.

    python benchmarks/review_keys.py PLAN... [--profile fast] [--json]

PLANs are of earlier runs (``clean CLIP -o OUT --profile fast`` leaves ``OUT.plan.jsonl``); nothing is detected again.
For each plan one key goes to the first spot, and one answers each, *hide* and *nothing* in turn, until none is left:
the window goes on to the next by itself. It tells tracks, objects, spots, spots a minute, keys a minute, and how many
lesser spots were not asked about. That every spot is settled at the end is checked, and the status is 1 where one is
not.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.gui.review_items import ItemsAtHand
from dashcamcleaner.review.plan_review import PlanReview
from dashcamcleaner.review.review_objects import review_objects
from dashcamcleaner.settings import resolve


def review(plan: Path, *, profile: str) -> dict[str, object]:
    """The figures of one plan."""
    opened = PlanReview(plan, settings=resolve({"profile": profile}), edited=False)
    times = [frame.time.seconds for frame in opened.rendered]
    found = opened.item_list()
    hand = ItemsAtHand(
        found.items, left_out=found.left_out, seconds=lambda index: times[index], size=opened.header.upright_size
    )
    edits, keys = Edits(), 0
    if found.items:
        hand.step(1, edits)
        keys = 1
    while hand.settled(edits) < len(found.items) and keys <= 2 * len(found.items):
        edits = hand.answer("hide" if keys % 2 else "nothing", edits)
        keys += 1
        hand.step(1, edits)
    objects = review_objects(opened.tracks, Edits(), thresholds=opened.thresholds, seconds=lambda index: times[index])
    seconds = (times[-1] - times[0]) * len(times) / max(1, len(times) - 1)
    return {
        "plan": plan.name,
        "seconds": round(seconds, 2),
        "tracks": len(opened.tracks),
        "cards": len(objects),
        "spots": len(found.items),
        "left_out": found.left_out,
        "keys": keys,
        "settled": hand.settled(edits),
    }


def main() -> int:
    """Review all plans and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plans", nargs="+", type=Path)
    parser.add_argument("--profile", default="fast", help="the profile that the plans were made with")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = [review(plan, profile=args.profile) for plan in args.plans]
    if args.json:
        say(json.dumps(rows, indent=1))
    else:
        say(f"{'plan':44} {'s':>6} {'tracks':>7} {'spots':>6} {'/min':>6} {'keys':>5} {'/min':>6} {'left out':>9}")
        for row in [*rows, _sum(rows)]:
            minutes = float(str(row["seconds"])) / 60
            spots, keys = int(str(row["spots"])), int(str(row["keys"]))
            say(
                f"{row['plan']!s:44.44} {row['seconds']!s:>6} {row['tracks']!s:>7} {spots:>6} {spots / minutes:>6.1f} "
                f"{keys:>5} {keys / minutes:>6.1f} {row['left_out']!s:>9}"
            )
    return 0 if all(row["settled"] == row["spots"] for row in rows) else 1


def _sum(rows: list[dict[str, object]]) -> dict[str, object]:
    names = ("seconds", "tracks", "spots", "keys", "left_out")
    sums = {name: round(sum(float(str(row[name])) for row in rows), 1) for name in names}
    return {"plan": "all", **{name: value if name == "seconds" else int(value) for name, value in sums.items()}}


if __name__ == "__main__":
    sys.exit(main())
