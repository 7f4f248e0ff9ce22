"""The page that names a test for each thing that the window has to do names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_test_that_the_page_names_exists() -> None:
    text = (ROOT / "docs" / "window-tests.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named) > 30
    heads = ("| what it has to do | test |", "| what | measured | by |")
    rows = [line for line in text.splitlines() if line.startswith("| ") and line not in heads]
    listed = [row for row in rows if "::" in row or "benchmarks/" in row]
    assert listed == rows, "a row without a test, or a command that measured it"
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, (path, name)
