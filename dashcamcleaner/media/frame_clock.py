"""When each decoded picture is shown: by the file's own clock, or by a rate where the file tells no time.

Pure arithmetic for `media.decoder`, in ticks of the stream's time base. Three things go wrong with a clip's times:
there are none (an elementary stream), the clock starts again (joined recordings), or it stands still (broken
recorders). What is done about them is told; see `FrameClock.notes`.
"""

from __future__ import annotations

from fractions import Fraction

from dashcamcleaner.messages import msg

__all__ = ["GAP_S", "JUMP_S", "MOST_STUCK", "FrameClock"]

JUMP_S = 1
"""A time so far before its forerunner is no slip but another clock."""

GAP_S = 10
"""A time so far behind its forerunner is another clock, too, where a clip's clock has no origin: cameras that film one
picture in many seconds do not write such files."""

_WRAP_S = Fraction(1 << 33, 90_000)
"""After so long, a day and more, a transport stream's clock begins anew; FFmpeg takes a long leap back for that."""

MOST_STUCK = 2
"""Pictures that may share one time before the clock counts as standing still."""


class FrameClock:
    """Gives pictures their times, each later than the one before it.

    Args:
        time_base: seconds per tick.
        rate: pictures a second, for those without a time; None: unknown.
        origin: the container's clock has an origin, so that a leap forward in it is meant.

    Attributes:
        notes: what was done to times, one sentence each.
        missing: pictures that came without a time.
    """

    def __init__(self, *, time_base: Fraction, rate: Fraction | None, origin: bool = True) -> None:
        self.notes: list[str] = []
        self.missing = 0
        self._time_base = time_base
        self._origin = origin
        self._nominal = max(Fraction(1), 1 / (rate * time_base)) if rate else None
        self._gap_s = max(Fraction(GAP_S), 20 / rate) if rate else Fraction(GAP_S)
        self._step = 1
        self._last: int | None = None
        self._told: int | None = None
        self._jump = 0
        self._stuck = 0
        self._unrounded = Fraction(0)

    @property
    def leap(self) -> int:
        """Ticks that are taken off the file's times by now; negative after leaps back."""
        return -self._jump

    @property
    def started(self) -> bool:
        """Whether a picture has been shown."""
        return self._last is not None

    def show(self, pts: int | None) -> int:
        """The time of the next picture in order of presentation.

        Args:
            pts: the time that the file tells, None where it tells none.
        """
        chosen = self._untold() if pts is None else self._checked(pts)
        if self._last is not None:
            self._step = chosen - self._last
        self._last = chosen
        return chosen

    def _untold(self) -> int:
        """One step after the picture before it; steps add up exactly, so that a minute of them lasts a minute."""
        self.missing += 1
        step = self._nominal or Fraction(self._step)
        if self._last is None:
            self._unrounded = Fraction(0)
        else:
            near = abs(self._unrounded - self._last) <= 1 and self.missing > 1
            self._unrounded = (self._unrounded if near else Fraction(self._last)) + step
        return round(self._unrounded) if self._last is None else max(round(self._unrounded), self._last + 1)

    def _checked(self, pts: int) -> int:
        again, self._told = pts == self._told, pts
        chosen = pts + self._jump
        if self._last is None:
            return chosen
        ahead_s = (chosen - self._last) * self._time_base
        step = round(self._nominal) if self._nominal else self._step
        if ahead_s < -JUMP_S or (ahead_s > _WRAP_S / 2 and not self._origin):
            self._note(msg("The clip's clock jumps back within it; its times go on without the jump."))
        elif ahead_s > self._gap_s and not self._origin:
            self._note(
                msg(
                    "The clip's clock jumps forward by {ahead_s:.0f} s; its times go on without the jump.",
                    ahead_s=float(ahead_s),
                )
            )
        elif chosen <= self._last:
            return self._later(step, again=again)
        else:
            self._stuck = 0
            if ahead_s > self._gap_s:
                self._note(
                    msg(
                        "The picture stands still for {ahead_s:.0f} s, as it does in the source.",
                        ahead_s=float(ahead_s),
                    )
                )
            return chosen
        self._jump += self._last + step - chosen
        return self._last + step

    def _later(self, step: int, *, again: bool) -> int:
        assert self._last is not None
        self._stuck = self._stuck + 1 if again else 0
        if self._stuck >= MOST_STUCK:
            self._note(msg("The clip's clock stands still; its pictures are shown at the stream's rate."))
            return self._last + step
        # Two pictures cannot be shown at once; encoders refuse them. One tick keeps both, and their order.
        self._note(msg("Some frames have the time of the one before them; they are set one tick later."))
        return self._last + 1

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)
