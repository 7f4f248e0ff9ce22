"""The contact sheet: one thumbnail per track of a plan, obscured unless asked otherwise. Helps to choose tracks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from dashcamcleaner.atomic_files import atomic_path
from dashcamcleaner.core.plan import Region
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.errors import OutputError, PlanError
from dashcamcleaner.media.formats import JPEG, PNG, format_of
from dashcamcleaner.messages import msg
from dashcamcleaner.obscure.obscurer import Obscurer
from dashcamcleaner.output_files import check_output, mode_like
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.one_picture import open_frames
from dashcamcleaner.pipeline.plan_file import PlanReader, is_plan_of
from dashcamcleaner.review.track_summary import TrackSummary, track_summaries

__all__ = ["crop_around", "read_tracks", "write_sheet"]

_CELL_PX = 176
_TEXT_PX = 34
_COLUMNS = 6
_AROUND = 2.2
"""How much of the surroundings is shown: a place tells more than a face that is hidden."""


def read_tracks(plan: Path) -> list[TrackSummary]:
    """The tracks of a plan file, in the order of their ids.

    Raises:
        PlanError: it cannot be read.
    """
    with PlanReader(plan) as reader:
        found = track_summaries(reader, upright_size=reader.header.upright_size)
    return sorted(found, key=lambda entry: entry.track)


def write_sheet(
    source: Path, plan: Path, sheet: Path, *, clear: bool = False, overwrite: bool = False
) -> list[TrackSummary]:
    """Write a contact sheet (PNG or JPEG) of a plan's tracks, and give them.

    Args:
        source: the clip that the plan is of.
        plan: the plan file.
        sheet: where it is written to.
        clear: show faces and plates as they are.
        overwrite: replace a file of that name.

    Raises:
        PlanError: the plan has no track, or belongs to another clip.
        OutputError: the sheet cannot be written, is the clip or its plan, or exists already.
    """
    wanted = format_of(sheet)
    if wanted not in (PNG, JPEG):
        raise OutputError(
            msg("A contact sheet cannot be written as {sheet}.", sheet=sheet.name), hint="End its name in .png or .jpg."
        )
    check_output(sheet, sources=[source, plan, EditsFile.beside(plan).path], overwrite=overwrite)
    with PlanReader(plan) as reader:
        if not is_plan_of(reader.header, source):
            raise PlanError(
                msg("The plan {plan} belongs to another clip than {source}.", plan=plan.name, source=source.name)
            )
        track = reader.header.video_track
        regions = {frame_plan.time.pts: frame_plan.regions for frame_plan in reader}
    entries = read_tracks(plan)
    if not entries:
        raise PlanError(
            msg("The plan {plan} has no track.", plan=plan.name), hint="Nothing was found, or tracking was off."
        )
    columns = min(_COLUMNS, len(entries))
    rows = -(-len(entries) // columns)
    canvas = Image.new("RGB", (columns * _CELL_PX, rows * (_CELL_PX + _TEXT_PX)), "white")
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(11)
    obscurer = None if clear else Obscurer()
    pictures = _thumbnails(source, entries, regions, obscurer, video_track=track)
    for number, entry in enumerate(entries):
        left, top = number % columns * _CELL_PX, number // columns * (_CELL_PX + _TEXT_PX)
        # Far objects are small: as they are they would tell nobody who it is that is asked about.
        thumbnail = ImageOps.contain(Image.fromarray(pictures[entry.track]), (_CELL_PX - 6, _CELL_PX - 6))
        canvas.paste(thumbnail, (left + (_CELL_PX - thumbnail.width) // 2, top + (_CELL_PX - thumbnail.height) // 2))
        draw.text((left + 5, top + _CELL_PX), f"{entry.track}  {entry.kind}  {entry.best_score:.2f}", "black", font)
        span = f"{format_seconds(entry.first_time.seconds)} - {format_seconds(entry.last_time.seconds)}"
        draw.text((left + 5, top + _CELL_PX + 15), span, "black", font)
    with atomic_path(sheet, what=msg("The contact sheet {sheet}", sheet=sheet), mode=mode_like(source)) as beside:
        canvas.save(beside, wanted.writer)
    return entries


def _thumbnails(
    source: Path,
    entries: Sequence[TrackSummary],
    regions: dict[int, tuple[Region, ...]],
    obscurer: Obscurer | None,
    *,
    video_track: int | None,
) -> dict[int, np.ndarray]:
    """Each track's best moment with some surroundings; everything that the plan hides there is hidden here too."""
    wanted: dict[int, list[TrackSummary]] = {}
    for entry in entries:
        assert entry.best_time is not None
        wanted.setdefault(entry.best_time.pts, []).append(entry)
    found: dict[int, np.ndarray] = {}
    _, frames = open_frames(source, video_track=video_track)
    with frames:
        for frame in frames:
            size, now = frame.upright_size, wanted.pop(frame.time.pts, ())
            views = [frame.clearest_view(size, within=entry.best_box) for entry in now]
            if obscurer is not None and now:
                obscurer.obscure(frame, regions[frame.time.pts])
                frame.forget_pictures()
            for entry, view in zip(now, views, strict=True):
                found[entry.track] = crop_around(view(size), entry.best_box)
            if not wanted:
                break
    missing = [entry.track for entry in entries if entry.track not in found]
    if missing:
        raise PlanError(
            msg(
                "The clip has no frame at the times of tracks {missing}; it is not the one that was planned.",
                missing=missing,
            )
        )
    return found


def crop_around(picture: np.ndarray, xyxy: tuple[float, float, float, float]) -> np.ndarray:
    """A copy of what a box shows, with some of its surroundings.

    Args:
        picture: ``(h, w, 3)``, full size.
        xyxy: the box in its pixels; it may reach past the picture.
    """
    x1, y1, x2, y2 = xyxy
    height, width = picture.shape[:2]
    half = max(x2 - x1, y2 - y1, 24.0) * _AROUND / 2
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    left, right = int(max(0, min(cx - half, width - 2))), int(min(width, max(cx + half, 2)))
    top, bottom = int(max(0, min(cy - half, height - 2))), int(min(height, max(cy + half, 2)))
    return np.ascontiguousarray(picture[top:bottom, left:right])
