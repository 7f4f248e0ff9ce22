"""Inputs to tasks: paths and URLs in, one task per clip out; and what an earlier run has done already.

Where a run was broken off (its scheduler, its network, the machine that asked), the same command goes on: a clip whose
output stands, with a report that tells of a source of this name and size, is not cleaned again.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dashcamcleaner.cluster.publication import sides_name
from dashcamcleaner.cluster.storage import is_url, open_store
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import DashcamCleanerError, InputError, SettingError
from dashcamcleaner.jobs.earlier import earlier_result
from dashcamcleaner.jobs.inputs import Batch, jobs_for
from dashcamcleaner.media.formats import format_of, output_suffix
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.report.data import find_report, read_report
from dashcamcleaner.settings import Settings

__all__ = ["ClusterJob", "cluster_jobs", "done_already"]


@dataclass(frozen=True, slots=True)
class ClusterJob:
    """One clip of a run on a cluster.

    Args:
        job: the job as the asker sees it; in its paths a URL has lost a slash.
        source: path or URL of the clip.
        output: path or URL of the result.
    """

    job: Job
    source: str
    output: str

    def places(self) -> tuple[tuple[Path, str], tuple[Path, str]]:
        """The paths in the job, each with what it stands for."""
        return (self.job.source, self.source), (self.job.output, self.output)


def cluster_jobs(
    inputs: Sequence[str], *, output: str | None, settings: Settings, audit: bool = False
) -> tuple[list[ClusterJob], Batch]:
    """What is asked for, as jobs of a cluster; and a batch of them that tells what was left aside.

    Args:
        inputs: files, folders and patterns, or URLs of files and folders.
        output: a folder or the URL of one; beside the sources where None, which URLs do not take.
        settings: the settings for all.
        audit: look at the outputs again when they are written.

    Raises:
        InputError: an input does not exist or holds nothing.
        OutputError: several inputs, and the output is an existing file.
        SettingError: URLs without an output, or two inputs with one output.
    """
    paths = [given for given in inputs if not is_url(given)]
    urls = [given for given in inputs if is_url(given)]
    if output is None and urls:
        raise SettingError("Inputs behind URLs need an output.", hint="Give a folder or a URL with -o.")
    found: list[tuple[str, str]] = []
    whole = Batch()
    if paths:
        there = "out/" if output is not None and is_url(output) else output
        batch = jobs_for(paths, output=there, settings=settings)
        whole = dataclasses.replace(batch, jobs=[], many=False)
        for job in batch.jobs:
            source = str(job.source.resolve())
            if there == output:
                found.append((source, str(job.output.absolute())))
            else:
                assert output is not None
                found.append((source, f"{output.rstrip('/')}/{job.output.relative_to('out').as_posix()}"))
    for url in urls:
        assert output is not None
        for source, name in _listed(url):
            place = str(PurePosixPath(name).with_suffix(output_suffix(Path(name))))
            found.append(
                (source, f"{output.rstrip('/')}/{place}" if is_url(output) else str(Path(output, place).absolute()))
            )
    outputs = [place for _, place in found]
    twice = {place for place in outputs if outputs.count(place) > 1}
    if twice:
        raise SettingError(
            msg("Several inputs would become {twice}.", twice=sorted(twice)[0]),
            hint="Clean them into different places.",
        )
    jobs = [ClusterJob(Job(Path(source), Path(place), settings, audit=audit), source, place) for source, place in found]
    whole.jobs = [one.job for one in jobs]
    return jobs, whole


def _listed(url: str) -> list[tuple[str, str]]:
    """URLs of the clips and pictures at a URL, each with its name below it."""
    base, _, last = url.rstrip("/").rpartition("/")
    if format_of(Path(last)) is not None and not url.endswith("/"):
        return [(url, last)]
    base = url.rstrip("/")
    names = [name for name in open_store(base).names() if format_of(Path(name)) is not None]
    if not names:
        raise InputError(msg("{url} holds no clip or picture.", url=url))
    return [(f"{base}/{name}", name) for name in names]


def done_already(one: ClusterJob) -> RunSummary | None:
    """The summary of an earlier run that made this output of this source; None where there is none."""
    if not is_url(one.source) and not is_url(one.output):
        return earlier_result(Path(one.source), Path(one.output))
    written = _size(one.output)
    if written is None:
        return None
    try:
        said = _report_of(one.output)
        source_bytes = _size(one.source)
        if (
            Path(str(said["source"])).name != Path(one.source).name
            or said["source_bytes"] != source_bytes
            or said["output_bytes"] != written  # else it tells of what stood there before
        ):
            return None
        status = str(said["status"])
    except (DashcamCleanerError, KeyError, TypeError, OSError):
        return None
    return RunSummary(source=one.source, output=one.output, status=status, source_bytes=source_bytes or 0)


def _report_of(output: str) -> dict[str, Any]:
    """What stands in the report of an output; nothing where more is to come.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    if not is_url(output):
        return read_report(find_report(Path(output)))
    base, _, name = output.rpartition("/")
    store = open_store(base)
    if store.size(sides_name(name)) is not None:
        return {}  # it was not published to its end
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        store.fetch(f"{name}.report.json", report)
        return read_report(report)


def _size(place: str) -> int | None:
    """Bytes of a file, None where there is none."""
    if not is_url(place):
        return Path(place).stat().st_size if Path(place).is_file() else None
    base, _, name = place.rpartition("/")
    return open_store(base).size(name)
