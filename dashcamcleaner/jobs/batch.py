"""Batches: inputs (files, folders, globs) to jobs with output names, and the run over them.

One bad file does not stop a batch; a source is never overwritten, nor one output by another.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashcamcleaner.core.events import Event, Finished, Warned
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.errors import InputError, OutputError, PlanError, SettingError
from dashcamcleaner.jobs.folders import walk
from dashcamcleaner.jobs.parallel import parallel_jobs, run_in_processes, shares_model
from dashcamcleaner.jobs.part_processes import PartProcesses
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.jobs.split import clean_split
from dashcamcleaner.jobs.threads import run_in_threads
from dashcamcleaner.media.formats import MediaKind, format_of, output_suffix
from dashcamcleaner.messages import joined, msg
from dashcamcleaner.output_files import PRIVATE, mode_like
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_check import examine_plan
from dashcamcleaner.pipeline.plan_file import find_plan, is_plan_of, read_header
from dashcamcleaner.plain_files import refuse_special, size_of
from dashcamcleaner.report.data import find_report, html_path, is_report_of, read_report, summary_of
from dashcamcleaner.report.html import folder_html, is_page, write_page
from dashcamcleaner.settings import Settings

__all__ = [
    "Batch",
    "jobs_for",
    "run_batch",
    "pairs_for",
    "sources_without_output",
    "write_folder_report",
    "earlier_result",
]

_CLEANED = "_cleaned"
_MOST_AT_ONCE = 256
_EMPTY_HINT = msg("The current folder is named by a full stop; a script's variable may be unset.")


@dataclass(slots=True)
class Batch:
    """Jobs in the order of the inputs, and what was left aside.

    Args:
        jobs: what to run.
        skipped: files in folders that are neither clip nor picture, or earlier results, by path.
        many: outputs were named for a folder or for several inputs, not one by one.
        unread: a sentence for each subfolder that cannot be read.
        linked: a sentence for each that is a link, and is not followed.
    """

    jobs: list[Job] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    many: bool = False


def jobs_for(inputs: Sequence[str], *, output: str | None, settings: Settings, suffix: str | None = None) -> Batch:
    """What is asked for, as jobs.

    Args:
        inputs: files, folders (read with their subfolders) and glob patterns.
        output: a file name for one file; a folder (made if needed) for several or for a folder; ``FOLDER/*.mkv`` is a
            folder and a container for all; None puts ``NAME_cleaned`` beside each source.
        settings: the settings for all of them.
        suffix: what a result's name has after its source's, in a folder too; None: ``_cleaned`` beside a source, and
            nothing in a folder.

    Raises:
        InputError: an input does not exist or matches nothing.
        OutputError: several inputs, and the output is an existing file.
    """
    if output == "" or "" in inputs:  # the unset variable of a script, which would mean the current folder
        raise SettingError("A name of a file or folder is empty.", hint=_EMPTY_HINT)
    target = None if output is None else Path(output)
    if output == "-":
        raise OutputError("A result cannot go to a pipe.", hint="Give the name of a file or folder with -o.")
    results = target.parent if target is not None and target.name.startswith("*.") else target
    beside = (_CLEANED if suffix is None else suffix) if output is None else None
    found, batch = _expand(inputs, beside=beside, results=results)
    extension = ""
    single = len(found) == 1 and found[0][1] == Path(found[0][0].name) and not any(os.path.isdir(i) for i in inputs)
    if target is not None and target.name.startswith("*."):
        extension, target, single = target.suffix.lower(), target.parent, False
    if target is not None and single and not os.path.isdir(target) and not str(output).endswith(("/", "\\")):
        source = found[0][0]
        if not target.suffix:
            target = target.with_name(target.name + output_suffix(source))
        batch.jobs.append(Job(source, target, settings))
    else:
        if target is not None and os.path.isfile(target):
            raise OutputError(
                msg("The output {target} is a file, but there are {count} inputs.", target=target, count=len(found)),
                hint="Give a folder with -o.",
            )
        if target is not None and not extension and not os.path.lexists(target) and _names_a_clip(str(output)):
            raise OutputError(
                msg("The output {target} has the name of a file, but it would be a folder for results.", target=target),
                hint=msg("Give a folder with -o; {folder} makes one of that name.", folder=f"{output}{os.sep}"),
            )
        batch.jobs += _named_jobs(_told_apart(found), target, extension, settings, suffix)
        batch.many = True
    _refuse_crossing(batch.jobs)
    return batch


def _names_a_clip(output: str) -> bool:
    """Whether a name that stands for nothing yet is meant for a clip or picture, and for no folder."""
    return not output.endswith(("/", "\\")) and format_of(Path(output)) is not None


def _expand(
    inputs: Sequence[str], *, beside: str | None, results: Path | None
) -> tuple[list[tuple[Path, Path]], Batch]:
    """Pairs of source and its place relative to the folder it was found in.

    A folder's earlier results are no new sources: where they go beside their sources they are known by their names,
    else all that lies below the folder for results is left aside. `beside` is what these names end in.
    """
    batch = Batch()
    found: dict[Path, Path] = {}
    for given in inputs:
        path = Path(given)  # as it stands: ``~`` is for the shell to expand, and a planted file may be called so
        if len(inputs) > 1 and os.path.islink(path) and os.path.isdir(path) and not given.endswith(("/", "\\")):
            # A shell's pattern names links as well, and one that somebody planted may lead to any folder of the user.
            batch.unread.append(
                msg("The folder {path} is a link and is not followed; name it alone to clean it.", path=path)
            )
        elif os.path.isdir(path):
            before = len(found)
            files, unread, linked = walk(path)
            batch.unread += unread
            batch.linked += linked
            for inner in files:
                if (beside and inner.stem.endswith(beside)) or _is_result(inner, below=results, of=path):
                    batch.skipped.append(inner)
                elif format_of(inner) is not None:
                    found.setdefault(inner, inner.relative_to(path))
                elif inner.suffix.lower() not in (".jsonl", ".json", ".html", ".partial"):
                    batch.skipped.append(inner)
            if len(found) == before:
                raise InputError(
                    msg("The folder {path} holds no clip or picture.", path=path), hint=joined(unread + linked)
                )
        elif os.path.lexists(path) or str(path) == "-":
            refuse_special(path)
            if not os.path.exists(path) and str(path) != "-":  # a link into nothing: its name is no pattern
                raise InputError(msg("There is no file {given}.", given=given), hint="It is a link that leads nowhere.")
            found.setdefault(path, Path(path.name))
        else:
            matches = sorted(glob.glob(str(path), recursive=True))
            files = [Path(match) for match in matches if Path(match).is_file()]
            if not files:
                hint = "" if glob.has_magic(str(given)) else msg("Check the path; a name with spaces needs quotes.")
                raise InputError(msg("There is no file {given}.", given=given), hint=hint)
            for match in files:
                found.setdefault(match, Path(match.name))
    return list(found.items()), batch


def _is_result(path: Path, *, below: Path | None, of: Path) -> bool:
    """Whether a file lies in the folder for results, which lies in the folder that is searched."""
    if below is None:
        return False
    folder, searched = below.resolve(), of.resolve()
    return folder != searched and folder.is_relative_to(searched) and path.resolve().is_relative_to(folder)


def _told_apart(found: list[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """``a/c.mp4`` and ``b/c.mp4`` keep the folders in which they differ: their results would meet else."""
    meeting: dict[str, list[Path]] = {}
    for source, place in found:
        meeting.setdefault(str(place).casefold(), []).append(source.absolute())
    placed = []
    for source, place in found:
        alike = meeting[str(place).casefold()]
        if len(alike) > 1:
            shared = Path(os.path.commonpath([one.parent for one in alike]))
            place = source.absolute().relative_to(shared)
        placed.append((source, place))
    return placed


def _suffix_for(source: Path, wanted: str) -> str:
    """The output's extension: for a clip what was asked for, else the source's if it can be written."""
    own = output_suffix(source)
    found = format_of(own)
    return wanted if wanted and found is not None and found.kind is MediaKind.CLIP else own


def _named_jobs(
    found: list[tuple[Path, Path]], folder: Path | None, wanted: str, settings: Settings, suffix: str | None
) -> list[Job]:
    """Names kept; where two would meet, the source's extension is added: ``a.avi`` -> ``a.avi.mp4``."""
    names: list[Path] = []
    cleaned = _CLEANED if suffix is None else suffix
    for source, relative in found:
        extension = _suffix_for(source, wanted)
        if folder is None:
            names.append(source.with_name(source.stem + cleaned + extension))
        else:
            names.append(folder / relative.with_name(relative.stem + (suffix or "") + extension))
    # Plans and reports take the stem, so outputs that differ in the extension alone would share them.
    stems = [str(name.with_suffix("")).casefold() for name in names]
    jobs = []
    for (source, _), name, stem in zip(found, names, stems, strict=True):
        if stems.count(stem) > 1:
            name = name.with_name(name.stem + source.suffix.lower() + name.suffix)
            if folder is None:
                name = source.with_name(source.name + cleaned + name.suffix)
        jobs.append(Job(source, name, settings))
    return jobs


def _refuse_crossing(jobs: list[Job]) -> None:
    """Two jobs with one output, or an output that is another job's source."""
    sources = {job.source.resolve() for job in jobs}
    taken: dict[Path, Path] = {}
    for job in jobs:
        target = job.output.resolve()
        if target in sources:
            raise OutputError(msg("The output {output} is a source; a source is never overwritten.", output=job.output),
                              hint="Give another folder with -o.")  # fmt: skip
        if target in taken:
            raise OutputError(
                msg(
                    "{taken} and {source} would both become {output}.",
                    taken=taken[target],
                    source=job.source,
                    output=job.output,
                ),
                hint="Clean them into different folders.",
            )
        taken[target] = job.source


def run_batch(
    jobs: Sequence[Job],
    *,
    models: ModelPool | None = None,
    control: Control | None = None,
    skip_finished: bool = False,
) -> Generator[tuple[Job, Event], None, None]:
    """Run jobs one after another, or several at once; every event comes with its job.

    A failed job does not stop the others. One after another they share one pool of models: the one handed in, or the
    process's own. Several at once (`settings.Settings.parallel`) run in processes with a pool each, on a GPU in threads
    that share the one pool, and only where no pool is handed in; then events of several jobs are mixed. With
    `settings.Settings.split_clips` clips come one after another, and those processes look at parts of each.

    The generator ends early only if the control says so (cancel, or stop after this file).

    Args:
        jobs: what to run, in this order.
        models: the pool that they share; None: the process's own.
        control: pauses, cancels; may be None.
        skip_finished: a job that an earlier run finished, with the same settings, gives its `Finished` at once.
    """
    control = control or Control()
    if len(jobs) > 1:
        if any(job.from_plan or job.export_detections or job.export_mask or job.export_mask_colored for job in jobs):
            raise SettingError("A plan, an export or a mask belongs to one clip.", hint="Give one input.")
        for warning in _check_space_for_all(jobs):
            yield jobs[0], warning
    split = bool(jobs) and jobs[0].settings.split_clips
    at_once = parallel_jobs(jobs[0].settings, jobs=len(jobs)) if jobs and models is None and not split else 1
    if at_once > 1:
        left = []
        for job in jobs:
            earlier = _finished_before(job) if skip_finished else None
            if earlier is None:
                left.append(job)
            else:
                yield job, Finished(earlier, earlier=True)
        if shares_model(jobs[0].settings):
            yield from run_in_threads(left, at_once=at_once, models=shared_pool(), control=control)
        else:
            yield from run_in_processes(left, at_once=at_once, control=control)
        return
    with contextlib.ExitStack() as stack:
        runner = None
        if split and models is None:
            at_once = parallel_jobs(jobs[0].settings, jobs=_MOST_AT_ONCE)
            runner = stack.enter_context(PartProcesses(at_once)) if at_once > 1 else None
        for job in jobs:
            earlier = _finished_before(job) if skip_finished else None
            if earlier is not None:
                yield job, Finished(earlier, earlier=True)
                continue
            run = clean(job, models=models, control=control)
            if runner is not None:
                run = clean_split(job, runner, control=control)
            with contextlib.closing(run) as events:  # type: ignore[type-var]
                for event in events:
                    yield job, event
            if control.stopping_after_this:
                return


_FREE_SETTINGS = (
    "workers",
    "parallel",
    "split_clips",
    "overwrite",
    "private_plans",
    "report_source",
    "max_look_ahead_mb",
    "warn_hidden",
    "batch",
)
"""They change nothing in what is hidden and how."""


def _finished_before(job: Job) -> RunSummary | None:
    """The summary of an earlier run that did what this job asks for."""
    if job.settings.overwrite or job.from_plan or job.added_edits or not os.path.isfile(job.output):
        return None
    summary = earlier_result(job.source, job.output)
    if summary is None or (job.audit and summary.audit is None):
        return None
    if summary.persons_asked != job.persons.key:  # others were left visible then than are to be now
        return None

    def deciding(overrides: Mapping[str, Any]) -> Any:
        return json.loads(json.dumps({name: v for name, v in overrides.items() if name not in _FREE_SETTINGS}))

    return summary if deciding(summary.settings) == deciding(job.settings.overrides) else None


def _check_space_for_all(jobs: Sequence[Job]) -> Iterator[Warned]:
    """Outputs are about as large as their sources: tell early if a folder's will hardly fit."""
    needed = sum(size_of(job.source) for job in jobs)
    folder = jobs[0].output.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        yield Warned(
            msg(
                "{folder} has {free:.0f} MB free, and the {count} sources take {needed:.0f} MB.",
                folder=folder,
                free=free / 1000000.0,
                count=len(jobs),
                needed=needed / 1000000.0,
            ),
            hint=msg("Each clip is checked again before it starts."),
        )


def pairs_for(source: Path, output: Path) -> list[tuple[Path, Path]]:
    """Pairs of source and output: two files, or all clips of two folders.

    In folders an output's report tells its source; without one, the name does (``a_cleaned.mp4``, ``a.mp4`` or
    ``a.avi.mp4`` of ``a.avi``), at the same place below the folder.

    Raises:
        InputError: one of them is missing, a file stands against a folder, or nothing fits.
    """
    for path in (source, output):
        refuse_special(path)
        if not os.path.exists(path):
            raise InputError(msg("{path} does not exist.", path=path), hint="Check the spelling of the path.")
    if source.is_dir() != output.is_dir():
        raise InputError("A file cannot be audited against a folder.", hint="Give two files or two folders.")
    if source.is_file():
        return [(source, output)]
    sources = {path: path.relative_to(source) for path in sorted(source.rglob("*")) if _is_clip(path)}
    outputs = [path for path in sorted(output.rglob("*")) if _is_clip(path)]
    pairs = []
    for path in outputs:
        mate = _source_of(path, path.relative_to(output), sources)
        if mate is not None and mate.resolve() != path.resolve():
            pairs.append((mate, path))
    if not pairs:
        raise InputError(
            msg("No clip in {output} belongs to one in {source}.", output=output, source=source),
            hint="Clips are matched by their names.",
        )
    return pairs


def sources_without_output(source: Path, output: Path, pairs: Sequence[tuple[Path, Path]]) -> list[Path]:
    """Clips of a folder of which no output stands in the other, as after a run that failed on them.

    Args:
        source: the folder of the sources; a file has its output, or is refused by `pairs_for`.
        output: the folder of the outputs, which may lie in the other, or be the same.
        pairs: what `pairs_for` gave for both.
    """
    if not source.is_dir():
        return []
    paired = {path for pair in pairs for path in pair}
    results = output if output.resolve() != source.resolve() else None
    return [
        path
        for path in sorted(source.rglob("*"))
        if _is_clip(path)
        and path not in paired
        and not path.stem.endswith(_CLEANED)
        and not _is_result(path, below=results, of=source)
    ]


def _is_clip(path: Path) -> bool:
    found = format_of(path)
    return found is not None and found.kind is MediaKind.CLIP and path.is_file()


def _source_of(output: Path, place: Path, sources: dict[Path, Path]) -> Path | None:
    report = find_report(output)
    if os.path.isfile(report):
        try:
            named = Path(str(read_report(report)["source"]))
        except (InputError, KeyError):  # anybody may have put it there: it is told where the clip itself is audited
            named = Path()
        by_name = [path for path in sources if path.name == named.name]
        here = [path for path in by_name if sources[path].parent == place.parent] or by_name
        if here:
            return here[0]
    stems = {place.stem, place.stem.removesuffix(_CLEANED)}
    for path, relative in sources.items():
        if relative.parent == place.parent and (relative.stem in stems or relative.name in stems):
            return path
    return None


def write_folder_report(reports: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write ``report.html`` over several clips, worst first, with links to each clip's page; gives its path.

    An earlier page of this program is replaced, nobody else's file: where one has the name, the page becomes
    ``report-2.html`` and so on.

    Args:
        reports: what stands in the clips' JSON reports; of a failed clip its ``source``, ``status`` and ``error``.
        folder: where the page goes.

    Raises:
        OutputError: it cannot be written.
    """
    rows = []
    mode: int | None = None
    for report in reports:
        row = {**report, "page": ""}  # a report is foreign input: where its page lies is found here, not read there
        page = html_path(find_report(Path(str(report.get("output", "")))))
        if os.path.isfile(page):
            with contextlib.suppress(ValueError):  # on another drive: there is no way from here
                row["page"] = Path(os.path.relpath(page, folder)).as_posix()
            mode = mode_like(page) & (mode if mode is not None else 0o666)  # as the narrowest that it links to
        rows.append(row)
    # Not there yet where every clip of a batch was refused; where it cannot be made, writing tells why.
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    names = ("report.html", *(f"report-{number}.html" for number in range(2, 10_000)))
    path = next(
        path
        for path in (folder / name for name in names)
        if not os.path.lexists(path) or (path.is_file() and is_page(path))
    )
    write_page(folder_html(rows, title=folder.resolve().name), path, mode=PRIVATE if mode is None else mode)
    return path


def earlier_result(source: Path, output: Path) -> RunSummary | None:
    """The summary of the run that made an output of this very source, read from its report.

    None where there is no such output, its plan or report is gone, cannot be read or was not made here, or they are of
    other footage: a clip of the same name is not the same clip, and a report can be written by anybody.
    """
    plan, report = find_plan(output), find_report(output)
    if not all(os.path.isfile(path) for path in (output, plan, report)):
        return None
    try:
        if not is_plan_of(read_header(plan), source):
            return None
        said = read_report(report)
        if not (examine_plan(plan).sealed and is_report_of(said, source=source, output=output)):
            return None
        summary = summary_of(said)
    except (PlanError, InputError, OSError, TypeError, ValueError, AttributeError):
        return None
    # Folders may have been moved together: what stands here counts, not what was written then.
    summary.source, summary.output, summary.plan, summary.report = str(source), str(output), str(plan), str(report)
    return summary
