"""Edits: what a person changed about a plan, and its file (``NAME.edits.jsonl``).

A header and one JSON object per line, versioned like the plan. Command line and window write it; planners apply it
to the regions of each frame. Nothing here weakens what is left hidden: where a kept track overlaps a hidden one,
both are painted as planned and hiding wins.

    {"edits": "dashcamcleaner", "version": [1, 0]}
    {"edit": "keep", "track": 12}                     stays clear: somebody who agreed
    {"edit": "drop", "track": 7}                      is no face or plate: a false hit
    {"edit": "only", "track": 3}                      of all tracks, hide only those so named
    {"edit": "name", "track": 12, "name": "Ann"}      for people
    {"edit": "checked", "track": 12}                  somebody looked at it; changes nothing
    {"edit": "region", "keys": [[1.5, 10, 20, 90, 80], [2.0, 30, 20, 110, 80]], "kind": "face"}
                                                      hidden from the first key's second to the last's, moved evenly
                                                      from key to key
    {"edit": "fixed", "box": [0, 1000, 600, 1080]}    hidden throughout, or "from_s" to "to_s": a burned-in text
    {"edit": "exclude", "box": [0, 900, 1920, 1080]}  finds wholly inside are left clear, as for "fixed"
    {"edit": "frames", "from_s": 3.0, "to_s": 4.5}    hidden wholly
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from dashcamcleaner.core.plan import WHOLE_FRAME, Observation, Origin, Region
from dashcamcleaner.errors import PlanError

__all__ = ["EDITS_VERSION", "Edits", "ManualRegion", "Zone"]

EDITS_VERSION = (1, 0)
"""Major, minor. A reader refuses a newer major version and ignores unknown keys of a newer minor one."""

_MANUAL = "manual"
"""Kind of a region that a person drew without saying what it shows."""
_EPSILON_S = 1e-4
"""Seconds are written for people; a tenth of a millisecond decides no frame."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    """An area over a span of time.

    Args:
        box: upright full-size pixels; None is the whole frame.
        from_s, to_s: inclusive; without limits it lasts the whole clip.
    """

    box: Box | None
    from_s: float = -math.inf
    to_s: float = math.inf

    def holds(self, time_s: float) -> bool:
        """Whether it is in force at this time."""
        return self.from_s - _EPSILON_S <= time_s <= self.to_s + _EPSILON_S


@dataclass(frozen=True, slots=True)
class ManualRegion:
    """A region drawn by a person, with key frames.

    Args:
        keys: ``(second, box)`` in order of time; between two of them the box moves evenly.
        kind: what it hides, for reports and looks.
    """

    keys: tuple[tuple[float, Box], ...]
    kind: str = _MANUAL

    def at(self, time_s: float) -> Box | None:
        """The box at this time, None outside its span."""
        if not self.keys[0][0] - _EPSILON_S <= time_s <= self.keys[-1][0] + _EPSILON_S:
            return None
        for (start_s, start), (end_s, end) in pairwise(self.keys):
            if time_s <= end_s:
                part = min(1.0, max(0.0, (time_s - start_s) / max(1e-9, end_s - start_s)))
                a, b = start, end
                return (
                    a[0] + part * (b[0] - a[0]),
                    a[1] + part * (b[1] - a[1]),
                    a[2] + part * (b[2] - a[2]),
                    a[3] + part * (b[3] - a[3]),
                )
        return self.keys[-1][1]


@dataclass(frozen=True, slots=True)
class Edits:
    """What a person changed. Immutable; `joined` puts those of a file and of the command line together.

    Args:
        keep: tracks that stay clear.
        drop: tracks that are no objects.
        only: where this is not empty, no other track is hidden.
        names: track -> name.
        checked: tracks that somebody looked at.
        regions: drawn by hand.
        fixed: hidden whatever is found there.
        exclude: finds wholly inside are left clear.
        frames: spans hidden wholly.
    """

    keep: frozenset[int] = frozenset()
    drop: frozenset[int] = frozenset()
    only: frozenset[int] = frozenset()
    names: Mapping[int, str] = field(default_factory=dict)
    checked: frozenset[int] = frozenset()
    regions: tuple[ManualRegion, ...] = ()
    fixed: tuple[Zone, ...] = ()
    exclude: tuple[Zone, ...] = ()
    frames: tuple[Zone, ...] = ()

    def __bool__(self) -> bool:
        return self != Edits()

    @property
    def tracks(self) -> frozenset[int]:
        """The tracks that are spoken of: these need a plan to belong to."""
        return self.keep | self.drop | self.only | frozenset(self.names)

    def joined(self, other: Edits) -> Edits:
        """These and the others; of two names the other's counts."""
        return Edits(
            self.keep | other.keep,
            self.drop | other.drop,
            self.only | other.only,
            {**self.names, **other.names},
            self.checked | other.checked,
            self.regions + other.regions,
            self.fixed + other.fixed,
            self.exclude + other.exclude,
            self.frames + other.frames,
        )

    def check_tracks(self, existing: Collection[int], *, shown: Collection[int] | None = None) -> None:
        """Whether all tracks that are spoken of exist.

        Args:
            existing: all tracks of the plan.
            shown: those to list to people, where many of the others are noise; None: all.

        Raises:
            PlanError: one does not; the sentence lists those that do.
        """
        unknown = sorted(self.tracks - set(existing))
        if unknown:
            listed = ", ".join(str(i) for i in sorted(existing if shown is None else shown)) or "none"
            which = ", ".join(str(i) for i in unknown)
            raise PlanError(
                f"the plan has no track {which}; it has: {listed}.",
                hint="Track ids belong to one plan; list them with the contact sheet of that plan.",
            )

    def apply(self, regions: Iterable[Region], *, seen: Observation) -> tuple[Region, ...]:
        """A frame's regions as they are after the edits. What was added by hand comes first."""
        time_s = seen.time.seconds
        away = self.keep | self.drop
        zones = [zone.box for zone in self.exclude if zone.box is not None and zone.holds(time_s)]
        kept = [
            region
            for region in regions
            if region.track not in away
            and (not self.only or region.track in self.only)
            and not any(_within(region.xyxy, zone) for zone in zones)
        ]
        added = []
        for manual in self.regions:
            box = manual.at(time_s)
            if box is not None:
                added.append(Region(box, manual.kind, 1.0, Origin.MANUAL))
        added += [
            Region(zone.box, _MANUAL, 1.0, Origin.MANUAL)
            for zone in self.fixed
            if zone.box is not None and zone.holds(time_s)
        ]
        if any(zone.holds(time_s) for zone in self.frames):
            added.append(Region(_EVERYWHERE, WHOLE_FRAME, 1.0, Origin.MANUAL))
        return (*added, *kept)

    def to_lines(self) -> list[str]:
        """The file's lines, without line breaks."""
        rows: list[dict[str, Any]] = [{"edits": "dashcamcleaner", "version": list(EDITS_VERSION)}]
        by_track = (("keep", self.keep), ("drop", self.drop), ("only", self.only), ("checked", self.checked))
        for what, ids in by_track:
            rows += [{"edit": what, "track": i} for i in sorted(ids)]
        rows += [{"edit": "name", "track": i, "name": name} for i, name in sorted(self.names.items())]
        rows += [{"edit": "region", "keys": [[s, *b] for s, b in r.keys], "kind": r.kind} for r in self.regions]
        for what, zones in (("fixed", self.fixed), ("exclude", self.exclude), ("frames", self.frames)):
            rows += [{"edit": what, **_zone_as_json(zone)} for zone in zones]
        return [json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows]

    @classmethod
    def from_lines(cls, lines: Iterable[str]) -> Edits:
        """The inverse of `to_lines`; blank lines are skipped.

        Raises:
            PlanError: not an edits file, of a newer major version, or with a line that cannot be read.
        """
        rows = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
        _check_header(rows[0][1] if rows else "")
        edits = cls()
        for number, line in rows[1:]:
            try:
                edits = edits.joined(_edit(json.loads(line)))
            except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
                raise PlanError(
                    f"line {number} of the edits cannot be read: {line.strip()[:60]!r} ({error}).",
                    hint='Each line is one JSON object with an "edit" of keep, drop, only, name, region, fixed, '
                    "exclude or frames.",
                ) from error
        return edits


