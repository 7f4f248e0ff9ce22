"""Number 7: plans, reports and pages obey the overwrite rule, and none is another output's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner import cli
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Event, Failed, Finished
from dashcamcleaner.core.track_edits import KeepTrack
from dashcamcleaner.jobs.earlier import earlier_result
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import find_plan, plan_path
from dashcamcleaner.report.data import find_report, html_path, report_path
from dashcamcleaner.report.folder import write_folder_report
from dashcamcleaner.settings import resolve
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")


def models() -> fakes.ModelPool:
    return fakes.pool(fakes.ScriptedDetector(lambda n, p: [FACE], script_size=(320, 180)))


def run(source: Path, output: Path, *, overwrite: bool = False, **more: object) -> Event:
    job = Job(source, output, resolve({"overwrite": overwrite}), **more)  # type: ignore[arg-type]
    return list(clean(job, models=models()))[-1]


def main(*words: object) -> int:
    return cli.main([str(word) for word in words], models=models())


def picture(path: Path) -> Path:
    Image.fromarray(np.full((180, 320, 3), 90, np.uint8)).save(path)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("ending", [".plan.jsonl", ".report.json", ".report.html"])
@pytest.mark.parametrize("suffix", [".mp4", ".png"])
def test_what_stands_under_the_name_of_a_side_output_is_told_before_anything_is_done(
    tmp_path: Path, ending: str, suffix: str
) -> None:
    source = clips.make(tmp_path / "in.mp4", frames=4).path if suffix == ".mp4" else picture(tmp_path / "in.png")
    mine = tmp_path / f"out{suffix}{ending}"
    mine.write_text("the user's")
    before = contents(tmp_path)
    ended = run(source, tmp_path / f"out{suffix}")
    assert isinstance(ended, Failed)
    assert ended.error.exit_code == 4
    assert mine.name in ended.error.message
    assert contents(tmp_path) == before
    assert isinstance(run(source, tmp_path / f"out{suffix}", overwrite=True), Finished)


def test_outputs_that_differ_in_the_extension_alone_share_nothing(tmp_path: Path) -> None:
    clip, still = clips.make(tmp_path / "a.mp4", frames=4).path, picture(tmp_path / "b.jpg")
    assert isinstance(run(clip, tmp_path / "IMG_1.mov"), Finished)
    before = contents(tmp_path)
    assert isinstance(run(still, tmp_path / "IMG_1.jpg"), Finished)
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before
    for name, source in (("IMG_1.mov", clip), ("IMG_1.jpg", still)):
        report = json.loads(report_path(tmp_path / name).read_text())
        assert Path(report["source"]).name == source.name


def as_0_1_0(output: Path) -> None:
    """Give plan, report and page the names that version 0.1.0 gave them."""
    plan_path(output).rename(output.with_suffix(".plan.jsonl"))
    report_path(output).rename(output.with_suffix(".report.json"))
    html_path(report_path(output)).rename(output.with_suffix(".report.html"))


def test_files_of_0_1_0_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = clips.make(tmp_path / "in.mp4", frames=6).path, tmp_path / "out.mp4"
    assert isinstance(run(source, output), Finished)
    as_0_1_0(output)
    old_plan = tmp_path / "out.plan.jsonl"
    assert (find_plan(output), find_report(output)) == (old_plan, tmp_path / "out.report.json")
    found = earlier_result(source, output)
    assert found is not None
    assert found.plan == str(old_plan)
    EditsFile.beside(old_plan).write(Edits.of(KeepTrack(1)))
    assert (tmp_path / "out.edits.jsonl").exists()
    assert isinstance(run(source, output, overwrite=True, from_plan=old_plan), Finished)
    assert plan_path(output).exists()
    assert EditsFile.beside(plan_path(output)).path == tmp_path / "out.edits.jsonl", "the edits go with their plan"
    report_path(output).unlink()
    main("audit", source, output, "--quiet")
    assert "audit" in json.loads((tmp_path / "out.report.json").read_text()), "the report that is there is added to"


def test_files_of_0_1_0_of_another_output_are_not_this_ones(tmp_path: Path) -> None:
    clip, still = clips.make(tmp_path / "a.mp4", frames=4).path, picture(tmp_path / "b.jpg")
    assert isinstance(run(clip, tmp_path / "IMG_1.mov"), Finished)
    as_0_1_0(tmp_path / "IMG_1.mov")
    EditsFile.beside(tmp_path / "IMG_1.plan.jsonl").write(Edits.of(KeepTrack(1)))
    assert isinstance(run(still, tmp_path / "IMG_1.jpg"), Finished)
    assert find_report(tmp_path / "IMG_1.jpg") == report_path(tmp_path / "IMG_1.jpg")
    assert EditsFile.beside(plan_path(tmp_path / "IMG_1.jpg")).read(missing_ok=True) == Edits()
    for path in (report_path(tmp_path / "IMG_1.jpg"), plan_path(tmp_path / "IMG_1.jpg")):
        path.unlink()
    assert find_report(tmp_path / "IMG_1.jpg") == report_path(tmp_path / "IMG_1.jpg")
    assert earlier_result(still, tmp_path / "IMG_1.jpg") is None


@pytest.mark.parametrize("ending", [".report.json", ".report.html"])
def test_an_audit_replaces_no_file_of_anybody_else(
    tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = clips.make(tmp_path / "in.mp4", frames=6).path, tmp_path / "out.mp4"
    assert isinstance(run(source, output), Finished)
    mine = output.with_name(output.name + ending)
    mine.write_text("the user's")
    assert main("audit", source, output) == 4
    assert "left alone" in capsys.readouterr().err
    assert mine.read_text() == "the user's"
    assert main("audit", source, output, "--no-report", "--quiet") != 4


def test_the_page_of_a_batch_replaces_no_page_of_the_users(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.mp4", "b.mp4"):
        clips.make(tmp_path / "in" / name, frames=3)
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("<html>the user's</html>")
    for again in ([], [], ["--overwrite"]):
        assert main("clean", tmp_path / "in", "-o", out, *again) == 0
        assert (out / "report.html").read_text() == "<html>the user's</html>"
    assert sorted(path.name for path in out.glob("report*.html")) == ["report-2.html", "report.html"]
    assert "report-2.html" in capsys.readouterr().out
    assert write_folder_report([], out).name == "report-2.html"


def test_the_page_of_a_batch_lies_with_the_outputs_or_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, work = (tmp_path / "x" / "one", tmp_path / "x" / "two", tmp_path / "work")
    for folder in (first, second, work):
        folder.mkdir(parents=True)
    monkeypatch.chdir(work)
    pair = [picture(first / "a.png"), picture(second / "b.png")]
    assert main("clean", *pair, "--quiet") == 0
    assert (work / "report.html").exists()
    assert main("clean", first, second, "-o", tmp_path / "out", "--quiet") == 0
    assert (tmp_path / "out" / "report.html").exists()
    picture(first / "c.png")
    assert main("clean", first / "a.png", first / "c.png", "--overwrite", "--quiet") == 0
    assert (first / "report.html").exists()
    assert main("clean", *pair, "-o", f"{tmp_path}/deep/er/*.mkv", "--quiet") == 0
    assert (tmp_path / "deep" / "er" / "report.html").exists()
    assert {path.parent for path in tmp_path.rglob("report*.html")} == {
        work, first, tmp_path / "out", tmp_path / "deep" / "er",
    }  # fmt: skip


def test_what_cannot_be_audited_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, empty = clips.make(tmp_path / "in.mp4", frames=3).path, tmp_path / "empty.mp4"
    empty.touch()
    assert main("audit", source, empty) == 3
    assert capsys.readouterr().err.count(str(empty)) == 1


def test_the_audit_of_a_folder_tells_of_sources_that_have_no_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.mp4", "b.mp4"):
        clips.make(tmp_path / "in" / name, frames=3)
    (tmp_path / "in" / "c.mp4").write_bytes(b"no clip")
    out = tmp_path / "out"
    assert main("clean", tmp_path / "in", "-o", out, "--quiet") != 0
    page = (out / "report.html").read_text()
    assert ">c.mp4<" in page
    (out / "b.mp4").unlink()
    capsys.readouterr()
    assert main("audit", tmp_path / "in", out) == 3
    told = capsys.readouterr()
    assert "c.mp4 has no output in" in told.err
    assert told.out.count("no output") == 2
    page = (out / "report.html").read_text()
    assert page.count("no output</span>") == 2
    assert not list(out.glob("report-*.html"))
