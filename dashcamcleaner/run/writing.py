"""The writing end of a run: obscures each frame and hands it to the clip, its plan, masks and exports."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np

from dashcamcleaner.core.media import Frame, MediaInfo
from dashcamcleaner.core.plan import FramePlan, PlanHeader, Region
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.run.covers import cover_cleaner
from dashcamcleaner.run.job import Job
from dashcamcleaner.run.outputs import DetectionExport, check_output, keep_date, partial_path, publish
from dashcamcleaner.run.planfile import PlanWriter, plan_path
from dashcamcleaner.run.reporting import report_path, write_reports
from dashcamcleaner.settings import Settings
from dashcamcleaner.stages.encode import Encoder, MaskWriter, OutputPlan
from dashcamcleaner.stages.obscure import Obscurer, region_mask

__all__ = ["ClipWriter", "obscurer_for"]


def obscurer_for(settings: Settings) -> Obscurer:
    """The obscuring stage that the settings ask for."""
    return Obscurer(
        style=settings.style,
        strength=settings.strength,
        feather=settings.feather,
        shapes={"face": settings.shape_face, "plate": settings.shape_plate},
        picture=Path(settings.picture) if settings.picture else None,
    )


class ClipWriter:
    """A context manager: leaving it without `finish` deletes everything that was begun."""

    def __init__(self, job: Job, *, info: MediaInfo, target: OutputPlan, header: PlanHeader) -> None:
        settings = job.settings
        self._job = job
        self._info = info
        self._masks: list[tuple[MaskWriter, Path, Path]] = []
        self._export: DetectionExport | None = None
        self._plan: PlanWriter | None = None
        self._obscurer = obscurer_for(settings)
        self._shapes = {"face": settings.shape_face, "plate": settings.shape_plate}
        self._published = False
        for extra in (job.export_detections, job.export_mask, job.export_mask_colored):
            if extra is not None:
                check_output(extra, sources=[job.source, job.output], overwrite=settings.overwrite)
        self._encoder = Encoder(
            target,
            partial_path=partial_path(job.output),
            source=job.source,
            info=info,
            quality=settings.quality,
            preset=settings.preset,
            threads=settings.workers,
            clean_cover=cover_cleaner(settings, obscurer=self._obscurer),
        )
        try:
            self._plan = PlanWriter(plan_path(job.output), header=header)
            if job.export_detections is not None:
                self._export = DetectionExport(job.export_detections)
            for path, colored in ((job.export_mask, False), (job.export_mask_colored, True)):
                if path is not None:
                    beside = path.with_name(f"{path.stem}.partial{path.suffix}")  # the extension picks the container
                    self._masks.append((MaskWriter(beside, info=info, colored=colored, draw=self._draw), beside, path))
        except BaseException:
            self.abort()
            raise

    def _draw(self, channel: np.ndarray, region: Region, value: int) -> None:
        """Raise the channel to the value inside the very shape that is painted."""
        height, width = channel.shape
        left, top, mask = region_mask(
            region,
            upright_size=(width, height),
            shapes=self._shapes,
            orientation=self._info.orientation,
            block=(1 << self._info.layout.chroma_shift[0], 1 << self._info.layout.chroma_shift[1]),
        )
        area = channel[top : top + mask.shape[0], left : left + mask.shape[1]]
        np.maximum(area, value, out=area, where=mask > 0)

    def write(self, frame: Frame, plan: FramePlan) -> None:
        """Obscure and write one frame; called in order by one thread."""
        assert self._plan is not None
        for mask, _, _ in self._masks:
            mask.write(plan.time, plan.regions, frame.upright_size)
        if self._export is not None:
            self._export.write(plan)
        self._obscurer.obscure(frame, plan.regions)
        self._encoder.write(frame)
        self._plan.write(plan)

    def finish(self, summary: RunSummary) -> None:
        """Complete all files, give them their final names, and write the JSON report beside the output.

        Raises:
            OutputError: the disk is full, or something came to stand under a final name meanwhile.
        """
        assert self._plan is not None
        job = self._job
        summary.output_bytes = self._encoder.finish()
        summary.warnings += self._encoder.problems
        for mask, beside, final in self._masks:
            mask.finish()
            publish(beside, final, overwrite=job.settings.overwrite)
        if self._export is not None:
            self._export.finish()
        publish(partial_path(job.output), job.output, overwrite=job.settings.overwrite)
        self._published = True
        keep_date(job.source, job.output)
        if job.write_plan:
            summary.plan = str(self._plan.finish())
        else:
            self._plan.abort()
        summary.report = str(report_path(job.output))
        write_reports(summary)

    def abort(self) -> None:
        """Close and delete what was begun; does nothing after `finish`."""
        if self._published:
            return
        self._encoder.abort()
        for sink in (self._plan, self._export, *(mask for mask, _, _ in self._masks)):
            if sink is not None:
                sink.abort()

    def __enter__(self) -> ClipWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()
