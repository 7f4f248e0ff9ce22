"""The plan: the contract between seeing and painting.

A plan is a header and one line per frame (JSON Lines): raw detections as the detector gave them, the motion
between frames, and the regions that were hidden. Preview, review, render, replay, resume, audit and report read
it. This module knows lines, not files; `pipeline.plan_file` reads and writes them. The format is told in
``docs/plan-format.md``; `PLAN_VERSION` grows with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import PurePath
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import FARTHEST_PX, Detections
from dashcamcleaner.core.burned_in import BurnedIn, burned_in_of
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.side_files import UNREADABLE, parse_json, reason_of, within

__all__ = [
    "PLAN_VERSION",
    "WHOLE_FRAME",
    "CropCheck",
    "FramePlan",
    "Observation",
    "Origin",
    "PlanHeader",
    "Region",
]

PLAN_VERSION = (1, 2)
"""Major, minor. A reader refuses a newer major version and ignores unknown keys of a newer minor one."""

WHOLE_FRAME = "frame"
"""Kind of a region that hides a whole frame (damaged picture, a span covered by hand)."""

MOST_BOXES = 20_000
"""In one frame of a plan that is read; a detector gives 10,000 at most."""
_LONGEST_NAME = 255
_MOST_KIND = 200
_LARGEST_SIDE_PX = 1 << 16


class Origin(StrEnum):
    """Why a region is there."""

    DETECTED = "detected"
    """Sighted in this very frame."""
    INTERPOLATED = "interpolated"
    """Between two sightings of its track."""
    HELD = "held"
    """Before the first or after the last sighting (or frame memory)."""
    MANUAL = "manual"
    """Drawn or fixed by a person, or added by the audit."""
    DAMAGED = "damaged"
    """The decoder could not vouch for the frame."""

    @property
    def is_filled(self) -> bool:
        """Whether no sighting in that very frame backs the region."""
        return self in (Origin.INTERPOLATED, Origin.HELD)


@dataclass(frozen=True, slots=True)
class Region:
    """What to hide in one frame.

    Args:
        xyxy: four floats, upright full-size pixels, grown to what is to be covered; may reach past the picture.
        kind: ``face``, ``plate``, ..., or `WHOLE_FRAME`.
        score: the score of the sighting (or the track's best for filled ones); 1 for manual ones.
        origin: why it is there.
        track: track id within the plan, None where nothing was linked.
    """

    xyxy: tuple[float, float, float, float]
    kind: str
    score: float
    origin: Origin
    track: int | None = None

    @property
    def area(self) -> float:
        """The area of its box in square pixels, what reaches past the picture included."""
        x1, y1, x2, y2 = self.xyxy
        return (x2 - x1) * (y2 - y1)


@dataclass(frozen=True, slots=True)
class CropCheck:
    """What a second look at an enlarged crop around a detection found.

    Args:
        xyxy: the detection that was looked at, upright full-size pixels.
        kind: what it was taken for.
        score: what the closer look gives it, from nearly 0 (nothing there) to 1.
    """

    xyxy: tuple[float, float, float, float]
    kind: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What is known of one frame before planning: what planners are fed.

    Args:
        index: position in presentation order.
        time: the frame's exact time.
        detections: raw, down to the score floor whatever the threshold, upright full-size pixels.
        motion: the motion from the previous frame to this one; None where it was not measured.
        damaged: the decoder flagged the frame: it is to be covered wholly.
        checks: closer looks at some of the detections; added after the planner has taken the frame.
        skipped: the detector did not look at this frame, so that it has no detections. That an object was not detected
            in it says nothing about the object.
    """

    index: int
    time: FrameTime
    detections: Detections
    motion: Motion | None = None
    damaged: bool = False
    checks: list[CropCheck] = field(default_factory=list)
    skipped: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FramePlan:
    """One frame's observation and the final regions to hide in it."""

    seen: Observation
    regions: tuple[Region, ...] = ()

    @property
    def index(self) -> int:
        """The frame's index, from 0."""
        return self.seen.index

    @property
    def time(self) -> FrameTime:
        """The frame's exact time."""
        return self.seen.time

    def to_line(self) -> str:
        """One JSON line, without the line break."""
        seen = self.seen
        found = seen.detections
        boxes = np.round(found.xyxy.astype(np.float64), 2).tolist()
        scores = np.round(found.score.astype(np.float64), 4).tolist()
        data: dict[str, Any] = {
            "i": seen.index,
            "pts": seen.time.pts,
            "d": [[*box, score, kind] for box, score, kind in zip(boxes, scores, found.kind.tolist(), strict=True)],
            "r": [
                [*(round(float(v), 2) for v in r.xyxy), round(float(r.score), 4), r.kind, r.origin.value, r.track]
                for r in self.regions
            ],
        }
        if seen.motion is not None:
            data["m"] = seen.motion.as_json()
        if seen.damaged:
            data["damaged"] = True
        if seen.skipped:
            data["skipped"] = True
        if seen.checks:
            data["c"] = [[*(round(float(v), 2) for v in c.xyxy), round(float(c.score), 4), c.kind] for c in seen.checks]
        return json.dumps(data, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str, *, time_base: Fraction) -> FramePlan:
        """The inverse of `to_line`.

        Raises:
            PlanError: the line is not what `to_line` writes.
        """
        try:
            data = parse_json(line)
            if len(data["d"]) > MOST_BOXES or len(data["r"]) > MOST_BOXES or len(data.get("c", ())) > MOST_BOXES:
                raise ValueError(f"more than {MOST_BOXES} boxes")
            _check_boxes([row[:5] for row in data["d"]], what="a detection")
            seen = Observation(
                index=int(data["i"]),
                time=FrameTime(int(data["pts"]), time_base),
                detections=Detections.from_rows([(*row[:5], _kind_of(row[5])) for row in data["d"]]),
                motion=Motion.from_json(data["m"]) if "m" in data else None,
                damaged=bool(data.get("damaged", False)),
                skipped=bool(data.get("skipped", False)),
                checks=[
                    CropCheck((float(c[0]), float(c[1]), float(c[2]), float(c[3])), _kind_of(c[5]), float(c[4]))
                    for c in data.get("c", ())
                ],
            )
            if seen.skipped and len(seen.detections):
                raise ValueError("a frame that was skipped has detections")
            _check_boxes([(*c.xyxy, c.score) for c in seen.checks], what="a check")
            regions = tuple(
                Region(
                    xyxy=(float(r[0]), float(r[1]), float(r[2]), float(r[3])),
                    score=float(r[4]),
                    kind=_kind_of(r[5]),
                    origin=Origin(r[6]),
                    track=None if r[7] is None else int(r[7]),
                )
                for r in data["r"]
            )
            _check_boxes([(*r.xyxy, r.score) for r in regions], what="a region")
        except UNREADABLE as error:
            raise PlanError(
                msg(
                    "the plan has a line that cannot be read: {line} ({reason_of}).",
                    line=repr(line[:60]),
                    reason_of=reason_of(error),
                )
            ) from error
        return cls(seen, regions)


@dataclass(frozen=True, slots=True)
class PlanHeader:
    """The first line of a plan: what it is a plan of, and how it was made.

    Args:
        source: file name of the clip (no folder: a plan may travel).
        fingerprint: the fingerprint of the source's bytes, see `pipeline.plan_file.fingerprint`.
        upright_size: ``(width, height)``; all boxes are in these pixels.
        time_base: the time base of all pts in the plan.
        settings: overrides in force, by name.
        weights: name of the weights; ``weights_sha256`` their hash.
        seeing: what decides the raw detections (weights hash, inference size, tiles, ...): a resume needs it equal.
        versions: the versions of this program and its backends.
        kinds: the kinds that the weights know; empty where the plan does not tell (version 1.0).
        burned_in: text that is burned into the picture, hidden or not; None where nobody looked for any.
    """

    source: str
    fingerprint: str
    upright_size: tuple[int, int]
    time_base: Fraction
    settings: dict[str, Any] = field(default_factory=dict)
    weights: str = ""
    weights_sha256: str = ""
    seeing: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    burned_in: tuple[BurnedIn, ...] | None = None
    version: tuple[int, int] = PLAN_VERSION

    @property
    def video_track(self) -> int | None:
        """Number of the video stream that the plan is of, from 1; None in plans that do not tell."""
        number = self.seeing.get("video_track")
        return number if type(number) is int else None

    def to_line(self) -> str:
        """One JSON line, without the line break."""
        return json.dumps(
            {
                "plan": "dashcamcleaner",
                "version": list(self.version),
                "source": self.source,
                "fingerprint": self.fingerprint,
                "upright_size": list(self.upright_size),
                "time_base": [self.time_base.numerator, self.time_base.denominator],
                "settings": self.settings,
                "weights": self.weights,
                "weights_sha256": self.weights_sha256,
                "seeing": self.seeing,
                "versions": self.versions,
                **({"kinds": list(self.kinds)} if self.kinds else {}),
                **({"burned_in": [one.as_dict() for one in self.burned_in]} if self.burned_in is not None else {}),
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_line(cls, line: str) -> PlanHeader:
        """The inverse of `to_line`.

        Raises:
            PlanError: not a plan, or of a newer major version.
        """
        try:
            data = parse_json(line)
            if data["plan"] != "dashcamcleaner":
                raise ValueError("another program's file")
            version = (int(data["version"][0]), int(data["version"][1]))
        except UNREADABLE as error:
            raise PlanError(
                "the file is not a plan of this program.", hint="A plan's name ends in .plan.jsonl."
            ) from error
        if version[0] > PLAN_VERSION[0]:
            raise PlanError(
                msg(
                    "the plan has version {version}.{version2}, this program reads up to {plan_version}.x.",
                    version=version[0],
                    version2=version[1],
                    plan_version=PLAN_VERSION[0],
                ),
                hint="Update DashcamCleaner, or analyse the clip again.",
            )
        try:
            return cls(
                source=_file_name_of(data["source"]),
                fingerprint=str(data["fingerprint"]),
                upright_size=(_side_of(data["upright_size"][0]), _side_of(data["upright_size"][1])),
                time_base=_time_base_of(data["time_base"]),
                settings=dict(data.get("settings", {})),
                weights=str(data.get("weights", "")),
                weights_sha256=str(data.get("weights_sha256", "")),
                seeing=dict(data.get("seeing", {})),
                versions=dict(data.get("versions", {})),
                kinds=tuple(str(kind) for kind in data.get("kinds", ())),
                burned_in=burned_in_of(data.get("burned_in")),
                version=version,
            )
        except UNREADABLE as error:
            raise PlanError(
                msg("the plan's header cannot be read ({reason_of}).", reason_of=reason_of(error))
            ) from error


def _check_boxes(rows: Any, *, what: str) -> None:
    """Refuse rows of four coordinates and a score that lie beyond all pictures, or are turned inside out."""
    table = np.asarray(rows, np.float64).reshape(-1, 5)
    if not (np.abs(table) <= FARTHEST_PX).all():  # NaN fails, too
        raise ValueError(f"{what} is out of range")
    if ((table[:, 2] < table[:, 0]) | (table[:, 3] < table[:, 1])).any():
        raise ValueError(f"{what} has a box with x2 < x1 or y2 < y1")


def _kind_of(value: Any) -> str:
    kind = str(value)
    if len(kind) > _MOST_KIND:  # arrays of kinds give each as much room as the longest
        raise ValueError(f"the kind {kind[:20]!r}... is too long")
    return kind


def _file_name_of(value: Any) -> str:
    """The name of the clip, from which commands make a path beside the plan: one that a file can have."""
    name = str(value)
    last = PurePath(name).name
    if last in ("", "..") or len(last) > _LONGEST_NAME or "\0" in name:
        raise ValueError(msg("its source is no name of a file"))
    return name


def _side_of(value: Any) -> int:
    return int(within(value, 1, _LARGEST_SIDE_PX, what="a picture's side"))


def _time_base_of(value: Any) -> Fraction:
    """The seconds of a tick: more than none, and no more than FFmpeg's numbers can tell."""
    numerator, denominator = (int(within(v, 1, (1 << 31) - 1, what="the time base")) for v in (value[0], value[1]))
    return Fraction(numerator, denominator)
