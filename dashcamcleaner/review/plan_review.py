"""A finished run, opened for a second look: its plan, what edits make of it, and what deserves attention first.

The window's review stands on this; it renders nothing. Rendering again is a `Job` with ``from_plan``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import thresholds_of
from dashcamcleaner.core.plan import FramePlan, Observation
from dashcamcleaner.errors import Cancelled, InputError
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.build import make_planner, rules_per_kind, shapes_per_kind
from dashcamcleaner.pipeline.plan_file import PlanReader
from dashcamcleaner.pipeline.plan_settings import settings_for_rendering
from dashcamcleaner.review.item_list import ItemList, item_list
from dashcamcleaner.review.track_summary import TrackSummary, track_summaries
from dashcamcleaner.settings import Settings
from dashcamcleaner.side_files import UNREADABLE, read_json

__all__ = ["PlanReview"]

_NO_REPORT: tuple[type[Exception], ...] = (InputError, *UNREADABLE)


class PlanReview:
    """An open plan.

    Args:
        plan: the file.
        settings: the settings in force in the window.
        edited: the plan was rendered with edits: what it was without them is planned anew.

    Attributes:
        rendered: what the result hides, frame by frame.
        unedited: what it would hide without edits.
        tracks: the tracks of the latter.

    Raises:
        PlanError: it cannot be read.
    """

    def __init__(self, plan: Path, *, settings: Settings, edited: bool) -> None:
        self.path = plan
        with PlanReader(plan) as reader:
            self.header = reader.header
            self.rendered: list[FramePlan] = list(reader)
        self._seen: list[Observation] = [frame.seen for frame in self.rendered]
        self.settings = settings_for_rendering(plan, wanted=settings)
        self._rules = rules_per_kind(self.settings)
        self.unedited = self.plans(None) if edited else self.rendered
        self.tracks: list[TrackSummary] = track_summaries(self.unedited, upright_size=self.header.upright_size)

    @property
    def times(self) -> tuple[int, ...]:
        """The pts of all frames."""
        return tuple(seen.time.pts for seen in self._seen)

    def plans(self, edits: Edits | None, *, cancelled: Callable[[], bool] = lambda: False) -> list[FramePlan]:
        """What is hidden in every frame under these edits, as a render would do it.

        Args:
            edits: the edits of a person.
            cancelled: asked now and then; about 2 ms a frame is long for a long clip.

        Raises:
            Cancelled: it was.
        """
        planner = make_planner(
            self.settings,
            upright_size=self.header.upright_size,
            rules=self._rules,
            max_waiting_frames=max(1, len(self._seen)),
            edits=edits,
        )
        plans: list[FramePlan] = []
        for seen in self._seen:
            if cancelled():
                raise Cancelled("The plan is not wanted any more.")
            plans += planner.push(seen)
        return [*plans, *planner.finish()]

    def item_list(self, *, report: Path | None = None) -> ItemList:
        """What to ask a person, with the findings of an audit if the report has one.

        The list is of the plan without edits, so that it stays the same while it is answered; `item_answers` tells
        which items are settled.
        """
        return item_list(
            self.unedited,
            summaries=self.tracks,
            thresholds=thresholds_of(self._rules),
            findings=_findings(report),
            upright_size=self.header.upright_size,
            shapes=shapes_per_kind(self.settings),
        )

    @property
    def thresholds(self) -> dict[str, float]:
        """The score from which a detection counts, per kind."""
        return thresholds_of(self._rules)


def _findings(report: Path | None) -> list[dict[str, Any]]:
    """The findings that stand in a report; none where there is no report, or no audit in it."""
    if report is None:
        return []
    try:
        audit = read_json(report, what=msg("The report {report}", report=report), to=InputError).get("audit") or {}
        return [finding for finding in audit.get("findings", []) if isinstance(finding, dict)]
    except _NO_REPORT:
        return []
