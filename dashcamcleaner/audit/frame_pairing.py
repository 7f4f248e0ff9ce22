"""Whether the output's frames are the source's: none lost, added, exchanged or damaged. Used by `audit.frame_audit`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dashcamcleaner.audit.region_checks import spans
from dashcamcleaner.core.finding_table import checked, found
from dashcamcleaner.core.findings import Check, Finding
from dashcamcleaner.core.frame import Frame

__all__ = ["PairingLog"]


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
