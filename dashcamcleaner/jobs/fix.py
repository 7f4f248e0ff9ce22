"""``--fix``: what the audit found goes into the edits, and the clip is rendered again from its plan and audited again.

The source is never touched. Every line added to ``NAME.edits.jsonl`` says that the audit wrote it, so deleting these
lines and rendering from the plan undoes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from dashcamcleaner.audit.audit import audit
from dashcamcleaner.core.edit_rows import Box, KeyFrame
from dashcamcleaner.core.edit_types import DrawnRegion
from dashcamcleaner.core.events import Audited, Event, Failed, Progress, Started, Warned
from dashcamcleaner.core.finding_table import FINDINGS
from dashcamcleaner.core.findings import AuditResult, Finding, Severity, Status
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import InputError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import as_our_error
from dashcamcleaner.pipeline.build import rules_per_kind
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.pipeline.plan_settings import settings_for_fixing
from dashcamcleaner.review.follow import follow_box
from dashcamcleaner.review.preview import ClipPreview
from dashcamcleaner.settings import Settings

__all__ = ["audit_and_fix"]

_BEYOND_S = 0.7
"""How far an object is followed beyond its sightings: as long as a track may be filled, and a little more."""


def audit_and_fix(
    source: Path,
    output: Path,
    *,
    plan: Path | None = None,
    rounds: int = 2,
    accepted: Collection[str] = (),
    models: ModelPool | None = None,
    control: Control | None = None,
) -> Iterator[Event]:
    """Audit; while something is found that a rendering can mend, mend it and audit again.

    Yields as `audit` does; the `Audited` at the end is of the last round and tells what was done.

    Args:
        source: what was cleaned, as for `audit`.
        output: what came of it, as for `audit`.
        plan: the run's plan, as for `audit`. Without a plan nothing can be rendered again.
        rounds: how often at most the output is rendered again.
        accepted: the hashes of plans and edits that a person has said yes to, as for `audit`.
        models: where detectors come from; None: the process's own pool.
        control: pauses and cancels; may be None.
    """
    fixes: list[str] = []
    done = 0
    base: Path | None = None
    while True:
        last: Audited | None = None
        for event in audit(source, output, plan=plan, accepted=accepted, models=models, control=control):
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
            yield Warned(msg("There is no plan to render again from; nothing was fixed."), msg("Clean the clip again."))
            yield last
            return
        base = base or Path(last.result.plan)
        done += 1
        try:
            settings = settings_for_fixing(base)
            added = _add_regions(source, base, last.result.findings, settings=settings, number=done, accepted=accepted)
        except Exception as error:  # the border, as in `clean`
            yield Failed(as_our_error(error, source=source))
            return
        fixes += added or [msg("round {done}: rendered again from the plan", done=done)]
        again = Job(source, output, settings.replaced(overwrite=True), from_plan=base, accepted=tuple(accepted))
        for event in clean(again, models=models, control=control):
            if isinstance(event, Progress | Warned):
                yield event
            elif isinstance(event, Failed):
                yield event
                return
        plan = plan_path(output)  # what was rendered stands there, wherever the plan lies that it was rendered from


def _can_mend(result: AuditResult) -> bool:
    bad = [finding.code for finding in result.findings if finding.severity is not Severity.NOTE]
    return any(FINDINGS[code].by_rendering or code == "clear-object" for code in bad)


def _add_regions(
    source: Path,
    plan: Path,
    findings: Sequence[Finding],
    *,
    settings: Settings,
    number: int,
    accepted: Collection[str],
) -> list[str]:
    """Write a region for every object left clear; gives one sentence for each."""
    clear = [f for f in findings if f.code == "clear-object" and f.severity is not Severity.NOTE and f.boxes]
    if not clear:
        return []
    file = EditsFile.beside(plan)
    file.accept(*accepted)
    file.require_accepted(file.read(missing_ok=True), how=msg("say so for this very file by"))
    rules = rules_per_kind(settings)
    added: list[DrawnRegion] = []
    sentences = []
    with PlanReader(plan) as reader:
        header, times = reader.header, [frame.time for frame in reader]
    with ClipPreview(source, video_track=header.video_track) as clip:
        for finding in clear:
            factors = rules[finding.kind].growth if finding.kind in rules else (1.0, 1.0)
            keys = [(round(at, 4), _grown(box, factors)) for at, box in _keys(clip, finding, times)]
            if not keys:  # of a picture that only the output has: rendering again takes it away
                continue
            if len(keys) == 1:  # a single frame: a region needs a span
                keys.append((round(keys[0][0] + 0.0005, 4), keys[0][1]))
            region = DrawnRegion(tuple(keys), finding.kind, by="audit", round=number)
            added.append(region)
            noun = rules_of(finding.kind).noun
            sentences.append(
                msg(
                    "round {number}: a {noun} hidden from {from_s:.2f} s to {to_s:.2f} s",
                    number=number,
                    noun=noun,
                    from_s=region.from_s,
                    to_s=region.to_s,
                )
            )
    if added:
        file.append(added)
    return sentences


def _keys(clip: ClipPreview, finding: Finding, times: Sequence[FrameTime]) -> list[KeyFrame]:
    """Where the object is: at its sightings, and as far before and after as it can be followed.

    Args:
        clip: the source.
        finding: its frames are counted as they were decoded, which packets are not.
        times: the times of the plan's frames, which were counted so, too.
    """
    frames = [index for index in sorted(finding.boxes) if 0 <= index < len(times)]
    if not frames:
        return []
    seen = [(times[index].seconds, finding.boxes[index]) for index in frames]
    ends: dict[int, list[KeyFrame]] = {}
    for index in {frames[0], frames[-1]}:
        try:
            ends[index] = follow_box(clip, times[index].pts, finding.boxes[index], most_s=_BEYOND_S)
        except InputError:  # a frame that cannot be reached by its time: what was seen is hidden all the same
            ends[index] = []
    before = [key for key in ends[frames[0]] if key[0] < seen[0][0] - 1e-4]
    after = [key for key in ends[frames[-1]] if key[0] > seen[-1][0] + 1e-4]
    return [*before, *seen, *after]


def _grown(box: Box, factors: tuple[float, float]) -> Box:
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * (factors[0] - 1) / 2, (y2 - y1) * (factors[1] - 1) / 2
    return round(x1 - dx, 1), round(y1 - dy, 1), round(x2 + dx, 1), round(y2 + dy, 1)
