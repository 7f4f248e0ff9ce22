"""Inputs to tasks: paths and URLs in, one task per clip out; and what an earlier run has done already.

Where a run was broken off (its scheduler, its network, the machine that asked), the same command goes on: a clip whose
output stands, with a report that tells of a source of this name and size and of what is asked for, is not cleaned
again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.cluster.publication import sides_name
from dashcamcleaner.cluster.storage import open_store
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import DashcamCleanerError, InputError, SettingError
from dashcamcleaner.jobs.earlier import does_the_same, finished_before
from dashcamcleaner.jobs.inputs import (
    Batch,
    find_sources,
    jobs_for,
    named_jobs,
    names_a_clip,
    refuse_empty,
    refuse_name_of_a_clip,
)
from dashcamcleaner.jobs.places import is_url, output_folder, refuse_crossing, true_place
from dashcamcleaner.media.formats import format_of, output_suffix
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.report.data import find_report, read_report, summary_of
from dashcamcleaner.settings import ROWS, Settings

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
    """What is asked for, as jobs of a cluster; and the batch of them, which tells what was left aside.

    Args:
        inputs: files, folders and patterns, or URLs of files and folders.
        output: a file name for one file, a folder for several, ``FOLDER/*.mkv`` for a folder and a container, as
            `jobs_for` has it, or a URL of these (a URL is a folder unless it ends like a clip or picture); beside the
            sources where None, which URLs do not take.
        settings: the settings for all.
        audit: look at the outputs again when they are written.

    Raises:
        InputError: an input does not exist or holds nothing.
        OutputError: several inputs and the output is a file, two inputs with one output, or an output is a source.
        SettingError: URLs without an output.
    """
    settings = _with_whole_paths(settings)
    if not any(map(is_url, inputs)) and not (output and is_url(output)):
        batch = jobs_for(inputs, output=output, settings=settings)
        pairs = [(str(job.source.resolve()), str(job.output.absolute())) for job in batch.jobs]
    else:
        pairs, batch = _far_pairs(inputs, output, settings)
    jobs = [ClusterJob(Job(Path(source), Path(place), settings, audit=audit), source, place) for source, place in pairs]
    batch.jobs = [one.job for one in jobs]
    return jobs, batch


def _with_whole_paths(settings: Settings) -> Settings:
    """The settings with paths that mean the same in a worker's working folder."""
    paths = {row.name: getattr(settings, row.name) for row in ROWS if row.type == "path"}
    return settings.replaced(**{name: os.path.abspath(path) for name, path in paths.items() if path})


def _far_pairs(inputs: Sequence[str], output: str | None, settings: Settings) -> tuple[list[tuple[str, str]], Batch]:
    """Sources and their outputs, of which at least one kind is behind URLs; and a batch of what was left aside."""
    refuse_empty(*inputs, output)
    if output is None:
        raise SettingError("Inputs behind URLs need an output.", hint="Give a folder or a URL with -o.")
    folder, extension = output_folder(output)
    found, batch = _found(inputs)
    found, batch.results = _without_results(found, folder, searched=inputs)
    if not found:
        raise InputError(msg("{url} holds no clip or picture.", url=inputs[0]))
    batch.many = not (_is_one_file(inputs, found) and not extension and _may_be_file(output))
    if batch.many:
        if not extension and not os.path.lexists(output):
            refuse_name_of_a_clip(output)
        named = named_jobs(
            [(Path(source), below) for source, below in found], Path(), wanted=extension, settings=settings
        )
        pairs = [(source, f"{folder}/{job.output.as_posix()}") for (source, _), job in zip(found, named, strict=True)]
    else:
        [(source, _)] = found
        pairs = [(source, output if Path(output).suffix else output + output_suffix(Path(source)))]
    if not is_url(output):
        pairs = [(source, os.path.abspath(written)) for source, written in pairs]
    refuse_crossing(pairs)
    return pairs, batch


def _found(inputs: Sequence[str]) -> tuple[list[tuple[str, Path]], Batch]:
    """The sources, each with its place relative to the folder or URL it was found in; and what was left aside."""
    near, batch = find_sources([given for given in inputs if not is_url(given)], beside=None, results=None)
    found = [(str(path.resolve()), below) for path, below in near]
    for url in filter(is_url, inputs):
        found += [(source, Path(name)) for source, name in _listed(url)]
    return found, batch


def _without_results(
    found: list[tuple[str, Path]], folder: str, *, searched: Sequence[str]
) -> tuple[list[tuple[str, Path]], list[Path]]:
    """The sources without those in the folder for results, where that lies below what is searched; and the others."""
    below = true_place(folder) + "/"
    tops = [true_place(given) + "/" for given in searched]
    if not any(below != top and below.startswith(top) for top in tops):
        return found, []
    results = [Path(source) for source, _ in found if true_place(source).startswith(below)]
    return [one for one in found if not true_place(one[0]).startswith(below)], results


def _is_one_file(inputs: Sequence[str], found: Sequence[tuple[str, Path]]) -> bool:
    """Whether what was found is the one file that was named, rather than what a folder or pattern holds."""
    return len(inputs) == len(found) == 1 and true_place(inputs[0]) == true_place(found[0][0])


def _may_be_file(output: str) -> bool:
    """Whether an output for one source may name a file: a URL does only if it ends like a clip or picture."""
    return (names_a_clip(output) or not (is_url(output) or output.endswith("/"))) and not os.path.isdir(output)


def _listed(url: str) -> list[tuple[str, str]]:
    """URLs of the clips and pictures at a URL, each with its name below it; hidden files are left out."""
    base, _, last = url.rstrip("/").rpartition("/")
    if names_a_clip(url):
        return [(url, last)]
    base = url.rstrip("/")
    names = [name for name in open_store(base).names() if format_of(Path(name)) is not None]
    names = [name for name in names if not any(part.startswith(".") for part in name.split("/"))]
    if not names:
        raise InputError(msg("{url} holds no clip or picture.", url=url))
    return [(f"{base}/{name}", name) for name in names]


def done_already(one: ClusterJob) -> RunSummary | None:
    """The summary of an earlier run that did what this job asks for; None where there is none."""
    if not is_url(one.source) and not is_url(one.output):
        return finished_before(one.job)
    written = _size(one.output)
    if written is None:
        return None
    try:
        said = _report_of(one.output)
        if (
            Path(str(said["source"])).name != Path(one.source).name
            or said["source_bytes"] != _size(one.source)
            or said["output_bytes"] != written  # else it tells of what stood there before
        ):
            return None
        summary = summary_of(said)
    except (DashcamCleanerError, KeyError, TypeError, ValueError, AttributeError, OSError):
        return None
    if not does_the_same(summary, one.job) or (one.job.audit and summary.audit is None):
        return None
    summary.source, summary.output = one.source, one.output
    return summary


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
