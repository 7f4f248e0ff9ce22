"""``dashcamcleaner window [FILES]``: opens the window; also what runs when no command is given at all."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from dashcamcleaner.errors import DashcamCleanerError, ExtraMissing, install_command
from dashcamcleaner.messages import msg

if TYPE_CHECKING:
    from dashcamcleaner.core.events import Event
    from dashcamcleaner.detection.pool import ModelPool
    from dashcamcleaner.live.preview_sink import PreviewSink
    from dashcamcleaner.live.session import LiveSession

__all__ = ["add_parser", "open_window", "run", "show_live_window"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("window", help="open the window", description=msg("Opens the window."))
    parser.add_argument("files", nargs="*", metavar="FILE", help="clips, pictures and folders for its queue")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Open the window with the files named."""
    return open_window(args.files, models=args.models)


def open_window(paths: Sequence[str], *, models: ModelPool | None = None) -> int:
    """Open the window and stay until it is closed; gives the exit status.

    Args:
        paths: clips, pictures and folders for the queue.
        models: where detectors come from; None: the process's own pool.

    Raises:
        ExtraMissing: PyQt5 is not installed.
        DashcamCleanerError: there is no screen to open a window on.
    """
    _check_screen(hint=msg("On the command line: dashcamcleaner clean FILE"))
    try:
        from dashcamcleaner.gui.app import open_window as open_it
    except ImportError as error:
        if not _is_qt(error):
            raise
        raise ExtraMissing("The window needs PyQt5, which is not installed.", hint=install_command("PyQt5")) from error
    return open_it(paths, models=models)


def show_live_window(
    session: LiveSession, preview: PreviewSink, events: Iterable[Event], show: Callable[[Iterable[Event]], None]
) -> None:
    """Open a window over a live run and stay until it has ended; arguments as in `gui.live_window.show_live`.

    Raises:
        ExtraMissing: PyQt5 is not installed.
        DashcamCleanerError: there is no screen to open a window on, or what the run raises.
    """
    _check_screen(hint=msg("Leave --to preview out."))
    try:
        from dashcamcleaner.gui.live_window import show_live
    except ImportError as error:
        if not _is_qt(error):
            raise
        raise ExtraMissing("The window needs PyQt5, which is not installed.", hint=install_command("PyQt5")) from error
    show_live(session, preview, events, show)


def _check_screen(*, hint: str) -> None:
    """Refuse where Qt would abort the whole process, without a sentence that helps."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in screens):
        raise DashcamCleanerError("There is no screen to open the window on.", hint=hint)


def _is_qt(error: ImportError) -> bool:
    """Whether an import failed for want of PyQt5."""
    return "PyQt5" in str(error) or (error.name or "").split(".")[0] == "PyQt5"
