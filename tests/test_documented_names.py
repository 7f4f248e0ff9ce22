"""Every module, path and symbol that the documents and docstrings name exists: what is renamed is renamed there, too.

In a docstring, single backticks name something of the program. Double ones hold anything else (values, file names,
shell words), of which only paths and dotted names of the program are looked at. In a Markdown file, whatever stands in
backticks is looked at if it has the form of a path, of a dotted name that begins with a package or module of the
program, of a class, or of a name with underscores.
"""

from __future__ import annotations

import ast
import builtins
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "dashcamcleaner"
DOCUMENTS = (*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
SOURCES = (
    *sorted(PACKAGE.rglob("*.py")),
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "benchmarks").glob("*.py")),
    *sorted((ROOT / "img").glob("*.py")),
    ROOT / "start.py",
)

_TICKED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_DOUBLE = re.compile(r"``([^`\n]+)``")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|md|toml|cfg|yaml|svg|desktop))|[\w-]+(/[\w-]+)+")
_MADE_BY_USERS = ("runs/", "mine/", "taught/", "images", "labels", "ignore", "logs/", "NAME", "dashcamcleaner/gui/lang")
_FOREIGN = {"DASHCAMCLEANER_DATA", "AVX512_CORE_VNNI", "reg_max", "_px", "_s", "_frames"}
"""Names in documents that are others' or stand for a part of a name."""


@dataclass
class Scope:
    """The names that a module, class or function gives or uses, and those of what it contains."""

    names: dict[str, Scope | None] = field(default_factory=dict)
    bases: list[str] = field(default_factory=list)

    def find(self, parts: list[str]) -> bool:
        """Whether a dotted name can be followed from here; what comes from a library ends the question."""
        head, *rest = parts
        if head in self.names:
            inner = self.names[head]
            return inner is None or not rest or inner.find(rest)
        return any(base in CLASSES and CLASSES[base] is not self and CLASSES[base].find(parts) for base in self.bases)


@functools.cache
def scope_of(node: ast.AST) -> Scope:
    """The names bound in a module, class or function, attributes set on ``self`` included."""
    scope = Scope(bases=[ast.unparse(base).split("[")[0].split(".")[-1] for base in getattr(node, "bases", ())])
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        scope.names |= {argument.arg: None for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
    for child in ast.iter_child_nodes(node):
        _bind(child, scope)
    return scope


def _bind(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        inner = scope_of(node)
        scope.names[node.name] = inner if isinstance(node, ast.ClassDef) else None
        if isinstance(node, ast.ClassDef):
            CLASSES.setdefault(node.name, inner)
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self":
                scope.names.setdefault(part.attr, None)
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            scope.names.setdefault((alias.asname or alias.name).split(".")[0], None)
        return
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            scope.names.setdefault(part.id, None)
        elif (isinstance(part, ast.ClassDef | ast.FunctionDef) and part is not node) or isinstance(
            part, ast.Import | ast.ImportFrom
        ):
            _bind(part, scope)


CLASSES: dict[str, Scope] = {}


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def program() -> Scope:
    """All of the package as one scope: subpackages, modules, what they define."""
    top = Scope()
    for path in sorted(PACKAGE.rglob("*.py")):
        place = top
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        for part in parts if parts[-1] != "__init__" else parts[:-1]:
            place = place.names.setdefault(part, Scope())  # type: ignore[assignment]
        place.names |= scope_of(parsed(path)).names
    return top


@functools.cache
def defined_anywhere() -> frozenset[str]:
    """Every name and attribute that the package defines or that stands in it as a text (keys of files, settings)."""
    names: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        names.add(path.parent.name if path.stem == "__init__" else path.stem)
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.arg) or (isinstance(node, ast.keyword) and node.arg):
                names.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
                names.add(node.value)
    return frozenset(names)


def scopes_below(scope: Scope) -> Iterator[tuple[str, Scope]]:
    """All packages, modules and classes below a scope, by name."""
    for name, inner in scope.names.items():
        if inner is not None:
            yield name, inner
            yield from scopes_below(inner)


@functools.cache
def places_of(name: str) -> tuple[tuple[Scope, ...], tuple[Scope, ...]]:
    """The scopes that bear a name, and those in which it is defined."""
    everything = _everything()
    return (
        tuple(scope for called, scope in everything if called == name),
        tuple(scope for _, scope in everything if name in scope.names),
    )


@functools.cache
def _everything() -> tuple[tuple[str, Scope], ...]:
    return tuple(scopes_below(program()))


def is_of_the_program(parts: list[str]) -> bool:
    """Whether a dotted name can be found from the package, from a module or from a class, whichever is named first."""
    if parts[0] == "dashcamcleaner":
        return len(parts) == 1 or program().find(parts[1:])
    if program().find(parts):
        return True
    named_so, defined_in = places_of(parts[0])
    if named_so:
        return len(parts) == 1 or any(scope.find(parts[1:]) for scope in named_so)
    return any(scope.find(parts) for scope in defined_in)


def path_exists(text: str, *places: Path) -> bool:
    """Whether a path is there, seen from the root, the package, the tests or the file that names it."""
    return any((place / text).exists() for place in (*places, ROOT, PACKAGE, ROOT / "tests", PACKAGE / "gui"))


def documented(node: ast.AST, chain: tuple[ast.AST, ...] = ()) -> Iterator[tuple[str, int, tuple[ast.AST, ...]]]:
    """Docstrings (those under assignments too) with their line and the definitions that they stand in."""
    chain = (*chain, node)
    for child in getattr(node, "body", ()):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and isinstance(child.value.value, str):
            yield child.value.value, child.lineno, chain
        elif isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from documented(child, chain)


def unknown_in_docstrings(path: Path) -> list[str]:
    """What the docstrings of a file name by single backticks and what cannot be found."""
    tree = parsed(path)
    module = scope_of(tree)
    used = {part.attr for part in ast.walk(tree) if isinstance(part, ast.Attribute)}
    bound = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)} | {
        part.arg for part in ast.walk(tree) if isinstance(part, ast.arg)
    }
    ours = {
        alias.name
        for part in ast.walk(tree)
        if isinstance(part, ast.ImportFrom) and (part.module or "").startswith("dashcamcleaner") and not part.level
        for alias in part.names
    }
    wrong = []
    for text, line, chain in documented(tree):
        scopes = [scope_of(node) for node in chain]
        for match in _TICKED.finditer(text.replace("``", "\0")):
            name = re.sub(r"\([\w, *]*\)$", "", match[1]).removeprefix("@")
            where = f"{path.relative_to(ROOT)}:{line + text[: match.start()].count(chr(10))}: `{match[1]}`"
            if "\0" in name:
                continue
            if _PATH.fullmatch(name):
                if not path_exists(name, path.parent) and not name.startswith(_MADE_BY_USERS):
                    wrong.append(where)
            elif _NAME.fullmatch(name):
                parts = name.split(".")
                if parts[0] in used | bound | set(dir(builtins)) and len(parts) == 1:
                    continue
                if len(parts) > 1 and parts[0] in ours:  # imported, but no library's: it can be followed
                    known = is_of_the_program(parts)
                else:
                    known = any(s.find(parts) for s in scopes) or module.find(parts) or is_of_the_program(parts)
                if not known:
                    wrong.append(where)
            elif not name.startswith(("dashcamcleaner ", "--")):
                wrong.append(f"{where} is no name: double backticks hold what is not of the program")
        wrong += [f"{path.relative_to(ROOT)}: ``{literal}``" for literal in _DOUBLE.findall(text) if is_stale(literal)]
    return wrong


