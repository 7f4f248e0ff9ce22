"""Start: without arguments, or with files alone (dropped on the icon), the window; else the command line."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

_NOTHING_TO_WIND_UP = ("audit", "clean", "demo")
"""Commands whose files all stand, or are gone, when they have ended."""


def main() -> int:
    """Entry point of ``dashcamcleaner`` and ``python -m dashcamcleaner``; gives the exit status."""
    from dashcamcleaner import cli

    arguments = sys.argv[1:]
    if not arguments or (arguments[0] not in cli.COMMANDS and all(Path(argument).exists() for argument in arguments)):
        return cli.main(["window", *arguments])
    return cli.main(arguments)


def run() -> NoReturn:
    """Do what the words of the process ask for, and end it.

    After a run the process ends at once: the libraries of the backends have threads of their own, and a signal that
    meets them while the interpreter winds up would abort it.
    """
    status = 130
    with contextlib.suppress(KeyboardInterrupt):  # between the end of the run and that of the process
        status = main()
    if sys.argv[1:2] and sys.argv[1] in _NOTHING_TO_WIND_UP:
        with contextlib.suppress(OSError, ValueError, KeyboardInterrupt):  # whoever read what we said has gone
            sys.stdout.flush()
            sys.stderr.flush()
            logging.shutdown()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    run()
