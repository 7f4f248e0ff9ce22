"""Results of earlier days are found where they are of this very clip, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashcamcleaner.core.events import Finished
from dashcamcleaner.jobs.earlier import earlier_result
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.report.data import report_path
from tests.clips import make
from tests.fakes import ScriptedDetector, pool


@pytest.fixture()
def cleaned(tmp_path: Path) -> tuple[Path, Path, Finished]:
    rows = [(100.0, 40.0, 140.0, 90.0, 0.9, "face")]
    source, output = make(tmp_path / "a.mp4", frames=20).path, tmp_path / "a_cleaned.mp4"
    models = pool(ScriptedDetector(lambda *_: rows, script_size=(320, 180)))
    *_, last = clean(Job(source, output), models=models)
    assert isinstance(last, Finished)
    return source, output, last


def test_the_report_gives_the_summary_back(cleaned: tuple[Path, Path, Finished]) -> None:
    source, output, last = cleaned
    found = earlier_result(source, output)
    assert found is not None
    assert found.as_dict() == last.summary.as_dict()


def test_files_that_were_moved_together_are_found(cleaned: tuple[Path, Path, Finished], tmp_path: Path) -> None:
    source, output, _ = cleaned
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for path in (source, output, plan_path(output), report_path(output)):
        path.rename(folder / path.name)
    found = earlier_result(folder / source.name, folder / output.name)
    assert found is not None
    assert found.plan == str(folder / plan_path(output).name)


def test_another_clip_of_the_same_name_is_not_the_same_clip(cleaned: tuple[Path, Path, Finished]) -> None:
    source, output, _ = cleaned
    make(source, frames=21)
    assert earlier_result(source, output) is None


@pytest.mark.parametrize("damage", ["no output", "no plan", "no report", "torn plan", "torn report", "foreign report"])
def test_what_is_incomplete_counts_as_not_there(cleaned: tuple[Path, Path, Finished], damage: str) -> None:
    source, output, _ = cleaned
    what, path = (
        damage.split()[0],
        {"output": output, "plan": plan_path(output), "report": report_path(output)}[damage.split()[1]],
    )
    if what == "no":
        path.unlink()
    else:
        path.write_text("{" if what == "torn" else '{"schema": "something else"}')
    assert earlier_result(source, output) is None
