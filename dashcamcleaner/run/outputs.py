"""All that a run writes: the clip, its plan, masks, exported detections. Beside first, renamed at the end.

Whatever happens, no half-obscured clip stands under the final name, and no temporary file ever holds a clear frame:
what reaches the encoder has been obscured.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.errors import DashcamCleanerError, DiskFull, InputError, OutputError

__all__ = ["DetectionExport", "check_output", "check_space", "keep_date", "partial_path", "publish"]

_SPACE_MARGIN = 1.1  # an estimate of a compressed size is rough; better told early than at 98 %


def partial_path(final: Path) -> Path:
    """Where an output grows: ``clip.mp4`` -> ``clip.mp4.partial``."""
    return final.with_name(final.name + ".partial")


def check_output(final: Path, *, sources: Iterable[Path], overwrite: bool) -> None:
    """Refuse an output that would destroy something; make its folder.

    Raises:
        OutputError: it is a source, exists already, is a folder, or its folder cannot be made or written to.
    """
    for source in sources:
        if final.absolute() == source.absolute() or (final.exists() and source.exists() and final.samefile(source)):
            raise OutputError(f"The output {final} is the source itself; a source is never overwritten.",
                              hint="Give another name with -o.")  # fmt: skip
    if final.is_dir():
        raise OutputError(f"The output {final} is a folder.", hint="Give a file name, or a folder for several inputs.")
    if final.exists() and not overwrite:
        raise OutputError(f"The output {final} exists already.", hint="Choose another name, or add --overwrite.")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {final.parent} cannot be made: {error.strerror}.") from error
    if not os.access(final.parent, os.W_OK):
        raise OutputError(f"The folder {final.parent} cannot be written to.", hint="Choose another folder with -o.")


def check_space(folder: Path, *, needed_bytes: int) -> None:
    """Refuse a run whose result will not fit.

    Raises:
        DiskFull: less room than the estimate plus a margin.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # some network file systems do not tell; a full disk is met while writing then
    if free < needed_bytes * _SPACE_MARGIN:
        raise DiskFull(
            f"{folder} has {free / 1e6:.0f} MB free, the output needs about {needed_bytes / 1e6:.0f} MB.",
            hint="Free some space, choose another folder with -o, or a higher --quality number.",
        )


def publish(partial: Path, final: Path, *, overwrite: bool) -> None:
    """Give a finished file its final name.

    Raises:
        OutputError: something has come to stand there meanwhile, or it cannot be renamed.
    """
    if final.exists() and not overwrite:
        raise OutputError(
            f"The output {final} came into being during the run and is left alone.", hint=f"The result is {partial}."
        )
    try:
        os.replace(partial, final)
    except OSError as error:
        raise OutputError(f"{partial} cannot be renamed to {final}: {error.strerror}.") from error


def keep_date(source: Path, output: Path) -> None:
    """Give the output the source's date of change, as people sort clips by it."""
    try:
        stat = source.stat()
        os.utime(output, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    except OSError:
        return  # some file systems refuse; the clip is right all the same


class DetectionExport:
    """Raw detections as one JSON list or as CSV, by the extension.

    Columns: frame, pts, seconds, kind, score, x1, y1, x2, y2 (upright full-size pixels).
    """

    COLUMNS = ("frame", "pts", "seconds", "kind", "score", "x1", "y1", "x2", "y2")

    def __init__(self, final: Path) -> None:
        if final.suffix.lower() not in (".json", ".csv"):
            raise OutputError(
                f"Detections cannot be exported to {final.name}.", hint="Use a name ending in .json or .csv."
            )
        self.final = final
        self.partial = partial_path(final)
        try:
            self._file: IO[str] = self.partial.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise OutputError(f"{self.partial} cannot be written: {error.strerror}.") from error
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
                csv.writer(self._file).writerow(row)
            self._rows += 1

    def finish(self) -> None:
        """Complete the file and give it its final name."""
        if self._json:
            self._file.write("\n]\n")
        self._file.close()
        self.partial.replace(self.final)

    def abort(self) -> None:
        """Delete what was written; does nothing after `finish`."""
        if not self._file.closed:
            self._file.close()
            self.partial.unlink(missing_ok=True)


def as_our_error(error: BaseException, *, source: Path) -> DashcamCleanerError:
    """What a run's failure is called when it reaches the user."""
    if isinstance(error, DashcamCleanerError):
        return error
    if isinstance(error, MemoryError):
        return InputError(
            f"There is not enough memory to clean {source}.", hint="Lower --inference-size or --max-look-ahead-mb."
        )
    if isinstance(error, OSError) and error.errno == 28:  # ENOSPC, wherever it was met
        return DiskFull(
            f"The disk is full: {error.filename or 'the output folder'}.",
            hint="Free some space; the analysis continues.",
        )
    if isinstance(error, OSError):
        return OutputError(f"{source}: {error.strerror or error}.")
    return DashcamCleanerError(
        f"An internal fault stopped the run on {source}: {type(error).__name__}: {error}.",
        hint="Nothing was passed through unhidden. Please report it, with the output of --verbose.",
    )
