"""The one settings table. From its rows come argparse, the window's form, TOML files, the README block and checks.

Values come from four layers, the later ones win: the rows' defaults, a named profile, a TOML file of sparse
overrides, the command line. Only overrides are saved. Stages never see a `Settings` object: `run` maps settings to
their plain arguments. Standard library only: ``--help`` must answer before numpy could even be imported.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.core.time import Span
from dashcamcleaner.errors import SettingError

__all__ = ["GROUPS", "PROFILES", "ROWS", "SETTINGS", "Setting", "Settings", "load_toml", "markdown_table", "resolve"]

_BOOLS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row.

    Args:
        name: snake_case; the flag is the same with dashes.
        type: ``bool``, ``int``, ``float``, ``text``, ``choice``, ``list``, ``span`` (frames ``5`` or seconds
            ``0.5s``) or ``path``.
        default: None means "decided elsewhere", told in the help.
        group: key of `GROUPS`.
        label: for the window.
        help: one sentence.
        minimum, maximum: inclusive bounds of numbers.
        unit: for people.
        choices: of a ``choice``, or of the items of a ``list``; empty for free items.
        basic: among the few that most people turn; these stand first.
        since: version that brought it.
        renamed_from: older names, still told to users who write them.
    """

    name: str
    type: str
    default: Any
    group: str
    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    basic: bool = False
    since: str = "0.1"
    renamed_from: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    def describe_range(self) -> str:
        """What is allowed, for people: the constraint prints itself, so that no message is written by hand."""
        unit = f" {self.unit}" if self.unit else ""
        if self.type == "bool":
            return "true or false"
        if self.type in ("choice", "list") and self.choices:
            return ("any of " if self.type == "list" else "one of ") + ", ".join(self.choices)
        if self.type == "span":
            return "frames like 5, or seconds like 0.5s"
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum:g} to {self.maximum:g}{unit}"
        if self.minimum is not None:
            return f"{self.minimum:g}{unit} or more"
        return {"list": "names separated by commas", "path": "a file's path"}.get(self.type, "a " + self.type)

    def check(self, value: Any) -> Any:
        """The value in the row's own type.

        Args:
            value: text (command line) or a TOML/JSON value; None means the default.

        Raises:
            SettingError: not of the type, or out of range; one sentence with the range.
        """
        if value is None:
            return self.default
        try:
            return self._converted(value)
        except (KeyError, OverflowError, TypeError, ValueError):
            near = ""
            if self.choices and isinstance(value, str):
                found = difflib.get_close_matches(value, self.choices, n=1)
                near = f" Did you mean {found[0]}?" if found else ""
            raise SettingError(
                f"{self.name.replace('_', '-')} cannot be {value!r}: it takes {self.describe_range()}.{near}",
                hint=self.help,
            ) from None

    def _converted(self, value: Any) -> Any:
        if self.type == "bool":
            if isinstance(value, bool):
                return value
            return _BOOLS[str(value).lower()]
        if self.default is None and isinstance(value, str) and value.lower() in ("auto", ""):
            return None
        if self.type in ("int", "float"):
            if isinstance(value, bool):
                _refuse()
            number: float = float(value)
            if self.type == "int":
                if number != int(number):
                    _refuse()
                number = int(number)
            if not (
                (self.minimum is None or number >= self.minimum) and (self.maximum is None or number <= self.maximum)
            ):  # written so that NaN fails
                _refuse()
            return number
        if self.type == "span":
            text = f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
            return str(Span.parse(text))
        if self.type == "list":
            given = value.split(",") if isinstance(value, str) else list(value)
            items = tuple(str(item).strip() for item in given if str(item).strip())
            if self.choices and not set(items) <= set(self.choices):
                _refuse()
            return items
        if self.type == "choice":
            if value not in self.choices:
                _refuse()
            return value
        if not isinstance(value, str | Path):
            _refuse()
        return str(value)


def _refuse() -> Any:
    raise ValueError


