"""Docstrings are sentences, and their rows of arguments and attributes begin with the thing that they tell of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "dashcamcleaner"
_ROW = re.compile(r"^ +[a-z_][a-z_0-9, ]*: (?P<first>\w+)\b")
_FRAGMENT = {"of", "for", "in", "that", "as", "with", "whose", "by", "from", "see", "given", "within", "on"}


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for child in body if isinstance(body, list) else ():
            value = child.value if isinstance(child, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield child.lineno, value.value


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_rows_begin_with_the_thing(path: Path) -> None:
    wrong = []
    for number, text in docstrings(ast.parse(path.read_text(encoding="utf-8"))):
        for offset, line in enumerate(text.splitlines()):
            row = _ROW.match(line)
            if row and row["first"] in _FRAGMENT:
                wrong.append(f"{path.relative_to(PACKAGE)}:{number + offset}: {line.strip()}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_docstrings_end_as_sentences(path: Path) -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{number}: {first}"
        for number, text in docstrings(ast.parse(path.read_text(encoding="utf-8")))
        if (first := text.strip().partition("\n\n")[0]) and not first.endswith((".", ":", "!", "?", ")", "`"))
    ]
    assert not wrong, "\n".join(wrong)
