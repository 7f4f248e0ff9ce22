"""The head of a report: what it comes to, in words that cannot be read as their opposite."""

from __future__ import annotations

from typing import Any

import pytest

from dashcamcleaner.core.findings import AuditResult, Check, Finding, Severity, Status
from dashcamcleaner.report.html import report_html
from dashcamcleaner.report.verdict import verdict_of


def report(
    audited: Status | None = None, *, severities: tuple[Severity, ...] = (), wrong: int = 0, **more: Any
) -> dict[str, Any]:
    kinds = {"face": {"tracks": 1, "regions": 3000}, "plate": {"tracks": 2, "regions": 667}}
    audit = None
    if audited is not None:
        audit = AuditResult(
            "a", "b", status=audited, reasons=["Why."],
            findings=[Finding("search", "x", one, f"Finding {n}.", "face", n, n) for n, one in enumerate(severities)],
            checks=[Check("pixels", "Regions hidden in every frame", looked_at=3667, found=wrong, unit="regions")],
        ).as_dict()  # fmt: skip
    return {"output": "out.mp4", "status": "cleaned", "kinds": kinds, "audit": audit} | more


def test_all_is_well_reads_as_such() -> None:
    verdict = verdict_of(report(Status.PASS))
    assert (verdict.mood, verdict.headline) == ("pass", "All 3,667 regions are hidden. The second look found nothing.")
    page = report_html(report(Status.PASS))
    assert "nothing wrong in 3667 regions" in page
    assert "0 of 3667" not in page


def test_what_deserves_a_look_is_counted_and_listed_first() -> None:
    found = report(Status.NEEDS_REVIEW, severities=(Severity.REVIEW, Severity.NOTE, Severity.REVIEW))
    verdict = verdict_of(found)
    assert verdict.headline == "All 3,667 regions are hidden. 2 places deserve a look."
    assert verdict.places == (0, 2)
    page = report_html(found, thumbnails={2: b"\xff\xd8jpeg"})
    order = ["What to do now", "Places to look at", "Finding 0.", "What was hidden", "Files, streams, settings"]
    assert [page.index(text) for text in order] == sorted(page.index(text) for text in order)


def test_a_fail_says_not_to_publish() -> None:
    verdict = verdict_of(report(Status.FAIL, severities=(Severity.FAIL, Severity.REVIEW), wrong=5))
    assert verdict.headline == "Do not publish this yet. 1 place is not as asked for."
    assert any("--fix" in step for step in verdict.steps)


@pytest.mark.parametrize(
    ("changes", "mood", "words"),
    [
        ({}, "note", "Hidden: 1 face and 2 plates. The result was not looked at a second time."),
        ({"status": "partial"}, "review", "damaged"),
        ({"kinds": {"face": {"regions": 0}}}, "review", "Nothing was found to hide."),
        ({"kinds": {}}, "note", "Nobody has looked"),
    ],
)
def test_without_an_audit_it_asks_for_one(changes: dict[str, Any], mood: str, words: str) -> None:
    verdict = verdict_of(report(**changes))
    assert verdict.mood == mood
    assert words in verdict.headline
    assert "audit" in verdict.steps[0]


def test_the_mood_is_told_without_colour() -> None:
    signs = {verdict_of(report(status)).sign for status in (*Status, None)}
    assert len(signs) == 4


def test_where_no_place_is_named_the_page_says_what_is_to_be_done_instead() -> None:
    found = report(Status.NEEDS_REVIEW)
    assert not any("below" in step for step in verdict_of(found).steps)
    found["audit"]["checks"].append(
        Check("search-face", "Faces left", ran=False, why_not="It is missing (pip install x)").as_dict()
    )
    steps = verdict_of(found).steps
    assert steps[0] == "A check could not be done: It is missing (pip install x)."
    assert "audit" in steps[1]
    places = report(Status.NEEDS_REVIEW, severities=(Severity.REVIEW,))["audit"]["findings"]
    both = {**found, "audit": {**found["audit"], "findings": places}}
    assert "below" in verdict_of(both).steps[0]
    assert "pip install x" in verdict_of(both).steps[1]


@pytest.mark.parametrize("audited", [None, Status.NEEDS_REVIEW])
def test_what_was_to_hide_nothing_is_not_called_cleaned(audited: Status | None) -> None:
    cut = report(audited, kinds={}, versions={"dashcamcleaner": "1.0"})
    assert verdict_of(cut).headline.startswith("Nothing was looked for, as asked")
    page = report_html(cut)
    assert "Nothing was looked for, as asked" in page
    assert "begun by the audit" not in page
    if audited is None:
        assert "nothing looked for</span>" in page
    assert "begun by the audit" in report_html(report(Status.PASS, kinds={}))
