"""The Python API: its names are loaded lazily, the document lists them all, and its examples run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dashcamcleaner
from tests import clips

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "api.md"


def test_importing_the_package_loads_none_of_it() -> None:
    code = "import sys, dashcamcleaner; print(*(name for name in sys.modules if name.startswith('dashcamcleaner')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["dashcamcleaner"]


def test_every_stable_name_is_there_and_documented() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition("## What is stable")[2]
    told = {match.split("(")[0].split(".")[0] for match in re.findall(r"`([^`]+)`", table)}
    for name in dashcamcleaner.__all__:
        assert getattr(dashcamcleaner, name) is not None
        assert name in told, f"docs/api.md does not tell of {name}"
        assert name in dir(dashcamcleaner)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Clean"):
        dashcamcleaner.Clean  # noqa: B018
    with pytest.raises(ImportError):
        exec("from dashcamcleaner import sanitize")


def test_paths_may_be_texts(tmp_path: Path) -> None:
    job = dashcamcleaner.Job("in.mp4", str(tmp_path / "out.mp4"), from_plan="in.plan.jsonl", export_mask="mask.mp4")  # type: ignore[arg-type]
    assert job == dashcamcleaner.Job(
        Path("in.mp4"), tmp_path / "out.mp4", from_plan=Path("in.plan.jsonl"), export_mask=Path("mask.mp4")
    )
    [last] = dashcamcleaner.clean(dashcamcleaner.Job("gone.mp4", str(tmp_path / "out.mp4")))  # type: ignore[arg-type]
    assert last.error.message == "gone.mp4 does not exist."


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clips.make(tmp_path / "ride.mp4", frames=6)
    (tmp_path / "drives").mkdir()
    clips.make(tmp_path / "drives" / "monday.mp4", frames=3)
    (tmp_path / "drives" / "torn.mp4").write_bytes(b"no clip")
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
    assert len(examples) >= 5
    names: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, str(DOCUMENT), "exec"), names)
    shown = capsys.readouterr().out
    assert "public.mp4: 6 frames, cleaned" in shown
    assert "monday.mp4 is cleaned" in shown
    assert "torn.mp4 is not:" in shown
    assert "Did you mean threshold?" in shown
    assert (tmp_path / "solid.mp4").stat().st_size > 0
