"""Frames of source and output paired by their times, and what came of them: none lost, added, exchanged or damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from dashcamcleaner.audit.region_checks import spans
from dashcamcleaner.core.finding_table import checked, found
from dashcamcleaner.core.findings import Check, Finding
from dashcamcleaner.core.frame import Frame

__all__ = ["PairingLog", "paired"]

_LEAST_TOLERANCE_S = Fraction(1, 900)
"""Containers that count milliseconds round to half of one."""


def paired(source: Iterator[Frame], output: Iterator[Frame]) -> Iterator[tuple[Frame | None, Frame | None]]:
    """Pairs in order of time; a frame without a partner comes with None, and does not shift all that follow.

    Times are compared as they stand. Where the first frames differ by more than clocks explain, the second clip's are
    all moved by that difference: containers that cannot begin at any time begin at zero.
    """
    one, other = next(source, None), next(output, None)
    shift = Fraction(0)
    if one is not None and other is not None:
        tolerance = max(one.time.time_base / 2, other.time.time_base / 2, _LEAST_TOLERANCE_S)
        begins = one.time.exact() - other.time.exact()
        # A lost first frame shows as a difference, too, but then the output begins later and not at zero.
        if abs(begins) > tolerance and (other.time.exact() <= tolerance or other.time.exact() < one.time.exact()):
            shift = begins
    while one is not None or other is not None:
        if one is None or other is None:
            yield one, other
        else:
            tolerance = max(one.time.time_base, other.time.time_base, _LEAST_TOLERANCE_S)
            gap = other.time.exact() + shift - one.time.exact()
            if gap > tolerance:
                yield one, None
                one = next(source, None)
                continue
            if gap < -tolerance:
                yield None, other
                other = next(output, None)
                continue
            yield one, other
        one, other = next(source, None) if one is not None else None, next(output, None) if other is not None else None


@dataclass(slots=True)
class PairingLog:
    """Collects what became of the frames of a clip.

    Attributes:
        frames: pairs of a source's and an output's frame.
    """

    frames: int = 0
    _damaged: int = 0
    _lost: list[tuple[int, float]] = field(default_factory=list)
    _added: list[tuple[int, float]] = field(default_factory=list)
    _exchanged: list[tuple[int, float, int]] = field(default_factory=list)

    def lost(self, source: Frame) -> None:
        """A frame of the source that the output lacks."""
        self._lost.append((source.index, source.time.seconds))

    def added(self, output: Frame) -> None:
        """A frame of the output that the source lacks."""
        self._added.append((output.index, output.time.seconds))

    def paired(self, output: Frame) -> None:
        """A frame of the output that has its time in the source."""
        self.frames += 1
        self._damaged += output.damaged

    def exchanged(self, source: Frame, *, by: int) -> None:
        """The output shows the source's frame before (-1), or shows this frame too early (1)."""
        self._exchanged.append((source.index, source.time.seconds, by))

    def findings(self, *, unplanned: int) -> Iterator[Finding]:
        """What is wrong.

        Args:
            unplanned: frames that the plan says nothing of.
        """
        for frames, code in ((self._lost, "frame-lost"), (self._added, "frame-added")):
            if frames:
                yield found(
                    code, {"count": len(frames)},
                    first_frame=frames[0][0], last_frame=frames[-1][0], start_s=frames[0][1], end_s=frames[-1][1],
                    legible=0.3, evidence={"frames": len(frames)},
                )  # fmt: skip
        for run in self._runs():
            yield found(
                "other-frame", {"which": "before" if run[0][2] < 0 else "after", "count": len(run)},
                first_frame=run[0][0], last_frame=run[-1][0], start_s=run[0][1], end_s=run[-1][1], legible=0.3,
            )  # fmt: skip
        if self._damaged:
            yield found("damaged", {"count": self._damaged})
        if unplanned:
            yield found("no-plan", {"count": unplanned})

    def check(self) -> Check:
        """What the check shows."""
        bad = len(self._lost) + len(self._added)
        return checked("media", looked_at=self.frames + bad, found=bad + sum(len(run) for run in self._runs()))

    def _runs(self) -> Iterator[list[tuple[int, float, int]]]:
        return spans(self._exchanged, frame_of=lambda item: item[0], most_gap=2)
