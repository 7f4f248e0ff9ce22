"""The open review behind the panel: plans, review items, thumbnails, following. Lives on a background worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtGui import QImage

from dashcamcleaner.errors import InputError
from dashcamcleaner.gui.canvas import Shown
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.frame_provider import FrameProvider, OpenedClip, boxes_of
from dashcamcleaner.gui.words import tr
from dashcamcleaner.messages import msg
from dashcamcleaner.settings import Settings
from dashcamcleaner.side_files import UNREADABLE, read_json

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.core.plan import FramePlan
    from dashcamcleaner.pipeline.edits_file import EditsFile
    from dashcamcleaner.review.history_file import HistoryFile
    from dashcamcleaner.review.item_list import ItemList
    from dashcamcleaner.review.plan_review import PlanReview
    from dashcamcleaner.review.track_summary import TrackSummary

__all__ = ["OpenedReview", "ReviewService"]

_NO_REPORT: tuple[type[Exception], ...] = (InputError, *UNREADABLE)
_CARD_PX = 96
_CARD_ROOM = 0.35


@dataclass(frozen=True, slots=True)
class OpenedReview:
    """What the panel needs to know of a plan.

    Args:
        clip: the clip that it is of.
        edits_file: where its edits stand, and `edits` what they are.
        tracks: its tracks, edits apart.
        plans: the plans of all frames, under the edits.
        items: what deserves a look, most harmful first.
        result: where the result of the run lies, if it is still there.
        past: the past and future of the edits.
        thresholds: the score from which a detection counts, per kind.
        rendered: the result was written with these very edits.
        question: what to ask about edits that were not made here and are left out for now; empty: nothing.
        notes: what to tell of the plan, and of edits that are left out because they are of another one.
    """

    clip: OpenedClip
    edits_file: EditsFile
    edits: Edits
    tracks: list[TrackSummary]
    plans: list[FramePlan]
    items: ItemList
    past: HistoryFile
    result: Path
    thresholds: Mapping[str, float]
    rendered: bool
    question: str = ""
    notes: tuple[str, ...] = ()


class ReviewService:
    """Keeps one plan open.

    Args:
        engine: the door to the engine.
        frames: shows frames of the clip.
    """

    def __init__(self, engine: EngineFacade, frames: FrameProvider) -> None:
        self._engine, self._frames = engine, frames
        self._review: PlanReview | None = None
        self._source: Path | None = None
        self._foreign: EditsFile | None = None

    def open(self, source: Path, plan: Path, report: Path | None, settings: Settings) -> OpenedReview:
        """Open a plan and its clip."""
        from dashcamcleaner.pipeline.edits_file import EditsFile
        from dashcamcleaner.pipeline.plan_check import examine_plan
        from dashcamcleaner.review.history_file import HistoryFile

        file = EditsFile.beside(plan)
        edits, path = file.read(missing_ok=True), file.path
        question, notes = "", []
        if not examine_plan(plan).sealed:
            notes.append(
                msg(
                    "This plan was not made here, or was changed since: the result may hide other things than it tells."
                )
            )
        if misfits := file.is_misfit:
            notes.append(
                msg("Choices of an earlier plan do not fit this one and are left out; the file with them is kept.")
            )
            edits = edits.without_tracks if file.is_sealed else edits.without_tracks.without_uncovering
            file.refuse()
        elif not file.is_ours and (edits.needs_yes or edits.checked or edits.checked_spots):
            self._foreign, question = EditsFile.beside(plan), _question(edits)
            self._foreign.accept(file.sha256)
            file.refuse()
            edits = edits.without_uncovering
        file.bind()
        edited = _rendered_edits(report)
        review = self._review = self._engine.open_review(plan, settings, edited=edited or bool(edits))
        self._source = source
        clip = self._frames.open(source, video_track=review.header.video_track)
        rendered = path.stat().st_mtime_ns <= plan.stat().st_mtime_ns if path.exists() else not edited
        opened = OpenedClip(source, review.times, review.header.time_base, clip.size)
        plans = review.rendered if rendered else review.plans(edits or None)
        return OpenedReview(
            clip=opened,
            edits_file=file,
            edits=edits,
            tracks=review.tracks,
            plans=plans,
            items=review.item_list(report=report),
            past=HistoryFile(plan),
            result=plan.with_name(plan.name.removesuffix(".jsonl").removesuffix(".plan")),
            thresholds=review.thresholds,
            rendered=rendered and not question and not misfits,
            question=question,
            notes=tuple(notes),
        )

    def find_people(self, settings: Settings, cancelled: Callable[[], bool]) -> Edits:
        """The rows that tell which track shows whom. Called on a worker of its own: it looks through the clip."""
        review, source = self._review, self._source
        assert review is not None
        assert source is not None
        return self._engine.find_people(source, review.path, settings, cancelled=cancelled)

    def accept_edits(self) -> None:
        """A person takes the edits that `open` asked about: they are sealed as they were read then.

        Raises:
            PlanError: they cannot be read any more.
            OutputError: they cannot be written.
        """
        if self._foreign is not None:
            edits = self._foreign.read()
            self._foreign.write(edits)
            self._foreign = None

    def find_burned_in(self, cancelled: Callable[[], bool]) -> list[tuple[float, float, float, float]]:
        """Where text stands still over the clip. Called on a worker of its own."""
        review, source = self._review, self._source
        assert review is not None
        assert source is not None
        return self._engine.find_burned_in(source, video_track=review.header.video_track, cancelled=cancelled)

    def replan(self, edits: Edits | None, cancelled: Callable[[], bool]) -> list[FramePlan]:
        """What is hidden under these edits. Called on a worker of its own: it takes long."""
        review = self._review
        assert review is not None
        return review.plans(edits, cancelled=cancelled) if edits else review.unedited

    @property
    def unedited(self) -> list[FramePlan]:
        """The plan without edits; may be read from the window's thread once a review was opened."""
        return self._review.unedited if self._review is not None else []

    def preview(
        self, pts: int, regions: Sequence[Any], *, settings: Settings, longest_side_px: int, edits: Edits | None = None
    ) -> Shown:
        """A frame with these regions, in the looks that edits give them."""
        assert self._source is not None
        return self._frames.preview(
            self._source, pts, settings=settings, longest_side_px=longest_side_px, regions=regions, edits=edits
        )

    def boxes(self, regions: Sequence[Any]) -> tuple[Any, ...]:
        """Regions as boxes to draw."""
        return boxes_of(regions)

    def follow(
        self, pts: int, box: tuple[float, float, float, float], cancelled: Callable[[], bool]
    ) -> list[tuple[float, tuple[float, float, float, float]]]:
        """Key frames along which a drawn box was followed both ways."""
        from dashcamcleaner.review.follow import follow_box

        assert self._source is not None
        self._frames.open(self._source)
        assert self._frames.clip is not None
        return follow_box(self._frames.clip, pts, box, cancelled=cancelled)


