"""DashcamCleaner: clips go in, clips come out in which no face and no number plate can be recognised.

    file ─ probe ─► decode ─► detect ─► track ─► plan ─► obscure ─► encode ─► audit ─► report

Each package has one subject (``docs/design.md``). What scripts may rely on is named in `__all__` and documented in
``docs/api.md``: `clean` is the one entry, a generator of events. Importing this package loads nothing heavy; a name
is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashcamcleaner.core.events import Audited, Event, Failed, Finished, Progress, Started, Warned
    from dashcamcleaner.core.summary import RunSummary
    from dashcamcleaner.detection.pool import ModelPool
    from dashcamcleaner.errors import DashcamCleanerError
    from dashcamcleaner.jobs.batch import run_batch
    from dashcamcleaner.jobs.inputs import jobs_for
    from dashcamcleaner.jobs.run import clean
    from dashcamcleaner.pipeline.control import Control
    from dashcamcleaner.pipeline.job import Job
    from dashcamcleaner.pipeline.plan_file import PlanReader
    from dashcamcleaner.settings import Settings, resolve

try:  # what was built tells its version by the tag that it was built from (setup.py)
    __version__ = importlib.import_module("dashcamcleaner._version").VERSION
except ImportError:
    __version__ = "0.1.0"

__all__ = [
    "Audited",
    "Control",
    "DashcamCleanerError",
    "Event",
    "Failed",
    "Finished",
    "Job",
    "ModelPool",
    "PlanReader",
    "Progress",
    "RunSummary",
    "Settings",
    "Started",
    "Warned",
    "__version__",
    "clean",
    "jobs_for",
    "resolve",
    "run_batch",
]

_HOMES = {
    "core.events": ("Audited", "Event", "Failed", "Finished", "Progress", "Started", "Warned"),
    "core.summary": ("RunSummary",),
    "detection.pool": ("ModelPool",),
    "errors": ("DashcamCleanerError",),
    "jobs.batch": ("run_batch",),
    "jobs.inputs": ("jobs_for",),
    "jobs.run": ("clean",),
    "pipeline.control": ("Control",),
    "pipeline.job": ("Job",),
    "pipeline.plan_file": ("PlanReader",),
    "settings": ("Settings", "resolve"),
}
"""Module -> the stable names that it defines."""

_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a stable name when it is first asked for.

    Raises:
        AttributeError: the package has no such name.
    """
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
