"""How much of what is left clear does the audit list? A third of the true objects of labelled clips is left clear.

    python benchmarks/clear_third.py FOLDER_OF_LABELLED_CLIPS [--clips NAME,NAME] [--keep FOLDER]

Each clip is rendered three times from a plan made of its labels, every third object left out in turn, and audited. Printed:
recall over the clear tracks whose legible boxes reach 24 px, and precision over the findings (a finding on an object that
is clear is right; on an area that the labels ignore, or on an object that is hidden only in part of the clip by the
labels' own end, it is neither), and the audit's CPU time beside that of cleaning the clip.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dashcamcleaner.core.boxes import Detections, iou
from dashcamcleaner.core.events import Audited, Failed, Finished
from dashcamcleaner.core.findings import AuditResult, Finding
from dashcamcleaner.core.leaks import TrueTrack, Truth
from dashcamcleaner.core.plan import FramePlan, Observation, PlanHeader
from dashcamcleaner.run.audit import audit
from dashcamcleaner.run.job import Job
from dashcamcleaner.run.pipeline import clean
from dashcamcleaner.run.planfile import PlanWriter, fingerprint
from dashcamcleaner.settings import resolve
from dashcamcleaner.stages import decode, probe

LEAST_PX = 24
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", default="")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="write every finding with its verdict here")
    args = parser.parse_args()
    names = args.clips.split(",") if args.clips else sorted(path.stem for path in args.folder.glob("*.json"))
    rows = []
    print("| clip | clear tracks >= 24 px | listed | findings | right | wrong | neither | precision |")
    print("|---|---|---|---|---|---|---|---|")
    total = np.zeros(5, int)
    for name in names:
        truth = Truth.from_json(json.loads((args.folder / f"{name}.json").read_text()))
        counts = np.zeros(5, int)  # clear, listed, right, wrong, neither
        for turn in range(args.rounds):
            left = [t for i, t in enumerate(truth.tracks) if i % ROUNDS == turn]
            with tempfile.TemporaryDirectory() as folder:
                result = render_and_audit(args.folder / f"{name}.mp4", truth, left, Path(folder))
            counts += score(truth, left, result, rows)
        total += counts
        print(row(name, counts), flush=True)
    print(row("all", total))
    if args.json:
        args.json.write_text(json.dumps(rows))


def row(name: str, counts: np.ndarray) -> str:
    clear, listed, right, wrong, neither = (int(v) for v in counts)
    precision = f"{right / (right + wrong):.0%}" if right + wrong else "-"
    share = f"{listed} ({listed / clear:.0%})" if clear else "-"
    return f"| {name} | {clear} | {share} | {right + wrong + neither} | {right} | {wrong} | {neither} | {precision} |"


def render_and_audit(source: Path, truth: Truth, left: list[TrueTrack], folder: Path) -> AuditResult:
    """The clip with all objects hidden but those left, and what the audit says of it."""
    info = probe.probe(source)
    plan = folder / "truth.plan.jsonl"
    settings = resolve({"faces": "face" in truth.kinds, "plates": "plate" in truth.kinds})
    overrides = {k: v for k, v in settings.overrides.items()}
    header = PlanHeader(source.name, fingerprint(source), info.upright_size, info.time_base, settings=overrides)
    writer = PlanWriter(plan, header=header)
    hidden = [track for track in truth.tracks if track not in left]
    with decode.open_clip(source, info=info) as frames:
        for frame in frames:
            rows = [(*t.boxes[frame.index], 0.9, t.kind) for t in hidden if frame.index in t.boxes]
            writer.write(FramePlan(Observation(frame.index, frame.time, Detections.from_rows(rows))))
    writer.finish()
    output = folder / "out.mp4"
    for event in clean(Job(source, output, settings, from_plan=plan)):
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, Finished):
            pass
    began = time.process_time()
    for event in audit(source, output):
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, Audited):
            event.result.cpu_s = time.process_time() - began
            return event.result
    raise AssertionError("the audit gave no result")


def score(truth: Truth, left: list[TrueTrack], result: AuditResult, rows: list[dict[str, object]]) -> np.ndarray:
    """Clear tracks of size, those listed, findings that are right, wrong and neither."""
    found = [f for f in result.findings if f.code == "clear-object"]
    sized = [t for t in left if _largest_px(t) >= LEAST_PX]
    listed = [any(_shows(f, t) for f in found) for t in sized]
    counts = np.array([len(sized), sum(listed), 0, 0, 0])
    for finding in found:
        verdict = _verdict(truth, left, finding)
        counts[{"right": 2, "wrong": 3, "neither": 4}[verdict]] += 1
        rows.append({"clip": truth.clip, "verdict": verdict, **finding.as_dict()})
    for track, is_listed in zip(sized, listed, strict=True):
        if not is_listed:
            rows.append({"clip": truth.clip, "missed": track.id, "kind": track.kind, "px": _largest_px(track),
                         "legible": [min(track.legible), max(track.legible)]})  # fmt: skip
    return counts


def _largest_px(track: TrueTrack) -> float:
    """Long side of the largest legible box."""
    sides = [max(b[2] - b[0], b[3] - b[1]) for i, b in track.boxes.items() if i in track.legible]
    return max(sides, default=0.0)


def _overlaps(finding: Finding, boxes_at: dict[int, np.ndarray]) -> Iterator[float]:
    for index, box in finding.boxes.items():
        at = boxes_at.get(index)
        if at is not None and len(at):
            inside = np.minimum(at[:, 2:], box[2:]) - np.maximum(at[:, :2], box[:2])
            part = np.clip(inside, 0, None).prod(axis=1) / max(1e-6, (box[2] - box[0]) * (box[3] - box[1]))
            yield float(max(part.max(), iou(np.array([box]), at)[0].max()))


def _shows(finding: Finding, track: TrueTrack) -> bool:
    if finding.kind != track.kind:
        return False
    boxes = {i: np.array([b]) for i, b in track.boxes.items()}
    return max(_overlaps(finding, boxes), default=0.0) > 0.4


def _verdict(truth: Truth, left: list[TrueTrack], finding: Finding) -> str:
    if any(_shows(finding, track) for track in left):
        return "right"
    if any(_shows(finding, track) for track in truth.tracks):
        return "neither"  # hidden where the labels end or begin a little off
    if max(_overlaps(finding, dict(truth.ignore)), default=0.0) > 0.4 or finding.kind not in truth.kinds:
        return "neither"
    return "wrong"


if __name__ == "__main__":
    main()
