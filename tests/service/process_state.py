"""What of a process outlives a test or a service, so that it can be held to be what it was."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any

LASTING = ("temporary files", "folder", "umask", "signals", "own environment", "start method")
"""What no library changes when it is first loaded."""


def state_of_process() -> dict[str, Any]:
    """What code elsewhere in a process counts on."""
    umask = os.umask(0o077)
    os.umask(umask)
    names = ["", "uvicorn", "dashcamcleaner", "dashcamcleaner.service"]
    return {
        "temporary files": tempfile.tempdir,
        "environment": dict(os.environ),
        "own environment": {name: value for name, value in os.environ.items() if name.startswith(_OWN)},
        "start method": multiprocessing.get_start_method(allow_none=False),
        "folder": str(Path.cwd()),
        "umask": umask,
        "signals": {str(one): str(signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)},
        "hooks": [str(sys.excepthook), str(threading.excepthook)],
        "warnings": str(warnings.filters),
        "levels": {name: logging.getLogger(name).level for name in names},
        "handlers": {name: len(logging.getLogger(name).handlers) for name in names},
        "threads": sorted(thread.name for thread in threading.enumerate() if "dashcamcleaner" in thread.name),
        "folders to import from": list(sys.path),
    }


_OWN = ("DASHCAMCLEANER", "TMP", "TEMP", "HOME", "PYTHON", "XDG")
