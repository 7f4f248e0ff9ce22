"""Which file a path in a request means: one under an allowed folder, after all links are followed, or none.

A module of its own, since it is the only place where a client's words become a path of the server. A job may wait for
hours, in which whoever writes to an allowed folder can put a link where the file was: so the path is followed again
when the job runs, without any link, and what was opened there is what the job works on (`take_file`).
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from dashcamcleaner.errors import InputError, NotFound, RequestForbidden
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import check_space

__all__ = ["allowed_path", "take_file"]


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


def take_file(found: Path, target: Path, *, folders: Sequence[str]) -> None:
    """Put a file under an allowed folder into a job's folder: the very file that stands there now, by a link or a copy.

    Args:
        found: what `allowed_path` gave when the job was asked for.
        target: its place in the job's folder, where a symbolic link stands until now.
        folders: those that the server was opened to.

    Raises:
        RequestForbidden: the path leads through a link now, or out of the folders.
        InputError: it cannot be read any more.
        DiskFull: there is no room for a copy.
    """
    what = msg("The file {name}", name=found.name)
    with map_os_errors(found, what=what, verb="read", to=InputError):
        handle = _opened_within(found, folders)
    beside = target.with_name(f"{target.name}.taken")
    with os.fdopen(handle, "rb") as file:
        beside.unlink(missing_ok=True)
        try:
            # The very file that is open, whatever has its name by now. Refused on another disk, and by systems that let
            # nobody link a file that is not theirs.
            os.link(f"/proc/self/fd/{handle}", beside, follow_symlinks=True)
        except (OSError, NotImplementedError):
            state = os.fstat(handle)
            check_space(beside.parent, needed_bytes=state.st_size)
            with map_os_errors(found, what=what, verb="read", to=InputError), open(
                os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
            ) as copy:  # fmt: skip
                shutil.copyfileobj(file, copy, 1 << 20)
            os.utime(beside, ns=(state.st_atime_ns, state.st_mtime_ns))
        os.replace(beside, target)


def _opened_within(found: Path, folders: Sequence[str]) -> int:
    """A file, opened step by step from its allowed folder on, through no link.

    Raises:
        RequestForbidden: it lies in none of the folders any more.
        OSError: it cannot be opened.
    """
    elsewhere = RequestForbidden(
        "A file of the job leads out of the allowed folders by now.", hint="Ask for the job again."
    )
    root = next((one for one in (Path(folder).resolve() for folder in folders) if found.is_relative_to(one)), None)
    if root is None or found == root:
        raise elsewhere
    plain = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    if os.open not in os.supports_dir_fd:  # Windows, where links need rights of their own
        handle = os.open(found, plain)
        if found.resolve() != found or not os.path.samestat(os.fstat(handle), found.lstat()):
            os.close(handle)
            raise elsewhere
    else:
        step = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW  # a folder need not be readable
        handle = os.open(root, step)
        for part in found.relative_to(root).parts:
            above = handle
            try:
                state = os.stat(part, dir_fd=above, follow_symlinks=False)
                if stat.S_ISLNK(state.st_mode):
                    raise elsewhere
                handle = os.open(part, step if stat.S_ISDIR(state.st_mode) else plain, dir_fd=above)
            finally:
                os.close(above)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise elsewhere
    return handle
