"""The window's door to the engine; what the review and the scenes ask has doors of its own behind this one.

Everything in here is called off the window's own thread, and imports what it needs when it is called: that is why the
window stands in a moment while FFmpeg and OpenVINO take their time.

Tests put their own engine behind the same methods.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashcamcleaner.core.events import Event
from dashcamcleaner.core.kinds import BUILT_IN
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.model_choices import DeviceChoice, WeightsChoice, add_weights, device_choices, weights_choices
from dashcamcleaner.gui.pictures import blurred_thumbnail, thumbnail, to_image
from dashcamcleaner.gui.queue_row import ClipFacts
from dashcamcleaner.gui.scenes_service import ScenesService
from dashcamcleaner.output_files import CLEANED_SUFFIX
from dashcamcleaner.settings import Settings

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.detection.pool import ModelPool
    from dashcamcleaner.live.preview_sink import PreviewSink
    from dashcamcleaner.live.request import LiveRequest
    from dashcamcleaner.live.session import LiveSession
    from dashcamcleaner.pipeline.job import Job
    from dashcamcleaner.review.finished_clip import FinishedClip
    from dashcamcleaner.review.plan_review import PlanReview
    from dashcamcleaner.review.preview import ClipPreview
    from dashcamcleaner.review.stretch import StretchPreview

__all__ = ["EngineFacade", "Found"]

_THUMBNAIL_SOURCE_PX = 384


@dataclass(slots=True)
class Found:
    """What dropped or named paths hold.

    Args:
        clips: each with the folder it was found through, None for files named themselves.
        skipped: files in folders that are neither clip nor picture.
        results: clips and pictures in folders that are results of earlier runs.
        left_out: a sentence for each subfolder or file that was not read.
        errors: what could not be taken, one per path.
    """

    clips: list[tuple[Path, Path | None]] = field(default_factory=list)
    skipped: int = 0
    results: int = 0
    left_out: list[str] = field(default_factory=list)
    errors: list[DashcamCleanerError] = field(default_factory=list)


class EngineFacade:
    """What the window asks of the engine.

    Args:
        models: where detectors come from: runs, audits and previews share them. None: the process's own pool.
    """

    def __init__(self, *, models: ModelPool | None = None) -> None:
        self._models = models

    def find(self, paths: Sequence[str], *, settings: Settings, suffix: str = CLEANED_SUFFIX) -> Found:
        """The clips in files and folders; one bad path does not hide the others."""
        from dashcamcleaner.jobs.inputs import jobs_for

        found = Found()
        for path in paths:
            root = Path(path) if Path(path).is_dir() else None
            try:
                batch = jobs_for([path], output=None, settings=settings, suffix=suffix)
            except DashcamCleanerError as error:
                found.errors.append(error)
                continue
            found.clips += [(job.source, root) for job in batch.jobs]
            found.skipped += len(batch.skipped)
            found.results += len(batch.results)
            found.left_out += [*batch.unread, *batch.linked]
        return found

    def outputs(
        self,
        clips: Sequence[tuple[Path, Path | None]],
        *,
        folder: Path | None,
        settings: Settings,
        suffix: str = CLEANED_SUFFIX,
    ) -> dict[Path, Path | DashcamCleanerError]:
        """Where each clip's result will stand, or why it cannot.

        Args:
            clips: source and the folder it was found through.
            folder: the folder for all results; None puts each beside its source.
            settings: the settings in force.
            suffix: what a result's name has after its source's.
        """
        from dashcamcleaner.jobs.inputs import jobs_for

        output = None if folder is None else f"{folder}/"
        inputs = list(dict.fromkeys(str(root or source) for source, root in clips))
        found: dict[Path, Path | DashcamCleanerError] = {}
        # If one of them cannot be taken, all are asked one by one below, so that the others are not held up.
        with contextlib.suppress(DashcamCleanerError):
            batch = jobs_for(inputs, output=output, settings=settings, suffix=suffix)
            found |= {job.source: job.output for job in batch.jobs}
        for source, _ in clips:
            if source not in found:
                try:
                    alone = jobs_for([str(source)], output=output, settings=settings, suffix=suffix)
                    found[source] = alone.jobs[0].output
                except DashcamCleanerError as error:
                    found[source] = error
        return found

    def facts(self, clip: Path) -> ClipFacts:
        """What is told of a clip, with a thumbnail that shows nobody."""
        from dashcamcleaner.media.probe import probe
        from dashcamcleaner.review.preview import first_picture

        info = probe(clip)
        picture = first_picture(clip, longest_side_px=_THUMBNAIL_SOURCE_PX, info=info)
        return ClipFacts(
            duration_s=None if info.is_picture else info.duration_s,
            size=info.upright_size,
            frames=info.frames,
            file_bytes=info.file_bytes or clip.stat().st_size,
            thumbnail=blurred_thumbnail(to_image(picture)),
        )

    def sample_clip(self) -> Path:
        """A drawn clip in which nobody who lives is seen, to try everything with."""
        from dashcamcleaner.demo.clip import make_demo
        from dashcamcleaner.user_folders import user_folder

        folder = user_folder("data") / "sample"
        known = folder / "demo.mp4"
        return known if known.is_file() else make_demo(folder)

    def cleaned_thumbnail(self, result: Path) -> Any:
        """A clear thumbnail of a result, whose people are hidden."""
        from dashcamcleaner.review.preview import first_picture

        return thumbnail(to_image(first_picture(result, longest_side_px=_THUMBNAIL_SOURCE_PX)))

    def earlier(self, results: Mapping[Path, Path]) -> dict[Path, RunSummary]:
        """Which of these clips were cleaned on an earlier day: source -> what its result's report says.

        Args:
            results: source -> where its result would stand.
        """
        from dashcamcleaner.jobs.earlier import earlier_result

        found = {source: earlier_result(source, output) for source, output in results.items()}
        return {source: summary for source, summary in found.items() if summary is not None}

    def at_once(self, settings: Settings, *, jobs: int) -> int:
        """How many of so many clips run at once, by what the command line decides it: setting, cores and memory."""
        from dashcamcleaner.jobs.parallel import parallel_jobs

        return parallel_jobs(settings, jobs=jobs)

    def start(self, job: Job, *, among: int = 1) -> tuple[Iterator[Event], Any]:
        """A run's events and its control.

        Args:
            job: what to do.
            among: how many runs share the machine: threads and memory that nobody set are shared out among them, the
                models serve all, with the threads of all.
        """
        from dashcamcleaner.detection.pool import SharedThreads, shared_pool
        from dashcamcleaner.jobs.parallel import shared_out
        from dashcamcleaner.jobs.run import clean
        from dashcamcleaner.pipeline.control import Control

        control, models = Control(), self._models
        if among > 1:
            models = SharedThreads(models or shared_pool(), threads=job.settings.workers * among)
            job = replace(job, settings=shared_out(job.settings, among=among))
        return clean(job, models=models, control=control), control

    def start_audit(self, source: Path, output: Path, plan: Path | None) -> tuple[Iterator[Event], Any]:
        """A second look's events and its control; what it saw is put into the report."""
        from dashcamcleaner.audit.audit import audit
        from dashcamcleaner.core.events import Audited
        from dashcamcleaner.pipeline.control import Control
        from dashcamcleaner.report.data import add_audit

        control = Control()

        def events() -> Iterator[Event]:
            for event in audit(source, output, plan=plan, models=self._models, control=control):
                if isinstance(event, Audited):
                    add_audit(event.result, thumbnails=event.thumbnails)
                yield event

        return events(), control

    def open_preview(self, clip: Path, *, video_track: int | None = None) -> ClipPreview:
        """A clip to look at, one of its video streams where it has several."""
        from dashcamcleaner.review.preview import ClipPreview

        return ClipPreview(clip, video_track=video_track, models=self._models)

    def open_stretch(self, clip: ClipPreview, pts: int, *, settings: Settings) -> StretchPreview:
        """The second or two around a frame, to be planned as a run would."""
        from dashcamcleaner.review.stretch import StretchPreview

        return StretchPreview(clip, pts, settings=settings, models=self._models)

    def open_finished(self, output: Path, plan: Path | None) -> FinishedClip:
        """A result with its plan, to look at."""
        from dashcamcleaner.review.finished_clip import FinishedClip

        return FinishedClip(output, plan)

    def find_people(
        self, clip: Path, plan: Path, settings: Settings, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Edits:
        """Who is who in a clip by likeness, as edits of its plan; looks through the whole clip.

        Args:
            clip: the clip.
            plan: its plan.
            settings: the settings in force.
            cancelled: asked now and then.

        Raises:
            ExtraMissing: the extra that tells faces apart is not installed.
            Cancelled: it was.
        """
        from dashcamcleaner.core.edits import Edits
        from dashcamcleaner.detection.pool import shared_pool
        from dashcamcleaner.errors import Cancelled
        from dashcamcleaner.people.grouping import group_people
        from dashcamcleaner.pipeline.control import Control
        from dashcamcleaner.pipeline.job import Job
        from dashcamcleaner.pipeline.people_run import look_at_people

        job = Job(clip, plan.with_name("unused" + clip.suffix), settings, from_plan=plan)
        looking = look_at_people(job, control=Control(), models=self._models or shared_pool())
        with contextlib.closing(looking):
            try:
                while True:
                    next(looking)
                    if cancelled():
                        raise Cancelled("Nobody waits for the persons any more.")
            except StopIteration as done:
                faces = done.value.faces
        return Edits(tuple(edit for person in group_people(faces.seen) for edit in person.edits(0)))

    def find_burned_in(
        self, clip: Path, *, video_track: int | None = None, cancelled: Callable[[], bool] = lambda: False
    ) -> list[tuple[float, float, float, float]]:
        """Where text stands still over a clip, upright full-size pixels.

        Args:
            clip: the clip.
            video_track: number of the video stream; None: the one that a run would choose.
            cancelled: asked before each picture.

        Raises:
            ExtraMissing: the extra that finds text is not installed.
            Cancelled: it was.
        """
        from dashcamcleaner.detection.pool import shared_pool
        from dashcamcleaner.errors import Cancelled
        from dashcamcleaner.media import probe
        from dashcamcleaner.pipeline.burned_in import find_burned_in

        def look() -> None:
            if cancelled():
                raise Cancelled("Nobody waits for burned-in text any more.")

        reader = (self._models or shared_pool()).text_reader()
        info = probe.probe(clip, video_track=video_track)
        return [one.box for one in find_burned_in(clip, info=info, reader=reader, look=look)]

    def open_review(self, plan: Path, settings: Settings, *, edited: bool) -> PlanReview:
        """A finished run's plan, which was rendered with edits or without."""
        from dashcamcleaner.review.plan_review import PlanReview

        return PlanReview(plan, settings=settings, edited=edited)

    def scenes(self) -> ScenesService:
        """What looks through clips and cuts them by their scenes."""
        return ScenesService(self._models)

    def open_live(self, request: LiveRequest, settings: Settings) -> tuple[LiveSession, PreviewSink | None]:
        """A live run that is ready to start, and the preview among its sinks."""
        from dashcamcleaner.detection.pool import shared_pool
        from dashcamcleaner.live.request import open_session

        return open_session(request, settings=settings, models=self._models or shared_pool())

    def settings_for_plan(self, plan: Path, settings: Settings) -> Settings:
        """Settings to render a plan again."""
        from dashcamcleaner.pipeline.plan_settings import settings_for_rendering

        return settings_for_rendering(plan, wanted=settings)

    def weights(self) -> list[WeightsChoice]:
        """All weights that are there, the best first."""
        return weights_choices()

    def growth(self) -> dict[str, tuple[float, ...]]:
        """What automatic region growth is, per built-in kind: of width and height."""
        return {kind: rules.growth for kind, rules in BUILT_IN.items()}

    def add_weights(self, path: Path) -> str:
        """Copy own weights into the user's folder; see `gui.model_choices.add_weights`."""
        return add_weights(path)

    def devices(self) -> list[DeviceChoice]:
        """What detection can run on here, and why automatic takes what it takes."""
        return device_choices()
