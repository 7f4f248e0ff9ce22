"""The queue as the window knows it: one row per clip in order, and how far all of them are.

Fed with the events of runs; read by the view. No widget and no clock in here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dashcamcleaner.core.events import Audited, Event, Failed, Finished, Progress, Started, Warned
from dashcamcleaner.core.summary import PARTIAL, RunSummary
from dashcamcleaner.errors import Cancelled, DashcamCleanerError
from dashcamcleaner.gui.queue_row import BUSY, MOVES, OVER, Row, State

__all__ = ["Queue", "Totals"]


@dataclass(frozen=True, slots=True)
class Totals:
    """The queue as a whole.

    Args:
        clips: rows in the queue.
        ended: how many of these are done, partial or failed.
        looks: how many of these need a look.
        failed: how many of these failed.
        fraction: work done, 0-1, clips weighed by their length.
        fps: frames a second of all running clips together.
        eta_s: seconds until the queue is empty, None if not known.
    """

    clips: int
    ended: int
    failed: int
    fraction: float
    fps: float
    eta_s: float | None
    looks: int = 0

    @property
    def done(self) -> int:
        """How many have a result."""
        return self.ended - self.failed


class Queue:
    """The rows in order."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._order: list[int] = []
        self._places: dict[int, int] = {}
        self._sources: set[Path] = set()
        self._next_id = 1

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self._rows.values()))

    def __getitem__(self, row_id: int) -> Row:
        return self._rows[row_id]

    def get(self, row_id: int | None) -> Row | None:
        return None if row_id is None else self._rows.get(row_id)

    def index_of(self, row_id: int) -> int:
        """Position of a row."""
        return self._places[row_id]

    def at(self, index: int) -> Row:
        """The row at a position."""
        return self._rows[self._order[index]]

    def holds(self, source: Path) -> bool:
        """Whether a clip is in the queue already."""
        return source in self._sources

    def add(self, source: Path, *, root: Path | None = None) -> Row | None:
        """Append a clip; one that is there already is not added twice."""
        if self.holds(source):
            return None
        row = Row(self._next_id, source, root=root)
        self._next_id += 1
        self._rows[row.id] = row
        self._places[row.id] = len(self._order)
        self._order.append(row.id)
        self._sources.add(source)
        return row

    def remove(self, row_id: int) -> bool:
        """Take a row out; one that is being worked on stays."""
        row = self._rows.get(row_id)
        if row is None or row.state in BUSY:
            return False
        del self._rows[row_id]
        self._order.remove(row_id)
        self._places = {one: place for place, one in enumerate(self._order)}
        self._sources.discard(row.source)
        return True

    def move(self, row_id: int, *, to: State) -> None:
        """Change a row's state.

        Raises:
            ValueError: the table of moves does not know it.
        """
        row = self._rows[row_id]
        if to not in MOVES[row.state]:
            raise ValueError(f"a clip that is {row.state} cannot become {to}")
        row.state = to

    def begin(self, row_id: int) -> Row:
        """A run on this row starts."""
        self.move(row_id, to=State.RUNNING)
        row = self._rows[row_id]
        row.phase, row.frames_done, row.fps, row.eta_s = "", 0, 0.0, None
        row.frames = row.facts.frames if row.facts else None
        row.standing = row.summary if row.from_plan is not None else None
        row.error, row.summary, row.two_passes, row.cleaned_before = None, None, False, False
        row.counts, row.warnings, row.wanted = {}, [], False
        return row

    def cannot_be_read(self, row_id: int, error: DashcamCleanerError) -> None:
        """Nothing can be told of a clip; one that waits has failed by that."""
        row = self._rows[row_id]
        row.facts_error = error
        if row.state is State.WAITING:
            self.move(row_id, to=State.FAILED)
            row.error = error

    def begin_audit(self, row_id: int) -> Row:
        """The result of this row is looked at again."""
        self.move(row_id, to=State.AUDITING)
        row = self._rows[row_id]
        row.wants_audit, row.phase, row.frames_done, row.fps, row.eta_s = False, "audit", 0, 0.0, None
        return row

    def found_done(self, row_id: int, summary: RunSummary) -> None:
        """An earlier run's result of a waiting clip was found."""
        row = self._rows[row_id]
        if row.state is State.WAITING:
            self.move(row_id, to=State.PARTIAL if summary.status == PARTIAL else State.DONE)
            row.summary, row.output, row.cleaned_before = summary, Path(summary.output), True

    def ask_again(self, row_id: int, *, overwrite: bool = False, from_plan: Path | None = None) -> None:
        """Put an ended row back in line."""
        self.move(row_id, to=State.WAITING)
        row = self._rows[row_id]
        row.overwrite, row.from_plan, row.error, row.facts_error = overwrite, from_plan, None, None
        row.asked_again = True

    def apply(self, row_id: int, event: Event) -> Row:
        """Take in an event of the row's run."""
        row = self._rows[row_id]
        if isinstance(event, Started):
            row.output, row.description = Path(event.output), event.description
            row.frames = event.frames or row.frames
        elif isinstance(event, Progress):
            row.two_passes = row.two_passes or event.phase == "analyse"
            row.phase, row.frames_done, row.frames = event.phase, event.frames_done, event.frames or row.frames
            row.fps, row.eta_s, row.counts = event.fps, event.eta_s, event.counts
        elif isinstance(event, Warned):
            row.warnings.append(event.message)
        elif isinstance(event, Finished):
            row.summary, row.output = event.summary, Path(event.summary.output)
            row.fps = event.summary.frames / event.summary.wall_s if event.summary.wall_s else 0.0
            row.eta_s, row.overwrite, row.from_plan = None, False, None
            self.move(row_id, to=State.PARTIAL if event.summary.status == PARTIAL else State.DONE)
        elif isinstance(event, Audited):
            if row.summary is not None:
                row.summary.audit = event.result.as_dict()
            self._end_audit(row)
        elif isinstance(event, Failed) and row.state is State.AUDITING:
            if not isinstance(event.error, Cancelled):
                row.warnings.append(event.error.message)
            self._end_audit(row)
        elif isinstance(event, Failed):
            row.error, row.eta_s, row.summary = event.error, None, row.standing
            self.move(row_id, to=State.STOPPED if isinstance(event.error, Cancelled) else State.FAILED)
        return row

    def _end_audit(self, row: Row) -> None:
        partial = row.summary is not None and row.summary.status == PARTIAL
        self.move(row.id, to=State.PARTIAL if partial else State.DONE)

    def next_audit(self) -> Row | None:
        """The first row whose result is to be looked at again."""
        return next((row for row in self if row.wants_audit and row.state in (State.DONE, State.PARTIAL)), None)

    def next_waiting(self, *, wanted_only: bool = False) -> Row | None:
        """The first row that waits; what was asked for by itself goes first."""
        waiting = [row for row in self if row.state is State.WAITING]
        first = next((row for row in waiting if row.wanted), None)
        return first or (waiting[0] if waiting and not wanted_only else None)

    def running(self) -> list[Row]:
        """The rows that are being worked on."""
        return [row for row in self if row.state in BUSY]

    def totals(self, *, pace_fps: float | None = None) -> Totals:
        """How far the queue is.

        Args:
            pace_fps: frames a second as they were measured, for what is told before anything runs.
        """
        rows = list(self)
        lengths = [row.facts.duration_s for row in rows if row.facts and row.facts.duration_s]
        usual = sum(lengths) / len(lengths) if lengths else 1.0
        work = whole = 0.0
        waiting = 0.0
        for row in rows:
            if row.state is State.FAILED and row.facts is None:
                continue  # nothing of it is to be done
            weight = (row.facts.duration_s if row.facts and row.facts.duration_s else None) or usual
            whole += weight
            work += weight * (1.0 if row.state in OVER else row.fraction)
            waiting += weight if row.state is State.WAITING else 0.0
        running = self.running()
        eta_s = _time_left(running, waiting_s=waiting, usual_s=usual)
        if not running and pace_fps:
            to_come = [row.facts.frames for row in rows if row.state is State.WAITING and row.facts is not None]
            if to_come and all(to_come):
                eta_s = sum(frames for frames in to_come if frames) / pace_fps
        return Totals(
            clips=len(rows),
            ended=sum(row.state in OVER for row in rows),
            failed=sum(row.state is State.FAILED for row in rows),
            fraction=work / whole if whole else 0.0,
            fps=sum(row.fps for row in running),
            eta_s=eta_s,
            looks=sum(row.state in OVER and row.needs_look for row in rows),
        )


def _time_left(running: list[Row], *, waiting_s: float, usual_s: float) -> float | None:
    """Seconds until all is done: the longest that runs, or all that is left at the pace of those that run together.

    Args:
        running: rows at work; one that does not know yet when it ends is left over like one that waits.
        waiting_s: seconds of clip that wait.
        usual_s: the length of a clip that does not tell it, seconds.
    """
    longest, left_s, pace = None, waiting_s, 0.0  # seconds of time, seconds of clip, the one by the other
    for row in running:
        own_s = (row.facts.duration_s if row.facts and row.facts.duration_s else None) or usual_s
        if row.eta_s is None:
            left_s += own_s * (1 - row.fraction)
            continue
        longest = max(longest or 0.0, row.eta_s)
        if row.fps and row.frames:
            its = own_s * row.fps / row.frames
            pace += its
            left_s += its * row.eta_s
    if longest is None or not pace:
        return longest
    return max(longest, left_s / pace)
