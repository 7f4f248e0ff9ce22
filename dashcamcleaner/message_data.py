"""Messages as plain data, and back: what JSON would forget of them is kept beside a tree of texts.

Reports, the service's job files and the window's queue are read by whoever speaks another language than their writer,
so the messages in them are carried along with template and arguments. What is read back may have been changed by
anybody: it makes no message that says another text, and none that grows beyond all messages.
"""

from __future__ import annotations

import re
import string
from typing import Any

from dashcamcleaner.messages import UserMessage

__all__ = ["carrying_texts", "from_carried", "texts_of", "with_texts"]


def texts_of(data: Any) -> list[dict[str, Any]]:
    """The messages with arguments in a tree of JSON types, each once, as plain data: what JSON forgets of them."""
    found: dict[str, dict[str, Any]] = {}

    def walk(value: Any) -> None:
        if value and isinstance(value, UserMessage) and value.arguments:
            found.setdefault(str.__str__(value), {"text": str.__str__(value), **_as_data(value)})
        elif isinstance(value, dict):
            for one in value.values():
                walk(one)
        elif isinstance(value, list | tuple):
            for one in value:
                walk(one)

    walk(data)
    return list(found.values())


def with_texts(data: Any, texts: Any) -> Any:
    """A tree of JSON types in which texts are messages again.

    Args:
        data: the tree as it was read.
        texts: what `texts_of` gave when it was written. Anybody may have changed it: what has another form, or says
            another text than it stands for, is left out.
    """
    known: dict[str, UserMessage] = {}
    budget = _Budget()
    for row in texts[:_MOST_ROWS] if isinstance(texts, list) else ():
        made = _from_data(row, budget)
        if made is not None and isinstance(row, dict) and row.get("text") == str.__str__(made):
            known[str.__str__(made)] = made

    def again(value: Any) -> Any:
        if isinstance(value, str):
            return known.get(value, value)
        if isinstance(value, dict):
            return {name: again(one) for name, one in value.items()}
        return [again(one) for one in value] if isinstance(value, list) else value

    return again(data) if known else data


def carrying_texts(data: dict[str, Any]) -> dict[str, Any]:
    """The same with ``texts`` beside it: what JSON forgets of the messages in it, see `texts_of`."""
    return {**data, "texts": texts_of(data)}


def from_carried(data: dict[str, Any]) -> dict[str, Any]:
    """What `carrying_texts` gave, read again: its texts are messages as before."""
    plain = {name: value for name, value in data.items() if name != "texts"}
    return dict(with_texts(plain, data.get("texts")))


def _as_data(message: UserMessage) -> dict[str, Any]:
    values = {name: _as_data(one) if isinstance(one, UserMessage) else one for name, one in message.arguments.items()}
    plain = {"template": message.template, "many": message.many, "cut": message.cut}
    return {**{name: one for name, one in plain.items() if one}, "arguments": values}


_NAME = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_FORMAT = re.compile(r"[<>+,]?\d{0,2}(\.\d{1,2})?[a-z%,]?")
"""What a name's format may be in a template that was read: no endless width, and no gap within the gap."""
_DEEPEST = 8
_LONGEST = 20_000
"""Characters that a message which was read may have; ours have a few hundred."""
_MOST_ROWS, _MOST_MADE = 10_000, 4_000_000
"""Messages that are made of one file, and their characters together with those of the messages within them."""


class _Budget:
    """Characters that may yet be made of the texts of one file."""

    def __init__(self) -> None:
        self.left = _MOST_MADE

    def takes(self, length: int) -> bool:
        """Whether a text of this length is within bounds; counts it."""
        self.left -= length
        return length <= _LONGEST and self.left >= 0


def _longest_of(template: str, values: dict[str, Any]) -> int:
    """The characters that a template may grow to with these values, before it is filled.

    Raises:
        ValueError: it asks for something else than a value by its name, in a format of a few characters.
        KeyError: there is no such value.
    """
    length = 0
    for literal, name, form, conversion in string.Formatter().parse(template):
        length += len(literal)
        if name is None:
            continue
        if conversion or not _NAME.fullmatch(name) or not _FORMAT.fullmatch(form or ""):
            raise ValueError("a gap is no plain name")
        value = values[name]
        length += len(value) if isinstance(value, str) else 40 if abs(value or 0) < _LARGE else _LONGEST_NUMBER
        length += sum(int(digits) for digits in re.findall(r"\d+", form or ""))
    return length


_LARGE, _LONGEST_NUMBER = 1 << 64, 400
"""Beyond it a number is written with up to 309 digits, as the largest float is."""


def _from_data(row: Any, budget: _Budget, depth: int = 0) -> UserMessage | None:
    """A message of `_as_data`; None for anything else, or one that would grow beyond all messages."""
    if not isinstance(row, dict) or depth > _DEEPEST or not isinstance(row.get("arguments"), dict):
        return None
    template, many, cut = (row.get(name, "") for name in ("template", "many", "cut"))
    if not all(isinstance(one, str) and len(one) < 2000 for one in (template, many, cut)):
        return None
    values: dict[str, Any] = {}
    for name, value in row["arguments"].items():
        plain = _from_data(value, budget, depth + 1) if isinstance(value, dict) else value
        if isinstance(value, dict) and plain is None:
            return None
        if plain is not None and not isinstance(plain, bool | int | float | str):
            return None
        if type(plain) is int and plain.bit_length() > 64:
            return None
        values[str(name)] = plain
    if many and type(values.get("n")) is not int:  # it chooses the form, in every language
        return None
    try:
        longest = max(_longest_of(one, values) for one in (template, many)) if values else len(template)
        return UserMessage(template, values, many, cut) if budget.takes(longest) else None
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError):
        return None
