"""The edits of a run: whose count, and what is told where one is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dashcamcleaner.core.edit_types import HiddenZone, UnknownEdit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Finished, Warned
from dashcamcleaner.core.summary import CLEANED, PARTIAL
from dashcamcleaner.core.track_edits import DropTrack, KeepTrack
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import PlanError, SettingError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.job_edits import load_edits
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")
ZONE = HiddenZone((0.0, 0.0, 50.0, 50.0))
TINT = '{ "edit": "tint",  "track": 1 }'


def scripted() -> ModelPool:
    return fakes.pool(fakes.ScriptedDetector(lambda n, p: [FACE], script_size=(320, 180)))


@pytest.fixture()
def rendered(tmp_path: Path) -> tuple[Path, Path]:
    """A clip that was cleaned: source and output."""
    source, output = clips.make(tmp_path / "in.mp4", frames=8).path, tmp_path / "out.mp4"
    finished(Job(source, output))
    return source, output


def finished(job: Job) -> tuple[Any, list[str]]:
    """The summary of a run, and what it warned of."""
    events = list(clean(job, models=scripted()))
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].summary, [event.message for event in events if isinstance(event, Warned)]


def test_the_file_beside_the_plan_counts_unless_another_is_named(rendered: tuple[Path, Path], tmp_path: Path) -> None:
    source, output = rendered
    plan = plan_path(output)
    assert load_edits(Job(source, output, from_plan=plan)) == (Edits(), ())
    EditsFile.beside(plan).write(Edits.of(DropTrack(1)))
    assert load_edits(Job(source, output, from_plan=plan))[0] == Edits.of(DropTrack(1))
    other = EditsFile(tmp_path / "other.edits.jsonl", plan=plan)
    other.write(Edits.of(KeepTrack(1)))
    added, notes = load_edits(Job(source, output, from_plan=plan, edits=other.path, added_edits=(ZONE,)))
    assert added == Edits.of(KeepTrack(1), ZONE)
    assert [str(other.path) in note for note in notes] == [True]
    assert load_edits(Job(source, output, added_edits=(ZONE,))) == (Edits.of(ZONE), ())
    with pytest.raises(SettingError, match="belong to a plan"):
        load_edits(Job(source, output, edits=other.path))
    with pytest.raises(PlanError, match="no track 99"):
        load_edits(Job(source, output, from_plan=plan, added_edits=(KeepTrack(99),)))
    with pytest.raises(PlanError, match="no edits file"):
        load_edits(Job(source, output, from_plan=plan, edits=tmp_path / "gone.jsonl"))


def test_what_is_told_and_what_is_done_come_from_one_reading(
    rendered: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, output = rendered
    file = EditsFile.beside(plan_path(output))
    file.write(Edits.of(KeepTrack(1)))
    read, times = EditsFile.read, []
    monkeypatch.setattr(EditsFile, "read", lambda self, **how: times.append(self.path) or read(self, **how))
    again = output.with_name("again.mp4")
    _, warnings = finished(Job(source, again, from_plan=plan_path(output)))
    assert sum(str(file.path) in sentence for sentence in warnings) == 1
    beside = EditsFile.beside(plan_path(again))
    assert times == [file.path, beside.path], "the other is where they are taken along to"
    assert beside.read() == Edits.of(KeepTrack(1))


@pytest.mark.parametrize("tracking", [True, False])
def test_an_edit_that_is_not_known_is_told_and_the_run_has_gaps(rendered: tuple[Path, Path], tracking: bool) -> None:
    source, output = rendered
    settings, plan = resolve({"overwrite": True, "tracking": tracking}), plan_path(output)
    again = Job(source, output.with_name("again.mp4"), settings, from_plan=plan)
    summary, warnings = finished(again)
    assert (summary.status, warnings) == (CLEANED, [])
    with PlanReader(plan_path(again.output)) as reader:
        before = [frame.regions for frame in reader]
    edits = EditsFile.beside(plan)
    edits.write(Edits.of(UnknownEdit(TINT, "tint")))
    summary, warnings = finished(again)
    assert summary.status == PARTIAL
    assert warnings == summary.warnings == list(edits.read().warnings)
    assert "'tint'" in warnings[0]
    with PlanReader(plan_path(again.output)) as reader:
        assert [frame.regions for frame in reader] == before


def test_a_picture_tells_it_too(tmp_path: Path) -> None:
    source = tmp_path / "in.png"
    Image.new("RGB", (320, 180), "gray").save(source)
    edits = EditsFile(tmp_path / "mine.edits.jsonl")
    edits.write(Edits.of(UnknownEdit(TINT, "tint"), ZONE))
    summary, warnings = finished(Job(source, tmp_path / "out.png", edits=edits.path))
    assert summary.status == PARTIAL
    assert any("'tint'" in sentence for sentence in warnings)
    with PlanReader(plan_path(tmp_path / "out.png")) as reader:
        assert next(region.xyxy for frame in reader for region in frame.regions) == ZONE.box
