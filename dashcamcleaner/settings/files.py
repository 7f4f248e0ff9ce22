"""The settings table outside of the program: TOML files of overrides, and the table as Markdown for people."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.settings.row import Setting, shown
from dashcamcleaner.settings.table import PROFILES, ROWS, SETTINGS
from dashcamcleaner.side_files import UNREADABLE, read_bytes, reason_of

__all__ = ["load_toml", "markdown_table"]

_TRUST = "trust_weights"
_PATHS = ("weights", "picture")
_MOST_BYTES = 1 << 18


def load_toml(path: str | Path, *, told: list[str] | None = None) -> dict[str, Any]:
    """Sparse overrides from a TOML file; names may be written with dashes or underscores.

    A file cannot give trust: what it says of ``trust_weights`` is left out. Trust comes from a person, for a hash.
    No shell has read the file, so a ``~/`` at the beginning of a path in it is made the user's own folder here.

    Args:
        path: the file.
        told: takes a sentence about what was left out.

    Raises:
        SettingError: the file cannot be read or is not TOML. Names and values are checked by `resolve`.
    """
    try:
        what = msg("The settings file {path}", path=path)
        found = tomllib.loads(read_bytes(Path(path), what=what, to=SettingError, most=_MOST_BYTES).decode("utf-8"))
    except UNREADABLE as error:
        raise SettingError(
            msg("The settings file {path} is not valid TOML: {reason_of}.", path=path, reason_of=reason_of(error)),
            hint="One setting a line, e.g. threshold = 0.2",
        ) from error
    kept = {name: value for name, value in found.items() if _dashless(name) != _TRUST}
    if told is not None and any(found[name] for name in found.keys() - kept.keys()):
        told.append(
            msg("The settings file {path} says trust-weights; that is for you to say, by --trust-weights.", path=path)
        )
    return {name: _at_home(value) if _dashless(name) in _PATHS else value for name, value in kept.items()}


def _dashless(name: str) -> str:
    return name.replace("-", "_")


def _at_home(value: Any) -> Any:
    """A path, or several separated by commas, in which ``~/`` stands for the user's own folder."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")] if "~" in value else [value]
    return ",".join(os.path.expanduser(one) if one.startswith(("~/", "~\\")) else one for one in parts)


def markdown_table(rows: Iterable[Setting] = ROWS) -> str:
    """The table for README and docs, made from the rows; a test compares the two."""
    profile = PROFILES[SETTINGS["profile"].default]
    lines = ["| flag | default | takes | what it does |", "|---|---|---|---|"]
    for row in rows:
        default = shown(profile.get(row.name, row.default))
        lines.append(f"| `{row.flag}` | {default} | {row.describe_range()} | {row.help} |")
    return "\n".join(lines)
