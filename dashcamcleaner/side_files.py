"""Side files: the one reader for all files beside a clip, and for the program's own records, whoever wrote them.

Plans, edits, reports, sidecars of weights, settings, the log of what was seen, the window's memory: each is foreign
input. What is read here has bounds, which are held before memory is taken: the bytes of a file and of a line, the depth
to which values lie in one another, the range of numbers, the bytes to which packed data grow. What is beyond them is a
`ValueError` of a few words (or, of a whole file, the error that the caller names), never a fault of the interpreter.

JSON is read strictly: ``NaN`` and ``Infinity`` are no JSON, and a number that overflows is none, either.
"""

from __future__ import annotations

import json
import math
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, AnyStr, NoReturn

from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.messages import msg, said
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.plain_files import open_plain

__all__ = [
    "UNREADABLE",
    "MOST_BYTES",
    "MOST_DEPTH",
    "MOST_LINE",
    "lines_of",
    "parse_json",
    "read_bytes",
    "read_json",
    "reason_of",
    "unpacked",
    "within",
]

MOST_BYTES = 32 << 20
"""Of a side file that is read whole. A plan is read line by line, and may be longer."""
MOST_LINE = 4 << 20
"""Of one line, in characters: 20,000 boxes are found, checked and hidden in half of it."""
MOST_DEPTH = 24
"""Values within values; what the program writes goes down to eight."""
UNREADABLE: tuple[type[Exception], ...] = (
    LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError
)  # fmt: skip
"""What comes of taking values out of a text that is not what it should be: anybody may have written it."""
_LARGEST = (1 << 63) - 1
"""Whole numbers beyond 64 bits are no time, no size and no count."""

_MOST_WORDS = 120

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_OTHERS = re.compile(r"[^\[\]{}]+")


def read_bytes(path: Path, *, what: str, to: type[DashcamCleanerError], most: int = MOST_BYTES) -> bytes:
    """All bytes of a side file.

    Args:
        path: the file.
        what: what it is called for people.
        to: the error for whatever keeps it from being read.
        most: the most bytes that it may have.

    Raises:
        DashcamCleanerError: as ``to``: it cannot be read, is no plain file, or is too large.
    """
    with map_os_errors(path, what=what, verb="read", to=to), open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size  # room for as much is made at once
        data = file.read(min(most, size) + 1)
        if len(data) > size:  # it grows, or is of the system's own, which tell no size
            data += file.read(max(0, most + 1 - len(data)))
    if len(data) > most:
        raise to(
            msg("{what} is larger than such a file can be ({most} MiB).", what=what, most=most >> 20),
            hint=msg("It is something else."),
        )
    return data


def read_json(path: Path, *, what: str, to: type[DashcamCleanerError], most: int = MOST_BYTES) -> Any:
    """The value that a JSON file holds.

    Raises:
        DashcamCleanerError: as ``to``, see `read_bytes`.
        ValueError: it is no JSON, or one beyond the bounds.
    """
    return parse_json(read_bytes(path, what=what, to=to, most=most))


def parse_json(text: str | bytes) -> Any:
    """A JSON text as plain values.

    Raises:
        ValueError: it is no JSON, too deep, or holds a number that is none or out of range.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    if _is_deep(text) and _is_deep(_TEXT.sub("", text)):
        raise ValueError(msg("values lie too deep in one another"))
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError(msg("values lie too deep in one another")) from error


def _is_deep(text: str) -> bool:
    """Whether brackets are left when the innermost pairs have been taken out so many times.

    Where no pair is left before that, brackets without their other half are no JSON, which the decoder tells better.
    """
    brackets = _OTHERS.sub("", text)
    for _ in range(MOST_DEPTH):
        shorter = brackets.replace("[]", "").replace("{}", "")
        if len(shorter) == len(brackets):
            return brackets.count("[") + brackets.count("{") > MOST_DEPTH
        brackets = shorter
    return bool(brackets)


def _whole(text: str) -> int:
    if len(text) > 20 or not -_LARGEST <= (value := int(text)) <= _LARGEST:
        raise ValueError(msg("a whole number is out of range"))
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(msg("a number is out of range"))
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(msg("{text} is no number", text=text))


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_number, parse_constant=_no_number)


def lines_of(file: IO[AnyStr], *, most: int = MOST_LINE) -> Iterator[AnyStr]:
    """The lines of an open file with their ends, as iterating it gives them, none longer than ``most``.

    Raises:
        ValueError: one is longer.
    """
    while line := file.readline(most + 1):
        if len(line) > most:
            raise ValueError(msg("a line is longer than {most} MiB", most=most >> 20))
        yield line


def unpacked(data: bytes, *, size: int) -> bytes:
    """What a zlib stream unpacks to, which has to be exactly so many bytes; more are never made.

    Raises:
        ValueError: it is no such stream, or of another size.
    """
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise ValueError(msg("packed data cannot be unpacked ({error})", error=error)) from error
    if len(found) != size or not stream.eof:
        raise ValueError(msg("packed data are not of the size that is told"))
    return found


def within(value: Any, low: float, high: float, *, what: str) -> float:
    """A number within bounds, both included.

    Raises:
        ValueError: it is beyond them, or no number.
    """
    number = float(value)
    if not low <= number <= high:  # NaN fails, too
        raise ValueError(msg("{what} is out of range", what=what))
    return number


def reason_of(error: Exception) -> str:
    """Why something could not be read, in a few words: what stands in a file is not trusted to be short."""
    words = msg("it lacks {error}", error=error) if isinstance(error, KeyError) else said(error) or type(error).__name__
    return words if len(words) <= _MOST_WORDS else words[:_MOST_WORDS] + "..."