def _question(edits: Edits) -> str:
    """What edits from elsewhere do that a person has to want."""
    looked = len(edits.checked) + len(edits.checked_spots)
    checked = [tr("{n} tracks marked as looked at", n=looked)] if looked else []
    return "; ".join([*([edits.yes_note] if edits.needs_yes else []), *checked])


def _rendered_edits(report: Path | None) -> bool:
    """Whether the result was written with edits, by its report: those that were taken back leave no file."""
    try:
        return report is not None and bool(
            read_json(report, what=msg("The report {report}", report=report), to=InputError).get("edits")
        )
    except _NO_REPORT:
        return False


def card_thumbnail(frames: FrameProvider, source: Path, pts: int, box: tuple[float, float, float, float]) -> QImage:
    """A track's best sighting, cut out with a little room around; as it is, for people decide by it."""
    import numpy as np

    from dashcamcleaner.core.boxes import window_around
    from dashcamcleaner.gui.pictures import to_image

    frames.open(source)
    assert frames.clip is not None
    frame = frames.clip.frame(pts)
    w, h = frame.upright_size
    inside = (max(0.0, box[0]), max(0.0, box[1]), min(float(w), box[2]), min(float(h), box[3]))
    side = round(min(w, h, max(8.0, (1 + _CARD_ROOM) * max(inside[2] - inside[0], inside[3] - inside[1]))))
    x1, y1 = map(round, window_around(inside, (side, side), (w, h)))
    picture = frame.picture((w, h))
    cut = to_image(np.ascontiguousarray(picture[y1 : y1 + side, x1 : x1 + side]))
    frame.forget_pictures()
    from PyQt5.QtCore import Qt

    return cut.scaled(_CARD_PX, _CARD_PX, Qt.KeepAspectRatioByExpanding, Qt.SmoothTransformation)
