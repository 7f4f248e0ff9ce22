"""What can be set: one table of typed rows, from which flags, files, plans, form and ``docs/settings.md`` are made."""

from dashcamcleaner.settings.files import load_toml, markdown_table
from dashcamcleaner.settings.row import Setting, shown
from dashcamcleaner.settings.table import (
    GROUPS,
    KEEPABLE,
    PROFILES,
    ROWS,
    SETTINGS,
    KindOverrides,
    Settings,
    find_row,
    renamed_hints,
    resolve,
)

__all__ = [
    "GROUPS",
    "KEEPABLE",
    "PROFILES",
    "ROWS",
    "SETTINGS",
    "KindOverrides",
    "Setting",
    "Settings",
    "find_row",
    "load_toml",
    "markdown_table",
    "renamed_hints",
    "resolve",
    "shown",
]
