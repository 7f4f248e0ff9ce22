"""What a report comes to, in plain words: the verdict, what to do now, and where to look. Made from the report's dict.

The words promise no more than was done: regions were hidden, places were looked at; nobody is called unrecognisable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Verdict", "verdict_of"]

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
    headline = _told_hidden(audit, hidden=hidden)
    if audit.get("status") == "FAIL":
        what = (
            f"{_count(open_places, 'place')} {'is' if open_places == 1 else 'are'} not as asked for."
            if open_places
            else ""
        )
        return Verdict("fail", f"Do not publish this yet. {what}".strip(), _STEPS_FAIL, places)
    if audit.get("status") == "NEEDS REVIEW":
        rest = (
            f"{_count(len(places), 'place')} {'deserves' if len(places) == 1 else 'deserve'} a look." if places else ""
        )
        rest = rest or "Not every check could say something: see below."
        return Verdict("review", f"{headline} {rest}", _STEPS_REVIEW, places)
    if partial:
        return Verdict(
            "review", f"{headline} A part of the source was damaged or could not be gone by.", _STEPS_LOOK, places
        )
    return Verdict("pass", f"{headline} The second look found nothing.", _STEPS_LOOK, places)


_STEPS_FAIL = (
    "Open the clip in the window's review and go to the places below; draw what is open, then render again.",
    "Or let it be hidden: `dashcamcleaner audit SOURCE OUTPUT --fix`.",
    "Then audit again.",
)
_STEPS_REVIEW = (
    "Go to the places below, in the window's review or in your player, and decide.",
    "Look once at the whole clip before you publish it.",
)
_STEPS_LOOK = ("Look once at the whole clip before you publish it: no tool finds everything.",)
_STEPS_AUDIT = (
    "Have it looked at again, independently: `dashcamcleaner audit SOURCE OUTPUT`.",
    "Look once at the whole clip before you publish it: no tool finds everything.",
)


def _without_audit(report: Mapping[str, Any], *, hidden: int, partial: bool) -> Verdict:
    if not report.get("kinds"):
        return Verdict("note", "Nobody has looked at this output yet.", _STEPS_AUDIT, ())
    if not hidden:
        return Verdict("review", "Nothing was found to hide.", _STEPS_AUDIT, ())
    tracks = [
        _count(int(kind["tracks"]), name)
        for name, kind in report["kinds"].items()
        if isinstance(kind, Mapping) and kind.get("tracks")
    ]
    what = " and ".join(tracks) if tracks else _count(hidden, "region")
    if partial:
        return Verdict(
            "review", f"Hidden: {what}. A part of the source was damaged or could not be gone by.", _STEPS_AUDIT, ()
        )
    return Verdict("note", f"Hidden: {what}. The result was not looked at a second time.", _STEPS_AUDIT, ())


def _told_hidden(audit: Mapping[str, Any], *, hidden: int) -> str:
    """How many regions were looked at in the output and found hidden."""
    for check in audit.get("checks") or ():
        if check.get("name") == _ALL_REGIONS and check.get("ran") and check.get("looked_at"):
            looked_at, wrong = int(check["looked_at"]), int(check.get("found") or 0)
            if not wrong:
                return f"All {_count(looked_at, 'region')} are hidden."
            return f"{looked_at - wrong:,} of {_count(looked_at, 'region')} are hidden."
    return f"{_count(hidden, 'region')} were hidden." if hidden else "Nothing was hidden."


def _regions(report: Mapping[str, Any]) -> int:
    return sum(int(kind.get("regions") or 0) for kind in (report.get("kinds") or {}).values())


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
