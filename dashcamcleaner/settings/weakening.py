"""Settings by which far less is hidden than without them: what a file that came from elsewhere may ask for, is told.

Each row has a bound that people reach on purpose alone; what stays on its safe side is not told, or nobody would read
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dashcamcleaner.settings.row import shown
from dashcamcleaner.settings.table import Settings, find_row

__all__ = ["hides_nothing", "weakened"]

_HIGH_THRESHOLD = 0.25
"""Six times what a track needs by default: faces that are small, dark or turned away stay below it."""
_NO_THRESHOLD = 0.98
"""Hardly a detection comes to it, and no track."""


def _high(value: Any) -> bool:
    return value is not None and value > _HIGH_THRESHOLD


def _narrow(value: Any) -> bool:
    return value is not None and value < 1  # parts of what was detected stay outside


_WEAK: dict[str, Callable[[Any], bool]] = {
    "profile": lambda value: value == "fast",
    "faces": lambda value: not value,
    "plates": lambda value: not value,
    "threshold": _high,
    "growth": _narrow,
    "tracking": lambda value: not value,
    "crop_checks": lambda value: not value,
    "fill_before": lambda value: value < 0.2,
    "fill_after": lambda value: value < 0.2,
    "max_region": lambda value: value < 0.01,
    "drop_spurious": bool,
    "inference_size": lambda value: value < 480,
    "detect_every": lambda value: value in ("3", "4", "5"),
    "keep": bool,
    "carry": lambda value: value > 0.3,
    "delay": lambda value: value < 0.3,
}
"""Row -> whether a value of it hides far less, or keeps what is stripped else."""


def _of_one_kind(name: str) -> Callable[[Any], bool] | None:
    """The bound of a row that says of one kind what another row says of all."""
    return next((_WEAK[common] for common in ("threshold", "growth") if name.startswith(f"{common}_")), None)


def weakened(names: Iterable[str], *, settings: Settings, without: Settings) -> list[str]:
    """What makes far less be hidden, as ``threshold = 1``, by the names of today.

    Args:
        names: what a file says, by any name.
        settings: what holds with the file.
        without: what would hold without it.
    """
    found = {}
    for name in names:
        row = find_row(name)
        weak = None if row is None else _WEAK.get(row.name) or _of_one_kind(row.name)
        if row is None or weak is None:
            continue
        value, other = getattr(settings, row.name), getattr(without, row.name)
        if value != other and weak(value) and not weak(other):
            found[row.name] = f"{row.name.replace('_', '-')} = {shown(value)}"
    return list(found.values())


def hides_nothing(settings: Settings) -> bool:
    """Whether no face and no plate can come to be hidden with these settings."""
    own = [settings.for_kind(kind).threshold for kind in settings.kinds()]
    needed = [settings.threshold if one is None else one for one in own]
    return all(one is not None and one >= _NO_THRESHOLD for one in needed)
