"""The one event stream. `jobs.run.clean(job)` yields these; command line, window and service show the same ones.

A run yields one `Started`, any number of `Progress` and `Warned`, then exactly one of `Finished` or `Failed`; an audit
of its own ends with `Audited` in place of `Finished`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from dashcamcleaner.core.findings import AuditResult
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import DashcamCleanerError

__all__ = ["Audited", "Event", "Failed", "Finished", "Progress", "Started", "Warned", "event_as_dict"]


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


Event = Started | Progress | Warned | Finished | Audited | Failed


def event_as_dict(event: Event) -> dict[str, Any]:
    """An event as plain JSON types: ``{"event": "progress", ...}``."""
    name = type(event).__name__.lower()
    if isinstance(event, Failed):
        return {"event": name, **event.error.as_dict()}
    if isinstance(event, Finished):
        return {"event": name, "summary": event.summary.as_dict(), **({"earlier": True} if event.earlier else {})}
    if isinstance(event, Audited):
        return {"event": name, "audit": event.result.as_dict()}
    return {"event": name, **dataclasses.asdict(event)}
