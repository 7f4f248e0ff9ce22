"""No sentence of the engine speaks of flags inside the window: every hint of the package is asked."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import dashcamcleaner
from dashcamcleaner.errors import NotAccepted
from dashcamcleaner.gui.plain_hints import in_window
from dashcamcleaner.gui.words import hint_text
from dashcamcleaner.messages import UserMessage, as_message, use_language

ROOT = Path(dashcamcleaner.__file__).parent
COMMANDS_ONLY = {"cli", "training", "live"}
FLAG = re.compile(r"(?<![\w-])--?[a-z]")


def _text(node: ast.expr) -> UserMessage | None:
    """The hint with an X for whatever is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return as_message(node.value)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "msg" and isinstance(node.args[0], ast.Constant):
        return UserMessage(str(node.args[0].value), {str(keyword.arg): "X" for keyword in node.keywords})
    return None


def hints() -> list[UserMessage]:
    found = {}
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).parts[0] in COMMANDS_ONLY:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "hint" and (text := _text(node.value)):
                found[str(text)] = text
    return [found[text] for text in sorted(found)]


def test_no_hint_of_the_engine_names_a_flag_in_the_window() -> None:
    assert len(hints()) > 50
    told = [in_window(hint) for hint in hints() if "pip install" not in hint]
    assert [text for text in told if FLAG.search(text)] == []
    assert [text for text in told if text and not text[0].isupper() and text[0].isalpha()] == []


def test_german_hints_name_no_flag() -> None:
    use_language("de")
    told = [in_window(hint) for hint in hints() if "pip install" not in hint]
    assert [text for text in told if FLAG.search(text)] == []
    assert [text for text in told if text and not text[0].isupper() and text[0].isalpha()] == []
    assert in_window(as_message("Choose another folder with -o.")) == "Wähle einen anderen Ordner."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Choose another name, or add --overwrite; it continues.", "Choose another name; it continues."),
        ("Use --backend openvino.", "Use “Backend”: OpenVINO."),
        ("Choose another folder with -o.", "Choose another folder."),
        ("Make one with: dashcamcleaner people CLIP --plan P; or name a picture.", "Name a picture."),
        ("Leave --plan out to look without one.", ""),
        ("Check the path; a name with spaces needs quotes.", "Check the path."),
        ("pip install -r requirements.txt", "pip install -r requirements.txt"),
        ("Nothing to change here.", "Nothing to change here."),
    ],
)  # fmt: skip
def test_a_hint_stays_a_sentence(said: str, told: str) -> None:
    assert in_window(said) == told


def test_labels_are_those_of_the_language() -> None:
    assert in_window("Raise --tiles.", tr=str.upper) == "Raise “TILES”."


def test_who_may_say_yes_is_sent_where_that_can_be_said() -> None:
    edits = NotAccepted("They were not made here.", hint="If you know them, say so by --accept-edits abc.")
    plan = NotAccepted("It was not made here.", hint="If you know it, add --accept-plan abc.")
    assert hint_text(edits) == "Open the review, which asks whether they are to be taken."
    assert hint_text(plan) == "Clean the clip again, replacing the result: it is looked at anew."
