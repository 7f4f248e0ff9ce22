"""The architecture's contracts (setup.cfg), and the sizes that keep modules readable."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "dashcamcleaner"
MOST_LINES = 600
AV_MAY_BE_IN = (
    "media",
    "audit/container.py",
    "audit/loose_bytes.py",
    "audit/audio.py",  # the audit reads what was written with a reader of its own
    "demo/clip.py",
    "live/pictures.py",
    "live/stream_source.py",
    "live/stream_sink.py",
)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_imports_keep_to_the_layers() -> None:
    pytest.importorskip("importlinter", reason="import-linter is not installed (requirements-test.txt)")
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as go; go()", "--no-cache"],
        cwd=PACKAGE.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_pyav_is_used_only_where_files_are_read_and_written() -> None:
    for path in modules():
        if re.search(r"^\s*(import av\b|from av\b)", path.read_text(encoding="utf-8"), re.M):
            place = path.relative_to(PACKAGE).as_posix()
            assert place.startswith(AV_MAY_BE_IN), f"{place} imports av"


def test_no_name_stands_for_two_classes() -> None:
    places: dict[str, list[str]] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_module_is_told_and_not_too_long(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert not text.strip() or text.lstrip().startswith('"""'), "a module says what it is for"
    assert path.stem not in ("utils", "helpers", "common", "manager")


def test_files_of_tests_have_names_of_their_own() -> None:
    """Folders of tests are no packages, so the runner knows a file by its name alone."""
    root = Path(__file__).parent
    names = Counter(path.name for path in root.rglob("test_*.py") if not (path.parent / "__init__.py").exists())
    # Beside tests/__init__.py, which makes a package of the files that lie there.
    assert [name for name, count in names.items() if count > 1] == []
