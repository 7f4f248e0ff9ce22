"""Kinds are data: no module names one where any kind would do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import dashcamcleaner
from dashcamcleaner.core.kinds import BUILT_IN

PACKAGE = Path(dashcamcleaner.__file__).parent

MAY_NAME_KINDS = {
    "core/kinds.py": "the table of built-in kinds",
    "settings/table.py": "settings of one kind alone",
    "detection/yolo.py": "class names of foreign weights -> kinds",
    "detection/centerface.py": "a detector that knows one kind",
    "training/": "labels and teachers",
    "cli/train.py": "the same, asked for",
    "cli/train_flags.py": "and their flags",
    "demo/": "the truth of the demo",
    "scenes/classify/safety.py": "class names of a foreign network",
}

NAMING = re.compile(rf"(\w+_)?({'|'.join(BUILT_IN)})(_\w+)?")


def namings(tree: ast.AST) -> Iterator[str]:
    """Texts and attributes that name a kind, docstrings apart."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else node.attr if isinstance(node, ast.Attribute) else None
        if isinstance(text, str) and id(node) not in told and NAMING.fullmatch(text):
            yield f"line {node.lineno}: {text}"


def test_kinds_are_named_in_their_table_and_where_data_names_them() -> None:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(tuple(MAY_NAME_KINDS)):
            found[name] = list(namings(ast.parse(path.read_text(encoding="utf-8"))))
    assert len(found) > 100
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_what_may_name_kinds_does() -> None:
    for name in MAY_NAME_KINDS:
        paths = (PACKAGE / name).rglob("*.py") if name.endswith("/") else [PACKAGE / name]
        assert any(list(namings(ast.parse(path.read_text(encoding="utf-8")))) for path in paths), name


def test_a_naming_is_found_and_a_docstring_is_none() -> None:
    source = '"""Of the kind face."""\nx = {"face": 1}\ny = settings.shape_plate\nz = "surface"\n"""face"""\n'
    assert sorted(namings(ast.parse(source))) == ["line 2: face", "line 3: shape_plate"]
