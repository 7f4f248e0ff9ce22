"""What installers are made of exists, and says what the program says."""

from __future__ import annotations

import ast
import configparser
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.media.formats import format_of

ROOT = Path(__file__).resolve().parents[1]
PACKAGING = ROOT / "packaging"


@pytest.mark.parametrize("name", ["build_bundle.py", "start_bundle.py", "nautilus-extension.py"])
def test_its_scripts_are_python(name: str) -> None:
    ast.parse((PACKAGING / name).read_text(encoding="utf-8"))


def test_the_bundle_is_of_the_pinned_versions_and_of_weights_that_are_there() -> None:
    assert "requirements{name}.txt" in (PACKAGING / "build_bundle.py").read_text()
    spec = importlib.util.spec_from_file_location("build_bundle", PACKAGING / "build_bundle.py")
    assert spec is not None
    assert spec.loader is not None
    build_bundle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_bundle)
    weights = build_bundle.default_weights()
    assert {path.suffix for path in weights} >= {".json", ".onnx", ".xml", ".bin"}
    assert all(path.is_file() for path in weights)
    assert f"{find_weights().name}.onnx" in {path.name for path in weights}
    done = subprocess.run([sys.executable, PACKAGING / "build_bundle.py", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "--deb" in done.stdout


@pytest.mark.parametrize("path", ["packaging/kde-service-menu.desktop", "img/dashcamcleaner.desktop"])
def test_desktop_files_start_the_window_with_files(path: str) -> None:
    entries = configparser.ConfigParser(interpolation=None, strict=True)
    entries.optionxform = str  # type: ignore[assignment,method-assign]
    entries.read(ROOT / path, encoding="utf-8")
    commands = [entries[section]["Exec"] for section in entries.sections() if "Exec" in entries[section]]
    assert commands == ["dashcamcleaner window %F"]
    texts = " ".join(
        value for section in entries.sections() for key, value in entries[section].items() if key != "Keywords"
    )
    assert "anonym" not in texts.lower()  # nobody can promise that


def test_the_menu_entry_opens_what_the_program_reads() -> None:
    text = (ROOT / "img/dashcamcleaner.desktop").read_text(encoding="utf-8")
    found = re.search(r"^MimeType=(.*);$", text, re.M)
    assert found is not None
    assert {"video/mp4", "video/x-matroska", "image/jpeg", "inode/directory"} <= set(found[1].split(";"))
    assert format_of(Path("a.mp4")) is not None


def test_the_windows_installer_can_be_compiled(tmp_path: Path) -> None:
    makensis = shutil.which("makensis")
    if makensis is None:
        pytest.skip("makensis is not installed (Debian: nsis)")
    bundle = tmp_path / "dashcamcleaner"
    (bundle / "_internal").mkdir(parents=True)
    for name in ("dashcamcleaner.exe", "dashcamcleaner-window.exe", "_internal/a.dll"):
        (bundle / name).write_bytes(b"x")
    setup = tmp_path / "dashcamcleaner-1.2.3-setup.exe"
    words = [makensis, "-V2", "-WX", "-DVERSION=1.2.3", f"-DBUNDLE={bundle}"]
    script = PACKAGING / "windows.nsi"
    done = subprocess.run([*words, script, f"-XOutFile {setup}"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert setup.read_bytes()[:2] == b"MZ"
    without = subprocess.run([makensis, "-V2", script], capture_output=True, text=True, cwd=tmp_path)
    assert without.returncode != 0
    assert "Say which version" in without.stdout + without.stderr


def test_the_windows_installer_removes_only_what_it_installed() -> None:
    text = (PACKAGING / "windows.nsi").read_text(encoding="utf-8")
    removed = text[text.index('Section "Uninstall"') :]
    assert re.findall(r"RMDir /r (.*)", removed) == ['"$INSTDIR\\_internal"']
    written = set(re.findall(r'WriteReg\w+ HKCU "([^"]+)"', text))
    gone = re.findall(r'DeleteRegKey HKCU "([^"]+)"', removed)
    for key in written:
        kinds = re.findall(r'CLEAN_MENU "([^"]+)"', text) if "${KIND}" in key else [""]
        for kind in kinds:
            assert any(key.replace("${KIND}", kind).startswith(one) for one in gone), key


def test_the_forge_runs_what_we_run() -> None:
    text = (ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8")
    assert ".ci/run" in text
    assert "packaging/build_bundle.py" in text
    assert "packaging/windows.nsi" in text
    assert "packaging/macos-dmg.sh" in text


def test_fragments_of_the_changelog_are_of_a_known_kind() -> None:
    kinds = {
        row["directory"] for row in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["type"]
    }
    for path in (ROOT / "changes").glob("*.md"):
        if path.name != "README.md":
            assert path.name.split(".")[-2] in kinds, path.name
            assert path.read_text(encoding="utf-8").strip().endswith("."), path.name
