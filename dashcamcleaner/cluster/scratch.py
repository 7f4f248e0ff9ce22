"""Scratch folders of workers: private, named after their machine and process, and removed when that is no more.

Several machines may have one folder for temporary files: each judges its own processes alone. A module of its own,
since clips (`cluster.work`) and weights (`cluster.parcels`) lie in such folders.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from dashcamcleaner.work_files import host_mark, is_alive

__all__ = ["remove_scratch", "scratch_folder"]

_SCRATCH = re.compile(r"dashcamcleaner-scratch-([0-9a-f]{8})-([0-9]{1,10})-.+")


def scratch_folder() -> Path:
    """A new folder of this process that only its user may enter."""
    return Path(tempfile.mkdtemp(prefix=f"dashcamcleaner-scratch-{host_mark()}-{os.getpid()}-"))


def remove_scratch() -> None:
    """Remove what killed workers of this user left on this machine."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(tempfile.gettempdir()):
            named = _SCRATCH.fullmatch(entry.name)
            if named is None or named[1] != host_mark() or is_alive(int(named[2])):
                continue
            if not entry.is_dir(follow_symlinks=False):
                continue
            if not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid():
                shutil.rmtree(entry.path, ignore_errors=True)
