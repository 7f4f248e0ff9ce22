"""Caffe's ``.prototxt``: protobuf's text format, read into `Message`s without knowing their schema.

layer { name: "conv1" type: "Convolution" convolution_param { num_output: 64 kernel_size: 7 } }
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dashcamcleaner.errors import WeightsError
from dashcamcleaner.messages import msg

__all__ = ["Message", "read_prototxt"]

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[\w.+-]+)|(?P<sign>[{}:;,<>])"""
)
_DEEPEST = 20
_MOST_TOKENS = 500_000


@dataclass(slots=True)
class Message:
    """Fields by name, in order; a field may come more than once."""

    fields: dict[str, list[Any]] = field(default_factory=dict)

    def first(self, name: str, default: Any) -> Any:
        """The first value of a field."""
        return self.fields.get(name, [default])[0]

    def all(self, name: str) -> list[Any]:
        """All values of a field."""
        return self.fields.get(name, [])

    def messages(self, name: str) -> list[Message]:
        """The values of a field that are messages."""
        return [value for value in self.all(name) if isinstance(value, Message)]

    def part(self, name: str) -> Message:
        """The first message of a field; an empty one where there is none."""
        return next(iter(self.messages(name)), Message())


def read_prototxt(text: str, *, name: str) -> Message:
    """The whole file as one message.

    Raises:
        WeightsError: it is no such text; the sentence tells the line.
    """
    tokens = _tokens(text, name=name)
    whole = _message(tokens, closing="", depth=0, name=name)
    if not whole.fields:
        raise WeightsError(msg("{name} is empty.", name=name), hint="Name the deploy.prototxt of the model.")
    return whole


def _tokens(text: str, *, name: str) -> Iterator[str]:
    place = count = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise WeightsError(
                msg("{name}, line {line}: this is no Caffe definition.", name=name, line=line),
                hint="Name the .prototxt.",
            )
        place = match.end()
        if match.lastgroup is not None:
            count += 1
            if count > _MOST_TOKENS:
                raise WeightsError(
                    msg("{name} is too long for a network's definition.", name=name), hint="Name the .prototxt."
                )
            yield match.group()


def _message(tokens: Iterator[str], *, closing: str, depth: int, name: str) -> Message:
    broken = WeightsError(
        msg("{name} is no Caffe definition: a bracket or a value is missing.", name=name), hint="Take a whole file."
    )
    if depth > _DEEPEST:
        raise broken
    made = Message()
    for token in tokens:
        if token == closing:
            return made
        if token in ";,":
            continue
        sign = next(tokens, "")
        if sign == ":":
            sign = next(tokens, "")
        if sign in ("{", "<"):
            value: Any = _message(tokens, closing="}" if sign == "{" else ">", depth=depth + 1, name=name)
        elif sign == "" or sign in "{}<>:;,":
            raise broken
        else:
            value = _value(sign)
        made.fields.setdefault(token, []).append(value)
    if closing:
        raise broken
    return made


def _value(token: str) -> Any:
    if token[0] in "\"'":
        return token[1:-1]
    if token in ("true", "false"):
        return token == "true"
    for kind in (int, float):
        try:
            return kind(token)
        except ValueError:
            continue
    return token
