"""Threads that live and die together, and the bounded queues between them.

An exception in any of them stops all, is kept, and is raised again in the caller after all were joined. Waiting
is done on conditions, never by polling, so an idle pipeline costs nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import platform
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

__all__ = ["BoundedQueue", "Stopped", "ThreadGroup", "join_thread", "settle_allocator", "until_done"]

T = TypeVar("T")


class Stopped(Exception):
    """Raised in a thread of a group that was stopped while the thread waited; it ends the thread quietly."""


def join_thread(thread: threading.Thread) -> None:
    """Wait until a thread has ended; return at once where it has not begun.

    A Ctrl-C may arrive in the middle of `threading.Thread.start`, and what tidies up then must not fail over a thread
    that does not run yet: it was told to stop, and ends as soon as it begins.
    """
    with contextlib.suppress(RuntimeError):  # "cannot join thread before it is started"
        thread.join()


class ThreadGroup:
    """Threads that share one fate.

    Use as a context manager: leaving it stops and joins all threads. `failure` is the first exception that any of
    them raised.
    """

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.failure: BaseException | None = None
        self.stopping = False
        self._threads: list[threading.Thread] = []

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Run ``work`` in a thread of this group."""

        def guarded() -> None:
            if self.stopping:
                return
            try:
                work()
            except Stopped:
                pass
            except BaseException as error:  # kept and raised again in the caller; nothing may vanish in a thread
                self.stop(error)

        thread = threading.Thread(target=guarded, name=f"dashcamcleaner-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self, failure: BaseException | None = None) -> None:
        """Wake everybody who waits and make them end; the first failure is kept."""
        with self.lock:
            if self.failure is None and not self.stopping:
                self.failure = failure
            self.stopping = True
            self.lock.notify_all()

    def join(self) -> None:
        """Wait until all threads have ended."""
        for thread in self._threads:
            join_thread(thread)

    def __enter__(self) -> ThreadGroup:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.join()


class BoundedQueue(Generic[T]):
    """A bounded queue between two threads of a group.

    Args:
        group: the thread group whose stop wakes those who wait here.
        size: most items that wait; 0 for no bound (events only: pictures are always bounded).
    """

    def __init__(self, group: ThreadGroup, *, size: int) -> None:
        self._group = group
        self._size = size
        self._items: deque[T] = deque()
        self._closed = False

    def put(self, item: T) -> None:
        """Append, waiting for room.

        Raises:
            Stopped: the group was stopped.
        """
        group = self._group
        with group.lock:
            while self._size and len(self._items) >= self._size and not group.stopping:
                group.lock.wait()
            if group.stopping:
                raise Stopped
            self._items.append(item)
            group.lock.notify_all()

    def close(self) -> None:
        """No more items will come."""
        with self._group.lock:
            self._closed = True
            self._group.lock.notify_all()

    def take(self, most: int = 1) -> list[T]:
        """Wait for items; up to ``most`` of them, fewer only at the end. An empty list means the end.

        Raises:
            Stopped: the group was stopped.
        """
        group = self._group
        taken: list[T] = []
        with group.lock:
            while len(taken) < most:
                while not self._items and not self._closed and not group.stopping:
                    group.lock.wait()
                if group.stopping:
                    raise Stopped
                if not self._items:
                    break
                taken.append(self._items.popleft())
                group.lock.notify_all()
        return taken

    def __iter__(self) -> Iterator[T]:
        while items := self.take():
            yield from items


def until_done(group: ThreadGroup, items: BoundedQueue[T]) -> Iterator[T]:
    """Hand on what the group gives until it closes the channel; raise what stopped it."""
    try:
        yield from items
    except Stopped:
        group.join()
        if group.failure is not None:
            raise group.failure from None
        raise


_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


@functools.cache
def settle_allocator() -> None:
    """On glibc: give frame-sized blocks back at once, and share few arenas between threads.

    Left alone, glibc raises its threshold until whole frames live in the heaps of every thread, which then keep the
    holes: 716 MB at the peak of a 1080p run at 1280 px instead of 643, at the same CPU time.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_THRESHOLD, 1 << 20)
    libc.mallopt(_M_ARENA_MAX, 2)
