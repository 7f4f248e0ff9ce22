"""A folder with its subfolders, read so that nothing of it is left out without a word.

Links to folders are not followed: they may lead round in a circle, or to where nobody meant to go. Those, and what
cannot be read, are told, for what lies there stays as it is.
"""

from __future__ import annotations

import os
from pathlib import Path

from dashcamcleaner.messages import msg

__all__ = ["walk"]

_MOST_TOLD = 5


def walk(folder: Path) -> tuple[list[Path], list[str], list[str]]:
    """All files below a folder, sorted; and a sentence for each subfolder that cannot be read, or is a link.

    Files and folders whose names begin with a dot are hidden ones, and left out as the system's own programs do.
    """
    files: list[Path] = []
    linked: list[Path] = []
    unread: list[tuple[Path, str]] = []

    def failed(error: OSError) -> None:
        unread.append((Path(error.filename or folder), error.strerror or str(error)))

    for name, inner, names in os.walk(folder, onerror=failed):
        here = Path(name)
        inner[:] = sorted(one for one in inner if not one.startswith("."))
        linked += [here / one for one in inner if (here / one).is_symlink()]
        files += [here / one for one in names if not one.startswith(".") and (here / one).is_file()]
    told = [
        msg("The folder {path} cannot be read ({why}); what lies in it is not cleaned.", path=path, why=why)
        for path, why in unread
    ]
    links = [
        msg("The folder {path} is a link and is not followed; name it itself to clean it.", path=path)
        for path in sorted(linked)
    ]
    return sorted(files), _first(told), _first(links)


def _first(told: list[str]) -> list[str]:
    left = len(told) - _MOST_TOLD
    return (
        told if left <= 1 else [*told[:_MOST_TOLD], msg("{left} more folders are left out in the same way.", left=left)]
    )
