"""Edits that somebody planted beside a plan: they may hide more, and uncover nothing unless a person says yes."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from dashcamcleaner.audit.audit import audit
from dashcamcleaner.cli import main
from dashcamcleaner.core.edit_types import ClearZone, HiddenSpan, HiddenZone
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Audited, Event, Failed, Finished, Warned
from dashcamcleaner.core.track_edits import KeepTrack
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import NotAccepted
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")
HEADER = '{"edits": "dashcamcleaner", "version": [1, 0]}'
UNCOVERING = {
    "keep": '{"edit": "keep", "track": 1}',
    "drop": '{"edit": "drop", "track": 1}',
    "only": '{"edit": "only", "track": 2}',
    "exclude": '{"edit": "exclude", "box": [0, 0, 320, 180]}',
    "among others": '{"edit": "fixed", "box": [0, 0, 9, 9]}\n{"edit": "keep", "track": 1}',
}
OTHER = (220.0, 20.0, 250.0, 60.0, 0.9, "face")


def models() -> ModelPool:
    return fakes.pool(fakes.ScriptedDetector(lambda *_: (FACE, OTHER), script_size=(320, 180)))


def cleaned(folder: Path, name: str = "in", *, busy: bool = False) -> tuple[Path, Path]:
    source = clips.make(folder / f"{name}.mp4", frames=8, busy=busy).path
    output = folder / f"{name}_out.mp4"
    assert isinstance(list(clean(Job(source, output), models=models()))[-1], Finished)
    return source, plan_path(output)


@pytest.fixture()
def planned(tmp_path: Path) -> tuple[Path, Path]:
    """A clip and its plan, in which two faces are hidden."""
    return cleaned(tmp_path)


def plant(plan: Path, rows: str, *, header: str = HEADER) -> tuple[Path, str]:
    """Edits beside a plan, and their hash."""
    path = EditsFile.beside(plan).path
    path.write_text(f"{header}\n{rows}\n")
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def words(source: Path, plan: Path, *more: str) -> list[str]:
    return ["clean", str(source), "-o", str(plan.parent / "again.mp4"), "--from-plan", str(plan), *more]


def hidden_in(plan: Path) -> set[int]:
    with PlanReader(plan) as reader:
        return {len(frame.regions) for frame in reader}


def told(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Warned)]


@pytest.mark.parametrize("rows", UNCOVERING.values(), ids=UNCOVERING)
def test_planted_edits_uncover_nothing(
    planned: tuple[Path, Path], rows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, plan = planned
    path, digest = plant(plan, rows)
    assert main(words(source, plan), models=models()) == 9
    said = capsys.readouterr().err
    assert str(path) in said
    assert f"--accept-edits {digest}" in said
    assert not (plan.parent / "again.mp4").exists()
    assert main(words(source, plan, "--accept-edits", "0" * 64), models=models()) == 9
    assert main(words(source, plan, "--json"), models=models()) == 9
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["results"][0]["exit_code"] == 9


@pytest.mark.parametrize("rows", UNCOVERING.values(), ids=UNCOVERING)
def test_edits_that_are_accepted_by_their_hash_count_and_are_told(
    planned: tuple[Path, Path], rows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, plan = planned
    path, digest = plant(plan, rows)
    assert main(words(source, plan, "--accept-edits", digest.upper()), models=models()) == 0
    assert f"left clear by edits of {_today()}, file {path}." in capsys.readouterr().err
    path.write_bytes(path.read_bytes() + b"\n")  # another file now
    assert main(words(source, plan, "--accept-edits", digest, "--overwrite"), models=models()) == 9


def _today() -> str:
    import datetime

    now = datetime.datetime.now()
    return f"{now.day} {now:%b} {now.year}"


def test_a_hash_must_be_one(planned: tuple[Path, Path]) -> None:
    source, plan = planned
    plant(plan, UNCOVERING["keep"])
    assert main(words(source, plan, "--accept-edits", "yes"), models=models()) == 2


def test_edits_made_here_count_and_are_told_each_time(planned: tuple[Path, Path]) -> None:
    source, plan = planned
    file = EditsFile.beside(plan)
    file.write(Edits.of(KeepTrack(1), ClearZone((200.0, 0.0, 320.0, 90.0))))
    assert not EditsFile.beside(plan).read().warnings
    for name in ("again.mp4", "and_again.mp4"):
        job = Job(source, plan.parent / name, from_plan=plan)
        events = list(clean(job, models=models()))
        assert isinstance(events[-1], Finished)
        sentence = f"1 track left clear and finds in 1 area left clear by edits of {_today()}, file {file.path}."
        assert sentence in told(events)
        assert sentence in events[-1].summary.warnings


def test_what_the_command_line_leaves_clear_is_told(planned: tuple[Path, Path]) -> None:
    source, plan = planned
    job = Job(source, plan.parent / "again.mp4", from_plan=plan, added_edits=(KeepTrack(1),))
    assert "1 track left clear by the command line." in told(list(clean(job, models=models())))


CHANGES = {
    "a row more": lambda text: text + '{"edit":"keep","track":2}\n',
    "another track": lambda text: text.replace('"track":1', '"track":2'),
    "a blank line": lambda text: text + "\n",
    "no seal": lambda text: text.replace(text[text.index(',"seal"') : text.index("}")], ""),
    "another seal": lambda text: text.replace('"seal":"', '"seal":"0')[:-1],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_edits_that_were_changed_are_foreign(planned: tuple[Path, Path], change: object) -> None:
    source, plan = planned
    file = EditsFile.beside(plan)
    file.write(Edits.of(KeepTrack(1)))
    changed = change(file.path.read_text())  # type: ignore[operator]
    assert changed != file.path.read_text()
    file.path.write_text(changed)
    events = list(clean(Job(source, plan.parent / "again.mp4", from_plan=plan), models=models()))
    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, NotAccepted)


def test_edits_of_another_clip_and_of_another_user_are_foreign(
    planned: tuple[Path, Path], tmp_path: Path, own_home: Path
) -> None:
    source, plan = planned
    (tmp_path / "two").mkdir()
    _, other_plan = cleaned(tmp_path / "two", busy=True)
    EditsFile.beside(other_plan).write(Edits.of(KeepTrack(1)))
    shutil.copy(EditsFile.beside(other_plan).path, EditsFile.beside(plan).path)
    job = Job(source, plan.parent / "again.mp4", from_plan=plan)
    assert isinstance(list(clean(job, models=models()))[-1], Failed)
    EditsFile.beside(plan).write(Edits.of(KeepTrack(1)))
    file = EditsFile.beside(plan)
    file.read()
    assert file.is_ours
    (own_home / "state" / "seal.key").write_bytes(bytes(32))
    file.read()
    assert file.is_foreign


def test_planted_edits_may_hide_more(planned: tuple[Path, Path]) -> None:
    source, plan = planned
    plant(plan, '{"edit": "fixed", "box": [0, 0, 9, 9]}\n{"edit": "frames"}\n{"edit": "checked", "track": 1}')
    events = list(clean(Job(source, plan.parent / "again.mp4", from_plan=plan), models=models()))
    assert isinstance(events[-1], Finished)
    assert hidden_in(plan_path(plan.parent / "again.mp4")) == {4}


def test_an_edits_file_that_is_named_is_no_less_foreign(planned: tuple[Path, Path], tmp_path: Path) -> None:
    source, plan = planned
    (tmp_path / "theirs.jsonl").write_text(f"{HEADER}\n{UNCOVERING['exclude']}\n")
    for more in ({"from_plan": plan}, {}):
        job = Job(source, plan.parent / "again.mp4", edits=tmp_path / "theirs.jsonl", **more)
        events = list(clean(job, models=models()))
        assert isinstance(events[-1], Failed)
        assert events[-1].error.exit_code == 9


def test_what_is_added_to_foreign_edits_does_not_make_them_ours(planned: tuple[Path, Path]) -> None:
    _, plan = planned
    _, digest = plant(plan, UNCOVERING["keep"])
    file = EditsFile.beside(plan)
    file.append([HiddenZone((0.0, 0.0, 9.0, 9.0))])
    file.write(file.read().added(HiddenSpan()))
    file.read()
    assert file.is_foreign
    plant(plan, UNCOVERING["keep"])
    file.accept(digest)
    file.append([HiddenZone((0.0, 0.0, 9.0, 9.0))])
    again = EditsFile.beside(plan)
    again.read()
    assert again.is_ours


def test_what_is_added_does_not_vouch_for_who_looked(planned: tuple[Path, Path]) -> None:
    """The review takes tracks that were looked at off its list, and asks before where that was not said here."""
    _, plan = planned
    plant(plan, '{"edit": "checked", "track": 1}')
    EditsFile.beside(plan).append([HiddenZone((0.0, 0.0, 9.0, 9.0))])
    again = EditsFile.beside(plan)
    assert again.read().checked == {1}
    assert not again.is_ours


def test_what_is_refused_is_kept_apart(planned: tuple[Path, Path]) -> None:
    _, plan = planned
    path, digest = plant(plan, UNCOVERING["keep"])
    file = EditsFile.beside(plan)
    edits = file.read()
    file.refuse()
    file.write(edits.without_uncovering.added(HiddenSpan()))
    apart = path.with_name(path.name + ".foreign")
    assert hashlib.sha256(apart.read_bytes()).hexdigest() == digest
    assert EditsFile.beside(plan).read() == Edits.of(HiddenSpan())


def test_the_audit_excuses_nothing_by_planted_edits(planned: tuple[Path, Path]) -> None:
    source, plan = planned
    output = plan.with_name("in_out.mp4")
    shutil.copy(source, output)  # nothing is hidden in it
    _, digest = plant(plan, UNCOVERING["exclude"])
    for accepted, wanted in (((), "does not go by them"), ((digest,), "left clear by edits of")):
        events = list(audit(source, output, accepted=accepted, models=models()))
        assert isinstance(events[-1], Audited)
        assert any(wanted in sentence for sentence in told(events))
        assert events[-1].result.exit_code == 10


GROUPING = {
    "a person": '{"edit": "person", "person": 2, "track": 1, "spans": [[-1e9, 1e9]]}',
    "a vehicle": '{"edit": "vehicle", "vehicle": 1, "track": 1}\n{"edit": "vehicle", "vehicle": 1, "track": 2}',
    "a weaker look": '{"edit": "track-style", "track": 1, "style": "mosaic", "square_px": 1}',
    "a person's weaker look": '{"edit": "style", "person": 1, "style": "gaussian"}',
}


@pytest.mark.parametrize("rows", GROUPING.values(), ids=GROUPING)
def test_planted_rows_decide_neither_who_is_meant_nor_how_little_is_hidden(
    planned: tuple[Path, Path], rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, plan = planned
    path, digest = plant(plan, rows)
    before = path.read_bytes()
    labels = tmp_path / "none.txt"
    labels.write_text("")
    for asked in (
        words(source, plan),
        words(source, plan, "--style", "solid"),
        ["people", str(plan), "--source", str(source)],
        ["plan", "import", str(plan), "-o", str(tmp_path / "other.mp4.plan.jsonl")],
        ["labels", "import", str(plan), str(labels)],
    ):
        assert main(asked, models=models()) == 9, asked
        assert digest in capsys.readouterr().err, asked
        assert path.read_bytes() == before, "nothing is sealed that nobody said yes to"


@pytest.mark.parametrize(
    "row",
    [
        '{"edit": "region", "keys": [[-10, -10, -10, 1e200, 1e200], [100, -10, -10, 1e200, 1e200]], "kind": "face"}',
        '{"edit": "region", "keys": [[0, -1.7e308, 0, 1e300, 100], [1, 1e308, -1.7e308, 1.1e308, 0]]}',
        '{"edit": "fixed", "box": [0, 0, 20000000, 1]}',
        '{"edit": "exclude", "box": [-1e39, 0, 1, 1]}',
        '{"edit": "fixed", "box": [0, 0, Infinity, 1]}',
    ],
)
def test_boxes_beyond_all_measure_are_refused(
    planned: tuple[Path, Path], row: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, plan = planned
    plant(plan, row)
    assert main(words(source, plan), models=models()) == 6
    assert "Line 2 of the edits cannot be read" in capsys.readouterr().err
    assert not (plan.parent / "again.mp4").exists()


@pytest.mark.parametrize("time_s", ["1e308", "-1e308", "1e15"])
def test_times_beyond_all_measure_end_no_run(planned: tuple[Path, Path], time_s: str) -> None:
    source, plan = planned
    plant(plan, f'{{"edit": "fixed", "box": [0, 0, 9, 9], "from_s": -1e308, "to_s": {time_s}}}')
    assert main(words(source, plan), models=models()) in (0, 6)
