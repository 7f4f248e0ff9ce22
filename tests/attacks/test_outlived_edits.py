"""Edits belong to the plan whose track ids they speak of: another plan of the same clip is never rendered by them."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from PIL import Image

from dashcamcleaner.audit.audit import audit
from dashcamcleaner.cli import main
from dashcamcleaner.core.edit_types import ClearZone, DrawnRegion, HiddenZone, UnknownEdit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Event, Failed, Finished, Warned
from dashcamcleaner.core.person_edits import KeepPerson, PersonTrack
from dashcamcleaner.core.track_edits import CheckedTrack, DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import NotAccepted, PlanError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.edits_text import edits_as_text
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path, read_header, tracks_key
from dashcamcleaner.review.history_file import HistoryFile
from dashcamcleaner.seals import seal_of
from dashcamcleaner.settings import resolve
from tests import clips, fakes

LEFT = (40.0, 60.0, 80.0, 110.0, 0.9, "face")
RIGHT = (200.0, 60.0, 240.0, 110.0, 0.9, "face")
ZONE = HiddenZone((0.0, 0.0, 9.0, 9.0))
DRAWN = DrawnRegion(((0.0, (0.0, 0.0, 9.0, 9.0)), (0.1, (0.0, 0.0, 9.0, 9.0))), by="audit")


def models(*rows: tuple[float, float, float, float, float, str]) -> ModelPool:
    return fakes.pool(fakes.ScriptedDetector(lambda *_: rows, script_size=(320, 180)))


@pytest.fixture()
def planned(tmp_path: Path) -> tuple[Path, Path]:
    """A clip and its output; track 1 is on the left."""
    source, output = clips.make(tmp_path / "in.mp4", frames=8).path, tmp_path / "out.mp4"
    run(source, output, LEFT, RIGHT)
    return source, output


def run(
    source: Path, output: Path, *rows: tuple[float, float, float, float, float, str], **more: object
) -> list[Event]:
    events = list(clean(Job(source, output, resolve({"overwrite": True}), **more), models=models(*rows)))  # type: ignore[arg-type]
    assert isinstance(events[-1], Finished | Failed)
    return events


def told(events: list[Event]) -> str:
    return " ".join(event.message for event in events if isinstance(event, Warned))


def hidden_left(output: Path) -> set[bool]:
    """Whether the face on the left is hidden, over all frames."""
    with PlanReader(plan_path(output)) as reader:
        return {any(region.xyxy[0] < 60 < region.xyxy[2] for region in frame.regions) for frame in reader}


def unbound(path: Path, plan: Path, edits: Edits) -> str:
    """Write edits as versions did that told no plan, sealed for the clip; gives their hash."""
    text = edits_as_text(edits)
    seal = seal_of("edits", f"{read_header(plan).fingerprint}\n{text}".encode())
    path.write_text(text.replace("]}\n", f'],"seal":"{seal}"}}\n', 1))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_new_plan_puts_the_edits_of_the_old_one_aside_and_says_so(planned: tuple[Path, Path]) -> None:
    source, output = planned
    file = EditsFile.beside(plan_path(output))
    file.write(Edits.of(KeepTrack(1), ZONE, DRAWN))
    before = file.path.read_bytes()
    run(source, output, from_plan=plan_path(output))
    assert hidden_left(output) == {False}
    events = run(source, output, RIGHT, LEFT)  # track 1 is on the right now
    aside = file.path.with_name(file.path.name + ".older")
    assert aside.read_bytes() == before
    assert aside.name in told(events)
    assert aside.name in " ".join(events[-1].summary.warnings)  # type: ignore[union-attr]
    assert file.read() == Edits.of(ZONE, DRAWN), "what hides by place and time holds for any plan"
    assert not file.is_foreign
    run(source, output, from_plan=plan_path(output))
    with PlanReader(plan_path(output)) as reader:
        assert {len({r.track for r in frame.regions if r.track}) for frame in reader} == {2}


def test_edits_of_another_plan_are_refused_also_where_a_person_said_yes(
    planned: tuple[Path, Path], tmp_path: Path
) -> None:
    source, output = planned
    other = tmp_path / "other.mp4"
    run(source, other, RIGHT, LEFT)
    for edit in (KeepTrack(1), DropTrack(1), OnlyTrack(2), PersonTrack(1, 1, ((0.0, 1.0),)), CheckedTrack(1)):
        file = EditsFile.beside(plan_path(output))
        file.write(Edits.of(edit, *((KeepPerson(1),) if isinstance(edit, PersonTrack) else ())))
        shutil.copy(file.path, EditsFile.beside(plan_path(other)).path)
        digest = hashlib.sha256(file.path.read_bytes()).hexdigest()
        for accepted in ((), (digest,)):
            events = run(source, tmp_path / "again.mp4", from_plan=plan_path(other), accepted=accepted)
            assert isinstance(events[-1], Failed), edit
            assert isinstance(events[-1].error, PlanError)
            assert "speak of the tracks of another plan" in events[-1].error.message
    named = EditsFile.beside(plan_path(output)).path
    events = run(source, tmp_path / "again.mp4", from_plan=plan_path(other), edits=named)
    assert isinstance(events[-1], Failed), "a file that is named is of no other plan either"


def test_edits_of_places_and_times_hold_for_any_plan(planned: tuple[Path, Path]) -> None:
    source, output = planned
    file = EditsFile.beside(plan_path(output))
    file.write(Edits.of(ZONE, ClearZone((0.0, 0.0, 120.0, 180.0))))
    before = file.path.read_bytes()
    run(source, output, RIGHT, LEFT)
    assert file.path.read_bytes() == before
    run(source, output, from_plan=plan_path(output))
    assert hidden_left(output) == {False}


def test_edits_that_tell_no_plan_need_a_yes_where_they_uncover(planned: tuple[Path, Path]) -> None:
    source, output = planned
    plan = plan_path(output)
    file = EditsFile.beside(plan)
    again = output.with_name("again.mp4")
    digest = unbound(file.path, plan, Edits.of(KeepTrack(1)))
    file.read()
    assert file.is_sealed
    events = run(source, again, from_plan=plan)
    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, NotAccepted)
    assert "do not tell which plan" in events[-1].error.message
    assert digest in events[-1].error.hint
    run(source, again, from_plan=plan, accepted=(digest,))
    assert hidden_left(again) == {False}
    file.accept(digest)
    file.write(file.read())
    fresh = EditsFile.beside(plan)
    fresh.read()
    assert fresh.is_told
    assert not fresh.is_foreign
    for harmless in (Edits.of(ClearZone((0.0, 0.0, 9.0, 9.0))), Edits.of(CheckedTrack(1))):
        unbound(file.path, plan, harmless)
        assert isinstance(run(source, again, from_plan=plan)[-1], Finished)


def test_edits_that_tell_no_plan_are_put_aside_where_the_plan_changes(planned: tuple[Path, Path]) -> None:
    source, output = planned
    file = EditsFile.beside(plan_path(output))
    unbound(file.path, plan_path(output), Edits.of(KeepTrack(1)))
    run(source, output, LEFT, RIGHT)
    assert file.path.exists(), "seen again as before, the ids are the same"
    run(source, output, RIGHT, LEFT)
    assert not file.path.exists()
    assert file.path.with_name(file.path.name + ".older").exists()


def test_a_pictures_new_plan_puts_edits_aside_too(tmp_path: Path) -> None:
    source, output = tmp_path / "in.png", tmp_path / "out.png"
    Image.new("RGB", (320, 180), "gray").save(source)
    run(source, output, LEFT, RIGHT)
    file = EditsFile.beside(plan_path(output))
    file.write(Edits.of(KeepTrack(1), ZONE))
    events = run(source, output, RIGHT, LEFT)
    assert ".edits.jsonl.older" in told(events)
    assert file.read() == Edits.of(ZONE)


def test_edits_of_another_clip_do_not_stay_in_part(planned: tuple[Path, Path], tmp_path: Path) -> None:
    _, output = planned
    file = EditsFile.beside(plan_path(output))
    file.write(Edits.of(KeepTrack(1), ZONE))
    other = clips.make(tmp_path / "other_in.mp4", frames=8, busy=True).path
    events = run(other, output, LEFT, RIGHT)
    assert "are of another clip" in told(events)
    assert not file.path.exists()


def test_what_is_added_meanwhile_stays_with_the_plan_that_was_looked_at(planned: tuple[Path, Path]) -> None:
    source, output = planned
    file = EditsFile.beside(plan_path(output))
    history = HistoryFile(plan_path(output))
    file.read(missing_ok=True)
    file.bind()  # the review is opened
    history.write([Edits(), Edits.of(KeepTrack(1))], 1)
    run(source, output, RIGHT, LEFT)  # and the clip is cleaned anew beside it
    file.write(Edits.of(KeepTrack(1)))
    events = run(source, output, from_plan=plan_path(output))
    assert isinstance(events[-1], Failed)
    history.write([Edits(), Edits.of(KeepTrack(1))], 1)
    assert HistoryFile(plan_path(output)).read(Edits()) == ([Edits()], 0), "no step back to another plan's tracks"


def test_the_audit_and_the_commands_do_not_go_by_edits_of_another_plan(
    planned: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = planned
    plan = plan_path(output)
    file = EditsFile.beside(plan)
    file.write(Edits.of(KeepTrack(1)))
    misfit = file.path.read_bytes()
    run(source, output, RIGHT, LEFT)
    file.path.write_bytes(misfit)
    events = list(audit(source, output, models=models(RIGHT, LEFT)))
    assert "speak of the tracks of another plan" in told(events)
    for words in (
        ["plan", "export", str(plan), "-o", str(output.with_name("carried.plan.jsonl"))],
        ["plan", "import", str(plan), "-o", str(output.with_name("carried.plan.jsonl"))],
    ):
        assert main(words) != 0
        assert "another plan" in capsys.readouterr().err
    file.read()
    file.refuse()
    file.write(Edits.of(KeepTrack(2)))
    fresh = EditsFile.beside(plan)
    assert fresh.read() == Edits.of(KeepTrack(2))
    assert not fresh.is_misfit
    assert file.path.with_name(file.path.name + ".older").read_bytes() == misfit


def test_a_plan_that_is_taken_over_puts_edits_aside_too(planned: tuple[Path, Path], tmp_path: Path) -> None:
    source, output = planned
    other = tmp_path / "other.mp4"
    run(source, other, RIGHT, LEFT)
    file = EditsFile.beside(plan_path(output))
    file.write(Edits.of(KeepTrack(1)))
    assert main(["plan", "import", str(plan_path(other)), "-o", str(plan_path(output)), "--overwrite"]) == 0
    assert not file.path.exists()
    assert file.path.with_name(file.path.name + ".older").exists()


def test_what_tells_a_plans_tracks_is_what_was_seen(planned: tuple[Path, Path], tmp_path: Path) -> None:
    source, output = planned
    key = tracks_key(plan_path(output))
    again = tmp_path / "again.mp4"
    job = Job(source, again, resolve({"threshold": 0.5, "overwrite": True}), from_plan=plan_path(output))
    assert isinstance(list(clean(job, models=models()))[-1], Finished)
    assert tracks_key(plan_path(again)) == key
    run(source, again, LEFT)
    assert tracks_key(plan_path(again)) != key


def test_rows_of_newer_versions_go_with_the_tracks_that_they_name() -> None:
    of_track, of_place = UnknownEdit('{"edit": "tint", "track": 1}', "tint"), UnknownEdit('{"edit": "fog"}', "fog")
    assert Edits.of(of_track).is_of_one_plan
    assert Edits.of(of_track, of_place, ZONE).without_tracks == Edits.of(of_place, ZONE)
