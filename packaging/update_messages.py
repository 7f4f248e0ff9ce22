"""Brings the messages' catalogs up to date: new texts come into every ``.po``, and the ``.mo`` are made of them.

    python packaging/update_messages.py             # all languages that there are
    python packaging/update_messages.py fr          # begin a new one

Texts are found by their place in the code: what `msg` and `counted` are given, messages and hints of errors, help of
flags, rows of the settings and of the audit's tables, and what templates and scripts of pages mark. A text without a
translation stays English. Needs Babel (in requirements-test.txt); the program itself needs none of it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dashcamcleaner import errors  # noqa: E402
from dashcamcleaner.core.kinds import BUILT_IN  # noqa: E402
from dashcamcleaner.messages import DOMAIN, FOLDER  # noqa: E402
from dashcamcleaner.service.language import script_texts  # noqa: E402

PACKAGE = ROOT / "dashcamcleaner"
PAGE = PACKAGE / "service" / "page"
WITHOUT = ("_weights",)
WINDOW = "gui"
"""Qt translates the window (``update_languages.py``), but for the errors that it raises."""
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
KEYWORDS = {
    "help", "description", "epilog", "hint", "why_not", "unit", "one", "title", "label", "what", "verb", "message"
}  # fmt: skip
"""Keywords of calls whose literals are for people."""
PLACES = {
    "FindingRow": (3, 4),
    "CheckRow": (1,),
    "StreamAction": (0, 1, 2),
    "Warned": (0, 1),
    "add_argument_group": (0,),
    "as_message": (0,),
    "not_checked": (1,),
    "say": (0, 1, 2, 3),
    "setting": (1, 2, 3),
    "translated": (0,),
}
"""Calls whose arguments at these places are for people."""
TABLES = {
    "EXIT_STATUSES",
    "FIGURE_HEADS",
    "GROUPS",
    "_OS_REASONS",
    "_TELLS",
    "_STATUS_WORDS",
    "_GROUPS",
    "_WORDS",
    "WHY_COVERED",
}
"""Tables whose values are for people."""
ARGPARSE = (
    "usage: ", "options", "positional arguments", "the following arguments are required: %s", "expected one argument",
    "invalid choice: %(value)r (choose from %(choices)s)", "expected at least one argument",
    "unrecognized arguments: %s", "show this help message and exit", "show program's version number and exit",
)  # fmt: skip
"""What the standard library says of its own by gettext."""
Text = str | tuple[str, str]


def is_text(text: str) -> bool:
    """Whether there is a word in it, beside its gaps."""
    return bool(re.search(r"[A-Za-z]{2}", re.sub(r"%\(\w+\)\w|\{[^{}]*\}", "", text)))


def literals(node: ast.expr) -> Iterator[str]:
    """The literals that an expression can come to."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from literals(value)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from literals(node.left)
        yield from literals(node.right)
    elif isinstance(node, ast.Tuple | ast.List):
        for value in node.elts:
            yield from literals(value)
    elif isinstance(node, ast.Starred):
        yield from literals(node.value)


def texts_of(tree: ast.AST, *, errors_alone: bool = False) -> Iterator[tuple[int, Text]]:
    """Every text for people in a module, with its line; or those of errors, messages and names of files alone."""
    for node in ast.walk(tree):
        if errors_alone and not (isinstance(node, ast.Call) and name_of(node) in ERRORS | {"msg", "counted"}):
            if isinstance(node, ast.Call) and name_of(node) != "tr":
                whats = [one.value for one in node.keywords if one.arg == "what"]
                yield from ((one.lineno, text) for one in whats for text in literals(one))
            continue
        if isinstance(node, ast.Call):
            yield from ((node.lineno, text) for text in _of_call(node))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if {target.id for target in targets if isinstance(target, ast.Name)} & TABLES and isinstance(
                node.value, ast.Dict
            ):
                yield from ((node.lineno, text) for value in node.value.values for text in literals(value))


def name_of(node: ast.Call) -> str:
    """The name of what is called, without its module."""
    return node.func.id if isinstance(node.func, ast.Name) else str(getattr(node.func, "attr", ""))


def _of_call(node: ast.Call) -> Iterator[Text]:
    name = name_of(node)
    if name == "counted":
        forms = [str(argument.value) for argument in node.args[:2] if isinstance(argument, ast.Constant)]
        if len(forms) == 2:
            yield forms[0], forms[1]
    elif name in ("msg", "as_message"):
        yield from literals(node.args[0])
    else:
        if name in ERRORS:
            yield from (text for argument in node.args[:1] for text in literals(argument))
        yield from (text for at in PLACES.get(name, ()) if at < len(node.args) for text in literals(node.args[at]))
        for keyword in node.keywords:
            if keyword.arg in KEYWORDS:
                yield from literals(keyword.value)


def all_texts() -> dict[Text, list[tuple[str, int]]]:
    """Every text for people, with the places where it stands."""
    found: dict[Text, list[tuple[str, int]]] = {text: [] for text in ARGPARSE}
    for rules in BUILT_IN.values():
        for text in (rules.noun, (f"{{n:,}} {rules.noun}", f"{{n:,}} {rules.plural}")):
            found.setdefault(text, []).append(("dashcamcleaner/core/kinds.py", 1))
    for path in sorted(PACKAGE.rglob("*.py")):
        part = path.relative_to(PACKAGE).parts[0]
        if part in WITHOUT:
            continue
        place = path.relative_to(ROOT).as_posix()
        for line, text in texts_of(ast.parse(path.read_text(encoding="utf-8")), errors_alone=part == WINDOW):
            if is_text(text if isinstance(text, str) else text[0]):
                found.setdefault(text, []).append((place, line))
    from jinja2 import Environment
    from jinja2.ext import extract_from_ast

    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted(PACKAGE.glob("*/templates/*.html")):
        for line, _, text in extract_from_ast(environment.parse(path.read_text(encoding="utf-8"))):
            one = text if isinstance(text, str) else text[0]  # what follows it are its arguments
            if one:
                found.setdefault(one, []).append((path.relative_to(ROOT).as_posix(), line))
    for text in script_texts(PAGE):
        found.setdefault(text, []).append((PAGE.relative_to(ROOT).as_posix(), 1))
    plurals = {text[0] for text in found if isinstance(text, tuple)}
    return {text: places for text, places in found.items() if not (isinstance(text, str) and text in plurals)}


def update(language: str) -> list[Text]:
    """Write the catalog of a language; gives the texts that lack a translation."""
    path = FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    known = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    catalog = Catalog(
        locale=language, project="DashcamCleaner", version="", fuzzy=False, header_comment="# DashcamCleaner"
    )
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # the same bytes each time
    missing = []
    for text, places in sorted(all_texts().items(), key=lambda item: str(item[0])):
        old = known.get(text if isinstance(text, str) else text[0])
        string = old.string if old is not None and isinstance(old.id, tuple) == isinstance(text, tuple) else ""
        catalog.add(text, string or None, locations=sorted({(place, 0) for place, _ in places}), flags=())
        if not string or (isinstance(string, tuple | list) and not all(string)):
            missing.append(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=118, include_lineno=False, sort_output=True)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)
    return missing


def main(words: list[str]) -> int:
    languages = words or sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
    for language in languages:
        missing = update(language)
        print(f"{language}: {len(missing)} texts without a translation")
        for text in missing:
            print(f"  {text!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
