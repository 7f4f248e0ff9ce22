"""Edits that speak of the tracks of a plan that another one replaces: they are put aside, and never applied to that."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dashcamcleaner.errors import DashcamCleanerError, PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.pipeline.edits_file import EditsFile, edits_path, free_name
from dashcamcleaner.pipeline.plan_file import read_header, tracks_key

__all__ = ["OutlivedEdits", "outlived_edits"]


@dataclass(frozen=True, slots=True)
class OutlivedEdits:
    """Edits that speak of the tracks of a plan that another one replaces.

    Args:
        path: the edits file.
        plan: the plan, old and new.
        aside: where it is kept.
        same_clip: the new plan is of the clip that the old one was of.
    """

    path: Path
    plan: Path
    aside: Path
    same_clip: bool

    @property
    def note(self) -> str:
        """What becomes of them, a sentence for people."""
        if not self.same_clip:
            return msg(
                "The edits {path} are of another clip, whose plan was replaced: they are kept as {aside}.",
                path=self.path,
                aside=self.aside.name,
            )
        return msg(
            "The edits {path} speak of the tracks of the plan that was replaced: they are kept as {aside}, and what "
            "they say of places and times alone stays.",
            path=self.path,
            aside=self.aside.name,
        )

    def put_aside(self) -> str:
        """Move the file away, and write what holds for any plan of the clip in its place; when the new plan is there.

        Returns:
            What went wrong, for people; empty where nothing did. The edits are refused then, as of another plan.
        """
        file = EditsFile(self.path, plan=self.plan)
        try:
            rest = file.read(missing_ok=True).without_tracks
            what = msg("The edits {path}", path=self.path)
            with map_os_errors(self.path, what=what):
                os.replace(self.path, self.aside)
            if rest.entries and self.same_clip:
                fresh = EditsFile(self.path, plan=self.plan)
                fresh.is_foreign = not file.is_sealed
                fresh.write(rest)
        except DashcamCleanerError as error:
            return msg("Edits of the plan before could not be put aside: {error}", error=error.message)
        return ""


def outlived_edits(plan: Path, *, new: Path) -> OutlivedEdits | None:
    """The edits beside a plan that do not outlive it; None where there are none.

    Args:
        plan: the plan, whose name `new` is about to get; it need not be there.
        new: the new plan.
    """
    file = EditsFile(edits_path(plan), plan=new)
    if not file.path.is_file():
        return None
    try:
        edits = file.read(missing_ok=True)
        if not edits.is_of_one_plan or (file.is_told and not file.is_misfit):
            return None
        if not file.is_told and (not plan.is_file() or tracks_key(plan) == tracks_key(new)):
            return None
        same = file.is_sealed or (plan.is_file() and read_header(plan).fingerprint == read_header(new).fingerprint)
        return OutlivedEdits(file.path, plan, free_name(file.path, ".older"), same)
    except PlanError:  # what cannot be read cannot be gone by either
        return None
