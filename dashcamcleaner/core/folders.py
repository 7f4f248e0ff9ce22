"""Where the user's own files lie: settings, weights, logs. Names only; nothing is read or made.

Apart from `backends.weights`, so that the window can ask for its settings before any engine is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["user_folder"]


def user_folder(purpose: str) -> Path:
    """The user's own folder for ``data``, ``config`` or ``cache``; not created.

    ``DASHCAMCLEANER_HOME`` moves all three (portable installations, tests).
    """
    moved = os.environ.get("DASHCAMCLEANER_HOME")
    if moved:
        return Path(moved) / purpose
    if sys.platform == "win32":
        roaming, local = os.environ.get("APPDATA"), os.environ.get("LOCALAPPDATA")
        base = Path((roaming if purpose == "config" else local) or Path.home() / "AppData" / "Local")
        return base / "DashcamCleaner" / purpose
    if sys.platform == "darwin":
        library = Path.home() / "Library"
        return (library / "Caches" if purpose == "cache" else library / "Application Support") / "DashcamCleaner"
    variable, fallback = {
        "data": ("XDG_DATA_HOME", ".local/share"),
        "config": ("XDG_CONFIG_HOME", ".config"),
        "cache": ("XDG_CACHE_HOME", ".cache"),
    }[purpose]
    return Path(os.environ.get(variable) or Path.home() / fallback) / "dashcamcleaner"
