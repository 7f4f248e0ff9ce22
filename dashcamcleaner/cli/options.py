"""Settings rows -> argparse flags, and parsed flags -> settings. Values are checked by the table, not by argparse."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from dashcamcleaner.settings import (
    GROUPS,
    PROFILES,
    ROWS,
    SETTINGS,
    Setting,
    Settings,
    load_toml,
    renamed_hints,
    resolve,
    shown,
)

__all__ = ["add_settings", "settings_of"]


def add_settings(parser: argparse.ArgumentParser) -> None:
    """A flag for every row, in the groups of the table, and ``--settings FILE``."""
    for group, title in GROUPS.items():
        box = parser.add_argument_group(title)
        for row in (row for row in ROWS if row.group == group):
            options: dict[str, Any] = {"dest": f"set_{row.name}", "default": None, "help": _help(row)}
            if row.type == "bool":
                options["action"] = argparse.BooleanOptionalAction
            else:
                options["metavar"] = _metavar(row)
            box.add_argument(row.flag, **options)
            for name, flag in row.old_flags.items():  # understood, but not in the help
                box.add_argument(flag, **{**options, "dest": f"set_{name}", "help": argparse.SUPPRESS})
        if group == "run":
            box.add_argument("--settings", metavar="FILE", help="TOML file of settings; flags win over it.")


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that file and flags say; an older name is understood, and told on standard error.

    Raises:
        SettingError: with every complaint in one message.
    """
    flags = {
        name.removeprefix("set_"): value
        for name, value in vars(args).items()
        if name.startswith("set_") and value is not None
    }
    layers = [load_toml(args.settings) if getattr(args, "settings", None) else {}, flags]
    settings = resolve(*layers)
    for sentence in [] if getattr(args, "quiet", False) else renamed_hints(*layers):
        print(f"note: {sentence}", file=sys.stderr)
    return settings


def _metavar(row: Setting) -> str:
    if row.type == "choice":
        return "{" + ",".join(row.choices) + "}"
    return {"int": "N", "float": "X", "span": "SPAN", "list": "LIST", "path": "FILE"}.get(row.type, "NAME")


def _help(row: Setting) -> str:
    default = shown(PROFILES[SETTINGS["profile"].default].get(row.name, row.default))
    bounds = f"{row.describe_range()}; " if row.type in ("int", "float", "span") else ""
    return f"{row.help} [{bounds}default {default}]".replace("%", "%%")
