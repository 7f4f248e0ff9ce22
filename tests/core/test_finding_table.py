"""The audit's tables: every code has a row, every row is used, and the documentation tells the same."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from dashcamcleaner.core.finding_table import CHECKS, FINDINGS, checked, found, not_checked
from dashcamcleaner.core.findings import Severity

ROOT = Path(__file__).resolve().parents[2]
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("audit", "jobs")
    for path in sorted((ROOT / "dashcamcleaner" / folder).glob("*.py"))
)


def test_a_finding_takes_its_row_and_what_is_said() -> None:
    finding = found("frame-lost", {"count": 3}, first_frame=4, last_frame=6, legible=0.3)
    assert (finding.check, finding.code, finding.severity) == ("media", "frame-lost", Severity.FAIL)
    assert finding.message == "3 frames of the source are missing in the output."
    assert (finding.first_frame, finding.last_frame, finding.legible) == (4, 6, 0.3)
    assert found("size", {"before": "4x4", "after": "4x5"}, severity=Severity.NOTE).severity is Severity.NOTE


def test_a_gap_left_open_and_an_unknown_code_are_faults() -> None:
    with pytest.raises(KeyError):
        found("frame-lost")
    with pytest.raises(KeyError):
        found("nonsense")


def test_a_check_takes_its_row() -> None:
    check = checked("search-face", looked_at=59)
    assert (check.ran, check.looked_at, check.found, check.unit) == (True, 59, 0, "frames looked at")
    assert "below 5.0% (95 %)" in check.description
    assert not_checked("pixels", "there is no plan").description == "not done: there is no plan"


def test_every_finding_belongs_to_a_check() -> None:
    assert {row.check for row in FINDINGS.values()} <= {*CHECKS, "search"}


@pytest.mark.parametrize("code", FINDINGS)
def test_every_row_is_used_and_reads_as_a_sentence(code: str) -> None:
    row = FINDINGS[code]
    made_by_name = code.startswith("region-") and 'f"region-{code}"' in SOURCES
    assert f'"{code}"' in SOURCES or made_by_name, "nobody finds it"
    gaps = {name for _, name, _, _ in Formatter().parse(row.sentence) if name}
    assert all(re.fullmatch(r"[a-z_]+", gap) for gap in gaps)
    assert row.sentence.endswith((".", "{more}"))
    assert row.help.endswith(".")


def test_nobody_makes_findings_or_checks_past_the_tables() -> None:
    assert not re.findall(r"\b(?:Finding|Check)\(\s*(?:check=|name=|\")", SOURCES)


def test_the_documentation_tells_the_same() -> None:
    told = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    for row in FINDINGS.values():
        star = " *" if row.by_rendering else ""
        line = f"| `{row.code}`{star} | {row.check} | {row.severity.value} | {row.sentence} | {row.help} |"
        assert line in told, line
