"""A clip of the queue as the window knows it: its state, which may follow which, what is told of it and its run.

No widget and no clock in here; `queue_model` keeps the rows in order and feeds them with events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dashcamcleaner.core.findings import Status
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.settings import SETTINGS, Settings

__all__ = ["BUSY", "ENDED", "MOVES", "OVER", "ClipFacts", "Row", "State"]


class State(StrEnum):
    """Where a clip stands."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    AUDITING = "auditing"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"


MOVES: dict[State, frozenset[State]] = {
    State.WAITING: frozenset({State.RUNNING, State.FAILED, State.DONE, State.PARTIAL}),
    State.RUNNING: frozenset({State.PAUSED, State.DONE, State.PARTIAL, State.FAILED, State.STOPPED}),
    State.PAUSED: frozenset({State.RUNNING, State.DONE, State.PARTIAL, State.FAILED, State.STOPPED}),
    State.AUDITING: frozenset({State.DONE, State.PARTIAL}),
    State.DONE: frozenset({State.WAITING, State.AUDITING}),
    State.PARTIAL: frozenset({State.WAITING, State.AUDITING}),
    State.FAILED: frozenset({State.WAITING}),
    State.STOPPED: frozenset({State.WAITING}),
}
"""Which state may follow which. What is finished, failed or stopped may be asked for again."""

BUSY = frozenset({State.RUNNING, State.PAUSED, State.AUDITING})
ENDED = frozenset({State.DONE, State.PARTIAL, State.FAILED, State.STOPPED})
OVER = ENDED - {State.STOPPED}
_ANALYSE_SHARE = 0.6  # of a thorough run's time, roughly: the detector outweighs the encoder


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What is told of a clip before it is cleaned.

    Args:
        duration_s: seconds, None where the container does not tell.
        size: ``(width, height)`` as shown.
        frames: expected count, None if untold.
        file_bytes: size on disk.
        thumbnail: opaque to the model; the view's picture.
    """

    duration_s: float | None
    size: tuple[int, int]
    frames: int | None
    file_bytes: int
    thumbnail: object = None


@dataclass(slots=True)
class Row:
    """One clip of the queue.

    Args:
        id: stays the same however the queue changes.
        source: the clip.
        root: the folder it came with; its tree is kept below an output folder. None for single files.
        output: where the result will stand, or stands; None until it is known.
        asked_again: the user wants it made anew, whatever stands there.
        cleaned_before: the result is of an earlier day.
        wanted: it is to be run although nobody asked for all that waits.
        settings: those of its run, as they were when it was started; None before that.
        wants_audit: the result is to be looked at again.
        own_output: a name that the user chose for this very clip.
        overwrite: the user asked to replace the result.
        from_plan: render again from this plan.
        standing: what is known of the result that is rendered again; it stays as it was until the new one is whole.
        phase, frames_done, frames, fps, eta_s, counts: those of the latest `Progress`.
        warnings: told so far.
        log: what happened to it since the window opened, a line each, with the time of day.
    """

    id: int
    source: Path
    root: Path | None = None
    output: Path | None = None
    own_output: Path | None = None
    overwrite: bool = False
    from_plan: Path | None = None
    standing: RunSummary | None = None
    state: State = State.WAITING
    facts: ClipFacts | None = None
    facts_error: DashcamCleanerError | None = None
    description: str = ""
    phase: str = ""
    frames_done: int = 0
    frames: int | None = None
    fps: float = 0.0
    eta_s: float | None = None
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    error: DashcamCleanerError | None = None
    summary: RunSummary | None = None
    two_passes: bool = False
    wants_audit: bool = False
    wanted: bool = False
    settings: Settings | None = None
    cleaned_before: bool = False
    asked_again: bool = False

    @property
    def fraction(self) -> float:
        """How much of the clip is done, 0-1."""
        if self.state in (State.DONE, State.PARTIAL):
            return 1.0
        if self.state not in BUSY or not self.frames:
            return 0.0
        part = min(1.0, self.frames_done / self.frames)
        if self.state is State.AUDITING:
            return part
        if self.phase == "analyse":
            return part * _ANALYSE_SHARE
        return _ANALYSE_SHARE + part * (1 - _ANALYSE_SHARE) if self.two_passes else part

    @property
    def audit_status(self) -> str:
        """What the audit of the result came to; empty without one."""
        audit = self.summary.audit if self.summary is not None else None
        return str(audit.get("status", "")) if audit else ""

    @property
    def audit_findings(self) -> int:
        """How many things the audit wants looked at."""
        audit = self.summary.audit if self.summary is not None else None
        return sum(one.get("severity") != "note" for one in audit.get("findings", [])) if audit else 0

    @property
    def needs_look(self) -> bool:
        """An audit found something that a person is to look at."""
        return self.audit_status in (Status.NEEDS_REVIEW, Status.FAIL)

    @property
    def style(self) -> str | None:
        """The style of the run or of its result; None where neither is there."""
        if self.summary is not None:
            return str(self.summary.settings.get("style", SETTINGS["style"].default))
        return None if self.settings is None else self.settings.style

    @property
    def profile(self) -> str | None:
        """The profile of the run or of its result; None where neither is there."""
        if self.summary is not None:
            return str(self.summary.settings.get("profile", SETTINGS["profile"].default))
        return None if self.settings is None else self.settings.profile

    @property
    def can_restart(self) -> bool:
        return self.state in ENDED

    @property
    def plan(self) -> Path | None:
        """The plan beside the result, if the run left one."""
        return Path(self.summary.plan) if self.summary is not None and self.summary.plan else None
