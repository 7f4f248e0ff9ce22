"""Inputs to jobs: names kept, nothing overwritten, nothing lost."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner import cli
from dashcamcleaner.core.events import Event, Failed, Finished, Progress
from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.jobs.batch import run_batch
from dashcamcleaner.jobs.inputs import jobs_for, named_jobs
from dashcamcleaner.jobs.pairs import pairs_for, sources_without_output
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media.probe import probe
from dashcamcleaner.output_files import check_output
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes, pictures

SETTINGS = resolve({})


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def outputs(*inputs: Path | str, output: str | None = None) -> dict[str, str]:
    batch = jobs_for([str(i) for i in inputs], output=output, settings=SETTINGS)
    return {str(job.source): str(job.output) for job in batch.jobs}


def test_one_file_to_one_name(tmp_path: Path) -> None:
    touch(tmp_path, "a.avi")
    source = str(tmp_path / "a.avi")
    assert outputs(source, output=str(tmp_path / "b.mkv")) == {source: str(tmp_path / "b.mkv")}
    assert outputs(source, output=str(tmp_path / "b")) == {source: str(tmp_path / "b.mp4")}
    assert outputs(source, output=f"{tmp_path}/new/") == {source: str(tmp_path / "new/a.mp4")}
    assert outputs(source) == {source: str(tmp_path / "a_cleaned.mp4")}


def test_a_folder_gives_a_folder_with_names_kept(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mkv", "in/sub/b.MOV", "in/c.jpg", "in/notes.txt", "in/.hidden.mp4", "in/d.heic")
    batch = jobs_for([str(tmp_path / "in")], output=str(tmp_path / "out"), settings=SETTINGS)
    assert {str(job.output.relative_to(tmp_path)) for job in batch.jobs} == {
        "out/a.mkv", "out/sub/b.mov", "out/c.jpg", "out/d.png",
    }  # fmt: skip
    assert [path.name for path in batch.skipped] == ["notes.txt"]


@pytest.mark.parametrize("name", ["photo.jpe", "photo.JFIF", "photo.avif", "photo.tif"])
def test_a_picture_keeps_its_format(name: str, tmp_path: Path) -> None:
    touch(tmp_path, f"in/{name}")
    [output] = outputs(tmp_path / "in" / name).values()
    assert Path(output).name == f"photo_cleaned{Path(name).suffix.lower()}"
    [output] = outputs(tmp_path / "in", output=f"{tmp_path}/out/*.mkv").values()
    assert Path(output).name == f"photo{Path(name).suffix.lower()}"


def test_a_picture_without_a_known_extension_becomes_no_clip(tmp_path: Path) -> None:
    for name, save_as, expected in (("scan", "PNG", ".png"), ("scan.dat", "JPEG", ".jpg"), ("scan.0", "AVIF", ".avif")):
        Image.new("RGB", (16, 16)).save(tmp_path / name, save_as)
        [output] = outputs(tmp_path / name).values()
        assert Path(output).suffix == expected


def test_a_container_for_all(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mkv", "in/b.mov", "in/c.jpg")
    found = outputs(tmp_path / "in", output=f"{tmp_path}/out/*.mkv")
    assert sorted(found.values()) == [f"{tmp_path}/out/{name}" for name in ("a.mkv", "b.mkv", "c.jpg")]


def test_names_that_would_meet_get_the_sources_extension(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.avi", "in/a.flv", "in/b.avi")
    found = outputs(tmp_path / "in", output=str(tmp_path / "out"))
    assert sorted(Path(name).name for name in found.values()) == ["a.avi.mp4", "a.flv.mp4", "b.mp4"]


def test_names_that_differ_in_the_extension_alone_do_not_share_a_plan(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mkv", "in/a.mp4", "in/a.jpg")
    found = outputs(tmp_path / "in", output=str(tmp_path / "out"))
    assert len({Path(name).stem for name in found.values()}) == 3


def test_several_results_go_into_no_folder_that_is_called_like_a_clip(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    pair = (tmp_path / "a.mp4", tmp_path / "b.mp4")
    for inputs in (pair, (tmp_path,)):
        with pytest.raises(OutputError, match="has the name of a file") as refused:
            outputs(*inputs, output=str(tmp_path / "out.mp4"))
        assert "out.mp4/" in refused.value.hint
    assert outputs(*pair, output=f"{tmp_path}/out.mp4/")[str(pair[0])] == str(tmp_path / "out.mp4" / "a.mp4")
    assert len(outputs(*pair, output=f"{tmp_path}/2026.07")) == 2


def test_a_source_without_an_output_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/sub/b.mkv", "in/c.jpg", "in/gone_cleaned.mp4", "in/out/a.mp4")
    source, output = tmp_path / "in", tmp_path / "in" / "out"
    pairs = pairs_for(source, output)
    assert pairs == [(source / "a.mp4", output / "a.mp4")]
    assert sources_without_output(source, output, pairs) == [source / "sub" / "b.mkv"]
    touch(tmp_path, "in/sub/b_cleaned.mkv")
    beside = pairs_for(source, source)
    assert source / "sub" / "b.mkv" not in sources_without_output(source, source, beside)


def test_patterns(tmp_path: Path) -> None:
    touch(tmp_path, "x1.mp4", "x2.mp4", "y.mp4")
    assert len(outputs(f"{tmp_path}/x*.mp4", output=str(tmp_path / "out"))) == 2


def test_a_name_with_brackets_is_a_name(tmp_path: Path) -> None:
    touch(tmp_path, "ride [1].mp4")
    assert len(outputs(tmp_path / "ride [1].mp4")) == 1


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for given, told in (("nothing.mp4", "There is no file"), ("*.mp4", "There is no file"), ("empty", "holds no clip")):
        with pytest.raises(InputError, match=told):
            jobs_for([str(tmp_path / given)], output=None, settings=SETTINGS)


def test_outputs_never_cross_sources_or_each_other(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "sub/a.mp4", "file")
    with pytest.raises(OutputError, match="is a source"):
        jobs_for([str(tmp_path)], output=str(tmp_path), settings=SETTINGS)
    with pytest.raises(OutputError, match="there are 2 inputs"):
        jobs_for(
            [str(tmp_path / "a.mp4"), str(tmp_path / "sub/a.mp4")], output=str(tmp_path / "file"), settings=SETTINGS
        )


def test_inputs_of_one_name_keep_the_folders_in_which_they_differ(tmp_path: Path) -> None:
    touch(tmp_path, "in/x/c.mp4", "in/y/z/c.mp4", "in/y/d.mp4")
    given = [tmp_path / name for name in ("in/x/c.mp4", "in/y/z/c.mp4", "in/y/d.mp4")]
    made = outputs(*given, output=str(tmp_path / "out"))
    places = [Path(one).relative_to(tmp_path).as_posix() for one in made.values()]
    assert places == ["out/x/c.mp4", "out/y/z/c.mp4", "out/d.mp4"]
    folders = outputs(tmp_path / "in/x", tmp_path / "in/y/z", output=str(tmp_path / "out"))
    assert len(set(folders.values())) == 2


def test_results_below_a_folder_that_is_searched_are_no_sources(tmp_path: Path) -> None:
    """``clean . -o out``, a second time."""
    touch(tmp_path, "a.mp4", "sub/b.mp4", "out/a.mp4", "out/sub/b.mp4")
    batch = jobs_for([str(tmp_path)], output=str(tmp_path / "out"), settings=SETTINGS)
    assert [job.source.name for job in batch.jobs] == ["a.mp4", "b.mp4"]
    assert {path.name for path in batch.results} == {"a.mp4", "b.mp4"}
    assert not batch.skipped


@pytest.mark.parametrize("ending", [".plan.jsonl", ".report.json", ".report.html"])
@pytest.mark.parametrize("folder", [None, "out"])
def test_what_stands_beside_one_result_is_no_other_source(tmp_path: Path, ending: str, folder: str | None) -> None:
    """Whatever a clip is called: with ``--overwrite`` the report of the one would replace the other."""
    result = "a_cleaned.mp4" if folder is None else "out/a.mp4"
    touch(tmp_path, "a.mp4", f"{result}{ending}")
    output = None if folder is None else str(tmp_path / folder)
    with pytest.raises(OutputError, match="is a source"):
        outputs(tmp_path / "a.mp4", tmp_path / f"{result}{ending}", output=output)


def test_an_earlier_result_is_told_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is a clip, and what stands beside it belongs to it: neither is a file that could not be told."""
    touch(tmp_path, "a.txt", "out/c.jpg", "out/c.jpg.report.json", "out/c_cleaned.txt")
    clips.make(tmp_path / "b.mp4", frames=2)
    models = fakes.pool(fakes.ScriptedDetector({}))
    assert cli.main(["clean", str(tmp_path), "-o", str(tmp_path / "out")], models=models) == 0
    told = capsys.readouterr().err
    assert "1 file is neither clip nor picture and was left aside: a.txt" in told
    assert "1 file is the result of an earlier run and was left aside: c.jpg" in told


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_an_output_that_is_a_pipe_is_told_as_an_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    clips.make(tmp_path / "a.mp4", frames=2)
    for output in (str(tmp_path / "pipe.mp4"), "-"):
        assert cli.main(["clean", str(tmp_path / "a.mp4"), "-o", output, "--overwrite"]) == OutputError.exit_code
        assert "pipe" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="the system has no such names")
