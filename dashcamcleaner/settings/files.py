"""The settings table outside of the program: TOML files of overrides, and the table as Markdown for people."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dashcamcleaner.errors import SettingError
from dashcamcleaner.files import map_os_errors
from dashcamcleaner.settings.row import Setting, shown
from dashcamcleaner.settings.table import PROFILES, ROWS, SETTINGS

__all__ = ["load_toml", "markdown_table"]

_TRUST = "trust_weights"


def load_toml(path: str | Path, *, told: list[str] | None = None) -> dict[str, Any]:
    """Sparse overrides from a TOML file; names may be written with dashes or underscores.

    A file cannot give trust: what it says of ``trust_weights`` is left out. Trust comes from a person, for a hash.

    Args:
        path: the file.
        told: takes a sentence about what was left out.

    Raises:
        SettingError: the file cannot be read or is not TOML. Names and values are checked by `resolve`.
    """
    try:
        with (
            map_os_errors(Path(path), what=f"The settings file {path}", verb="read", to=SettingError),
            open(path, "rb") as file,
        ):
            found = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(
            f"The settings file {path} is not valid TOML: {error}.", hint="One setting a line, e.g. threshold = 0.2"
        ) from error
    kept = {name: value for name, value in found.items() if name.replace("-", "_") != _TRUST}
    if told is not None and any(found[name] for name in found.keys() - kept.keys()):
        told.append(f"The settings file {path} says trust-weights; that is for you to say, by --trust-weights.")
    return kept


def markdown_table(rows: Iterable[Setting] = ROWS) -> str:
    """The table for README and docs, made from the rows; a test compares the two."""
    profile = PROFILES[SETTINGS["profile"].default]
    lines = ["| flag | default | takes | what it does |", "|---|---|---|---|"]
    for row in rows:
        default = shown(profile.get(row.name, row.default))
        lines.append(f"| `{row.flag}` | {default} | {row.describe_range()} | {row.help} |")
    return "\n".join(lines)
