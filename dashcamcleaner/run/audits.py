"""Audits of many clips: which output belongs to which source, and the table over all, worst first."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dashcamcleaner.errors import InputError
from dashcamcleaner.run.jobs import CLIP_SUFFIXES
from dashcamcleaner.run.reporting import html_path, read_report, report_path
from dashcamcleaner.stages.report import folder_html, write_page

__all__ = ["pairs_for", "write_folder_report"]

_CLEANED = "_cleaned"


def pairs_for(source: Path, output: Path) -> list[tuple[Path, Path]]:
    """Pairs of source and output: two files, or all clips of two folders.

    In folders an output's report tells its source; without one, the name does (``a_cleaned.mp4``, ``a.mp4`` or
    ``a.avi.mp4`` of ``a.avi``), at the same place below the folder.

    Raises:
        InputError: one of them is missing, a file stands against a folder, or nothing fits.
    """
    for path in (source, output):
        if not path.exists():
            raise InputError(f"{path} does not exist.", hint="Check the spelling of the path.")
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
        raise InputError(f"No clip in {output} belongs to one in {source}.", hint="Clips are matched by their names.")
    return pairs


def _is_clip(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in CLIP_SUFFIXES


def _source_of(output: Path, place: Path, sources: dict[Path, Path]) -> Path | None:
    report = report_path(output)
    if report.exists():
        named = Path(str(read_report(report)["source"]))
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
    """Write ``report.html`` over all clips of a folder, worst first, with links to each clip's page.

    Args:
        reports: what stands in the clips' JSON reports; of a failed clip its ``source``, ``status`` and ``error``.
        folder: where the outputs stand.

    Raises:
        OutputError: it cannot be written.
    """
    rows = []
    for report in reports:
        row = dict(report)
        page = html_path(report_path(Path(str(report.get("output", "")))))
        if page.exists():
            row["page"] = Path(os.path.relpath(page, folder)).as_posix()
        rows.append(row)
    # Not there yet where every clip of a batch was refused; where it cannot be made, writing tells why.
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    write_page(folder_html(rows, title=folder.resolve().name), path)
    return path
