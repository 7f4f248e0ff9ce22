"""The one event stream. `jobs.run.clean(job)` yields these; command line, window and service show the same ones.

A run yields one `Started`, any number of `Progress` and `Warned`, then exactly one of `Finished` or `Failed`; an audit
of its own ends with `Audited` in place of `Finished`. A live run yields `LiveStats` and `LiveChange` in between.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Any

from dashcamcleaner.core.findings import AuditResult
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import DashcamCleanerError

__all__ = [
    "Audited",
    "Event",
    "Failed",
    "Finished",
    "LiveChange",
    "LiveStats",
    "Progress",
    "Started",
    "Warned",
    "event_as_dict",
]


@dataclass(frozen=True, slots=True)
class Started:
    """A clip's run begins.

    Args:
        source: path of the clip that is read.
        output: path under which the result will stand.
        frames: how many frames are expected, None if untold.
        description: what will happen, for people: size, engine, device, profile.
    """

    source: str
    output: str
    frames: int | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the run stands.

    Args:
        phase: ``analyse`` and ``look again`` (of a thorough run), ``clean``, ``render`` (from a plan) or ``audit``.
        frames_done: frames that reached the encoder (or were analysed, in ``analyse``).
        frames: how many are expected, None if untold.
        fps: frames a second, averaged over the last seconds.
        eta_s: seconds left, None if not known.
        counts: regions per kind in the latest frame.
        time_s: the latest frame's time in the clip, seconds.
    """

    phase: str
    frames_done: int
    frames: int | None
    fps: float
    eta_s: float | None
    counts: dict[str, int] = field(default_factory=dict)
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a careful user wants to know; the run goes on."""

    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The output stands under its final name. A partial one (see `RunSummary.status`) counts as finished.

    Args:
        summary: what was done.
        earlier: an earlier run of the same job did it; nothing was done now.
    """

    summary: RunSummary
    earlier: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Audited:
    """An audit is done.

    Args:
        result: what it came to.
        thumbnails: index of the finding -> JPEG of the output there, obscured; for the page, never for the JSON.
    """

    result: AuditResult
    thumbnails: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The run stopped; nothing stands under the final name."""

    error: DashcamCleanerError


@dataclass(frozen=True, slots=True)
class LiveStats:
    """How a live run does: over the last seconds, and since it began.

    Args:
        time_s: seconds since the run began.
        fps: frames that left a second.
        captured_fps: frames that were captured a second.
        latency_ms: time from capture to leaving, median.
        jitter_ms: 95th percentile of how far that is off its median.
        delay_ms: the delay that is set.
        covered_share: share of frames that were covered wholly, 0 to 1.
        queue: frames that wait.
        detected_share: share of frames that the detector saw; the tracks of the others were carried on.
        inference_size: long side of the picture that the detector sees, pixels.
        device: backend and device.
        frames: frames that left since the run began.
        late: frames of these that were covered because their analysis was not finished in time.
        covered: frames of these that were covered wholly for whatever reason.
        dropped: frames that were captured and never left: no room, or a sink that is too slow.
    """

    time_s: float
    fps: float
    captured_fps: float
    latency_ms: float
    jitter_ms: float
    delay_ms: float
    covered_share: float
    queue: int
    detected_share: float
    inference_size: int
    device: str
    frames: int
    late: int
    covered: int
    dropped: int


@dataclass(frozen=True, slots=True)
class LiveChange:
    """Something changed in a live run: what is covered and why, a source or sink lost or found, the load.

    Args:
        time_s: seconds since the run began.
        what: a word for programs: ``covered``, ``uncovered``, ``source``, ``sink``, ``detector``, ``load``,
            ``panic``, ``label``, ``ended``.
        message: a sentence for people.
    """

    time_s: float
    what: str
    message: str


Event = Started | Progress | Warned | Finished | Audited | Failed | LiveStats | LiveChange


def event_as_dict(event: Event) -> dict[str, Any]:
    """An event as plain JSON types: ``{"event": "progress", ...}``."""
    name = re.sub("(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
    if isinstance(event, Failed):
        return {"event": name, **event.error.as_dict()}
    if isinstance(event, Finished):
        return {"event": name, "summary": event.summary.as_dict(), **({"earlier": True} if event.earlier else {})}
    if isinstance(event, Audited):
        return {"event": name, "audit": event.result.as_dict()}
    return {"event": name, **dataclasses.asdict(event)}