GROUPS: dict[str, str] = {
    "hide": "What is hidden",
    "look": "How it looks",
    "time": "Over time",
    "seeing": "Detection",
    "output": "Output",
    "run": "Running",
}

KEEPABLE = ("location", "tags", "data", "cover", "attachments")

ROWS: tuple[Setting, ...] = (
    # --- what is hidden
    Setting("profile", "choice", "publish", "hide", "Profile",
            "How much care is taken: fixes size, tiles, thresholds, look-ahead and growth; your own values win.",
            choices=("fast", "balanced", "publish", "maximum"), basic=True),
    Setting("faces", "bool", True, "hide", "Faces", "Hide faces.", basic=True),
    Setting("plates", "bool", True, "hide", "Number plates", "Hide number plates.", basic=True),
    Setting("other_kinds", "list", (), "hide", "Other kinds",
            "Further kinds that your weights know and that are to be hidden, e.g. person,screen."),
    Setting("threshold", "float", None, "hide", "Detection threshold",
            "Detections with a lower score are not hidden; lower hides more. auto: as the weights recommend.",
            minimum=0, maximum=1, basic=True),
    Setting("threshold_face", "float", None, "hide", "Threshold for faces",
            "Threshold for faces alone; auto: as threshold.", minimum=0, maximum=1),
    Setting("threshold_plate", "float", None, "hide", "Threshold for plates",
            "Threshold for number plates alone; auto: as threshold.", minimum=0, maximum=1),
    # --- how it looks
    Setting("style", "choice", "gaussian", "look", "Style",
            "How hidden regions look: soft, blocks, one colour, or your own picture.",
            choices=("gaussian", "mosaic", "solid", "picture"), basic=True),
    Setting("strength", "int", 3, "look", "Blur strength",
            "6 hides most (one colour), 1 least (six cells on the region's long side); none can be read back.",
            minimum=1, maximum=6, basic=True),
    Setting("picture", "path", None, "look", "Picture", "The picture that style picture puts over regions."),
    Setting("growth", "float", None, "look", "Region growth",
            "Factor on each side's length of what was detected; auto: as measured per kind.",
            minimum=0.8, maximum=10, basic=True),
    Setting("growth_face", "float", None, "look", "Growth of faces", "Growth for faces alone.",
            minimum=0.8, maximum=10),
    Setting("growth_plate", "float", None, "look", "Growth of plates", "Growth for plates alone.",
            minimum=0.8, maximum=10),
    Setting("feather", "float", 0.03, "look", "Feather",
            "Width of the soft edge outside a region, as a part of the region's short side.", minimum=0, maximum=1),
    Setting("shape_face", "choice", "ellipse", "look", "Shape of faces", "Shape of face regions.",
            choices=("ellipse", "box")),
    Setting("shape_plate", "choice", "box", "look", "Shape of plates", "Shape of plate regions.",
            choices=("ellipse", "box")),
    # --- over time
    Setting("tracking", "bool", True, "time", "Tracking",
            "Link detections over time and fill the gaps; off: frame memory alone."),
    Setting("memory_before", "span", "0", "time", "Memory before",
            "A region also covers this many frames (5) or seconds (0.5s) before its sighting."),
    Setting("memory_after", "span", "0", "time", "Memory after",
            "A region also covers this many frames (5) or seconds (0.5s) after its sighting."),
    Setting("look_ahead", "float", 1.0, "time", "Look-ahead",
            "How far ahead is looked before a frame is written.", minimum=0, maximum=10, unit="s"),
    Setting("fill_before", "float", 0.75, "time", "Fill before",
            "How long a track is followed back before its first sighting.", minimum=0, maximum=10, unit="s"),
    Setting("fill_after", "float", 0.75, "time", "Fill after",
            "How long a track is followed on after its last sighting.", minimum=0, maximum=10, unit="s"),
    Setting("crop_checks", "bool", True, "time", "Closer looks",
            "Look closer at what is not sure, enlarged, before it is decided whether it is hidden."),
    Setting("max_region", "float", 0.05, "time", "Largest unsure region",
            "A region whose object is not sure takes at most this share of the picture.",
            minimum=0.001, maximum=1, unit="of the picture"),
    Setting("warn_hidden", "float", 0.1, "run", "Tell from hidden share",
            "Told: more than this share of the picture hidden on average, or twice as much by one region.",
            minimum=0.001, maximum=1, unit="of the picture"),
    Setting("thorough", "bool", False, "time", "Thorough",
            "Analyse the whole clip first, look again where tracks are weak, then render."),
    Setting("drop_spurious", "bool", False, "time", "Drop spurious hits",
            "Do not hide single hits with a low score and no neighbours in time. May uncover somebody."),
    # --- detection
    Setting("weights", "text", "auto", "seeing", "Weights",
            "Name in the weights folder or path of a .onnx or .pt; several, separated by commas, work together."),
    Setting("inference_size", "int", 960, "seeing", "Inference size",
            "Long side of the picture that the detector sees; larger finds smaller objects and costs more.",
            minimum=160, maximum=4096, unit="px", basic=True),
    Setting("tiles", "int", 1, "seeing", "Tiles",
            "Cut the picture into this many overlapping tiles along its long side, for far plates; 1: none.",
            minimum=1, maximum=8),
    Setting("backend", "choice", "auto", "seeing", "Backend", "Inference engine.",
            choices=("auto", "openvino", "torch", "onnx")),
    Setting("device", "text", "auto", "seeing", "Device", "Where it runs: auto, cpu, gpu, cuda:0, mps."),
    Setting("precision", "choice", "auto", "seeing", "Precision", "Arithmetic of the network; auto: the chip's best.",
            choices=("auto", "f32", "bf16", "f16", "int8")),
    Setting("batch", "int", 1, "seeing", "Batch", "Frames per inference; more than 1 helps GPUs.",
            minimum=1, maximum=64),
    Setting("video_track", "int", None, "seeing", "Video track",
            "Number of the picture track to clean, from 1, where a file has several; auto: the longest and largest.",
            minimum=1, maximum=64),
    Setting("trust_weights", "bool", False, "seeing", "Trust these weights",
            "Load a foreign .pt although it can run code on this machine; remembered by its hash."),
    # --- output
    Setting("quality", "int", 20, "output", "Quality",
            "Constant rate factor on the scale of x264; lower is better and larger.",
            minimum=0, maximum=51, unit="crf", basic=True),
    Setting("codec", "choice", "auto", "output", "Codec",
            "auto: H.264, or H.265 Main 10 for a 10-bit or HDR source.", choices=("auto", "h264", "h265", "av1")),
    Setting("preset", "choice", "veryfast", "output", "Encoder preset",
            "Slower presets make smaller files of the same quality.",
            choices=("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")),
    Setting("keep_chroma", "bool", False, "output", "Keep chroma",
            "Write 4:2:2 and 4:4:4 sources as they are; many players show only 4:2:0."),
    Setting("sound", "choice", "keep", "output", "Sound", "Copy the sound packet for packet, or leave it out.",
            choices=("keep", "mute"), basic=True),
    Setting("keep", "list", (), "output", "Keep",
            "What is kept of what is stripped by default: " + ", ".join(KEEPABLE) + ".", choices=KEEPABLE),
    Setting("overwrite", "bool", False, "output", "Overwrite", "Replace outputs that exist; a source never is."),
    # --- running
    Setting("workers", "int", 0, "run", "Threads", "Threads of decoder, detector and encoder each; 0: the machine's.",
            minimum=0, maximum=256),
    Setting("max_look_ahead_mb", "int", 400, "run", "Memory for look-ahead",
            "Most memory that waiting frames may take; a shorter look-ahead is told.",
            minimum=16, maximum=65536, unit="MB"),
)  # fmt: skip

