"""Start: without arguments, or with files alone (dropped on the icon), the window; else the command line."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Entry point of ``dashcamcleaner`` and ``python -m dashcamcleaner``; gives the exit status."""
    from dashcamcleaner import cli

    arguments = sys.argv[1:]
    if not arguments or (arguments[0] not in cli.COMMANDS and all(Path(argument).exists() for argument in arguments)):
        return cli.main(["window", *arguments])
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
