"""The audit: an independent second look at what came out. Asked for by ``clean --audit`` and ``dashcamcleaner audit``.

    source + output ─► container: files compared
                    └► decode both ─► align: paired by time ─► compare, region_checks (every frame) ─┐
                                                            └► search, readback (sampled frames) ────┴► AuditResult

Like `clean`, an audit is a generator of events, and closing it ends it. It reads both files and the plan, and writes
nothing.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dashcamcleaner.audit.audio import audio_offset_s, audio_shift_s
from dashcamcleaner.audit.container import examine
from dashcamcleaner.audit.contents import ContainerContents, compare_contents
from dashcamcleaner.audit.frame_audit import FrameAuditor
from dashcamcleaner.audit.frame_pairing import paired
from dashcamcleaner.audit.kept import KeptPersons
from dashcamcleaner.audit.models import FACES, OWN, AuditModels, open_models
from dashcamcleaner.core.edit_types import Edit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Audited, Event, Failed, Progress, Started, Warned
from dashcamcleaner.core.finding_table import checked, found, not_checked
from dashcamcleaner.core.findings import AuditResult, Check, Finding, Severity, judge
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.errors import DashcamCleanerError, PlanError
from dashcamcleaner.messages import joined, msg
from dashcamcleaner.os_errors import as_our_error
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job_edits import clear_note
from dashcamcleaner.pipeline.one_picture import open_frames
from dashcamcleaner.pipeline.plan_check import examine_plan
from dashcamcleaner.pipeline.plan_file import find_plan, is_plan_of, read_header
from dashcamcleaner.pipeline.plan_settings import settings_for_audit
from dashcamcleaner.pipeline.progress import ProgressMeter
from dashcamcleaner.pipeline.writer import side_mode
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.report.data import write_reports
from dashcamcleaner.settings import Settings

__all__ = ["audit", "audit_run"]

log = logging.getLogger(__name__)


def audit(
    source: Path,
    output: Path,
    *,
    plan: Path | None = None,
    settings: Settings | None = None,
    accepted: Collection[str] = (),
    said: Sequence[Edit] = (),
    models: ModelPool | None = None,
    control: Control | None = None,
) -> Iterator[Event]:
    """Look at an output again.

    Yields `Started`, `Progress` and `Warned`, then exactly one of `Audited` and `Failed`.

    Args:
        source: what was cleaned.
        output: what came of it.
        plan: the plan of the run; the one beside the output when None. Without a plan,
            what changed tells where regions are.
        settings: the settings of the run; the audit's own when None, see `pipeline.plan_settings`.
        accepted: the SHA-256 of plans and edits that a person has said yes to although they were not made here.
        said: edits that the run was given for this once, which stand in no file.
        models: where detectors and the text reader come from; None: the process's own pool.
        control: pauses and cancels; may be None.
    """
    try:
        yield from _audit(
            source,
            output,
            plan=plan,
            settings=settings,
            accepted=accepted,
            said=said,
            models=models or shared_pool(),
            control=control or Control(),
        )
    except Exception as error:  # the border: whatever it was reaches the asker as one object
        ours = as_our_error(error, source=output)
        if ours is not error and type(ours) is DashcamCleanerError:  # a fault of ours; a full disk is none
            log.exception("the audit of %s failed", output)
        yield Failed(ours)


def audit_run(
    summary: RunSummary,
    *,
    settings: Settings,
    models: ModelPool,
    control: Control,
    accepted: Collection[str] = (),
    said: Sequence[Edit] = (),
) -> Iterator[Event]:
    """The audit at the end of a run: fills ``summary.audit`` and passes progress and warnings on.

    An audit that cannot be done does not undo the run: it is told, and the status is NEEDS REVIEW.
    """
    plan = Path(summary.plan) if summary.plan else None
    thumbnails: dict[int, bytes] = {}
    source, output = Path(summary.source), Path(summary.output)
    for event in audit(
        source, output, plan=plan, settings=settings, accepted=accepted, said=said, models=models, control=control
    ):
        if isinstance(event, Audited):
            summary.audit = event.result.as_dict()
            thumbnails = event.thumbnails
        elif isinstance(event, Failed):
            missing = not_checked("audit", event.error.message)
            status, reasons, _ = judge([], checks=[missing], hidden_regions=1)
            result = AuditResult(summary.source, summary.output, status=status, reasons=reasons, checks=[missing])
            summary.audit = result.as_dict()
            yield Warned(msg("The audit could not be done: {error}", error=event.error.message), event.error.hint)
        elif isinstance(event, Progress | Warned):
            yield event
    mode = side_mode(settings, Path(summary.source))
    write_reports(summary, thumbnails=thumbnails, about_source=settings.report_source, mode=mode)


def _audit(
    source: Path,
    output: Path,
    *,
    plan: Path | None,
    settings: Settings | None,
    accepted: Collection[str],
    said: Sequence[Edit],
    models: ModelPool,
    control: Control,
) -> Iterator[Event]:
    begun = (time.monotonic(), time.process_time())
    result = AuditResult(str(source), str(output))
    known, warnings = _find_plan(source, output, plan, accepted, result)
    if settings is None:
        settings = settings_for_audit(known)
    track = (read_header(known).video_track if known is not None else None) or settings.video_track
    (before, source_frames), (after, output_frames) = open_frames(source, video_track=track), open_frames(output)
    edits, notes = _edits_of(known, accepted)
    edits = edits.joined(Edits(tuple(said)))
    warnings += notes
    with contextlib.ExitStack() as stack:
        audit_models = open_models(settings, upright_size=after.upright_size, models=models)
        result.detectors = audit_models.descriptions
        result.checks += audit_models.missing
        yield Started(
            str(source),
            str(output),
            before.frames,
            msg("audit: {models}", models=joined(audit_models.descriptions, "; ")),
        )
        for sentence in (*warnings, *edits.warnings):
            yield Warned(sentence)
        for check in audit_models.missing:
            yield Warned(msg("{check}: not done, {why_not}.", check=check.title, why_not=check.why_not))
        findings = list(_compare_files(source, output, settings, result, video=before.video))
        findings += _compare_pictures(before, after)
        auditor = FrameAuditor(audit_models, info=before, output_info=after, plan=known, settings=settings)
        stack.callback(auditor.close)
        meter = ProgressMeter("audit", frames=before.frames, clock=control.working_s)
        pairs = paired(iter(stack.enter_context(source_frames)), iter(stack.enter_context(output_frames)))
        for one, other in pairs:
            control.wait_while_paused()
            counts = auditor.push(one, other)
            at = one or other
            assert at is not None
            if progress := meter.advance(counts, time_s=at.time.seconds):
                yield progress
        findings += auditor.findings(result)
        findings += _search_cover(audit_models, output, settings)
    respected = _respect(edits, findings, KeptPersons(known, edits))
    result.checks = _without_respected(result.checks, findings, respected)
    findings = [*respected, *_not_applied(edits)]
    result.status, result.reasons, result.findings = judge(
        findings, checks=result.checks, hidden_regions=auditor.hidden_regions
    )
    result.output_sha256 = file_sha256(output)
    result.wall_s, result.cpu_s = time.monotonic() - begun[0], time.process_time() - begun[1]
    yield Audited(result, auditor.thumbnails(result.findings))


def _find_plan(
    source: Path, output: Path, plan: Path | None, accepted: Collection[str], result: AuditResult
) -> tuple[Path | None, list[str]]:
    """The plan to go by, if it is of this source and made here or accepted, and what to tell about it."""
    path = plan or find_plan(output)
    if not path.exists():
        if plan is not None:
            raise PlanError(msg("There is no plan {plan}.", plan=plan), hint="Leave --plan out to look without one.")
        return None, [msg("There is no plan beside the output: where regions are is told from what changed.")]
    if not is_plan_of(read_header(path), source):
        if plan is not None:
            raise PlanError(
                msg("The plan {path} belongs to another clip than {source}.", path=path.name, source=source.name)
            )
        return None, [msg("The plan {path} beside the output belongs to another clip and is not used.", path=path.name)]
    state = examine_plan(path)
    if not state.counts(accepted):
        told = msg("The plan {path} was not made here, or was changed since: the audit does not go by it.", path=path)
        return None, [msg("{told} If you know it: --accept-plan {sha256}.", told=told, sha256=state.sha256)]
    result.plan = str(path)
    return path, [] if state.sealed else [
        msg("The plan {path} was not made here; you accepted it by its hash.", path=path)
    ]


def _edits_of(plan: Path | None, accepted: Collection[str]) -> tuple[Edits, list[str]]:
    """The edits that the audit respects, and what to tell: what others left clear excuses nothing."""
    if plan is None:
        return Edits(), []
    file = EditsFile.beside(plan)
    file.accept(*accepted)
    edits = file.read(missing_ok=True)
    if file.is_misfit:
        told = msg(
            "The edits {path} speak of the tracks of another plan: the audit does not go by what they say of them.",
            path=file.path,
        )
        rest = edits.without_tracks
        return rest if file.is_sealed else rest.without_uncovering, [told]
    if file.is_foreign:
        told = msg(
            "The edits {path} were not made here ({yes_note}): the audit does not go by them.",
            path=file.path,
            yes_note=edits.yes_note,
        )
        return edits.without_uncovering, [told]
    return edits, [clear_note(file, edits)] if edits.uncovering else []


def _not_applied(edits: Edits) -> Iterator[Finding]:
    """What a newer version may have been asked to hide was not hidden by this one: a person has to look."""
    for sentence in edits.warnings:
        yield found("edits-unknown", {"more": f" {sentence}"})


def _compare_files(
    source: Path, output: Path, settings: Settings, result: AuditResult, *, video: int
) -> Iterator[Finding]:
    """Streams, tags, audio, and what stands beside the video stream."""
    before, after = examine(source, video=video, written=False), examine(output)
    muted = settings.audio == "mute"
    findings = compare_contents(before, after, keep=settings.keep, muted=muted)
    yield from findings
    by_ear, compared = [], 0
    for number, (one, other) in enumerate(zip(before.audio, after.audio, strict=False), 1):
        compared += 1
        if muted or audio_shift_s(one, other) is not None:
            continue
        heard = audio_offset_s(source, output, source_stream=one.stream, output_stream=other.stream)
        if heard is None or heard[1] < 0.5:
            by_ear.append(found("audio-unknown", {"number": number}))
        elif abs(heard[0]) > _MOST_HEARD_SHIFT_S:
            by_ear.append(found("audio-shift", {"number": number, "shift_ms": heard[0] * 1000}))
    yield from by_ear
    findings += by_ear
    for name, looked_at in (("audio", compared), ("leftovers", _things_beside(after))):
        bad = sum(f.check == name and f.severity is not Severity.NOTE for f in findings)
        result.checks.append(checked(name, looked_at=looked_at, found=bad))


_MOST_HEARD_SHIFT_S = 0.03


def _things_beside(facts: ContainerContents) -> int:
    return (
        len(facts.video_streams) + len(facts.other_streams) + len(facts.audio) + len(facts.tags) + len(facts.pictures)
    )


def _compare_pictures(before: MediaInfo, after: MediaInfo) -> Iterator[Finding]:
    if before.upright_size != after.upright_size:
        (w, h), (w2, h2) = before.upright_size, after.upright_size
        # Encoders of 4:2:0 need even sizes: one line more or less is told as such.
        odd = abs(w - w2) <= 1 and abs(h - h2) <= 1
        severity = Severity.NOTE if odd else Severity.FAIL
        yield found("size", {"before": f"{w}x{h}", "after": f"{w2}x{h2}"}, severity=severity)
    if before.sample_aspect != after.sample_aspect and before.sample_aspect and after.sample_aspect:
        yield found("aspect", {"before": before.sample_aspect, "after": after.sample_aspect})


def _search_cover(audit_models: AuditModels, output: Path, settings: Settings) -> Iterator[Finding]:
    """Faces and plates on a cover that was asked for: it must be as clean as the video stream."""
    if "cover" not in settings.keep:
        return  # a picture that nobody asked for is a failure whatever it shows
    for picture in examine(output).pictures:
        if picture.pixels is None:
            yield found("cover-unread", {"where": picture.where})
            continue
        seen = audit_models.search_picture(picture.pixels)
        for kind in sorted({s.kind for s in seen}):
            best = max(s.score for s in seen if s.kind == kind)
            severity = Severity.FAIL if best > 0.5 else Severity.REVIEW
            words = {"where": picture.where, "kind": rules_of(kind).noun, "score": best}
            yield found("cover-object", words, severity=severity, kind=kind)


def _without_respected(
    checks: Sequence[Check], findings: Sequence[Finding], respected: Sequence[Finding]
) -> list[Check]:
    """The checks that count what was found, without what was left clear on purpose and is a note now."""
    kept = [
        finding
        for finding, now in zip(findings, respected, strict=True)
        if now.severity is Severity.NOTE and finding.severity is not Severity.NOTE
    ]
    counted = []
    for check in checks:
        view = {"search-own": OWN, "search-face": FACES}.get(check.name)
        less = sum(view in finding.evidence.get("scores", {}) for finding in kept) if view else 0
        counted.append(replace(check, found=max(0, check.found - less)))
    return counted


def _respect(edits: Edits, findings: list[Finding], persons: KeptPersons) -> list[Finding]:
    """What a person left clear on purpose is no failure; where that cannot be told apart, it is to review.

    Persons can be told apart by the plan: who was kept is listed, and any other visible face stays a finding.
    """
    if not edits.uncovering:
        return findings
    kept = []
    for finding in findings:
        if finding.code == "clear-object":
            finding = persons.judged(finding)
            at = list(finding.boxes.values())
            inside = any(
                zone.holds(finding.start_s) and all(zone.contains(box) for box in at) for zone in edits.clear_zones
            )
            if inside:
                finding = replace(
                    finding,
                    severity=Severity.NOTE,
                    message=finding.message + msg(" It lies in an area excluded by hand."),
                )
            elif finding.severity is Severity.FAIL and (edits.keep or edits.keep_spans or edits.drop or edits.only):
                finding = replace(
                    finding, severity=Severity.REVIEW,
                    message=finding.message + msg(" Tracks were left clear by hand: it may be one of them."),
                )  # fmt: skip
        kept.append(finding)
    return kept
