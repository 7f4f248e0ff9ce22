"""Number 6: what is written for a while meets no file of anybody else, and takes none away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner import cli
from dashcamcleaner.atomic_files import GrowingFile, atomic_path, atomic_write, new_work_file, publish
from dashcamcleaner.core.events import Event, Failed, Finished, Progress
from dashcamcleaner.demo import clip as demo_clip
from dashcamcleaner.errors import OutputError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import resolve
from dashcamcleaner.work_files import remove_leftovers
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")
BESIDE = ("out.mp4", "out.plan.jsonl", "out.mp4.plan.jsonl", "out.report.json", "out.mp4.report.json",
          "out.report.html", "out.mp4.report.html", "out.seen.jsonl", "mask.mp4", "found.csv")  # fmt: skip


def run(source: Path, output: Path, *, watch: Callable[[Event], None] = lambda _: None, **more: object) -> Event:
    """The last event of a run over a detector that always sees a face."""
    overwrite = bool(more.pop("overwrite", False))
    job = Job(source, output, resolve({"overwrite": overwrite}), **more)  # type: ignore[arg-type]
    models = fakes.pool(fakes.ScriptedDetector(lambda n, p: [FACE], script_size=(320, 180)))
    last: Event | None = None
    for event in clean(job, models=models):
        watch(event)
        last = event
    assert last is not None
    return last


def link(kind: str, place: Path, target: Path) -> None:
    if kind == "symlink":
        place.symlink_to(target)
    elif kind == "hard link":
        os.link(target, place)
    else:
        place.write_bytes(b"an unfinished download")


@pytest.mark.parametrize("kind", ["symlink", "hard link", "file"])
def test_what_stands_under_a_name_with_partial_stays_and_is_never_written_through(tmp_path: Path, kind: str) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=8)
    original = made.path.read_bytes()
    for name in BESIDE:
        link(kind, tmp_path / f"{name}.partial", made.path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    extras = {"export_mask": tmp_path / "mask.mp4", "export_detections": tmp_path / "found.csv"}
    ended = run(made.path, tmp_path / "out.mp4", **extras)
    assert isinstance(ended, Finished), ended
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert made.path.read_bytes() == original


@pytest.mark.parametrize("suffix", [".mp4", ".png"])
def test_a_source_that_is_called_partial_is_a_source(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"out{suffix}.partial"
    if suffix == ".mp4":
        clips.make(tmp_path / "in.mp4", frames=5).path.rename(source)
    else:
        Image.fromarray(np.full((180, 320, 3), 90, np.uint8)).save(tmp_path / "in.png")
        (tmp_path / "in.png").rename(source)
    original = source.read_bytes()
    run(source, tmp_path / f"out{suffix}")
    assert source.read_bytes() == original


@pytest.mark.parametrize("extra", ["export_mask", "export_mask_colored", "export_detections"])
@pytest.mark.parametrize("other", ["source", "hard link", "output", "plan", "user"])
def test_no_output_takes_what_is_read_or_stands_there(tmp_path: Path, extra: str, other: str) -> None:
    suffix = ".csv" if extra == "export_detections" else ".mp4"
    made = clips.make(tmp_path / "in.mp4", frames=5)
    assert isinstance(run(made.path, tmp_path / "a.mp4"), Finished)
    plan = next(path for path in tmp_path.iterdir() if path.name.endswith(".plan.jsonl"))
    place = tmp_path / f"place{suffix}"
    output = tmp_path / "out.mp4"
    if other == "source":
        place = made.path
    elif other == "hard link":
        os.link(made.path, place)
    elif other == "output":
        place = output
    elif other == "plan":
        place = plan
    else:
        place.write_text("the user's")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    ended = run(made.path, output, overwrite=other != "user", from_plan=plan, **{extra: place})
    assert isinstance(ended, Failed)
    assert isinstance(ended.error, OutputError)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_sheet_is_an_output_like_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.png"
    Image.fromarray(np.full((180, 320, 3), 90, np.uint8)).save(source)
    assert isinstance(run(source, tmp_path / "out.png"), Finished)
    plan = next(path for path in tmp_path.iterdir() if path.name.endswith(".plan.jsonl"))
    words = ["tracks", str(plan), "--source", str(source), "--sheet"]
    original = source.read_bytes()
    assert cli.main([*words, str(source), "--overwrite"]) == 4
    assert "source" in capsys.readouterr().err
    (tmp_path / "mine.png").write_text("the user's")
    assert cli.main([*words, str(tmp_path / "mine.png")]) == 4
    assert "exists already" in capsys.readouterr().err
    assert source.read_bytes() == original
    assert (tmp_path / "mine.png").read_text() == "the user's"


def test_the_demo_replaces_its_own_clip_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="the portrait comes with matplotlib")
    monkeypatch.setattr(demo_clip, "FRAMES", 5)
    (tmp_path / "demo.mp4").write_text("the user's")
    assert cli.main(["demo", str(tmp_path), "--only-make"]) == 4
    assert (tmp_path / "demo.mp4").read_text() == "the user's"
    for _ in range(2):
        assert cli.main(["demo", str(tmp_path / "new"), "--only-make"]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced there")
def test_a_work_file_that_was_replaced_is_not_published(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=90)
    original = made.path.read_bytes()
    replaced: list[Path] = []

    def replace(event: Event) -> None:
        if isinstance(event, Progress) and not replaced:
            for folder in tmp_path.glob(".dashcamcleaner-*-*-*"):
                assert folder.stat().st_mode & 0o777 == 0o700
                for path in folder.iterdir():
                    path.unlink()
                    path.symlink_to(made.path)
                    replaced.append(path)

    ended = run(made.path, tmp_path / "out.mp4", watch=replace)
    assert replaced
    assert isinstance(ended, Failed)
    assert isinstance(ended.error, OutputError)
    assert not os.path.lexists(tmp_path / "out.mp4")
    assert made.path.read_bytes() == original


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced there")
@pytest.mark.parametrize("by", ["symlink", "file"])
def test_what_was_put_in_the_place_of_a_work_file_is_neither_published_nor_removed(tmp_path: Path, by: str) -> None:
    kept = tmp_path / "kept"
    kept.write_text("somebody's")
    work = new_work_file(tmp_path / "a")
    work.path.unlink()
    link(by, work.path, kept)
    with pytest.raises(OutputError):
        publish(work, tmp_path / "a", overwrite=True)
    work.discard()
    assert os.path.lexists(work.path)
    assert not (tmp_path / "a").exists()
    replacing = atomic_path(tmp_path / "b")
    beside = replacing.__enter__()
    beside.unlink()
    beside.symlink_to(kept)
    with pytest.raises(OutputError):
        replacing.__exit__(None, None, None)
    assert not (tmp_path / "b").exists()
    growing = GrowingFile(tmp_path / "c")
    growing._work.path.unlink()
    growing._work.path.symlink_to(kept)
    growing.write("x")
    growing.abort()
    assert kept.read_text() == "somebody's"


def test_a_final_name_that_came_meanwhile_is_left_alone_without_a_gap(tmp_path: Path) -> None:
    work = new_work_file(tmp_path / "a")
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")  # exists for nobody who follows it
    with pytest.raises(OutputError, match="left alone"):
        publish(work, tmp_path / "a", overwrite=False)
    assert (tmp_path / "a").is_symlink()
    work.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


LEFT = """
import os, signal, sys
from pathlib import Path
from dashcamcleaner.atomic_files import new_work_file
work = new_work_file(Path(sys.argv[1]))
work.write(b"half")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a POSIX signal")
def test_what_a_killed_process_left_goes_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    subprocess.run([sys.executable, "-c", LEFT, str(folder / "a")], check=False, cwd=Path(__file__).parents[2])
    (left,) = folder.iterdir()
    alive = new_work_file(folder / "b")
    kept = tmp_path / "kept"
    kept.write_text("somebody's")
    # Named as if they were left by that process; none of them is a private folder with one file at work.
    inside = left.with_name(left.name[:-1] + ("0" if left.name[-1] != "0" else "1"))
    inside.mkdir()
    (inside / "holiday.mp4").write_text("the user's")
    two = left.with_name(left.name[:-2] + "zz")
    two.mkdir()
    elsewhere = left.with_name(left.name[:-1] + ("2" if left.name[-1] != "2" else "3"))
    elsewhere.symlink_to(tmp_path)
    remove_leftovers(folder)
    assert not left.exists()
    assert {path.name for path in folder.iterdir()} == {inside.name, two.name, elsewhere.name, alive.path.parent.name}
    assert (inside / "holiday.mp4").exists()
    assert kept.exists()
    alive.discard()


def test_small_files_are_never_written_through_a_link_in_the_way(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("somebody's")
    for name in ("a.json", "a.json.partial"):
        (tmp_path / name).symlink_to(kept)
    atomic_write(tmp_path / "a.json", "new")
    assert kept.read_text() == "somebody's"
    assert not (tmp_path / "a.json").is_symlink()
