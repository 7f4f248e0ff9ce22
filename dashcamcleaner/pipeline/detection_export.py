"""``--export-detections``: a run's detections as rows (JSON, CSV), or as labels for annotation tools."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Protocol

from dashcamcleaner.atomic_files import GrowingFile, new_work_file
from dashcamcleaner.core.plain_text import cell
from dashcamcleaner.core.plan import FramePlan, PlanHeader
from dashcamcleaner.errors import OutputError
from dashcamcleaner.labels.clip_labels import labels_of
from dashcamcleaner.labels.files import FORMATS, LabelFormat
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE
from dashcamcleaner.work_files import WorkFile

__all__ = ["DetectionExport", "open_export"]


class DetectionExport(Protocol):
    """Takes the frames of a run in order."""

    def write(self, plan: FramePlan) -> None:
        """Append a frame's detections."""

    def close(self) -> WorkFile:
        """Complete the file; it still has to be published."""

    def abort(self) -> None:
        """Delete what was written; does nothing once it is published."""


def open_export(final: Path, *, header: PlanHeader, mode: int = PRIVATE) -> DetectionExport:
    """The export that a file's name asks for.

    Raises:
        OutputError: the name ends in nothing that is known.
    """
    name = final.name.lower()
    for form in FORMATS:
        if name.endswith(form.ending):
            return LabelExport(final, form=form, header=header, mode=mode)
    if final.suffix.lower() not in (".json", ".csv"):
        endings = ", ".join((".json", ".csv", *(form.ending for form in FORMATS)))
        raise OutputError(
            msg("Detections cannot be exported to {final}.", final=final.name),
            hint=msg("Use a name ending in {endings}.", endings=endings),
        )
    return RowExport(final, mode=mode)


class RowExport:
    """Raw detections as one JSON list or as CSV, by the extension.

    Columns: frame, pts, seconds, kind, score, x1, y1, x2, y2 (upright full-size pixels).
    """

    COLUMNS = ("frame", "pts", "seconds", "kind", "score", "x1", "y1", "x2", "y2")

    def __init__(self, final: Path, *, mode: int = PRIVATE) -> None:
        self._file = GrowingFile(final, newline="", mode=mode)
        self._json = final.suffix.lower() == ".json"
        self._rows = 0
        if self._json:
            self._file.write("[")
        else:
            csv.writer(self._file).writerow(self.COLUMNS)

    def write(self, plan: FramePlan) -> None:
        """Append a frame's detections."""
        found = plan.seen.detections
        for box, score, kind in zip(found.xyxy, found.score, found.kind, strict=True):
            place = [round(float(v), 2) for v in box]
            row = [plan.index, plan.time.pts, round(plan.time.seconds, 6), str(kind), round(float(score), 4), *place]
            if self._json:
                self._file.write(
                    ("," if self._rows else "") + "\n" + json.dumps(dict(zip(self.COLUMNS, row, strict=True)))
                )
            else:
                csv.writer(self._file).writerow([cell(value) for value in row])
            self._rows += 1

    def close(self) -> WorkFile:
        """Complete the file; it still has to be published."""
        if self._json:
            self._file.write("\n]\n")
        return self._file.close()

    def abort(self) -> None:
        """Delete what was written; does nothing once it is published."""
        self._file.abort()


class LabelExport:
    """The labels of what is hidden, with tracks; COCO, which has scores, takes the raw detections, too.

    Args:
        final: the name that the file is going to have.
        form: the format.
        header: the plan's, which tells the clip's name, size and kinds.
        mode: the mode of the file.
    """

    def __init__(self, final: Path, *, form: LabelFormat, header: PlanHeader, mode: int = PRIVATE) -> None:
        self._work = new_work_file(final, what=msg("The labels {final}", final=final), mode=mode)
        self._final, self._form, self._header = final, form, header
        self._frames: list[FramePlan] = []

    def write(self, plan: FramePlan) -> None:
        """Keep a frame until all are there: most formats go by tracks, not by frames."""
        # Without the motion, which is most of a plan and no label.
        self._frames.append(dataclasses.replace(plan, seen=dataclasses.replace(plan.seen, motion=None)))

    def close(self) -> WorkFile:
        """Write the file; it still has to be published."""
        header = self._header
        labels = labels_of(
            self._frames,
            name=header.source,
            size=header.upright_size,
            kinds=header.kinds,
            everything=self._form.knows_scores,
        )
        with map_os_errors(self._final, what=msg("The labels {final}", final=self._final)):
            self._work.write(self._form.write(labels))
        return self._work

    def abort(self) -> None:
        """Delete what was written; does nothing once it is published."""
        self._work.discard()
