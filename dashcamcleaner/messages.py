"""What the program says, as a template and its arguments: English for machines, the user's language for people.

``msg("{path} cannot be read.", path=path)`` is a `str` that reads in English, everywhere: in JSON, plans, logs and
tests. It also knows its template and arguments, so whoever shows it to a person (`localized`) can say it in another
language. The English template is the message's code, as gettext has it; the catalogs below ``locale`` hold the
translations, and ``packaging/update_messages.py`` makes these files. Standard library only, below everything else.

The language is that of ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``, the first that is set; `use_language`
names another. `speaking` names one for what runs within it alone, such as the answer to one request; other threads and
tasks go on in theirs.
"""

from __future__ import annotations

import contextlib
import functools
import gettext
import numbers
import os
import string
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

__all__ = [
    "DOMAIN",
    "FOLDER",
    "UserMessage",
    "as_message",
    "counted",
    "current_language",
    "joined",
    "languages",
    "localized",
    "msg",
    "plural_forms",
    "said",
    "speaking",
    "translated",
    "use_catalog",
    "use_language",
]

DOMAIN = "dashcamcleaner"
FOLDER = Path(__file__).parent / "locale"

_DECIMAL_COMMA = {"de"}
"""Languages that write 1.234,5 for 1,234.5."""


class UserMessage(str):
    """A text in English that can be said in other languages.

    Args:
        template: the English template, with ``{names}``; without arguments the text itself.
        arguments: what its names stand for: numbers, texts, or messages again.
        many: the template for more than one, where the text speaks of ``n`` things.
        cut: characters that are taken off the end.
    """

    __slots__ = ("arguments", "cut", "many", "template")
    template: str
    arguments: dict[str, Any]
    many: str
    cut: str

    def __new__(
        cls, template: str, arguments: dict[str, Any] | None = None, many: str = "", cut: str = ""
    ) -> UserMessage:
        """Put the English text together."""
        values = arguments or {}
        chosen = many if many and values.get("n") != 1 else template
        text = chosen.format(**values) if values else chosen
        made = super().__new__(cls, text.rstrip(cut) if cut else text)
        made.template, made.arguments, made.many, made.cut = str(template), values, many, cut
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return (UserMessage, (self.template, self.arguments, self.many, self.cut))

    def rstrip(self, characters: str | None = None, /) -> UserMessage:
        """The message without its end, a full stop for the most part, in every language."""
        return UserMessage(self.template, self.arguments, self.many, characters or " \n")

    def with_texts(self, change: Callable[[str], str]) -> UserMessage:
        """The same message with each text among its arguments changed."""
        values = {name: change(value) if isinstance(value, str) else value for name, value in self.arguments.items()}
        return UserMessage(self.template, values, self.many, self.cut)

    def __add__(self, other: str) -> str:
        return msg("{first}{second}", first=self, second=other) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: str) -> str:
        return msg("{first}{second}", first=other, second=self) if isinstance(other, str) else NotImplemented


def msg(template: str, /, **arguments: object) -> str:
    """A message.

    Args:
        template: the English text, with ``{names}`` and their formats; always a literal, or nobody finds it.
        arguments: what the names stand for. Numbers, texts and messages are kept, of all else its text is taken.
    """
    return UserMessage(template, {name: _plain(value) for name, value in arguments.items()})


def counted(one: str, many: str, n: int, /, **arguments: object) -> str:
    """A message that speaks of ``n`` things; a language may have more forms than two.

    Args:
        one: the template for one thing.
        many: the template for none, or several.
        n: how many; ``{n}`` in the templates.
        arguments: what other names stand for, as for `msg`.
    """
    return UserMessage(one, {"n": int(n), **{name: _plain(value) for name, value in arguments.items()}}, many)


def as_message(text: str) -> UserMessage:
    """A text as a message: itself, or a literal without arguments."""
    return text if isinstance(text, UserMessage) else UserMessage(text)


