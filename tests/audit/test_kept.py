"""The audit lists whom a person kept visible, and nobody else with them."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from dashcamcleaner.audit.audit import _respect, _without_respected
from dashcamcleaner.audit.kept import KeptPersons
from dashcamcleaner.audit.models import FACES, OWN
from dashcamcleaner.audit.plan_follower import PlanFollower
from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.finding_table import checked
from dashcamcleaner.core.findings import Finding, Severity
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonTrack
from dashcamcleaner.core.plan import FramePlan, Observation, PlanHeader
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.pipeline.plan_file import PlanWriter

ANN, BEN = (100.0, 100.0, 140.0, 150.0), (400.0, 100.0, 440.0, 150.0)


@pytest.fixture()
def plan(tmp_path: Path) -> Path:
    """Ann is track 1, Ben track 2, for a second."""
    header = PlanHeader("in.mp4", "1-0", (640, 360), Fraction(1, 30))
    writer = PlanWriter(tmp_path / "out.plan.jsonl", header=header)
    for index in range(31):
        found = Detections.from_rows([(*ANN, 0.9, "face"), (*BEN, 0.8, "face")])
        writer.write(FramePlan(Observation(index, FrameTime(index, Fraction(1, 30)), found)))
    return writer.finish()


def clear(*boxes: tuple[float, float, float, float], first: int = 0) -> Finding:
    """A finding that something is clear, in one frame after the other."""
    at = {first + number: box for number, box in enumerate(boxes)}
    return Finding("search", "clear-object", Severity.FAIL, "A face is not hidden.", kind="face", boxes=at)


WHO = (PersonTrack(1, 1, ((0.0, 0.5),)), PersonTrack(2, 2, ((0.0, 1.0),)))


def judged(plan: Path, *rules: object, finding: Finding) -> Finding:
    return KeptPersons(plan, Edits((*WHO, *rules))).judged(finding)  # type: ignore[arg-type]


def test_who_was_kept_is_a_note_that_says_so(plan: Path) -> None:
    near = (103.0, 98.0, 146.0, 155.0)  # another detector draws another box
    found = judged(plan, KeepPerson(1), finding=clear(near, near))
    assert found.severity is Severity.NOTE
    assert "Person 1 was kept visible by choice." in found.message


def test_anybody_else_stays_a_finding(plan: Path) -> None:
    for finding in (clear(BEN), clear(ANN, BEN), clear((300.0, 200.0, 340.0, 250.0))):
        assert judged(plan, KeepPerson(1), finding=finding) is finding
    assert judged(plan, finding=clear(ANN)).severity is Severity.FAIL
    assert judged(plan, KeepPerson(1), HidePerson(1), finding=clear(ANN)).severity is Severity.FAIL


def test_kept_is_who_is_kept_then(plan: Path) -> None:
    assert judged(plan, KeepPerson(1), finding=clear(ANN, first=14)).severity is Severity.NOTE
    assert judged(plan, KeepPerson(1), finding=clear(ANN, first=25)).severity is Severity.FAIL  # not surely Ann's


def test_hiding_some_only_keeps_the_others(plan: Path) -> None:
    rules = (HidePerson(1), OnlyPersons())
    assert judged(plan, *rules, finding=clear(BEN)).severity is Severity.NOTE
    assert judged(plan, *rules, finding=clear(ANN)).severity is Severity.FAIL


def test_unknown_faces_that_were_kept_are_told_as_such(plan: Path) -> None:
    edits = Edits.of(WHO[0], KeepPerson(1), KeepUnknown())
    found = KeptPersons(plan, edits).judged(clear(BEN))
    assert found.severity is Severity.NOTE
    assert "unknown face" in found.message


def test_without_a_plan_nothing_is_excused() -> None:
    finding = clear(ANN)
    assert KeptPersons(None, Edits((*WHO, KeepPerson(1)))).judged(finding) is finding


def test_who_is_kept_is_so_in_frames_that_were_not_looked_at(tmp_path: Path) -> None:
    header = PlanHeader("in.mp4", "1-0", (640, 360), Fraction(1, 30))
    writer = PlanWriter(tmp_path / "out.plan.jsonl", header=header)
    at = [(100.0 + 8 * i, 100.0, 140.0 + 8 * i, 150.0) for i in range(9)]
    for index, box in enumerate(at):
        looked = index % 4 == 0
        rows = [(*box, 0.9, "face")] if looked else []
        seen = Observation(index, FrameTime(index, Fraction(1, 30)), Detections.from_rows(rows), skipped=not looked)
        writer.write(FramePlan(seen))
    plan = writer.finish()
    edits = Edits.of(PersonTrack(1, 1, ((0.0, 0.2),)), KeepPerson(1))
    kept = KeptPersons(plan, edits)
    assert kept.judged(clear(*at[:7])).severity is Severity.NOTE
    assert kept.judged(clear(*at)).severity is Severity.FAIL, "from 0.2 s on it is not surely the same"
    elsewhere = (at[0], (300.0, 100.0, 340.0, 150.0))
    assert kept.judged(clear(*elsewhere)).severity is Severity.FAIL
    follower = PlanFollower(plan)
    try:
        told = []
        for index in range(9):
            follower.regions_of(SimpleNamespace(time=FrameTime(index, Fraction(1, 30))))
            told.append(follower.detections is not None)
        assert told == [index % 4 == 0 for index in range(9)], "nothing is missed where nobody looked"
    finally:
        follower.close()


def test_what_was_kept_is_not_counted_as_wrong(plan: Path) -> None:
    def seen(box: tuple[float, float, float, float], *views: str) -> Finding:
        return dataclasses.replace(clear(box), evidence={"scores": dict.fromkeys(views, 0.9)})

    findings = [seen(ANN, OWN, FACES), seen(BEN, OWN)]
    edits = Edits((*WHO, KeepPerson(1)))
    respected = _respect(edits, findings, KeptPersons(plan, edits))
    checks = [checked("search-own", looked_at=31, found=2), checked("search-face", looked_at=31, found=1)]
    assert [check.found for check in _without_respected(checks, findings, respected)] == [1, 0]
