"""A finished result and its plan, to look at frame by frame: what stands in the file, never what would be made now."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from types import TracebackType

import numpy as np

from dashcamcleaner.core.plan import Region
from dashcamcleaner.media.frame_times import frame_times
from dashcamcleaner.pipeline.one_picture import open_frames
from dashcamcleaner.pipeline.plan_file import PlanReader
from dashcamcleaner.review.preview import fitted

__all__ = ["FinishedClip"]


class FinishedClip:
    """An open result; a context manager. Used by one thread.

    Frames are found by their position: a run writes one frame for each line of its plan. Where the counts differ (the
    file was cut since), the frame that is shown so many seconds after the first is taken.

    Args:
        output: the result.
        plan: the plan that it was rendered from; None: there is none, and no region is known.

    Raises:
        InputError: the result cannot be read.
        PlanError: the plan cannot be read.
    """

    def __init__(self, output: Path, plan: Path | None) -> None:
        self.output, self.plan = output, plan
        self._regions: list[tuple[Region, ...]] = []
        self._planned_s: list[float] = []
        if plan is not None:
            with PlanReader(plan) as reader:
                for line in reader:
                    self._planned_s.append(line.seen.time.seconds)
                    self._regions.append(tuple(line.regions))
        self.info, self._decoder = open_frames(output)
        self._times = frame_times(output, info=self.info)

    def _place(self, time_s: float) -> int:
        """Position in the plan of the frame that is shown at a time of the source, in seconds."""
        return max(0, bisect_right(self._planned_s, time_s + 1e-6) - 1)

    def regions(self, time_s: float) -> tuple[Region, ...]:
        """The plan's regions of the frame that is shown at a time of the source, in seconds."""
        return self._regions[self._place(time_s)] if self._regions else ()

    def picture(self, time_s: float, *, first_s: float, longest_side_px: int) -> np.ndarray:
        """The result's frame, upright RGB ``(h, w, 3)`` uint8.

        Args:
            time_s: the frame's time in the source, in seconds.
            first_s: the time of the source's first frame, in seconds.
            longest_side_px: the longest side of the picture given; it is never enlarged.

        Raises:
            InputError: the frame does not decode.
        """
        if len(self._planned_s) == len(self._times):
            pts = self._times[self._place(time_s)]
        else:
            base = float(self.info.time_base)
            wanted = self._times[0] * base + (time_s - first_s) + 1e-6 if self._times else 0.0
            place = bisect_right(self._times, wanted / base) - 1
            pts = self._times[max(0, place)] if self._times else 0
        size = fitted(self.info.upright_size, longest_side_px)
        return self._decoder.seek(pts).clearest_view(size)(size)

    def close(self) -> None:
        """Give the file back."""
        self._decoder.close()

    def __enter__(self) -> FinishedClip:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
