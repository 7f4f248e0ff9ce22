#!/usr/bin/env python3
"""Whether two states of the program do the same: hashes of what they paint, plan and find, on the same sources.

    python benchmarks/fingerprints.py OUT.json [--sources FOLDER] [--data FOLDER] [--only NAME ...]
    python benchmarks/fingerprints.py --compare BEFORE.json AFTER.json

Per clip and picture it keeps three hashes: of the planes of all frames as they reach the encoder (of a picture: of
what the written file decodes to), of the plan and of the audit's findings. Versions, paths and the wording of
messages are left out. Sources are made by recipe into FOLDER (kept for the next run) or taken from the measuring data.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import av  # noqa: E402
import clips  # noqa: E402
import numpy as np  # noqa: E402
import pictures  # noqa: E402
from PIL import Image  # noqa: E402

from dashcamcleaner.core.edit_types import Edit, HiddenZone  # noqa: E402
from dashcamcleaner.core.events import Failed, Finished  # noqa: E402
from dashcamcleaner.demo.clip import make_demo  # noqa: E402
from dashcamcleaner.jobs.run import clean  # noqa: E402
from dashcamcleaner.media.encoder import Encoder  # noqa: E402
from dashcamcleaner.pipeline.job import Job  # noqa: E402
from dashcamcleaner.pipeline.plan_file import plan_path  # noqa: E402
from dashcamcleaner.settings import resolve  # noqa: E402

BOX = HiddenZone((20.0, 20.0, 120.0, 100.0), from_s=0.1, to_s=0.9)
WORDS = {"sound": "audio"}
"""What a finding's check and code were called -> what they are called."""


@dataclass(frozen=True)
class Case:
    """One source and how it is cleaned.

    Args:
        make: makes the source under a path whose extension is given, or copies it there.
        again: it is also rendered again from its plan, with an edit.
    """

    name: str
    suffix: str
    make: Callable[[Path], object]
    settings: dict[str, Any] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    audit: bool = False
    again: bool = False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--sources", type=Path, default=Path(tempfile.gettempdir()) / "dashcamcleaner-fingerprints")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("BEFORE", "AFTER"))
    args = parser.parse_args()
    if args.compare:
        return compare(*(json.loads(path.read_text()) for path in args.compare))
    if args.out is None:
        parser.error("name a file for the result")
    args.sources.mkdir(parents=True, exist_ok=True)
    result = {}
    for case in cases(args.data):
        if args.only and case.name not in args.only:
            continue
        source = args.sources / (case.name + case.suffix)
        if not source.exists():
            case.make(source)
        result |= run(case, source)
        args.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0


def cases(data: Path) -> Iterator[Case]:
    """All sources; those from the measuring data only where it lies."""
    yield Case("demo", ".mp4", lambda path: make_demo(path.parent).rename(path), audit=True, again=True)
    yield Case("street", ".mp4", street, {"thorough": True, "style": "mosaic"}, audit=True, again=True)
    yield Case("turned", ".mov", lambda path: clips.make(path, frames=20, clockwise=90), edits=(BOX,))
    yield Case("vfr", ".mkv", lambda path: clips.make(path, frames=25, pts=clips.vfr_pts(25), b_frames=2),
               {"tracking": False, "memory_after": "3"}, edits=(BOX,))  # fmt: skip
    yield Case("deep", ".mp4", lambda path: clips.make(path, codec="libx265", pix_fmt="yuv420p10le", options={}),
               {"style": "solid"}, edits=(BOX,))  # fmt: skip
    yield Case("sound", ".mp4", lambda path: clips.make(path, frames=45, sounds=(clips.Sound(),), cover=True),
               edits=(BOX,), audit=True)  # fmt: skip
    for seed, (format_name, size) in enumerate(
        ((".png", (640, 360)), (".jpg", (901, 507)), (".webp", (640, 360)), (".bmp", (322, 181)))
    ):
        yield Case(f"picture-{seed}", format_name, lambda path, s=seed, z=size: still(path, s, z), audit=seed < 2)
    stored = [
        Case(f"format-{name}", suffix, lambda path, f=name + suffix: copy(data / "clips/formats" / f, path),
             edits=(BOX,), audit=suffix == ".jpg")
        for name, suffix in (("odd_size_444", ".mp4"), ("interlaced_tff_sar", ".mp4"), ("vfr_increasing", ".mp4"),
                             ("exif_orient6", ".jpg"))
    ]  # fmt: skip
    stored += [
        Case(f"road-{name}", ".mp4", lambda path, f=name: cut(data / "clips/road" / f"{f}.mp4", path), audit=True,
             again=name == "single_car_1080p")
        for name in ("single_car_1080p", "london_zebra_near_far")
    ]  # fmt: skip
    yield from (case for case in stored if data.is_dir())


