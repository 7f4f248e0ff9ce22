"""How a run sees: which source, which planner, and what is told about them. Opened once per run by the pipeline."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from types import TracebackType

import dashcamcleaner
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import KindRules, thresholds_of
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import PlanHeader
from dashcamcleaner.core.planner import Planner
from dashcamcleaner.detection.crop_check import CropChecker
from dashcamcleaner.detection.detector import SCORE_FLOOR, DetectorDescription
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.detection.weights_search import unreadable_sidecars
from dashcamcleaner.errors import PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.build import (
    checker_for,
    detection_schedule,
    detector_for,
    inference_size,
    make_planner,
    rules_per_kind,
)
from dashcamcleaner.pipeline.frames import FramePlanner
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.job_edits import load_edits
from dashcamcleaner.pipeline.observations import (
    BlankObservationSource,
    DetectionsAhead,
    LiveObservationSource,
    ObservationSource,
    StoredObservationSource,
)
from dashcamcleaner.pipeline.people import PeopleSearch, search_for
from dashcamcleaner.pipeline.plan_check import NO_WEIGHTS, open_for_replay
from dashcamcleaner.pipeline.plan_file import PlanReader, fingerprint, read_header
from dashcamcleaner.pipeline.seen_log import SeenLog, log_path, older_log_notes
from dashcamcleaner.pipeline.skipping import SkippingObservationSource
from dashcamcleaner.settings import ROWS, Settings
from dashcamcleaner.tracking.camera_motion import MotionEstimator

__all__ = [
    "RunContext",
    "live_source",
    "open_context",
    "seeing_of",
    "versions",
    "video_track_of",
]


@dataclass(frozen=True, slots=True)
class RunContext:
    """What one run works with; a context manager: leaving it gives files back. Models belong to their pool.

    Args:
        source: gives observations.
        planner: makes regions of them.
        header: the header of the plan that this run writes.
        rules: the rules of the kinds to hide, by kind.
        backend: backend, device and precision, for the summary.
        description: one line for people.
        thorough: the whole clip is to be analysed before anything is rendered.
        edits: what a person changed; what of it this version does not know stands in `warnings`.
        resumed_frames: how many an earlier run had analysed.
        warnings: sentences to tell.
        detector: at work; None where a plan is rendered.
        checker: looks closer at what the planner is unsure of; None where nobody does.
        log: where observations are kept for a resume.
        reader: the reader of the plan that is rendered.
        people: finds persons while the whole clip is analysed first; None where nobody asks for any.
        people_notes: what it has to tell, a sentence each.
    """

    source: ObservationSource
    planner: FramePlanner
    header: PlanHeader
    rules: dict[str, KindRules]
    backend: str
    description: str
    thorough: bool = False
    edits: Edits = field(default_factory=Edits)
    resumed_frames: int = 0
    warnings: tuple[str, ...] = ()
    detector: FrameDetector | None = None
    checker: CropChecker | None = None
    log: SeenLog | None = None
    reader: PlanReader | None = None
    people: PeopleSearch | None = None
    people_notes: tuple[str, ...] = ()

    @property
    def analyses_first(self) -> bool:
        """Whether the whole clip is to be analysed before anything is rendered."""
        return self.thorough or self.people is not None

    @property
    def thresholds(self) -> dict[str, float]:
        """The score from which a detection counts, per kind."""
        return thresholds_of(self.rules)

    def planning_with(self, planner: Planner) -> FramePlanner:
        """This run's closer looks for a planner of the caller's own."""
        return FramePlanner(
            planner,
            checker=self.checker,
            picture_size=self.detector.picture_size if self.detector is not None else (0, 0),
            known_frames=self.resumed_frames,
        )

    def done(self) -> None:
        """The output stands: what was kept for a resume may go."""
        if self.log is not None:
            self.log.remove()

    def __enter__(self) -> RunContext:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for held in (self.log, self.reader):
            if held is not None:
                held.close()


def open_context(
    job: Job,
    *,
    info: MediaInfo,
    models: ModelPool,
    ahead: DetectionsAhead | None = None,
    identity: Callable[[], str] | None = None,
) -> RunContext:
    """Take the detector, or read the plan, that a job asks for.

    Args:
        job: what is asked.
        info: what the clip holds.
        models: gives the detector.
        ahead: detections that are made elsewhere meanwhile.
        identity: gives the source's fingerprint where somebody reads it anyway; None: it is read here.

    Raises:
        BackendError: no backend, no weights, or a wanted kind that no weights know.
        PlanError: the plan cannot be read or is of another clip.
    """
    settings = job.settings
    # Native planes: a 4:2:0 frame takes 1.5 samples a pixel. What waits longer than this shortens the look-ahead.
    samples = 1 + 2 / (1 << sum(info.layout.chroma_shift))
    frame_bytes = round(info.size[0] * info.size[1] * samples) * (2 if info.layout.depth > 8 else 1)
    waiting = max(1, settings.max_look_ahead_mb * 1_000_000 // frame_bytes)
    edits, clear_notes = load_edits(job)
    if job.from_plan is not None:
        return _from_plan(job, info, edits, clear_notes, waiting, models, identity)
    if not job.looks:
        return _without_detection(job, info, edits, waiting, identity)
    people = search_for(job, edits, upright_size=info.upright_size, models=models)
    detector = detector_for(settings, upright_size=info.upright_size, models=models, shown_size=info.shown_size)
    seeing = seeing_of(settings, detector.description, info=info)
    header = _header(job, info, identity, weights=detector.description, seeing=seeing, kinds=detector.kinds)
    rules = rules_per_kind(settings)
    description = detector.description
    place = msg("{backend} on {device}", backend=description.backend, device=description.device)
    checker = checker_for(settings, detector, models)
    planner = make_planner(
        settings, upright_size=info.upright_size, rules=rules, max_waiting_frames=waiting, edits=edits or None
    )
    with contextlib.ExitStack() as opened:
        # Opened last, and closed where anything fails: its lock would tell the next run that this one is under way.
        log = SeenLog(log_path(header, deciding=_deciding(settings)), header=header)
        opened.callback(log.close)
        resumed = log.stored_frames
        context = RunContext(
            source=live_source(settings, detector, log=log, ahead=ahead),
            planner=FramePlanner(planner, checker=checker, picture_size=detector.picture_size, known_frames=resumed),
            header=header,
            rules=rules,
            backend=f"{place}, {description.precision}",
            description=msg(
                "{weights} at {inference_size} px, {place} ({precision})",
                weights=description.weights,
                inference_size=seeing["inference_size"],
                place=place,
                precision=description.precision,
            ),
            thorough=settings.thorough,
            edits=edits,
            resumed_frames=resumed,
            warnings=(
                *(
                    (msg("An earlier run had analysed {resumed} frames; this one continues there.", resumed=resumed),)
                    if resumed
                    else ()
                ),
                *_interval_notes(settings),
                *log.notes,
                *older_log_notes(job.output),
                *unreadable_sidecars(),
                *clear_notes,
                *edits.warnings,
            ),
            detector=detector,
            checker=checker,
            log=log,
            people=people,
        )
        opened.pop_all()
    return context


def _without_detection(
    job: Job, info: MediaInfo, edits: Edits, waiting: int, identity: Callable[[], str] | None
) -> RunContext:
    """A run that hides nothing but what edits name; where no kind was to be hidden the summary tells so itself."""
    settings = job.settings
    rules = rules_per_kind(settings)
    planner = make_planner(
        settings, upright_size=info.upright_size, rules=rules, max_waiting_frames=waiting, edits=edits or None
    )
    untold = (msg("Nothing was looked for: faces and plates stand as they stood."),) if not job.detect else ()
    nobody = DetectorDescription(backend="none", device="none", precision="", weights=NO_WEIGHTS, weights_sha256="")
    return RunContext(
        source=BlankObservationSource(),
        planner=FramePlanner(planner),
        header=_header(job, info, identity, weights=nobody, seeing={"video_track": info.video_track}, kinds=()),
        rules=rules,
        backend=msg("none: nothing is looked for"),
        description=msg("nothing is looked for"),
        edits=edits,
        warnings=(*untold, *edits.warnings),
    )


def live_source(
    settings: Settings, detector: FrameDetector, *, log: SeenLog | None, ahead: DetectionsAhead | None = None
) -> ObservationSource:
    """Observations by the detector, of every frame or of as many as the settings ask for.

    Args:
        settings: the settings of the run.
        detector: the detection stage.
        log: where observations are kept for a resume.
        ahead: detections that are made elsewhere; only for runs that look at every frame.
    """
    schedule = detection_schedule(settings, upright_size=detector.upright_size)
    motion = MotionEstimator(upright_size=detector.upright_size)
    batch = settings.batch or detector.batch
    if schedule is None:
        return LiveObservationSource(
            detector, motion=motion if settings.tracking else None, log=log, batch=batch, ahead=ahead
        )
    return SkippingObservationSource(detector, motion=motion, schedule=schedule, log=log, batch=batch)


def _interval_notes(settings: Settings) -> tuple[str, ...]:
    """Tell where frames were to be skipped, and are not."""
    asked = settings.overrides.get("detect_every", "1")
    if asked == "1" or not (settings.thorough or not settings.tracking):
        return ()
    why = msg("a thorough run does") if settings.thorough else msg("without tracking nothing is carried over a frame")
    return (msg("Every frame is looked at, not every {asked}th: {why}.", asked=asked, why=why) if asked != "auto"
            else msg("Every frame is looked at: {why}.", why=why),)  # fmt: skip


def _from_plan(
    job: Job,
    info: MediaInfo,
    edits: Edits,
    clear_notes: tuple[str, ...],
    waiting: int,
    models: ModelPool,
    identity: Callable[[], str] | None,
) -> RunContext:
    assert job.from_plan is not None
    settings = job.settings
    people = search_for(job, edits, upright_size=info.upright_size, models=models)
    reader, notes = open_for_replay(job.from_plan, source=job.source, kinds=settings.kinds(), accepted=job.accepted)
    with contextlib.ExitStack() as opened:
        opened.callback(reader.close)
        header = reader.header
        if header.upright_size != info.upright_size or header.video_track not in (None, info.video_track):
            raise PlanError(
                msg(
                    "The plan {from_plan} is of another video stream of {source}.",
                    from_plan=job.from_plan.name,
                    source=job.source.name,
                ),
                hint="Leave --video-track out to render the plan's own, or clean the other one without --from-plan.",
            )
        rules = rules_per_kind(settings)
        planner = make_planner(
            settings, upright_size=info.upright_size, rules=rules, max_waiting_frames=waiting, edits=edits or None
        )
        context = RunContext(
            source=StoredObservationSource(plan.seen for plan in reader),
            planner=FramePlanner(planner),
            header=_header(job, info, identity, weights=header, seeing=header.seeing, kinds=header.kinds),
            rules=rules,
            backend=msg("none: rendered from a plan"),
            description=msg("from {from_plan}, nothing is detected again", from_plan=job.from_plan.name),
            edits=edits,
            warnings=(*notes, *clear_notes, *edits.warnings),
            reader=reader,
            people=people,
        )
        opened.pop_all()
    return context


def video_track_of(job: Job) -> int | None:
    """Number of the video stream that a job is about: the one asked for, else the plan's; None: choose.

    Raises:
        PlanError: the plan cannot be read.
    """
    if job.settings.video_track is not None or job.from_plan is None:
        return job.settings.video_track
    return read_header(job.from_plan).video_track


def seeing_of(settings: Settings, description: DetectorDescription, *, info: MediaInfo) -> dict[str, object]:
    """What decides the raw detections: a resume needs it equal."""
    return {
        "weights_sha256": description.weights_sha256,
        "inference_size": inference_size(settings, upright_size=info.upright_size),
        "tiles": settings.tiles,
        "score_floor": SCORE_FLOOR,
        **({} if settings.detect_every == "1" else {"detect_every": settings.detect_every}),
        **({} if info.shown_size is None else {"shown_size": list(info.shown_size)}),
        "video_track": info.video_track,
    }


def _deciding(settings: Settings) -> dict[str, object]:
    """The settings that decide what is seen, and what is looked at closer: a resume needs them equal."""
    groups = ("hide", "time", "seeing")
    without = ("profile", "hide_overlay")  # the latter covers what nobody has to detect
    return {row.name: getattr(settings, row.name) for row in ROWS if row.group in groups and row.name not in without}


def versions() -> dict[str, str]:
    """Of this program and what it stands on, as far as installed."""
    found = {"dashcamcleaner": dashcamcleaner.__version__, "python": platform.python_version()}
    for name in ("av", "numpy", "openvino", "onnxruntime", "torch", "opencv-python-headless"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _header(
    job: Job,
    info: MediaInfo,
    identity: Callable[[], str] | None,
    *,
    weights: DetectorDescription | PlanHeader,
    seeing: dict[str, object],
    kinds: tuple[str, ...],
) -> PlanHeader:
    return PlanHeader(
        source=job.source.name,
        fingerprint=fingerprint(job.source) if identity is None else identity(),
        upright_size=info.upright_size,
        time_base=info.time_base,
        settings={name: list(v) if isinstance(v, tuple) else v for name, v in job.settings.overrides.items()},
        weights=weights.weights,
        weights_sha256=weights.weights_sha256,
        seeing=dict(seeing),
        versions=versions(),
        kinds=kinds,
    )
