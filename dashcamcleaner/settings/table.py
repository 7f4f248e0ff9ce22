"""The one settings table: every setting is a typed field of `Settings` that carries its row.

Values come from four layers, the later ones win: the rows' defaults, a named profile, a TOML file of sparse
overrides, the command line. Only overrides are saved. Stages never see a `Settings` object: `pipeline` and `audit`
map settings to their plain arguments. A misspelt attribute is mypy's to find; a misspelt name in a file or on the
command line is told by `resolve`. Standard library only: ``--help`` must answer before numpy could even be imported.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashcamcleaner.core.styles import GAUSSIAN, STYLES
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import joined, msg
from dashcamcleaner.settings.row import UNSET, Setting, rows_of, setting

__all__ = [
    "GROUPS",
    "KEEPABLE",
    "PROFILES",
    "ROWS",
    "SETTINGS",
    "KindOverrides",
    "Settings",
    "find_row",
    "renamed_hints",
    "resolve",
]

GROUPS: dict[str, str] = {
    "hide": "What is hidden",
    "look": "How it looks",
    "time": "Over time",
    "seeing": "Detection",
    "output": "Output",
    "run": "Running",
    "live": "Live",
}

KEEPABLE = ("location", "tags", "data", "subtitles", "cover", "attachments")

PROFILES: dict[str, dict[str, Any]] = {
    "fast": {
        "inference_size": 640,
        "tiles": 1,
        "threshold": 0.02,
        "growth_face": 1.7,
        "look_ahead": 0.5,
        "detect_every": "auto",
        "crop_checks": False,
    },
    "balanced": {"inference_size": 960, "tiles": 1, "threshold": None, "look_ahead": 1.0},
    "publish": {"inference_size": 1280, "tiles": 1, "threshold": None, "look_ahead": 1.0},
    "maximum": {"inference_size": 1280, "tiles": 2, "threshold": 0.03, "look_ahead": 2.0, "thorough": True},
}


@dataclass(frozen=True, slots=True)
class KindOverrides:
    """What the user said of one kind alone; None where nothing was said, or where the kind has no such setting.

    Args:
        threshold: 0 to 1.
        growth: factor on each side's length.
        shape: ``ellipse`` or ``box``.
    """

    threshold: float | None = None
    growth: float | None = None
    shape: str | None = None


# fmt: off
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """Checked values of all rows. Immutable and picklable.

    ``Settings(threshold=0.3)`` holds what is given as overrides and takes the rest from the profile and the rows.
    A copy with changes comes from `replaced`; `dataclasses.replace` would make an override of every value.

    Raises:
        SettingError: every value that is of a wrong type or out of range, collected into one message.
    """

    # --- what is hidden
    profile: str = setting("publish", "hide", "Profile",
        "How much care is taken: fixes size, tiles, thresholds, look-ahead and growth; your own values win.",
        choices=("fast", "balanced", "publish", "maximum"), basic=True)
    faces: bool = setting(True, "hide", "Faces", "Hide faces.", basic=True)
    plates: bool = setting(True, "hide", "Number plates", "Hide number plates.", basic=True)
    other_kinds: tuple[str, ...] = setting((), "hide", "Other kinds",
        "Further kinds that your weights know and that are to be hidden, e.g. person,screen.")
    hide_overlay: str = setting("none", "hide", "Burned-in text",
        "Text that the camera wrote into the picture: none of it is hidden (only told), the position, or all.",
        choices=("none", "position", "all"))
    threshold: float | None = setting(None, "hide", "Detection threshold",
        "How probable a track must be an object to be hidden, large ones more; lower hides more. auto: 0.04.",
        minimum=0, maximum=1, basic=True)
    threshold_face: float | None = setting(None, "hide", "Threshold for faces",
        "Threshold for faces alone; auto: as threshold.", minimum=0, maximum=1)
    threshold_plate: float | None = setting(None, "hide", "Threshold for plates",
        "Threshold for number plates alone; auto: as threshold.", minimum=0, maximum=1)
    # --- how it looks
    style: str = setting(GAUSSIAN, "look", "Style",
        "How hidden regions look: soft, blocks, one colour, or your own picture.",
        choices=STYLES, basic=True)
    strength: int = setting(3, "look", "Blur strength",
        "6 hides most (one colour), 1 least (six cells on the region's long side); none can be read back.",
        minimum=1, maximum=6, basic=True)
    picture: str | None = setting(None, "look", "Picture",
        "The picture that style picture puts over regions.", text="path")
    growth: float | None = setting(None, "look", "Region growth",
        "Factor on each side's length of what was detected; auto: as measured per kind.",
        minimum=0.8, maximum=10, usual_maximum=3, basic=True)
    growth_face: float | None = setting(None, "look", "Growth of faces",
        "Growth for faces alone.", minimum=0.8, maximum=10, usual_maximum=3)
    growth_plate: float | None = setting(None, "look", "Growth of plates",
        "Growth for plates alone.", minimum=0.8, maximum=10, usual_maximum=3)
    feather: float = setting(0.03, "look", "Feather",
        "Width of the soft edge outside a region, as a part of the region's short side.", minimum=0, maximum=1)
    shape_face: str = setting("ellipse", "look", "Shape of faces", "Shape of face regions.", choices=("ellipse", "box"))
    shape_plate: str = setting("box", "look", "Shape of plates", "Shape of plate regions.", choices=("ellipse", "box"))
    # --- over time
    tracking: bool = setting(True, "time", "Tracking",
        "Link detections over time and fill the gaps; off: frame memory alone.")
    memory_before: str = setting("0", "time", "Memory before",
        "A region also covers this many frames (5) or seconds (0.5s) before its sighting.", text="span")
    memory_after: str = setting("0", "time", "Memory after",
        "A region also covers this many frames (5) or seconds (0.5s) after its sighting.", text="span")
    look_ahead: float = setting(1.0, "time", "Look-ahead",
        "How far ahead is looked before a frame is written.", minimum=0, maximum=10, unit="s")
    fill_before: float = setting(0.75, "time", "Fill before",
        "How long a track is followed back before its first sighting.", minimum=0, maximum=10, unit="s")
    fill_after: float = setting(0.75, "time", "Fill after",
        "How long a track is followed on after its last sighting.", minimum=0, maximum=10, unit="s")
    crop_checks: bool = setting(True, "time", "Closer looks",
        "Look closer at what is not sure, enlarged, before it is decided whether it is hidden.")
    max_region: float = setting(0.05, "time", "Largest unsure region",
        "A region whose object is not sure takes at most this share of the picture.",
        minimum=0.001, maximum=1, unit="of the picture")
    warn_hidden: float = setting(0.1, "run", "Tell from hidden share",
        "Told: more than this share of the picture hidden on average, or twice as much by one region.",
        minimum=0.001, maximum=1, unit="of the picture")
    thorough: bool = setting(False, "time", "Thorough",
        "Analyse the whole clip first, look again where tracks are weak, then render.")
    drop_spurious: bool = setting(False, "time", "Drop spurious hits",
        "Do not hide single hits with a low score and no neighbours in time. May uncover somebody.")
    # --- detection
    weights: str = setting("auto", "seeing", "Weights",
        "Name in the weights folder or path of a .onnx or .pt; several, separated by commas, work together.")
    inference_size: int = setting(960, "seeing", "Detail",
        "Long side of the picture that the detector sees; larger finds smaller objects and costs more.",
        minimum=160, maximum=4096, unit="px", basic=True)
    tiles: int = setting(1, "seeing", "Tiles",
        "Cut the picture into this many overlapping tiles along its long side, for far plates; 1: none.",
        minimum=1, maximum=8)
    backend: str = setting("auto", "seeing", "Backend",
        "Inference engine.", choices=("auto", "openvino", "torch", "onnx"))
    device: str = setting("auto", "seeing", "Device", "Where it runs: auto, cpu, gpu, cuda:0, mps.")
    precision: str = setting("auto", "seeing", "Precision",
        "Arithmetic of the network; auto: the chip's best.", choices=("auto", "f32", "bf16", "f16", "int8"))
    batch: int = setting(1, "seeing", "Batch",
        "Frames per inference; more than 1 helps GPUs; auto: on a GPU what fits and is fastest there, by trying.",
        minimum=0, maximum=64)
    detect_every: str = setting("1", "seeing", "Detect every",
        "Detect in every n-th frame and carry tracks in between; auto: in all where anything appears or is lost.",
        choices=("auto", "1", "2", "3", "4", "5"))
    video_track: int | None = setting(None, "seeing", "Video stream",
        "Number of the video stream to clean, from 1, where a file has several; auto: the longest and largest.",
        minimum=1, maximum=64)
    trust_weights: bool = setting(False, "seeing", "Trust these weights",
        "Load a foreign .pt although it can run code on this machine; remembered by its hash.")
    # --- output
    quality: int = setting(20, "output", "Quality",
        "Constant rate factor on the scale of x264; lower is better and larger.",
        minimum=0, maximum=51, basic=True)
    codec: str = setting("auto", "output", "Codec",
        "auto: H.264, or H.265 for a 10-bit or HDR source and for sides above 4096 px.",
        choices=("auto", "h264", "h265", "av1"))
    preset: str = setting("veryfast", "output", "Encoder preset",
        "Slower presets make smaller files of the same quality.",
        choices=("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"))
    encoder: str = setting("software", "output", "Encoder",
        "What encodes; hardware is tried at the start, and software takes its place where it does not work.",
        choices=("auto", "software", "nvenc", "qsv", "amf", "videotoolbox"))
    keep_chroma: bool = setting(False, "output", "Keep chroma",
        "Write 4:2:2 and 4:4:4 sources as they are; many players show only 4:2:0.")
    audio: str = setting("keep", "output", "Audio",
        "Copy the audio packet for packet, or leave it out.",
        choices=("keep", "mute"), basic=True, renamed_from=("sound",))
    keep: tuple[str, ...] = setting((), "output", "Keep",
        "What is kept of what is stripped by default: " + ", ".join(KEEPABLE) + ".", choices=KEEPABLE)
    overwrite: bool = setting(False, "output", "Overwrite", "Replace outputs that exist; a source never is.")
    private_plans: bool = setting(True, "output", "Private plans and reports",
        "Plans and reports tell where everybody is: only you may read them; off: whoever may read the source.")
    report_source: str = setting("full", "output", "Source in the report",
        "What the report tells of the source: its path and hash, its name, or nothing.",
        choices=("full", "name", "nothing"))
    # --- running
    workers: int = setting(0, "run", "Threads",
        "Threads of decoder, detector and encoder each; 0: the machine's.", minimum=0, maximum=256)
    parallel: int = setting(1, "run", "Clips at once",
        "Clips cleaned at the same time, each in a process of its own (on a GPU and in the window they share one); "
        "auto: by cores and memory.",
        minimum=0, maximum=256)
    split_clips: bool = setting(False, "run", "Share clips out",
        "Detect a clip's parts in the processes of parallel, or on a cluster's workers; the result stays the same.")
    decoder: str = setting("software", "run", "Decoder",
        "What decodes; hardware is tried at the start, and software takes its place where it does not work.",
        choices=("auto", "software", "cuda", "qsv", "vaapi", "d3d11va", "videotoolbox", "amf"))
    max_look_ahead_mb: int = setting(400, "run", "Memory for look-ahead",
        "Most memory that waiting frames may take; a shorter look-ahead is told.", minimum=16, maximum=65536, unit="MB")
    # --- live pictures
    delay: float = setting(1.0, "live", "Delay",
        "How long live pictures and sound are held before they leave; longer forgives more load and finds more.",
        minimum=0.1, maximum=30, unit="s")
    carry: float = setting(0.2, "live", "Carry tracks",
        "Live frames between two detections at most this far apart leave with their tracks carried on; others wholly "
        "covered.", minimum=0, maximum=0.5, unit="s")
    capture_rate: float = setting(30.0, "live", "Capture rate",
        "Pictures a second that are taken of a screen, or asked of a camera.", minimum=1, maximum=120, unit="fps")
    mute_covered: bool = setting(False, "live", "Mute while covered",
        "Live sound is silent while the picture is covered wholly.")
    hold: float = setting(1.0, "live", "Hold",
        "How long a label's rule, or a cover in OBS, stays at work after what it was for was last seen.",
        minimum=0, maximum=60, unit="s")
    label_hits: int = setting(1, "live", "Label hits",
        "So many of the latest scores of a label must pass its threshold.", minimum=1, maximum=100)
    label_of: int = setting(1, "live", "Label scores",
        "The number of latest scores among which hits are counted.", minimum=1, maximum=100)
    label_bypass: float = setting(0.95, "live", "Label bypass",
        "A score above this is enough by itself.", minimum=0, maximum=1)
    # fmt: on
    _overrides: dict[str, Any] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        given = ((row.name, getattr(self, row.name)) for row in ROWS)
        said = _checked((name, value) for name, value in given if value is not UNSET)
        values = {row.name: row.default for row in ROWS}
        values |= _of_profile(said)
        values |= said
        if values["style"] == "picture" and not values["picture"]:
            raise SettingError("style picture needs a picture.", hint="Name one with --picture FILE.")
        for name, value in values.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_overrides", said)

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self._overrides.items())})"

    def as_dict(self) -> dict[str, Any]:
        """All values by name, in the order of the table."""
        return {row.name: getattr(self, row.name) for row in ROWS}

    @property
    def overrides(self) -> dict[str, Any]:
        """What was said by file, command line or caller: all that is worth saving."""
        return dict(self._overrides)

    def replaced(self, **changes: Any) -> Settings:
        """New settings with some overrides changed."""
        return resolve({**self._overrides, **changes})

    def kinds(self) -> tuple[str, ...]:
        """The kinds to hide."""
        kinds = [kind for kind, wanted in (("face", self.faces), ("plate", self.plates)) if wanted]
        return (*kinds, *(kind for kind in self.other_kinds if kind not in kinds))

    def for_kind(self, kind: str) -> KindOverrides:
        """What the settings say of one kind alone."""
        if kind == "face":
            return KindOverrides(self.threshold_face, self.growth_face, self.shape_face)
        if kind == "plate":
            return KindOverrides(self.threshold_plate, self.growth_plate, self.shape_plate)
        return KindOverrides()


ROWS: tuple[Setting, ...] = rows_of(Settings)

SETTINGS: dict[str, Setting] = {row.name: row for row in ROWS}

_RENAMED: dict[str, Setting] = {old: row for row in ROWS for old in row.renamed_from}


def find_row(name: str) -> Setting | None:
    """The row that a name means, today or formerly, with dashes or underscores; None where there is none."""
    name = name.replace("-", "_")
    return SETTINGS.get(name) or _RENAMED.get(name)


def renamed_hints(*layers: Mapping[str, Any]) -> list[str]:
    """One sentence for each older name in the layers: they are understood, but people may want to know."""
    old = dict.fromkeys(key.replace("-", "_") for layer in layers for key in layer)
    return [
        msg(
            "The setting {older} is called {newer} now; the old name works, too.",
            older=_dashed(name), newer=_dashed(_RENAMED[name].name),
        )
        for name in old
        if name in _RENAMED
    ]


def resolve(*layers: Mapping[str, Any]) -> Settings:
    """Settings from layers of sparse overrides; a later layer wins over an earlier one, both over the profile.

    Args:
        layers: name -> value, as files, flags, plans and the window hold them. Older names count as the new ones.

    Raises:
        SettingError: every unknown name, wrong type and value out of range, collected into one message.
    """
    said = _checked(item for layer in layers for item in _by_todays_names(layer))
    return Settings(**said)


def _of_profile(said: Mapping[str, Any]) -> dict[str, Any]:
    """What the profile fixes of a run about which this was said.

    What is said of all kinds wins over what a profile says of one. A profile's threshold is a track's probability:
    without tracks it would be taken for a detection's score, and the kinds' own scores count.
    """
    values = dict(PROFILES[said.get("profile", SETTINGS["profile"].default)])
    if said.get("growth") is not None:
        values.pop("growth_face", None)
    if said.get("tracking") is False:
        values.pop("threshold", None)
    return values


def _by_todays_names(layer: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """A layer's items by the rows' names of today; unknown names stay as they are written.

    An older name gives way where the layer holds the new one as well.
    """
    found: dict[str, Any] = {}
    for key, value in layer.items():
        row = find_row(key)
        name = key if row is None else row.name
        if row is None or key.replace("-", "_") == name or name not in found:
            found[name] = value
    return found.items()


def _checked(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Name -> checked value; a later item wins.

    Raises:
        SettingError: every unknown name and wrong value, in one message.
    """
    said: dict[str, Any] = {}
    complaints: list[str] = []
    hint = ""
    for name, value in items:
        row = SETTINGS.get(name)
        if row is None:
            complaints.append(_unknown(name))
            continue
        try:
            said[name] = row.check(value)
        except SettingError as error:
            complaints.append(error.message)
            hint = error.hint
    if complaints:
        raise SettingError(joined(complaints), hint=hint if len(complaints) == 1 else "")
    return said


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key.replace("-", "_"), SETTINGS, n=1)
    if near:
        return msg("There is no setting {key}. Did you mean {near}?", key=repr(key), near=_dashed(near[0]))
    return msg("There is no setting {key}.", key=repr(key))


def _dashed(name: str) -> str:
    return name.replace("_", "-")
