"""The tasks of those who change the program: ``nox -s check``, ``nox -s test``, ``nox -s docs``, ``nox -s bench``.

They run in the environment that ``python3 start.py setup --extra test`` makes; nothing is installed here. Words behind
``--`` go to the tool: ``nox -s test -- tests/media -x``, ``nox -s bench -- cost CLIP``.
"""

from __future__ import annotations

import os
from pathlib import Path

import nox

HERE = Path(__file__).resolve().parent
TOOLS = HERE / ".venv" / ("Scripts" if os.name == "nt" else "bin")
ENVIRONMENT = {
    "NO_MKDOCS_2_WARNING": "1",
    "PYTHONPATH": str(HERE),
    "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
}

nox.options.sessions = ["check", "test"]
nox.options.default_venv_backend = "none"


def _tool(session: nox.Session, name: str, *words: str) -> None:
    """Run a tool of the project's environment, or of the one that is active where there is none."""
    path = TOOLS / (name + (".exe" if os.name == "nt" else ""))
    session.run(str(path) if path.exists() else name, *words, env=ENVIRONMENT, external=True)


@nox.session
def check(session: nox.Session) -> None:
    """Linter, formatting, types, import contracts."""
    _tool(session, "ruff", "check", ".")
    _tool(session, "ruff", "format", "--check", ".")
    _tool(session, "mypy")
    _tool(session, "lint-imports", "--no-cache")


@nox.session
def test(session: nox.Session) -> None:
    """All tests, or those that are named."""
    _tool(session, "python", "-m", "pytest", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The docs as a site in ``site/``; a link that leads nowhere fails."""
    _tool(session, "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(HERE / "site"))


@nox.session
def bench(session: nox.Session) -> None:
    """A script of ``benchmarks/``, by its name, with its arguments; without a name those that there are."""
    scripts = sorted(path.stem for path in (HERE / "benchmarks").glob("*.py"))
    if not session.posargs or session.posargs[0] not in scripts:
        session.error(f"Name one of {', '.join(scripts)} behind --")  # nox adds the full stop
    _tool(session, "python", f"benchmarks/{session.posargs[0]}.py", *session.posargs[1:])
