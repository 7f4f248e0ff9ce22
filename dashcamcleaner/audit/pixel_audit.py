"""Whether regions hide in every frame, and nothing else changed. Used by `audit.frame_audit`.

`audit.compare` measures one pair of frames, `audit.region_checks` judges regions over time; this feeds both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from dashcamcleaner.audit.compare import FrameComparer, FrameComparison, upright_colours, upright_luma
from dashcamcleaner.audit.region_checks import RegionCheckLog, spans
from dashcamcleaner.core.finding_table import checked, found, not_checked
from dashcamcleaner.core.findings import Check, Finding
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import Region
from dashcamcleaner.pipeline.build import shapes_per_kind
from dashcamcleaner.settings import Settings

__all__ = ["PixelAudit"]

_GONE = 0.2
_LEAST_CHANGED_FRAMES = 3

Box = tuple[int, int, int, int]


class PixelAudit:
    """Compares source and output, frame by frame in order.

    Args:
        info, output_info: what the files of source and output hold.
        settings: the settings of the run.

    Attributes:
        comparable: the pictures have the same size, but for a line that an encoder of 4:2:0 adds.
        hidden_regions: regions so far, over all frames.
        uncovered: without a plan: in the latest frame something is not hidden that was a frame ago.
    """

    def __init__(self, *, info: MediaInfo, output_info: MediaInfo, settings: Settings) -> None:
        shift = info.layout.chroma_shift
        self._comparer = FrameComparer(
            upright_size=info.upright_size,
            shapes=shapes_per_kind(settings),
            orientation=info.orientation,
            block=(1 << shift[0], 1 << shift[1]),
        )
        (w, h), (w2, h2) = info.upright_size, output_info.upright_size
        self.comparable = abs(w - w2) <= 1 and abs(h - h2) <= 1
        self.hidden_regions = 0
        self.uncovered = False
        self._regions = RegionCheckLog()
        self._changed: list[tuple[int, float, list[Box]]] = []
        self._boxes_before: list[tuple[float, float, float, float]] = []

    def compare(
        self, source: Frame, output: Frame, regions: Sequence[Region] | None
    ) -> tuple[FrameComparison, np.ndarray, np.ndarray]:
        """Compare one pair.

        Args:
            source: the frame of the source.
            output: the frame of the output.
            regions: what the plan hides in them; None where none tells.

        Returns:
            What differs, and the upright lumas of source and output, uint8 ``(h, w)`` of equal size.
        """
        before, after = upright_luma(source), upright_luma(output)
        if before.shape != after.shape:
            missing = [max(0, one - other) for one, other in zip(before.shape, after.shape, strict=True)]
            after = cv2.copyMakeBorder(after, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
            after = np.ascontiguousarray(after[: before.shape[0], : before.shape[1]])
        if regions is None:
            compared = self._comparer.compare_without_plan(before, after)
            self.uncovered = any(compared.hidden_share(box) < _GONE for box in self._boxes_before)
            self._boxes_before = [test.region.xyxy for test in compared.tests]
        else:
            colours = list(zip(upright_colours(source), upright_colours(output), strict=False)) if regions else []
            compared = self._comparer.compare(before, after, regions, colours)
            self.uncovered = False
        self.hidden_regions += len(compared.tests)
        self._regions.push(source.index, source.time.seconds, compared.tests)
        if compared.changed_blocks:
            self._changed.append((source.index, source.time.seconds, compared.changed_blocks))
        return compared, before, after

    def findings(self) -> Iterator[Finding]:
        """What is wrong."""
        if not self.comparable:
            return
        yield from self._regions.findings()
        for run in spans(self._changed, frame_of=lambda item: item[0], most_gap=2):
            area = max(sum((b[2] - b[0]) * (b[3] - b[1]) for b in blocks) for _, _, blocks in run)
            if len(run) < _LEAST_CHANGED_FRAMES and area < 64 * 64:
                continue
            yield found(
                "changed-outside",
                first_frame=run[0][0], last_frame=run[-1][0], start_s=run[0][1], end_s=run[-1][1],
                boxes={i: (float(b[0][0]), float(b[0][1]), float(b[0][2]), float(b[0][3])) for i, _, b in run},
                legible=0.2, doubt=0.5,
            )  # fmt: skip

    def checks(self, *, planned: bool, frames: int) -> Iterator[Check]:
        """What the checks show.

        Args:
            planned: a plan told what was to be hidden.
            frames: the frames that were compared.
        """
        if not self.comparable:
            yield not_checked("pixels", "the sizes differ")
        elif planned:
            yield checked("pixels", looked_at=self._regions.tested, found=self._regions.faulty)
            yield checked("outside", looked_at=frames, found=len(self._changed))
        else:
            yield not_checked("pixels", "there is no plan that says what was to be hidden")
