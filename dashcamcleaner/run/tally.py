"""Counts over the frame plans of a run: what the summary and the report tell per kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Origin
from dashcamcleaner.core.summary import KindSummary
from dashcamcleaner.core.timeline import Timeline

__all__ = ["Tally"]

_FILLED = (Origin.INTERPOLATED, Origin.HELD)


class Tally:
    """Fed with every frame plan in order; `kinds` is complete after the last.

    Args:
        thresholds: what counts as a sighting, per kind.
        kinds: the kinds that are hidden.
    """

    def __init__(self, *, thresholds: Mapping[str, float], kinds: tuple[str, ...]) -> None:
        self._thresholds = thresholds
        self.kinds: dict[str, KindSummary] = {kind: KindSummary() for kind in kinds}
        self.timeline = Timeline()
        self.frames = 0
        self.damaged_frames = 0
        self._tracks: dict[str, set[int]] = {}
        self._fill_since: dict[tuple[str, int], float] = {}

    def add(self, plan: FramePlan) -> dict[str, int]:
        """Count a frame; gives the number of regions per kind in it."""
        self.frames += 1
        self.timeline.add(plan)
        self.damaged_frames += plan.seen.damaged
        found = plan.seen.detections
        for kind, summary in self.kinds.items():
            score = found.score[(found.kind == kind) & (found.score >= self._thresholds.get(kind, 0.0))]
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

    def _follow_fills(self, plan: FramePlan) -> None:
        now = plan.time.seconds
        filled = set()
        for region in plan.regions:
            if region.track is not None:
                tracks = self._tracks.setdefault(region.kind, set())
                tracks.add(region.track)
                self.kinds[region.kind].tracks = len(tracks)
            if region.origin in _FILLED:
                summary = self.kinds[region.kind]
                summary.filled += 1
                if region.track is not None:
                    key = (region.kind, region.track)
                    filled.add(key)
                    since = self._fill_since.setdefault(key, now)
                    summary.longest_fill_s = max(summary.longest_fill_s, now - since)
        self._fill_since = {key: since for key, since in self._fill_since.items() if key in filled}
