"""Texts that overlap in time, made into texts that follow each other: MP4 shows one sample at a time.

    long      ├──────────────────┤              ├ long ┤ long ├ long ┤
    overlaps         ├──────┤            ─►            │ over │

Written one after the other as they are, each would push all that follow it later, by as long as they overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Piece", "TimedTexts"]


@dataclass(frozen=True, slots=True)
class Piece:
    """What is shown from ``start`` to ``end``, in ticks: texts in the order in which they began."""

    start: int
    end: int
    texts: tuple[str, ...]


class TimedTexts:
    """Takes texts in order of their beginnings and gives pieces that never overlap.

    Args:
        longest: ticks that a text without an end is shown, unless another begins before.
    """

    def __init__(self, *, longest: int) -> None:
        self._longest = longest
        self._shown: list[tuple[int, str, bool]] = []
        self._at = 0

    def add(self, start: int, end: int, text: str) -> Iterator[Piece]:
        """A text; gives the pieces that lie before it and so are complete.

        Args:
            start: when it begins; earlier than what was given already counts as now.
            end: when it ends; not after ``start``: that is untold.
            text: what is shown.
        """
        start = max(start, self._at)
        open_end = end <= start
        yield from self._until(start)
        self._shown = [one for one in self._shown if not one[2]]
        self._shown.append((start + self._longest if open_end else end, text, open_end))

    def finish(self) -> Iterator[Piece]:
        """What is left."""
        yield from self._until(max((end for end, _, _ in self._shown), default=self._at))

    def _until(self, limit: int) -> Iterator[Piece]:
        while self._shown and self._at < limit:
            end = min(limit, *(end for end, _, _ in self._shown))
            if end > self._at:
                yield Piece(self._at, end, tuple(text for _, text, _ in self._shown))
            self._at = max(self._at, end)
            self._shown = [one for one in self._shown if one[0] > self._at]
        self._at = max(self._at, limit)
