"""A folder with its subfolders, read so that nothing of it is left out without a word.

Links to folders are not followed: they may lead round in a circle, or to where nobody meant to go. Those, and what
cannot be read, are told, for what lies there stays as it is; so is what has a clip's or a picture's name and is no file
that could be read: a link to a disk that is not there, a pipe.
"""

from __future__ import annotations

import os
from pathlib import Path

from dashcamcleaner.media.formats import format_of
from dashcamcleaner.messages import msg

__all__ = ["walk"]

_MOST_TOLD = 5


def walk(folder: Path) -> tuple[list[Path], list[str], list[str]]:
    """All files below a folder, sorted; and sentences for what cannot be read, and for each subfolder that is a link.

    Files and folders whose names begin with a dot are hidden ones, and left out as the system's own programs do.
    """
    files: list[Path] = []
    linked: list[Path] = []
    no_files: list[Path] = []
    unread: list[tuple[Path, str]] = []

    def failed(error: OSError) -> None:
        unread.append((Path(error.filename or folder), error.strerror or str(error)))

    for name, inner, names in os.walk(folder, onerror=failed):
        here = Path(name)
        inner[:] = sorted(one for one in inner if not one.startswith("."))
        linked += [here / one for one in inner if (here / one).is_symlink()]
        shown = [here / one for one in sorted(names) if not one.startswith(".")]
        files += [one for one in shown if one.is_file()]
        no_files += [one for one in shown if not one.is_file() and format_of(one) is not None]
    told = [
        msg("The folder {path} cannot be read ({why}); what lies in it is not cleaned.", path=path, why=why)
        for path, why in unread
    ]
    told += [
        msg("{path} is a link that leads nowhere; it is not cleaned.", path=path)
        if path.is_symlink() and not path.exists()
        else msg("{path} is a pipe or a device and no file; it is not cleaned.", path=path)
        for path in no_files
    ]
    links = [
        msg("The folder {path} is a link and is not followed; name it itself to clean it.", path=path)
        for path in sorted(linked)
    ]
    return sorted(files), _first(told), _first(links)


def _first(told: list[str]) -> list[str]:
    left = len(told) - _MOST_TOLD
    return told if left <= 1 else [*told[:_MOST_TOLD], msg("{left} more are left out in the same way.", left=left)]