SETTINGS: dict[str, Setting] = {row.name: row for row in ROWS}

PROFILES: dict[str, dict[str, Any]] = {
    "fast": {"inference_size": 640, "tiles": 1, "threshold": None, "look_ahead": 0.5},
    "balanced": {"inference_size": 960, "tiles": 1, "threshold": None, "look_ahead": 1.0},
    "publish": {"inference_size": 1280, "tiles": 1, "threshold": None, "look_ahead": 1.0},
    "maximum": {"inference_size": 1280, "tiles": 2, "threshold": 0.1, "look_ahead": 2.0, "thorough": True},
}


class Settings:
    """Checked values of all rows, by attribute. Immutable and picklable.

    Args:
        values: name -> value, as `resolve` gives them.
        overrides: the names that differ from the profile's values because somebody said so.
    """

    __slots__ = ("_overrides", "_values")

    def __init__(self, values: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_values", dict(values))
        object.__setattr__(self, "_overrides", dict(overrides))

    def __getattr__(self, name: str) -> Any:
        try:
            return object.__getattribute__(self, "_values")[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"settings cannot be changed ({name}); make new ones with replaced()")

    def __reduce__(self) -> tuple[Any, ...]:
        return (Settings, (self._values, self._overrides))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self._values == other._values

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._values.items())))

    def as_dict(self) -> dict[str, Any]:
        """All values by name."""
        return dict(self._values)

    @property
    def overrides(self) -> dict[str, Any]:
        """What was said by file or command line: all that is worth saving."""
        return dict(self._overrides)

    def replaced(self, **changes: Any) -> Settings:
        """New settings with some overrides changed."""
        return resolve({**self._overrides, **changes})

    def kinds(self) -> tuple[str, ...]:
        """The kinds to hide."""
        kinds = [kind for kind, wanted in (("face", self.faces), ("plate", self.plates)) if wanted]
        return (*kinds, *(kind for kind in self.other_kinds if kind not in kinds))


