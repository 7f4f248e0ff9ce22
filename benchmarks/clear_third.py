"""How much of what is left clear does the audit list? A third of the true objects of labelled clips is left clear.

    python benchmarks/clear_third.py FOLDER_OF_LABELLED_CLIPS [--clips NAME,NAME] [--json FILE]

Each clip is cleaned with the default settings; then, three times, every third labelled object in turn is taken out of
the plan (its detections are), the clip is rendered again from the plan, and audited without being told. Printed: how
many of the clear tracks that reach 24 px are listed, and the precision of the list. A finding on a labelled object is
right, one on an area that the labels ignore, or of a kind that they do not tell, is neither right nor wrong.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dashcamcleaner.audit.audit import audit
from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.events import Audited, Failed
from dashcamcleaner.core.findings import AuditResult, Finding
from dashcamcleaner.core.plan import FramePlan, Observation
from dashcamcleaner.core.shapes import BOX, DEFAULT_SHAPES
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.obscure.masks import footprint, footprint_mask
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, PlanWriter, plan_path
from dashcamcleaner.settings import resolve
from dashcamcleaner.training.truth import ClipTruth, TrueTrack

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
    rows: list[dict[str, object]] = []
    print("| clip | clear tracks >= 24 px | listed | findings | right | wrong | neither | precision | CPU ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    total, cost = np.zeros(5, int), np.zeros(2)
    for name in names:
        source = args.folder / f"{name}.mp4"
        truth = ClipTruth.from_json(json.loads((args.folder / f"{name}.json").read_text()))
        counts, spent = np.zeros(5, int), np.zeros(2)  # clear, listed, right, wrong, neither
        with tempfile.TemporaryDirectory() as folder:
            base, cleaning_s = cleaned(source, Path(folder))
            for turn in range(args.rounds):
                left = [t for i, t in enumerate(truth.tracks) if i % ROUNDS == turn]
                plans, result = left_clear(source, base, left, Path(folder))
                counts += score(truth, left, plans, result, rows)
                spent += (result.cpu_s, cleaning_s)
        total += counts
        cost += spent
        print(row(name, counts, spent), flush=True)
        if args.json:
            args.json.write_text(json.dumps(rows))
    print(row("all", total, cost))


def row(name: str, counts: np.ndarray, spent: np.ndarray) -> str:
    clear, listed, right, wrong, neither = (int(v) for v in counts)
    precision = f"{right / (right + wrong):.0%}" if right + wrong else "-"
    share = f"{listed} ({listed / clear:.0%})" if clear else "-"
    found = f"{right + wrong + neither} | {right} | {wrong} | {neither} | {precision}"
    return f"| {name} | {clear} | {share} | {found} | {spent[0] / spent[1]:.1f} |"


def cleaned(source: Path, folder: Path) -> tuple[Path, float]:
    """The plan of a run with the default settings, and the CPU seconds that the run took."""
    output = folder / "base.mp4"
    began = time.process_time()
    for event in clean(Job(source, output)):
        if isinstance(event, Failed):
            raise event.error
    return plan_path(output), time.process_time() - began


def left_clear(source: Path, base: Path, left: list[TrueTrack], folder: Path) -> tuple[list[FramePlan], AuditResult]:
    """The clip with some objects left clear: its plans, and what the audit says of it."""
    pruned, output = folder / "pruned.plan.jsonl", folder / "out.mp4"
    with PlanReader(base) as reader:
        writer = PlanWriter(pruned, header=reader.header)
        for plan in reader:
            writer.write(FramePlan(_without(plan.seen, [t.boxes[plan.index] for t in left if plan.index in t.boxes])))
        writer.finish()
    for event in clean(Job(source, output, resolve({"overwrite": True}), from_plan=pruned)):
        if isinstance(event, Failed):
            raise event.error
    for event in audit(source, output):
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, Audited):
            with PlanReader(plan_path(output)) as reader:
                return list(reader), event.result
    raise AssertionError("the audit gave no result")


def _without(seen: Observation, boxes: list[tuple[float, float, float, float]]) -> Observation:
    """The observation without what was seen of some objects."""
    found = seen.detections
    keep = np.ones(len(found), bool)
    for box in boxes:
        x1, y1, x2, y2 = box
        centre = (found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2
        inside = (centre > (x1, y1)).all(1) & (centre < (x2, y2)).all(1)
        keep &= ~(inside | (iou(found.xyxy, np.array([box]))[:, 0] > 0.15))
    return dataclasses.replace(seen, detections=found[keep])


def score(
    truth: ClipTruth, left: list[TrueTrack], plans: list[FramePlan], result: AuditResult, rows: list[dict[str, object]]
) -> np.ndarray:
    """Clear tracks of size, those listed, findings that are right, wrong and neither."""
    found = [f for f in result.findings if f.code == "clear-object"]
    sized = [t for t in left if _largest_px(t) >= LEAST_PX and _is_clear(t, plans, truth.size)]
    listed = [any(_shows(f, t) for f in found) for t in sized]
    counts = np.array([len(sized), sum(listed), 0, 0, 0])
    for finding in found:
        verdict = _verdict(truth, finding)
        counts[{"right": 2, "wrong": 3, "neither": 4}[verdict]] += 1
        rows.append({"clip": truth.clip, "verdict": verdict, **finding.as_dict()})
    for track, is_listed in zip(sized, listed, strict=True):
        if not is_listed:
            rows.append({"clip": truth.clip, "missed": track.id, "kind": track.kind, "px": _largest_px(track),
                         "legible": [min(track.legible), max(track.legible)]})  # fmt: skip
    return counts


def _is_clear(track: TrueTrack, plans: list[FramePlan], size: tuple[int, int]) -> bool:
    """Whether, in half of its legible frames, regions and their soft edges touch a fifth of it at most.

    In a crowd a neighbour's region hides a face as well.
    """
    shares = [
        _touched(track.boxes[plan.index], plan, size)
        for plan in plans
        if plan.index in track.legible and plan.index in track.boxes
    ]
    return bool(shares) and float(np.mean(np.array(shares) < 0.2)) >= 0.5


def _touched(box: tuple[float, float, float, float], plan: FramePlan, size: tuple[int, int]) -> float:
    x1, y1, x2, y2 = (max(0, round(v)) for v in box)
    touched = np.zeros((y2 - y1, x2 - x1), bool)
    for region in plan.regions:
        place = footprint(region.xyxy, size=size, shape=DEFAULT_SHAPES.get(region.kind, BOX), feather=resolve().feather)
        if place is None:
            continue
        left, top, right, bottom = place.window
        inner = max(left, x1), max(top, y1), min(right, x2), min(bottom, y2)
        if inner[0] < inner[2] and inner[1] < inner[3]:
            mask = footprint_mask(place)[inner[1] - top : inner[3] - top, inner[0] - left : inner[2] - left]
            touched[inner[1] - y1 : inner[3] - y1, inner[0] - x1 : inner[2] - x1] |= mask > 0
    return float(touched.mean()) if touched.size else 1.0


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


def _verdict(truth: ClipTruth, finding: Finding) -> str:
    if any(_shows(finding, track) for track in truth.tracks):
        return "right"
    if finding.kind not in truth.kinds or max(_overlaps(finding, dict(truth.ignore)), default=0.0) > 0.4:
        return "neither"
    return "wrong"


if __name__ == "__main__":
    main()
