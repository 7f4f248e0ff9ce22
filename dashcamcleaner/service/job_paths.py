"""Which file a path in a request means: one under an allowed folder, after all links are followed, or none.

A module of its own, since it is the only place where a client's words become a path of the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dashcamcleaner.errors import NotFound, RequestForbidden

__all__ = ["allowed_path"]


def allowed_path(asked: str, *, folders: Sequence[str]) -> Path:
    """The real path of a file under one of the folders.

    Args:
        asked: relative to any of the folders. Whether there is a file outside of them is not told.
        folders: those that the server was opened to.

    Raises:
        RequestForbidden: no folder is allowed, or the path leads out of them.
        NotFound: there is no such file.
    """
    if not folders:
        raise RequestForbidden(
            "This service takes no paths; send the clip itself.", hint="It was started without --allow-folder."
        )
    if "\0" in asked or Path(asked).is_absolute() or Path(asked).drive or ".." in Path(asked.replace("\\", "/")).parts:
        raise RequestForbidden("The path is not within an allowed folder.", hint="Name it relative to one of them.")
    for folder in folders:
        root = Path(folder).resolve()
        try:
            found = (root / asked).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            continue
        if found.is_relative_to(root) and found.is_file():
            return found
    raise NotFound("There is no such file in the allowed folders.", hint="Name it relative to one of them.")
