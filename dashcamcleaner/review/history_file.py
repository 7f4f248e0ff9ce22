"""The past and future of a review's edits beside the plan, ``NAME.history.jsonl``, so that undo survives reopening.

A header with a seal and the step in force, then one line per state: the rows of the edits as they were. What this user
did not write here, or what belongs to another clip or to another plan of it, is left alone: an undo must never bring
back what somebody else planted or what other tracks were meant by, and a lost history costs no edits.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.errors import DashcamCleanerError, PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE
from dashcamcleaner.pipeline.edits_text import HEADER, edits_as_text, edits_from_text
from dashcamcleaner.pipeline.plan_file import read_header, tracks_key
from dashcamcleaner.seals import is_seal_of, seal_of
from dashcamcleaner.side_files import UNREADABLE, parse_json, read_bytes

__all__ = ["HistoryFile"]

_MOST_STATES = 200
_NOT_READ: tuple[type[Exception], ...] = (*UNREADABLE, DashcamCleanerError)


class HistoryFile:
    """The history file of a plan.

    Args:
        plan: the plan; its clip and what tells its track ids are sealed into the file.
    """

    def __init__(self, plan: Path) -> None:
        self.path = plan.with_name(plan.name.removesuffix(".jsonl").removesuffix(".plan") + ".history.jsonl")
        self._plan = plan
        self._tracks_of: str | None = None

    def read(self, now: Edits) -> tuple[list[Edits], int]:
        """The states and the place of the one in force, which is `now`.

        Edits that were changed elsewhere since, by the command line for instance, follow as one more state.

        Args:
            now: the edits as they stand in their file.
        """
        states, at = self._read()
        if not states:
            return [now], 0
        if states[at] == now:
            return states, at
        return [*states[: at + 1], now], at + 1

    def write(self, states: Sequence[Edits], at: int) -> None:
        """Write states and the place of the one in force; one alone needs no file. Old ones make room for new ones.

        Raises:
            DiskFull, OutputError: it cannot be written.
        """
        what = msg("The history {path}", path=self.path)
        if len(states) < 2:
            with map_os_errors(self.path, what=what):
                self.path.unlink(missing_ok=True)
            return
        dropped = max(0, min(at, len(states) - _MOST_STATES))
        kept = states[dropped : dropped + _MOST_STATES]
        body = "".join(json.dumps(edits_as_text(state).split("\n")[1:-1]) + "\n" for state in kept)
        seal = seal_of("history", self._bound_to() + self._place(at - dropped) + body.encode("utf-8"))
        header = {"history": "dashcamcleaner", "version": [1, 0], "at": at - dropped, "seal": seal}
        if seal:  # without a key nothing could be read again
            atomic_write(self.path, json.dumps(header) + "\n" + body, what=what, mode=PRIVATE)

    def _read(self) -> tuple[list[Edits], int]:
        """The states that stand in the file; none where it is not there, not of this user, or not readable."""
        try:
            data = read_bytes(self.path, what=msg("The history {path}", path=self.path), to=PlanError)
            head, _, body = data.partition(b"\n")
            header = parse_json(head.decode("utf-8"))
            at, seal = header["at"], header["seal"]
            if isinstance(at, bool) or not isinstance(at, int) or not isinstance(seal, str):
                return [], 0
            if not is_seal_of(seal, "history", self._bound_to() + self._place(at) + body):
                return [], 0
            states = [
                edits_from_text("\n".join([HEADER, *parse_json(line)]))[1]
                for line in body.decode("utf-8").split("\n")
                if line
            ]
        except _NOT_READ:
            return [], 0
        return (states, at) if 0 <= at < len(states) else ([], 0)

    @staticmethod
    def _place(at: int) -> bytes:
        return f"{at}\n".encode()

    def _bound_to(self) -> bytes:
        """The clip and the tracks that the edits are of, as the plan told them when it was first asked."""
        clip = ""
        with contextlib.suppress(PlanError):
            clip = read_header(self._plan).fingerprint
            if self._tracks_of is None:  # a plan that takes its place later has other tracks
                self._tracks_of = tracks_key(self._plan)
        return f"{clip} {self._tracks_of or ''}\n".encode("utf-8", "replace")
