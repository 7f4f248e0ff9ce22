#!/usr/bin/env python3
"""What several clips at once gain: one folder by each way of running it, wall and CPU seconds, in one run.

    python benchmarks/batch.py CLIP [--copies 8] [--ways parallel=1 parallel=2 cluster=local:2] [--set=--profile=fast]

CLIP is copied as often as asked, so that all are alike. Each way is a command of its own; the pool of weights is opened
anew in each of its processes, which short clips feel. *Efficiency* is the wall time of the first way over this way's,
by the processes of this way, as far as the machine has that many cores. Nothing here passes or fails by time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--copies", type=int, default=8)
    parser.add_argument("--ways", nargs="+", default=["parallel=1", "parallel=2"])
    parser.add_argument("--set", action="append", default=[], help="further flags for clean, e.g. --set=--profile=fast")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in")
        source.mkdir()
        for number in range(args.copies):
            shutil.copy(args.clip, source / f"{number:03}{args.clip.suffix}")
        for number, way in enumerate(args.ways):
            rows.append(one_way(way, source, Path(folder, f"out{number}"), args.set))
    first = rows[0]
    for row in rows:
        row["efficiency"] = round(
            first["wall_s"] * first["processes"] / row["wall_s"] / min(row["processes"], os.cpu_count() or 1), 2
        )
        print(", ".join(f"{name} {value}" for name, value in row.items()))
    if args.out:
        args.out.write_text(json.dumps({"clip": args.clip.name, "copies": args.copies, "rows": rows}, indent=1) + "\n")
    return 0


def one_way(way: str, source: Path, output: Path, flags: list[str]) -> dict[str, Any]:
    """Clean the folder one way."""
    name, _, value = way.partition("=")
    command = [sys.executable, "-m", "dashcamcleaner", "clean", str(source), "-o", str(output), "--quiet"]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, f"--{name}", value, *flags], check=True, env=environment, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "way": way,
        "processes": int(value.removeprefix("local:")),
        "wall_s": round(time.monotonic() - begun, 1),
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "outputs": sum(1 for path in output.iterdir() if path.suffix == source.joinpath(next(source.iterdir())).suffix),
    }


if __name__ == "__main__":
    sys.exit(main())
