"""Every message that a user can see is a sentence: it ends with a full stop (or a question or exclamation mark)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashcamcleaner import errors
from dashcamcleaner.core.findings import Check, Finding, Severity, judge

PACKAGE = Path(__file__).resolve().parents[1] / "dashcamcleaner"
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
LISTS = {"warnings", "problems", "reasons", "complaints"}
COMMAND = re.compile(r"(pip install|dashcamcleaner|= ?)[^.]*( \S+)?$")
"""A hint may end with what is to be typed, which has no full stop."""
SENTENCES = {"near", "message"}
"""Parts at a message's end that are sentences themselves."""


def messages(tree: ast.AST) -> Iterator[ast.expr]:
    """What is said: messages and hints of errors and warnings, texts of findings, sentences added to lists."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in ERRORS or name == "Warned":
            yield from node.args[:2]
            yield from (keyword.value for keyword in node.keywords if keyword.arg in ("message", "hint"))
        elif name == "append" and isinstance(node.func, ast.Attribute):
            if getattr(node.func.value, "attr", getattr(node.func.value, "id", "")) in LISTS:
                yield from node.args
        else:
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "message")
            places = [i for i, value in enumerate(node.args) if ast.unparse(value).startswith("Severity.")]
            yield from (node.args[i + 1] for i in places if i + 1 < len(node.args))


def endings(node: ast.expr) -> Iterator[str]:
    """The literal ends that an expression can come to; a value that is put in last gives ``{}``."""
    if isinstance(node, ast.IfExp):
        yield from endings(node.body)
        yield from endings(node.orelse)
    elif isinstance(node, ast.BinOp):
        yield from endings(node.right)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        last = node.values[-1]
        if isinstance(last, ast.Constant):
            yield str(last.value)
        elif isinstance(last, ast.FormattedValue) and ast.unparse(last.value).split(".")[-1] not in SENTENCES:
            yield "{}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_messages_end_with_a_full_stop(path: Path) -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{message.lineno}: {ast.unparse(message)}"
        for message in messages(ast.parse(path.read_text(encoding="utf-8")))
        for end in endings(message)
        if not end.endswith((".", "?", "!", ". ")) and not COMMAND.search(end)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_reasons_of_an_audit_end_with_a_full_stop() -> None:
    findings = [
        Finding("search", "clear-object", Severity.FAIL, "A face is not hidden.", first_frame=3, last_frame=7),
        Finding("media", "size", Severity.REVIEW, "The sizes differ."),
    ]
    checks = [
        Check("sound", "Sound", ran=False, why_not="the reader is not installed"),
        Check("audit", "The audit", ran=False, why_not="The file cannot be read."),
    ]
    _, reasons, _ = judge(findings, checks=checks, hidden_regions=0)
    assert len(reasons) == 5
    for reason in reasons:
        assert reason.endswith(".")
        assert not reason.endswith("..")
