"""Other names for the files of a report that was made in one place and is going to be read in another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashcamcleaner.atomic_files import atomic_json
from dashcamcleaner.errors import InputError
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import mode_like
from dashcamcleaner.report.data import read_report, with_seal

__all__ = ["rename_in_report"]

_FILES = ("source", "output", "plan", "report")


def rename_in_report(report: Path, names: Mapping[str, str]) -> None:
    """Call files otherwise in the JSON of a report; its page tells no folders.

    Args:
        report: the JSON; left as it is where it is no report, or has not got this user's seal.
        names: folder -> what is said instead of it.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        data = read_report(report)
    except InputError:
        return
    if "seal" not in data or with_seal(data).get("seal") != data["seal"]:
        return

    def renamed(part: dict[str, Any]) -> dict[str, Any]:
        said = {name: part[name] for name in _FILES if part.get(name)}
        for folder, other in names.items():
            said = {name: path.replace(folder, other, 1) for name, path in said.items()}
        return {**part, **said}

    audit = {"audit": renamed(data["audit"])} if data.get("audit") else {}
    said = with_seal({**renamed(data), **audit})
    atomic_json(report, said, what=msg("The report {final}", final=report), mode=mode_like(report))
