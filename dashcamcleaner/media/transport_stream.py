"""Packet identifiers of an MPEG transport stream, those included that its own tables do not announce.

Dashcams put their positions there, some of them minutes after the start: nothing of them is ever copied, but that they
are dropped is to be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

__all__ = ["packets_by_pid"]

_SYNC = 0x47
_PACKET_SIZES = (188, 192, 204)
"""Plain, with an arrival time before it (Blu-ray, many cameras), with error correction behind it."""

_NULL_PID = 0x1FFF
_LAST_TABLE_PID = 0x1F
_WINDOW_BYTES = 188 * 192 * 204
"""About 7 MB, and a whole number of packets of every size, so that windows begin alike."""

_MOST_WINDOWS = 32
"""Larger files are looked at in so many windows: a recorder's own data come at least once in a few seconds."""


def packets_by_pid(path: Path) -> dict[int, int]:
    """How many packets with a payload each identifier has; empty where the file is no transport stream.

    Tables that every stream has, and padding, are left out. Of large files it is a sample.

    Args:
        path: the file.
    """
    found: dict[int, int] = {}
    tables: set[int] = set()
    for data in _windows(path):
        rows = _packets(data)
        pids = (rows[:, 1].astype(np.int64) & 0x1F) << 8 | rows[:, 2]
        for row in rows[(pids == 0) & (rows[:, 1] & 0x40 != 0)][:1]:
            tables |= _program_tables(bytes(row))
        carrying = pids[rows[:, 3] & 0x10 != 0]
        for pid, count in zip(*np.unique(carrying, return_counts=True), strict=True):
            if _LAST_TABLE_PID < pid < _NULL_PID:
                found[int(pid)] = found.get(int(pid), 0) + int(count)
    return {pid: count for pid, count in found.items() if pid not in tables}


def _windows(path: Path) -> Iterator[np.ndarray]:
    size = path.stat().st_size
    windows = -(-size // _WINDOW_BYTES)
    step = max(1, windows // _MOST_WINDOWS) if windows > _MOST_WINDOWS else 1
    with path.open("rb") as file:
        for number in [*range(0, windows, step), *([windows - 1] if step > 1 else [])]:
            file.seek(number * _WINDOW_BYTES)
            # What begins in a window is read whole.
            yield np.frombuffer(file.read(_WINDOW_BYTES + max(_PACKET_SIZES)), np.uint8)


def _packets(data: np.ndarray) -> np.ndarray:
    """The packets of a window as rows that begin with their sync byte; none where they cannot be told."""
    for size in _PACKET_SIZES:
        for start in np.flatnonzero(data[: 2 * max(_PACKET_SIZES)] == _SYNC):
            marks = data[start : start + 64 * size : size]
            if len(marks) >= 4 and (marks == _SYNC).mean() > 0.9:
                rows = data[start : start + (len(data) - start) // size * size].reshape(-1, size)
                return np.asarray(rows[rows[:, 0] == _SYNC])
    return np.zeros((0, 4), np.uint8)


def _program_tables(packet: bytes) -> set[int]:
    """Where a program association table says that the programs' own tables are (ISO 13818-1, 2.4.4.3)."""
    at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    if at >= len(packet):
        return set()
    at += 1 + packet[at]  # the pointer field
    if at + 8 > len(packet):
        return set()
    end = min(len(packet), at + 3 + ((packet[at + 1] & 0x0F) << 8 | packet[at + 2]) - 4)
    return {(packet[place + 2] & 0x1F) << 8 | packet[place + 3] for place in range(at + 8, end - 3, 4)}
