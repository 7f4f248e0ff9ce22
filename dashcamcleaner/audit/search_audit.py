"""Which frames of the output are searched for what is not hidden, and what becomes of it. Used by `audit.frame_audit`.

`audit.search` looks at one picture, `audit.exposures` links what is seen over time, `audit.scoring` weighs it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np

from dashcamcleaner.audit.exposures import AuditDetection, Exposure, ExposureTracker
from dashcamcleaner.audit.models import FACES, OWN, AuditModels
from dashcamcleaner.audit.scoring import ExposureScorer
from dashcamcleaner.audit.search import moves_as_one
from dashcamcleaner.core.boxes import Detections, iou
from dashcamcleaner.core.finding_table import CHECKS, checked, found
from dashcamcleaner.core.findings import Check, Finding
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.detection.yolo import fitted_size
from dashcamcleaner.messages import msg

__all__ = ["SearchAudit"]

_SURE = 0.5
_SAME = 0.1
_LEAST_UNKNOWN = 2
"""What is seen this surely has a faint detection, at least, of the same weights near it; two frames are no chance."""
_LONGEST_PX = 4096
_EVERY_S = 0.1
"""An object that is legible for three frames of 30 a second is looked at once, at least."""


class SearchAudit:
    """Searches frames of the output, in order of time.

    Args:
        models: who looks.
        doubtful: indices of frames to search whenever they come.
        shown_size: ``(width, height)`` that players give the output where that is of another shape: see
            `MediaInfo.shown_size`.
    """

    def __init__(
        self, models: AuditModels, *, doubtful: Collection[int], shown_size: tuple[int, int] | None = None
    ) -> None:
        self._shown_size = shown_size
        if shown_size is not None and max(shown_size) > _LONGEST_PX:
            self._shown_size = fitted_size(shown_size, (_LONGEST_PX, _LONGEST_PX))
        self._models = models
        self._doubtful = doubtful
        self._due_s = -1e9
        self._tracker = ExposureTracker()
        self._scorer = ExposureScorer(FACES, OWN, models.second_opinion, models.reads(), moves_as_one)
        self._found: list[Finding] = []
        self._looked_at = 0
        self._unknown: list[tuple[int, float]] = []

    def is_due(self, index: int, seconds: float) -> bool:
        """Whether a frame is to be searched: one in a while, and all doubtful ones."""
        return seconds >= self._due_s or index in self._doubtful

    def look_closely(self) -> None:
        """Search the next frame, whenever it comes."""
        self._due_s = -1e9

    def search(
        self,
        output: Frame,
        *,
        index: int,
        seconds: float,
        hidden_share: Callable[[Sequence[float]], float],
        known: Detections | None = None,
    ) -> bool:
        """Search a frame of the output.

        Args:
            output: the frame.
            index: the index of the source's frame, by which it is told.
            seconds: the time of the source's frame.
            hidden_share: the share of a box that regions hide.
            known: what the plan says was seen in the frame, down to the faintest; None without a plan.

        Returns:
            Whether anything was seen.
        """
        if seconds >= self._due_s:
            self._due_s = seconds + _EVERY_S - 1e-3
        self._looked_at += 1
        views = [view(output.upright_size) for view in (output.picture, *output.views)]
        seen = self._models.searcher.search(*views, frame=index, seconds=seconds, hidden_share=hidden_share)
        if self._shown_size is not None:
            seen += self._search_shown(output, self._shown_size, index, seconds, hidden_share)
        if known is not None and any(_is_unknown(one, known) for one in seen):
            self._unknown.append((index, seconds))
        self._tracker.push(seen, seconds=seconds)
        self._score_exposures(self._tracker.drain())
        output.forget_pictures()
        return bool(seen)

    def _search_shown(
        self,
        output: Frame,
        size: tuple[int, int],
        index: int,
        seconds: float,
        hidden_share: Callable[[Sequence[float]], float],
    ) -> list[AuditDetection]:
        """What is seen in the shape that players give the frame, by its place in upright pixels."""
        (w, h), (shown_w, shown_h) = output.upright_size, size

        def upright(box: Sequence[float]) -> tuple[float, float, float, float]:
            x1, y1, x2, y2 = box
            return x1 * w / shown_w, y1 * h / shown_h, x2 * w / shown_w, y2 * h / shown_h

        seen = self._models.searcher.search(
            output.picture(size), frame=index, seconds=seconds, hidden_share=lambda box: hidden_share(upright(box))
        )
        for one in seen:
            one.xyxy = upright(one.xyxy)
            x1, y1, x2, y2 = map(round, upright(one.crop_xyxy))
            one.crop_xyxy = (x1, y1, x2, y2)
        return seen

    def _score_exposures(self, exposures: Sequence[Exposure]) -> None:
        weighed = (self._scorer.score_exposure(exposure) for exposure in exposures)
        self._found += [finding for finding in weighed if finding is not None]

    def findings(self) -> list[Finding]:
        """What stands clear, after the last frame."""
        self._score_exposures(self._tracker.finish())
        if len(self._unknown) < _LEAST_UNKNOWN:
            return self._found
        (first, start_s), (last, end_s) = self._unknown[0], self._unknown[-1]
        lacks = found(
            "plan-lacks",
            {"count": len(self._unknown)},
            first_frame=first,
            last_frame=last,
            start_s=start_s,
            end_s=end_s,
        )
        return [*self._found, lacks]

    def checks(self) -> Iterator[Check]:
        """What the checks show, after `findings`."""
        for name, view in (("search-own", OWN), ("search-face", FACES)):
            if view in self._models.whole:
                hits = sum(view in finding.evidence.get("scores", {}) for finding in self._found)
                looked_at = CHECKS[name].units(self._looked_at)
                unit = msg("{unit} (objects found: {hits})", unit=looked_at, hits=hits) if hits else ""
                yield checked(name, looked_at=self._looked_at, found=hits, unit=unit)


def _is_unknown(seen: AuditDetection, known: Detections) -> bool:
    """Whether the run's own weights see something surely of which the plan has no detection near it."""
    if seen.scores.get(OWN, 0.0) < _SURE:
        return False
    return not len(known) or float(iou(np.array([seen.xyxy]), known.xyxy)[0].max()) < _SAME
