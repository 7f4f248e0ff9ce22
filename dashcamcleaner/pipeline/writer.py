"""The writing end of a run: obscures each frame and hands it to the clip, its plan, masks and exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np

from dashcamcleaner.atomic_files import new_work_file
from dashcamcleaner.core.frame import Frame, PixelLayout
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import FramePlan, PlanHeader, Region
from dashcamcleaner.core.summary import PARTIAL, RunSummary
from dashcamcleaner.core.time import Span
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.media.encoder import Encoder
from dashcamcleaner.media.image_file import picture_frame
from dashcamcleaner.media.mask_writer import MaskWriter
from dashcamcleaner.media.output_plan import OutputPlan
from dashcamcleaner.media.picture_length import PictureLength, length_notes
from dashcamcleaner.media.written import check_clip
from dashcamcleaner.obscure.masks import region_mask
from dashcamcleaner.obscure.obscurer import Obscurer
from dashcamcleaner.output_files import PRIVATE, keep_date, mode_like
from dashcamcleaner.pipeline.build import detector_for, rules_per_kind, shapes_per_kind
from dashcamcleaner.pipeline.detection_export import DetectionExport, open_export
from dashcamcleaner.pipeline.frames import FramePlanner, plan_frame
from dashcamcleaner.pipeline.hidden_sheet import HiddenSheet
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.pipeline.outlived_edits import outlived_edits
from dashcamcleaner.pipeline.output_lock import OutputLock
from dashcamcleaner.pipeline.own_styles import OwnStyles
from dashcamcleaner.pipeline.plan_file import PlanWriter, plan_path
from dashcamcleaner.pipeline.publication import publish_all
from dashcamcleaner.planning.memory import MemoryPlanner
from dashcamcleaner.report.data import report_files, report_path
from dashcamcleaner.settings import Settings
from dashcamcleaner.work_files import WorkFile

__all__ = ["ClipWriter", "obscurer_for", "cover_cleaner", "side_mode"]


def side_mode(settings: Settings, source: Path) -> int:
    """The mode of a source's plan, report and exported detections: they tell where everybody is."""
    return PRIVATE if settings.private_plans else mode_like(source)


def obscurer_for(settings: Settings) -> Obscurer:
    """The obscuring stage that the settings ask for."""
    return Obscurer(
        style=settings.style,
        strength=settings.strength,
        feather=settings.feather,
        shapes=shapes_per_kind(settings),
        picture=Path(settings.picture) if settings.picture else None,
    )


