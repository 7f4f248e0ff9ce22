"""``--fix``: what the audit found goes into the edits as regions, the clip is rendered again from its plan, and audited
again. The source is never touched; every line added to ``NAME.edits.jsonl`` says that the audit wrote it, so deleting
these lines and rendering from the plan undoes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from dashcamcleaner.audit.audit import audit, settings_of_plan
from dashcamcleaner.core.edits import EDITS_VERSION
from dashcamcleaner.core.events import Audited, Event, Failed, Progress, Started, Warned
from dashcamcleaner.core.findings import AuditResult, Finding, Severity, Status
from dashcamcleaner.errors import OutputError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.build import growth_per_kind
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.edits_file import edits_path
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader
from dashcamcleaner.planning.regions import growth_of
from dashcamcleaner.review.follow import follow_box
from dashcamcleaner.review.preview import ClipPreview
from dashcamcleaner.settings import Settings

__all__ = ["audit_and_fix"]

_BY_RENDERING = frozenset(
    {"region-clear", "region-partly", "region-weak", "frame-lost", "frame-added", "other-frame", "size", "damaged",
     "extra-film", "cover", "thumbnail", "position", "data-stream", "location", "tag", "sound-shift", "sound-tracks",
     "sound-cut", "changed-outside", "no-picture", "length"}
)  # fmt: skip
"""Faults of the file rather than of the plan: a fresh rendering does not have them."""

_BEYOND_S = 0.7
"""How far an object is followed beyond its sightings: as long as a track may be filled, and a little more."""

Box = tuple[float, float, float, float]


def audit_and_fix(
    source: Path,
    output: Path,
    *,
    plan: Path | None = None,
    rounds: int = 2,
    control: Control | None = None,
) -> Iterator[Event]:
    """Audit; while something is found that a rendering can mend, mend it and audit again.

    Yields as `audit` does; the `Audited` at the end is of the last round and tells what was done.

    Args:
        source, output, plan: as for `audit`. Without a plan nothing can be rendered again.
        rounds: how often at most the output is rendered again.
        control: pauses and cancels; may be None.
    """
    fixes: list[str] = []
    done = 0
    while True:
        last: Audited | None = None
        for event in audit(source, output, plan=plan, control=control):
            if isinstance(event, Audited):
                last = event
            elif not (isinstance(event, Started) and done):
                yield event
            if isinstance(event, Failed):
                return
        assert last is not None
        last.result.rounds, last.result.fixes = done, list(fixes)
        if last.result.status is Status.PASS or done >= rounds or not _can_mend(last.result):
            yield last
            return
        if last.result.plan is None:
            yield Warned("There is no plan to render again from; nothing was fixed.", "Clean the clip again.")
            yield last
            return
        plan = Path(last.result.plan)
        settings = settings_of_plan(plan)
        done += 1
        added = _add_regions(source, plan, last.result.findings, settings=settings, number=done)
        fixes += added or [f"round {done}: rendered again from the plan"]
        for event in clean(Job(source, output, settings.replaced(overwrite=True), from_plan=plan), control=control):
            if isinstance(event, Progress | Warned):
                yield event
            elif isinstance(event, Failed):
                yield event
                return
        plan = None if plan.parent == output.parent else plan  # the rendering wrote its plan beside the output


def _can_mend(result: AuditResult) -> bool:
    return any(
        (finding.code in _BY_RENDERING or finding.code == "clear-object") and finding.severity is not Severity.NOTE
        for finding in result.findings
    )


def _add_regions(
    source: Path, plan: Path, findings: Sequence[Finding], *, settings: Settings, number: int
) -> list[str]:
    """Write a region for every object left clear; gives one sentence for each."""
    clear = [f for f in findings if f.code == "clear-object" and f.severity is not Severity.NOTE and f.boxes]
    if not clear:
        return []
    growth = growth_per_kind(settings)
    lines, told = [], []
    with PlanReader(plan) as reader:
        track = reader.header.video_track
    with ClipPreview(source, video_track=track) as clip:
        for finding in clear:
            keys = _keys(clip, finding)
            factors = growth_of(growth, finding.kind)
            rows = [[round(at, 4), *_grown(box, factors)] for at, box in keys]
            if len(rows) == 1:  # a single frame: a region needs a span
                rows.append([round(rows[0][0] + 0.0005, 4), *rows[0][1:]])
            row = {"edit": "region", "keys": rows, "kind": finding.kind, "by": "audit", "round": number}
            lines.append(json.dumps(row, separators=(",", ":")))
            told.append(f"round {number}: a {finding.kind} hidden from {rows[0][0]:.2f} s to {rows[-1][0]:.2f} s")
    _append(edits_path(plan), lines)
    return told


def _keys(clip: ClipPreview, finding: Finding) -> list[tuple[float, Box]]:
    """Where the object is: at its sightings, and as far before and after as it can be followed."""
    times, base = clip.times, clip.info.time_base
    frames = [index for index in sorted(finding.boxes) if index < len(times)]
    seen = [(float(times[index] * base), finding.boxes[index]) for index in frames]
    ends = {}
    for index in {frames[0], frames[-1]}:
        ends[index] = follow_box(clip, times[index], finding.boxes[index], most_s=_BEYOND_S)
    before = [key for key in ends[frames[0]] if key[0] < seen[0][0] - 1e-4]
    after = [key for key in ends[frames[-1]] if key[0] > seen[-1][0] + 1e-4]
    return [*before, *seen, *after]


def _grown(box: Box, factors: tuple[float, float]) -> list[float]:
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * (factors[0] - 1) / 2, (y2 - y1) * (factors[1] - 1) / 2
    return [round(v, 1) for v in (x1 - dx, y1 - dy, x2 + dx, y2 + dy)]


def _append(path: Path, lines: Sequence[str]) -> None:
    try:
        fresh = not path.exists()
        with path.open("a", encoding="utf-8", newline="\n") as file:
            if fresh:
                file.write(json.dumps({"edits": "dashcamcleaner", "version": list(EDITS_VERSION)}) + "\n")
            file.writelines(line + "\n" for line in lines)
    except OSError as error:
        raise OutputError(f"The edits {path} cannot be written: {error.strerror}.") from error
