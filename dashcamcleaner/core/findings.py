"""What the audit saw: findings, checks and the status that follows from them. Pure; `audit.audit` fills it.

Three statuses, each with its exit status (`EXIT_CODES`):

- FAIL: something is legible, or the output is not the clip that was asked for.
- NEEDS REVIEW: a person has to look; also whenever a check could not run, or nothing at all was hidden. What may be a
  poster or a toy is to review, too.
- PASS: every check ran, at least one object was hidden, and nothing was found. It does not prove that nothing is
  there: each `Check` says what it looked at and what that shows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.errors import FAIL_EXIT, REVIEW_EXIT
from dashcamcleaner.messages import as_message, joined, msg

__all__ = ["EXIT_CODES", "AuditResult", "Check", "Finding", "Severity", "Status", "judge", "upper_bound"]


class Status(StrEnum):
    """What an audit comes to."""

    PASS = "PASS"
    NEEDS_REVIEW = "NEEDS REVIEW"
    FAIL = "FAIL"


EXIT_CODES: dict[str, int] = {Status.PASS: 0, Status.NEEDS_REVIEW: REVIEW_EXIT, Status.FAIL: FAIL_EXIT}


class Severity(StrEnum):
    """What a finding does to the status."""

    FAIL = "fail"
    REVIEW = "review"
    NOTE = "note"
    """Worth knowing; asked for, or without harm."""


@dataclass(slots=True)
class Finding:
    """One thing that the audit saw.

    Args:
        check: name of the check that saw it, see `Check`.
        code: what it is, for programs: ``clear-object``, ``audio-shift``, ... (`core.finding_table`).
        severity: what it does to the status.
        message: one sentence for people.
        kind: the kind of the object, empty where none is concerned.
        first_frame, last_frame: the span, -1 where it concerns the whole file.
        start_s, end_s: the same in seconds.
        boxes: frame -> ``x1, y1, x2, y2``, upright full-size pixels.
        legible: 0-1, how readable it would be (size and sharpness).
        doubt: 0-1, how far it is doubtful that this is hidden and harmless.
        track: the plan's track that is concerned, None where there is none.
        evidence: figures behind it.
    """

    check: str
    code: str
    severity: Severity
    message: str
    kind: str = ""
    first_frame: int = -1
    last_frame: int = -1
    start_s: float = 0.0
    end_s: float = 0.0
    boxes: dict[int, tuple[float, float, float, float]] = field(default_factory=dict)
    legible: float = 1.0
    doubt: float = 1.0
    track: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def harm(self) -> float:
        """Legible times uncertain: what a list is sorted by."""
        return self.legible * self.doubt

    @property
    def when(self) -> str:
        """The span for people, empty where it concerns the whole file."""
        if self.first_frame < 0:
            return ""
        if self.first_frame == self.last_frame:
            return msg("{time} (frame {first_frame})", time=format_seconds(self.start_s), first_frame=self.first_frame)
        return msg(
            "{time}-{time2} (frames {first_frame}-{last_frame})",
            time=format_seconds(self.start_s),
            time2=format_seconds(self.end_s),
            first_frame=self.first_frame,
            last_frame=self.last_frame,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, rounded."""
        data = dataclasses.asdict(self)
        data["severity"] = self.severity.value
        data["harm"] = round(self.harm, 3)
        data["boxes"] = {str(i): [round(v, 1) for v in box] for i, box in sorted(self.boxes.items())}
        data["start_s"], data["end_s"] = round(self.start_s, 3), round(self.end_s, 3)
        data["legible"], data["doubt"] = round(self.legible, 3), round(self.doubt, 3)
        return data


