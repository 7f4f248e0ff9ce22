"""``benchmarks/leaks.py`` and ``benchmarks/hidden.py`` over clips that are made here: figures, curve, sheets."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.pipeline import build
from tests.clips import make
from tests.fakes import Row, ScriptedDetector

BOX = (100.0, 60.0, 124.0, 84.0)
FALSE = (20.0, 20.0, 44.0, 44.0)
FRAMES = 20


def load(name: str) -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture()
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clip with one labelled face that is seen surely, and one in which there is nothing; both show a false face."""
    size = make(tmp_path / "a.mp4", frames=FRAMES).size
    make(tmp_path / "b.mp4", frames=FRAMES)
    boxes = {str(i): list(BOX) for i in range(FRAMES)}
    track = {"id": "f", "kind": "face", "legible": [[0, FRAMES - 1]], "boxes": boxes}
    truth = {"clip": "a", "frames": FRAMES, "width": size[0], "height": size[1], "tracks": [track]}
    (tmp_path / "a.json").write_text(json.dumps(truth), encoding="utf-8")

    def detector_for(settings, *, upright_size, models):
        rows: list[Row] = [(*BOX, 0.9, "face"), (*FALSE, 0.4, "face")]
        engine = ScriptedDetector(lambda _number, _picture: rows, script_size=upright_size, input_size=(320, 192))
        return FrameDetector(engine, upright_size=upright_size)

    monkeypatch.setattr(build, "detector_for", detector_for)
    return tmp_path


def run(module: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", [f"{module.__name__}.py", *words])
    return module.main()


def test_figures_of_every_clip_pooled_and_along_the_curve(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leaks, out = load("leaks"), folder / "out.json"
    words = ("--nothing", "face", "--plain", "--curve", "0.04,0.9999", "--json", str(out), "--cache", str(folder / "c"))
    assert run(leaks, monkeypatch, str(folder), *words) == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    a, b, both = told["clips"]["a"]["default"], told["clips"]["b"]["default"], told["all"]["default"]
    assert a["not_covered"] == a["half_covered_frames"] == 0
    assert b["legible_object_frames"] == 0
    assert b["needless_share"] > a["needless_share"] > 0
    assert both["needless_share"] == pytest.approx((a["needless_share"] + b["needless_share"]) / 2, abs=1e-5)
    low, high = told["curve"]
    assert low["all"]["needless_share"] == both["needless_share"]
    assert high["all"]["needless_share"] == 0
    assert high["all"]["half_covered_frames"] == high["all"]["longest_exposure_frames"] == FRAMES
    page = capsys.readouterr().out
    assert page.startswith("# Leaks, and what is hidden for nothing")
    assert "| **all** | default | 0.00% |" in page
    assert "| b | default | - | - |" in page
    assert "| 0.9999 | 100.00% |" in page
    assert len(list((folder / "c").iterdir())) == 2
    assert run(leaks, monkeypatch, str(folder), *words) == 0  # from what was kept
    assert json.loads(out.read_text(encoding="utf-8")) == told


def test_clips_without_truth_count_only_where_it_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leaks = load("leaks")
    assert run(leaks, monkeypatch, str(folder)) == 0
    assert "| b |" not in capsys.readouterr().out
    assert run(leaks, monkeypatch, str(folder), "--clips", "b") == 3
    assert "no labelled clip named b" in capsys.readouterr().err
    assert run(leaks, monkeypatch, str(folder), "--clips", "b", "--nothing", "face") == 0
    assert "| a |" not in capsys.readouterr().out


def test_sheets_show_every_hidden_track_those_first_that_hide_most(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = load("hidden")
    assert run(hidden, monkeypatch, str(folder), "--out", str(folder / "sheets")) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0] for row in rows] == ["| a", "| b"]
    assert all(row[3] == "2 |" and 0 < float(row[1].strip("%")) <= float(row[2].strip("%")) for row in rows)
    with Image.open(folder / "sheets" / "a-1.jpg") as sheet:
        assert sheet.size == (2 * hidden.TILE_PX, hidden.TILE_PX + hidden.TEXT_PX)
    (folder / "empty").mkdir()
    assert run(hidden, monkeypatch, str(folder / "empty"), "--out", str(folder / "sheets")) == 3


def test_what_is_hidden_for_nothing_leaves_kinds_out_that_the_truth_does_not_label(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden, path = load("hidden"), folder / "a.json"
    (folder / "b.mp4").unlink()
    assert run(hidden, monkeypatch, str(folder), "--out", str(folder / "sheets"), "--for-nothing") == 0
    assert "| 2 |" in capsys.readouterr().out
    truth = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**truth, "kinds": ["plate"], "tracks": []}), encoding="utf-8")
    assert run(hidden, monkeypatch, str(folder), "--out", str(folder / "sheets"), "--for-nothing") == 0
    assert "| 0.00% | 0.00% | 0 |" in capsys.readouterr().out
