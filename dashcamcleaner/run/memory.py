"""Keeps the process small: tells the C library's allocator how frames are used. Called once, before the first run."""

from __future__ import annotations

import ctypes
import functools
import platform

__all__ = ["settle_allocator"]

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
