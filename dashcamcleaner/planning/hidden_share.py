"""How much of the picture is hidden: the mean over a clip, and the regions that take most of it.

A tool that hides half of a clip has lost what the clip was made for, and what it hides so is mostly a mistake: so it
is told, with the time and the track. What a person drew, and frames that came damaged, are not counted: the one was
asked for, the other is told by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dashcamcleaner.core.boxes import area_within
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Origin, Region
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.messages import msg

__all__ = ["LARGE_REGION", "HiddenShare", "LargeRegion"]

LARGE_REGION = 0.2
"""A region that takes more than this share of the picture is told by itself, where nobody says another."""

_CELLS = (192, 108)
"""Columns and rows on which the union of a frame's regions is counted: within half a percent of the true share."""


@dataclass(slots=True)
class LargeRegion:
    """A track that hides much of the picture.

    Args:
        kind: the kind of the object.
        track: its id within the plan, None where nothing was linked.
        share: 0-1, of the picture, where it is largest.
        index: the frame of that.
        first_s, last_s: when it is larger than what is told, seconds.
    """

    kind: str
    track: int | None
    share: float
    index: int
    first_s: float
    last_s: float

    def sentence(self) -> str:
        """For people: what takes how much, and when."""
        name = self.kind if self.track is None else msg("{kind}, track {track}", kind=self.kind, track=self.track)
        when = format_seconds(self.first_s)
        if self.last_s > self.first_s:
            when += msg(" to {time}", time=format_seconds(self.last_s))
        return msg(
            "One region ({name}) takes up to {share:.0%} of the picture, {when}; look whether it "
            "is what it claims to be.",
            name=name,
            share=self.share,
            when=when,
        )


class HiddenShare:
    """Fed with every frame plan in order; complete after the last.

    Args:
        upright_size: ``(width, height)`` of the upright picture, pixels.
        large_from: share of the picture, 0-1, from which a single region is told.

    Attributes:
        frames: counted so far.
    """

    def __init__(self, *, upright_size: tuple[int, int], large_from: float = LARGE_REGION) -> None:
        self._w, self._h = upright_size
        self._large_from = large_from
        self._sum = 0.0
        self._large: dict[tuple[str, int], LargeRegion] = {}
        self.frames = 0

    @property
    def mean(self) -> float:
        """Share of the picture that regions' boxes take, 0-1, mean over the frames; 0 before the first."""
        return self._sum / self.frames if self.frames else 0.0

    @property
    def large(self) -> list[LargeRegion]:
        """Tracks with a region that takes more of the picture than is told, the largest first."""
        return sorted(self._large.values(), key=lambda one: (-one.share, one.first_s))

    def add(self, plan: FramePlan) -> None:
        """Count a frame."""
        self.frames += 1
        counted = [one for one in plan.regions if one.kind != WHOLE_FRAME and one.origin is not Origin.MANUAL]
        if not counted:
            return
        self._sum += self._union(counted)
        for region in counted:
            share = area_within(region.xyxy, (self._w, self._h)) / (self._w * self._h)
            if share > self._large_from:
                self._remember(region, plan, share)

    def sentences(self, *, warn_from: float) -> list[str]:
        """What is to be told at the end of a run; empty where little is hidden.

        Args:
            warn_from: share of the picture, mean over the clip, from which it is told.
        """
        sentences = [one.sentence() for one in self.large]
        if self.mean > warn_from:
            sentences.insert(
                0,
                msg(
                    "{mean:.0%} of the picture is hidden on average; look at the contact sheet (`tracks "
                    "--sheet FILE --clear`) for what should not be, and raise --threshold if much of it is wrong.",
                    mean=self.mean,
                ),
            )
        return sentences

    def _union(self, regions: Iterable[Region]) -> float:
        columns, rows = _CELLS
        cells = np.zeros((rows, columns), bool)
        for region in regions:
            x1, y1, x2, y2 = region.xyxy
            across = (np.clip((x1, x2), 0, self._w) / self._w * columns).round().astype(int)
            down = (np.clip((y1, y2), 0, self._h) / self._h * rows).round().astype(int)
            cells[down[0] : down[1], across[0] : across[1]] = True
        return float(cells.mean())

    def _remember(self, region: Region, plan: FramePlan, share: float) -> None:
        key = (region.kind, -1 if region.track is None else region.track)
        now, known = plan.time.seconds, self._large.get(key)
        if known is None:
            self._large[key] = LargeRegion(region.kind, region.track, share, plan.index, now, now)
            return
        known.last_s = now
        if share > known.share:
            known.share, known.index = share, plan.index
