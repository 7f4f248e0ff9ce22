"""Reports that somebody else put beside an output: an audit adds to them, and vouches for nothing of theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.core.findings import AuditResult, Status
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.report.data import add_audit, html_path, is_report_of, read_report, report_path, write_reports


@pytest.fixture()
def pair(tmp_path: Path) -> tuple[Path, Path]:
    source, output = tmp_path / "in.mp4", tmp_path / "out.mp4"
    source.write_bytes(b"source")
    output.write_bytes(b"output")
    return source, output


def own_report(source: Path, output: Path) -> dict[str, Any]:
    write_reports(RunSummary(str(source), str(output), frames=3, report=str(report_path(output))))
    return dict(json.loads(report_path(output).read_text()))


def audited(source: Path, output: Path) -> dict[str, Any]:
    digest = file_sha256(output)
    add_audit(AuditResult(str(source), str(output), frames=3, status=Status.PASS, output_sha256=digest))
    return dict(json.loads(report_path(output).read_text()))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("seal"),
        lambda data: data.update(frames=9_999),
        lambda data: data.update(seal="0" * 64),
        lambda data: data.update(seal=5),
        lambda data: data.update(certified="by the authorities"),
        lambda data: data.update(kinds={"face": {"detections": 12, "regions": 12}}),
        lambda data: data.update(warnings={}),
    ],
)
def test_an_audit_does_not_seal_what_others_wrote(pair: tuple[Path, Path], change: Any) -> None:
    data = own_report(*pair)
    change(data)
    report_path(pair[1]).write_text(json.dumps(data))
    assert not is_report_of(read_report(report_path(pair[1])), source=pair[0], output=pair[1])
    for _ in range(2):  # another audit does not make it ours either
        again = audited(*pair)
        assert "seal" not in again
        assert not is_report_of(read_report(report_path(pair[1])), source=pair[0], output=pair[1])
        assert sum("not made here" in one for one in again["warnings"]) == 1
        assert again["audit"]["status"] == "PASS"
    assert "not made here" in html_path(report_path(pair[1])).read_text()


def test_our_own_report_stays_ours(pair: tuple[Path, Path]) -> None:
    own_report(*pair)
    for _ in range(2):
        again = audited(*pair)
        assert is_report_of(read_report(report_path(pair[1])), source=pair[0], output=pair[1])
        assert again["warnings"] == []


def test_a_report_that_the_audit_begins_is_ours(pair: tuple[Path, Path]) -> None:
    audited(*pair)
    assert is_report_of(read_report(report_path(pair[1])), source=pair[0], output=pair[1])
