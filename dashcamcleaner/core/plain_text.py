"""The one place where text leaves the program: for a terminal, a page, a table, a window.

Names of files and folders, tags, class names of weights and other people's messages are foreign: they may hold what a
terminal obeys (ANSI and C1 sequences), what turns lines round (bidirectional controls), what a table computes
(``=HYPERLINK(...)``), what a browser follows (``http:evil.example``), what a widget takes for markup, or bytes that are
no text at all. Whoever shows a text passes it through here; what is a message (`dashcamcleaner.messages`) is said in
the user's language, but in JSON and tables. Standard library only.
"""

from __future__ import annotations

import contextlib
import html
import json
import sys
import unicodedata
from typing import Any, TextIO
from urllib.parse import quote

from dashcamcleaner.messages import localized

__all__ = ["cell", "json_line", "link", "markup", "plain_markup", "say", "soften_streams", "visible"]

_JOINERS = "\u00ad\u200c\u200d\ufe0e\ufe0f"
"""Invisible, but part of how words are written in several scripts, and of emoji."""


def visible(text: object, *, lines: bool = False) -> str:
    r"""A text with nothing in it that acts instead of being shown; what would is written as its escape.

    Args:
        text: anything; `str` is taken of it. Bytes of a file name that are no text come as ``\xff``.
        lines: line breaks and tabs stay.
    """
    plain = str(text)
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(_shown(character, lines=lines) for character in plain)


def _shown(character: str, *, lines: bool) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a name that is not UTF-8, as the system's names are read
        return f"\\x{code - 0xDC00:02x}"
    if lines and character in "\n\t":
        return character
    category = unicodedata.category(character)
    if category not in ("Cc", "Cf", "Cs", "Zl", "Zp") or character in _JOINERS:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def link(path: str) -> str:
    """A relative path as the target of a link: no scheme, no host, no query, no place in a page."""
    quoted = quote(path.encode("utf-8", "surrogateescape") if _is_encodable(path) else visible(path), safe="/")
    return f".{quoted}" if quoted.startswith("/") else quoted


def _is_encodable(path: str) -> bool:
    return not any(0xD800 <= ord(c) <= 0xDFFF and not 0xDC80 <= ord(c) <= 0xDCFF for c in path)


def cell(value: Any) -> Any:
    """A value for a table: a text that a spreadsheet would compute is marked as a text; numbers stay."""
    if not isinstance(value, str):
        return value
    plain = visible(value)
    return f"'{plain}" if plain.lstrip().startswith(("=", "+", "-", "@")) else plain


def markup(text: object) -> str:
    """A text for a place in a page: escaped, and shown as it is."""
    return html.escape(visible(localized(text)))


def plain_markup(text: object) -> str:
    """A text for a widget that guesses whether it is given markup (tooltips do): shown as it is in any case."""
    plain = visible(localized(text), lines=True)
    if not any(character in plain for character in "<&"):
        return plain
    return f'<span style="white-space:pre-wrap">{html.escape(plain)}</span>'


def json_line(data: Any) -> str:
    """Data as one line of JSON in ASCII, which any stream takes and no terminal obeys."""
    return json.dumps(data, ensure_ascii=True).replace("\x7f", "\\u007f")


def say(*texts: object, stream: TextIO | None = None) -> None:
    """Print lines, messages in the user's language.

    Args:
        texts: one line each, foreign parts and all.
        stream: standard output when None.
    """
    stream = sys.stdout if stream is None else stream
    for text in texts:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        print(visible(localized(text)).encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def soften_streams() -> None:
    """Make standard output and standard error write escapes for what their encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):  # replaced by something that is no text file
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
