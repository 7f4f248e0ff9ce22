"""Mutated files through the whole engine: does anything crash, hang, stay behind, or show what should be hidden?

Tiny clips and pictures with a planted face (drawn: a patch of one colour, which a detector of that colour finds),
plans, edits, settings, reports and weights are made or taken, spoilt by a seeded chance, and handed to what reads
them. Each case has a number, and the same number is the same case on every machine. Results are appended to a file: a
run that was stopped goes on where it was, and a worker that dies is a finding of the case that it had begun.

    python benchmarks/mutated.py FOLDER --number 10000 [--processes 2]

A finding is an internal fault, a death, a case that takes longer than `PATIENCE_S`, a file that stays behind, a planted
face of 24 px and more that is under 95 % covered in what is called cleaned, or a worker that grows beyond 1.5 GB.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HERE)]

import av  # noqa: E402
import cv2  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from dashcamcleaner.core.events import Failed, Finished  # noqa: E402
from dashcamcleaner.core.summary import CLEANED  # noqa: E402
from dashcamcleaner.detection.registry import open_detector  # noqa: E402
from dashcamcleaner.detection.weights_search import find_weights  # noqa: E402
from dashcamcleaner.errors import DashcamCleanerError  # noqa: E402
from dashcamcleaner.jobs.run import clean  # noqa: E402
from dashcamcleaner.pipeline.edits_file import EditsFile  # noqa: E402
from dashcamcleaner.pipeline.job import Job  # noqa: E402
from dashcamcleaner.pipeline.plan_check import examine_plan  # noqa: E402
from dashcamcleaner.pipeline.plan_file import plan_path  # noqa: E402
from dashcamcleaner.report.data import read_report, report_path  # noqa: E402
from dashcamcleaner.review.contact_sheet import read_tracks  # noqa: E402
from dashcamcleaner.settings import load_toml, resolve  # noqa: E402
from tests import fakes  # noqa: E402

SIZE = (160, 120)
FACE = (220, 40, 200)
"""A colour that nothing else has."""
LEAST_PX = 24
COVERED = 0.95
PATIENCE_S = 60
MOST_KB = 1_500_000
WEIGHTS_EVERY = 25
"""Every so many cases are of weights: they take longer than the others."""
_FRAMES = 6
_BATCH = 100


def picture(index: int) -> np.ndarray:
    """A grey street, ``(h, w, 3)`` RGB, and the planted face on its way through it."""
    canvas = np.full((SIZE[1], SIZE[0], 3), 110, np.uint8)
    canvas[60:] = 70
    cv2.ellipse(canvas, (50 + 5 * index, 55), (18, 22), 0, 0, 360, FACE, -1)
    return canvas


def make_clip(path: Path, codec: str) -> None:
    """A clip of six frames."""
    with av.open(str(path), "w") as output:
        options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        stream = output.add_stream(codec, rate=10, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8", "ffv1": "yuv420p"}.get(codec, "yuv420p")
        for index in range(_FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(index), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def make_bases(folder: Path) -> dict[str, list[Path]]:
    """The sound files that are spoilt, by what reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    codecs = {
        "a.mp4": "libx264", "b.ts": "libx264", "c.mkv": "libx264", "d.mov": "mpeg4", "e.avi": "mjpeg", "f.gif": "gif",
        "g.mkv": "ffv1", "h.mp4": "libx265",
    }  # fmt: skip
    for name, codec in codecs.items():
        if not (folder / name).exists():
            make_clip(folder / name, codec)
    media = [folder / name for name in codecs]
    for suffix in (".jpg", ".png", ".webp", ".bmp", ".tif", ".avif"):
        path = folder / f"still{suffix}"
        Image.fromarray(picture(3)).save(path)
        media.append(path)
    plan = plan_path(folder / "plan.mp4")
    job = Job(folder / "a.mp4", folder / "plan.mp4", resolve({"overwrite": True}))
    last = list(clean(job, models=models()))[-1]
    if not isinstance(last, Finished):
        raise SystemExit(f"The plan could not be made: {last}.")
    edits = folder / "plan.edits.jsonl"
    rows = ['{"edits":"dashcamcleaner","version":[1,0]}', '{"edit":"keep","track":1}',
            '{"edit":"region","keys":[[0.0,1,1,9,9],[0.4,5,5,20,20]],"kind":"face"}',
            '{"edit":"fixed","box":[0,0,9,9]}', '{"edit":"frames","from_s":0.1,"to_s":0.2}']  # fmt: skip
    edits.write_text("\n".join(rows) + "\n")
    settings = folder / "own.toml"
    settings.write_text('threshold = 0.2\nstyle = "solid"\nkeep = ["tags"]\nlook-ahead = "0.5s"\n')
    return {
        "media": media, "plan": [plan], "edits": [edits], "settings": [settings],
        "report": [report_path(folder / "plan.mp4")], "weights": make_weights(folder),
    }  # fmt: skip