_EVERYWHERE: Box = (-1e6, -1e6, 1e6, 1e6)


def _check_header(line: str) -> None:
    try:
        data = json.loads(line)
        if data["edits"] != "dashcamcleaner":
            raise ValueError("another program's file")
        major, minor = int(data["version"][0]), int(data["version"][1])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise PlanError(
            "the file holds no edits of this program.",
            hint='Its first line is {"edits": "dashcamcleaner", "version": [1, 0]}.',
        ) from error
    if major > EDITS_VERSION[0]:
        raise PlanError(
            f"the edits have version {major}.{minor}, this program reads up to {EDITS_VERSION[0]}.x.",
            hint="Update DashcamCleaner.",
        )


def _edit(data: Mapping[str, Any]) -> Edits:
    what = data["edit"]
    if what == "keep":
        return Edits(keep=frozenset([_id(data)]))
    if what == "drop":
        return Edits(drop=frozenset([_id(data)]))
    if what == "only":
        return Edits(only=frozenset([_id(data)]))
    if what == "name":
        return Edits(names={_id(data): str(data["name"])})
    if what == "checked":
        return Edits(checked=frozenset([_id(data)]))
    if what == "region":
        keys = tuple((_number(key[0]), _box(key[1:])) for key in data["keys"])
        if not keys or any(later[0] <= earlier[0] for earlier, later in pairwise(keys)):
            raise ValueError("keys must be there, in order of time")
        return Edits(regions=(ManualRegion(keys, str(data.get("kind", _MANUAL))),))
    zone = Zone(
        None if what == "frames" else _box(data["box"]),
        _number(data.get("from_s", -math.inf)),
        _number(data.get("to_s", math.inf)),
    )
    if not zone.from_s <= zone.to_s:
        raise ValueError("it ends before it begins")
    if what == "fixed":
        return Edits(fixed=(zone,))
    if what == "exclude":
        return Edits(exclude=(zone,))
    if what == "frames":
        return Edits(frames=(zone,))
    raise ValueError(f"no edit is called {what!r}")


def _id(data: Mapping[str, Any]) -> int:
    value = data["track"]
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a track is a whole number")
    return value


def _number(value: Any) -> float:
    number = float(value)
    if math.isnan(number):
        raise ValueError("not a number")
    return number


def _box(values: Sequence[Any]) -> Box:
    x1, y1, x2, y2 = (_number(v) for v in values)
    if not (math.isfinite(x1 + y1 + x2 + y2) and x2 > x1 and y2 > y1):
        raise ValueError("a box is x1, y1, x2, y2 with x2 > x1 and y2 > y1")
    return (x1, y1, x2, y2)


def _zone_as_json(zone: Zone) -> dict[str, Any]:
    data: dict[str, Any] = {} if zone.box is None else {"box": list(zone.box)}
    if math.isfinite(zone.from_s):
        data["from_s"] = zone.from_s
    if math.isfinite(zone.to_s):
        data["to_s"] = zone.to_s
    return data


def _within(inner: Sequence[float], outer: Sequence[float]) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]
