"""Counts over the frame plans of a run: what the summary and the report tell per kind."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Origin
from dashcamcleaner.core.summary import HiddenSummary, KindSummary
from dashcamcleaner.planning.hidden_share import HiddenShare

__all__ = ["RunStatistics", "Timeline"]


class RunStatistics:
    """Fed with every frame plan in order; `kinds` is complete after the last.

    Args:
        thresholds: the score from which a detection counts although it is left clear, per kind.
        kinds: the kinds that are hidden.
        upright_size: ``(width, height)`` of the upright picture, pixels.
        warn_from: share of the picture, mean over the frames, from which what is hidden is told; of a single region
            twice as much.
    """

    def __init__(
        self,
        *,
        thresholds: Mapping[str, float],
        kinds: tuple[str, ...],
        upright_size: tuple[int, int],
        warn_from: float,
    ) -> None:
        self._thresholds = thresholds
        self.kinds: dict[str, KindSummary] = {kind: KindSummary() for kind in kinds}
        self.timeline = Timeline()
        self.hidden_share = HiddenShare(upright_size=upright_size, large_from=2 * warn_from)
        self._warn_from = warn_from
        self.frames = 0
        self.damaged_frames = 0
        self._tracks: dict[str, set[int]] = {}
        self._fill_since: dict[tuple[str, int], float] = {}

    def add(self, plan: FramePlan) -> dict[str, int]:
        """Count a frame; gives the number of regions per kind in it."""
        self.frames += 1
        self.timeline.add(plan)
        self.hidden_share.add(plan)
        self.damaged_frames += plan.seen.damaged
        found = plan.seen.detections
        for kind, summary in self.kinds.items():
            # What is hidden counts however faint it is, and what is plain to see counts though it is left clear.
            hidden = [r.score for r in plan.regions if r.kind == kind and r.origin is Origin.DETECTED]
            counts_as = (found.score >= self._thresholds.get(kind, 0.0)) | np.isin(found.score, hidden)
            score = found.score[(found.kind == kind) & counts_as]
            summary.detections += len(score)
            summary.frames_seen += bool(len(score))
            if len(score):
                low = float(score.min())
                summary.lowest_score = low if summary.lowest_score is None else min(low, summary.lowest_score)
        counts = Counter(region.kind for region in plan.regions if region.kind != WHOLE_FRAME)
        for kind, count in counts.items():
            summary = self.kinds.setdefault(kind, KindSummary())
            summary.regions += count
            summary.frames_covered += 1
        self._follow_fills(plan)
        return dict(counts)

    @property
    def hidden(self) -> HiddenSummary:
        """How much of the picture is hidden, and what is to be told of it."""
        share = self.hidden_share
        large = [dataclasses.asdict(one) for one in share.large]
        return HiddenSummary(share.mean, large, share.sentences(warn_from=self._warn_from))

    def _follow_fills(self, plan: FramePlan) -> None:
        now = plan.time.seconds
        filled = set()
        for region in plan.regions:
            if region.track is not None:
                tracks = self._tracks.setdefault(region.kind, set())
                tracks.add(region.track)
                self.kinds[region.kind].tracks = len(tracks)
            if region.origin.is_filled:
                summary = self.kinds[region.kind]
                summary.filled += 1
                if region.track is not None:
                    key = (region.kind, region.track)
                    filled.add(key)
                    since = self._fill_since.setdefault(key, now)
                    summary.longest_fill_s = max(summary.longest_fill_s, now - since)
        self._fill_since = {key: since for key, since in self._fill_since.items() if key in filled}


_MOST_SLICES = 480
"""Twice as many as a chart has room for; when they are full, two become one, so any length fits."""


@dataclass(slots=True)
class Timeline:
    """Counts per slice.

    Args:
        slice_s: seconds per slice; doubles as the clip grows.
    """

    slice_s: float = 0.25
    _start_s: float | None = None
    _slices: list[dict[str, list[int]]] = field(default_factory=list)
    _frames: list[int] = field(default_factory=list)

    def add(self, plan: FramePlan) -> None:
        """The next frame's plan."""
        seconds = plan.time.seconds
        if self._start_s is None:
            self._start_s = seconds
        number = max(0, int((seconds - self._start_s) / self.slice_s))
        while number >= _MOST_SLICES:
            self._halve()
            number = int((seconds - self._start_s) / self.slice_s)
        while len(self._slices) <= number:
            self._slices.append({})
            self._frames.append(0)
        self._frames[number] += 1
        for region in plan.regions:
            kind = region.kind if region.kind != WHOLE_FRAME else "whole frame"
            counts = self._slices[number].setdefault(kind, [0, 0, 0])
            counts[0] += 1
            counts[1] += region.origin.is_filled
            counts[2] += region.origin == Origin.MANUAL

    def _halve(self) -> None:
        self.slice_s *= 2
        merged, frames = [], []
        for i in range(0, len(self._slices), 2):
            both: dict[str, list[int]] = {}
            for part in self._slices[i : i + 2]:
                for kind, counts in part.items():
                    old = both.get(kind, [0, 0, 0])
                    both[kind] = [a + b for a, b in zip(old, counts, strict=True)]
            merged.append(both)
            frames.append(sum(self._frames[i : i + 2]))
        self._slices, self._frames = merged, frames

    def as_dict(self) -> dict[str, Any]:
        """``kinds``: name -> ``[hidden, filled over time, by hand]`` per slice, each the mean number in a frame."""
        names = sorted({kind for part in self._slices for kind in part})
        kinds = {
            name: [
                [round(count / max(1, frames), 2) for count in part.get(name, [0, 0, 0])]
                for part, frames in zip(self._slices, self._frames, strict=True)
            ]
            for name in names
        }
        return {
            "start_s": round(self._start_s or 0.0, 3),
            "slice_s": self.slice_s,
            "slices": len(self._slices),
            "kinds": kinds,
        }