@dataclass(slots=True)
class Check:
    """One check, whether it ran, and what that shows.

    Args:
        name: ``media``, ``audio``, ``leftovers``, ``pixels``, ``search-face``, ...
        title: the name that people read.
        ran: False makes the status NEEDS REVIEW at best.
        why_not: why it could not run, with the way out.
        looked_at: how many things were looked at.
        sampled: they stand for more of their kind, so that finding nothing leaves a doubt that can be told.
        unit: what they are: ``frames``, ``regions``, ``plates readable in the source``, ...
        found: how many of them were bad.
    """

    name: str
    title: str
    ran: bool = True
    why_not: str = ""
    looked_at: int = 0
    unit: str = "frames"
    found: int = 0
    sampled: bool = False

    @property
    def description(self) -> str:
        """What the check shows, and what not."""
        if not self.ran:
            return msg("not done: {why_not}", why_not=self.why_not)
        if not self.looked_at:
            return msg("there was nothing to look at (0 {unit}), so this shows nothing", unit=as_message(self.unit))
        unit = as_message(self.unit)
        if self.found:
            return msg("{found} wrong of {looked_at} {unit}", found=self.found, looked_at=self.looked_at, unit=unit)
        # "0 of 3667" would read as if nothing were right.
        text = msg("nothing wrong in {looked_at} {unit}", looked_at=self.looked_at, unit=unit)
        if not self.sampled:
            return text
        chance = msg(
            "were they drawn by chance, the true share would be below {upper_bound:.1%} (95 %)",
            upper_bound=upper_bound(self.looked_at),
        )
        return joined((text, chance), "; ")

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**dataclasses.asdict(self), "told": self.description}


def upper_bound(looked_at: int) -> float:
    """The share that 0 hits in so many looks still allows, with 95 % confidence (Clopper-Pearson, one-sided)."""
    return 1.0 - 0.05 ** (1.0 / looked_at) if looked_at > 0 else 1.0


@dataclass(slots=True)
class AuditResult:
    """One audit. `as_dict` is what ``--json`` prints and what stands in the report under ``audit``.

    Args:
        source, output: what was compared.
        plan: the plan that was used, None without.
        status: what the audit comes to, see the module.
        reasons: why, one sentence each.
        findings: most harmful first.
        checks: all, done or not.
        frames: frames compared.
        rounds: how often the output was rendered again to fix what was found.
        fixes: what was added to the edits, one line each.
        detectors: what looked, for people.
    """

    source: str
    output: str
    plan: str | None = None
    status: Status = Status.NEEDS_REVIEW
    reasons: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    frames: int = 0
    rounds: int = 0
    fixes: list[str] = field(default_factory=list)
    detectors: list[str] = field(default_factory=list)
    output_sha256: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def exit_code(self) -> int:
        """The exit status of the command line that this status leads to."""
        return EXIT_CODES[self.status]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; no pictures."""
        data = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        data["status"] = self.status.value
        data["exit_code"] = self.exit_code
        data["findings"] = [finding.as_dict() for finding in self.findings]
        data["checks"] = [check.as_dict() for check in self.checks]
        return data


_RANK = {Severity.FAIL: 0, Severity.REVIEW: 1, Severity.NOTE: 2}


def judge(
    findings: Iterable[Finding], *, checks: Sequence[Check], hidden_regions: int
) -> tuple[Status, list[str], list[Finding]]:
    """The status, its reasons, and the findings, most harmful first.

    Args:
        findings: the findings of all checks.
        checks: done or not.
        hidden_regions: how many regions the output hides, counted over all frames; zero is never a PASS.
    """
    ordered = sorted(findings, key=lambda f: (_RANK[f.severity], -f.harm, f.start_s))
    failed = [f for f in ordered if f.severity is Severity.FAIL]
    review = [f for f in ordered if f.severity is Severity.REVIEW]
    reasons = [_sentence(f) for f in (*failed, *review)[:8]]
    if len(failed) + len(review) > len(reasons):
        reasons.append(msg("... and {count} more findings.", count=len(failed) + len(review) - len(reasons)))
    missing = [c for c in checks if not c.ran]
    reasons += [
        msg("{check}: not done, {why_not}.", check=as_message(c.title), why_not=c.why_not.rstrip(".")) for c in missing
    ]
    if not hidden_regions:
        reasons.append(
            msg("Nothing at all was hidden: either nobody is in the clip, or nothing was seen. Look at it yourself.")
        )
    if failed:
        return Status.FAIL, reasons, ordered
    if review or missing or not hidden_regions:
        return Status.NEEDS_REVIEW, reasons, ordered
    return Status.PASS, [msg("All checks ran and found nothing; what that shows stands beside each check.")], ordered


def _sentence(finding: Finding) -> str:
    return msg("{when}: {finding}", when=finding.when, finding=finding.message) if finding.when else finding.message
