"""Which clips of folders and URLs become tasks, under which names; and that none of them is ever written over."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dashcamcleaner.cli import main
from dashcamcleaner.core.events import Failed, Finished
from dashcamcleaner.errors import InputError, OutputError, SettingError
from dashcamcleaner.jobs.earlier import finished_before
from dashcamcleaner.pipeline.context import versions
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import Settings, resolve
from tests import clips
from tests.cluster.test_cluster import seeing

pytest.importorskip("fsspec", reason="the extra cluster is not installed")

from dashcamcleaner.cluster.tasks import cluster_jobs, done_already
from dashcamcleaner.cluster.work import Task, run_task

SETTINGS = resolve({"crop_checks": False, "workers": 1})


@pytest.fixture()
def there(tmp_path: Path) -> Path:
    """A folder of clips, called as a store calls it, with a hidden file and a name that fsspec would take for two."""
    for name in ("a.mp4", "day#1/a.mp4", "x::y/b.mkv", ".trash/c.mp4", "notes.txt"):
        path = tmp_path / "there" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))
    return tmp_path / "there"


def pairs(*inputs: str, output: str | None, settings: Settings = SETTINGS) -> dict[str, str]:
    jobs, batch = cluster_jobs(inputs, output=output, settings=settings)
    assert [one.job for one in jobs] == batch.jobs
    return {one.source: one.output for one in jobs}


def source_in(folder: Path) -> Path:
    folder.mkdir()
    return clips.make(folder / "a.mp4", frames=4).path


def url(path: Path | str) -> str:
    return f"file://{path}"


@pytest.mark.parametrize("said", [str, url], ids=["path", "url"])
@pytest.mark.parametrize("there_as", [str, url], ids=["from path", "from url"])
def test_no_output_is_a_source_however_either_is_spelt(
    there: Path, there_as: Callable[[object], str], said: Callable[[object], str]
) -> None:
    (there.parent / "alias").symlink_to(there)
    for output in (there, f"{there}/", f"{there}/day#1/..", there.parent / "alias"):
        with pytest.raises(OutputError, match="a source is never overwritten"):
            cluster_jobs([there_as(there)], output=said(output), settings=SETTINGS.replaced(overwrite=True))
    with pytest.raises(OutputError, match="a source is never overwritten"):
        cluster_jobs([there_as(there / "a.mp4")], output=said(there / "a.mp4"), settings=SETTINGS)


@pytest.mark.parametrize("ending", [".plan.jsonl", ".report.json", ".report.html"])
@pytest.mark.parametrize("said", [str, url], ids=["path", "url"])
def test_what_stands_beside_one_result_is_no_other_source(
    ending: str, said: Callable[[object], str], there: Path, tmp_path: Path
) -> None:
    """With ``--overwrite`` the report of the one would replace the other."""
    odd = tmp_path / "out" / f"a.mp4{ending}"
    odd.parent.mkdir()
    odd.write_bytes(b"a clip of an odd name")
    with pytest.raises(OutputError, match="a source is never overwritten"):
        pairs(url(there / "a.mp4"), str(odd), output=f"{said(odd.parent)}/")


def test_two_sources_do_not_become_one_output(there: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="would both become"):
        pairs(url(there / "a.mp4"), url(there / "day#1" / "a.mp4"), output=url(tmp_path / "out"))


@pytest.mark.parametrize("to", ["folder", "url"])
def test_a_source_that_is_reached_by_another_name_is_not_written_over(
    to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where one machine's folder is another's, behind ``sftp://``: only the bytes tell."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = source_in(tmp_path / "in")
    before = made.read_bytes()
    settings = SETTINGS.replaced(overwrite=True)
    places = (str(made), url(made)) if to == "url" else (url(made), str(made))
    last = run_task(Task(*places, settings, False, versions(), {}, "t"), lambda _: None, open_models=seeing)
    assert isinstance(last, Failed)
    assert "a source is never overwritten" in last.error.message
    assert made.read_bytes() == before
    assert [path.name for path in made.parent.iterdir()] == ["a.mp4"]
    other = tmp_path / "out" / "a.mp4"
    for _ in range(2):  # what is no source is replaced, as was said
        places = (str(made), url(other)) if to == "url" else (url(made), str(other))
        last = run_task(Task(*places, settings, False, versions(), {}, "t"), lambda _: None, open_models=seeing)
        assert isinstance(last, Finished), last
    assert other.read_bytes() != before


def test_a_result_that_is_its_source_byte_for_byte_may_be_replaced(tmp_path: Path) -> None:
    made = source_in(tmp_path / "in")
    output = tmp_path / "out" / "a.mp4"
    task = Task(str(made), url(output), SETTINGS.replaced(overwrite=True), False, versions(), {}, "t")
    assert isinstance(run_task(task, lambda _: None, open_models=seeing), Finished)
    shutil.copytree(output.parent, tmp_path / "same")
    again = Task(str(output), url(tmp_path / "same" / "a.mp4"), task.settings, False, versions(), {}, "t")
    assert isinstance(run_task(again, lambda _: None, open_models=seeing), Finished)
    shutil.copy2(output, tmp_path / "same")
    (tmp_path / "same" / "a.mp4.report.json").unlink()
    assert isinstance(run_task(again, lambda _: None, open_models=seeing), Failed), "nothing tells it from the source"


def test_names_behind_urls_are_those_of_the_files(there: Path, tmp_path: Path) -> None:
    out = url(tmp_path / "out")
    assert pairs(url(there), output=out) == {
        f"{url(there)}/{name}": f"{out}/{name}" for name in ("a.mp4", "day#1/a.mp4", "x::y/b.mkv")
    }
    assert pairs(str(there), output=out) == {
        f"{there}/{name}": f"{out}/{name}" for name in ("a.mp4", "day#1/a.mp4", "x::y/b.mkv")
    }


@pytest.mark.parametrize("below", [str, url], ids=["path", "url"])
def test_earlier_results_below_what_is_searched_are_no_sources(there: Path, below: Callable[[object], str]) -> None:
    results = there / "made"
    shutil.copytree(there / "day#1", results)
    jobs, batch = cluster_jobs([url(there)], output=below(results), settings=SETTINGS)
    assert not [one for one in jobs if "/made/" in one.source]
    assert len(jobs) == 3
    assert [path.name for path in batch.results] == ["a.mp4"]
    assert list(pairs(url(results), output=below(results / "again"))) == [f"{url(results)}/a.mp4"]


def test_a_folder_here_is_read_whole_whatever_it_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.mp4").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert list(pairs(".", output="s3://far/away").values()) == ["s3://far/away/out/a.mp4"]
    assert list(pairs("out", output="s3://far/away").values()) == ["s3://far/away/a.mp4"]


@pytest.mark.parametrize("far", [True, False], ids=["url", "path"])
def test_outputs_are_named_as_on_one_machine(there: Path, tmp_path: Path, far: bool) -> None:
    out = url(tmp_path / "out") if far else str(tmp_path / "out")
    one = url(there / "a.mp4")
    assert pairs(one, output=f"{out}/public.mkv") == {one: f"{out}/public.mkv"}
    assert pairs(one, output=f"{out}/") == {one: f"{out}/a.mp4"}
    assert pairs(one, output=f"{out}/*.mkv") == {one: f"{out}/a.mkv"}
    assert set(pairs(url(there), output=f"{out}/*.mkv").values()) == {
        f"{out}/{name}" for name in ("a.mkv", "day#1/a.mkv", "x::y/b.mkv")
    }
    with pytest.raises(OutputError, match="has the name of a file"):
        pairs(url(there), output=f"{out}/public.mp4")
    assert len(pairs(url(there), output=f"{out}/public.mp4/")) == 3
    with pytest.raises(SettingError, match="is empty"):
        pairs(url(there), "", output=out)


def test_what_holds_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for given in (str(tmp_path / "empty"), url(tmp_path / "empty")):
        with pytest.raises(InputError, match="no clip or picture"):
            pairs(given, output="s3://far/away")


def test_paths_in_settings_mean_the_same_to_a_worker(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(there)
    jobs, _ = cluster_jobs([str(there)], output="out", settings=resolve({"style": "picture", "picture": "logo.png"}))
    assert {one.job.settings.picture for one in jobs} == {str(there / "logo.png")}


def test_a_subfolder_that_is_not_followed_is_told(
    there: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashcamcleaner.cluster.run.run_on_cluster", lambda *_, **__: (one for one in ()))
    (there / "link").symlink_to(tmp_path)
    main(["clean", str(there), "-o", str(tmp_path / "out"), "--cluster", "local:1"])
    assert "is a link and is not followed" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["s3://b/in", "-o", "out"], ["here.mp4", "-o", "s3://b/out"]])
def test_without_a_cluster_a_url_is_no_folder_of_this_machine(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.mp4").write_bytes(b"x")
    assert main(["clean", *words]) == SettingError.exit_code
    told = capsys.readouterr().err
    assert "is a URL" in told
    assert "--cluster local:1" in told
    assert main(["clean", "here.mp4", "-o", "out.mp4", "--cluster", ""]) == SettingError.exit_code
    assert "'' is no address of a cluster" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["here.mp4"]


@pytest.mark.parametrize("far", [True, False], ids=["url", "folder"])
def test_what_was_made_for_something_else_is_not_taken_for_what_is_asked(far: bool, tmp_path: Path) -> None:
    made = source_in(tmp_path / "in")
    place = str(tmp_path / "out")
    output = url(place) if far else place

    def task(settings: Settings, *, audit: bool = False) -> Finished | Failed:
        one = Task(str(made), f"{output}/a.mp4", settings, audit, versions(), {}, "t")
        return run_task(one, lambda _: None, open_models=seeing)

    def is_done(settings: Settings, *, audit: bool = False) -> bool:
        [one], _ = cluster_jobs([str(made)], output=f"{output}/", settings=settings, audit=audit)
        return done_already(one) is not None

    assert isinstance(task(SETTINGS), Finished)
    assert is_done(SETTINGS)
    assert is_done(SETTINGS.replaced(workers=2, max_look_ahead_mb=64)), "these change nothing in what is hidden"
    before = Path(place, "a.mp4").read_bytes()
    for other in (SETTINGS.replaced(style="solid"), SETTINGS.replaced(threshold=0.01)):
        assert not is_done(other)
        failed = task(other)
        assert isinstance(failed, Failed), "what stands was made otherwise"
        assert "already" in failed.error.message
    assert Path(place, "a.mp4").read_bytes() == before
    assert not is_done(SETTINGS, audit=True)


def test_an_audit_that_a_dead_worker_did_not_come_to_is_done(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "a.mp4", frames=4).path
    task = Task(str(made), str(tmp_path / "out.mp4"), SETTINGS, False, versions(), {}, "t")
    assert isinstance(run_task(task, lambda _: None, open_models=seeing), Finished)
    audited = Task(str(made), str(tmp_path / "out.mp4"), SETTINGS, True, versions(), {}, "t")
    last = run_task(audited, lambda _: None, open_models=seeing)
    assert isinstance(last, Finished), last
    assert last.summary.audit is not None
    again = run_task(audited, lambda _: None, open_models=seeing)
    assert isinstance(again, Finished)
    assert again.summary.audit == last.summary.audit, "once is enough"


@pytest.mark.parametrize("told", ["name", "nothing"])
@pytest.mark.parametrize("far", [True, False], ids=["url", "folder"])
def test_a_report_that_tells_nothing_of_its_source_is_known_again(far: bool, told: str, tmp_path: Path) -> None:
    made = source_in(tmp_path / "in")
    output = tmp_path / "out" / "a.mp4"
    place = url(output) if far else str(output)
    settings = SETTINGS.replaced(report_source=told)
    task = Task(str(made), place, settings, False, versions(), {}, "t")
    assert isinstance(run_task(task, lambda _: None, open_models=seeing), Finished)
    again = run_task(task, lambda _: None, open_models=seeing)
    assert isinstance(again, Finished), again
    assert again.earlier
    if not far:
        assert finished_before(Job(made, output, settings)) is not None
    clips.make(made, frames=5)
    assert isinstance(run_task(task, lambda _: None, open_models=seeing), Failed), "another clip of that name"
    assert finished_before(Job(made, output, settings)) is None
