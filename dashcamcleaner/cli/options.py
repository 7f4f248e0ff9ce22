"""Settings rows -> argparse flags, and parsed flags -> settings. Values are checked by the table, not by argparse."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import NotAccepted, WeightsUntrusted
from dashcamcleaner.messages import as_message, localized, msg
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
from dashcamcleaner.settings.weakening import hides_nothing, weakened
from dashcamcleaner.user_folders import user_folder

__all__ = ["add_rows", "add_settings", "settings_of"]


def add_settings(parser: argparse.ArgumentParser, *, without: Container[str] = ("live",)) -> None:
    """A flag for every row, in the groups of the table, and ``--settings FILE``.

    Args:
        parser: where flags are added.
        without: groups and rows that mean nothing to the command.
    """
    for group, title in GROUPS.items():
        if group in without:
            continue
        box = parser.add_argument_group(title)
        add_rows(box, [row for row in ROWS if row.group == group and row.name not in without])
        if group == "run":
            box.add_argument("--settings", metavar="FILE", help="TOML file of settings; flags win over it.")


def add_rows(box: argparse._ActionsContainer, rows: Iterable[Setting], *, prefix: str = "set_") -> None:
    """A flag for each row.

    Args:
        box: the parser, or the group of flags.
        rows: rows of the settings table, or of a command's own.
        prefix: stands before a row's name in the parsed arguments.
    """
    for row in rows:
        options: dict[str, Any] = {"dest": f"{prefix}{row.name}", "default": None, "help": _help(row)}
        if row.type == "bool":
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = _metavar(row)
        box.add_argument(row.flag, **options)
        for name, flag in row.old_flags.items():  # understood, but not in the help
            box.add_argument(flag, **{**options, "dest": f"{prefix}{name}", "help": argparse.SUPPRESS})


def settings_of(
    args: argparse.Namespace, *, defaults: Mapping[str, Any] | None = None, notes: list[str] | None = None
) -> Settings:
    """The settings that file and flags say; an older name is understood, and told on standard error.

    Args:
        args: the parsed flags.
        defaults: what the command takes in place of the table's defaults, where neither says anything.
        notes: takes what a report has to tell, too.

    A settings file is foreign input: it may have come with a clip. It names weights only if a person has put them
    among the weights or said yes to their hashes, gives no trust, and lays no picture of this machine into an output.
    Where by it far less is hidden, that is told, however quiet the run is. What lies in the user's own folder for
    settings is the user's own word.

    Raises:
        SettingError: with every complaint in one message.
        WeightsUntrusted: the file names weights that nobody has said yes to.
        WeightsError: trust is given to weights that are not there.
        NotAccepted: the file names the picture that is to be laid on.
    """
    flags = {
        name.removeprefix("set_"): value
        for name, value in vars(args).items()
        if name.startswith("set_") and value is not None
    }
    told: list[str] = []
    of_file = load_toml(args.settings, told=told) if getattr(args, "settings", None) else {}
    settings = resolve(defaults or {}, of_file, flags)
    if "weights" in flags and settings.trust_weights:
        from dashcamcleaner.detection.trust import remember_trust

        remember_trust(settings.weights)
    elif "weights" in of_file and "weights" not in flags:
        _check_weights_of_file(settings.weights, file=args.settings)
    if of_file and not _is_own(args.settings):
        _check_picture_of_file(settings, of_file, flags, file=args.settings)
        weak = _tell_weakened(settings, of_file, resolve(defaults or {}, flags), file=args.settings)
        if notes is not None:
            notes += weak
    for sentence in [] if getattr(args, "quiet", False) else [*told, *renamed_hints(of_file, flags)]:
        say(msg("note: {sentence}", sentence=sentence), stream=sys.stderr)
    return settings


def _check_weights_of_file(weights: str, *, file: str) -> None:
    """``--trust-weights`` speaks of what a person names, not of what stands in a file."""
    from dashcamcleaner.detection.trust import is_vouched

    if not is_vouched(weights):
        raise WeightsUntrusted(
            msg(
                "The settings file {file} names weights that are not among yours: {weights}.",
                file=file,
                weights=weights,
            ),
            hint=msg(
                "If you know them, name them yourself: --weights {quote} (with --trust-weights the "
                "file may name them from then on).",
                quote=shlex.quote(weights),
            ),
        )


def _is_own(file: str) -> bool:
    """Whether a settings file lies in the user's own folder for settings, where nobody else writes."""
    return Path(file).resolve().is_relative_to(user_folder("config").resolve())


def _check_picture_of_file(
    settings: Settings, of_file: Mapping[str, Any], flags: Mapping[str, Any], *, file: str
) -> None:
    """As edits from elsewhere: what is laid on is seen in the output, and may be any picture that the user can read."""
    if settings.style == "picture" and "picture" in of_file and "picture" not in flags:
        raise NotAccepted(
            msg(
                "The settings file {file} lays a picture of this machine into the output: {picture}.",
                file=file,
                picture=settings.picture,
            ),
            hint=msg(
                "If that is what you want, name it yourself: --picture {quote}.",
                quote=shlex.quote(settings.picture or ""),
            ),
        )


def _tell_weakened(settings: Settings, of_file: Mapping[str, Any], without: Settings, *, file: str) -> list[str]:
    """Say on standard error what the file takes away: a result in which nothing was found may be its doing."""
    found = weakened(of_file, settings=settings, without=without)
    if not found:
        return []
    sentence = msg(
        "The settings file {file} makes far less be hidden than without it: {found}.", file=file, found=", ".join(found)
    )
    if hides_nothing(settings) and not hides_nothing(without):
        sentence = msg(
            "The settings file {file} leaves nothing that could be hidden: {found}.", file=file, found=", ".join(found)
        )
    say(msg("note: {sentence}", sentence=sentence), stream=sys.stderr)
    return [sentence]


def _metavar(row: Setting) -> str:
    if row.type == "choice":
        return "{" + ",".join(row.choices) + "}"
    return {"int": "N", "float": "X", "span": "SPAN", "list": "LIST", "path": "FILE"}.get(row.type, "NAME")


def _help(row: Setting) -> str:
    default: str = shown(PROFILES[SETTINGS["profile"].default].get(row.name, row.default))
    if row.type == "bool":
        default = msg("yes") if default == "yes" else msg("no")
    bounds = msg("{range}; ", range=row.describe_range()) if row.type in ("int", "float", "span") else ""
    text = msg("{help} [{bounds}default {default}]", help=as_message(row.help), bounds=bounds, default=default)
    return localized(text).replace("%", "%%")
