"""What a finished run is known by: all that its job asks for, so that no job is handed the result of another."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.core.edit_types import HiddenSpan
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Finished
from dashcamcleaner.core.track_edits import KeepTrack
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.people.references import Reference
from dashcamcleaner.people.rules import PersonRequest
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.output_lock import _COMES_AFTER, _digest
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

JOB = Job(Path("/a/in.mp4"), Path("/a/out.mp4"))
OTHERS = {
    "source": Path("/b/in.mp4"),
    "output": Path("/b/out.mp4"),
    "settings": resolve({"threshold": 0.5}),
    "from_plan": Path("/a/other.plan.jsonl"),
    "edits": Path("/a/other.edits.jsonl"),
    "added_edits": (HiddenSpan(),),
    "accepted": ("0" * 64,),
    "persons": PersonRequest(keep=("1",)),
    "notes": ("told before",),
    "known_persons": {"saved:ann": (Reference("ann", (np.ones(128, np.float32),)),)},
    "export_detections": Path("/a/seen.json"),
    "export_mask": Path("/a/mask.mkv"),
    "export_mask_colored": Path("/a/colours.mkv"),
    "write_plan": False,
    "cut": ClipCut(CutTimes.of([(Fraction(0), Fraction(1))])),
    "copied": True,
    "detect": False,
}


def test_every_field_of_a_job_is_decided_on() -> None:
    assert set(OTHERS) | _COMES_AFTER == {one.name for one in fields(Job)}
    assert not set(OTHERS) & _COMES_AFTER


@pytest.mark.parametrize("name", OTHERS)
def test_a_job_that_asks_for_something_else_is_another(name: str) -> None:
    other = replace(JOB, **{name: OTHERS[name]})
    assert _digest(other) != _digest(JOB)
    assert _digest(replace(JOB, **{name: OTHERS[name]})) == _digest(other)


def test_what_changes_no_output_tells_no_job_from_another() -> None:
    assert _digest(replace(JOB, audit=True, settings=resolve({"overwrite": True}))) == _digest(JOB)


def test_somebody_elses_face_under_the_same_name_is_another_job() -> None:
    def job(value: float) -> Job:
        return replace(JOB, known_persons={"saved:ann": (Reference("ann", (np.full(128, value, np.float32),)),)})

    assert _digest(job(1.0)) == _digest(job(1.0)) != _digest(job(2.0))


def test_the_content_of_side_files_counts(tmp_path: Path) -> None:
    source, output = clips.make(tmp_path / "in.mp4", frames=6).path, tmp_path / "out.mp4"
    models = fakes.pool(fakes.ScriptedDetector(lambda *_: [(100.0, 60.0, 140.0, 110.0, 0.9, "face")]))
    assert isinstance(list(clean(Job(source, output), models=models))[-1], Finished)
    job = Job(source, output, resolve({"overwrite": True}), from_plan=plan_path(output))
    before = _digest(job)
    assert isinstance(list(clean(job, models=models))[-1], Finished)
    assert _digest(job) == before, "a run may write its plan anew"
    EditsFile.beside(plan_path(output)).write(Edits.of(KeepTrack(1)))
    assert _digest(job) != before
    picture = tmp_path / "smile.png"
    named = replace(job, persons=PersonRequest(hide=(str(picture),)))
    without = _digest(named)
    picture.write_bytes(b"a face")
    assert _digest(named) != without
