"""Inputs to tasks: paths and URLs in, one task per clip out; and what an earlier run has done already.

Where a run was broken off (its scheduler, its network, the machine that asked), the same command goes on: a clip whose
output stands, with a report that tells of a source of this name and size and of what is asked for, is not cleaned
again.
"""

from __future__ import annotations

import os
import posixpath
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.cluster.publication import sides_name
from dashcamcleaner.cluster.storage import is_url, open_store
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import DashcamCleanerError, InputError, OutputError, SettingError
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
from dashcamcleaner.media.formats import format_of, output_suffix
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.report.data import find_report, read_report, summary_of
from dashcamcleaner.settings import ROWS, Settings

__all__ = ["ClusterJob", "cluster_jobs", "done_already", "output_folder"]


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
        OutputError: several inputs and the output is a file, or an output is a source.
        SettingError: URLs without an output, or two inputs with one output.
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
    urls = [given for given in inputs if is_url(given)]
    paths = [given for given in inputs if not is_url(given)]
    folder, wanted = output_folder(output)
    found, batch = find_sources(paths, beside=None, results=None)
    batch.many = True
    names = {path: str(path.resolve()) for path, _ in found}
    for url in urls:
        for source, name in _listed(url):
            names[Path(source)] = source  # in the path it has lost a slash
            found.append((Path(source), Path(name)))
    below = _spot(folder) + "/"
    searched = [_spot(given) + "/" for given in inputs]
    if any(below != other and below.startswith(other) for other in searched):
        earlier = [path for path, _ in found if _spot(names[path]).startswith(below)]
        batch.results += earlier
        found = [(path, place) for path, place in found if path not in earlier]
        if not found:
            raise InputError(msg("{url} holds no clip or picture.", url=inputs[0]))
    first = found[0][0]
    single = len(found) == len(inputs) == 1 and _spot(inputs[0]) == _spot(names[first])
    may_be_file = names_a_clip(output) or not (is_url(output) or output.endswith("/"))
    if single and may_be_file and not wanted and not os.path.isdir(output):
        batch.many = False
        pairs = [(names[first], output if Path(output).suffix else output + output_suffix(first))]
    else:
        if not wanted and not os.path.lexists(output):
            refuse_name_of_a_clip(output)
        jobs = named_jobs(found, Path(), wanted=wanted, settings=settings)
        pairs = [(names[job.source], f"{folder}/{job.output.as_posix()}") for job in jobs]
    if not is_url(output):
        pairs = [(source, os.path.abspath(written)) for source, written in pairs]
    _refuse_crossing(pairs)
    return pairs, batch


def output_folder(output: str) -> tuple[str, str]:
    """The folder that an output names, path or URL, and the extension for all clips where it is ``FOLDER/*.mkv``."""
    base, last = output.rsplit("/", 1) if is_url(output) else os.path.split(output)
    if last.startswith("*."):
        return base or os.curdir, Path(last).suffix.lower()
    return output.rstrip("/"), ""


def _refuse_crossing(pairs: Sequence[tuple[str, str]]) -> None:
    """Two clips with one output, or an output that is a source.

    Raises:
        OutputError: an output is a source.
        SettingError: two have one output.
    """
    sources = {_spot(source) for source, _ in pairs}
    taken = set[str]()
    for _, place in pairs:
        if _spot(place) in sources:
            raise OutputError(msg("The output {output} is a source; a source is never overwritten.", output=place),
                              hint="Give another folder with -o.")  # fmt: skip
        if _spot(place) in taken:
            raise SettingError(
                msg("Several inputs would become {twice}.", twice=place),
                hint="Clean them into different places.",
            )
        taken.add(_spot(place))


def _spot(place: str) -> str:
    """The place of a path or URL, however it is spelt: the path without links, the URL without empty parts."""
    scheme, _, rest = place.partition("://") if is_url(place) else ("file", "", place)
    if scheme in ("file", "local"):
        return os.path.realpath(rest)
    return f"{scheme}://{posixpath.normpath(rest)}"


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
