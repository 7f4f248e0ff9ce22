"""What a run asks of a planner: pushed and drained, no files, no clock, no pixels. `planning` implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from dashcamcleaner.core.plan import CropCheck, FramePlan, Observation

__all__ = ["CheckingPlanner", "HurriedPlanner", "Planner"]


class Planner(Protocol):
    """Observations are pushed, finished frames are drained.

    Attributes:
        shortened: the look-ahead could not be had in full; the caller warns.
    """

    @property
    def shortened(self) -> bool:
        """Whether the look-ahead could not be had in full."""

    def push(self, seen: Observation) -> Sequence[FramePlan]:
        """Take the next frame; give those that are finished now, in order."""

    def finish(self) -> Sequence[FramePlan]:
        """The clip has ended: give the rest, in order."""


@runtime_checkable
class CheckingPlanner(Planner, Protocol):
    """A planner that wants a closer look at some detections of the frame that it was just given."""

    def unsure(self) -> Sequence[tuple[float, tuple[float, float, float, float], str]]:
        """Detections of the latest frame worth a closer look: ``(worth, box, kind)``, the most worthwhile first."""

    def add_checks(self, checks: Sequence[CropCheck]) -> None:
        """Take what the closer looks found; they become part of the latest observation."""


@runtime_checkable
class HurriedPlanner(Planner, Protocol):
    """A planner that can be asked for frames before its look-ahead is full: a live picture leaves at its time."""

    def give(self, *, through: int) -> Sequence[FramePlan]:
        """The frames up to and with an index, in order, planned by what is known now; none that was not pushed.

        Args:
            through: the index of the last frame that is wanted.
        """