def make_weights(folder: Path) -> list[Path]:
    """The shipped weights as one ONNX file, and the description that lies beside them."""
    file = find_weights().file("onnx")
    assert file is not None
    shipped = file.path
    for found in (shipped, shipped.with_suffix(".json")):
        if not (folder / found.name).exists():
            shutil.copyfile(found, folder / found.name)
    return [folder / shipped.name, folder / shipped.with_suffix(".json").name]


def models() -> Any:
    """A pool whose detector finds the planted colour, and is sure of it."""
    return fakes.pool(fakes.ColourDetector({"face": FACE, "plate": (0, 255, 0)}, input_size=(160, 128), score=0.99))


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same bytes, spoilt in one to four ways."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if not found:
            break
        near_start = chance.random() < 0.4
        at = chance.randrange(min(len(found), 600) if near_start else len(found))
        length = min(chance.choice((1, 1, 2, 4, 16, 200)), len(found) - at)
        way = chance.randrange(7)
        if way == 0:
            found[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            found[at : at + length] = chance.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * length
        elif way == 2:
            del found[at : at + length]
        elif way == 3:
            found[at:at] = chance.randbytes(length)
        elif way == 4:
            del found[at:]
        elif way == 5:
            found[at:at] = found[at : at + length] * chance.choice((1, 3, 50))
        else:
            found[at : at + length] = chance.randbytes(length)
    return bytes(found)


def run_case(number: int, bases: dict[str, list[Path]], folder: Path) -> dict[str, Any]:
    """One case: what was done, how it ended, and ``finding`` where it is one."""
    chance = random.Random(f"mutated {number}")
    kind = chance.choices(("media", "plan", "edits", "settings", "report"), (70, 10, 10, 5, 5))[0]
    if number % WEIGHTS_EVERY == WEIGHTS_EVERY - 1:
        kind = "weights"
    base = chance.choice(bases[kind])
    spoilt = folder / f"case{base.suffix}" if kind == "media" else folder / base.name
    spoilt.write_bytes(mutated(base.read_bytes(), chance))
    told: dict[str, Any] = {"case": number, "kind": kind, "base": base.name}
    readers: dict[str, Callable[[], str]] = {
        "media": lambda: _clean(spoilt, told),
        "plan": lambda: _plan(spoilt, bases["media"][0], told),
        "edits": lambda: _edits(spoilt, bases, told),
        "settings": lambda: str(len(resolve(load_toml(spoilt)).overrides)),
        "report": lambda: str(len(read_report(spoilt))),
        "weights": lambda: _weights(spoilt, bases["weights"]),
    }
    try:
        with _alarm():
            told["end"] = readers[kind]()
    except TimeoutError:
        told["finding"] = "a hang"
    except DashcamCleanerError as error:
        told["end"] = type(error).__name__
        if error.exit_code == 1:
            told["finding"] = error.message[:300]
    except Exception as error:  # a finding, whatever it is
        told["finding"] = f"{type(error).__name__}: {error}"[:300]
    left = [path.name for path in folder.rglob("*") if path.name.endswith(".partial") or path.name == "core"]
    if left:
        told["finding"] = f"left behind: {', '.join(left)}"
    return told


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _clean(source: Path, told: dict[str, Any], **extras: Any) -> str:
    output = source.with_name("out" + (source.suffix if source.suffix not in (".avi", ".ts", ".gif") else ".mp4"))
    job = Job(source, output, resolve({"overwrite": True, "style": "solid"}), **extras)
    last = list(clean(job, models=models()))[-1]
    if isinstance(last, Failed):
        raise last.error
    assert isinstance(last, Finished)
    shown = uncovered(output)
    if last.summary.status == CLEANED or shown:
        told["uncovered"] = round(shown, 3)
    if shown > 1 - COVERED:
        told["finding"] = f"{shown:.0%} of a planted face is to be seen in what is called {last.summary.status}"
    return last.summary.status


def _plan(plan: Path, source: Path, told: dict[str, Any]) -> str:
    state = examine_plan(plan)
    read_tracks(plan)
    copy = plan.with_name("case.mp4")
    shutil.copyfile(source, copy)
    return _clean(copy, told, from_plan=plan, accepted=()) if not state.sealed else "unchanged"


def _edits(edits: Path, bases: dict[str, list[Path]], told: dict[str, Any]) -> str:
    EditsFile(edits).read()
    source = edits.with_name("case.mp4")
    shutil.copyfile(bases["media"][0], source)
    return _clean(source, told, edits=edits)


def _weights(spoilt: Path, sound: list[Path]) -> str:
    if spoilt.suffix == ".json":  # a spoilt network goes without, or its hash alone would refuse it
        shutil.copyfile(sound[0], spoilt.with_suffix(".onnx"))
    detector = open_detector(weights=str(spoilt.with_suffix(".onnx")), inference_size=160, aspect=(4, 3), threads=1)
    try:
        detector.detect([picture(3)])
    finally:
        detector.close()
    return "opened"


def uncovered(output: Path) -> float:
    """The largest share of a planted face that is to be seen in a frame of an output, by its colour.

    Patches that are smaller than `LEAST_PX` on a side do not count.
    """
    worst = 0.0
    whole = float((np.abs(picture(3).astype(int) - FACE).max(axis=2) < 1).sum())
    for shown in _frames(output):
        near = (np.abs(shown.astype(int) - FACE).max(axis=2) < 60).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(near)
        for _, _, w, h, area in stats[1:]:
            if min(w, h) >= LEAST_PX:
                worst = max(worst, area / whole)
    return worst


def _frames(path: Path) -> Iterator[np.ndarray]:
    with contextlib.suppress(OSError, ValueError):
        with Image.open(path) as opened:
            yield np.asarray(opened.convert("RGB"))
        return
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def work(numbers: list[int], place: Path, results: Path) -> None:
    """Run cases in this process, each told when it is begun and when it is done."""
    bases = make_bases(place / "bases")
    with results.open("a", encoding="utf-8") as file:
        for number in numbers:
            print(json.dumps({"case": number, "begun": True}), file=file, flush=True)
            folder = Path(tempfile.mkdtemp(prefix=f"case{number}-", dir=place))
            told = run_case(number, bases, folder)
            told["peak_kb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if told["peak_kb"] > MOST_KB and "finding" not in told:
                told["finding"] = f"{told['peak_kb'] // 1000} MB of memory"
            if "finding" not in told:
                shutil.rmtree(folder)
            print(json.dumps(told), file=file, flush=True)


def read_results(results: Path) -> tuple[dict[int, dict[str, Any]], list[int]]:
    """What is known by number, and the cases that were begun and never ended."""
    done: dict[int, dict[str, Any]] = {}
    begun: set[int] = set()
    for line in results.read_text(encoding="utf-8").splitlines() if results.exists() else ():
        with contextlib.suppress(ValueError):  # a line that a death has torn
            row = json.loads(line)
            begun.add(row["case"]) if row.get("begun") else done.update({row["case"]: row})
    return done, sorted(begun - done.keys())


def run(place: Path, *, first: int, number: int, processes: int) -> dict[int, dict[str, Any]]:
    """All cases that are not done yet, a hundred in each process, so many processes at once."""
    place.mkdir(parents=True, exist_ok=True)
    parts = [place / f"results{i}.jsonl" for i in range(processes)]
    every: dict[int, dict[str, Any]] = {}
    for part in place.glob("results*.jsonl"):
        done, died = read_results(part)
        every |= done
        with part.open("a", encoding="utf-8") as file:
            for case in died:  # it took its process with it, or was stopped by hand: told, and not run again
                every[case] = {"case": case, "finding": "its process ended"}
                print(json.dumps(every[case]), file=file)
    left = [case for case in range(first, first + number) if case not in every]
    environment = {**os.environ, "DASHCAMCLEANER_HOME": str(place / "home")}
    running: dict[int, tuple[subprocess.Popen[bytes], list[int]]] = {}
    while left or running:
        for slot, part in enumerate(parts):
            if slot in running and running[slot][0].poll() is not None:
                _, died = read_results(part)
                with part.open("a", encoding="utf-8") as file:
                    for case in died:
                        print(json.dumps({"case": case, "finding": "its process ended"}), file=file)
                missing = set(running.pop(slot)[1]) - read_results(part)[0].keys()
                left = sorted(missing) + left
            if slot not in running and left:
                batch, left = left[:_BATCH], left[_BATCH:]
                words = [sys.executable, __file__, str(place), "--cases", json.dumps(batch), "--results", str(part)]
                running[slot] = (subprocess.Popen(words, env=environment), batch)
        for process, _ in running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
    for part in parts:
        every |= read_results(part)[0]
    return every


def main() -> int:
    """Run, and tell: gives 1 where there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--cases", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--results", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.cases is not None:
        work(args.cases, args.folder / args.results.stem, args.results)
        return 0
    every = run(args.folder, first=args.first, number=args.number, processes=args.processes)
    ends = Counter((row.get("kind", "?"), row.get("end", "-")) for row in every.values())
    for (kind, end), count in sorted(ends.items()):
        print(f"{kind:10}{end:20}{count:7}")
    findings = [row for row in every.values() if "finding" in row]
    for row in findings:
        print(f"case {row['case']} ({row.get('base', '?')}): {row['finding']}")
    peak = max((row.get("peak_kb", 0) for row in every.values()), default=0)
    print(f"{len(every)} cases, {len(findings)} findings, at most {peak // 1000} MB in a process")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
