"""Plans that lie: taken apart, of other clips, of blind weights. None uncovers a face, or lets an audit pass."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.audit.audit import audit
from dashcamcleaner.cli import main
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Audited, Event, Failed, Finished, Warned
from dashcamcleaner.core.track_edits import KeepTrack
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import NotAccepted, PlanError
from dashcamcleaner.jobs.earlier import earlier_result
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_check import examine_plan
from dashcamcleaner.pipeline.plan_file import PlanReader, fingerprint, plan_path
from dashcamcleaner.report.data import add_audit, report_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

FACE = (140.0, 60.0, 180.0, 110.0, 0.9, "face")
"""In the middle: the audit looks at the mirrored picture."""
FRAMES = 8


def models(*, kinds: tuple[str, ...] = ("face", "plate")) -> ModelPool:
    return fakes.pool(fakes.ScriptedDetector(lambda *_: (FACE,), script_size=(320, 180), kinds=kinds))


@pytest.fixture()
def planned(tmp_path: Path) -> tuple[Path, Path]:
    """A clip and its plan."""
    source, output = clips.make(tmp_path / "in.mp4", frames=FRAMES).path, tmp_path / "out.mp4"
    assert isinstance(list(clean(Job(source, output), models=models()))[-1], Finished)
    return source, plan_path(output)


def replayed(source: Path, plan: Path, *accepted: str, **said: object) -> list[Event]:
    settings = resolve({"overwrite": True, **said})
    job = Job(source, plan.parent / "again.mp4", settings, from_plan=plan, accepted=accepted)
    return list(clean(job, models=models()))


def error_of(events: list[Event]) -> Any:
    assert isinstance(events[-1], Failed), events[-1]
    return events[-1].error


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def told(events: list[Event]) -> str:
    return "\n".join(event.message for event in events if isinstance(event, Warned))


def lines_of(plan: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in plan.read_text().splitlines()]


def write_lines(plan: Path, lines: list[dict[str, Any]]) -> None:
    plan.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _taken_out(lines: list[dict[str, Any]]) -> None:
    for line in lines[1:-1]:
        line["d"], line["r"] = [], []


def _taken_out_of_one(lines: list[dict[str, Any]]) -> None:
    lines[4]["d"] = []


def _moved_aside(lines: list[dict[str, Any]]) -> None:
    for line in lines[1:-1]:
        for box in line["d"]:
            box[:4] = [0, 0, 10, 10]


def _other_settings(lines: list[dict[str, Any]]) -> None:
    lines[0]["settings"] = {"faces": False, "plates": False}


def _other_kinds(lines: list[dict[str, Any]]) -> None:
    lines[0]["kinds"] = ["face", "plate", "person"]


def _without_a_seal(lines: list[dict[str, Any]]) -> None:
    del lines[-1]["seal"]


def _another_seal(lines: list[dict[str, Any]]) -> None:
    lines[-1]["seal"] = "0" * 64


CHANGES = [_taken_out, _taken_out_of_one, _moved_aside, _other_settings, _other_kinds, _without_a_seal, _another_seal]
NAMES = [change.__name__.strip("_") for change in CHANGES]


def test_an_own_plan_is_replayed_without_a_word(planned: tuple[Path, Path]) -> None:
    events = replayed(*planned)
    assert isinstance(events[-1], Finished)
    assert "accepted" not in told(events)


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_a_plan_that_was_changed_is_replayed_only_by_its_hash(
    planned: tuple[Path, Path], change: Callable[[list[dict[str, Any]]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    source, plan = planned
    before, lines = plan.read_bytes(), lines_of(plan)
    change(lines)
    write_lines(plan, lines)
    error = error_of(replayed(source, plan))
    assert isinstance(error, NotAccepted)
    assert error.exit_code == 9
    assert f"--accept-plan {hash_of(plan)}" in error.hint
    assert not (plan.parent / "again.mp4").exists()
    words = ["clean", str(source), "-o", str(plan.parent / "again.mp4"), "--from-plan", str(plan)]
    assert main(words, models=models()) == 9
    assert main([*words, "--accept-plan", hashlib.sha256(before).hexdigest()], models=models()) == 9
    assert main([*words, "--accept-plan", hash_of(plan)], models=models()) == 0
    assert "you accepted it by its hash" in capsys.readouterr().err
    assert examine_plan(plan_path(plan.parent / "again.mp4")).sealed  # once: the new plan is ours


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_the_audit_goes_by_no_such_plan_and_lets_nothing_pass(
    planned: tuple[Path, Path], change: Callable[[list[dict[str, Any]]], None]
) -> None:
    source, plan = planned
    lines = lines_of(plan)
    change(lines)
    write_lines(plan, lines)
    shutil.copy(source, plan.parent / "out.mp4")  # nothing is hidden in it
    for accepted in ((), (hash_of(plan),)):
        events = list(audit(source, plan.parent / "out.mp4", accepted=accepted, models=models()))
        assert isinstance(events[-1], Audited), events[-1]
        assert events[-1].result.exit_code in (9, 10)
        lacks = "plan-lacks" in {finding.code for finding in events[-1].result.findings}
        assert lacks is (bool(accepted) and change is _taken_out)
        assert ("the audit does not go by it" in told(events)) is not bool(accepted)


def _cut(plan: Path) -> None:
    plan.write_text("".join(plan.read_text().splitlines(keepends=True)[:-1]))


def _frame_gone(plan: Path) -> None:
    lines = lines_of(plan)
    write_lines(plan, [*lines[:-2], lines[-1]])


def _torn(plan: Path) -> None:
    plan.write_bytes(plan.read_bytes()[:-3])


def _more_behind_the_end(plan: Path) -> None:
    lines = lines_of(plan)
    write_lines(plan, [*lines, lines[-2], lines[-1]])


@pytest.mark.parametrize("damage", [_cut, _frame_gone, _torn, _more_behind_the_end])
def test_a_plan_that_is_not_whole_is_never_replayed(planned: tuple[Path, Path], damage: Callable[[Path], None]) -> None:
    source, plan = planned
    damage(plan)
    for accepted in ((), (hash_of(plan),)):
        error = error_of(replayed(source, plan, *accepted))
        assert type(error) is PlanError
        assert "not whole" in error.message


def test_a_plan_of_weights_that_see_no_plates_shows_no_plates(tmp_path: Path) -> None:
    source, output = clips.make(tmp_path / "in.mp4", frames=FRAMES).path, tmp_path / "out.mp4"
    job = Job(source, output, resolve({"plates": False}))
    assert isinstance(list(clean(job, models=models(kinds=("face",))))[-1], Finished)
    error = error_of(replayed(source, plan_path(output)))
    assert type(error) is PlanError
    assert "cannot see: plate" in error.message
    assert isinstance(replayed(source, plan_path(output), plates=False)[-1], Finished)
    again = plan_path(tmp_path / "again.mp4")  # a plan of a plan knows no more
    assert "cannot see: plate" in error_of(replayed(source, again)).message


def test_a_clip_whose_middle_was_exchanged_is_another(tmp_path: Path) -> None:
    """Longer than what version 0.1.0 looked at."""
    source, output = (
        clips.make(tmp_path / "in.mp4", frames=90, busy=True, options={"crf": "1"}).path,
        tmp_path / "o.mp4",
    )
    assert source.stat().st_size > 2_300_000
    assert isinstance(list(clean(Job(source, output), models=models()))[-1], Finished)
    before, data = source.stat(), bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    source.write_bytes(data)
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "another clip" in error_of(replayed(source, plan_path(output))).message
    assert earlier_result(source, output) is None


def older(plan: Path, source: Path) -> None:
    """The same plan as version 0.1.0 wrote it."""
    lines = lines_of(plan)
    lines[0] |= {"version": [1, 0], "fingerprint": fingerprint(source)}  # up to two MiB, both are the same
    del lines[0]["kinds"], lines[-1]["seal"]
    write_lines(plan, lines)


def test_a_plan_of_0_1_0_is_read_and_accepted_once(
    planned: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    source, plan = planned
    older(plan, source)
    hint = error_of(replayed(source, plan)).hint
    assert "cannot see: plate" in error_of(replayed(source, plan, hash_of(plan))).message  # nobody knows its weights
    events = replayed(source, plan, hash_of(plan), plates=False)
    assert isinstance(events[-1], Finished)
    assert "of version 0.1.0" in told(events)
    command = hint[hint.index("dashcamcleaner plan import") :].split()[1:]
    assert "--source" in command
    assert main(["plan", "import", str(plan), "--accept-plan", hash_of(plan)]) == 6
    assert main(command) == 0
    events = replayed(source, plan, plates=False)
    assert isinstance(events[-1], Finished)
    assert "0.1.0" not in told(events)


def test_a_plan_and_its_edits_move_to_another_machine(
    planned: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, plan = planned
    EditsFile.beside(plan).write(Edits.of(KeepTrack(1)))
    stick = tmp_path / "stick"
    assert main(["plan", "export", str(plan), "-o", str(stick / "in.plan.jsonl")]) == 0
    words = capsys.readouterr().out.splitlines()[-1].split()
    command = words[words.index("plan") :]
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(tmp_path / "other machine"))
    monkeypatch.chdir(stick)
    moved = stick / "in.plan.jsonl"
    assert isinstance(error_of(replayed(source, moved)), NotAccepted)
    assert main(command[:3]) == 9
    assert main(command[:-2]) == 9  # the edits, too, want a yes
    assert main(command) == 0
    assert isinstance(replayed(source, moved)[-1], Finished)
    assert main(["plan", "export", str(plan), "-o", str(stick / "copy.plan.jsonl")]) == 9  # of the other machine
    assert main(["plan", "import", str(moved), "-o", str(source), "--overwrite"]) == 4
    assert main(["plan", "export", str(moved), "-o", str(moved), "--overwrite"]) == 4


def test_a_plan_that_changes_while_it_is_read_is_told(planned: tuple[Path, Path]) -> None:
    _, plan = planned
    with PlanReader(plan, sha256="0" * 64) as reader, pytest.raises(PlanError, match="was changed while it was read"):
        list(reader)


# --- reports


def test_a_forged_report_is_no_result_of_an_earlier_day(planned: tuple[Path, Path]) -> None:
    source, plan = planned
    output, report = plan.parent / "out.mp4", report_path(plan.parent / "out.mp4")
    assert earlier_result(source, output) is not None
    before = json.loads(report.read_text())
    passed = {"status": "PASS", "exit_code": 0, "findings": []}
    for forged in ({**before, "audit": passed}, {**before, "seal": "0" * 64}, {**before, "warnings": ["other"]}):
        report.write_text(json.dumps(forged))
        assert earlier_result(source, output) is None
    report.write_text(json.dumps(before))
    assert earlier_result(source, output) is not None
    shutil.copy(source, output)  # an uncleaned copy under the cleaned one's report
    assert earlier_result(source, output) is None
    hashes = {"output_sha256": hash_of(output), "source_sha256": hash_of(source), "audit": passed}
    report.write_text(json.dumps({**before, **hashes}))
    assert earlier_result(source, output) is None


def test_an_audit_of_ones_own_vouches_for_what_it_saw(planned: tuple[Path, Path]) -> None:
    source, plan = planned
    output = plan.parent / "out.mp4"
    events = list(audit(source, output, models=models()))
    assert isinstance(events[-1], Audited)
    add_audit(events[-1].result)
    found = earlier_result(source, output)
    assert found is not None
    assert found.audit is not None


def test_a_plan_of_another_clip_with_the_right_name_is_refused(planned: tuple[Path, Path], tmp_path: Path) -> None:
    """Sealed by this very user, too: the header of a plan belongs to its frames."""
    _, plan = planned
    other = clips.make(tmp_path / "other.mp4", frames=FRAMES, busy=True).path
    assert "another clip" in error_of(replayed(other, plan)).message
    with PlanReader(plan) as reader:
        header, frames = replace(reader.header, fingerprint=fingerprint(other)), list(reader)
    assert len(frames) == FRAMES
    lines = lines_of(plan)
    lines[0]["fingerprint"] = header.fingerprint
    write_lines(plan, lines)
    assert isinstance(error_of(replayed(other, plan)), NotAccepted)
