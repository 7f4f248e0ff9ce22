"""Inputs (files, folders, patterns) to jobs with names for their outputs.

A source is never overwritten, nor one output by another; a folder's earlier results are no new sources.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dashcamcleaner.errors import InputError, OutputError, SettingError
from dashcamcleaner.jobs.folders import walk
from dashcamcleaner.jobs.places import is_url, output_folder, refuse_crossing
from dashcamcleaner.media.formats import MediaKind, format_of, output_suffix
from dashcamcleaner.messages import joined, msg
from dashcamcleaner.output_files import CLEANED_SUFFIX
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.plain_files import refuse_special
from dashcamcleaner.settings import Settings

__all__ = [
    "Batch",
    "find_sources",
    "is_result",
    "jobs_for",
    "named_jobs",
    "names_a_clip",
    "refuse_empty",
    "refuse_name_of_a_clip",
]

_EMPTY_HINT = msg("The current folder is named by a full stop; a script's variable may be unset.")


@dataclass(slots=True)
class Batch:
    """Jobs in the order of the inputs, and what was left aside.

    Args:
        jobs: what to run.
        skipped: files in folders that are neither clip nor picture, by path.
        results: clips and pictures in folders that are results of earlier runs, by path.
        many: outputs were named for a folder or for several inputs, not one by one.
        unread: a sentence for each subfolder, and for each clip or picture by its name, that cannot be read.
        linked: a sentence for each that is a link, and is not followed.
    """

    jobs: list[Job] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    results: list[Path] = field(default_factory=list)
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
    refuse_empty(*inputs, output)
    if output == "-":
        raise OutputError("A result cannot go to a pipe.", hint="Give the name of a file or folder with -o.")
    folder, extension = (None, "") if output is None else output_folder(output)
    target = None if folder is None else Path(folder)
    beside = (CLEANED_SUFFIX if suffix is None else suffix) if output is None else None
    found, batch = find_sources(inputs, beside=beside, results=target)
    single = len(found) == 1 and found[0][1] == Path(found[0][0].name) and not any(os.path.isdir(i) for i in inputs)
    may_be_file = not extension and not str(output).endswith(("/", "\\"))
    if target is not None and single and may_be_file and not os.path.isdir(target):
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
        if target is not None and not extension and not os.path.lexists(target):
            refuse_name_of_a_clip(str(output))
        batch.jobs += named_jobs(_told_apart(found), target, wanted=extension, settings=settings, suffix=suffix)
        batch.many = True
    refuse_crossing([(str(job.source), str(job.output)) for job in batch.jobs])
    return batch


def refuse_empty(*names: str | None) -> None:
    """Make sure that no name is empty: the unset variable of a script would mean the current folder.

    Raises:
        SettingError: one is.
    """
    if "" in names:
        raise SettingError("A name of a file or folder is empty.", hint=_EMPTY_HINT)


def names_a_clip(output: str) -> bool:
    """Whether a name that stands for nothing yet is meant for a clip or picture, and for no folder."""
    return not output.endswith(("/", "\\")) and format_of(Path(output)) is not None


def refuse_name_of_a_clip(output: str) -> None:
    """Make sure that a folder for results, which is not there yet, is not called like a clip or picture.

    Raises:
        OutputError: it is.
    """
    if names_a_clip(output):
        folder = output + ("/" if is_url(output) else os.sep)
        raise OutputError(
            msg("The output {target} has the name of a file, but it would be a folder for results.", target=output),
            hint=msg("Give a folder with -o; {folder} makes one of that name.", folder=folder),
        )


def find_sources(
    inputs: Sequence[str], *, beside: str | None, results: Path | None
) -> tuple[list[tuple[Path, Path]], Batch]:
    """Pairs of source and its place relative to the folder it was found in; and a batch that tells what was left aside.

    A folder's earlier results are no new sources: where they go beside their sources they are known by their names,
    else all that lies below the folder for results is left aside.

    Args:
        inputs: files, folders and glob patterns.
        beside: what the names of earlier results end in; None where they go elsewhere.
        results: the folder for results; None where they go beside their sources, or on another machine.

    Raises:
        InputError: an input does not exist or matches nothing.
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
                if (beside and inner.stem.endswith(beside)) or is_result(inner, below=results, of=path):
                    if format_of(inner) is not None:  # what stands beside a result is told with it
                        batch.results.append(inner)
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


def is_result(path: Path, *, below: Path | None, of: Path) -> bool:
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


def named_jobs(
    found: Sequence[tuple[Path, Path]],
    folder: Path | None,
    *,
    wanted: str,
    settings: Settings,
    suffix: str | None = None,
) -> list[Job]:
    """Jobs whose outputs keep the names of their sources.

    Where two would meet, the source's extension is added: ``a.avi`` becomes ``a.avi.mp4``.

    Args:
        found: pairs as `find_sources` gives them.
        folder: the folder for results; None: each goes beside its source.
        wanted: the extension of a clip's result; empty: the source's, if it can be written.
        settings: the settings for all.
        suffix: what a result's name has after its source's, as `jobs_for` has it.
    """
    names: list[Path] = []
    cleaned = CLEANED_SUFFIX if suffix is None else suffix
    for source, relative in found:
        extension = _suffix_for(source, wanted)
        if folder is None:
            if source.absolute().is_relative_to("/dev") and not source.absolute().is_relative_to("/dev/shm"):
                raise OutputError(
                    msg("{source} is a name of the system's; no result is put beside it.", source=source),
                    hint="Name the output with -o.",
                )
            names.append(source.with_name(source.stem + cleaned + extension))
        else:
            names.append(folder / relative.with_name(relative.stem + (suffix or "") + extension))
    # Version 0.1.0 named plans and reports by the stem, and what it left is still read: no two outputs share one.
    stems = [str(name.with_suffix("")).casefold() for name in names]
    jobs = []
    for (source, _), name, stem in zip(found, names, stems, strict=True):
        if stems.count(stem) > 1:
            name = name.with_name(name.stem + source.suffix.lower() + name.suffix)
            if folder is None:
                name = source.with_name(source.name + cleaned + name.suffix)
        jobs.append(Job(source, name, settings))
    return jobs
