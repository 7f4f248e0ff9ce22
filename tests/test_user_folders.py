"""User folders follow the system's conventions, and stay where they were."""

from __future__ import annotations

from pathlib import Path

import platformdirs.macos
import platformdirs.windows
import pytest

from dashcamcleaner import user_folders
from dashcamcleaner.user_folders import user_folder


@pytest.fixture()
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own, and none of the variables that move user folders."""
    monkeypatch.delenv("DASHCAMCLEANER_HOME")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(user_folders.sys, "platform", "linux")
    return tmp_path


@pytest.fixture()
def on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_folders.sys, "platform", "darwin")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.macos.MacOS)


@pytest.fixture()
def on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_folders.sys, "platform", "win32")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.windows.Windows)
    by_variable = platformdirs.windows.get_win_folder_from_env_vars  # the way of its that works on every system
    monkeypatch.setattr(platformdirs.windows, "_RESOLVE_WIN_FOLDER", by_variable)


def test_user_folders_follow_linux(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_folder("data") == home / ".local" / "share" / "dashcamcleaner"
    assert user_folder("cache") == home / ".cache" / "dashcamcleaner"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "c"))
    assert user_folder("config") == home / "c" / "dashcamcleaner"


def test_user_folders_follow_macos(home: Path, on_macos: None) -> None:
    assert user_folder("cache").parts[-2:] == ("Caches", "DashcamCleaner")
    support = home / "Library" / "Application Support" / "DashcamCleaner"
    assert user_folder("data") == user_folder("config") == support


def test_user_folders_follow_windows(home: Path, on_windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", str(home / "local"))
    monkeypatch.setenv("APPDATA", str(home / "roaming"))
    assert user_folder("data") == home / "local" / "DashcamCleaner" / "data"
    assert user_folder("cache") == home / "local" / "DashcamCleaner" / "cache"
    assert user_folder("config") == home / "roaming" / "DashcamCleaner" / "config"


def test_a_folder_of_0_1_0_stays_in_use(home: Path, on_macos: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "c"))  # 0.1.0 did not ask for it on macOS
    new, old = home / "c" / "DashcamCleaner", home / "Library" / "Application Support" / "DashcamCleaner"
    assert user_folder("config") == new
    old.mkdir(parents=True)
    assert user_folder("config") == old
    new.mkdir(parents=True)
    assert user_folder("config") == new


def test_one_variable_moves_all_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(home / "stick"))
    assert {user_folder(purpose).parent for purpose in ("data", "config", "cache")} == {home / "stick"}
