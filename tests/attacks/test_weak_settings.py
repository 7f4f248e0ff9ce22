"""A settings file that came with a clip: what it takes away of the hiding is told, and it lays no picture on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.cli import main
from dashcamcleaner.settings import ROWS, resolve
from dashcamcleaner.settings.weakening import _WEAK, weakened
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")


def run(folder: Path, text: str, *flags: str, place: str = "") -> int:
    if not (folder / "in.mp4").exists():
        clips.make(folder / "in.mp4", frames=4)
    file = folder / (place or "strange.toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    models = fakes.pool(fakes.ScriptedDetector(lambda n, p: [FACE], script_size=(320, 180)))
    words = ["clean", str(folder / "in.mp4"), "-o", str(folder / "out.mp4"), "--overwrite", "--settings", str(file)]
    return main([*words, *flags], models=models)


@pytest.mark.parametrize("quiet", [(), ("--quiet",), ("--json",)])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("threshold = 1.0", "threshold = 1"),
        ("threshold-face = 1.0\nthreshold_plate = 0.99", "threshold-face = 1, threshold-plate = 0.99"),
        ("threshold_face = 1.0\nplates = false", "threshold-face = 1"),
    ],
)
def test_a_file_that_silences_detection_is_named(
    tmp_path: Path, text: str, told: str, quiet: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, text, *quiet)
    said = capsys.readouterr().err
    assert "leaves nothing that could be hidden" in said
    assert "strange.toml" in said
    assert told in said


@pytest.mark.parametrize(
    "text",
    [
        "threshold = 0.5", "faces = false", "plates = false", "growth = 0.8", "growth-face = 0.9", "tracking = false",
        "max-region = 0.001", "drop-spurious = true", "inference-size = 160", 'detect-every = "5"', 'profile = "fast"',
        "crop-checks = false", "fill-after = 0", 'keep = ["location"]',
    ],
)  # fmt: skip
def test_a_file_by_which_far_less_is_hidden_is_named(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, text)
    said = capsys.readouterr().err
    assert "makes far less be hidden" in said
    assert said.count("strange.toml") == 1
    report = json.loads((tmp_path / "out.mp4.report.json").read_text(encoding="utf-8"))
    assert [one for one in report["warnings"] if "strange.toml makes far less be hidden" in one], "who reads it later"
    assert "strange.toml" in said
    assert text.split(" = ")[0] in said


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("threshold = 0.2", ()), ("threshold = 0.01", ()), ('style = "mosaic"\nquality = 25', ()), ("growth = 1.5", ()),
        ("threshold = 1.0", ("--threshold", "0.05")), ("", ("--threshold", "1.0")), ('profile = "maximum"', ()),
        ("threshold = 1.0", ("--threshold", "1.0")),
    ],
)  # fmt: skip
def test_what_is_usual_or_said_by_the_user_is_not(
    tmp_path: Path, text: str, flags: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, text, *flags)
    said = capsys.readouterr().err
    assert "far less" not in said
    assert "could be hidden" not in said


def test_settings_of_the_users_own_folder_are_the_users_own(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, "threshold = 1.0", place=str(own_home / "config" / "mine.toml"))
    assert "strange" not in (said := capsys.readouterr().err)
    assert "could be hidden" not in said
    (own_home / "config" / "link.toml").symlink_to(tmp_path / "strange.toml")
    run(tmp_path, "threshold = 1.0")
    assert "could be hidden" in capsys.readouterr().err


def test_a_picture_from_a_file_needs_the_users_own_word(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(np.full((40, 40, 3), 200, np.uint8)).save(picture := tmp_path / "private.png")
    text = f'style = "picture"\npicture = "{picture}"'
    assert run(tmp_path, text) == 9
    said = capsys.readouterr().err
    assert "private.png" in said
    assert "strange.toml" in said
    assert "--picture" in said
    assert not (tmp_path / "out.mp4").exists()
    only = f'picture = "{picture}"'
    assert run(tmp_path, only, "--style", "picture") == 9, "the user asked for a picture, and not for this one"
    assert run(tmp_path, only, "--quiet") == 0, "it is not laid on"
    assert run(tmp_path, text, "--picture", str(picture), "--quiet") == 0
    assert run(tmp_path, text, "--style", "mosaic", "--quiet") == 0
    assert run(tmp_path, text, "--quiet", place=str(own_home / "config" / "mine.toml")) == 0


def test_bounds_are_of_rows_that_there_are() -> None:
    assert set(_WEAK) <= {row.name for row in ROWS}
    assert weakened(["sound", "nonsense"], settings=resolve({"audio": "mute"}), without=resolve()) == []
    assert weakened(_WEAK, settings=resolve(), without=resolve()) == []
