"""What a report comes to, in plain words: the verdict, what to do now, and where to look. Made from the report's dict.

The words promise no more than was done: regions were hidden, places were looked at; nobody is called unrecognisable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashcamcleaner.core.kinds import count_text
from dashcamcleaner.messages import counted, joined, msg

__all__ = ["NOTHING_LOOKED_FOR", "Verdict", "nothing_looked_for", "verdict_of"]

NOTHING_LOOKED_FOR = msg("nothing looked for")
"""What a page calls an output of a run that was to hide nothing, such as a mere cut: "cleaned" would promise more."""

_ALL_REGIONS = "pixels"
"""The check that looks at every region in every frame."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The head of a page.

    Args:
        mood: ``pass``, ``review``, ``fail`` or ``note``; decides the colour, and the sign beside the words.
        headline: one or two sentences.
        steps: what to do now, a sentence each; code stands between backticks.
        places: indices of the findings to look at, the worst first.
    """

    mood: str
    headline: str
    steps: tuple[str, ...]
    places: tuple[int, ...]

    @property
    def sign(self) -> str:
        """A character that tells the mood without its colour."""
        return {"pass": "✓", "review": "!", "fail": "✗"}.get(self.mood, "i")


def nothing_looked_for(report: Mapping[str, Any]) -> bool:
    """Whether a run made the output, and was asked to hide no kind; a report that the audit began tells of no run."""
    return not report.get("kinds") and bool(report.get("versions"))


def verdict_of(report: Mapping[str, Any]) -> Verdict:
    """The verdict on one clip.

    Args:
        report: what stands in the JSON beside the output.
    """
    audit = report.get("audit") or {}
    findings = audit.get("findings") or []
    places = tuple(n for n, finding in enumerate(findings) if finding["severity"] != "note")
    open_places = sum(finding["severity"] == "fail" for finding in findings)
    partial = report.get("status") == "partial"
    hidden = _regions(report)
    if not audit:
        return _without_audit(report, hidden=hidden, partial=partial)
    headline = _NOT_LOOKED_FOR if nothing_looked_for(report) else _told_hidden(audit, hidden=hidden)
    if audit.get("status") == "FAIL":
        first = msg("Do not publish this yet.")
        if not open_places:
            return Verdict("fail", first, _STEPS_FAIL, places)
        what = counted("{n:,} place is not as asked for.", "{n:,} places are not as asked for.", open_places)
        return Verdict("fail", joined((first, what)), _STEPS_FAIL, places)
    if audit.get("status") == "NEEDS REVIEW":
        rest = counted("{n:,} place deserves a look.", "{n:,} places deserve a look.", len(places))
        if not places:
            rest = msg("Not every check could say something: see below.")
        steps = (*(_STEPS_PLACES if places else ()), *_steps_missing(audit), _LOOK_ONCE_REVIEW)
        return Verdict("review", joined((headline, rest)), steps, places)
    if partial:
        return Verdict("review", joined((headline, _DAMAGED)), _STEPS_LOOK, places)
    return Verdict("pass", joined((headline, msg("The second look found nothing."))), _STEPS_LOOK, places)


_DAMAGED = msg("A part of the source was damaged or could not be gone by.")
_STEPS_FAIL = (
    msg("Open the clip in the window's review and go to the places below; draw what is open, then render again."),
    msg("Or let it be hidden: `dashcamcleaner audit SOURCE OUTPUT --fix`."),
    msg("Then audit again."),
)
_STEPS_PLACES = (msg("Go to the places below, in the window's review or in your player, and decide."),)
_LOOK_ONCE_REVIEW = msg("Look once at the whole clip before you publish it.")
_AUDIT_AGAIN = msg("Then have it looked at again: `dashcamcleaner audit SOURCE OUTPUT`.")
_NOT_LOOKED_FOR = msg("Nothing was looked for, as asked: faces and plates stand as they stood.")
_LOOK_ONCE = msg("Look once at the whole clip before you publish it: no tool finds everything.")
_STEPS_LOOK = (_LOOK_ONCE,)
_STEPS_CLEAN = (
    msg("Whoever may not be recognised has to be hidden before you publish it: `dashcamcleaner clean FILE`."),
)
_STEPS_AUDIT = (msg("Have it looked at again, independently: `dashcamcleaner audit SOURCE OUTPUT`."), _LOOK_ONCE)


def _without_audit(report: Mapping[str, Any], *, hidden: int, partial: bool) -> Verdict:
    if nothing_looked_for(report):
        return Verdict("note", joined((_NOT_LOOKED_FOR, _DAMAGED)) if partial else _NOT_LOOKED_FOR, _STEPS_CLEAN, ())
    if not report.get("kinds"):
        return Verdict("note", msg("Nobody has looked at this output yet."), _STEPS_AUDIT, ())
    if not hidden:
        return Verdict("review", msg("Nothing was found to hide."), _STEPS_AUDIT, ())
    tracks = [
        count_text(name, int(kind["tracks"]))
        for name, kind in report["kinds"].items()
        if isinstance(kind, Mapping) and kind.get("tracks")
    ]
    what = joined(tracks, msg(" and ")) if tracks else counted("{n:,} region", "{n:,} regions", hidden)
    first = msg("Hidden: {what}.", what=what)
    if partial:
        return Verdict("review", joined((first, _DAMAGED)), _STEPS_AUDIT, ())
    rest = msg("The result was not looked at a second time.")
    return Verdict("note", joined((first, rest)), _STEPS_AUDIT, ())


def _steps_missing(audit: Mapping[str, Any]) -> tuple[str, ...]:
    """What to install, or else to do, for the checks that could not be done."""
    why = dict.fromkeys(
        str(check.get("why_not") or "").rstrip(".") for check in audit.get("checks") or () if not check.get("ran", True)
    )
    told = tuple(msg("A check could not be done: {why_not}.", why_not=one) for one in why if one)
    return (*told, _AUDIT_AGAIN) if told else ()


def _told_hidden(audit: Mapping[str, Any], *, hidden: int) -> str:
    """How many regions were looked at in the output and found hidden."""
    for check in audit.get("checks") or ():
        if check.get("name") == _ALL_REGIONS and check.get("ran") and check.get("looked_at"):
            looked_at, wrong = int(check["looked_at"]), int(check.get("found") or 0)
            if not wrong:
                return counted("The only region is hidden.", "All {n:,} regions are hidden.", looked_at)
            return counted(
                "{right:,} of {n:,} region is hidden.",
                "{right:,} of {n:,} regions are hidden.",
                looked_at,
                right=looked_at - wrong,
            )
    if not hidden:
        return msg("Nothing was hidden.")
    return counted("{n:,} region was hidden.", "{n:,} regions were hidden.", hidden)


def _regions(report: Mapping[str, Any]) -> int:
    return sum(int(kind.get("regions") or 0) for kind in (report.get("kinds") or {}).values())
