"""Whether Qt can open a window here, found out without risk: Qt aborts the whole process where it cannot.

A display that is named but not there, a platform that does not exist, a library that its plugin lacks: Qt prints some
lines and calls ``abort``, which no Python code can catch. So a forked child tries first, and only what it tells is
believed. Linux alone needs that; elsewhere the screen belongs to the system.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import warnings

from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.messages import msg

__all__ = ["require_screen"]

_PATIENCE_S = 15.0
"""A display on a machine that does not answer is given up after that."""
_MOST_WORDS = 4096


def require_screen() -> None:
    """Refuse to go on where no window can be opened. To be called before there is an application.

    Raises:
        DashcamCleanerError: Qt cannot open one; the sentence tells why, as far as Qt does.
    """
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _SAFE:
        return
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # other threads do not matter to a child that opens Qt alone
        child = os.fork()
    if child == 0:
        os.close(reading)
        _try(writing)  # never comes back
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        status = _waited(child)
        words = _last_words(pipe.read(_MOST_WORDS)) if status not in (0, None) else ""
    if status == 0:
        return
    place = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or "none"
    why = words or (msg("it does not answer") if status is None else msg("Qt gave up on it"))
    raise DashcamCleanerError(
        msg("There is no screen to open the window on (display {place}: {why}).", place=place, why=why),
        hint="On the command line: dashcamcleaner clean FILE",
    )


_SAFE = ("offscreen", "minimal", "vnc")
"""Platforms that draw into memory, and cannot fail for want of a screen."""


def _try(writing: int) -> None:
    """In the child: an application, and nothing else. Ends the process, whatever happens."""
    status = 1
    try:
        os.setsid()
        for stream in (1, 2):
            os.dup2(writing, stream)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGABRT, signal.SIGSEGV):
            signal.signal(number, signal.SIG_DFL)
        from resource import RLIMIT_CORE, setrlimit

        setrlimit(RLIMIT_CORE, (0, 0))
        from PyQt5.QtWidgets import QApplication

        application = QApplication([sys.argv[0]])
        status = 0 if application.primaryScreen() is not None else 1
    finally:
        os._exit(status)


def _waited(child: int) -> int | None:
    """The child's status, negative for a signal; None where it did not end in time."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _last_words(printed: bytes) -> str:
    """The first line that Qt printed, without its own name in front."""
    lines = [line.strip() for line in printed.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[0].removeprefix("qt.qpa.xcb: ").rstrip(".")[:200] if lines else ""
