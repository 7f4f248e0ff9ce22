"""Edits for a run: from the edits file, and from what the command line said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dashcamcleaner.core.edits import EDITS_VERSION, Edits
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.errors import PlanError, SettingError
from dashcamcleaner.files import map_os_errors
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader
from dashcamcleaner.tracking.tracker import relink

__all__ = ["box_line", "edits_path", "load_edits", "read_edits", "track_lines"]

_HEADER = json.dumps({"edits": "dashcamcleaner", "version": list(EDITS_VERSION)})


def edits_path(plan: Path) -> Path:
    """Where the edits of a plan stand: ``clip.plan.jsonl`` -> ``clip.edits.jsonl``."""
    return plan.with_name(plan.name.removesuffix(".jsonl").removesuffix(".plan") + ".edits.jsonl")


def read_edits(path: Path) -> Edits:
    """The edits of a file.

    Raises:
        PlanError: it cannot be read, is no edits file, or of a newer major version.
    """
    with map_os_errors(path, what=f"The edits file {path}", verb="read", to=PlanError):
        data = path.read_bytes()
    try:
        return Edits.from_lines(data.decode("utf-8").splitlines())
    except UnicodeDecodeError as error:
        raise PlanError(f"{path} is not an edits file of this program.") from error
    except PlanError as error:
        raise PlanError(f"{path}: {error.message}.", hint=error.hint) from error


def load_edits(job: Job) -> Edits | None:
    """All edits that a job asks for; None if there are none.

    Raises:
        PlanError: a file cannot be read, or a track is named that the plan does not have.
        SettingError: tracks are named without a plan for them to belong to.
    """
    edits = Edits()
    beside = edits_path(job.from_plan) if job.from_plan is not None else None
    if job.edits is not None:
        edits = read_edits(job.edits)
    elif beside is not None and beside.exists():
        edits = read_edits(beside)
    if job.edit_lines:
        edits = edits.joined(Edits.from_lines([_HEADER, *job.edit_lines]))
    if edits.tracks:
        if job.from_plan is None:
            raise SettingError("Track ids belong to a plan.", hint="Add --from-plan NAME.plan.jsonl.")
        _check_tracks(edits, job.from_plan)
    return edits if edits else None


def _check_tracks(edits: Edits, plan: Path) -> None:
    """Ids belong to a plan, and to the way it was linked: a track that is left clear must be the one that was meant."""
    hidden: set[int] = set()

    def noting(plans: Iterable[FramePlan]) -> Iterator[FramePlan]:
        for one in plans:
            hidden.update(region.track for region in one.regions if region.track is not None)
            yield one

    with PlanReader(plan) as reader:
        every, moved = relink(noting(reader), upright_size=reader.header.upright_size)
    # A plan that was rendered with edits lacks the regions of what they left clear; its tracks exist all the same.
    edits.check_tracks(every | hidden, shown=hidden)
    if edits.tracks & moved:
        which = ", ".join(str(i) for i in sorted(edits.tracks & moved))
        raise PlanError(
            f"The plan {plan.name} was linked by another version of this program; its track {which} is another now.",
            hint="Render it once without these edits, and choose the tracks in the plan that this writes.",
        )


def track_lines(verb: str, ids: str) -> list[str]:
    """``keep``, ``drop`` or ``only`` with ``3,7`` as lines of the edits format.

    Raises:
        SettingError: not whole numbers.
    """
    try:
        return [json.dumps({"edit": verb, "track": int(text)}) for text in ids.split(",")]
    except ValueError:
        raise SettingError(f"--{verb}-track cannot be {ids!r}: it takes track ids like 3,7.") from None


def box_line(verb: str, text: str) -> str:
    """``X1,Y1,X2,Y2[@FROM-TO]`` as a ``fixed`` or ``exclude`` line of the edits format.

    Raises:
        SettingError: not of that form, or a box without area.
    """
    place, _, span = text.partition("@")
    try:
        box = [float(number) for number in place.split(",")]
        if len(box) != 4 or not (box[0] < box[2] and box[1] < box[3]):
            raise ValueError
        row: dict[str, Any] = {"edit": verb, "box": box}
        if span:
            start, end = _seconds(span.split("-"))
            row |= {"from_s": start, "to_s": end}
            if not start <= end:
                raise ValueError
    except ValueError:
        raise SettingError(
            f"{text!r} is no box: it takes X1,Y1,X2,Y2 or X1,Y1,X2,Y2@FROM-TO with seconds.",
            hint="For example 0,1000,640,1080@2-5.5 hides the lower left corner from second 2 to 5.5.",
        ) from None
    return json.dumps(row)


def _seconds(parts: Iterable[str]) -> tuple[float, float]:
    start, end = (float(part) for part in parts)
    return start, end