def _plain(value: object) -> Any:
    """What survives a process border: an argument may be a path, an exception or a number of numpy."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational):
        return float(value)
    return str(value)


class _Filler(string.Formatter):
    """Fills a translated template; numbers with a format are written as the language does."""

    def __init__(self, *, decimal_comma: bool) -> None:
        self._comma = decimal_comma

    def format_field(self, value: Any, format_spec: str) -> str:
        """One value in its format."""
        text = str(format(value, format_spec))
        # What is measured is; a bound of a setting (``:g``) is typed as it is shown, with a point.
        if self._comma and format_spec[-1:] in ("f", "%", ",") and isinstance(value, (int, float)):
            return text.translate(str.maketrans(",.", ".,"))
        return text


class _Speaker:
    """The language at work: which catalog, and how it writes numbers."""

    def __init__(self) -> None:
        self.catalog: gettext.NullTranslations | None = None
        self.language = "en"
        self.filler = _Filler(decimal_comma=False)

    def use(self, catalog: gettext.NullTranslations | None, language: str) -> None:
        """Speak as a catalog says."""
        self.catalog, self.language = catalog, language
        self.filler = _Filler(decimal_comma=language.split("_")[0] in _DECIMAL_COMMA)


_speaker = _Speaker()
_asked: ContextVar[_Speaker | None] = ContextVar("language", default=None)
"""The language of what runs now, where it has one of its own."""


def languages() -> list[str]:
    """The languages that there are, English first."""
    return ["en", *sorted(path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))]


def use_language(name: str = "") -> str:
    """Speak a language from now on, in this process; gives its name, ``en`` where there is no catalog for it.

    Args:
        name: ``de``, ``pt_BR``; empty: as the environment says.
    """
    wanted = [name] if name else _of_environment()
    catalog, language = _catalog_of(tuple(wanted))
    use_catalog(catalog, language)
    return language


def _catalog_of(wanted: Iterable[str]) -> tuple[gettext.NullTranslations, str]:
    """The first of these languages that there is, and its name."""
    for one in wanted:
        if one.split("_")[0].split(".")[0] in ("en", "C", "POSIX"):
            break
        try:
            catalog = gettext.translation(DOMAIN, str(FOLDER), [one])
        except OSError:
            continue
        return catalog, str(catalog.info().get("language") or one)
    return gettext.NullTranslations(), "en"


@functools.cache
def _speaker_of(name: str) -> _Speaker:
    made = _Speaker()
    made.use(*_catalog_of((name,)))
    return made


@contextlib.contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak a language in this thread or task, and in what it calls, until the end of the block.

    Args:
        name: one of `languages`; empty: nothing is changed.
    """
    token = _asked.set(_speaker_of(name)) if name else None
    try:
        yield
    finally:
        if token is not None:
            _asked.reset(token)


def use_catalog(catalog: gettext.NullTranslations | None, language: str) -> None:
    """Speak as a catalog says; None: as the environment says, when something is shown next."""
    _speaker.use(catalog, language)


def current_language() -> str:
    """The name of the language that people are spoken to."""
    return _ready().language


def _of_environment() -> list[str]:
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return [one for one in value.split(":") if one]
    return []


def _ready() -> _Speaker:
    if (asked := _asked.get()) is not None:
        return asked
    if _speaker.catalog is None:
        use_language()
    return _speaker


def localized(text: object) -> str:
    """A text for people: a message in their language, anything else as it is."""
    if not isinstance(text, UserMessage):
        return str(text)
    speaker = _ready()
    catalog = speaker.catalog
    assert catalog is not None
    if type(catalog) is gettext.NullTranslations or not text:
        return str.__str__(text)
    values = {
        name: localized(value) if isinstance(value, UserMessage) else value for name, value in text.arguments.items()
    }
    if text.many:
        template = catalog.ngettext(text.template, text.many, text.arguments["n"])
    else:
        template = catalog.gettext(text.template) if text.template else ""
    try:
        shown = speaker.filler.vformat(template, (), values) if values else template
    except (LookupError, ValueError, TypeError):  # read from a file: it mixes one message with the values of another
        return str.__str__(text)
    return shown.rstrip(text.cut) if text.cut else shown


def said(error: BaseException) -> str:
    """What an exception says; the message that it was made with, where it was made with one."""
    first = error.args[0] if len(error.args) == 1 else None
    return first if isinstance(first, UserMessage) else str(error)


def joined(texts: Iterable[str], separator: str = " ") -> str:
    """Texts in a row, that stay messages where one of them, or what stands between, is one."""
    parts = list(texts)
    if not any(isinstance(one, UserMessage) for one in (*parts, separator)):
        return separator.join(parts)
    values = {f"part{number}": part for number, part in enumerate(parts)}
    template = "{between}".join(f"{{{name}}}" for name in values)
    return UserMessage(template, {**values, "between": separator})


def translated(text: str) -> str:
    """A literal of the program's own (a heading, a help text) in the user's language."""
    return localized(as_message(text))


def plural_forms(one: str, many: str) -> list[str]:
    """What a text that speaks of ``{n}`` things is for 0 to 199 of them, as a template each, in the user's language.

    No language asks for more than the last two digits, and whether there are others before them.
    """
    catalog = _ready().catalog
    assert catalog is not None
    return [catalog.ngettext(one, many, n) for n in range(200)]
