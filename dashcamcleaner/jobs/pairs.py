"""Which output belongs to which source, for those who look at outputs afterwards: two files, or two folders of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from dashcamcleaner.errors import InputError
from dashcamcleaner.jobs.inputs import is_result
from dashcamcleaner.media.formats import MediaKind, format_of
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import CLEANED_SUFFIX
from dashcamcleaner.plain_files import refuse_special
from dashcamcleaner.report.data import find_report, read_report

__all__ = ["pairs_for", "sources_without_output"]


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
        and not path.stem.endswith(CLEANED_SUFFIX)
        and not is_result(path, below=results, of=source)
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
    stems = {place.stem, place.stem.removesuffix(CLEANED_SUFFIX)}
    for path, relative in sources.items():
        if relative.parent == place.parent and (relative.stem in stems or relative.name in stems):
            return path
    return None
