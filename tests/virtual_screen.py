"""A screen that nobody sees, for programs that want one: Xvfb, which the caller has made sure is there."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator

__all__ = ["virtual_screen"]


@contextlib.contextmanager
def virtual_screen(width: int, height: int) -> Iterator[str]:
    """The screen's name for ``DISPLAY``; it takes a number that is free.

    Args:
        width: in pixels.
        height: in pixels.
    """
    read, write = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as told:
            yield f":{told.readline().strip()}"
    finally:
        screen.terminate()
        screen.wait()
