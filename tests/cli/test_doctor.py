"""`doctor` tells what a run would use, what else there is, and what to install for what is missing."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
from pathlib import Path

import pytest

from dashcamcleaner.cli import main
from dashcamcleaner.detection import diagnostics
from dashcamcleaner.detection.registry import BACKENDS, backend_installed
from dashcamcleaner.errors import extra_hint
from dashcamcleaner.user_folders import user_folder


def doctor(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, dict[str, object]]:
    status = main(["doctor", "--json", "--inference-size", "320", *flags])
    return status, json.loads(capsys.readouterr().out)


def test_every_engine_is_listed_and_timed(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = doctor(capsys)
    assert status == 0
    used = told["used"]
    assert isinstance(used, dict)
    assert used["backend"] in BACKENDS
    assert used["why"]
    assert used["input_size"] == [320, 192]
    assert used["timing"]["wall_ms"] > 0
    assert used["timing"]["cpu_ms"] > 0
    engines = {engine["name"]: engine for engine in told["engines"]}  # type: ignore[attr-defined, union-attr]
    assert set(engines) == set(BACKENDS)
    for name, engine in engines.items():
        assert engine["installed"] == backend_installed(name)
        if engine["installed"] and not engine["error"]:
            assert engine["versions"]
            assert all(device["timing"] or device["error"] for device in engine["devices"])
    openvino = engines["openvino"]
    assert any(device["name"] == "CPU" and device["timing"]["wall_ms"] > 0 for device in openvino["devices"])
    [default] = [weights for weights in told["weights"] if weights["default"]]  # type: ignore[attr-defined, union-attr]
    assert all(len(file["sha256"]) == 64 for file in default["files"])


def test_a_person_can_read_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--no-timing", "--inference-size", "320"]) == 0
    text = capsys.readouterr().out
    for word in ("Chip", "A run uses", "Why", "openvino", "Weights", "(default)", "as its sidecar says"):
        assert word in text


def test_what_is_missing_comes_with_the_pip_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> bool:
        return name != "torch" and backend_installed(name)

    monkeypatch.setattr(diagnostics, "backend_installed", absent)
    monkeypatch.setattr(diagnostics, "versions", lambda: {"python": "3.11"})
    _, told = doctor(capsys, "--no-timing")
    torch = next(engine for engine in told["engines"] if engine["name"] == "torch")  # type: ignore[attr-defined]
    assert torch == {
        "name": "torch", "installed": False, "versions": {}, "devices": [], "error": "not installed",
        "hint": extra_hint("gpu"),
    }  # fmt: skip
    hints = {row["package"]: row["hint"] for row in told["missing"]}  # type: ignore[attr-defined]
    assert hints["torch"] == extra_hint("gpu")
    assert "start.py setup --extra audit" in hints["rapidocr"]
    assert "start.py setup;" in hints["av"]


def test_every_package_that_could_be_missing_is_looked_for() -> None:
    from dashcamcleaner.cli.doctor import _EXTRAS

    assert {package for package, _, _ in _EXTRAS} <= set(diagnostics.PACKAGES)
    extras = {extra for _, _, extra in _EXTRAS if extra}
    root = Path(__file__).resolve().parents[2]
    assert all((root / f"requirements-{extra}.txt").is_file() for extra in extras)
    for package, _, extra in _EXTRAS:
        wanted = (root / (f"requirements-{extra}.txt" if extra else "requirements.txt")).read_text()
        assert f"\n{package}==" in f"\n{wanted}", (package, extra)


def test_what_is_installed_is_not_said_to_be_missing(capsys: pytest.CaptureFixture[str]) -> None:
    _, told = doctor(capsys, "--no-timing")
    for row in told["missing"]:  # type: ignore[attr-defined]
        with pytest.raises(importlib.metadata.PackageNotFoundError):
            importlib.metadata.version(row["package"])


def test_it_tells_where_the_users_own_files_lie(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--no-timing", "--inference-size", "320"]) == 0
    text = capsys.readouterr().out
    for purpose in ("config", "data", "state", "cache"):
        assert f"{user_folder(purpose)}: " in text


def test_a_run_that_could_not_start_is_told_with_status_5(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = doctor(capsys, "--no-timing", "--weights", "interm-n")
    assert status == 5
    assert "nearest is 'interim-n'" in told["used"]["message"]  # type: ignore[index]
    status = main(["doctor", "--no-timing", "--weights", "interm-n"])
    assert status == 5
    assert "A run would not start" in capsys.readouterr().out


def test_a_broken_engine_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    _, told = doctor(capsys, "--no-timing")
    engines = {engine["name"]: engine for engine in told["engines"]}  # type: ignore[attr-defined, union-attr]
    assert "not installed" in engines["onnx"]["error"]
    assert engines["openvino"]["devices"]


def test_misspelt_values_get_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--backend", "openvin"]) == 2
    assert "openvino" in capsys.readouterr().err


def test_what_a_bundle_leaves_out_is_no_complaint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashcamcleaner.detection import diagnostics, weights_search

    shipped = Path(__file__).resolve().parents[2] / "weights"
    for name in ("nano-2.json", "nano-2.onnx"):
        shutil.copy2(shipped / name, tmp_path / name)
    monkeypatch.setattr(weights_search, "weights_folders", lambda: [tmp_path])
    report = next(one for one in diagnostics.survey_weights() if one.name == "nano-2")
    states = {row["file"]: row["state"] for row in report.files}
    assert states["nano-2.onnx"] == "as its sidecar says"
    assert states["nano-2.pt"] == "not here; only torch would need it"
