"""The queue without a widget: which state may follow which, and how far all clips are."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashcamcleaner.core.events import Audited, Failed, Finished, Progress, Started, Warned
from dashcamcleaner.core.findings import AuditResult, Finding, Severity, Status
from dashcamcleaner.core.summary import PARTIAL, RunSummary
from dashcamcleaner.errors import Cancelled, InputError
from dashcamcleaner.gui.queue_model import Queue
from dashcamcleaner.gui.queue_row import MOVES, ClipFacts, State


def queue_of(*lengths_s: float) -> Queue:
    queue = Queue()
    for number, length_s in enumerate(lengths_s):
        row = queue.add(Path(f"{number}.mp4"))
        assert row is not None
        row.facts = ClipFacts(length_s, (1920, 1080), round(length_s * 30), 1000)
    return queue


def test_a_clip_is_in_the_queue_once() -> None:
    queue = queue_of(1.0)
    assert queue.add(Path("0.mp4")) is None
    assert len(queue) == 1


def test_the_events_of_a_run_move_its_row() -> None:
    queue = queue_of(10.0)
    row = queue.begin(1)
    queue.apply(1, Started("0.mp4", "out.mp4", 300, "engine"))
    queue.apply(1, Progress("clean", 75, 300, 30.0, 7.5, {"face": 1}, 2.5))
    assert (row.state, row.fraction, row.output) == (State.RUNNING, 0.25, Path("out.mp4"))
    queue.apply(1, Warned("odd"))
    queue.apply(1, Finished(RunSummary("0.mp4", "out.mp4", frames=300, wall_s=10.0)))
    assert (row.state, row.fraction, row.fps, row.warnings) == (State.DONE, 1.0, 30.0, ["odd"])


def test_a_thorough_run_never_goes_back() -> None:
    queue = queue_of(10.0)
    row = queue.begin(1)
    seen = []
    for phase in ("analyse", "render"):
        for done in range(0, 301, 50):
            queue.apply(1, Progress(phase, done, 300, 30.0, None))
            seen.append(row.fraction)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_partial_failed_and_stopped_are_told_apart() -> None:
    queue = queue_of(1.0, 1.0, 1.0)
    for row_id in (1, 2, 3):
        queue.begin(row_id)
    queue.apply(1, Finished(RunSummary("a", "b", status=PARTIAL)))
    queue.apply(2, Failed(InputError("broken")))
    queue.apply(3, Failed(Cancelled("stopped")))
    assert [row.state for row in queue] == [State.PARTIAL, State.FAILED, State.STOPPED]


def test_what_ended_may_be_asked_for_again_and_nothing_else() -> None:
    queue = queue_of(1.0)
    with pytest.raises(ValueError, match="waiting"):
        queue.ask_again(1)
    queue.begin(1)
    queue.apply(1, Failed(InputError("broken")))
    queue.ask_again(1, overwrite=True)
    row = queue[1]
    assert (row.state, row.overwrite, row.error) == (State.WAITING, True, None)


def test_every_state_can_be_left() -> None:
    assert set(MOVES) == set(State)
    assert all(MOVES.values())


def test_an_audit_leaves_the_row_as_it_was() -> None:
    queue = queue_of(1.0)
    queue.begin(1)
    queue.apply(1, Finished(RunSummary("a", "b")))
    row = queue.begin_audit(1)
    assert row.state is State.AUDITING
    result = AuditResult("a", "b", status=Status.NEEDS_REVIEW)
    result.findings = [Finding("pixels", "clear-object", Severity.REVIEW, "A face.", first_frame=3, last_frame=4)]
    queue.apply(1, Audited(result))
    assert (row.state, row.audit_status, row.audit_findings) == (State.DONE, "NEEDS REVIEW", 1)
    queue.begin_audit(1)
    queue.apply(1, Failed(InputError("gone")))
    assert row.state is State.DONE
    assert row.warnings == ["gone"]


def test_a_running_row_cannot_be_removed() -> None:
    queue = queue_of(1.0, 1.0)
    queue.begin(1)
    assert not queue.remove(1)
    assert queue.remove(2)


def test_totals_weigh_clips_by_their_length() -> None:
    queue = queue_of(10.0, 30.0)
    queue.begin(1)
    queue.apply(1, Progress("clean", 150, 300, 30.0, 5.0))
    totals = queue.totals()
    assert totals.fraction == pytest.approx(5 / 40)
    # 5 s of this clip, then 30 s of clip at the speed of this one: as fast as it is played.
    assert totals.eta_s == pytest.approx(5 + 30)
    queue.apply(1, Finished(RunSummary("a", "b")))
    assert queue.totals().fraction == pytest.approx(10 / 40)
    assert (queue.totals().ended, queue.totals().clips) == (1, 2)