def is_stale(literal: str) -> bool:
    """Whether a text in double backticks is a path or dotted name of the program that is not there."""
    if re.fullmatch(r"[\w-]+\.[a-z]+\d?", literal):  # a file's name, not a module's
        return False
    if re.fullmatch(r"(docs|tests|benchmarks|img|dashcamcleaner)/[\w./-]+", literal):
        return not path_exists(literal)
    name = re.sub(r"\([^)]*\)$", "", literal)
    return bool(_NAME.fullmatch(name)) and name.split(".")[0] in packages() and not is_of_the_program(name.split("."))


@functools.cache
def packages() -> frozenset[str]:
    """The names of the program's packages, its own included."""
    return frozenset({"dashcamcleaner", *(inner.parent.name for inner in PACKAGE.glob("*/__init__.py"))})


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_name_only_what_exists(path: Path) -> None:
    program()
    wrong = unknown_in_docstrings(path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_documents_name_only_what_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    stems = {module.stem for module in PACKAGE.rglob("*.py")}
    wrong = [
        f"link {target}"
        for target in _LINK.findall(text)
        if not target.startswith(("http", "#")) and not (path.parent / target).exists()
    ]
    prose = re.sub(r"^(```.*?^```|    .*?$)", "", text, flags=re.M | re.S if "```" in text else re.M)
    for match in _TICKED.finditer(prose):
        name = match[1].removesuffix("()")
        if _PATH.fullmatch(name) and not name.startswith(_MADE_BY_USERS):
            known = path_exists(name, path.parent) or name.rstrip("/") in packages()
        elif _NAME.fullmatch(name) and not name.startswith(_MADE_BY_USERS):
            parts = name.split(".")
            if (parts[0] in packages() | stems and len(parts) > 1) or re.fullmatch(r"[A-Z][a-z]+\w*", parts[0]):
                known = is_of_the_program(parts)
            else:
                known = "_" not in name or len(parts) > 1 or name in defined_anywhere() | _FOREIGN
        else:
            continue
        if not known:
            wrong.append(f"`{match[1]}`")
    assert not wrong, f"{path.name} names what is not there: {', '.join(wrong)}"


def test_a_name_that_is_gone_would_be_found() -> None:
    assert is_of_the_program(["core", "boxes", "Detections"])
    assert is_of_the_program(["Detections"])
    assert not is_of_the_program(["core", "shapes", "Cover"])
    assert not is_of_the_program(["Seer"])
    assert not path_exists("stages/probe.py")
