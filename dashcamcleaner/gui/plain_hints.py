"""Sentences of the engine in the window: what they say of flags is said of the window's own fields.

The engine's hints are written for the command line. Inside the window a flag is a word that stands nowhere: a setting's
flag becomes the label of its field, a value becomes the title of its choice, the output's flag goes, and what can be
done on the command line alone is left out.
"""

from __future__ import annotations

import re

from dashcamcleaner.gui.form_model import choice_title
from dashcamcleaner.messages import localized
from dashcamcleaner.settings import SETTINGS

__all__ = ["in_window"]

_FLAGS = {row.flag: row for row in SETTINGS.values()}
_OUTPUT = re.compile(r"(?:,? (?:with|by|mit)|:)? -o\b")
_FLAG = re.compile(r"(--[a-z][a-z0-9-]*)(?: ([a-z0-9_]+|[A-Z]+)\b)?")
_COMMAND_ONLY = re.compile(
    r"(?<![\w-])--?[a-z][\w-]*|\bdashcamcleaner [a-z]+ |\b[Tt]he same command\b|\b[Dd]erselbe Befehl\b"
    r"|\bneeds quotes\b|\bAnführungszeichen\b"
)
_PIP = re.compile(r"^(?:pip|uv|python) |: (?:pip|uv|python) ")
_CLAUSE = re.compile(r"((?<=[.!?])\s+|; (?:or |oder )?|,? (?:or|oder) (?=[a-zäöü]))")


def in_window(text: str, *, tr: object = None) -> str:
    """A sentence of the engine in the user's language and the window's words.

    Args:
        text: the sentence as the engine said it.
        tr: the translation of a label; the label itself where None.
    """
    translate = tr if callable(tr) else str
    text = localized(text)
    if ("-" not in text and not _COMMAND_ONLY.search(text)) or _PIP.search(text):
        return text  # how something is installed is said in the words of a terminal everywhere
    text = _OUTPUT.sub("", text)

    def named(found: re.Match[str]) -> str:
        row, value = _FLAGS.get(found[1]), found[2]
        if row is None or row.name == "overwrite":
            return found[0]
        label = f"“{translate(row.label)}”"
        if value is None:
            return label
        if value in row.choices:
            return f"{label}: {translate(choice_title(value))}"
        return label if value.isupper() else f"{label} {value}"

    text = _FLAG.sub(named, text)
    if not _COMMAND_ONLY.search(text):
        return text
    # What still speaks of the command line goes, clause by clause; what is left stays a sentence.
    parts = _CLAUSE.split(text)
    rest = ""
    for clause, before in zip(parts[::2], ["", *parts[1::2]], strict=True):
        if clause and not _COMMAND_ONLY.search(clause):
            rest = clause[0].upper() + clause[1:] if not rest else rest + before + clause
    rest = rest.rstrip(" ,;:")
    return rest if not rest or rest.endswith((".", "!", "?")) else rest + "."
