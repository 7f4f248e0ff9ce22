"""User folders: where the program's data, settings, state and cache lie for the user who runs it.

The system's conventions hold (`platformdirs`); one variable moves all, and folders of version 0.1.0 stay in use. Light
to import: the window asks for its settings before any backend is loaded.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

__all__ = ["user_folder"]


def user_folder(purpose: str) -> Path:
    """The user's own folder for ``data``, ``config``, ``state`` or ``cache``; not created.

    ``DASHCAMCLEANER_HOME`` moves all four (portable installations, tests). Else the system's place for such folders
    holds; where version 0.1.0 took another one and it is the only one that exists, that one stays in use.
    """
    moved = os.environ.get("DASHCAMCLEANER_HOME")
    if moved:
        return Path(moved) / purpose
    if purpose == "state":  # version 0.1.0 had none
        return _system_folder(purpose)
    folder, older = _system_folder(purpose), _folder_of_0_1_0(purpose)
    return older if older.is_dir() and not folder.exists() else folder


def _system_folder(purpose: str) -> Path:
    windows = sys.platform == "win32"
    dirs = platformdirs.PlatformDirs(
        "DashcamCleaner" if windows or sys.platform == "darwin" else "dashcamcleaner",
        appauthor=False,
        roaming=windows and purpose == "config",
        opinion=False,
    )
    folder = {
        "data": dirs.user_data_path,
        "config": dirs.user_config_path,
        "state": dirs.user_state_path,
        "cache": dirs.user_cache_path,
    }[purpose]
    # Windows has one folder for all, and macOS one for data and state.
    return folder / purpose if windows or (sys.platform == "darwin" and purpose == "state") else folder


def _folder_of_0_1_0(purpose: str) -> Path:
    """Where version 0.1.0 looked, by environment variables alone.

    It is another place than today's on Windows where these do not tell the system's own folders, on macOS where the
    variables of Linux are set (0.1.0 passed them over), and on Linux where one of them is no absolute path.
    """
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
