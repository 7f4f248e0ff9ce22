"""What a run did, as plain data: the base of the printed summary, the JSON beside the output and the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashcamcleaner.messages import as_message, joined, msg

__all__ = ["CLEANED", "PARTIAL", "HiddenSummary", "KindSummary", "RunSummary", "StreamAction", "actions_told"]

SAID = (
    msg("audit"), msg("cleaned"), msg("partial"), msg("failed"), msg("muted"), msg("analyse"), msg("look again"),
    msg("clean"), msg("render"), msg("whole frame"), msg("audit: fails"), msg("to review"), msg("engine"),
    msg("weights"),
)  # fmt: skip
"""Words of summaries and events: machines get them as they are, people in their language."""
CLEANED = "cleaned"
PARTIAL = "partial"


@dataclass(slots=True)
class KindSummary:
    """What was found and hidden of one kind.

    Args:
        detections: those that are hidden, and others with a score at or above the one that the weights recommend.
        frames_seen: frames with at least one such detection.
        frames_covered: frames with at least one region.
        regions: regions over all frames.
        tracks: distinct objects, as far as linking can tell.
        filled: regions that no sighting in that very frame backs (interpolated or held).
        longest_fill_s: the longest unbroken span of such regions of one track, seconds.
        lowest_score: lowest score among the detections counted, None without any.
    """

    detections: int = 0
    frames_seen: int = 0
    frames_covered: int = 0
    regions: int = 0
    tracks: int = 0
    filled: int = 0
    longest_fill_s: float = 0.0
    lowest_score: float | None = None


@dataclass(frozen=True, slots=True)
class StreamAction:
    """What became of one stream, tag group or chapter list.

    Args:
        what: its name for people: ``sound 1 (aac, eng)``, ``GPS telemetry (gpmd)``, ``tag location``.
        action: ``copied``, ``converted``, ``dropped``, ``cleaned`` or ``muted``.
        why: a few words, e.g. ``may carry position`` or ``MP4 cannot hold SRT``.
    """

    what: str
    action: str
    why: str = ""


def actions_told(actions: Iterable[StreamAction], *, words: Mapping[str, str] | None = None) -> list[str]:
    """What became of all that a clip holds, for people: a line for each action.

    Args:
        actions: what became of each.
        words: other words for some actions.
    """
    by_action: dict[str, list[str]] = {}
    for one in actions:
        why = msg(" ({why})", why=as_message(one.why)) if one.why else ""
        by_action.setdefault(one.action, []).append(as_message(one.what) + why)
    return [
        msg("  {action}: {what}", action=as_message((words or {}).get(action, action)), what=joined(what, "; "))
        for action, what in by_action.items()
    ]


@dataclass(slots=True)
class HiddenSummary:
    """How much of the picture is hidden.

    Args:
        mean_share: share of the picture under regions, 0-1, mean over the frames; without what was drawn by hand.
        large: tracks with a region of more than a fifth of the picture, the largest first: ``kind``, ``track``,
            ``share``, ``index`` (the frame), ``first_s``, ``last_s``.
        notes: what is to be told of it, a sentence each; empty where little is hidden.
    """

    mean_share: float = 0.0
    large: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class RunSummary:
    """One clip's run. `as_dict` is what ``--json`` prints and what the JSON beside the output holds."""

    source: str
    output: str
    status: str = CLEANED
    frames: int = 0
    duration_s: float = 0.0
    size: tuple[int, int] = (0, 0)
    source_bytes: int = 0
    output_bytes: int = 0
    plan: str | None = None
    report: str | None = None
    kinds: dict[str, KindSummary] = field(default_factory=dict)
    damaged_frames: int = 0
    streams: list[StreamAction] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    backend: str = ""
    weights: str = ""
    weights_sha256: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    resumed_frames: int = 0
    audit: dict[str, Any] | None = None
    source_sha256: str = ""
    output_sha256: str = ""
    edits: list[str] = field(default_factory=list)
    left_clear: str = ""
    persons_asked: str = ""
    """What tells the request about persons from others, in hex; empty where nobody was named."""
    visible: list[dict[str, Any]] = field(default_factory=list)
    """Persons who were left visible: ``person``, ``frames``, ``first_s``, ``last_s``, and ``by`` whose choice."""
    burned_in: list[dict[str, Any]] = field(default_factory=list)
    """Text burned into the picture: ``box``, ``holds``, ``sure``, ``place`` in words, and whether it is ``hidden``."""
    timeline: dict[str, Any] = field(default_factory=dict)
    hidden: HiddenSummary = field(default_factory=HiddenSummary)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return dataclasses.asdict(self)