def test_nothing_is_put_beside_the_systems_own_names() -> None:
    """A file that the shell opened: ``clean /dev/stdin < ride.mp4``."""
    with pytest.raises(OutputError, match="no result is put beside it"):
        named_jobs([(Path("/dev/stdin"), Path("stdin"))], None, wanted="", settings=SETTINGS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    touch(tmp_path, "a.mp4")
    for given in (str(tmp_path / "pipe.mp4"), "/dev/zero", "-"):
        with pytest.raises(InputError, match="is no file"):
            jobs_for([given], output=str(tmp_path / "out.mp4"), settings=SETTINGS)
    with pytest.raises(OutputError, match="pipe"):
        jobs_for([str(tmp_path / "a.mp4")], output="-", settings=SETTINGS)
    for overwrite in (False, True):
        with pytest.raises(OutputError, match="is a pipe"):
            check_output(tmp_path / "pipe.mp4", sources=[], overwrite=overwrite)
    assert (tmp_path / "pipe.mp4").is_fifo()
    with pytest.raises(InputError, match="is no file"):
        probe(tmp_path / "pipe.mp4")  # whoever asks: it would wait for ever


def test_a_folder_again_skips_what_is_finished(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.mp4", "b.mp4"):
        clips.make(tmp_path / "in" / name, frames=6)
    Image.fromarray(pictures.street(1, size=(320, 180))).save(tmp_path / "in" / "c.png")

    def once(**said: object) -> list[Event]:
        batch = jobs_for([str(tmp_path / "in")], output=str(tmp_path / "out"), settings=resolve({}, said))
        models = fakes.pool(fakes.ScriptedDetector(lambda *_: [(40, 40, 90, 90, 0.9, "face")]))
        events = [event for _, event in run_batch(batch.jobs, models=models, skip_finished=batch.many)]
        return [event for event in events if isinstance(event, Finished | Failed)]

    assert [event.earlier for event in once() if isinstance(event, Finished)] == [False] * 3
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert [event.earlier for event in once(workers=1) if isinstance(event, Finished)] == [True] * 3
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before
    clips.make(tmp_path / "in" / "b.mp4", frames=7)  # other footage: what stands there is not of it
    kinds = [type(event) for event in once()]
    assert kinds == [Finished, Failed, Finished]
    assert all(isinstance(event, Failed) for event in once(style="solid"))  # not what was asked for
    assert [event.earlier for event in once(style="solid", overwrite=True) if isinstance(event, Finished)] == [
        False
    ] * 3


def test_earlier_results_beside_their_sources_are_no_new_sources(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/a_cleaned.mp4")
    assert [Path(source).name for source in outputs(tmp_path / "in")] == ["a.mp4"]
    assert len(outputs(tmp_path / "in", output=str(tmp_path / "out"))) == 2


def test_a_folder_of_pictures_opens_the_detector_once(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(20):
        Image.fromarray(pictures.street(number, size=(320, 180))).save(tmp_path / "in" / f"{number}.png")
    opened: list[fakes.ScriptedDetector] = []

    def open_detector(**_: object) -> fakes.ScriptedDetector:
        opened.append(fakes.ScriptedDetector(lambda *_: [(40, 40, 90, 90, 0.9, "face")]))
        return opened[-1]

    batch = jobs_for([str(tmp_path / "in")], output=str(tmp_path / "out"), settings=SETTINGS)
    events = [event for _, event in run_batch(batch.jobs, models=fakes.pool(open_detector))]
    done = [event.summary for event in events if isinstance(event, Finished)]
    assert [summary.kinds["face"].regions for summary in done] == [1] * 20
    assert len(opened) == 1
    assert opened[0].seen == 20


def test_a_run_that_was_stopped_leaves_nothing_to_the_next_with_its_models(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=24, busy=True)

    def sees_the_picture(_: int, picture: np.ndarray) -> list[fakes.Row]:
        """What is seen depends on the picture alone, as with a real network."""
        bright = float(picture[:40, :40].mean()) / 4
        return [(20 + bright, 40, 90 + bright, 90, 0.9, "face")]

    detector = fakes.ScriptedDetector(sees_the_picture, script_size=(320, 180))
    models = fakes.pool(detector)
    fresh = fakes.pool(fakes.ScriptedDetector(sees_the_picture, script_size=(320, 180)))
    stopped = clean(Job(made.path, tmp_path / "stopped.mp4", SETTINGS), models=models)
    next(event for event in stopped if isinstance(event, Progress))
    stopped.close()  # type: ignore[attr-defined]
    *_, after = clean(Job(made.path, tmp_path / "after.mp4", SETTINGS), models=models)
    *_, alone = clean(Job(made.path, tmp_path / "alone.mp4", SETTINGS), models=fresh)
    assert isinstance(after, Finished)
    assert isinstance(alone, Finished)
    assert after.summary.kinds == alone.summary.kinds
    plans = [plan_path(tmp_path / name).read_text().splitlines()[1:] for name in ("after.mp4", "alone.mp4")]
    assert plans[0] == plans[1]
    assert not detector.closed