class ClipWriter:
    """A context manager: leaving it without `finish` deletes everything that was begun.

    Attributes:
        styles: how regions look whose person or track has a look of its own; may be set until the first frame.
    """

    styles: OwnStyles | None = None

    def __init__(self, job: Job, *, info: MediaInfo, target: OutputPlan, header: PlanHeader, models: ModelPool) -> None:
        settings = job.settings
        self._job = job
        self._info = info
        self._target = target
        self._masks: list[tuple[MaskWriter, WorkFile, Path]] = []
        self._export: DetectionExport | None = None
        self._plan: PlanWriter | None = None
        self._obscurer = obscurer_for(settings)
        self._sheet = HiddenSheet()
        self._shapes = shapes_per_kind(settings)
        self._reports: list[tuple[WorkFile, Path]] = []
        self._encoder: Encoder | None = None
        mode = side_mode(settings, job.source)
        self._clip = new_work_file(job.output, mode=mode_like(job.source))
        try:
            self._encoder = Encoder(
                target,
                partial_path=self._clip.path,
                final=job.output,
                source=job.source,
                info=info,
                quality=settings.quality,
                preset=settings.preset,
                threads=settings.workers,
                clean_cover=cover_cleaner(settings, obscurer=self._obscurer, models=models),
            )
            self._plan = PlanWriter(plan_path(job.output), header=header, mode=mode)
            if job.export_detections is not None:
                self._export = open_export(job.export_detections, header=header, mode=mode)
            for path, colored in ((job.export_mask, False), (job.export_mask_colored, True)):
                if path is not None:
                    self._begin_mask(path, colored=colored)
        except BaseException:
            self.abort()
            raise

    def _begin_mask(self, path: Path, *, colored: bool) -> None:
        work = new_work_file(path, mode=mode_like(self._job.source))
        try:
            mask = MaskWriter(path, partial_path=work.path, info=self._info, colored=colored, draw=self._draw)
        except BaseException:
            work.discard()
            raise
        self._masks.append((mask, work, path))

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
        assert self._encoder is not None
        for mask, _, _ in self._masks:
            mask.write(plan.time, plan.regions, frame.upright_size)
        if self._export is not None:
            self._export.write(plan)
        if self.styles is not None:
            self.styles.obscure(frame, plan.regions, plain=self._obscurer)
        else:
            self._obscurer.obscure(frame, plan.regions)
        if self._target.keeps(frame.time.exact()):
            self._sheet.add(frame, plan)
        self._encoder.write(frame)
        self._plan.write(plan)

    def finish(
        self,
        summary: RunSummary,
        *,
        source_length: PictureLength,
        source_sha256: Callable[[], str],
        lock: OutputLock,
    ) -> list[str]:
        """Complete all files, and give them their final names, the clip's last.

        Edits beside the plan that is replaced are put aside where they speak of its tracks, and that is told.

        Args:
            summary: the run; completed here.
            source_length: the length of what was read; a difference to what was written is told.
            source_sha256: gives the hash of what was read, or raises if that was changed.
            lock: the lock of the outputs.

        Returns:
            What a careful user wants to know of the writing, one sentence each; they stand in the summary, too.

        Raises:
            OutputError: the disk is full, something came to stand under a final name meanwhile, or the clip is not
                what was written. None of the files has its name then.
        """
        assert self._plan is not None
        assert self._encoder is not None
        job, encoder = self._job, self._encoder
        summary.output_bytes = encoder.finish()
        sentences = list(encoder.problems)
        if encoder.sides_end_early:
            summary.status = PARTIAL
        if job.cut is None:  # else the encoder alone has compared what it was asked for with what it wrote
            sentences += length_notes(source_length, encoder.length)
        summary.warnings += sentences
        summary.duration_s = (job.cut is None and summary.duration_s) or float(encoder.length.seconds or 0)
        check_clip(self._clip.path, encoder.written, final=job.output)
        files: list[tuple[WorkFile, Path]] = []
        for mask, work, final in self._masks:
            mask.finish()
            files.append((work, final))
        if self._export is not None and job.export_detections is not None:
            files.append((self._export.close(), job.export_detections))
        outlived = None
        if job.write_plan:
            plan = self._plan.close()
            files.append((plan, self._plan.final))
            summary.plan = str(self._plan.final)
            outlived = outlived_edits(self._plan.final, new=plan.path)
        if outlived is not None:
            sentences.append(outlived.note)
            summary.warnings.append(outlived.note)
        summary.report = str(report_path(job.output))
        summary.source_sha256 = source_sha256()
        self._reports = report_files(
            summary,
            result=self._clip.path,
            about_source=job.settings.report_source,
            mode=side_mode(job.settings, job.source),
            sheet=self._sheet.pictures(),
        )
        keep_date(job.source, self._clip.path)
        publish_all(
            [*files, *self._reports, (self._clip, job.output)],
            lock=lock,
            overwrite=job.settings.overwrite,
            check=lambda: check_clip(job.output, encoder.written, final=job.output),
        )
        if outlived is not None and (problem := outlived.put_aside()):
            sentences.append(problem)
        return sentences

    def abort(self) -> None:
        """Close and delete what was begun; what is published stays."""
        for sink in (self._encoder, self._plan, self._export, *(mask for mask, _, _ in self._masks)):
            if sink is not None:
                sink.abort()
        for work in (self._clip, *(work for _, work, _ in self._masks), *(work for work, _ in self._reports)):
            work.discard()

    def __enter__(self) -> ClipWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


def cover_cleaner(settings: Settings, *, obscurer: Obscurer, models: ModelPool) -> Callable[[np.ndarray], np.ndarray]:
    """A function ``(h, w, 3) RGB -> the same, obscured``.

    Args:
        settings: decide what is looked for, and how much is covered.
        obscurer: the obscurer of the run.
        models: gives the detector.
    """

    def clean(picture: np.ndarray) -> np.ndarray:
        bands = [np.ascontiguousarray(picture[..., band]) for band in range(3)]
        frame = picture_frame(bands, PixelLayout("rgb24", chroma_shift=(0, 0), full_range=True, rgb=True))
        detector = detector_for(settings, upright_size=frame.upright_size, models=models)
        planner = MemoryPlanner(
            upright_size=frame.upright_size,
            rules=rules_per_kind(settings),
            before=Span.parse("0"),
            after=Span.parse("0"),
            max_waiting_frames=1,
        )
        plan = plan_frame(LiveObservationSource(detector, motion=None, log=None), FramePlanner(planner), frame)
        obscurer.obscure(frame, plan.regions)
        return np.stack(frame.planes, axis=2)

    return clean
