"""The delay buffer: frames and sound wait here until their time has come. Data under a lock, no clock of its own."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.live.ports import CapturedFrame, CapturedSound

__all__ = ["DelayBuffer", "HeldFrame"]

_LEAST_LEFT, _FRESH_LEFT = 0.1, 0.7
"""Parts of the delay that must be left for a frame to be analysed, and those that are asked for after that failed."""
_ROOM = 1.02
"""Frames wait a little longer than the delay now and then."""


@dataclass(slots=True, eq=False)
class HeldFrame:
    """A frame that waits.

    Args:
        number: its number within the session, from 0.
        captured_s: when it was captured, seconds of the session's clock.
        due_s: when it leaves.
        frame: its pixels; None once they were thrown away.
        size_bytes: what its planes take.
        source_s: its time by the source's own clock; `captured_s` where the source has none.
        blanked: a person asked for it to be thrown away.
        analysed: its turn in the analysis has come, or was passed over.
    """

    number: int
    captured_s: float
    due_s: float
    frame: Frame | None
    size_bytes: int
    source_s: float
    blanked: bool = False
    analysed: bool = field(default=False)


class DelayBuffer:
    """Holds what was captured for a set time.

    Args:
        delay_s: how long.
        most_bytes: most memory that waiting pictures may take. Where a delay's worth of them is more, as many are left
            out as it takes, evenly: a picture that stood still until others have left would tell less.
    """

    def __init__(self, *, delay_s: float, most_bytes: int) -> None:
        self.delay_s = delay_s
        self.changed = threading.Condition()
        self._most_bytes = most_bytes
        self._bytes = 0
        self._frames: deque[HeldFrame] = deque()
        self._unseen: deque[HeldFrame] = deque()
        self._sounds: deque[CapturedSound] = deque()
        self._next = 0
        self._room_s = 0.0
        self.ended = False

    def put(self, captured: CapturedFrame) -> HeldFrame | None:
        """Take a frame; None where there is no room: it is lost, as if it had not been captured."""
        size = sum(plane.nbytes for plane in captured.frame.planes)
        at = captured.captured_s
        with self.changed:
            if self._frames and (at < self._room_s or self._bytes + size > self._most_bytes):
                return None
            step_s = self.step_s(size)
            self._room_s = max(self._room_s + step_s, at - step_s)
            source_s = at if captured.source_s is None else captured.source_s
            held = HeldFrame(self._next, at, at + self.delay_s, captured.frame, size, source_s)
            self._next += 1
            self._bytes += size
            self._frames.append(held)
            self._unseen.append(held)
            self.changed.notify_all()
        return held

    def step_s(self, size_bytes: int) -> float:
        """How far apart frames of a size must lie, on average, for a delay's worth of them to find room."""
        return _ROOM * self.delay_s * size_bytes / self._most_bytes

    def put_sound(self, sound: CapturedSound) -> None:
        """Take a block of sound."""
        with self.changed:
            self._sounds.append(sound)
            self.changed.notify_all()

    def end(self) -> None:
        """Nothing more will come."""
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wake(self) -> None:
        """Let those who wait look again."""
        with self.changed:
            self.changed.notify_all()

    def next_unseen(self, now_s: float) -> HeldFrame | None:
        """The next frame to analyse; None where none waits.

        Where it could hardly be in time any more, analysis goes on far enough ahead of it: whoever is late and takes
        one frame after the other stays late for ever.
        """
        with self.changed:
            while self._unseen:
                held = self._unseen.popleft()
                held.analysed = True
                if held.frame is None:
                    continue
                if held.due_s - now_s >= _LEAST_LEFT * self.delay_s:
                    return held
                while len(self._unseen) > 1 and self._unseen[0].due_s - now_s < _FRESH_LEFT * self.delay_s:
                    self._unseen.popleft().analysed = True
        return None

    @property
    def all_seen(self) -> bool:
        """Whether no frame waits for its analysis."""
        return not self._unseen

    def newest(self) -> HeldFrame | None:
        """The frame that came last, if it waits still."""
        with self.changed:
            return self._frames[-1] if self._frames else None

    def head(self) -> HeldFrame | None:
        """The frame that leaves next; it stays."""
        with self.changed:
            return self._frames[0] if self._frames else None

    def pop(self) -> HeldFrame:
        """Take the frame that leaves next."""
        with self.changed:
            held = self._frames.popleft()
            self._bytes -= held.size_bytes
            if not held.analysed:
                held.analysed = True
                if self._unseen and self._unseen[0] is held:
                    self._unseen.popleft()
        return held

    def sounds_due(self, now_s: float) -> list[CapturedSound]:
        """Take the sound whose time has come."""
        with self.changed:
            due = []
            while self._sounds and self._sounds[0].captured_s + self.delay_s <= now_s:
                due.append(self._sounds.popleft())
        return due

    def next_due_s(self, *, lead_s: float = 0.0) -> float | None:
        """When the next frame or sound leaves, frames being taken so much earlier; None where nothing waits."""
        with self.changed:
            due = [held.due_s - lead_s for held in list(self._frames)[:1]]
            due += [sound.captured_s + self.delay_s for sound in list(self._sounds)[:1]]
        return min(due, default=None)

    def blank(self) -> int:
        """Throw away the pixels of all that waits, and its sound; gives the number of frames. They leave covered."""
        with self.changed:
            for held in self._frames:
                held.frame, held.blanked = None, True
            self._bytes = 0
            for held in self._frames:
                held.size_bytes = 0
            self._sounds.clear()
            self._unseen.clear()
            return len(self._frames)

    @property
    def waiting(self) -> int:
        """How many frames wait."""
        return len(self._frames)

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._frames and not self._sounds
