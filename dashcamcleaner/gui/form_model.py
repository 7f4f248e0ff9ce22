"""What the settings form knows without a widget: the overrides, the profile under them, and what each field shows.

One apply path: every change goes through `FormModel.set`, which asks the settings table. The form never holds a value
that the table refuses; a refused one is told and the last good one stays in force.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.settings import ROWS, SETTINGS, Setting, Settings, find_row, resolve

__all__ = ["FormModel", "basic_rows", "choice_title", "rows_of_group"]

HIDDEN = frozenset({"profile", "overwrite", *(row.name for row in ROWS if row.group == "live")})
"""Shown elsewhere: the profile stands at the top, replacing a result is asked for at its row, live pictures are no
clips."""

CHOICE_TITLES: dict[str, str] = {
    "fast": "Fast",
    "balanced": "Balanced",
    "publish": "Publish (recommended)",
    "maximum": "Maximum care",
    "gaussian": "Soft blur",
    "mosaic": "Mosaic",
    "solid": "One colour",
    "picture": "Own picture",
    "ellipse": "Ellipse",
    "box": "Box",
    "auto": "Automatic",
    "openvino": "OpenVINO",
    "torch": "PyTorch",
    "onnx": "ONNX Runtime",
    "keep": "Keep",
    "mute": "Leave out",
    "h264": "H.264",
    "h265": "H.265",
    "av1": "AV1",
    "f32": "32-bit float",
    "bf16": "bfloat16",
    "f16": "16-bit float",
    "int8": "8-bit integer",
    "location": "Location tags",
    "tags": "Other tags",
    "data": "Data tracks",
    "subtitles": "Texts that are no speech",
    "full": "Path and hash",
    "name": "Its name",
    "nothing": "Nothing",
    "none": "None",
    "position": "The position",
    "all": "All",
    "cover": "Cover pictures",
    "attachments": "Attached files",
    "software": "Software",
    "nvenc": "NVIDIA (NVENC)",
    "cuda": "NVIDIA (CUDA)",
    "qsv": "Intel (Quick Sync)",
    "amf": "AMD (AMF)",
    "videotoolbox": "Apple (VideoToolbox)",
    "vaapi": "Linux (VA-API)",
    "d3d11va": "Windows (D3D11)",
}

PROFILE_NOTES: dict[str, str] = {
    "fast": "For a first look. Small and far faces and plates may be missed.",
    "balanced": "A middle way for slow machines.",
    "publish": "For clips that will be shown. Looks closely; takes its time.",
    "maximum": "Looks at every clip twice and in pieces. Several times slower.",
}


def choice_title(choice: str) -> str:
    """What people read for a choice's value."""
    return CHOICE_TITLES.get(choice, choice)


def basic_rows() -> list[Setting]:
    """The few that most people turn, in the table's order."""
    return [row for row in ROWS if row.basic and row.name not in HIDDEN]


def rows_of_group(group: str) -> list[Setting]:
    """The rest of a group."""
    return [row for row in ROWS if row.group == group and not row.basic and row.name not in HIDDEN]


class FormModel:
    """Overrides in force, and who is told when they change.

    Args:
        overrides: remembered ones; what the table does not take any more is dropped and named in `dropped`.
    """

    def __init__(self, overrides: Mapping[str, Any] | None = None) -> None:
        self.dropped: list[str] = []
        self._overrides: dict[str, Any] = {}
        for name, value in (overrides or {}).items():
            row = find_row(name)
            try:
                if row is None:
                    raise SettingError(msg("There is no setting {name} any more.", name=repr(name)))
                self._overrides[row.name] = row.check(value)
            except SettingError as error:
                self.dropped.append(error.message)
        try:
            self.settings: Settings = resolve(self._overrides)
        except SettingError as error:  # each is fine, together they are not: style picture without a picture
            self.dropped.append(error.message)
            self._overrides.pop("style", None)
            self.settings = resolve(self._overrides)
        self._listeners: list[Callable[[set[str]], None]] = []

    def listen(self, listener: Callable[[set[str]], None]) -> None:
        """Be told the names of the settings whose value changed."""
        self._listeners.append(listener)

    @property
    def overrides(self) -> dict[str, Any]:
        return dict(self._overrides)

    def value(self, name: str) -> Any:
        """The value in force."""
        return self.settings.as_dict()[name]

    def is_own(self, name: str) -> bool:
        """Whether the user set it, rather than the profile or the table."""
        return name in self._overrides

    def default(self, name: str) -> Any:
        """What a reset gives: the profile's value, or the table's."""
        # What is said of others may decide it: a growth of all kinds wins over a profile's of one. (The style does not,
        # and a picture without which it could not be is left out here when the picture's own value is asked for.)
        others = {key: value for key, value in self._overrides.items() if key not in (name, "style")}
        return resolve(others).as_dict()[name]

    def set(self, name: str, value: Any) -> None:
        """Set one value.

        Raises:
            SettingError: the table refuses it; nothing changes.
        """
        checked = SETTINGS[name].check(value)
        if checked == self.value(name) and (self.is_own(name) or checked == self.default(name)):
            return
        changed = {**self._overrides, name: checked}
        if name != "profile" and checked == self.default(name):
            changed.pop(name)  # set back by hand: no override is kept for what the profile says anyway
        self._take(changed)

    def reset(self, name: str) -> None:
        """Back to what the profile or the table says."""
        if name in self._overrides:
            self._take({key: value for key, value in self._overrides.items() if key != name})

    def replace(self, overrides: Mapping[str, Any]) -> None:
        """Take a whole profile.

        Raises:
            SettingError: the table refuses something; nothing changes.
        """
        self._take(dict(overrides))

    def _take(self, overrides: dict[str, Any]) -> None:
        if overrides.get("style") == "picture" and not overrides.get("picture"):
            raise SettingError("Choose a picture first; then the style Own picture can be taken.")
        settings = resolve(overrides)
        before = self.settings.as_dict()
        owned = set(self._overrides) ^ set(overrides)
        self._overrides, self.settings = dict(settings.overrides), settings
        changed = {name for name, value in settings.as_dict().items() if value != before[name]} | owned
        if changed:
            for listener in self._listeners:
                listener(changed)
