#!/usr/bin/env python3
"""What a frame's line costs, in a plan and in the log for a resume; and what faster writers of JSON would give.

    python benchmarks/plan_lines.py PLAN [PLAN ...]

*First* is the line of a frame whose motion was just measured, *again* the one of the same frame in the second file.
*Frame* is both, as a run writes them. orjson and msgspec are tried on the same lines where they are installed: their
time is that of the JSON alone, and *other* counts the lines that would not be the same byte for byte. CPU seconds,
the best of five; nothing here passes or fails by time.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.pipeline.plan_file import PlanReader


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plans", nargs="+", type=Path)
    args = parser.parse_args()
    plans: list[FramePlan] = []
    for path in args.plans:
        with PlanReader(path) as reader:
            plans += reader
    lines = [plan.to_line() for plan in plans]
    print(f"{len(lines)} lines, {sum(map(len, lines)) / len(lines):.0f} characters each")
    first = min(seconds(FramePlan.to_line, fresh(plans)) for _ in range(5))
    again = min(seconds(FramePlan.to_line, plans) for _ in range(5))
    for name, value in (("first", first), ("again", again), ("frame", first + again)):
        print(f"{name:8} {value / len(plans) * 1e6:7.1f} us a line")
    data = [json.loads(line) for line in lines]
    for name, write in writers().items():
        best = min(seconds(write, data) for _ in range(5))
        other = sum(write(one) != line for one, line in zip(data, lines, strict=True))
        print(f"{name:8} {best / len(plans) * 1e6:7.1f} us a line, {other} other")
    return 0


def fresh(plans: Sequence[FramePlan]) -> list[FramePlan]:
    """The same frames, as if their motions had just been measured."""
    made = []
    for plan in plans:
        motion = plan.seen.motion
        seen = dataclasses.replace(plan.seen, motion=motion and dataclasses.replace(motion))
        made.append(FramePlan(seen, plan.regions))
    return made


def writers() -> dict[str, Callable[[Any], str]]:
    found: dict[str, Callable[[Any], str]] = {
        "json": lambda one: json.dumps(one, separators=(",", ":"), ensure_ascii=False)
    }
    for name, module in (("orjson", "orjson"), ("msgspec", "msgspec.json")):
        try:
            encode = importlib.import_module(module)
        except ImportError:
            continue
        write = getattr(encode, "dumps", None) or encode.encode
        found[name] = lambda one, write=write: write(one).decode()
    return found


def seconds(work: Callable[[Any], object], what: Sequence[Any]) -> float:
    begun = time.process_time()
    for one in what:
        work(one)
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
