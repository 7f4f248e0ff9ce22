"""``dashcamcleaner train``: the steps as a user gives them, and what it says when it cannot go on."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from dashcamcleaner.cli import main
from dashcamcleaner.errors import InputError, SettingError
from tests.clips import make
from tests.training.synthetic import TINY_MODEL, draw_folder


def test_harvest_by_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = make(tmp_path / "a.mp4", frames=12).path
    assert main(["train", "harvest", str(clip), "--out", str(tmp_path / "out"), "--by-time", "--per-clip", "2"]) == 0
    assert "2 pictures written" in capsys.readouterr().out
    assert len(list((tmp_path / "out" / "images").iterdir())) == 2


def test_fit_and_export_from_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="the training line needs torch: pip install 'dashcamcleaner[train]'")
    if importlib.util.find_spec("ultralytics") is None:  # imported as such it would patch Pillow for all tests
        pytest.skip("the training line needs ultralytics")
    draw_folder(tmp_path / "set", pictures=4)
    draw_folder(tmp_path / "held", pictures=2, seed=9)
    (tmp_path / "tiny.yaml").write_text(TINY_MODEL, encoding="utf-8")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'start = "tiny.yaml"\n[[folder]]\npath = "set"\n[[evaluate]]\nname = "held"\npath = "held"\n'
        "[fit]\nmax_steps = 2\nbatch = 2\nworkers = 0\nthreads = 1\nbf16 = false\n"
        "[views]\nsize_px = 128\ninference_px = 160\n",
        encoding="utf-8",
    )
    assert main(["train", "fit", str(recipe), "--out", str(tmp_path / "run")]) == 0
    assert "2 steps" in capsys.readouterr().out
    given = ["train", "export", str(tmp_path / "run" / "last.pt"), "--out", str(tmp_path / "w"), "--name", "tiny"]
    assert main([*given, "--recipe", str(recipe), "--size", "160", "--threshold", "face=0.4"]) == 0
    assert sorted(p.name for p in (tmp_path / "w").iterdir()) == ["tiny.json", "tiny.onnx", "tiny.pt"]
    assert '"face": 0.4' in (tmp_path / "w" / "tiny.json").read_text(encoding="utf-8")
    assert main(given) != 0  # a name is not overwritten
    assert "already holds weights named tiny" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "status", "complaint"),
    [
        (["evaluate", "auto"], InputError.exit_code, "nothing to measure on"),
        (["evaluate", "auto", "--faces", "nowhere"], InputError.exit_code, "has no images/"),
        (["fit", "no.toml", "--out", "x"], InputError.exit_code, "cannot be read"),
        (
            ["evaluate", "auto", "--faces", "x", "--threshold", "fcae=0.3"],
            SettingError.exit_code,
            "looks like face=0.25",
        ),
        (["evaluate", "auto", "--faces", "x", "--threshold", "face=3"], SettingError.exit_code, "looks like face=0.25"),
        (["evaluate", "auto", "--faces", "x", "--sizes", "640", "0"], SettingError.exit_code, "size cannot be 0"),
        (["evaluate", "auto", "--faces", "x", "--threads", "-2"], SettingError.exit_code, "--threads cannot be -2"),
        (["export", "x.pt", "--out", "w", "--name", "../x"], SettingError.exit_code, "cannot be a name"),
        (["export", "x.pt", "--out", "w", "--name", ""], SettingError.exit_code, "cannot be a name"),
        (["export", "x.pt", "--out", "w", "--name", "a", "--int8", "nowhere"], InputError.exit_code, "has no images/"),
        (["harvest", "nothing.mp4", "--out", "x", "--per-clip", "0"], SettingError.exit_code, "--per-clip cannot be 0"),
        (["evaluate", "auto", "--faces", "x", "--threshold", "much"], SettingError.exit_code, "looks like face=0.25"),
    ],
)
def test_complaints(given: list[str], status: int, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *given]) == status
    assert complaint in capsys.readouterr().err
