"""The language of an answer: the one that its request asks for, else the server's.

A request names what it likes by ``Accept-Language`` (RFC 9110, 12.5.4). Messages stay messages until the answer is
made: jobs keep their templates and arguments in the store, so that two callers read of the same job in two languages.
Names, codes and numbers are the same in any language.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.messages import UserMessage, current_language, languages, localized, plural_forms, translated

__all__ = ["for_people", "page_in_language", "wanted_language"]

_LONGEST = 500
"""Characters of the header that are looked at."""
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*"
)
_TEXTS = frozenset(
    {"detail", "hint", "message", "missing", "notes", "reasons", "title", "told", "warnings", "what", "why"}
)
"""Members whose plain texts are the program's own words, too: literals lose in JSON that they are messages."""


def wanted_language(header: str) -> str:
    """The language of ours that a request likes best; empty where it likes none of them, or says nothing.

    Args:
        header: the value of ``Accept-Language``, as it came.
    """
    known = languages()
    liked: dict[str, float] = {}
    for one in header[:_LONGEST].split(","):
        found = _RANGE.fullmatch(one)
        if found is not None and found[1] != "*":
            name, weight = found[1].lower(), float(found[2] or 1)
            if name in known:
                liked[name] = max(liked.get(name, 0.0), weight)
    best = max(liked, key=lambda name: liked[name], default="")
    return best if best and liked[best] > 0 else ""


def for_people(answer: Any, *, member: str = "") -> Any:
    """An answer with its texts in the language that is spoken.

    Args:
        answer: JSON types, with messages among them.
        member: the name that it has in what holds it.
    """
    if isinstance(answer, UserMessage):
        return visible(localized(answer), lines=True)
    if isinstance(answer, str):
        return translated(answer) if member in _TEXTS else answer
    if isinstance(answer, dict):
        return {name: one if name == "arguments" else for_people(one, member=name) for name, one in answer.items()}
    return [for_people(one, member=member) for one in answer] if isinstance(answer, list | tuple) else answer


_CALL = re.compile(r"""\bt(?:n\(\s*"((?:[^"\\]|\\.)*)",\s*|\(\s*)"((?:[^"\\]|\\.)*)\"""")
"""What the page's scripts say: ``t("text")`` and ``tn("one", "many", n)``."""


def script_texts(folder: Path) -> list[str | tuple[str, str]]:
    """The texts of the scripts of a folder; for one and for many where they speak of a number of things."""
    found: dict[str | tuple[str, str], None] = {}
    for path in sorted(folder.glob("*.js")):
        for one, text in _CALL.findall(path.read_text(encoding="utf-8")):
            found[(json.loads(f'"{one}"'), json.loads(f'"{text}"')) if one else json.loads(f'"{text}"')] = None
    return list(found)


def page_in_language(folder: Path, *, scripts: Path) -> str:
    """The page in the language that is spoken.

    Args:
        folder: holds its template, ``index.html``.
        scripts: holds its scripts, whose texts come with the page.
    """
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, extensions=["jinja2.ext.i18n"], trim_blocks=True
    )
    environment.install_gettext_callables(translated, lambda one, many, n: one if n == 1 else many, newstyle=True)  # type: ignore[attr-defined]
    texts: dict[str, Any] = {}
    for text in script_texts(scripts):
        texts[text if isinstance(text, str) else text[1]] = (
            translated(text) if isinstance(text, str) else plural_forms(*text)
        )
    return environment.get_template("index.html").render(language=current_language(), texts=texts)
