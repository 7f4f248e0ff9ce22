"""The contact sheet of persons: a row for each, a thumbnail for each track that shows them; obscured unless asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from dashcamcleaner.atomic_files import atomic_path
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.errors import OutputError, PlanError
from dashcamcleaner.media.formats import JPEG, PNG, format_of
from dashcamcleaner.messages import msg
from dashcamcleaner.obscure.obscurer import Obscurer
from dashcamcleaner.output_files import check_output, mode_like
from dashcamcleaner.pipeline.one_picture import open_frames
from dashcamcleaner.review.contact_sheet import crop_around
from dashcamcleaner.review.person_summary import Moment, PersonSummary

__all__ = ["person_crops", "write_people_sheet"]

_CELL_PX = 144
_TEXT_PX = 20
_COLUMNS = 6


def person_crops(
    source: Path,
    persons: Sequence[PersonSummary],
    plans: Sequence[FramePlan],
    *,
    clear: bool,
    most: int = _COLUMNS,
    video_track: int | None = None,
) -> dict[int, list[np.ndarray]]:
    """Person -> uint8 RGB crops of their best moments, with some surroundings.

    Args:
        source: the clip.
        persons: the persons that are wanted.
        plans: the plans of all its frames; what they hide is hidden in the crops.
        clear: show all as it is.
        most: crops of a person.
        video_track: the number of the video stream, where it was chosen.

    Raises:
        PlanError: the clip has no frame at one of the moments.
    """
    wanted: dict[int, list[tuple[int, Moment]]] = {}
    for one in persons:
        for moment in one.moments[:most]:
            wanted.setdefault(moment.pts, []).append((one.person, moment))
    regions = {plan.time.pts: plan.regions for plan in plans if plan.time.pts in wanted}
    found: dict[int, list[tuple[float, np.ndarray]]] = {one.person: [] for one in persons}
    obscurer = None if clear else Obscurer()
    _, opened = open_frames(source, video_track=video_track)
    with opened:
        for frame in opened:
            if not wanted:
                break
            size, now = frame.upright_size, wanted.pop(frame.time.pts, ())
            views = [frame.clearest_view(size, within=moment.xyxy) for _, moment in now]
            if obscurer is not None and now:
                obscurer.obscure(frame, regions[frame.time.pts])
                frame.forget_pictures()
            for (person, moment), view in zip(now, views, strict=True):
                found[person].append((-moment.worth, crop_around(view(size), moment.xyxy)))
    if wanted:
        raise PlanError("The clip lacks frames that the plan tells; it is not the one that was planned.")
    return {person: [crop for _, crop in sorted(crops, key=lambda pair: pair[0])] for person, crops in found.items()}


def write_people_sheet(
    sheet: Path,
    clips: Sequence[tuple[Path, Sequence[PersonSummary], Sequence[FramePlan]]],
    *,
    clear: bool = False,
    overwrite: bool = False,
    video_tracks: Mapping[Path, int | None] | None = None,
) -> None:
    """Write a contact sheet (PNG or JPEG), a row for each person of each clip.

    Args:
        sheet: where it is written to.
        clips: source, persons and plans of each.
        clear: show faces as they are.
        overwrite: replace an existing file.
        video_tracks: the video streams that were chosen.

    Raises:
        OutputError: the sheet cannot be written.
        PlanError: a clip is not the one that was planned.
    """
    wanted = format_of(sheet)
    if wanted not in (PNG, JPEG):
        raise OutputError(
            msg("A contact sheet cannot be written as {sheet}.", sheet=sheet.name), hint="End its name in .png or .jpg."
        )
    check_output(sheet, sources=[source for source, _, _ in clips], overwrite=overwrite)
    rows = sum(len(persons) for _, persons, _ in clips)
    canvas = Image.new("RGB", (_COLUMNS * _CELL_PX, max(1, rows) * (_CELL_PX + _TEXT_PX)), "white")
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(11)
    row = 0
    if not rows:  # an empty page would look like a fault
        draw.text((5, 3), msg("nobody was told apart"), "black", font)
    for source, persons, plans in clips:
        chosen = (video_tracks or {}).get(source)
        crops = person_crops(source, persons, plans, clear=clear, video_track=chosen) if persons else {}
        for one in persons:
            top = row * (_CELL_PX + _TEXT_PX)
            span = msg(
                "{time} - {time2}, {frames} frames",
                time=format_seconds(one.first_s),
                time2=format_seconds(one.last_s),
                frames=one.frames,
            )
            said = msg(
                "person {person}  {span}, sure {sureness:.0%}", person=one.person, span=span, sureness=one.sureness
            ) + (f", {one.choice}" if one.choice else "")
            draw.text((5, top + 3), f"{said}  {source.name}" if len(clips) > 1 else said, "black", font)
            for column, crop in enumerate(crops[one.person][:_COLUMNS]):
                picture = ImageOps.contain(Image.fromarray(crop), (_CELL_PX - 4, _CELL_PX - 4))
                canvas.paste(picture, (column * _CELL_PX + 2, top + _TEXT_PX + 2))
            row += 1
    with atomic_path(sheet, what=msg("The contact sheet {sheet}", sheet=sheet), mode=mode_like(clips[0][0])) as beside:
        canvas.save(beside, wanted.writer)
