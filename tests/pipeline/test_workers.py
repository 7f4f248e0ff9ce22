"""Threads that share one fate."""

from __future__ import annotations

import threading

import pytest

from dashcamcleaner.pipeline.workers import BoundedQueue, Stopped, ThreadGroup


def test_items_pass_in_order_through_a_bounded_channel() -> None:
    got: list[int] = []
    with ThreadGroup() as group:
        channel: BoundedQueue[int] = BoundedQueue(group, size=2)

        def give() -> None:
            for i in range(100):
                channel.put(i)
            channel.close()

        group.start("give", give)
        got.extend(channel)
    assert got == list(range(100))


def test_batches_are_full_but_for_the_last() -> None:
    with ThreadGroup() as group:
        channel: BoundedQueue[int] = BoundedQueue(group, size=0)
        for i in range(7):
            channel.put(i)
        channel.close()
        assert [len(batch) for batch in iter(lambda: channel.take(3), [])] == [3, 3, 1]


def test_one_failure_wakes_and_ends_all() -> None:
    group = ThreadGroup()
    channel: BoundedQueue[int] = BoundedQueue(group, size=1)
    stuck = threading.Event()

    def full() -> None:
        channel.put(1)
        stuck.set()
        channel.put(2)  # nobody takes: waits until the group is stopped

    def fails() -> None:
        stuck.wait(5)
        raise RuntimeError("a detector's exception")

    with group:
        group.start("full", full)
        group.start("fails", fails)
        group.join()
    assert isinstance(group.failure, RuntimeError)


def test_waiting_on_a_stopped_crew_raises() -> None:
    group = ThreadGroup()
    channel: BoundedQueue[int] = BoundedQueue(group, size=1)
    group.stop()
    with pytest.raises(Stopped):
        channel.take()
    with pytest.raises(Stopped):
        channel.put(1)


class _Interrupted(threading.Thread):
    """A thread in the middle of whose start a Ctrl-C arrives."""

    def start(self) -> None:
        raise KeyboardInterrupt


def test_a_stop_in_the_middle_of_starting_a_thread_is_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    first = threading.Event()

    def started_and_interrupted() -> None:
        with ThreadGroup() as group:
            group.start("first", first.set)
            first.wait()
            monkeypatch.setattr(threading, "Thread", _Interrupted)
            group.start("second", lambda: None)

    with pytest.raises(KeyboardInterrupt):
        started_and_interrupted()


def test_what_begins_after_the_stop_does_nothing() -> None:
    group, begun = ThreadGroup(), []
    group.stop()
    group.start("late", lambda: begun.append("late"))
    group.join()
    assert not begun
