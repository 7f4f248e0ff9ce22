"""The review's edits with unlimited undo and redo, without a widget.

A state is an `Edits`: immutable, with all that belongs to it, key frames included, so undo is a step along a list of
states and nothing can be lost on the way. Every change gives a new state; the file is written at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from dashcamcleaner.core.edit_rows import Box, KeyFrame, rounded_box
from dashcamcleaner.core.edit_types import DrawnRegion, HandEdit, HiddenSpan
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.track_edits import NameTrack
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.review.history_file import HistoryFile

__all__ = ["EditHistory"]


class EditHistory:
    """Edits with their past and future. A *place* is one among the entries of the edits in force.

    Args:
        file: where they are saved.
        edits: the edits that stand there.
        past: where past and future are saved; None: nowhere.
    """

    def __init__(self, file: EditsFile, edits: Edits | None = None, *, past: HistoryFile | None = None) -> None:
        self.file, self._past = file, past
        now = edits if edits is not None else Edits()
        self._states, self._at = past.read(now) if past is not None else ([now], 0)
        self.saved: Edits = self.edits
        self.rendered: Edits | None = self.edits
        """The edits that the result shows; None where it is of none of these."""

    @property
    def edits(self) -> Edits:
        """The edits in force."""
        return self._states[self._at]

    # --- past and future

    @property
    def can_undo(self) -> bool:
        """Whether there is a step back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a step on."""
        return self._at < len(self._states) - 1

    def undo(self) -> None:
        """One step back."""
        self._at = max(0, self._at - 1)

    def redo(self) -> None:
        """One step on again."""
        self._at = min(len(self._states) - 1, self._at + 1)

    def change(self, edits: Edits) -> None:
        """Other edits are in force; the same ones are no step."""
        if edits != self.edits:
            self._states[self._at + 1 :] = [edits]
            self._at += 1

    # --- tracks

    def rename(self, track: int, name: str) -> None:
        """Give a track a name; an empty one takes it away."""
        others = [edit for edit in self.edits.entries if not (isinstance(edit, NameTrack) and edit.track == track)]
        named = (NameTrack(track, name.strip()),) if name.strip() else ()
        self.change(Edits((*others, *named)))

    # --- by hand

    def by_hand(self) -> list[tuple[int, HandEdit]]:
        """What was added by hand, each with its place."""
        return [(place, edit) for place, edit in enumerate(self.edits.entries) if isinstance(edit, HandEdit)]

    def at(self, place: int) -> HandEdit:
        """What was added by hand and has this place."""
        edit = self.edits.entries[place]
        assert isinstance(edit, HandEdit)
        return edit

    def add(self, edit: HandEdit) -> int:
        """Add something by hand; gives its place."""
        self.change(self.edits.added(_rounded(edit)))
        return len(self.edits.entries) - 1

    def extend_region(self, drawn_in: Edits, place: int, keys: Sequence[KeyFrame]) -> bool:
        """Give a region that was just drawn the key frames along which it was followed, as part of the same step.

        Steps that were undone meanwhile get them, too: to redo one must not lose what was followed.

        Args:
            drawn_in: the edits when it was drawn; where others are in force now, nothing happens.
            place: the place of the region.
            keys: the keys in order of time.
        """
        if self.edits is not drawn_in or not keys:
            return False
        region = drawn_in.entries[place]
        assert isinstance(region, DrawnRegion)
        followed = _rounded(region.with_keys(keys))
        for later in range(self._at, len(self._states)):
            entries = self._states[later].entries
            self._states[later] = Edits(tuple(followed if edit is region else edit for edit in entries))
        return True

    def reshape(self, place: int, time_s: float, box: Box) -> None:
        """Move or resize something by hand; of a drawn region that sets the key frame at this time."""
        edit = self.at(place)
        if isinstance(edit, DrawnRegion):
            self._replace(place, edit.with_key(round(time_s, 5), box))
        elif not isinstance(edit, HiddenSpan):  # which has no shape
            self._replace(place, edit.moved(box))

    def trim(self, place: int, from_s: float, to_s: float) -> None:
        """Let what was added by hand last from one second to another, both included."""
        self._replace(place, self.at(place).lasting(from_s, to_s))

    def remove(self, place: int) -> None:
        """Take back what was added by hand."""
        self.change(self.edits.without(place))

    def _replace(self, place: int, edit: HandEdit) -> None:
        self.change(self.edits.replaced(place, _rounded(edit)))

    # --- the file

    def save(self) -> None:
        """Write the edits in force; a file without edits is removed.

        Raises:
            DiskFull, OutputError: it cannot be written.
        """
        self.saving()()
        self.saved = self.edits

    def saving(self) -> Callable[[], None]:
        """What writes edits, past and future as they are now; for another thread.

        Raises:
            DiskFull, OutputError: when it is called, something cannot be written.
        """
        file, past, edits, states, at = self.file, self._past, self.edits, tuple(self._states), self._at

        def write() -> None:
            file.write(edits)
            if past is not None:
                past.write(states, at)

        return write


def _rounded(edit: HandEdit) -> HandEdit:
    """As it is written: times finer than a frame can last are only noise in the file."""
    if isinstance(edit, DrawnRegion):
        return edit.with_keys([(round(time_s, 5), rounded_box(box)) for time_s, box in edit.keys])
    timed = edit.lasting(round(edit.from_s, 5), round(edit.to_s, 5))
    return timed if isinstance(timed, HiddenSpan) else dataclasses.replace(timed, box=rounded_box(timed.box))
