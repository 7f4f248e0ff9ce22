"""Output files: where one may stand, what stands beside it, its date, and who may read it.

All that is asked or set about the place of an output; `atomic_files` writes what comes there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from dashcamcleaner.errors import DiskFull, OutputError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors

__all__ = [
    "CLEANED_SUFFIX",
    "PRIVATE",
    "check_output",
    "check_space",
    "found_side_path",
    "keep_date",
    "make_output_folder",
    "mode_like",
    "new_empty_file",
    "side_path",
]

# --- where it may stand

CLEANED_SUFFIX = "_cleaned"
"""What a result's name has after its source's where it stands beside it, unless the user says otherwise."""

_SPACE_MARGIN = 1.1  # an estimate of a compressed size is rough; better told early than at 98 %


def check_output(final: Path, *, sources: Iterable[Path], overwrite: bool) -> None:
    """Refuse an output that would destroy something; make its folder.

    Raises:
        OutputError: it is a source, exists already, is a folder, or its folder cannot be made or written to.
        DiskFull: there is no room for the folder.
    """
    for source in sources:
        if _same_file(final, source):
            raise OutputError(
                msg("The output {final} is the source itself; a source is never overwritten.", final=final),
                hint="Give another name with -o.",
            )
    with map_os_errors(final, what=msg("The output {final}", final=final)):
        pipe = str(final) == "-" or final.is_fifo() or final.is_socket()
    if pipe:
        raise OutputError(
            msg("The output {final} is a pipe: a result is looked at before it gets its name.", final=final),
            hint="Give the name of a file with -o.",
        )
    if final.is_dir():
        raise OutputError(
            msg("The output {final} is a folder.", final=final),
            hint="Give a file name, or a folder for several inputs.",
        )
    if os.path.lexists(final) and not overwrite:
        raise OutputError(
            msg("The output {final} exists already.", final=final), hint="Choose another name, or add --overwrite."
        )
    make_output_folder(final.parent)


def make_output_folder(folder: Path) -> None:
    """Make the folder of an output, if it is not there.

    Raises:
        OutputError: it cannot be made or written to.
        DiskFull: there is no room for it.
    """
    with map_os_errors(folder, what=msg("The folder {folder}", folder=folder), verb="made"):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise OutputError(
            msg("The folder {folder} cannot be written to.", folder=folder), hint="Choose another folder with -o."
        )


def _same_file(one: Path, other: Path) -> bool:
    if one.absolute() == other.absolute():
        return True
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def check_space(folder: Path, *, needed_bytes: int) -> None:
    """Refuse a run whose result will not fit.

    Raises:
        DiskFull: less room than the estimate plus a margin.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # some network file systems do not tell; a full disk is met while writing then
    if free < needed_bytes * _SPACE_MARGIN:
        raise DiskFull(
            msg(
                "{folder} has {free:.0f} MB free, the output needs about {needed_bytes:.0f} MB.",
                folder=folder,
                free=free / 1000000.0,
                needed_bytes=needed_bytes / 1000000.0,
            ),
            hint="Free some space, choose another folder with -o, or a higher --quality number.",
        )


# --- what stands beside it


def side_path(output: Path, ending: str) -> Path:
    """Where something about an output stands, by its whole name: ``IMG_1.mov`` and ``IMG_1.jpg`` share nothing."""
    return output.with_name(output.name + ending)


def found_side_path(output: Path, ending: str) -> Path:
    """Where something about an output is read from: version 0.1.0 named it by the stem, as ``IMG_1.plan.jsonl``.

    That name is given where only it is there; whether what stands there is of this very output is for readers to tell.
    """
    path, older = side_path(output, ending), output.with_name(output.stem + ending)
    # Of `os.path`, since there a name that no file can have is none that is there, and not an error.
    return older if os.path.exists(older) and not os.path.exists(path) else path


# --- its date, and who may read it


def keep_date(source: Path, output: Path) -> None:
    """Give the output the source's date of change, as people sort clips by it."""
    try:
        found = source.stat()
        os.utime(output, ns=(found.st_atime_ns, found.st_mtime_ns))
    except OSError:
        return  # some file systems refuse; the clip is right all the same


PRIVATE = 0o600
"""The mode of what tells of people: its owner reads it, nobody else."""


def mode_like(source: Path) -> int:
    """The widest mode for a file that tells of another: whoever may not read the source may not read it either.

    The user's umask narrows it further. A group counts only where new files belong to that very group.
    """
    try:
        found = source.stat()
    except OSError:
        return PRIVATE
    mode = found.st_mode & 0o066
    if hasattr(os, "getegid") and found.st_gid != os.getegid():
        mode &= mode << 3 & 0o060 | 0o006  # another group: what all may do at most
    return PRIVATE | mode


def new_empty_file(path: Path, *, mode: int) -> None:
    """Make an empty file under its final name, in place of one that stands there, never through a link.

    For what grows in plain sight since it is whole at any time: a recording of live pictures.

    Raises:
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
