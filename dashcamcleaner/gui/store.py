"""What the window remembers: one JSON in the user's configuration folder, and own profiles as TOML beside it.

Profiles are the command line's own format (``--settings FILE``): what is saved here serves there too. Nothing that is
remembered may stop the window from opening: a file that cannot be read is put aside and defaults are used.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Any

import tomli_w

from dashcamcleaner.atomic_files import atomic_json, atomic_write
from dashcamcleaner.errors import OutputError, SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.settings import PROFILES, load_toml, resolve
from dashcamcleaner.side_files import read_json
from dashcamcleaner.user_folders import user_folder

__all__ = ["Store", "is_name_part"]

_TYPES = {
    "queue": list,
    "recent": list,
    "frame": list,
    "settings": dict,
    "audit": bool,
    "more_settings": bool,
    "settings_visible": bool,
    "told_of_sleep": bool,
}
"""What is remembered under these names; all others are texts."""
_LONGEST_TEXT = 10_000
_MOST_ROWS = 10_000
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


def is_name_part(text: str) -> bool:
    """Whether a text can be part of a file's name on every system."""
    return not _FORBIDDEN.search(text) and len(text) <= 60 and text == text.strip() and not text.endswith(".")


class Store:
    """Remembered values by name; written at once, beside first.

    Args:
        folder: where to keep them; the user's configuration folder when None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or user_folder("config")
        self._path = self.folder / "window.json"
        self._values: dict[str, Any] = {}
        try:
            if self._path.exists():
                values = read_json(self._path, what="What the window remembers", to=SettingError)
                self._values = _usable(values) if isinstance(values, dict) else {}
        except (OSError, ValueError, SettingError):
            self._put_aside()

    def _put_aside(self) -> None:
        with contextlib.suppress(OSError):  # then it is overwritten at the next save
            os.replace(self._path, self._path.with_suffix(".broken.json"))

    def get(self, name: str, default: Any = None) -> Any:
        """A remembered value, or the default."""
        return self._values.get(name, default)

    def set(self, **values: Any) -> None:
        """Remember values; None forgets one. A folder that cannot be written to only costs the memory."""
        before = dict(self._values)
        for name, value in values.items():
            if value is None:
                self._values.pop(name, None)
            else:
                self._values[name] = value
        if self._values == before:
            return
        with contextlib.suppress(OutputError):
            atomic_json(self._path, self._values, make_folder=True)

    # --- own profiles

    @property
    def profile_folder(self) -> Path:
        """Where own profiles lie as ``NAME.toml``."""
        return self.folder / "profiles"

    def profiles(self) -> list[str]:
        """Names of the own profiles, sorted."""
        return sorted((path.stem for path in self.profile_folder.glob("*.toml")), key=str.casefold)

    def load_profile(self, name: str) -> dict[str, Any]:
        """The overrides of an own profile.

        Raises:
            SettingError: the file cannot be read, or holds an unknown name or a wrong value.
        """
        overrides = load_toml(self.profile_folder / f"{name}.toml")
        return resolve(overrides).overrides

    def save_profile(self, name: str, overrides: dict[str, Any]) -> str:
        """Save overrides under a name, replacing what stood there; gives the name as it was saved.

        Raises:
            SettingError: the name cannot be a file's, or is one of the built-in profiles.
        OutputError: the file cannot be written.
        """
        name = " ".join(name.split())
        if not name or _FORBIDDEN.search(name) or name.startswith(".") or len(name) > 60:
            raise SettingError(
                msg("{name} cannot be the name of a profile.", name=repr(name)), hint="Use letters, digits and spaces."
            )
        if name.casefold() in PROFILES:
            raise SettingError(msg("{name} is a built-in profile.", name=name), hint="Choose another name.")
        plain = {key: list(value) if isinstance(value, tuple) else value for key, value in overrides.items()}
        text = tomli_w.dumps({key: value for key, value in plain.items() if value is not None})
        atomic_write(
            self.profile_folder / f"{name}.toml", text, what=msg("The profile {name}", name=name), make_folder=True
        )
        return name

    def delete_profile(self, name: str) -> None:
        """Delete an own profile; one that is gone already is fine."""
        (self.profile_folder / f"{name}.toml").unlink(missing_ok=True)


def _usable(values: dict[str, Any]) -> dict[str, Any]:
    """What of a file's values can have been remembered here: the rest would trip the window as it opens."""
    return {name: value for name, value in values.items() if _is_usable(value, _TYPES.get(name, str))}


def _is_usable(value: Any, wanted: type) -> bool:
    if isinstance(value, str):
        return wanted is str and len(value) <= _LONGEST_TEXT and "\0" not in value and value.isprintable()
    return isinstance(value, wanted) and not (isinstance(value, list) and len(value) > _MOST_ROWS)
