"""Names that a shell's pattern, an unset variable or a stranger's folder brings to the command line."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from dashcamcleaner import cli
from dashcamcleaner.core.plan import PlanHeader
from dashcamcleaner.errors import InputError, PlanError, SettingError
from dashcamcleaner.jobs.inputs import jobs_for
from dashcamcleaner.settings import load_toml, resolve
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")
LONG = "x" * 300


def main(*words: object) -> int:
    models = fakes.pool(fakes.ScriptedDetector(lambda n, p: [FACE], script_size=(320, 180)))
    try:
        return cli.main([str(word) for word in words], models=models)
    except SystemExit as end:
        return int(end.code or 0)


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture()
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stranger's folder, in which the user stands, and a home with a clip in it."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    clips.make(home / "private.mp4", frames=4)
    clips.make(here / "in.mp4", frames=4)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(here)
    return here


@pytest.mark.parametrize(
    "words",
    [
        ("clean", ""), ("clean", "in.mp4", "-o", ""), ("clean", "in.mp4", ""), ("clean", "in.mp4", "--edits", ""),
        ("clean", "in.mp4", "--from-plan", ""), ("clean", "in.mp4", "--settings", ""), ("audit", "", "in.mp4"),
        ("audit", "in.mp4", ""), ("verify", "", "in.mp4"), ("scenes", ""), ("scenes", "in.mp4", "-o", ""),
        ("scenes", "in.mp4", "--cut", ""), ("people", ""), ("people", "in.mp4", "--source", ""), ("tracks", ""),
        ("plan", "export", "in.mp4", "-o", ""), ("labels", "import", "", "x.zip"), ("demo", ""), ("window", ""),
        ("train", "search", "", "-o", "x", "--gflops", "5"),
    ],
)  # fmt: skip
def test_an_empty_name_is_not_the_current_folder(
    folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    before = names_in(folder)
    assert main(*words) == 2
    said = capsys.readouterr().err
    assert "empty" in said or "no step" in said or "invalid choice" in said
    assert "Traceback" not in said
    assert names_in(folder) == before


def test_empty_names_are_refused_by_whoever_asks() -> None:
    for inputs, output in (([""], None), (["in.mp4"], ""), (["in.mp4", ""], "out")):
        with pytest.raises(SettingError, match="empty"):
            jobs_for(inputs, output=output, settings=resolve())


def test_a_planted_tilde_is_a_name_and_not_the_home(folder: Path) -> None:
    (folder / "~").mkdir()
    clips.make(folder / "~" / "planted.mp4", frames=4)
    (folder / "~clip.mp4").write_bytes((folder / "in.mp4").read_bytes())
    words = sorted(path.name for path in folder.iterdir())  # as the shell makes them of `*`
    batch = jobs_for(words, output=None, settings=resolve())
    assert {str(job.source) for job in batch.jobs} == {"in.mp4", "~/planted.mp4", "~clip.mp4"}
    assert main("clean", *words, "--quiet") == 0
    assert names_in(Path.home()) == {"private.mp4"}


def test_outputs_begin_with_a_tilde_if_they_are_called_so(folder: Path) -> None:
    assert main("clean", "in.mp4", "-o", "~x/y.mp4", "--quiet") == 0
    assert (folder / "~x" / "y.mp4").is_file()


@pytest.mark.parametrize("words", [("clean", "--", "~/private.mp4"), ("clean", "in.mp4", "-o", "~/out.mp4")])
def test_a_tilde_that_the_shell_left_is_told(
    folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(*words) == 2
    assert "~" in capsys.readouterr().err
    assert names_in(folder) == {"in.mp4"}


def test_a_settings_file_may_say_home(folder: Path) -> None:
    """No shell has read it; and ``~name``, which could be anybody, stays as it is."""
    Path("a.toml").write_text(
        'weights = "nano-4, ~/mine.onnx, ~nobody/x.onnx"\npicture = "~/p.png"\nstyle = "mosaic"\n'
    )
    found = load_toml("a.toml")
    home = Path.home()
    assert found == {
        "weights": f"nano-4,{home}/mine.onnx,~nobody/x.onnx",
        "picture": f"{home}/p.png",
        "style": "mosaic",
    }


def test_a_link_among_several_names_is_not_followed_into_a_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "holiday").symlink_to(Path.home(), target_is_directory=True)
    assert main("clean", "holiday", "in.mp4") == 7, "something that was named is not cleaned"
    assert "holiday" in capsys.readouterr().err
    assert names_in(Path.home()) == {"private.mp4"}
    assert [job.source.name for job in jobs_for(["holiday"], output=None, settings=resolve()).jobs] == ["private.mp4"]


def test_the_name_of_a_link_into_nothing_is_no_pattern(folder: Path) -> None:
    """``**`` would be followed through links to folders, wherever they lead."""
    (folder / "**").symlink_to("nowhere")
    (folder / "way").symlink_to(Path.home(), target_is_directory=True)
    with pytest.raises(InputError, match="no file"):
        jobs_for(["**"], output=None, settings=resolve())


@pytest.mark.parametrize(
    "words",
    [
        ("clean", LONG), ("clean", f"{LONG}.mp4"), ("clean", "in.mp4", "-o", f"{LONG}.mp4"), ("clean", LONG, "in.mp4"),
        ("clean", "in.mp4", "-o", f"{LONG}/x.mp4"), ("clean", "in.mp4", "--weights", LONG),
        ("clean", "in.mp4", "--from-plan", LONG), ("clean", "in.mp4", "--style", "picture", "--picture", LONG),
        ("audit", LONG, "in.mp4"), ("audit", "in.mp4", LONG), ("audit", "in.mp4", "in.mp4", "--plan", LONG),
        ("verify", LONG, "in.mp4"), ("people", LONG), ("people", "in.mp4", "--keep", "1", "--source", LONG),
        ("scenes", LONG), ("scenes", "in.mp4", "--model", LONG), ("scenes", "in.mp4", "--model", f"{LONG}.onnx"),
        ("scenes", "in.mp4", "-o", LONG), ("scenes", "in.mp4", "-w", f"{LONG}.caffemodel"), ("tracks", LONG),
        ("plan", "import", LONG), ("labels", "export", LONG, "-o", "a.zip"), ("demo", LONG),
    ],
)  # fmt: skip
def test_a_name_that_no_file_can_have_gets_a_sentence(
    folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(*words) not in (0, 1)
    said = capsys.readouterr().err
    assert "." in said
    assert "Traceback" not in said


def test_a_long_name_in_a_folder_does_not_keep_the_others_from_being_cleaned(folder: Path) -> None:
    """The names of its plan and report would be too long for any file system."""
    os.rename(folder / "in.mp4", folder / f"{'a' * 246}.mp4")
    clips.make(folder / "other.mp4", frames=4)
    assert main("clean", ".", "--quiet") not in (0, 1)
    assert (folder / "other_cleaned.mp4").is_file()
    assert main("audit", ".", ".", "--quiet") not in (0, 1)


@pytest.mark.parametrize("source", ["", "/", "..", "a/..", LONG, "a\0b"])
def test_a_plan_names_a_file_that_can_be(source: str) -> None:
    line = PlanHeader(source, "1-ab", (320, 180), Fraction(1, 30)).to_line()
    with pytest.raises(PlanError):
        PlanHeader.from_line(line)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are those of Unix")
@pytest.mark.parametrize(
    "words",
    [
        ("clean", "pipe"), ("audit", "in.mp4", "pipe"), ("audit", "pipe", "in.mp4"), ("people", "pipe"),
        ("audit", "in.mp4", "in.mp4", "--plan", "pipe"), ("verify", "pipe", "in.mp4"), ("scenes", "pipe"),
        ("scenes", "in.mp4", "--cut", "pipe"), ("scenes", "in.mp4", "-p", "pipe", "-w", "pipe"),
        ("scenes", "in.mp4", "-l", "pipe", "--model", "in.onnx"), ("tracks", "pipe"),
        ("tracks", "in.plan.jsonl", "--sheet", "a.png", "--source", "pipe"),
        ("labels", "export", "pipe", "-o", "a.zip"),
        ("labels", "import", "in.plan.jsonl", "pipe", "--format", "mot"), ("plan", "export", "pipe", "-o", "b.jsonl"),
        ("plan", "import", "in.plan.jsonl", "--source", "pipe"), ("clean", "in.mp4", "--from-plan", "pipe"),
        ("clean", "in.mp4", "--settings", "pipe"), ("clean", "in.mp4", "--edits", "pipe"),
    ],
)  # fmt: skip
def test_nothing_waits_for_a_pipe(folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "in.plan.jsonl").write_text("{}\n")
    (folder / "in.onnx").write_text("")
    assert main(*words) not in (0, 1)
    assert "Traceback" not in capsys.readouterr().err
