"""The review items at hand: which one is asked about, what was answered, and how far it is. Without a widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dashcamcleaner.gui.review_words import review_item_text
from dashcamcleaner.gui.words import tr, tr_count

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.review.track_summary import ReviewItem

__all__ = ["ItemsAtHand"]


class ItemsAtHand:
    """Goes through the items of an open review.

    Args:
        items: most harmful first.
        left_out: how many weigh too little to be asked about.
        seconds: a frame's index -> its second.
        size: ``(width, height)`` of the full upright picture.
    """

    def __init__(
        self,
        items: Sequence[ReviewItem] = (),
        *,
        left_out: int = 0,
        seconds: Callable[[int], float] = float,
        size: tuple[int, int] = (1, 1),
    ) -> None:
        self.items, self.left_out = list(items), left_out
        self._seconds, self._size = seconds, size
        self.at = -1
        """The place of the item that is asked about; -1: none is."""

    @property
    def current(self) -> ReviewItem | None:
        """The item that is asked about."""
        return self.items[self.at] if 0 <= self.at < len(self.items) else None

    def is_settled(self, place: int, edits: Edits) -> bool:
        """Whether an item was answered."""
        from dashcamcleaner.review.item_answers import is_settled

        return is_settled(edits, self.items[place], seconds=self._seconds, size=self._size)

    def settled(self, edits: Edits) -> int:
        """How many were answered."""
        return sum(self.is_settled(place, edits) for place in range(len(self.items)))

    def step(self, step: int, edits: Edits) -> ReviewItem | None:
        """The next item that was not answered yet, or the next one where all were; None where there is none.

        Args:
            step: 1 for the next, -1 for the one before.
            edits: those in force.
        """
        if not self.items:
            return None
        count = len(self.items)
        start = self.at if self.at >= 0 else (-1 if step > 0 else 0)
        around = [(start + step * far) % count for far in range(1, count + 1)]
        open_ones = [place for place in around if not self.is_settled(place, edits)]
        self.at = (open_ones or around)[0]
        return self.items[self.at]

    def answer(self, what: str, edits: Edits) -> Edits:
        """The edits with an answer to the item at hand: ``hide`` or ``nothing``."""
        from dashcamcleaner.review.item_answers import Answer, answered

        item = self.current
        if item is None:
            return edits
        return answered(edits, item, Answer(what), seconds=self._seconds, size=self._size)

    def text(self, edits: Edits, *, keys: str) -> str:
        """How many are to be looked at, how far it is, and the one at hand.

        Args:
            edits: those in force.
            keys: what can be pressed, for people.
        """
        if not self.items:
            return tr("No weak spots")
        count = tr("{n} of {all} looked at", n=self.settled(edits), all=len(self.items))
        item = self.current
        if item is None:
            rest = f" ({tr_count(self.left_out, '{n} lesser one', '{n} lesser ones')})" if self.left_out else ""
            return tr_count(len(self.items), "{n} weak spot", "{n} weak spots") + f" · {count}{rest}"
        from dashcamcleaner.core.time import format_seconds

        when = format_seconds(self._seconds(item.index))[:-1]
        return f"{count} · {when} · {review_item_text(item)} · {keys}"