def copy(source: Path, path: Path) -> None:
    """A stored file, as it is."""
    path.write_bytes(source.read_bytes())


def cut(source: Path, path: Path, *, frames: int = 40) -> None:
    """The first frames of a clip, encoded anew."""
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        taken = [frame for frame, _ in zip(container.decode(stream), range(frames), strict=False)]
        encode(path, taken, rate=stream.average_rate)


def street(path: Path, *, frames: int = 50) -> None:
    """A camera passes rendered cars and heads."""
    wide = np.concatenate([pictures.street(seed) for seed in (1, 2)], axis=1)
    encode(path, [av.VideoFrame.from_ndarray(wide[:, 4 * i : 4 * i + 640].copy()) for i in range(frames)], rate=25)


def encode(path: Path, frames: list[Any], *, rate: Any) -> None:
    """Frames to H.264 at an even rate."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate, options={"crf": "14", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        for number, frame in enumerate(frames):
            clean_frame = frame.reformat(format="yuv420p")
            clean_frame.pts, clean_frame.time_base = number, 1 / Fraction(rate)  # not the clock that it was cut from
            output.mux(stream.encode(clean_frame))
        output.mux(stream.encode(None))


def still(path: Path, seed: int, size: tuple[int, int]) -> None:
    """A rendered street as a picture."""
    Image.fromarray(pictures.street(seed, size=size)).save(path)


def run(case: Case, source: Path) -> dict[str, dict[str, Any]]:
    """The fingerprints of a case, and of its second rendering."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / f"out{case.suffix}"
        settings = resolve(case.settings)
        result = {case.name: fingerprint(Job(source, output, settings, added_edits=case.edits, audit=case.audit))}
        if case.again:
            plan = plan_path(output)
            again = Job(source, Path(folder) / f"again{case.suffix}", settings, from_plan=plan, added_edits=(BOX,))
            result[f"{case.name} again"] = fingerprint(again)
    for name, one in result.items():
        print(name, one, flush=True)
    return result


def fingerprint(job: Job) -> dict[str, Any]:
    """Run a job and hash what it does."""
    digest, frames, write = hashlib.sha256(), 0, Encoder.write

    def noting(encoder: Encoder, frame: Any) -> None:
        nonlocal frames
        frames += 1
        digest.update(f"{frame.time.pts} {frame.time.time_base}".encode())
        for plane in frame.planes:
            digest.update(np.ascontiguousarray(plane).tobytes())
        write(encoder, frame)

    with mock.patch.object(Encoder, "write", noting):
        last = list(clean(job))[-1]
    if isinstance(last, Failed):
        return {"failed": last.error.message}
    assert isinstance(last, Finished)
    if not frames:
        digest.update(np.asarray(Image.open(job.output)).tobytes())
    found = (last.summary.audit or {}).get("findings", [])
    return {
        "frames": frames,
        "pixels": digest.hexdigest()[:16],
        "regions": sum(kind.regions for kind in last.summary.kinds.values()),
        "plan": plan_hash(plan_path(job.output)),
        "status": (last.summary.audit or {}).get("status"),
        "findings": len(found),
        "audit": audit_hash(found),
    }


def plan_hash(path: Path) -> str:
    """Of a plan, without versions and paths."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for key in ("source", "version", "versions", "settings"):
        lines[0].pop(key, None)
    return short_hash(lines)


def audit_hash(found: list[dict[str, Any]]) -> str:
    """Of findings, without their wording."""
    rows = []
    for finding in found:
        row = {key: value for key, value in finding.items() if key != "message"}
        for key in ("check", "code"):
            for old, new in WORDS.items():
                row[key] = str(row[key]).replace(old, new)
        rows.append(row)
    return short_hash(rows)


def short_hash(value: Any) -> str:
    """Of plain JSON types."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def compare(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Print what differs; 1 if anything does."""
    unequal = 0
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        if one != other:
            unequal += 1
            keys = sorted((one or {}).keys() | (other or {}).keys())
            told = ", ".join(
                f"{key} {(one or {}).get(key)} -> {(other or {}).get(key)}"
                for key in keys
                if (one or {}).get(key) != (other or {}).get(key)
            )
            print(f"{name}: {told}")
    print(f"{len(before.keys() | after.keys()) - unequal} equal, {unequal} not")
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.exit(main())
