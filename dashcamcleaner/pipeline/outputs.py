"""The files that a job writes: which they are, and the one check whether each of them may be written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dashcamcleaner.errors import OutputError
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import check_output
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.output_lock import OutputLock
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.report.data import html_path, report_path

__all__ = ["check_outputs", "files_beside", "files_read", "files_written"]


def files_read(job: Job) -> Iterator[Path]:
    """The files that a job reads, none of which it may write to."""
    yield job.source
    if job.from_plan is not None:
        yield job.from_plan
        yield EditsFile.beside(job.from_plan).path
    if job.edits is not None:
        yield job.edits
    for named in (*job.persons.keep, *job.persons.hide, job.settings.picture, *str(job.settings.weights).split(",")):
        if named and Path(named).is_file():
            yield Path(named)


def files_beside(output: Path) -> tuple[Path, Path, Path]:
    """The files that a run leaves beside its output: plan, report and its page."""
    report = report_path(output)
    return plan_path(output), report, html_path(report)


def files_written(job: Job) -> Iterator[Path]:
    """The files that a job writes, the result first."""
    yield job.output
    plan, *reports = files_beside(job.output)
    if job.write_plan:
        yield plan
    yield from reports
    for extra in (job.export_detections, job.export_mask, job.export_mask_colored):
        if extra is not None:
            yield extra


def check_outputs(job: Job, *, lock: OutputLock) -> None:
    """Refuse a job that would destroy something, before anything is begun; make the folders of its outputs.

    Args:
        job: the job.
        lock: knows what a killed run of the job had published, which may be replaced.

    Raises:
        OutputError: an output is a file that the job reads, exists already, or is named twice; see `check_output`.
        DiskFull: there is no room for a folder.
    """
    read = list(files_read(job))
    written: list[Path] = []
    for path in files_written(job):
        if path.absolute() in (other.absolute() for other in written):
            raise OutputError(
                msg("{path} is named as two outputs of one run.", path=path), hint="Give each a name of its own."
            )
        again = path == plan_path(job.output)  # rendering again from a plan may write it anew
        sources = [source for source in read if not (again and source == job.from_plan)]
        check_output(path, sources=sources, overwrite=job.settings.overwrite or lock.may_replace(path))
        written.append(path)
