#!/usr/bin/env python3
"""One long clip shared out over workers, and the same in one run: do plans and pictures agree, at the seams above all?

    python benchmarks/split_clip.py CLIP [--seconds 180] [--width 640] [--over cluster=local:2] [--folder WORK]
        [--set=--inference-size=640 ...]

CLIP is looped to the seconds asked for and scaled to the width, with a key frame each second. It
is cleaned by one run (``--workers 1``) and then with ``--split-clips`` over the workers named (``cluster=ADDRESS`` or
``parallel=N``). Printed: the parts; plan lines that differ, and those of them more than a second from every seam; the
least PSNR of a decoded frame against the same frame of the one run (0 dB: another number of frames); frames within a
second of a seam whose hidden regions in the one run are not hidden in the other. With `--folder` what was made is kept.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.jobs.split import parts_of
from dashcamcleaner.media.frame_times import frame_times_and_keys
from dashcamcleaner.media.probe import probe
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.settings import resolve

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--over", default="cluster=local:2")
    parser.add_argument("--folder", type=Path, help="keep what is made here")
    parser.add_argument("--set", action="append", default=[], help="further flags for both runs")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = args.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / "long.mp4"
        if not source.exists():
            loop(args.clip, source, seconds=args.seconds, width=args.width)
        whole, split = folder / "whole.mp4", folder / "split.mp4"
        way, _, value = args.over.partition("=")
        for output, flags in ((whole, []), (split, ["--split-clips", f"--{way}", value])):
            if not output.exists():
                clean(source, output, ["--workers", "1", *args.set, *flags])
        workers = int(value.rpartition(":")[2]) if way == "parallel" or value.startswith("local:") else 2
        figures = compared(source, whole, split, workers=workers)
    print(f"{args.clip.name}, {args.seconds} s at {args.width} px, {args.over}")
    print(", ".join(f"{name} {value}" for name, value in figures.items()))
    return int(bool(figures["differ_far_from_seams"] or figures["uncovered_at_seams"] or figures["least_psnr_db"] < 45))


def loop(clip: Path, target: Path, *, seconds: int, width: int) -> None:
    """The clip again and again, until it is long enough, at 30 frames a second."""
    rate = 30
    with av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast", "g": str(rate)})
        stream.pix_fmt = "yuv420p"
        number = 0
        while number < seconds * rate:
            with av.open(str(clip)) as container:
                for frame in container.decode(video=0):
                    height = round(frame.height * width / frame.width / 2) * 2
                    if not number:
                        stream.width, stream.height = width, height
                    small = frame.reformat(width=width, height=height, format="yuv420p")
                    small.pts, small.time_base = number, Fraction(1, rate)
                    small.pict_type = av.video.frame.PictureType.NONE
                    out.mux(stream.encode(small))
                    number += 1
                    if number == seconds * rate:
                        break
        out.mux(stream.encode(None))


def clean(source: Path, output: Path, flags: list[str]) -> None:
    """Clean by the command line."""
    command = [sys.executable, "-m", "dashcamcleaner", "clean", str(source), "-o", str(output), "--json", *flags]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
    for event in map(json.loads, said.stdout.decode().splitlines()):
        if event["event"] in ("warned", "failed"):
            print(f"  {output.name}: {event}", file=sys.stderr)


def compared(source: Path, whole: Path, split: Path, *, workers: int) -> dict[str, Any]:
    """The counts that the page's head names."""
    info = probe(source)
    times, keys = frame_times_and_keys(source, info=info)
    job = Job(source, split, resolve({"split_clips": True}))
    seams = [part.first for part in parts_of(job, info=info, times=times, keys=keys, workers=workers)[1:]]
    plans = [plans_of(output) for output in (whole, split)]
    second = round(1 / float((times[-1] - times[0]) * info.time_base / (len(times) - 1)))
    near = {index for seam in seams for index in range(seam - second, seam + second + 1)}
    lines = zip(*(frame_lines(output) for output in (whole, split)), strict=True)
    differ = [index for index, (one, other) in enumerate(lines) if one != other]
    return {
        "frames": len(times),
        "parts": len(seams) + 1,
        "lines_that_differ": len(differ),
        "differ_far_from_seams": len([index for index in differ if index not in near]),
        "uncovered_at_seams": sum(uncovered(plans[0][index], plans[1][index]) for index in near if index < len(times)),
        "least_psnr_db": round(least_psnr(whole, split), 1),
        "same_bytes": whole.read_bytes() == split.read_bytes(),
    }


def plans_of(output: Path) -> list[FramePlan]:
    with PlanReader(plan_path(output)) as reader:
        return list(reader)


def frame_lines(output: Path) -> list[str]:
    """A plan's lines of frames as they stand."""
    return [line for line in plan_path(output).read_text().splitlines() if line.startswith('{"i":')]


def uncovered(one: FramePlan, other: FramePlan) -> bool:
    """Whether a region of the one plan is in none of the other's, within a pixel."""
    return any(
        not any(all(abs(a - b) <= 1 for a, b in zip(mine.xyxy, its.xyxy, strict=True)) for its in other.regions)
        for mine in one.regions
    )


def least_psnr(one: Path, other: Path) -> float:
    """The least PSNR of luma over all frames, in dB; infinite where all are the same."""
    least = math.inf
    with av.open(str(one)) as first, av.open(str(other)) as second:
        frames = zip(first.decode(video=0), second.decode(video=0), strict=True)
        try:
            for mine, its in frames:
                gap = mine.to_ndarray(format="gray").astype(np.float32) - its.to_ndarray(format="gray")
                error = float(np.mean(gap * gap))
                least = min(least, 10 * math.log10(255 * 255 / error) if error else math.inf)
        except ValueError:  # one of them ends before the other
            return 0.0
    return least


if __name__ == "__main__":
    sys.exit(main())
