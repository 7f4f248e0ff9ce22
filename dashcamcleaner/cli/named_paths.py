"""Names of files and folders on the command line, looked at before anything is done with them.

The words come from a shell, and a shell's patterns name whatever lies in a folder, which somebody else may have filled.
So a name means what it says and nothing else: ``~`` is for the shell to expand, an empty name (an unset variable of a
script) does not mean the current folder, and what is read several times is no pipe and no device.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.plain_files import refuse_special

__all__ = ["check_named_paths"]

_READ = frozenset({"CLIP", "PLAN", "SOURCE", "OUTPUT", "REPORT", "LABELS", "WEIGHTS", "RECIPE.toml", "FILE.tag"})
"""What flags and words call the files that are read, most of them more than once; an audit's OUTPUT is one, but no
flag's."""
_WRITTEN_OR_READ = frozenset({"FILE", "FOLDER", "INPUT", "FILE.pt", "CHECKPOINT"})
_OF_THE_TABLE = "set_"
"""What stands before a setting's name: there an empty value is a value, which the table judges."""


def check_named_paths(parsers: Iterable[argparse.ArgumentParser], args: argparse.Namespace) -> None:
    """Refuse names that can only be a mistake, or that no file can have.

    Args:
        parsers: those of the command, and of its steps.
        args: what they made of the words.

    Raises:
        SettingError: a name is empty, or begins with a ``~`` that the shell left as it is.
        InputError: a name is longer than the system takes, or what is read is a pipe or a device.
    """
    for name, kinds, value in _paths_in(parsers, args):
        if not value:
            if name.startswith(_OF_THE_TABLE):
                continue
            raise SettingError(
                "A name of a file or folder is empty.",
                hint="The current folder is named by a full stop; a script's variable may be unset.",
            )
        if "://" in value:  # an address: storages and cameras have rules of their own
            continue
        path = Path(value)
        with map_os_errors(path, what=msg("The file {path}", path=_shortened(value)), verb="used", to=InputError,
                           also=(ValueError,)):  # fmt: skip
            there = _is_there(path)
        if not there and (value == "~" or value.startswith(("~/", "~\\"))):
            raise SettingError(
                msg("The shell left the ~ in {path} as it is, and there is no folder of that name.", path=value),
                hint="Write the name as a word of its own, without quotes, or write the path of your home folder.",
            )
        if kinds & _READ and getattr(args, "command", "") != "live":  # a camera is a device
            refuse_special(path)


def _paths_in(
    parsers: Iterable[argparse.ArgumentParser], args: argparse.Namespace
) -> Iterator[tuple[str, frozenset[str], str]]:
    """Each name that was given: where it stands among the arguments, what the help calls it, and the name."""
    seen = set()
    for parser in parsers:
        for action in parser._actions:
            kinds = frozenset(str(action.metavar or "").split("|"))
            if not kinds & (_READ | _WRITTEN_OR_READ) or action.dest in seen:
                continue
            seen.add(action.dest)
            if action.option_strings and "OUTPUT" in kinds:
                kinds = kinds - {"OUTPUT"} | {"FILE"}
            value = getattr(args, action.dest, None)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str):
                    yield action.dest, kinds, one


def _is_there(path: Path) -> bool:
    """Whether something has this name, a link that leads nowhere, too.

    Raises:
        OSError: nothing can have it.
        ValueError: it holds a zero byte.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # told where it is opened, with its use
        return False
    return True


def _shortened(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:80]}..."