def resolve(*layers: Mapping[str, Any]) -> Settings:
    """Settings from layers of sparse overrides; a later layer wins over an earlier one, both over the profile.

    Raises:
        SettingError: every unknown name, wrong type and value out of range, collected into one message.
    """
    said: dict[str, Any] = {}
    complaints: list[str] = []
    hint = ""
    for layer in layers:
        for key, value in layer.items():
            name = key.replace("-", "_")
            row = SETTINGS.get(name)
            if row is None:
                complaints.append(_unknown(key))
                continue
            try:
                said[name] = row.check(value)
            except SettingError as error:
                complaints.append(error.message)
                hint = error.hint
    if complaints:
        raise SettingError(" ".join(complaints), hint=hint if len(complaints) == 1 else "")
    values = {row.name: row.default for row in ROWS}
    values |= PROFILES[said.get("profile", SETTINGS["profile"].default)]
    values |= said
    if values["style"] == "picture" and not values["picture"]:
        raise SettingError("style picture needs a picture.", hint="Name one with --picture FILE.")
    return Settings(values, said)


def _unknown(key: str) -> str:
    for row in ROWS:
        if key.replace("-", "_") in row.renamed_from:
            return f"The setting {key} was renamed to {row.name}."
    near = difflib.get_close_matches(key.replace("-", "_"), SETTINGS, n=1)
    return f"There is no setting {key!r}." + (f" Did you mean {near[0].replace('_', '-')}?" if near else "")


def load_toml(path: str | Path) -> dict[str, Any]:
    """Sparse overrides from a TOML file; names may be written with dashes or underscores.

    Raises:
        SettingError: the file cannot be read or is not TOML. Names and values are checked by `resolve`.
    """
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise SettingError(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(
            f"The settings file {path} is not valid TOML: {error}.", hint="One setting a line, e.g. threshold = 0.2"
        ) from error


def shown(value: Any) -> str:
    """A value as people write it."""
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def markdown_table(rows: Iterable[Setting] = ROWS) -> str:
    """The table for README and docs, made from the rows; a test compares the two."""
    profile = PROFILES[SETTINGS["profile"].default]
    lines = ["| flag | default | takes | what it does |", "|---|---|---|---|"]
    for row in rows:
        default = shown(profile.get(row.name, row.default))
        lines.append(f"| `{row.flag}` | {default} | {row.describe_range()} | {row.help} |")
    return "\n".join(lines)
